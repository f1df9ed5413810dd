package flow

import (
	"net/netip"
	"testing"
	"time"
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
