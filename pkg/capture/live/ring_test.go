//go:build linux && (!libpcap || !cgo)

package live

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/filter"
)

// firstAt is where a ring that tests fill has its first packet in a block.
const firstAt = 48

// fakeRing is a ring of two blocks, the first of which holds packets with these headers, one after the other.
func fakeRing(v view, packets ...unix.Tpacket3Hdr) *ring {
	r := &ring{view: v, memory: make([]byte, 2*ringBlock)}
	block, h := r.header()
	h.Block_status, h.Num_pkts, h.Offset_to_first_pkt = unix.TP_STATUS_USER, uint32(len(packets)), firstAt
	at := firstAt
	for _, p := range packets {
		if at+packetHeader > len(block) || at%8 != 0 {
			break
		}
		*(*unix.Tpacket3Hdr)(unsafe.Pointer(&block[at])) = p
		at += int(p.Next_offset)
	}
	return r
}

// TestBrokenRing does not trust what the kernel says of its packets: what stood before the fault is kept.
func TestBrokenRing(t *testing.T) {
	good := unix.Tpacket3Hdr{Next_offset: 256, Mac: 82, Snaplen: 60, Len: 60}
	end := uint32(ringBlock - firstAt - 256) // of the block, as the second packet sees it
	tests := map[string]struct {
		second unix.Tpacket3Hdr
		next   uint32 // where the second packet is, behind the first
		broken bool
	}{
		"sound":                 {good, 256, false},
		"at the end":            {unix.Tpacket3Hdr{Mac: 82, Snaplen: end - 82, Len: end}, 256, false},
		"ends behind the block": {unix.Tpacket3Hdr{Mac: 82, Snaplen: end - 81, Len: end}, 256, true},
		"length overflows":      {unix.Tpacket3Hdr{Mac: 82, Snaplen: 0xffffffff, Len: 0xffffffff}, 256, true},
		"more than there was":   {unix.Tpacket3Hdr{Mac: 82, Snaplen: 60, Len: 59}, 256, true},
		"not aligned":           {good, 252, true},
		"behind the block":      {good, ringBlock, true},
		"header does not fit":   {good, ringBlock - firstAt - packetHeader + 4, true},
		"far away":              {good, 0xfffffff8, true},
	}
	for name, test := range tests {
		first := good
		first.Next_offset = test.next
		r, want := fakeRing(ethernet, first, test.second), 2
		if test.broken {
			want = 1
		}
		var b capture.Block
		if err := r.drain(&b); errors.Is(err, errRing) != test.broken || len(b.Packets) != want {
			t.Errorf("%s: %d packets, then %v", name, len(b.Packets), err)
		}
		if r.next != 1 || r.ready() {
			t.Errorf("%s: the next block is %d", name, r.next)
		}
		r.next = 0
		if r.ready() {
			t.Errorf("%s: the block was not given back", name)
		}
	}
}

// TestRingTimes are of nanoseconds, and what is short stays so.
func TestRingTimes(t *testing.T) {
	r := fakeRing(ethernet, unix.Tpacket3Hdr{Next_offset: 256, Mac: 82, Snaplen: 60, Len: 1500, Sec: 4_000_000_000, Nsec: 999_999_999},
		unix.Tpacket3Hdr{Mac: 82, Snaplen: 0, Len: 1500, Status: unix.TP_STATUS_VLAN_VALID})
	var b capture.Block
	if err := r.take(&b); err != nil {
		t.Fatal(err)
	}
	want := capture.Packet{Time: 4_000_000_000_999_999_999, CapLen: 60, Len: 1500, Link: capture.LinkEthernet, Digits: 9}
	if len(b.Packets) != 2 || b.Packets[0] != want || b.Packets[1].CapLen != 0 || b.Packets[1].Len != 1500 {
		t.Errorf("got %+v", b.Packets)
	}
}

// TestOldKernelTag has the tag of a kernel before 3.14, which does not say what kind it is.
func TestOldKernelTag(t *testing.T) {
	for status, want := range map[uint32]uint16{unix.TP_STATUS_VLAN_VALID: 0x8100, unix.TP_STATUS_VLAN_VALID | unix.TP_STATUS_VLAN_TPID_VALID: 0x88a8} {
		r := fakeRing(ethernet, unix.Tpacket3Hdr{Mac: 82, Snaplen: 60, Len: 60, Status: status,
			Hv1: unix.TpacketHdrVariant1{Vlan_tci: 0x2005, Vlan_tpid: 0x88a8}})
		var b capture.Block
		if err := r.take(&b); err != nil {
			t.Fatal(err)
		}
		if len(b.Data) != 64 || binary.BigEndian.Uint16(b.Data[12:]) != want || binary.BigEndian.Uint16(b.Data[14:]) != 0x2005 {
			t.Errorf("status %#x: %x", status, b.Data)
		}
	}
}

// TestSlowFilter gives the caller a chance to end the capture where a filter in this process takes its time, for packets
// of which it selects none, or the first only.
func TestSlowFilter(t *testing.T) {
	expr := "tcp port 443"
	for n := range 1300 {
		expr += fmt.Sprintf(" or tcp[4:4] & %d = 77", 1<<31+int64(n))
	}
	slow, err := filter.Compile(expr, uint32(capture.LinkEthernet), 0)
	if err != nil {
		t.Fatal(err)
	}
	for port, want := range map[uint16]error{80: errBusy, 443: nil} {
		r := slowRing(t, slow, tcp(80, 1, 0))
		copy(r.memory[firstAt+82:], tcp(port, 1, 0))
		var b capture.Block
		if err := r.drain(&b); err != want || (len(b.Packets) == 1) != (want == nil) || !r.ready() {
			t.Errorf("port %d: %d packets, then %v; there is more to read: %v", port, len(b.Packets), err, r.ready())
		}
	}
}

// slowRing is a ring full of the same frame, of which the filter selects none in a second or so.
func slowRing(t *testing.T, slow *filter.Program, frame []byte) *ring {
	begun, few := time.Now(), 1000
	for range few {
		if slow.Match(frame, len(frame)) {
			t.Fatal("selected")
		}
	}
	const size = 144
	perBlock := (ringBlock - firstAt) / size
	blocks := int(10*tick/(time.Since(begun)*time.Duration(perBlock)/time.Duration(few))) + 2
	r := &ring{memory: make([]byte, blocks*ringBlock), match: slow}
	header := unix.Tpacket3Hdr{Next_offset: size, Mac: 82, Snaplen: uint32(len(frame)), Len: uint32(len(frame))}
	for r.next = range blocks {
		block, h := r.header()
		h.Block_status, h.Num_pkts, h.Offset_to_first_pkt = unix.TP_STATUS_USER, uint32(perBlock), firstAt
		for at := firstAt; at+size <= ringBlock; at += size {
			*(*unix.Tpacket3Hdr)(unsafe.Pointer(&block[at])) = header
			copy(block[at+82:], frame)
		}
	}
	r.next = 0
	return r
}
