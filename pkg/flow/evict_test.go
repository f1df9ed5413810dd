package flow

import (
	"net/netip"
	"testing"
)

// port makes the following packets those of another connection.
func (w *wire) port(p int) {
	w.pair[C] = netip.AddrPortFrom(w.pair[C].Addr(), uint16(p))
	w.sent = [2]uint32{}
}

func TestOldestEmbryoIsEvictedFirst(t *testing.T) {
	w := newWire()
	w.table.limits.Connections = 4
	w.port(1)
	w.handshake()
	w.port(2)
	w.syn()
	w.port(3)
	w.syn()
	w.port(4)
	w.handshake()
	w.port(5)
	w.syn()
	w.port(6)
	w.syn()
	want(t, "evicted", w.table.Counts()[Evicted], 2)
	for i, p := range []uint16{2, 3} {
		f := w.log.ended[i]
		want(t, "port", f.Endpoints[Client].Port(), p)
		want(t, "incomplete", f.Incomplete, IncompleteEvicted)
	}
}

func TestOldestConnectionIsEvictedWhereThereIsNoEmbryo(t *testing.T) {
	w := newWire()
	w.table.limits.Connections = 3
	for p := range 9 {
		w.port(1000 + p)
		w.send(C, 0, "x")
	}
	want(t, "evicted", w.table.Counts()[Evicted], 6)
	for i, f := range w.log.ended {
		want(t, "port", f.Endpoints[Client].Port(), uint16(1000+i))
	}
	w.flush()
	want(t, "connections", len(w.log.ended), 9)
	want(t, "streams", w.log.streams, 0)
}

// TestFewEmbryosAreSpared has a table full of settled connections, to which new ones come.
func TestFewEmbryosAreSpared(t *testing.T) {
	w := newWire()
	const limit = 64
	w.table.limits.Connections = limit
	w.log.settleAt = 5
	for p := range limit {
		w.port(1000 + p)
		w.handshake()
		w.send(C, 0, "settled")
	}
	want(t, "settled", w.table.handshakes.live(), 0)
	for p := range limit {
		w.port(2000 + p)
		w.syn()
	}
	want(t, "evicted", w.table.Counts()[Evicted], limit)
	const spared = limit / evictShare
	for i, f := range w.log.ended {
		if i < spared {
			want(t, "settled first", f.Opened, uint64(4*i+1))
			continue
		}
		want(t, "port", f.Endpoints[Client].Port(), uint16(2000+i-spared))
	}
	w.flush()
	want(t, "connections", len(w.log.ended), 2*limit)
}

func TestOldestHandshakeIsEvicted(t *testing.T) {
	w := newWire()
	w.table.limits.Handshakes = 2
	w.log.settleAt = 5
	w.port(1)
	w.handshake()
	w.send(C, 0, "settled")
	w.port(2)
	w.syn() // an embryo has no handshake
	for p := 3; p <= 6; p++ {
		w.port(p)
		w.handshake()
	}
	want(t, "evicted", w.table.Counts()[Evicted], 2)
	want(t, "first evicted", w.log.ended[0].Endpoints[Client].Port(), 3)
	want(t, "second evicted", w.log.ended[1].Endpoints[Client].Port(), 4)
	w.flush()
	want(t, "connections", len(w.log.ended), 6)
	want(t, "evicted at the end", w.table.Counts()[Evicted], 2)
}

// TestWhatHasPassedIsNotEvicted has more handshakes than there may be, which went through and are still followed.
func TestWhatHasPassedIsNotEvicted(t *testing.T) {
	w := newWire()
	w.table.limits.Handshakes = 2
	w.log.passedAt = 5
	for p := range 6 {
		w.port(p + 1)
		w.handshake()
		w.send(C, 0, "passed")
	}
	want(t, "settled", len(w.log.settled), 4)
	want(t, "evicted", w.table.Counts()[Evicted], 0)
	w.flush()
	want(t, "connections", len(w.log.ended), 6)
}

func TestOldestHoleIsGivenUpWhenPagesRunOut(t *testing.T) {
	w := newWire()
	w.table.limits.Pages = 3
	w.log.client = 1
	for p := 1; p <= 5; p++ {
		w.port(p)
		w.handshake()
		w.send(C, 5, "waits")
	}
	want(t, "given up", w.table.Counts()[GivenUp], 2)
	w.wantTrace(t, `C gap 5 gap`, `C 5 "waits"`, `C gap 5 gap`, `C 5 "waits"`)
	w.flush()
	want(t, "first", w.log.ended[0].Incomplete&IncompleteLimit, IncompleteLimit)
	want(t, "last", w.log.ended[4].Incomplete&IncompleteLimit, 0)
	w.wantNothingLeft(t)
}

func TestIndexSurvivesCollisionsAndRemovals(t *testing.T) {
	var x index
	const n = 1000
	hash := func(i int) uint32 { return uint32(i % 7 * 3) } // long chains
	for i := 1; i <= n; i++ {
		x.insert(hash(i), connRef(uint32(i)))
	}
	for i := 1; i <= n; i += 2 {
		x.remove(hash(i), connRef(uint32(i)))
	}
	for i := 2; i <= n; i += 2 {
		if got := ref(x.slots[x.find(hash(i), connRef(uint32(i)))]); got != connRef(uint32(i)) {
			t.Fatalf("found %d for %d", got, i)
		}
	}
	want(t, "used", x.used, n/2)
}

func TestEvictedConnectionThatIsOverIsComplete(t *testing.T) {
	w := newWire()
	w.table.limits.Connections = 1
	w.handshake()
	w.rst(S)
	w.port(2)
	w.handshake()
	w.port(3)
	w.syn()
	want(t, "over", w.log.ended[0].Incomplete, 0)
	want(t, "open", w.log.ended[1].Incomplete, IncompleteEvicted)
	want(t, "evicted", w.table.Counts()[Evicted], 2)
}

func TestReportedConnectionIsNotCountedAsEvicted(t *testing.T) {
	w := newWire()
	w.table.limits.Connections = 1
	w.handshake()
	w.rst(S)
	w.table.Tick(w.now + int64(2*patience))
	want(t, "reported", len(w.log.ended), 1)
	want(t, "kept", w.table.conns.live(), 1)
	w.port(2)
	w.syn()
	want(t, "made room", w.table.conns.live(), 0)
	want(t, "evicted", w.table.Counts()[Evicted], 0)
}
