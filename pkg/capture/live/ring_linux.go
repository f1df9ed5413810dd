//go:build !libpcap || !cgo

package live

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/filter"
)

// ring is a packet socket with a memory-mapped receive ring (packet(7); Documentation/networking/packet_mmap.rst in
// the kernel's source).
type ring struct {
	view    view
	memory  []byte
	next    int             // block that is read next
	match   *filter.Program // nil for none
	matched bool            // the kernel runs it, wherever view.filtered says so

	mutex  sync.Mutex // dropped and close come from different goroutines
	socket int        // -1 once closed
	lost   uint64     // until the kernel's counter was last read, which resets it
}

// view is what packets the socket delivers.
type view uint8

const (
	ethernet view = iota // of one interface, with its Ethernet header
	payload              // of one interface that has another link layer, or none, without it
	mixed                // of all interfaces, each with its link layer
)

// openDevice opens a socket that receives nothing, gives it the ring and the filter, and only then has it receive.
func openDevice(name string, opt Options) (device, []error, error) {
	r := &ring{socket: -1}
	index, err := r.open(name)
	if err != nil {
		r.close()
		return nil, nil, err
	}
	warnings, err := r.prepare(name, index, opt)
	if err != nil {
		r.close()
		return nil, nil, err
	}
	return r, warnings, nil
}

// open opens the socket and finds the interface. Where all interfaces are captured on, packets are wanted with the link
// layer, although a cooked header takes its place: without it recent kernels hide that there is
// a second VLAN tag, and older ones the tag of an outgoing frame.
func (r *ring) open(name string) (index int, err error) {
	kind := unix.SOCK_RAW
	if name == Any {
		r.view = mixed
	} else {
		var link uint16
		if index, link, err = findInterface(name); err != nil {
			return 0, err
		}
		if !isEthernet(link) {
			r.view, kind = payload, unix.SOCK_DGRAM
		}
	}
	if r.socket, err = unix.Socket(unix.AF_PACKET, kind|unix.SOCK_CLOEXEC, 0); err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return 0, errPermission(name, err)
		}
		return 0, &Error{Name: name, Err: fmt.Errorf("opening a packet socket: %w", err)}
	}
	return index, nil
}

// prepare does what must be done in this order.
func (r *ring) prepare(name string, index int, opt Options) (warnings []error, err error) {
	warn := func(err error) {
		if err != nil {
			warnings = append(warnings, &Error{Name: name, Err: err})
		}
	}
	shrunk, err := r.mapMemory(opt.ringBytes)
	if err != nil {
		return nil, &Error{Name: name, Err: err}
	}
	warn(shrunk)
	program, err := opt.program(r.link())
	if err != nil {
		return nil, err
	}
	refused, err := r.attach(program)
	if err != nil {
		return nil, &Error{Name: name, Err: err}
	}
	warn(refused)
	if opt.Promiscuous {
		warn(r.promiscuous(index))
	}
	return warnings, r.bind(name, index)
}

// promiscuous asks for packets to others until the socket is closed.
func (r *ring) promiscuous(index int) error {
	if index == 0 {
		return errors.New("promiscuous mode is for one interface and has no effect here")
	}
	request := unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_PROMISC}
	if err := unix.SetsockoptPacketMreq(r.socket, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &request); err != nil {
		return fmt.Errorf("promiscuous mode: %w", err)
	}
	return nil
}

// bind has the socket receive. The kernel accepts an interface that is down, and tells only in the socket's error.
func (r *ring) bind(name string, index int) error {
	address := &unix.SockaddrLinklayer{Ifindex: index, Protocol: networkOrder(unix.ETH_P_ALL)}
	err := unix.Bind(r.socket, address)
	if err == nil {
		err = r.socketError()
	}
	switch {
	case err == unix.ENODEV:
		return errNoInterface(name)
	case err == unix.ENETDOWN:
		return &Error{Name: name, Err: ErrDown, hint: "bring it up: sudo ip link set " + name + " up"}
	case err != nil:
		return &Error{Name: name, Err: fmt.Errorf("binding the packet socket: %w", err)}
	}
	return nil
}

// socketError returns the error that waits in the socket, and clears it.
func (r *ring) socketError() error {
	n, err := unix.GetsockoptInt(r.socket, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && n != 0 {
		return unix.Errno(n)
	}
	return err
}

// findInterface returns an interface's index and its ARPHRD_ type.
func findInterface(name string) (index int, link uint16, err error) {
	request, err := unix.NewIfreq(name)
	if err != nil {
		return 0, 0, errNoInterface(name) // the name is too long
	}
	socket, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, 0, &Error{Name: name, Err: fmt.Errorf("opening a socket: %w", err)}
	}
	defer unix.Close(socket)
	if err = unix.IoctlIfreq(socket, unix.SIOCGIFHWADDR, request); err == nil {
		link = request.Uint16()
		err = unix.IoctlIfreq(socket, unix.SIOCGIFINDEX, request)
	}
	switch {
	case err == unix.ENODEV:
		return 0, 0, errNoInterface(name)
	case err != nil:
		return 0, 0, &Error{Name: name, Err: fmt.Errorf("looking at the interface: %w", err)}
	}
	return int(request.Uint32()), link, nil
}

// isEthernet reports whether packets of an ARPHRD_ type begin with an Ethernet header.
func isEthernet(link uint16) bool { return link == unix.ARPHRD_ETHER || link == unix.ARPHRD_LOOPBACK }

// link is the link type of what read returns.
func (r *ring) link() capture.LinkType {
	if r.view == ethernet {
		return capture.LinkEthernet
	}
	return capture.LinkLinuxSLL2
}

func (r *ring) iface() capture.Interface {
	return capture.Interface{Link: r.link(), SnapLen: maxSnapLen, Digits: 9}
}

// dropped adds up the kernel's counter.
func (r *ring) dropped() uint64 {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.socket >= 0 {
		if s, err := unix.GetsockoptTpacketStatsV3(r.socket, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
			r.lost += uint64(s.Drops)
		}
	}
	return r.lost
}

func (r *ring) close() error {
	r.dropped() // for the last time
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var errs []error
	if r.memory != nil {
		errs = append(errs, unix.Munmap(r.memory))
	}
	if r.socket >= 0 {
		errs = append(errs, unix.Close(r.socket))
	}
	r.memory, r.socket = nil, -1
	return errors.Join(errs...)
}

// networkOrder converts a number to the byte order in which socket addresses have it.
func networkOrder(n uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, n))
}

// poll waits for a block of the ring, and returns the socket's error.
func (r *ring) poll(wait time.Duration) error {
	set := []unix.PollFd{{Fd: int32(r.socket), Events: unix.POLLIN}}
	if _, err := unix.Poll(set, int((wait+time.Millisecond-1)/time.Millisecond)); err != nil && err != unix.EINTR {
		return fmt.Errorf("waiting for packets: %w", err)
	}
	if set[0].Revents&unix.POLLERR != 0 {
		return r.socketError()
	}
	return nil
}
