package flow

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// TestShorterWaysComeToTheSame plays connections, most of whose packets are ordinary, into two tables, one of which takes
// every packet by the long way, and compares what they hold after each.
func TestShorterWaysComeToTheSame(t *testing.T) {
	for seed := range 300 {
		r := rand.New(rand.NewPCG(uint64(seed), 11))
		data := make([]byte, 600)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		w, long := newWire(), newWire()
		if seed%3 == 0 {
			w.pair = [2]netip.AddrPort{netip.MustParseAddrPort("[2001:db8::9]:40000"), netip.MustParseAddrPort("[2001:db8::1]:443")}
		}
		limits := Limits{Connections: 3, Handshakes: 2, Pages: 20}
		w.table, long.table = testPool.NewTable(w.log, limits), testPool.NewTable(long.log, limits)
		w.log.settleAt = []int{1 << 30, 1, 100, 5000}[seed%4]
		long.log.settleAt, long.log.client = w.log.settleAt, w.log.client
		w.isn = [2]uint32{uint32(r.IntN(3000)) - 1500, uint32(r.IntN(3000)) - 1500}
		w.also = func(s *decode.Segment, b *decode.Batch) {
			long.theLongWay(s, b, w.frame)
			compareTables(t, w.table, long.table)
		}
		script, forged := &script{data}, &checker{t: t}
		for len(script.b) > 0 && !t.Failed() {
			if r.IntN(4) == 0 {
				w.step(script, forged)
			} else {
				w.ordinaryStep(r)
			}
		}
		w.flush()
		long.table.Flush(w.now, true)
		for _, log := range []*recorder{w.log, long.log} {
			for _, f := range log.ended {
				log.printf("%+v", f)
			}
			for _, o := range log.settled {
				log.printf("%+v", o)
			}
		}
		if !slices.Equal(w.log.lines, long.log.lines) {
			t.Error("what the handler was told differs")
		}
		if t.Failed() {
			t.Fatalf("seed %d, after %d packets", seed, w.frame)
		}
	}
}

// TestOneSidedACKsOfMuch acknowledges more than sequence numbers can tell apart, of which nothing is captured: by both ways
// the same is missing, and all of it.
func TestOneSidedACKsOfMuch(t *testing.T) {
	for _, step := range []uint64{1 << 10, 1 << 20, 10 << 20, 200 << 20, 1000 << 20} {
		w, long := newWire(), newWire()
		w.log.settleAt, long.log.settleAt = 5, 5
		w.also = func(s *decode.Segment, b *decode.Batch) {
			long.theLongWay(s, b, w.frame)
			compareTables(t, w.table, long.table)
		}
		w.handshake()
		w.send(C, 0, "hello")
		w.ack(S)
		var acked uint64
		for acked < min(9<<30, 50_000*step) && !t.Failed() {
			acked += step
			w.packet(C, decode.ACK, 5, "", rawAck(w.isn[S]+1+uint32(acked)))
		}
		w.fin(C, rawAck(w.isn[S]+1+uint32(acked)))
		long.table.Flush(w.now, true)
		f := w.end(t)
		want(t, "missed", f.Missed, acked)
		want(t, "missed by the long way", long.log.ended[0].Missed, acked)
		want(t, "bytes", f.Ending.Bytes, [2]uint64{5, 0})
	}
}

// TestOneFarACKGivesNothingUp acknowledges what was not sent yet: it comes all the same, and so does the FIN behind it.
func TestOneFarACKGivesNothingUp(t *testing.T) {
	w := newWire()
	w.log.settleAt = 5
	w.handshake()
	w.send(C, 0, "hello")
	w.ack(C, rawAck(w.isn[S]+1+500<<20))
	w.send(S, 0, "answer")
	w.ack(C)
	w.fin(S)
	f := w.end(t)
	want(t, "terminator", f.Terminator.By, Server)
	want(t, "bytes", f.Ending.Bytes, [2]uint64{5, 6})
}

// ordinaryStep sends what goes on as it should.
func (w *wire) ordinaryStep(r *rand.Rand) {
	from := Side(r.IntN(2))
	opts := []option{ipid(uint16(w.frame * uint64(r.IntN(2)))), ttl(uint8(64 - r.IntN(8)/7)), window(uint16(r.Uint32()))}
	switch r.IntN(13) {
	case 0:
		w.handshake()
	case 1, 2, 3, 4:
		w.ack(from, opts...)
	case 5:
		w.ack(from, append(opts, rawAck(w.isn[from^1]+1+w.sent[from^1]-uint32(r.IntN(50))))...)
	case 6:
		w.now -= int64(r.IntN(20)) * int64(time.Millisecond)
	case 7:
		f := []decode.TCPFlags{decode.ACK, decode.ACK | decode.FIN}[r.IntN(2)]
		w.fin(from, opts...)
		w.packet(from^1, f, int(w.sent[from^1]), "", append(opts, rawAck(w.isn[from]+2+w.sent[from]))...)
		w.packet(from, decode.ACK, int(w.sent[from]+1), "", append(opts, rawAck(w.isn[from^1]+1+uint32(f&decode.FIN)+w.sent[from^1]))...)
	default:
		data := make([]byte, 1+r.IntN(200)*r.IntN(8))
		for i := range data {
			data[i] = content(w.isn[from] + 1 + w.sent[from] + uint32(i))
		}
		w.send(from, int(w.sent[from]), string(data), opts...)
	}
}

// theLongWay gives a segment to the table as if it were out of the ordinary.
func (w *wire) theLongWay(s *decode.Segment, b *decode.Batch, ordinal uint64) {
	t := w.table
	t.clock(s.Time)
	l := &one
	t.begin(l, s, b)
	c := t.seek(l, s)
	var p packet
	p.set(l, s, b, ordinal)
	if s.Bits&decode.BitICMP != 0 {
		t.icmp(&p, l.hash, l.ref)
		return
	}
	if !l.ref.embryo() {
		t.segment(&p, l.hash, l.ref, c)
		return
	}
	r := t.current(&p, l.ref, nil)
	switch {
	case r == 0:
		t.open(&p, l.hash)
	case !t.keepsEmbryo(t.embryos.at(r.index()), &p):
		p.conn, c = t.hatchIn(l.hash, r)
		t.tcp(c, &p)
	}
}

// compareTables compares what two tables hold of their connections.
func compareTables(t *testing.T, a, b *Table) {
	t.Helper()
	want(t, "entries", a.conns.used, b.conns.used)
	want(t, "handshakes", a.handshakes.used, b.handshakes.used)
	want(t, "counts", a.counts, b.counts)
	for i := uint32(1); i <= min(a.conns.used, b.conns.used); i++ {
		want(t, "connection", *a.conns.at(i), *b.conns.at(i))
	}
	want(t, "closings", a.closings.used, b.closings.used)
	for i := uint32(1); i <= min(a.closings.used, b.closings.used); i++ {
		want(t, "closing", *a.closings.at(i), *b.closings.at(i))
	}
	want(t, "departing", a.departing.len(), b.departing.len())
	for i := uint32(1); i <= min(a.handshakes.used, b.handshakes.used); i++ {
		x, y := a.handshakes.at(i), b.handshakes.at(i)
		want(t, "done", x.done, y.done)
		want(t, "established", x.established, y.established)
		for side := range x.sides {
			want(t, "side", sideOf(x, side), sideOf(y, side))
		}
	}
}

// waiting stands for any queue.
var waiting = new(queue)

// sideOf is what a handshake holds of one side, apart from where what waits behind a hole is.
func sideOf(h *handshake, side int) opening {
	o := h.sides[side]
	if o.queue != nil {
		o.queue = waiting
	}
	return o
}
