//go:build linux

package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// scene is a connection, and what sniscope must say of it. In a command, PORT is the server's port, ADDRESS its address,
// in brackets where it needs them, NAMED what has curl go there for any name, and LOCAL the client's port.
type scene struct {
	diagnosis string
	port      int
	command   string
}

// scenes begin with those that go through. The last ones, without a command, are played by greet.
var scenes = []scene{
	{"ok", portTLS, "curl -sk --local-port LOCAL NAMED https://healthy.example:PORT/"},
	{"ok", portOnly13, "openssl s_client -bind LOCAL -servername healthy.example -connect ADDRESS:PORT"},
	{"no-sni-alert", portTLS, "openssl s_client -bind LOCAL -noservername -connect ADDRESS:PORT"},
	{"no-sni-alert", portTLS, "openssl s_client -bind LOCAL -noservername -tls1_2 -connect ADDRESS:PORT"},
	{"no-sni-alert", portTLS, "curl -sk --local-port LOCAL https://ADDRESS:PORT/"},
	{"sni-unrecognized", portTLS, "curl -sk --local-port LOCAL NAMED https://other.example:PORT/"},
	{"client-rejected-certificate", portTLS, "openssl s_client -bind LOCAL -servername healthy.example -verify_return_error -connect ADDRESS:PORT"},
	{"tls-to-plaintext-port", portPlain, "curl -sk --local-port LOCAL NAMED https://healthy.example:PORT/"},
	{"protocol-version", portOnly13, "openssl s_client -bind LOCAL -servername healthy.example -tls1_2 -connect ADDRESS:PORT"},
	{"hello-reset", portReset, "curl -sk --local-port LOCAL NAMED https://healthy.example:PORT/"},
	{"no-sni-reset", portReset, "curl -sk --local-port LOCAL https://ADDRESS:PORT/"},
	{"hello-closed", portClosed, "curl -sk --local-port LOCAL NAMED https://healthy.example:PORT/"},
	{"connection-refused", portNobody, "curl -sk --local-port LOCAL https://ADDRESS:PORT/"},
	{"plaintext-to-tls-port", portTLS, ""},
	{"client-certificate-required", portCertificate, ""},
	{"hello-unanswered", portSilent, ""},
}

// play runs the scenes with the server at address, those without a command beside the others because one is slow, and
// returns the scene of each port of the client, which begin at first.
func play(t *testing.T, h *host, address string, first int) map[int]scene {
	t.Helper()
	if strings.Contains(address, ":") {
		address = "[" + address + "]"
	}
	played := make(map[int]scene, len(scenes))
	var greetings sync.WaitGroup
	defer greetings.Wait()
	for i, s := range scenes {
		played[first+i] = s
		if s.command == "" {
			greetings.Go(func() {
				greeting := greet
				if s.diagnosis == "plaintext-to-tls-port" {
					greeting = greetPlainly
				}
				err := greeting(h, first+i, fmt.Sprintf("%s:%d", address, s.port))
				if err == nil || errors.Is(err, os.ErrDeadlineExceeded) != (s.port == portSilent) {
					t.Errorf("greeting port %d: %v, expected %s", s.port, err, s.diagnosis)
				}
			})
		}
	}
	for i, s := range scenes {
		if s.command == "" {
			continue
		}
		local := fmt.Sprint(first + i)
		if strings.HasPrefix(s.command, "openssl") {
			local = bindAll(address) + ":" + local
		}
		command := strings.NewReplacer("LOCAL", local, "ADDRESS", address, "PORT", fmt.Sprint(s.port),
			"NAMED", "--connect-to ::"+address+":").Replace(s.command)
		if out, err := h.try(strings.Fields(command)...); (err == nil) != (s.diagnosis == "ok") {
			t.Errorf("%s: %v, expected %s\n%s", command, err, s.diagnosis, out)
		}
	}
	return played
}

// bindAll is the unspecified address of the family of address.
func bindAll(address string) string {
	if strings.HasPrefix(address, "[") {
		return "[::]"
	}
	return "0.0.0.0"
}

// greet sends a ClientHello from a port, 0 for any, and gives up when there has been no answer for longer than a server may take.
func greet(h *host, local int, to string) error {
	return talk(h, local, to, func(c net.Conn) error {
		return tls.Client(c, &tls.Config{ServerName: "healthy.example", InsecureSkipVerify: true}).Handshake()
	})
}

// greetPlainly sends a request of HTTP in its place, and fails always.
func greetPlainly(h *host, local int, to string) error {
	return talk(h, local, to, func(c net.Conn) error {
		_, err := fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: healthy.example\r\n\r\n")
		return errors.Join(err, errors.New("no TLS"))
	})
}

// talk connects, and says something that is to fail. Where both would close, it lets the server go first: of two FINs that
// cross, captures beside each other may see either before the other.
func talk(h *host, local int, to string, say func(net.Conn) error) error {
	c, err := h.dial(local, to)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(1200 * time.Millisecond))
	if err := say(c); err != nil {
		io.Copy(io.Discard, c)
		return err
	}
	return nil
}

// marker is what the last packet carries.
const marker = "this is the last packet of the test"

// mark waits until no connection is left, which might yet send packets, and sends the last one to a closed UDP port.
func mark(t *testing.T, from *host, address string, all ...*host) {
	t.Helper()
	for _, h := range all {
		eventually(t, "connections are over", func() bool { return h.quiet() })
	}
	err := from.do(func() error {
		c, err := net.Dial("udp", net.JoinHostPort(address, "9"))
		if err == nil {
			_, err = c.Write([]byte(marker))
			c.Close()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// quiet reports whether no socket of TCP is in a state in which packets are expected (proc(5), net/tcp).
func (h *host) quiet() bool {
	const timeWait, listen = "06", "0A"
	quiet := true
	h.do(func() error {
		for _, name := range []string{"tcp", "tcp6"} {
			table, _ := os.ReadFile("/proc/thread-self/net/" + name)
			for _, line := range strings.Split(strings.TrimSpace(string(table)), "\n")[1:] {
				if state := strings.Fields(line)[3]; state != timeWait && state != listen {
					quiet = false
				}
			}
		}
		return nil
	})
	return quiet
}
