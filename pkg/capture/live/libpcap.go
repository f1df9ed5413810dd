//go:build libpcap && cgo

package live

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/pcap"

	"github.com/sniscope/sniscope/pkg/capture"
)

// defaultBuffer is what the kernel is asked for; the BSDs give less, as debug.bpf_maxbufsize says.
const defaultBuffer = 32 << 20

// libpcap captures with the library of that name.
type libpcap struct {
	link    capture.LinkType
	digits  uint8
	stopped atomic.Int64 // packets with a later time are not wanted, unless it is 0

	mutex  sync.Mutex   // libpcap's own functions may not be called at once
	handle *pcap.Handle // nil once closed
	lost   uint64
}

func openDevice(name string, opt Options) (device, []error, error) {
	handle, err := activate(name, opt)
	if err != nil {
		return nil, nil, libpcapError(name, err)
	}
	l := &libpcap{link: linkType(int(handle.LinkType())), digits: 9, handle: handle}
	if handle.Resolution() == gopacket.TimestampResolutionNanosecond {
		l.digits = 6 // gopacket 1.1.19 has the two the wrong way round
	}
	program, err := opt.program(l.link)
	if err != nil {
		l.close()
		return nil, nil, err
	}
	if program == nil {
		return l, nil, nil
	}
	raw, err := program.Raw()
	if err != nil {
		l.close()
		return nil, nil, err
	}
	instructions := make([]pcap.BPFInstruction, len(raw))
	for i, r := range raw {
		instructions[i] = pcap.BPFInstruction{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	if err := handle.SetBPFInstructionFilter(instructions); err != nil {
		l.close()
		return nil, nil, &Error{Name: name, Err: fmt.Errorf("setting the filter: %w", err)}
	}
	return l, nil, nil
}

// activate opens the interface. Its timeout is how long packets are kept back, and how long a read waits.
func activate(name string, opt Options) (*pcap.Handle, error) {
	inactive, err := pcap.NewInactiveHandle(name)
	if err != nil {
		return nil, err
	}
	defer inactive.CleanUp()
	buffer := opt.ringBytes
	if buffer <= 0 {
		buffer = defaultBuffer
	}
	err = errors.Join(inactive.SetSnapLen(maxSnapLen), inactive.SetPromisc(opt.Promiscuous),
		inactive.SetTimeout(retire), inactive.SetBufferSize(buffer))
	if err != nil {
		return nil, err
	}
	return inactive.Activate()
}

// libpcapError tells the errors of activation apart, which gopacket does not export, by their text.
func libpcapError(name string, err error) error {
	switch text := err.Error(); {
	case text == "Permission Denied" && runtime.GOOS == "linux":
		return errPermission(name, fs.ErrPermission)
	case text == "Permission Denied":
		return &Error{Name: name, Err: fs.ErrPermission, hint: "run it with sudo, or give yourself access to /dev/bpf*"}
	case text == "No Such Device":
		return errNoInterface(name)
	case text == "Interface Not Up":
		return &Error{Name: name, Err: ErrDown, hint: "bring it up: sudo ifconfig " + name + " up"}
	}
	return &Error{Name: name, Err: err}
}

// linkType translates DLT_ values that differ from LINKTYPE_ ones.
func linkType(dlt int) capture.LinkType {
	switch {
	case dlt == 12 && runtime.GOOS == "openbsd":
		return capture.LinkLoop
	case dlt == 12, dlt == 14 && runtime.GOOS == "openbsd":
		return capture.LinkRaw
	}
	return capture.LinkType(dlt)
}

// read waits in pieces of retire, so that it is not late to return what there is.
func (l *libpcap) read(b *capture.Block, wait time.Duration) error {
	b.Data = slices.Grow(b.Data[:0], capture.BlockSize+maxSnapLen)
	for deadline := time.Now().Add(wait); ; {
		got, err := l.packet(b)
		switch {
		case err != nil:
			return err
		case len(b.Data) >= capture.BlockSize, !got && len(b.Packets) > 0, !time.Now().Before(deadline):
			return nil
		}
	}
}

// packet appends a packet if one comes within retire.
func (l *libpcap) packet(b *capture.Block) (got bool, err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	data, info, err := l.handle.ZeroCopyReadPacketData()
	switch {
	case err == pcap.NextErrorTimeoutExpired:
		return false, nil
	case err != nil:
		return false, l.readError(err)
	}
	at := info.Timestamp.UnixNano()
	if stopped := l.stopped.Load(); stopped != 0 && at > stopped {
		return true, nil
	}
	b.Packets = append(b.Packets, capture.Packet{Time: at, Offset: uint32(len(b.Data)), CapLen: uint32(len(data)),
		Len: uint32(info.Length), Link: l.link, Digits: l.digits})
	b.Data = append(b.Data, data...)
	return true, nil
}

// readError gives libpcap's own words, which are all that it has.
func (l *libpcap) readError(err error) error {
	text := l.handle.Error()
	if text != nil && text.Error() != "" {
		err = text
	}
	if s := err.Error(); strings.Contains(s, "went down") || strings.Contains(s, "disappeared") {
		return ErrWentDown
	}
	return fmt.Errorf("reading packets: %w", err)
}

// stop does not set a filter, which would make a BSD forget what it has captured.
func (l *libpcap) stop() error {
	l.stopped.Store(time.Now().UnixNano())
	return nil
}

func (l *libpcap) dropped() uint64 {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.handle != nil {
		if s, err := l.handle.Stats(); err == nil {
			l.lost = uint64(s.PacketsDropped)
		}
	}
	return l.lost
}

func (l *libpcap) iface() capture.Interface {
	return capture.Interface{Link: l.link, SnapLen: maxSnapLen, Digits: l.digits}
}

func (l *libpcap) close() error {
	l.dropped()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.handle != nil {
		l.handle.Close()
	}
	l.handle = nil
	return nil
}
