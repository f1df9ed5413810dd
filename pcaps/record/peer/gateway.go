//go:build linux

package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// patient is the size of the buffer of a gateway that waits for the whole hello.
const patient = 1 << 16

// routes maps a server name to the certificate of its filter chain; "*" matches
// any client, also one without server_name.
type routes map[string]tls.Certificate

func (r routes) String() string { return "" }

// Set parses NAME=CERT,KEY.
func (r routes) Set(s string) error {
	name, files, ok := strings.Cut(s, "=")
	if !ok {
		return errors.New("want NAME=CERT,KEY")
	}
	cert, err := loadPair(files)
	r[name] = cert
	return err
}

func (r routes) match(name string) (tls.Certificate, bool) {
	if cert, ok := r[name]; ok && name != "" {
		return cert, true
	}
	if _, parent, ok := strings.Cut(name, "."); ok {
		if cert, ok := r["*."+parent]; ok {
			return cert, true
		}
	}
	cert, ok := r["*"]
	return cert, ok
}

func loadPair(files string) (tls.Certificate, error) {
	cert, key, _ := strings.Cut(files, ",")
	return tls.LoadX509KeyPair(cert, key)
}

// runGateway imitates Envoy's TLS inspector: it peeks at the ClientHello, and
// where no filter chain matches it closes the socket with the hello unread, so
// that the kernel sends RST+ACK.
func runGateway(args []string, stderr io.Writer) error {
	table := routes{}
	fs := flag.NewFlagSet("gateway", flag.ContinueOnError)
	listen := fs.String("listen", "", "address")
	buffer := fs.Int("buffer", patient, "a smaller one is looked at once: a longer hello fails")
	fs.Var(table, "route", "NAME=CERT,KEY; repeatable; NAME may be *.PARENT or *")
	if err := fs.Parse(args); err != nil {
		return err
	}
	return acceptLoop(*listen, func(conn *net.TCPConn) {
		if err := table.serve(conn, *buffer); err != nil {
			fmt.Fprintln(stderr, "peer: gateway:", err)
		}
	})
}

func (r routes) serve(conn *net.TCPConn, buffer int) error {
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(deadline)); err != nil {
		return err
	}
	name, err := peekSNI(conn, buffer)
	if err != nil {
		return err
	}
	cert, ok := r.match(name)
	if !ok {
		return fmt.Errorf("filter_chain_not_found for %q", name)
	}
	return respond(tls.Server(conn, &tls.Config{
		Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"},
	}))
}

// peekSNI waits until the peeked bytes hold a whole ClientHello. A buffer of less
// than patient bytes makes it one of the gateways that cannot read a hello of
// several segments.
func peekSNI(conn *net.TCPConn, buffer int) (string, error) {
	b := make([]byte, buffer)
	for range 100 {
		n, err := peek(conn, b)
		if err != nil {
			return "", err
		}
		name, err := parseSNI(b[:n])
		if err == nil {
			return name, nil
		}
		short := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if !short || buffer < patient {
			return "", err
		}
		time.Sleep(time.Millisecond)
	}
	return "", io.ErrUnexpectedEOF
}
