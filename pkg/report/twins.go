package report

import (
	"net/netip"
	"slices"
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
)

// twins remembers the latest findings by the number of their connection, so that the other side of a proxy is told from a
// client that sends the same random over and over.
type twins struct {
	young, old map[uint64]finding
}

// finding is what a connection with a finding and its other side have in common.
type finding struct {
	groupKey
	start   int64
	end     int64
	client  netip.Addr
	capture string
	absent  bool   // as Verdict.Absent
	isn     uint32 // the client's initial sequence number, 0 where it is not known
}

// twinSlack is how far apart the two sides of one connection may be: a proxy closes one after the other.
const twinSlack = int64(time.Second)

func findingOf(row *Row) finding {
	r := row.Record
	f := finding{groupKey: keyOf(row), start: r.Start, end: r.End, client: r.Endpoints[flow.Client].Addr(), capture: row.Capture, absent: row.Verdict.Absent}
	if c := &r.Sides[flow.Client]; c.ISN {
		f.isn = c.InitialSeq
	}
	return f
}

// add remembers a finding.
func (t *twins) add(row *Row) {
	if len(t.young) >= maxTwins/2 {
		t.young, t.old = nil, t.young
	}
	if t.young == nil {
		t.young = make(map[uint64]finding)
	}
	t.young[row.Conn] = findingOf(row)
}

// replace has what is remembered of a connection be a row's, which shows the same.
func (t *twins) replace(row *Row, conn uint64) {
	if _, ok := t.young[conn]; ok {
		t.young[conn] = findingOf(row)
	} else if _, ok := t.old[conn]; ok {
		t.old[conn] = findingOf(row)
	}
}

// same reports whether a row that has the hello of earlier ones is one of them again: it has no finding of its own, or that of the first
// at the same time, or by the clock of another capture, or that of the same leg in another capture.
func (t *twins) same(row *Row, earlier []uint64) bool {
	if len(earlier) == 0 {
		return false
	}
	if !row.Verdict.Severity.IsFinding() {
		return true
	}
	this := findingOf(row)
	if first, ok := t.first(row, earlier[0]); ok && first.code == row.Verdict.Code && !first.isAnother(&this) {
		return true
	}
	for _, conn := range earlier[1:] {
		if other, ok := t.of(conn); ok && other.groupKey == this.groupKey && other.sameLeg(&this) {
			return true
		}
	}
	return false
}

// sameLeg reports whether two captures show one connection to a server, as far as they show how it began. A proxy that tries again
// opens another, with the same hello.
func (f *finding) sameLeg(o *finding) bool {
	return f.capture != o.capture && f.server == o.server && (f.isn == o.isn || f.isn == 0 || o.isn == 0)
}

// isAnother reports whether two findings with one hello are two connections of a client to a server, the second begun after the first had
// ended: of a probe with a canned hello, or a client whose random numbers are none. The same packets again have the same sequence numbers.
func (f *finding) isAnother(o *finding) bool {
	return f.capture == o.capture && f.server == o.server && f.client == o.client && f.end < o.start && f.isn != o.isn && f.isn != 0 && o.isn != 0
}

// isOtherSide reports whether two findings that show one handshake are the two sides of a proxy: at the same time or, as no two clocks
// agree, of different clients. The tries of a proxy come one after the other, and all from there.
func (f *finding) isOtherSide(o *finding) bool {
	switch {
	case f.server == o.server:
		return false
	case f.capture == o.capture:
		return f.start <= o.end && o.start <= f.end
	}
	return f.client != o.client
}

// follows reports whether a row is the same finding and began before it, by one clock.
func (f *finding) follows(row *Row) bool {
	return row.Verdict.Severity.IsFinding() && f.code == row.Verdict.Code && f.capture == row.Capture && row.Record.Start < f.start
}

// facing tells the server in front from the one behind it, of two findings that are the two sides of a proxy; sure if it is by one clock,
// or by the address of the proxy. They come in the order in which they began or, in a live capture, ended.
func (f *finding) facing(o *finding) (front, behind service, sure bool) {
	switch {
	case f.capture == o.capture && f.start != o.start:
		sure = true
	case f.server.Addr() == o.client:
		return f.server, o.server, true
	case o.server.Addr() == f.client:
		return o.server, f.server, true
	}
	if o.start < f.start {
		f, o = o, f
	}
	return f.server, o.server, sure
}

// has reports whether one of some connections is a finding of a group.
func (t *twins) has(conns []uint64, key groupKey) bool {
	return slices.ContainsFunc(conns, func(conn uint64) bool {
		f, ok := t.of(conn)
		return ok && f.groupKey == key
	})
}

// first is the finding of the connection whose other side a row is, if that is known.
func (t *twins) first(row *Row, conn uint64) (finding, bool) {
	first, ok := t.of(conn)
	return first, ok && (row.Record.Start <= first.end+twinSlack || row.Capture != first.capture)
}

// of is the finding of a connection, if that is known.
func (t *twins) of(conn uint64) (finding, bool) {
	f, ok := t.young[conn]
	if !ok {
		f, ok = t.old[conn]
	}
	return f, ok
}
