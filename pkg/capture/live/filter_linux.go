//go:build !libpcap || !cgo

package live

import (
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/sniscope/sniscope/pkg/filter"
)

// The kernel hands a packet over a loopback interface to the socket twice, going out and coming in. This, in front of
// every filter, drops the first.
var dropLoopbackCopies = []bpf.Instruction{
	bpf.LoadExtension{Num: bpf.ExtLinkLayerType},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.ARPHRD_LOOPBACK, SkipTrue: 3},
	bpf.LoadExtension{Num: bpf.ExtType},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.PACKET_OUTGOING, SkipTrue: 1},
	bpf.RetConstant{Val: 0},
}

var errUnseen = errors.New("it reads what the kernel's filter does not see on this interface")

// attach gives the filter to the kernel. If the kernel does not take it, as when it is short of memory for socket
// options, the filter runs in this process, and that is the warning.
func (r *ring) attach(p *filter.Program) (warning, err error) {
	everything := []bpf.Instruction{bpf.RetConstant{Val: maxSnapLen}}
	if p == nil {
		return nil, r.attachInstructions(everything)
	}
	r.match = p
	instructions, err := r.view.translate(p.Instructions(), everything)
	if err == nil {
		err = r.attachInstructions(instructions)
	}
	if err == nil {
		r.matched = true
		return nil, nil
	}
	warning = fmt.Errorf("the filter runs in this process, which costs more, as the kernel does not run it: %w", err)
	return warning, r.attachInstructions(everything)
}

func (r *ring) attachInstructions(instructions []bpf.Instruction) error {
	raw, err := bpf.Assemble(slices.Concat(dropLoopbackCopies, instructions))
	if err != nil {
		return fmt.Errorf("assembling the filter: %w", err)
	}
	if len(raw) > unix.BPF_MAXINSNS {
		return fmt.Errorf("the filter has %d instructions, more than %d", len(raw), unix.BPF_MAXINSNS)
	}
	// unix.SockFilter has the layout of bpf.RawInstruction.
	program := unix.SockFprog{Len: uint16(len(raw)), Filter: (*unix.SockFilter)(unsafe.Pointer(&raw[0]))}
	if err := unix.SetsockoptSockFprog(r.socket, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program); err != nil {
		return fmt.Errorf("attaching the filter: %w", err)
	}
	return nil
}

// stop lets the kernel reject every packet from now on. A filter counts against the memory for socket options until the
// next one is in its place: one that hardly fits is taken out first, and what comes in between is filtered in this process.
func (r *ring) stop() error {
	nothing := []bpf.Instruction{bpf.RetConstant{Val: 0}}
	err := r.attachInstructions(nothing)
	if errors.Is(err, unix.ENOMEM) {
		r.matched = false
		err = unix.SetsockoptInt(r.socket, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
		if err == nil {
			err = r.attachInstructions(nothing)
		}
	}
	return err
}

// filtered reports whether a filter in the kernel decides on packets of an ARPHRD_ type. Where all interfaces are
// captured on, it does not know how long the header of a rare link layer is.
func (v view) filtered(link uint16) bool {
	return v != mixed || isEthernet(link) || link == unix.ARPHRD_NONE
}

// translate turns a filter for packets as they are returned into one for what the kernel's filter sees: instead of the
// cooked header the link layer, or nothing. What it is not to decide goes to everything.
func (v view) translate(filter, everything []bpf.Instruction) ([]bpf.Instruction, error) {
	if v == ethernet {
		return filter, nil
	}
	bare, err := replaceCooked(filter, 0)
	if v == payload || err != nil {
		return bare, err
	}
	framed, err := replaceCooked(filter, macHeader)
	if err != nil {
		return nil, err
	}
	return slices.Concat([]bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtLinkLayerType},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ARPHRD_ETHER, SkipTrue: 3},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ARPHRD_LOOPBACK, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ARPHRD_NONE, SkipTrue: 2},
		bpf.Jump{Skip: uint32(len(framed) + len(bare) + 2)},
		bpf.Jump{Skip: 1},
		bpf.Jump{Skip: uint32(len(framed))},
	}, framed, bare, everything), nil
}

// replaceCooked rewrites a filter for packets with a cooked header to one for packets with a header of another
// length. The cooked header's fields are among the kernel's extensions.
func replaceCooked(filter []bpf.Instruction, header uint32) ([]bpf.Instruction, error) {
	replaced := slices.Clone(filter)
	for i, instruction := range filter {
		switch in := instruction.(type) {
		case bpf.LoadAbsolute:
			if in.Off >= cookedHeader {
				replaced[i] = bpf.LoadAbsolute{Off: in.Off - cookedHeader + header, Size: in.Size}
				continue
			}
			extension, known := cookedFields[in]
			if !known {
				return nil, errUnseen
			}
			replaced[i] = bpf.LoadExtension{Num: extension}
		case bpf.LoadIndirect:
			if in.Off < cookedHeader {
				return nil, errUnseen
			}
			replaced[i] = bpf.LoadIndirect{Off: in.Off - cookedHeader + header, Size: in.Size}
		case bpf.LoadMemShift:
			if in.Off < cookedHeader {
				return nil, errUnseen
			}
			replaced[i] = bpf.LoadMemShift{Off: in.Off - cookedHeader + header}
		case bpf.LoadExtension:
			return nil, errUnseen // the length, which is another one there
		}
	}
	return replaced, nil
}

var cookedFields = map[bpf.LoadAbsolute]bpf.Extension{
	{Off: 0, Size: 2}:  bpf.ExtProto,
	{Off: 4, Size: 4}:  bpf.ExtInterfaceIndex,
	{Off: 8, Size: 2}:  bpf.ExtLinkLayerType,
	{Off: 10, Size: 1}: bpf.ExtType,
}
