//go:build linux

package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestSoak has short connections come and go for the time that SNISCOPE_SOAK says, such as 5m, each to another name,
// most of which fail, and looks at the memory that sniscope has in use: once connections leave as fast as they come, it
// must not grow. See docs/performance.md.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("SNISCOPE_SOAK"))
	if err != nil {
		t.Skip("SNISCOPE_SOAK is not a duration")
	}
	h, dir := newHost(t), t.TempDir()
	each(h.listen(t, portClosed), func(*net.TCPConn) {})
	each(h.listen(t, portReset), func(c *net.TCPConn) { c.SetLinger(0) })
	serveTLS(t, h.listen(t, portTLS), dir)
	p := h.start(t, "sh", "-c", "exec sniscope -i lo --format jsonl -w "+filepath.Join(dir, "kept.pcapng")+" -C 8 -W 2 >/dev/null")
	p.says(t, "capturing on")
	hellos := soakHellos(t)
	over := time.Now().Add(length)
	var clients sync.WaitGroup
	var started atomic.Int64
	for range 4 {
		clients.Go(func() {
			for time.Now().Before(over) {
				visit(h, hellos, int(started.Add(1)))
			}
		})
	}
	samples := sample(t, p, over, &started)
	clients.Wait()
	p.interrupt(t)
	t.Logf("%s\n%s", cost(p), p.stderr.String())
	third := len(samples) / 3
	middle, last := slices.Max(samples[third:2*third]), slices.Max(samples[2*third:])
	if last > middle*5/4 {
		t.Errorf("at most %d KB in the second third of the time, %d KB in the last", middle, last)
	}
}

// sample notes every second until then how many kilobytes a process has in use.
func sample(t *testing.T, p *process, until time.Time, started *atomic.Int64) (samples []int) {
	t.Helper()
	for time.Now().Before(until) {
		time.Sleep(time.Second)
		samples = append(samples, resident(t, p.cmd.Process.Pid))
		if len(samples)%10 == 0 {
			t.Logf("%4d s, %7d connections: %d MB", len(samples), started.Load(), samples[len(samples)-1]>>10)
		}
	}
	return samples
}

// resident is VmRSS, in kilobytes.
func resident(t *testing.T, pid int) int {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			n, err := strconv.Atoi(strings.Fields(value)[0])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("no VmRSS")
	return 0
}

// serveTLS completes handshakes.
func serveTLS(t *testing.T, l net.Listener, dir string) {
	t.Helper()
	writeCertificate(t, dir)
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			go func() {
				defer c.Close()
				c := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{pair}})
				c.Read(make([]byte, 1))
			}()
		}
	}()
}

// visit makes connection n: one in 16 goes through, one in eight names no server. They go to 200 addresses, so that
// ports are not used up. Those that are to fail send a hello that was made before, which is quicker.
func visit(h *host, hellos [2][]byte, n int) {
	port := []int{portClosed, portReset}[n%2]
	if n%16 == 0 {
		port = portTLS
	}
	c, err := h.dial(0, fmt.Sprintf("127.0.0.%d:%d", 1+n%200, port))
	if err != nil {
		return
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	if port == portTLS {
		client := tls.Client(c, &tls.Config{ServerName: soakName(n), InsecureSkipVerify: true})
		if client.Handshake() == nil {
			client.Close()
		}
		return
	}
	hello := hellos[min(n%8, 1)]
	hello = bytes.Replace(hello, []byte(soakName(0)), []byte(soakName(n)), 1)
	binary.BigEndian.PutUint64(hello[11:], uint64(n)) // the random, behind the headers of record and message and the version
	c.Write(hello)
	c.Read(make([]byte, 1))
}

func soakName(n int) string { return fmt.Sprintf("host%09d.example", n) }

// soakHellos are a ClientHello without a name and one with a name.
func soakHellos(t *testing.T) (hellos [2][]byte) {
	t.Helper()
	for i, name := range []string{"", soakName(0)} {
		client, server := net.Pipe()
		go tls.Client(client, &tls.Config{ServerName: name, InsecureSkipVerify: true}).Handshake()
		b := make([]byte, 1<<16)
		n, err := server.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		server.Close()
		hellos[i] = b[:n]
	}
	return hellos
}
