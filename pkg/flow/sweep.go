package flow

import "math"

// sweeper looks for connections that are over, a few at a time, so that they are reported and their memory is
// used again. It changes nothing about them: a connection that it ends is one that no packet can belong to anymore.
type sweeper struct {
	now    int64 // packet time of this step; of the last two packets the earlier one, lest a single wrong timestamp end everything
	before int64 // time of the packet before
	latest int64 // latest now since the clock was last set back
	still  int64 // packet time from which on no step is due for twice sweepEvery: half of it lies before the last one
	embryo uint32
	conn   uint32
}

// newSweeper returns a sweeper to which the first packet time comes as late as it likes.
func newSweeper() sweeper {
	return sweeper{before: math.MaxInt64, still: -2 * int64(sweepEvery), latest: math.MinInt64 + int64(ClockSetBack)}
}

// clock notes the time of a packet, and sweeps when that is due.
func (t *Table) clock(now int64) {
	if t.sweeper.passes(now) {
		t.sweep()
	}
}

// passes notes the time of a packet, and reports whether a step is due, or was to be long after it.
func (s *sweeper) passes(now int64) bool {
	earlier := min(now, s.before)
	s.before = now
	if uint64(earlier-s.still) < 2*uint64(sweepEvery) {
		return false
	}
	s.now = earlier
	return true
}

// Tick says what time it is by the capture's clock while the interface is silent.
func (t *Table) Tick(now int64) {
	t.clock(now)
	t.clock(now)
}

// stepOf is how many of so many entries a step looks at.
func stepOf(used uint32) uint32 { return min(used, max(used/sweepShare, sweepLeast)) }

// sweep looks at some embryos and conns, going on where it stopped.
func (t *Table) sweep() {
	s := &t.sweeper
	s.still = s.now - int64(sweepEvery)
	if s.now < s.latest-int64(ClockSetBack) {
		t.departAll()
		s.latest = s.now
	}
	s.latest = max(s.latest, s.now)
	t.sweepDepartures()
	before := s.now - int64(sweepMargin) // what was expired then
	for range stepOf(t.embryos.used) {
		s.embryo = behind(s.embryo, t.embryos.used)
		if e := t.embryos.at(s.embryo); e.first != 0 && t.lapsed(e, before) {
			t.end(embryoRef(s.embryo), 0)
		}
	}
	t.sweepAssociations()
	for range stepOf(t.conns.used) {
		s.conn = behind(s.conn, t.conns.used)
		if c := t.conns.at(s.conn); c.first != 0 && t.outlived(c, before) {
			t.end(connRef(s.conn), 0)
		}
	}
}

// behind is the next entry in turn.
func behind(i, used uint32) uint32 {
	if i >= used {
		return 1
	}
	return i + 1
}

// Flush ends every connection at the given packet time, in the order of their entries: what that order is follows from
// the segments, and to sort them is left to whoever needs them sorted. Those that are neither closed nor expired are
// IncompleteEndOfCapture if it is the capture that ends. The table is empty afterwards and can be used for another capture
// point.
func (t *Table) Flush(now int64, endOfCapture bool) {
	t.embryos.retire()
	t.answers.retire()
	t.wides.retire()
	for i := uint32(1); i <= t.embryos.used; i++ {
		if t.embryos.at(i).first != 0 {
			t.flush(embryoRef(i), now, endOfCapture)
		}
	}
	t.conns.retire() // each embryo has been one
	t.closings.retire()
	for i := uint32(1); i <= t.conns.used; i++ {
		if t.conns.at(i).first != 0 {
			t.flush(connRef(i), now, endOfCapture)
		}
	}
	t.flushAssociations(now, endOfCapture)
	t.index = index{}
	t.embryos.reset()
	t.answers.reset()
	t.conns.reset()
	t.troubles.reset()
	t.closings.reset()
	t.wides.reset()
	t.handshakes.reset()
	t.encaps, t.sweeper, t.victims, t.legs = nil, newSweeper(), victims{}, nil
	t.departing, t.left = departures{}, departures{}
}

// flush ends one of the connections of a table that is flushed.
func (t *Table) flush(r ref, now int64, endOfCapture bool) {
	why := Incomplete(0)
	if endOfCapture && !t.expired(r, now) {
		why = IncompleteEndOfCapture
	}
	t.finish(r, why)
}
