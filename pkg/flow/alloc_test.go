package flow

import (
	"fmt"
	"slices"
	"testing"

	"github.com/sniscope/sniscope/pkg/decode"
)

func TestBulkOfASettledConnectionAllocatesNothing(t *testing.T) {
	table, batch := bulkTable(1)
	seq := uint32(102)
	var s decode.Segment
	if n := testing.AllocsPerRun(1000, func() {
		s = segment(batch, 0, C, decode.ACK, seq, 2, 1460)
		table.Segment(&s, batch, 10)
		seq += 1460
		s = segment(batch, 0, S, decode.ACK, 2, seq, 0)
		table.Segment(&s, batch, 11)
		s = segment(batch, 0, S, decode.ACK, 2, seq-1460, 0) // out of the ordinary
		table.Segment(&s, batch, 12)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestWholeConnectionAllocatesNothingOnceTheTableIsWarm(t *testing.T) {
	pool := NewPool()
	for name, h := range map[string]*silent{"settled": {settled: true}, "not settled": {}} {
		table := pool.NewTable(h, DefaultLimits)
		batch := batchOf()
		var s decode.Segment
		give := func(from Side, f decode.TCPFlags, seq, ack, length uint32) {
			s = segment(batch, 7, from, f, seq, ack, length)
			table.Segment(&s, batch, 1)
		}
		isn := uint32(0)
		run := func() {
			isn += 100000
			give(C, decode.SYN, isn, 0, 0)
			give(S, decode.SYN|decode.ACK, 1, isn+1, 0)
			give(C, decode.ACK, isn+1, 2, 517)
			give(S, decode.ACK, 2, isn+518, 1460)
			give(C, decode.ACK|decode.FIN, isn+518, 1462, 0)
			give(S, decode.ACK|decode.RST, 1462, isn+519, 0)
		}
		for range 10 {
			run()
		}
		if n := testing.AllocsPerRun(1000, run); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestSameSegmentsGiveTheSameCallbacks plays one capture of many connections into tables whose seeds differ.
func TestSameSegmentsGiveTheSameCallbacks(t *testing.T) {
	run := func(pool *Pool) []string {
		w := newWire()
		w.table = pool.NewTable(w.log, Limits{Connections: 20, Handshakes: 10, Pages: 8})
		for i := range 3000 {
			w.port(1000 + i*7%45)
			switch i % 5 {
			case 0:
				w.syn()
			case 1:
				w.handshake()
			case 2:
				w.send(C, i%3, fmt.Sprint("data", i))
			case 3:
				w.rst(S)
			case 4:
				w.send(S, 4, fmt.Sprint("more", i))
			}
		}
		w.flush()
		for _, f := range w.log.ended {
			w.log.printf("%+v", f)
		}
		return w.log.lines
	}
	a, b := run(NewPool()), run(NewPool())
	if !slices.Equal(a, b) {
		t.Error("the callbacks depend on the seed of the index")
	}
	if len(a) < 1000 {
		t.Errorf("only %d callbacks", len(a))
	}
}

func TestCountsNameEveryReason(t *testing.T) {
	var c Counts
	for r := range numReasons {
		c[r] = uint64(r) + 1
	}
	c.Add(c)
	n := 0
	for r, count := range c.All() {
		if r.String() == "" || r.String() == "unknown" || count != 2*uint64(r)+2 {
			t.Errorf("reason %d: %q, %d", r, r, count)
		}
		n++
	}
	want(t, "reasons", n, int(numReasons))
}
