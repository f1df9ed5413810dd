package flow

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// TestDeparturesAreBounded resets more connections at once than may wait for late packets.
func TestDeparturesAreBounded(t *testing.T) {
	w := newWire()
	w.table = testPool.NewTable(w.log, Limits{Connections: 100, Handshakes: 100, Pages: 8, Departures: 3})
	for port := range uint16(10) {
		w.pair[C] = netip.AddrPortFrom(w.pair[C].Addr(), 40000+port)
		w.sent = [2]uint32{}
		w.handshake()
		w.send(C, 0, "hello")
		w.rst(S)
		want(t, "reported", len(w.log.ended), max(0, int(port)-2))
	}
	want(t, "the first", w.log.ended[0].First, 1)
	w.pair[C] = netip.AddrPortFrom(w.pair[C].Addr(), 40000)
	w.send(C, 0, "hello")
	want(t, "late", w.table.Counts()[Late], 1)
	w.flush()
	want(t, "reported once", len(w.log.ended), 10)
}

// TestWhatGoesOnDoesNotDepart takes a RST back while the connection waits for late packets, and ends others meanwhile.
func TestWhatGoesOnDoesNotDepart(t *testing.T) {
	w := newWire()
	w.table = testPool.NewTable(w.log, Limits{Connections: 100, Handshakes: 100, Pages: 8, Departures: 1})
	w.handshake()
	w.send(C, 0, "hello")
	w.rst(S)
	w.send(S, 0, "answer")
	sent := w.sent
	for port := range 2 {
		w.port(50000 + port)
		w.handshake()
		w.rst(S)
	}
	want(t, "reported", len(w.log.ended), 1)
	want(t, "the one that is over", w.log.ended[0].Endpoints[Client].Port(), 50000)
	w.port(40000)
	w.sent = sent
	w.send(C, 5, "more")
	w.rst(C)
	want(t, "late", w.table.Counts()[Late], 0)
	w.flush()
	want(t, "reported in the end", len(w.log.ended), 3)
	for _, f := range w.log.ended {
		if f.First == 1 {
			want(t, "bytes", f.Ending.Bytes, [2]uint64{9, 6})
			want(t, "terminator", f.Terminator.By, Client)
		}
	}
}

// TestTheClockIsSetBack ends a connection after the clock was set back: it does not wait behind one that ended before.
func TestTheClockIsSetBack(t *testing.T) {
	w := newWire()
	for i, back := range []time.Duration{0, time.Hour, 24 * time.Hour} {
		w.after(-back)
		w.port(40000 + i)
		w.handshake()
		w.send(C, 0, "hello")
		w.rst(S)
	}
	want(t, "reported when it was set back", len(w.log.ended), 2)
	w.table.Tick(w.now + int64(2*time.Second))
	want(t, "reported in time", len(w.log.ended), 3)
	w.table.Tick(w.now + int64(linger+2*sweepMargin))
	want(t, "what is left", w.table.conns.live(), 0)
	w.flush()
	want(t, "reported once", len(w.log.ended), 3)
}

// TestTimesBeyondTheLast ends connections at the last times that 64 bits can hold, which is what a file's time of a later
// year becomes: sweeping them comes to an end.
func TestTimesBeyondTheLast(t *testing.T) {
	for _, before := range []time.Duration{0, 1, patience, patience + departMargin, askedAgain, askedAgain + departMargin, linger, linger + 2*sweepMargin} {
		w := newWire()
		for i := range uint16(3) {
			w.pair[C] = netip.AddrPortFrom(w.pair[C].Addr(), 40000+i)
			w.sent = [2]uint32{}
			w.now = math.MaxInt64 - int64(before)
			if i == 1 {
				w.packet(C, decode.SYN, -1, "")
				w.packet(S, decode.SYN|decode.ACK, -1, "")
				w.packet(C, decode.RST, 0, "")
			} else {
				w.handshake()
				w.rst(S)
			}
			w.now = math.MaxInt64
			w.table.Tick(w.now)
		}
		w.flush()
		want(t, "reported", len(w.log.ended), 3)
	}
}

// TestWhatIsOverIsForgotten lets time pass: entries of connections that are over go, and their ports can be used again.
func TestWhatIsOverIsForgotten(t *testing.T) {
	w := newWire()
	for range 3 {
		w.sent = [2]uint32{}
		w.handshake()
		w.send(C, 0, "hello")
		w.rst(S)
		w.after(5 * time.Second)
		w.ack(C) // late: the entry stays for longer
		w.table.Tick(w.now + int64(linger+sweepMargin) - 1e9)
		want(t, "kept", w.table.conns.live(), 1)
		w.table.Tick(w.now + int64(linger+2*sweepMargin))
		want(t, "forgotten", w.table.conns.live(), 0)
		want(t, "in the index", w.table.index.used, 0)
		w.now += int64(linger + 3*sweepMargin)
	}
	want(t, "connections", len(w.log.ended), 3)
	want(t, "late", w.table.Counts()[Late], 3)
}

// TestNothingIsLeftOfAnIPv6Connection ends one: what is kept apart from its entry goes with it.
func TestNothingIsLeftOfAnIPv6Connection(t *testing.T) {
	w := newWire()
	w.pair = [2]netip.AddrPort{netip.MustParseAddrPort("[2001:db8::9]:40000"), netip.MustParseAddrPort("[2001:db8::1]:443")}
	w.log.client = w.raw(C)
	w.handshake()
	w.send(C, 0, "hello")
	w.send(C, 0, "hello") // a retransmission: trouble
	w.rst(S)
	want(t, "addresses", w.table.wides.live(), 1)
	want(t, "closing", w.table.closings.live(), 1)
	w.table.Tick(w.now + int64(linger+2*sweepMargin))
	left := w.table.wides.live() + w.table.closings.live() + w.table.troubles.live() + w.table.handshakes.live() + w.table.conns.live()
	want(t, "left", left, 0)
	want(t, "reported", len(w.log.ended), 1)
	want(t, "server", w.log.ended[0].Endpoints[Server], w.pair[S])
}

// TestPacketsAreCountedBeyond32Bits sends more than an entry can count.
func TestPacketsAreCountedBeyond32Bits(t *testing.T) {
	for _, bulk := range []bool{true, false} {
		w := newWire()
		w.log.settleAt = 1
		w.handshake()
		w.send(C, 0, "x")
		c := w.table.conns.at(1)
		c.sides[w.raw(C)].packets = math.MaxUint32 - 2
		for i := range 5 {
			w.after(time.Millisecond)
			if bulk {
				w.send(C, 1+i, "y")
			} else {
				w.packet(C, decode.ACK, 1+i, "y", ipid(uint16(i+1)), iface(1)) // as captured elsewhere: not the shortest way
			}
		}
		w.flush()
		want(t, "packets", w.log.ended[0].Packets[C], uint64(math.MaxUint32)+3)
	}
}
