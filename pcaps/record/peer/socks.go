//go:build linux

package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"
)

// runSOCKS is a SOCKS 4 and 5 (RFC 1928) server for IPv4 targets, without authentication.
func runSOCKS(args []string, stderr io.Writer) error {
	fs := flag.NewFlagSet("socks", flag.ContinueOnError)
	listen := fs.String("listen", "", "address")
	if err := fs.Parse(args); err != nil {
		return err
	}
	return acceptLoop(*listen, func(conn *net.TCPConn) {
		if err := serveSOCKS(conn); err != nil {
			fmt.Fprintln(stderr, "peer: socks:", err)
		}
	})
}

func serveSOCKS(conn *net.TCPConn) error {
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(deadline)); err != nil {
		return err
	}
	r := bufio.NewReader(conn)
	version, err := r.ReadByte()
	if err != nil {
		return err
	}
	var target netip.AddrPort
	granted, refused := []byte{0, 90, 0, 0, 0, 0, 0, 0}, []byte{0, 91, 0, 0, 0, 0, 0, 0}
	if version == 5 {
		granted, refused = []byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0}, []byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0}
		target, err = socks5Target(r, conn)
	} else {
		target, err = socks4Target(r)
	}
	if err != nil {
		return err
	}
	onward, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(target))
	if err != nil {
		_, werr := conn.Write(refused)
		return errors.Join(err, werr)
	}
	defer onward.Close()
	if _, err := conn.Write(granted); err != nil {
		return err
	}
	return splice(conn, r, onward)
}

func socks4Target(r *bufio.Reader) (netip.AddrPort, error) {
	var b [7]byte // command, port, address
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return netip.AddrPort{}, err
	}
	_, err := r.ReadBytes(0) // user name
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[3:])), binary.BigEndian.Uint16(b[1:])), err
}

func socks5Target(r *bufio.Reader, w io.Writer) (netip.AddrPort, error) {
	n, err := r.ReadByte()
	if err != nil {
		return netip.AddrPort{}, err
	}
	if _, err := r.Discard(int(n)); err != nil {
		return netip.AddrPort{}, err
	}
	if _, err := w.Write([]byte{5, 0}); err != nil {
		return netip.AddrPort{}, err
	}
	var b [10]byte // version, command, reserved, address type, address, port
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return netip.AddrPort{}, err
	}
	if b[3] != 1 {
		return netip.AddrPort{}, fmt.Errorf("address type %d", b[3])
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), binary.BigEndian.Uint16(b[8:])), nil
}

// splice copies both ways until both sides have closed.
func splice(client *net.TCPConn, fromClient io.Reader, server *net.TCPConn) error {
	done := make(chan error, 1)
	go func() {
		_, err := io.Copy(server, fromClient)
		done <- errors.Join(err, server.CloseWrite())
	}()
	_, err := io.Copy(client, server)
	return errors.Join(err, client.CloseWrite(), <-done)
}
