package flow

import (
	"slices"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

func TestCopyOnAnotherInterfaceIsADuplicate(t *testing.T) {
	w := newWire()
	both := func(send func(...option)) {
		send(iface(1))
		send(iface(2), ttl(63))
	}
	both(w.syn)
	both(w.synack)
	both(func(o ...option) { w.ack(C, o...) })
	w.send(C, 0, "one", iface(1))
	w.send(C, 3, "two", iface(1))
	w.send(C, 0, "one", iface(2))
	w.send(C, 3, "two", iface(2))
	w.ack(S, iface(1))
	w.ack(S, iface(2))
	w.packet(S, decode.FIN|decode.ACK, 0, "", iface(1))
	w.packet(S, decode.FIN|decode.ACK, 0, "", iface(2))
	w.rst(C, iface(1))
	w.rst(C, iface(2))
	f := w.end(t)
	want(t, "duplicates", w.table.Counts()[Duplicate], 8)
	want(t, "packets", f.Packets, [2]uint64{5, 3})
	want(t, "retransmits", f.Retransmits, 0)
	want(t, "RSTs", len(f.Resets), 1)
	want(t, "signs", f.Resets[0].Signs, 0)
	want(t, "SYNs", f.Sides[Client].SYNs, 1)
	w.wantTrace(t, `C 0 "one"`, `C 3 "two"`)
}

func TestNewPacketOnAnotherInterfaceIsNoDuplicate(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "one", iface(1))
	w.send(C, 6, "three", iface(2))
	w.send(C, 3, "two", iface(3))
	w.ack(S, iface(1))
	w.fin(C, iface(4))
	f := w.end(t)
	want(t, "duplicates", w.table.Counts()[Duplicate], 0)
	want(t, "bytes", f.Bytes[Client], 11)
	want(t, "terminator", f.Terminator.Kind, CloseFIN)
}

func TestSameIPIDIsADuplicate(t *testing.T) {
	w := newWire()
	w.handshake()
	for range 2 {
		w.ack(S, ipid(7))
		w.now -= int64(9 * time.Millisecond)
	}
	w.ack(S, ipid(8))
	f := w.end(t)
	want(t, "duplicates", w.table.Counts()[Duplicate], 1)
	want(t, "packets", f.Packets[Server], 3)
}

// TestCopiesOfASYNWithoutIPID has a mirror deliver each SYN and SYN-ACK once more, before or behind what answers it. A host that sends
// one again has waited for a second, or answers another SYN.
func TestCopiesOfASYNWithoutIPID(t *testing.T) {
	for _, tc := range []struct {
		name        string
		send        func(w *wire)
		retransmits uint64
	}{
		{"at once", func(w *wire) { w.syn(); w.syn(); w.synack(); w.synack(); w.ack(C) }, 0},
		{"behind what answers it", func(w *wire) { w.syn(); w.synack(); w.syn(); w.ack(C); w.synack() }, 0},
		{"a second later", func(w *wire) {
			w.syn()
			w.after(time.Second)
			w.syn()
			w.synack()
			w.after(time.Second)
			w.synack()
			w.ack(C)
		}, 2},
		{"the answer to another SYN", func(w *wire) {
			w.syn()
			w.synack()
			w.after(time.Second)
			w.syn()
			w.synack()
			w.ack(C)
		}, 2},
	} {
		w := newWire()
		tc.send(w)
		w.send(C, 0, "hello")
		want(t, tc.name, w.end(t).Retransmits, tc.retransmits)
	}
}

func TestSameIPIDLaterIsARetransmission(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello", ipid(7))
	w.after(200 * time.Millisecond)
	w.send(C, 0, "hello", ipid(7))
	f := w.end(t)
	want(t, "duplicates", w.table.Counts()[Duplicate], 0)
	want(t, "retransmits", f.Retransmits, 1)
}

func TestIdenticalPacketAtOnceIsADuplicateButAnACK(t *testing.T) {
	w := newWire()
	again := func(send func()) {
		send()
		w.now -= int64(10*time.Millisecond) - 500_000
		send()
	}
	again(func() { w.syn() })
	again(func() { w.synack() })
	again(func() { w.ack(C) }) // two pure ACKs: both count
	again(func() { w.send(C, 0, "hello") })
	again(func() { w.packet(S, decode.RST, 0, "") })
	f := w.end(t)
	want(t, "duplicates", w.table.Counts()[Duplicate], 4)
	want(t, "packets", f.Packets, [2]uint64{4, 2})
}

func TestIdenticalPacketLaterIsARetransmission(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.send(C, 0, "hello")
	want(t, "duplicates", w.table.Counts()[Duplicate], 0)
	want(t, "retransmits", w.end(t).Retransmits, 1)
}

func TestDuplicatesOfASettledConnection(t *testing.T) {
	w := newWire()
	w.log.settleAt = 1
	w.handshake()
	var told []uint64
	w.told = func(first uint64) { told = append(told, first) }
	w.send(C, 0, "a")
	w.send(C, 1, "bulk")
	w.send(C, 1, "bulk", iface(3))
	w.told = nil
	if !slices.Equal(told, []uint64{1, 0, 0}) {
		t.Errorf("the packets are said to be of connections %v: those of the bulk and their copies are of none to hold", told)
	}
	w.ack(S, ipid(5))
	w.now -= int64(9 * time.Millisecond)
	w.ack(S, ipid(5))
	f := w.end(t)
	want(t, "duplicates", w.table.Counts()[Duplicate], 2)
	want(t, "packets", f.Packets, [2]uint64{4, 2})
}

func TestCopiesAfterOtherPacketsAreDuplicatesDuringTheHandshake(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello", ipid(20))
	for range 2 {
		w.packet(S, decode.ACK, 0, "", ipid(7))
		w.packet(S, decode.FIN|decode.ACK, 3, "", ipid(9))
	}
	w.sent[S] = 0
	w.send(S, 0, "abc", ipid(8))
	f := w.end(t)
	want(t, "duplicates", w.table.Counts()[Duplicate], 2)
	want(t, "retransmits", f.Retransmits, 0)
	want(t, "packets", f.Packets[Server], 4)
}

func TestSameAnswerToEachSegmentIsNoDuplicate(t *testing.T) {
	w := newWire()
	quick := func() { w.now -= int64(10*time.Millisecond) - 100_000 }
	w.syn()
	w.synack()
	quick()
	w.packet(C, decode.SYN, 0, "", ipid(9))
	quick()
	w.synack()
	w.ack(C)
	for i := range 3 {
		w.send(C, i, "x")
		quick()
		w.packet(S, decode.RST, 0, "")
		quick()
	}
	f := w.end(t)
	want(t, "duplicates", w.table.Counts()[Duplicate], 0)
	want(t, "RSTs", len(f.Resets), 3)
	want(t, "SYN-ACKs", f.Sides[Server].SYNs, 2)
}

func TestRetransmissionIsNoDuplicateWhateverTheClockDoes(t *testing.T) {
	w := newWire()
	w.syn()
	w.after(-time.Hour)
	w.syn()
	want(t, "SYNs", w.end(t).Sides[Client].SYNs, 2)
}

// A copy is one, whichever of both the capture says was first.
func TestACopyWithAnEarlierTime(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello", ipid(7))
	w.after(-10*time.Millisecond - 50*time.Microsecond)
	w.send(C, 0, "hello", ipid(7))
	want(t, "duplicates", w.table.Counts()[Duplicate], 1)
	want(t, "retransmits", w.end(t).Retransmits, 0)
}
