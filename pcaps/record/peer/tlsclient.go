//go:build linux

package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

type clientOptions struct {
	addr, sni, ca, ech string
	record, segment    int
	pause, stall       time.Duration
	insecure, leave    bool
}

// runTLSDial is a TLS client of crypto/tls that sends one HTTP request.
func runTLSDial(args []string, _ io.Writer) error {
	var o clientOptions
	fs := flag.NewFlagSet("tls-dial", flag.ContinueOnError)
	fs.StringVar(&o.addr, "addr", "", "address")
	fs.StringVar(&o.sni, "sni", "", "server_name; empty: none")
	fs.StringVar(&o.ca, "ca", "", "trust this CA")
	fs.StringVar(&o.ech, "ech", "", "ECH configuration list")
	fs.BoolVar(&o.insecure, "insecure", false, "do not verify the server's certificate")
	fs.IntVar(&o.record, "record", 0, "split the hello into records of this many bytes")
	fs.IntVar(&o.segment, "segment", 0, "write the hello in pieces of this many bytes")
	fs.DurationVar(&o.pause, "pause", 20*time.Millisecond, "between the pieces")
	fs.DurationVar(&o.stall, "stall", 0, "wait this long on the server's flight, then leave")
	fs.BoolVar(&o.leave, "leave", false, "close with the response unread: close_notify, then RST")
	shared := sharedFlags(fs)
	if err := fs.Parse(args); err != nil {
		return err
	}
	cfg, err := shared.config()
	if err != nil {
		return err
	}
	if err := o.apply(cfg); err != nil {
		return err
	}
	return o.dial(cfg)
}

func (o clientOptions) apply(cfg *tls.Config) (err error) {
	cfg.ServerName = o.sni
	// An empty name with verification on is refused by crypto/tls.
	cfg.InsecureSkipVerify = o.insecure || o.sni == ""
	if o.ca != "" {
		if cfg.RootCAs, err = loadPool(o.ca); err != nil {
			return err
		}
	}
	if o.ech != "" {
		if cfg.EncryptedClientHelloConfigList, err = os.ReadFile(o.ech); err != nil {
			return err
		}
	}
	if o.stall > 0 {
		cfg.InsecureSkipVerify = true
		cfg.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error {
			time.Sleep(o.stall)
			os.Exit(0) // without an alert
			return nil
		}
	}
	return nil
}

func (o clientOptions) dial(cfg *tls.Config) error {
	tcp, err := dialTCP(o.addr)
	if err != nil {
		return err
	}
	defer tcp.Close()
	if err := tcp.SetDeadline(time.Now().Add(deadline)); err != nil {
		return err
	}
	var conn net.Conn = tcp
	if o.record > 0 || o.segment > 0 {
		conn = &splitter{Conn: tcp, record: o.record, segment: o.segment, pause: o.pause}
	}
	return request(tls.Client(conn, cfg), o.sni, o.leave)
}

func request(conn *tls.Conn, host string, leave bool) error {
	if err := conn.Handshake(); err != nil {
		return err
	}
	keep := "close"
	if leave {
		keep = "keep-alive"
	}
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: %s\r\n\r\n", host, keep); err != nil {
		return err
	}
	if leave {
		time.Sleep(100 * time.Millisecond)
		return conn.Close()
	}
	if _, err := io.Copy(io.Discard, conn); err != nil {
		return err
	}
	return conn.Close()
}

// splitter cuts the first write, the hello, into several records or segments.
type splitter struct {
	net.Conn
	record, segment int
	pause           time.Duration
	done            bool
}

func (s *splitter) Write(b []byte) (int, error) {
	if s.done {
		return s.Conn.Write(b)
	}
	s.done = true
	out := b
	if s.record > 0 {
		out = fragment(b, s.record)
	}
	size := s.segment
	if size == 0 {
		size = len(out)
	}
	for len(out) > 0 {
		n := min(size, len(out))
		if _, err := s.Conn.Write(out[:n]); err != nil {
			return 0, err
		}
		if out = out[n:]; len(out) > 0 {
			time.Sleep(s.pause)
		}
	}
	return len(b), nil
}

// fragment rewrites one handshake record into several of at most size bytes
// (RFC 8446, Section 5.1 allows it).
func fragment(record []byte, size int) []byte {
	header, body := record[:3], record[5:]
	var out []byte
	for len(body) > 0 {
		n := min(size, len(body))
		out = append(out, header...)
		out = append(out, byte(n>>8), byte(n))
		out = append(out, body[:n]...)
		body = body[n:]
	}
	return out
}
