package filter

import (
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// TestKernel has the kernel run every program: what a socket receives must be
// what Match accepts. Datagrams between two Unix sockets stand in for frames.
func TestKernel(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	for _, c := range append(captures(), oddCaptures()[0]) {
		for _, expr := range expressions(t) {
			p, err := Compile(expr, c.linkType, 0)
			if err != nil || strings.Contains(expr, "<< ip[") || strings.Contains(expr, ">> ip[") {
				continue // kernels shift by a computed amount modulo 32
			}
			if err := attach(pair[1], p); err != nil {
				t.Fatalf("%s on %s: attaching: %v", expr, c.name, err)
			}
			for i, r := range c.records {
				got, err := passes(pair, r.frame)
				if err != nil {
					t.Fatalf("%s on %s: %v", expr, c.name, err)
				}
				if want := p.Match(r.frame, len(r.frame)); got != want {
					t.Errorf("%s on %s: packet %d: kernel %v, Match %v", expr, c.name, i+1, got, want)
				}
			}
		}
	}
}

func attach(socket int, p *Program) error {
	raw, err := p.Raw()
	if err != nil {
		return err
	}
	// unix.SockFilter has the layout of bpf.RawInstruction.
	program := unix.SockFprog{Len: uint16(len(raw)), Filter: (*unix.SockFilter)(unsafe.Pointer(unsafe.SliceData(raw)))}
	return unix.SetsockoptSockFprog(socket, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)
}

var _ [unsafe.Sizeof(unix.SockFilter{})]byte = [unsafe.Sizeof(bpf.RawInstruction{})]byte{}

// passes sends a datagram and reports whether it arrives at the other end.
func passes(pair [2]int, frame []byte) (bool, error) {
	if _, err := unix.Write(pair[0], frame); err != nil {
		return false, err
	}
	_, err := unix.Read(pair[1], make([]byte, 1))
	if err == unix.EAGAIN {
		return false, nil
	}
	return err == nil, err
}
