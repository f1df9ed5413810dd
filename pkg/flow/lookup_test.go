package flow

import (
	"reflect"
	"slices"
	"testing"

	"github.com/sniscope/sniscope/pkg/decode"
)

// TestLookingUpAheadChangesNothing looks up more and more segments before the first of them is taken: connections are
// opened, hatch, end, are evicted and replaced while later segments were already looked up.
func TestLookingUpAheadChangesNothing(t *testing.T) {
	run := func(ahead int) []string {
		w := newWire()
		var held []heldSegment
		w.held = &held
		for i := range 3000 {
			w.port(1000 + i*7%45)
			switch i * 31 % 17 % 6 {
			case 0, 1:
				w.isn[C] = uint32(i) << 12
				w.handshake()
			case 2:
				w.send(C, i%3, "data")
			case 3:
				w.rst(S)
			case 4:
				w.send(S, 4, "more")
			case 5:
				w.fin(C)
			}
		}
		w.log.settleAt = 6
		w.takeAhead(held, ahead, Limits{Connections: 20, Handshakes: 10, Pages: 8})
		return w.log.lines
	}
	sameAhead(t, run)
}

// takeAhead gives segments that were held to a new table, each so many at a time once all of these were looked up.
func (w *wire) takeAhead(held []heldSegment, ahead int, limits Limits) {
	table := testPool.NewTable(w.log, limits)
	lookups := make([]Lookup, ahead)
	for group := range slices.Chunk(held, ahead) {
		for i := range group { // each has a batch of its own
			table.LookUp(lookups[i:i+1], []decode.Segment{group[i].Segment}, &group[i].batch)
		}
		for i := range group {
			g := &group[i]
			w.log.printf("%d", table.Take(&lookups[i], &g.Segment, &g.batch, g.frame))
		}
	}
	table.Flush(w.now, true)
	for _, f := range w.log.ended {
		w.log.printf("%+v", f)
	}
}

// sameAhead holds that a run says the same however many segments are looked up ahead.
func sameAhead(t *testing.T, run func(ahead int) []string) {
	t.Helper()
	one := run(1)
	if len(one) < 3000 {
		t.Errorf("only %d lines", len(one))
	}
	for _, ahead := range []int{2, 7, 32, 1000} {
		if !slices.Equal(one, run(ahead)) {
			t.Errorf("%d at a time: the callbacks differ", ahead)
		}
	}
}

func TestLookingUpAheadAllocatesNothing(t *testing.T) {
	table, batch := bulkTable(1)
	var lookups [8]Lookup
	var segments [8]decode.Segment
	seq := uint32(102)
	if n := testing.AllocsPerRun(1000, func() {
		for i := range segments {
			segments[i] = segment(batch, 0, C, decode.ACK, seq, 2, 1460)
			seq += 1460
		}
		table.LookUp(lookups[:], segments[:], batch)
		for i := range segments {
			table.Take(&lookups[i], &segments[i], batch, 10)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	want(t, "packets", table.conns.at(1).sides[0].packets+table.conns.at(1).sides[1].packets > 8000, true)
}

// TestEntriesAreAsSmallAsTheirLimitsSay guards what DefaultLimits promises for a flood and for many connections.
func TestEntriesAreAsSmallAsTheirLimitsSay(t *testing.T) {
	for _, size := range []struct {
		what      string
		got, most uintptr
	}{
		{"half-open connection", sizeOf[embryo](), 64},
		{"settled connection", sizeOf[conn](), 128},
		{"handshake", sizeOf[handshake](), 856},
	} {
		if size.got > size.most {
			t.Errorf("%s: %d bytes, want at most %d", size.what, size.got, size.most)
		}
	}
}

func sizeOf[T any]() uintptr { return reflect.TypeFor[T]().Size() }
