package report

import "time"

// twins remembers the latest findings by the number of their connection, so that the other side of a proxy is told from a
// client that sends the same random over and over.
type twins struct {
	several    bool // captures, in which also what has no hello may come again
	young, old map[uint64]finding
}

// finding is what a connection with a finding and its other side have in common.
type finding struct {
	groupKey
	end     int64
	capture string
}

// twinSlack is how far apart the two sides of one connection may be: a proxy closes one after the other.
const twinSlack = int64(time.Second)

// add remembers a finding, of which in one capture only one with a hello can be told from others.
func (t *twins) add(row *Row) {
	if row.Record.Hello.Bytes == 0 && !t.several {
		return
	}
	if len(t.young) >= maxTwins/2 {
		t.young, t.old = nil, t.young
	}
	if t.young == nil {
		t.young = make(map[uint64]finding)
	}
	t.young[row.Conn] = finding{keyOf(row), row.Record.End, row.Capture}
}

// same reports whether a row that has the hello of an earlier one is that connection again: it has no finding of its
// own, or the same one at the same time, or by the clock of another capture.
func (t *twins) same(row *Row) bool {
	if !row.Verdict.Severity.IsFinding() {
		return true
	}
	first, ok := t.first(row)
	return ok && first.code == row.Verdict.Code
}

// first is the finding of the connection whose other side a row is, if that is known.
func (t *twins) first(row *Row) (finding, bool) {
	first, ok := t.young[row.SameAs]
	if !ok {
		first, ok = t.old[row.SameAs]
	}
	return first, ok && (row.Record.Start <= first.end+twinSlack || row.Capture != first.capture)
}
