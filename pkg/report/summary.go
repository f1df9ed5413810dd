package report

import (
	"slices"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
)

// Count is a number of packets or connections under a name.
type Count struct {
	Name string
	N    uint64
}

// Summary is what the connections have in common: how many there are, what they fail of, and what those that
// fail alike share. It holds sums only, bounded by limits.go whatever the number of connections. A connection
// that is the other side of an earlier one (Row.SameAs) counts once, and in what is said of a server, once there.
type Summary struct {
	Packets  uint64   // how many were read, whether or not the filter takes them
	Filtered uint64   // those of them that it does not take
	Skipped  []Count  // packets that are in no connection, by reason, in the order in which they are to be shown
	Warnings []string // what else the reader has to know, such as evictions: one sentence each

	rows     uint64
	tls      uint64
	passed   uint64
	left     uint64 // not listed
	again    uint64 // the same handshake, seen a second time
	findings uint64
	warnings uint64 // those of them that are no errors
	ok       uint64
	notTLS   uint64
	start    int64
	end      int64
	timed    bool     // start and end are known
	captures []string // names, in order, at most maxCaptures
	unlisted connSet  // numbers of connections that are not listed: what is the same as one of them counts
	codes    codes
	uses     [diagnosis.Failed + 1]codeCount // handshakes by what came of them where their diagnosis does not say so, as those that are worth knowing
	byUse    [diagnosis.Failed + 1]connSet   // the numbers of these
	groups   groups
	contrast contrast
	sights   sights
	twins    twins
	several  bool // captures, in which what has no hello comes again
}

// NewSummary returns a summary of no connections, which may be of several captures.
func NewSummary(several bool) *Summary {
	return &Summary{codes: newCodes(), groups: newGroups(), contrast: newContrast(), several: several}
}

// Add takes a connection. One that is not listed only takes part in what is said of others: in contrasts ("with SNI:
// 412 of 412 succeeded"), and as their other side. It keeps nothing of row.
func (s *Summary) Add(row *Row) {
	var room [maxEarlier]uint64
	earlier := s.sights.of(row, room[:])
	listed := s.listed(earlier)
	isNew := s.addContrast(row, earlier, listed)
	switch {
	case row.Scope == analysis.Apart:
		s.left++
		s.unlisted.add(row.Conn)
		s.link(row, earlier, isNew)
		return
	case s.twins.same(row, listed):
		s.again++
		s.learnUse(row, earlier)
		s.link(row, earlier, isNew)
		s.lead(row, listed[0])
		s.names(row.Capture)
		return
	}
	s.span(row)
	s.rows++
	if isTLS(row) {
		s.tls++
	}
	if row.Record.Established {
		s.passed++
	}
	if row.Verdict.Use != diagnosis.Used {
		s.addUse(row)
	}
	switch v := row.Verdict; {
	case v.Code == diagnosis.NotTLS:
		s.notTLS++
	case v.Severity == diagnosis.OK:
		s.ok++
	case v.Severity.IsFinding():
		s.findings++
		if v.Severity == diagnosis.Warning {
			s.warnings++
		}
		s.addFinding(row)
		s.link(row, earlier, true)
	default:
		s.codes.add(row)
	}
}

func (s *Summary) addUse(row *Row) {
	s.uses[row.Verdict.Use].add(row)
	s.byUse[row.Verdict.Use].add(row.Conn)
}

// learnUse has a further sight of a handshake say what the ones before did not show: what the server's host could not reach is in a
// capture made there.
func (s *Summary) learnUse(row *Row, earlier []uint64) {
	if row.Verdict.Use != diagnosis.Deserted || slices.ContainsFunc(earlier, s.byUse[diagnosis.Deserted].has) {
		return
	}
	if slices.ContainsFunc(earlier, s.byUse[diagnosis.Unused].has) {
		s.uses[diagnosis.Unused].info--
	}
	s.addUse(row)
}

// addContrast counts a connection at its server, unless it shows what an earlier one shows there: isNew is false then.
func (s *Summary) addContrast(row *Row, earlier, listed []uint64) (isNew bool) {
	s.contrast.darken(row)
	server := s.contrast.place(row)
	if isNew = !s.sights.met(earlier, server); !isNew {
		s.contrast.reached(server, row)
	} else {
		s.contrast.add(server, row)
		first := row.SameAs
		if len(listed) > 0 {
			first = listed[0]
		}
		s.contrast.handOn(s.sights.server(first), server, row)
	}
	s.sights.add(row.Conn, row.SameAs, server)
	return isNew
}

// listed are some connections without those before the first that is listed.
func (s *Summary) listed(conns []uint64) []uint64 {
	if i := slices.IndexFunc(conns, func(conn uint64) bool { return !s.unlisted.has(conn) }); i >= 0 {
		return conns[i:]
	}
	return nil
}

func (s *Summary) addFinding(row *Row) {
	s.groups.add(row)
	s.codes.add(row)
	if row.Record.Hello.Bytes > 0 || s.several {
		s.twins.add(row)
	}
}

// lead has a finding that counted for its other side count for a row, where that began before it: a live capture meets first what ended
// first.
func (s *Summary) lead(row *Row, conn uint64) {
	first, ok := s.twins.first(row, conn)
	if !ok || !first.follows(row) {
		return
	}
	s.groups.remove(first, row)
	s.groups.add(row)
	s.twins.replace(row, conn)
}

// link notes of which earlier findings a finding is the other side, and counts it unless it is known there already.
func (s *Summary) link(row *Row, earlier []uint64, counts bool) {
	if len(earlier) == 0 || !row.Verdict.Severity.IsFinding() {
		return
	}
	this := findingOf(row)
	counts = counts && !s.twins.has(earlier, this.groupKey)
	var linked []groupKey
	for _, conn := range earlier {
		other, ok := s.twins.of(conn)
		if !ok || !other.isOtherSide(&this) {
			continue
		}
		s.groups.turn(other.facing(&this))
		if counts && !slices.Contains(linked, other.groupKey) {
			s.groups.link(other.groupKey, this.groupKey)
			linked = append(linked, other.groupKey)
		}
	}
}

// span widens the period and the list of captures.
func (s *Summary) span(row *Row) {
	r := row.Record
	if r.Timed() {
		if !s.timed || r.Start < s.start {
			s.start = r.Start
		}
		if !s.timed || r.End > s.end {
			s.end = r.End
		}
		s.timed = true
	}
	s.names(row.Capture)
}

// names notes a capture.
func (s *Summary) names(capture string) {
	n := len(s.captures)
	if n < maxCaptures && (n == 0 || s.captures[n-1] != capture) && !slices.Contains(s.captures, capture) {
		s.captures = append(s.captures, capture)
	}
}

// connSet is a set of connection numbers below maxUnlisted, a bit each.
type connSet []uint64

func (b *connSet) add(conn uint64) {
	if conn >= maxUnlisted {
		return
	}
	for uint64(len(*b)) <= conn/64 {
		*b = append(*b, 0)
	}
	(*b)[conn/64] |= 1 << (conn % 64)
}

func (b connSet) has(conn uint64) bool {
	return conn/64 < uint64(len(b)) && b[conn/64]&(1<<(conn%64)) != 0
}

// timeFrom is where a time begins to say something: at the time of day, or earlier where the connections span
// several days or years.
func (s *Summary) timeFrom() int {
	start, end := wholeSeconds(s.start), wholeSeconds(s.end)
	switch {
	case start[:len("2006-")] != end[:len("2006-")]:
		return 0
	case start[:len("2006-01-02")] != end[:len("2006-01-02")]:
		return len("2006-")
	}
	return len("2006-01-02 ")
}

// isTLS reports whether TLS was seen from either side.
func isTLS(row *Row) bool {
	r := row.Record
	return r.Hello.State != conversation.HelloNone || r.TLSBytes[flow.Client]+r.TLSBytes[flow.Server] > 0
}
