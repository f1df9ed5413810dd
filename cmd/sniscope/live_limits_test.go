//go:build linux

package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestLiveCount captures on loopback, where each packet is to be counted once, until so many have come.
func TestLiveCount(t *testing.T) {
	const want = 20
	h := newHost(t)
	each(h.listen(t, portClosed), func(*net.TCPConn) {})
	p := h.start(t, "sniscope", "-i", "lo", "-c", fmt.Sprint(want), "--format", "jsonl", "tcp")
	p.says(t, "capturing on")
	eventually(t, "so many packets have come", func() bool {
		greet(h, 0, fmt.Sprintf("127.0.0.1:%d", portClosed)) // fails as the server closes
		select {
		case <-p.ended:
			return true
		default:
			return false
		}
	})
	p.wait(t)
	var packets float64
	for _, r := range rows(t, p.stdout.String()) {
		packets += r["client_packets"].(float64) + r["server_packets"].(float64)
	}
	if packets != want {
		t.Errorf("the connections have %v packets, want %d:\n%s", packets, want, p.stdout.String())
	}
}

// TestLiveDuration captures until the time is over, and reports what came until then.
func TestLiveDuration(t *testing.T) {
	h := newHost(t)
	each(h.listen(t, portClosed), func(*net.TCPConn) {})
	p := h.start(t, "sniscope", "-i", "lo", "--duration", "2s", "--format", "jsonl")
	p.says(t, "capturing on")
	greet(h, 20000, fmt.Sprintf("127.0.0.1:%d", portClosed))
	p.wait(t)
	diagnosed(t, rows(t, p.stdout.String()), map[int]scene{20000: {diagnosis: "hello-closed"}})
}

// TestLiveTable shows the line of a connection before the capture ends, the summary when SIGUSR1 asks for it and at the
// end, and follows files that are written meanwhile.
func TestLiveTable(t *testing.T) {
	h, dir := newHost(t), t.TempDir()
	each(h.listen(t, portClosed), func(*net.TCPConn) {})
	p := h.start(t, "sniscope", "-i", "lo", "--jsonl", filepath.Join(dir, "all.jsonl"), "-w", filepath.Join(dir, "kept.pcapng"), "tcp")
	p.says(t, "capturing on")
	greet(h, 20000, fmt.Sprintf("127.0.0.1:%d", portClosed))
	eventually(t, "the connection has a line", func() bool { return strings.Contains(p.stdout.String(), " hello-closed ") })
	before := p.stdout.String()
	if strings.Contains(before, "1 TLS connection") || strings.Count(before, "TIME ") != 1 {
		t.Errorf("before the end:\n%s", before)
	}
	for _, name := range []string{"all.jsonl", "kept.pcapng"} {
		eventually(t, name+" has it too", func() bool { // each file is written in its turn
			b, err := os.ReadFile(filepath.Join(dir, name))
			return err == nil && bytes.Contains(b, []byte("hello-closed"))
		})
	}
	if err := p.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	p.says(t, "1 TLS connection: 1 with a finding")
	if p.stdout.String() != before {
		t.Errorf("the summary so far went to standard output:\n%s", p.stdout.String())
	}
	p.interrupt(t)
	after := strings.TrimPrefix(p.stdout.String(), before)
	if !strings.Contains(after, "1 TLS connection: 1 with a finding") || strings.Contains(after, "TIME ") {
		t.Errorf("at the end:\n%s", after)
	}
	p.says(t, "kept 1 of 1 connection")
}

// TestLiveTellsWhatHangs has a server not answer a client that goes on waiting.
func TestLiveTellsWhatHangs(t *testing.T) {
	h := newHost(t)
	each(h.listen(t, portClosed), nil)
	p := h.start(t, "sniscope", "-i", "lo", "--format", "jsonl")
	p.says(t, "capturing on")
	c, err := h.dial(20000, fmt.Sprintf("127.0.0.1:%d", portClosed))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go tls.Client(c, &tls.Config{ServerName: "gateway.example"}).Handshake()
	eventually(t, "it hangs", func() bool {
		p.cmd.Process.Signal(syscall.SIGUSR1)
		time.Sleep(100 * time.Millisecond)
		return strings.Contains(p.stderr.String(), ", 0 with a finding, 1 handshake hangs\n")
	})
	p.interrupt(t)
	diagnosed(t, rows(t, p.stdout.String()), map[int]scene{20000: {diagnosis: "hello-unanswered"}})
}

// TestLiveGoesOn restarts the network under a capture.
func TestLiveGoesOn(t *testing.T) {
	client, server := newHost(t), newHost(t)
	connect(t, client, server)
	each(server.listen(t, portClosed), func(*net.TCPConn) {})
	p := client.start(t, "sniscope", "-i", "v0", "--format", "jsonl", "tcp")
	p.says(t, "capturing on")
	client.ip(t, "link set v0 down")
	p.says(t, "sniscope: warning: v0: the interface went down; the capture goes on when it is up again\n")
	client.ip(t, "link set v0 up")
	greet(client, 20000, fmt.Sprintf("10.77.0.2:%d", portClosed))
	eventually(t, "the connection has a row", func() bool { return p.stdout.String() != "" })
	p.interrupt(t)
	diagnosed(t, rows(t, p.stdout.String()), map[int]scene{20000: {diagnosis: "hello-closed"}})
}

// TestLiveInterfaceRemoved says of an interface that is gone what to do, and not why it may have brought nothing.
func TestLiveInterfaceRemoved(t *testing.T) {
	client, server := newHost(t), newHost(t)
	connect(t, client, server)
	p := client.start(t, "sniscope", "-i", "v0")
	p.says(t, "capturing on")
	client.ip(t, "link del v0")
	p.says(t, "sniscope: error: v0: the interface went down or was removed during the capture\nsniscope: hint: -i any goes on when an interface goes down\n")
	<-p.ended
	if said := p.stderr.String(); strings.Contains(said, "--promisc") || p.cmd.ProcessState.ExitCode() != exitFailed {
		t.Errorf("exit status %d:\n%s", p.cmd.ProcessState.ExitCode(), said)
	}
}

// TestListHostileInterface lists an interface whose name would colour the terminal, as a container may give one.
func TestListHostileInterface(t *testing.T) {
	h := newHost(t)
	if out, err := h.try("ip", "link", "set", "lo", "down"); err != nil {
		t.Skipf("%v: %s", err, out)
	}
	if out, err := h.try("ip", "link", "set", "lo", "name", "l\x1b[31m"); err != nil {
		t.Skipf("%v: %s", err, out)
	}
	if got := h.run(t, "sniscope -D"); !strings.HasPrefix(got, `l\x1b[31m `) {
		t.Errorf("%q", got)
	}
}

// TestLiveSawNothing hints at what tcpdump does without being asked.
func TestLiveSawNothing(t *testing.T) {
	a, b := newHost(t), newHost(t)
	connect(t, a, b)
	const hint = "sniscope: hint: only packets to and from this machine are captured; --promisc"
	for args, want := range map[string]bool{"-i v0": true, "-i v0 --promisc": false, "-i any": false, "-i lo": false, "-q -i v0": false} {
		if out := a.run(t, "sniscope --duration 50ms "+args); strings.Contains(out, hint) != want {
			t.Errorf("%s: %s", args, out)
		}
	}
	const filtered = "sniscope: hint: no packet matched the filter; "
	for args, want := range map[string]bool{"-i v0 tcp port 1": true, "-i any tcp port 1": true, "-i any": false} {
		if out := a.run(t, "sniscope --duration 50ms "+args); strings.Contains(out, filtered) != want || want && strings.Contains(out, hint) {
			t.Errorf("%s: %s", args, out)
		}
	}
}
