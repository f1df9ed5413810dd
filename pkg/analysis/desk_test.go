package analysis

import (
	"bytes"
	"io"
	"net/netip"
	"testing"

	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// TestOpeningsAreBounded opens connections for long, of which few end.
func TestOpeningsAreBounded(t *testing.T) {
	o := openings{known: make(map[uint64][]byte)}
	open := bytes.Repeat([]byte{7}, 300)
	for first := uint64(1); first <= 1_000_000; first++ {
		o.put(first, open)
		if first%4 == 0 && o.take(first) == nil {
			t.Fatalf("connection %d is gone", first)
		}
		for o.held > 1<<20 {
			if _, b, ok := o.oldest(); !ok || len(b) != 300 {
				t.Fatalf("%d bytes are held of nothing", o.held)
			}
		}
	}
	if len(o.order) > 10_000 || len(o.known) > 1<<20/300 || o.known[999_999] == nil {
		t.Errorf("%d in order, %d known", len(o.order), len(o.known))
	}
}

// rowsOnly is a sink that keeps what a test asks of rows.
type rowsOnly struct{ ends []flow.Ending }

func (s *rowsOnly) Streams() int                    { return 0 }
func (s *rowsOnly) Append(int, []byte, *Row) []byte { return nil }
func (s *rowsOnly) Write(int, []byte) error         { return nil }
func (s *rowsOnly) Collect(row *Row)                { s.ends = append(s.ends, row.Record.Ending) }

// silent is a source without packets.
type silent struct{}

func (silent) Name() string              { return "eth0" }
func (silent) Next(*capture.Block) error { return io.EOF }

// TestTheOldestIsReportedWithoutItsEnd settles more connections than there is room for.
func TestTheOldestIsReportedWithoutItsEnd(t *testing.T) {
	s := &rowsOnly{}
	d := newDesk(&Config{Workers: 1}, silent{}, s)
	d.open.limit = 3000
	relay := &relay{desk: d}
	for first := uint64(1); first <= 100; first++ {
		var r conversation.Record
		r.Opening.First, r.Start = first, int64(first)*1e9
		r.Opening.Endpoints = [2]netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:5000"), netip.MustParseAddrPort("192.0.2.2:443")}
		r.Sides[flow.Server].LastData = flow.Event{Frame: first + 1, Time: r.Start + 5e8}
		relay.end(keyOf(first, partOpening), appendOpening(relay.begin(), &r, twinHash(&r)))
	}
	if err := d.take([]*chunk{relay.chunk}); err != nil {
		t.Fatal(err)
	}
	if n := len(s.ends); n < 50 || n+len(d.open.known) != 100 {
		t.Fatalf("%d were reported, %d are open", n, len(d.open.known))
	}
	if e := s.ends[9]; e.Opened != 10 || e.End != 10_500_000_000 || e.Incomplete != flow.IncompleteLimit {
		t.Errorf("the tenth: %+v", e)
	}
	late := &chunk{}
	late.add(keyOf(10, partEnding), conversation.AppendEnding(late.data, &flow.Ending{Opened: 10, Settled: true}))
	late.add(keyOf(10, partPackets), append(late.data, "what was held for it"...))
	if err := d.take([]*chunk{late}); err != nil || d.lost.Connections != 1 {
		t.Errorf("%v; %d connections are counted whose packets came too late", err, d.lost.Connections)
	}
}

// TestTheWindowForgets judges by between one and two lengths of the past.
func TestTheWindowForgets(t *testing.T) {
	var w window
	w.at(1000)
	first := w.older
	w.at(1000 + int64(windowLength) - 1)
	if w.older != first {
		t.Error("it turned too soon")
	}
	second := w.younger
	w.at(1000 + int64(windowLength))
	if w.older != second || w.younger == second {
		t.Error("the younger did not take the place of the older")
	}
	third := w.younger
	w.at(0) // a clock that is set back forgets nothing, and does not stop the window
	if w.older != second || w.younger != third {
		t.Error("it forgets when the clock is set back")
	}
	w.at(int64(windowLength))
	if w.older != third {
		t.Error("it waits until it is as late again")
	}
	fourth := w.younger
	w.at(3 * int64(windowLength))
	if w.older == third || w.older == fourth || w.younger == fourth {
		t.Error("it remembers what was before a long silence")
	}
}
