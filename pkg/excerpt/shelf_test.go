package excerpt

import (
	"bytes"
	"slices"
	"testing"

	"github.com/sniscope/sniscope/pkg/capture"
)

func packet(ordinal uint64, n int) *Packet {
	return &Packet{
		Packet:  capture.Packet{Time: int64(ordinal) * 1000, Len: uint32(n) + 4, CapLen: uint32(n), Link: capture.LinkEthernet, Iface: 3, Digits: 6},
		Ordinal: ordinal, File: 7, Data: bytes.Repeat([]byte{byte(ordinal)}, n),
	}
}

func ordinals(l Packets) (all []uint64) {
	for p := range l.All() {
		all = append(all, p.Ordinal)
	}
	return all
}

func TestPacketsComeBack(t *testing.T) {
	s := NewShelf(1, nil)
	want := packet(5, 100)
	s.Put(5, want, false)
	want.Data[0]++ // the shelf has a copy
	s.Put(5, packet(9, 0), true)
	for p := range s.Take(5).All() {
		if p.Ordinal == 9 {
			continue
		}
		want.Data[0] = 5
		if p.Packet != want.Packet || p.File != 7 || !bytes.Equal(p.Data, want.Data) {
			t.Errorf("%+v, want %+v", p, want)
		}
	}
	if left := s.Take(5); left != nil || s.held != 0 {
		t.Errorf("left: %v, %d bytes", ordinals(left), s.held)
	}
}

func TestAConnectionLeavesRoomForItsEnding(t *testing.T) {
	s := NewShelf(1, nil)
	for i := range uint64(100) {
		s.Put(1, packet(i+1, 1000), false)
	}
	s.Put(1, packet(101, 60), true)
	got := s.Take(1)
	if len(got) > connectionLimit || got.last() != 101 || len(ordinals(got)) != 60 || s.Lost().Packets != 41 {
		t.Errorf("%d bytes, %d packets up to %d, lost %+v", len(got), len(ordinals(got)), got.last(), s.Lost())
	}
}

func TestTheOldestMakesRoom(t *testing.T) {
	s := NewShelf(heldLimit/(64<<10), nil) // room for 64 KiB
	for conn := range uint64(40) {
		s.Put(conn+1, packet(conn+1, 4000), false)
		s.Drop(2)
	}
	s.Put(1, packet(50, 60), true) // of the one that made room first: nothing of it is wanted any more
	var kept []uint64
	for conn := range uint64(40) {
		kept = append(kept, ordinals(s.Take(conn+1))...)
	}
	if n := len(kept); n == 0 || kept[0] != uint64(41-n) || kept[n-1] != 40 || s.Lost().Connections != uint64(39-n) {
		t.Errorf("kept %v, lost %+v", kept, s.Lost())
	}
	if s.held != 0 {
		t.Errorf("%d bytes are held of nothing", s.held)
	}
}

// TestOnlyTheOpenMakeRoom ends the connections that came first before there is need of room.
func TestOnlyTheOpenMakeRoom(t *testing.T) {
	s := NewShelf(heldLimit/(64<<10), nil)
	for conn := uint64(1); s.Lost().Connections == 0; conn++ {
		s.Put(conn, packet(conn, 4000), false)
		if conn == 2 {
			s.Take(1)
			s.Take(2)
		}
	}
	if len(s.Take(3)) > 0 || len(s.Take(4)) == 0 {
		t.Error("it was not the third that made room")
	}
}

func TestDroppedStaysDropped(t *testing.T) {
	s := NewShelf(1, nil)
	s.Put(1, packet(1, 10), false)
	s.Drop(1)
	s.Put(1, packet(2, 10), false)
	s.Drop(7) // unknown
	if got := s.Take(1); len(got) > 0 || s.Lost() != (Lost{}) {
		t.Errorf("%v, lost %+v", ordinals(got), s.Lost())
	}
}

// TestTheOrderStaysShort opens and ends connections for long: what is remembered of their order must not grow.
func TestTheOrderStaysShort(t *testing.T) {
	s := NewShelf(1, nil)
	s.Put(1, packet(1, 10), false)
	for conn := uint64(2); conn < 100_000; conn++ {
		s.Put(conn, packet(conn, 10), false)
		s.Take(conn)
	}
	if len(s.order) > 200 || !slices.Contains(s.order, 1) {
		t.Errorf("%d are remembered", len(s.order))
	}
}

// TestOverflowLosesNothing holds more than there is room for, with somewhere to put it.
func TestOverflowLosesNothing(t *testing.T) {
	all := map[uint64]Packets{}
	keep := func(conn uint64, l Packets) { all[conn] = append(all[conn], l...) }
	s := NewShelf(heldLimit/(64<<10), keep)
	for i := range uint64(200) {
		s.Put(i%40, packet(i, 1500), false)
	}
	overflowed := len(all)
	for conn := range uint64(40) {
		keep(conn, s.Take(conn))
		if got := ordinals(all[conn]); !slices.Equal(got, []uint64{conn, conn + 40, conn + 80, conn + 120, conn + 160}) {
			t.Errorf("connection %d: %v", conn, got)
		}
	}
	if overflowed == 0 || s.Lost() != (Lost{}) || s.held != 0 {
		t.Errorf("%d overflowed, lost %+v, %d bytes left", overflowed, s.Lost(), s.held)
	}
}
