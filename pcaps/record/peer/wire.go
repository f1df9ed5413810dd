//go:build linux

package main

import (
	"bytes"
	"flag"
	"io"
	"net"
	"syscall"
	"time"
)

// wire forwards Ethernet frames between two interfaces and is the middlebox of
// the recordings: the kernel modules for delay and VLAN are not everywhere.
type wire struct {
	delay time.Duration
	vlan  int    // tag that side B carries; 0: none
	drop  string // "synack": what side B sends is lost where it is a SYN-ACK
	forge string // answer a ClientHello that holds this text with forged RSTs
}

const (
	ethHeader = 14
	frameSize = 1 << 16
)

// port is one end of the wire.
type port struct {
	fd, index int
}

func openPort(name string) (port, error) {
	ifc, err := net.InterfaceByName(name)
	if err != nil {
		return port{}, err
	}
	all := htons(syscall.ETH_P_ALL)
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, int(all))
	if err != nil {
		return port{}, err
	}
	p := port{fd, ifc.Index}
	return p, syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: all, Ifindex: ifc.Index})
}

func htons(v uint16) uint16 { return v<<8 | v>>8 }

func (p port) send(frame []byte) {
	// A frame that the interface refuses is lost, as on any wire.
	_ = syscall.Sendto(p.fd, frame, 0, &syscall.SockaddrLinklayer{Ifindex: p.index})
}

// receive returns the next frame that came in, never one that went out.
func (p port) receive(b []byte) ([]byte, error) {
	for {
		n, from, err := syscall.Recvfrom(p.fd, b, 0)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		if ll, ok := from.(*syscall.SockaddrLinklayer); ok && ll.Pkttype == syscall.PACKET_OUTGOING {
			continue
		}
		return append([]byte(nil), b[:n]...), nil
	}
}

func runWire(args []string, _ io.Writer) error {
	var w wire
	fs := flag.NewFlagSet("wire", flag.ContinueOnError)
	nameA := fs.String("a", "", "interface on the client's side")
	nameB := fs.String("b", "", "interface on the server's side")
	fs.DurationVar(&w.delay, "delay", 0, "one-way delay")
	fs.IntVar(&w.vlan, "vlan", 0, "802.1Q tag on side B")
	fs.StringVar(&w.drop, "drop", "", "synack: lose the server's SYN-ACKs")
	fs.StringVar(&w.forge, "forge", "", "answer a ClientHello with this name with forged resets")
	if err := fs.Parse(args); err != nil {
		return err
	}
	a, err := openPort(*nameA)
	if err != nil {
		return err
	}
	b, err := openPort(*nameB)
	if err != nil {
		return err
	}
	failed := make(chan error, 2)
	go func() { failed <- w.forward(a, b, w.toServer) }()
	go func() { failed <- w.forward(b, a, w.toClient) }()
	return <-failed
}

// timed is a frame and when it leaves the wire.
type timed struct {
	frame []byte
	at    time.Time
}

func (w wire) forward(from, to port, handle func(frame []byte, from, to port) []byte) error {
	queue := make(chan timed, 1024)
	defer close(queue)
	go func() {
		for t := range queue {
			time.Sleep(time.Until(t.at))
			to.send(t.frame)
		}
	}()
	buffer := make([]byte, frameSize)
	for {
		frame, err := from.receive(buffer)
		if err != nil {
			return err
		}
		if frame = handle(frame, from, to); frame != nil {
			queue <- timed{frame, time.Now().Add(w.delay)}
		}
	}
}

// toServer handles a frame of the client and returns what goes on, or nil.
func (w wire) toServer(frame []byte, client, server port) []byte {
	if w.forge != "" && isClientHello(frame) && bytes.Contains(frame, []byte(w.forge)) {
		for _, rst := range forgedResets(frame) {
			client.send(rst)
		}
	}
	return w.tag(frame)
}

func (w wire) toClient(frame []byte, _, _ port) []byte {
	frame = w.untag(frame)
	if t, ok := tcpOf(frame); ok && w.drop == "synack" && t.flags()&(flagSYN|flagACK) == flagSYN|flagACK {
		return nil
	}
	return frame
}

func (w wire) tag(frame []byte) []byte {
	if w.vlan == 0 || len(frame) < ethHeader {
		return frame
	}
	out := append([]byte(nil), frame[:12]...)
	out = append(out, 0x81, 0x00, byte(w.vlan>>8), byte(w.vlan))
	return append(out, frame[12:]...)
}

func (w wire) untag(frame []byte) []byte {
	if w.vlan == 0 || len(frame) < ethHeader+4 || frame[12] != 0x81 {
		return frame
	}
	return append(append([]byte(nil), frame[:12]...), frame[16:]...)
}
