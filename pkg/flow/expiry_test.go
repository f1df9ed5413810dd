package flow

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

func TestExpiryIsARuleOnTheConnectionsOwnPackets(t *testing.T) {
	half := func(w *wire) { w.syn() }
	again := func(w *wire, pause time.Duration) { w.syn(); w.after(pause); w.syn() }
	answered := func(w *wire) { w.syn(); w.synack() }
	established := func(w *wire) { w.handshake() }
	settled := func(w *wire) { w.log.settleAt = 1; w.handshake(); w.send(C, 0, "x") }
	over := func(w *wire) { w.handshake(); w.fin(C); w.fin(S); w.ack(C) }
	for _, test := range []struct {
		name  string
		run   func(w *wire)
		limit time.Duration
	}{
		{"half-open", half, singleSYNIdle},
		{"half-open, the SYN came again", func(w *wire) { again(w, 6*time.Second) }, 30*time.Second + 50*time.Millisecond},
		{"half-open, it came again at last, as of old BSD", func(w *wire) { again(w, 5800*time.Millisecond); w.after(24 * time.Second); w.syn() }, halfOpenIdle},
		{"half-open, answered", answered, halfOpenIdle},
		{"half-open, of the server alone", func(w *wire) { w.synack() }, halfOpenIdle},
		{"unsettled", established, unsettledIdle},
		{"settled", settled, settledIdle},
		{"over", over, linger},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, late := range []bool{false, true} {
				w := newWire()
				test.run(w)
				w.after(test.limit - 10*time.Millisecond)
				if late {
					w.after(time.Millisecond)
				}
				n := uint64(len(w.log.ended))
				w.ack(C)
				if test.limit != linger { // what is over was reported before
					want(t, "ended", uint64(len(w.log.ended))-n == 1, late)
				}
				want(t, "stray", w.table.Counts()[Stray] == 1, late)
			}
		})
	}
}

// TestSweepingChangesNothing runs the same connection in a table with and without other traffic, whose packets
// make the table sweep.
func TestSweepingChangesNothing(t *testing.T) {
	run := func(busy bool) Facts {
		w := newWire()
		w.handshake()
		w.send(C, 0, "hello")
		w.rst(S)
		mine := *w
		other := *w
		other.pair = [2]netip.AddrPort{netip.MustParseAddrPort("10.1.1.1:1000"), netip.MustParseAddrPort("10.1.1.2:80")}
		other.sent = [2]uint32{}
		if busy {
			other.frame = 100
			for i := range 1000 {
				other.send(C, i, "x")
				other.after(time.Second)
			}
			want(t, "swept", len(w.log.ended) >= 1, true)
		}
		mine.now += int64(1000 * time.Second)
		mine.flush()
		for _, f := range w.log.ended {
			if f.First == 1 {
				return f
			}
		}
		t.Fatal("not ended")
		return Facts{}
	}
	a, b := run(false), run(true)
	want(t, "resets", a.Resets[0], b.Resets[0])
	a.Resets, b.Resets = nil, nil
	want(t, "ending", a.Ending, b.Ending)
	want(t, "client", a.Sides[0], b.Sides[0])
	want(t, "server", a.Sides[1], b.Sides[1])
}

func TestTickSweeps(t *testing.T) {
	w := newWire()
	w.syn()
	w.table.Tick(w.now + int64(singleSYNIdle+sweepMargin)/2)
	want(t, "ended", len(w.log.ended), 0)
	w.table.Tick(w.now + int64(singleSYNIdle+2*sweepMargin))
	want(t, "ended", len(w.log.ended), 1)
	want(t, "incomplete", w.log.ended[0].Incomplete, 0)
	want(t, "left", w.table.index.used, 0)
}

// TestSilentConnectionIsReported has the peers of a connection go away without a word.
func TestSilentConnectionIsReported(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "x")
	w.table.Tick(w.now + int64(unsettledIdle))
	want(t, "ended early", len(w.log.ended), 0)
	w.table.Tick(w.now + int64(unsettledIdle+2*sweepMargin))
	want(t, "ended", len(w.log.ended), 1)
	want(t, "incomplete", w.log.ended[0].Incomplete, 0)
}

func TestOneWrongTimestampEndsNothing(t *testing.T) {
	w := newWire()
	w.handshake()
	now := w.now
	w.now += int64(1e6 * time.Hour)
	w.pair[C] = netip.MustParseAddrPort("10.0.0.10:1")
	w.syn()
	w.now = now
	for range 100 {
		w.after(time.Second)
		w.syn()
	}
	want(t, "ended", len(w.log.ended), 0)
}

func TestFlushEndsAllAndTheTableIsReusable(t *testing.T) {
	run := func() (ended []uint64) {
		w := newWire()
		for round := range 2 {
			for i := range 200 {
				w.pair[C] = netip.AddrPortFrom(w.pair[C].Addr(), uint16(1000+(i*7919)%500))
				w.sent = [2]uint32{}
				w.syn()
				if i%3 == 0 {
					w.synack()
					w.ack(C)
				}
			}
			w.flush()
			want(t, "connections", len(w.log.ended), 200*(round+1))
			want(t, "left", w.table.conns.live()+w.table.embryos.live()+w.table.handshakes.live()+w.table.index.used, 0)
			w.now -= int64(time.Hour) // another capture point may lie before
		}
		for _, e := range w.log.ended {
			ended = append(ended, e.First)
		}
		return ended
	}
	first, again := run(), run() // whose indexes differ
	if !slices.Equal(first, again) {
		t.Errorf("the order depends on more than the segments:\n%d\n%d", first, again)
	}
	slices.Sort(first)
	want(t, "once each", len(slices.Compact(first)), 400)
}

func TestFlushMarksOnlyWhatTheCaptureCutShort(t *testing.T) {
	for _, test := range []struct {
		name  string
		run   func(w *wire)
		wait  time.Duration
		final bool
		want  Incomplete
	}{
		{"open", func(w *wire) { w.handshake() }, 0, true, IncompleteEndOfCapture},
		{"another capture point", func(w *wire) { w.handshake() }, 0, false, 0},
		{"closed", func(w *wire) { w.handshake(); w.fin(C) }, 0, true, 0},
		{"expired long ago", func(w *wire) { w.syn() }, time.Hour, true, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			test.run(w)
			w.table.Flush(w.now+int64(test.wait), test.final)
			want(t, "incomplete", w.log.ended[0].Incomplete, test.want)
		})
	}
}

func TestWhatIsOverIsReportedBeforeLatePacketsCannotCome(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.rst(S)
	w.table.Tick(w.now + int64(900*time.Millisecond))
	want(t, "reported early", len(w.log.ended), 0)
	w.table.Tick(w.now + int64(1300*time.Millisecond))
	want(t, "reported", len(w.log.ended), 1)
	want(t, "closed by", w.log.ended[0].Terminator.By, S)

	w.after(3 * time.Second)
	w.send(C, 0, "hello") // sent again, since nobody acknowledged it
	want(t, "stray", w.table.Counts()[Stray], 0)
	want(t, "late", w.table.Counts()[Late], 1)
	w.flush()
	want(t, "reported once", len(w.log.ended), 1)
}

// TestLateIsARuleOnTheConnectionsOwnPackets ends a connection, and sends again before anything else lets time pass.
func TestLateIsARuleOnTheConnectionsOwnPackets(t *testing.T) {
	for _, test := range []struct {
		pause time.Duration
		late  uint64
	}{{patience - 10*time.Millisecond, 0}, {patience + 10*time.Millisecond, 1}} {
		w := newWire()
		w.handshake()
		w.send(C, 0, "hello")
		w.rst(S)
		w.now += int64(test.pause)
		w.send(C, 0, "hello")
		want(t, "late", w.table.Counts()[Late], test.late)
		w.flush()
		want(t, "packets of the client", w.log.ended[0].Packets[C], 4-test.late)
	}
}

func TestSegmentTellsItsConnection(t *testing.T) {
	w := newWire()
	w.log.settleAt = 5
	w.frame = 6 // the SYN is the seventh packet
	var got []uint64
	w.told = func(first uint64) { got = append(got, first) }
	w.handshake()
	w.send(C, 0, "hello")
	w.send(C, 5, "bulk")
	w.rst(S)
	w.table.Tick(w.now + int64(2*time.Second))
	w.after(2 * time.Second)
	w.send(C, 9, "late")
	want(t, "connections", fmt.Sprint(got), "[7 7 7 7 0 7 0]")
}

// TestBulkEstablishes settles a connection with the payload of a SYN-ACK: the payload behind it is what establishes it.
func TestBulkEstablishes(t *testing.T) {
	w := newWire()
	w.log.settleAt = 5
	w.syn()
	w.packet(S, decode.SYN|decode.ACK, 0, "hello")
	w.ack(S)
	w.send(S, 5, "more")
	w.after(halfOpenIdle)
	w.send(S, 9, "again")
	want(t, "packets of the server", w.end(t).Packets[S], 4)
}
