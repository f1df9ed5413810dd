//go:build linux

package main

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// deadline bounds every connection, so that a scenario gone wrong still ends.
const deadline = 40 * time.Second

// A step is one action on a connection, written KIND or KIND:ARGUMENT:
//
//	peek            wait for bytes and leave them in the kernel
//	read            one read(2) of at most 64 KiB
//	record          read exactly one TLS record
//	drain           read until the other side closes
//	send:TEXT       write TEXT, with the escapes of a Go string
//	hex:DIGITS      write bytes
//	hello:NAME      write a ClientHello of crypto/tls for NAME (empty: no server_name)
//	hello12:NAME    the same, offering TLS 1.2 at most
//	hello-trailing:NAME  a ClientHello with one byte too many at its end
//	wait:DURATION   do nothing
//	close           close(2): FIN, or RST+ACK where bytes are left unread
//	reset           close with SO_LINGER 0: RST
type step struct {
	kind, arg string
}

func parseSteps(args []string) []step {
	steps := make([]step, 0, len(args))
	for _, a := range args {
		kind, arg, _ := strings.Cut(a, ":")
		steps = append(steps, step{kind, arg})
	}
	return steps
}

func play(conn *net.TCPConn, steps []step) error {
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(deadline)); err != nil {
		return err
	}
	for _, s := range steps {
		if err := s.play(conn); err != nil {
			return fmt.Errorf("step %s: %w", s.kind, err)
		}
	}
	return nil
}

func (s step) play(conn *net.TCPConn) error {
	switch s.kind {
	case "peek":
		_, err := peek(conn, make([]byte, 1))
		return err
	case "read":
		_, err := conn.Read(make([]byte, 1<<16))
		return err
	case "record":
		return readRecord(conn)
	case "drain":
		_, err := io.Copy(io.Discard, conn)
		return err
	case "wait":
		d, err := time.ParseDuration(s.arg)
		time.Sleep(d)
		return err
	case "close":
		return conn.Close()
	case "reset":
		return errors.Join(conn.SetLinger(0), conn.Close())
	}
	b, err := s.bytes()
	if err != nil {
		return err
	}
	_, err = conn.Write(b)
	return err
}

// bytes returns what a writing step writes.
func (s step) bytes() ([]byte, error) {
	switch s.kind {
	case "send":
		text, err := strconv.Unquote(`"` + s.arg + `"`)
		return []byte(text), err
	case "hex":
		return hex.DecodeString(s.arg)
	case "hello":
		return clientHello(s.arg, false)
	case "hello12":
		return clientHello(s.arg, true)
	}
	if s.kind == "hello-trailing" {
		b, err := clientHello(s.arg, false)
		return trailing(b), err
	}
	return nil, fmt.Errorf("unknown step %q", s.kind)
}

func readRecord(conn net.Conn) error {
	var header [5]byte
	if _, err := io.ReadFull(conn, header[:]); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint16(header[3:])))
	return err
}

// peek waits for bytes and copies what is there, leaving it in the kernel's
// receive queue: closing then sends RST+ACK instead of FIN.
func peek(conn *net.TCPConn, b []byte) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var n int
	var peekErr error
	err = raw.Read(func(fd uintptr) bool {
		n, _, peekErr = syscall.Recvfrom(int(fd), b, syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		return !errors.Is(peekErr, syscall.EAGAIN)
	})
	if err == nil && peekErr == nil && n == 0 {
		return 0, io.EOF
	}
	return n, errors.Join(err, peekErr)
}

func runServe(args []string, stderr io.Writer) error {
	if len(args) < 1 {
		return errors.New("need ADDR")
	}
	steps := parseSteps(args[1:])
	return acceptLoop(args[0], func(conn *net.TCPConn) {
		if err := play(conn, steps); err != nil {
			fmt.Fprintln(stderr, "peer: serve:", err)
		}
	})
}

func runDial(args []string, _ io.Writer) error {
	if len(args) < 1 {
		return errors.New("need ADDR")
	}
	conn, err := dialTCP(args[0])
	if err != nil {
		return err
	}
	return play(conn, parseSteps(args[1:]))
}

func acceptLoop(addr string, handle func(*net.TCPConn)) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go handle(conn.(*net.TCPConn))
	}
}

func dialTCP(addr string) (*net.TCPConn, error) {
	conn, err := net.DialTimeout("tcp", addr, deadline)
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}
