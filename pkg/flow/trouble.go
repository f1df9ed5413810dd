package flow

// trouble is what only a connection with losses, reordering or retransmissions needs.
type trouble struct {
	holes       [2][maxHoles]span // of each side, the oldest first
	numHoles    [2]uint8
	refused     [2]bool   // refusedEnd is valid
	refusedEnd  [2]seqnum // behind the last segment that lay too far ahead
	missed      [2]uint64 // bytes in holes, whether or not the hole is still remembered
	cut         uint64    // bytes that the capture cut off
	retransmits uint64
	packets     [2]uint64 // beyond those in side.packets
}

// span is a range of a side's stream.
type span struct{ from, to uint64 }

func (s span) empty() bool { return s.from >= s.to }

// overlap is what two ranges have in common.
func (s span) overlap(o span) span { return span{max(s.from, o.from), min(s.to, o.to)} }

// troubleOf returns the connection's trouble, making one where it has none.
func (t *Table) troubleOf(c *conn) *trouble {
	if c.trouble == 0 {
		c.trouble, _ = t.troubles.alloc()
	}
	return t.troubles.at(c.trouble)
}

// lost opens a hole.
func (tr *trouble) lost(i Side, s span) {
	tr.missed[i] += s.to - s.from
	tr.remember(i, s)
}

// remember keeps a hole in case it is filled, and forgets the oldest if there are too many.
func (tr *trouble) remember(i Side, s span) {
	if tr.numHoles[i] == maxHoles {
		tr.forget(i, 0)
	}
	tr.holes[i][tr.numHoles[i]] = s
	tr.numHoles[i]++
}

func (tr *trouble) forget(i Side, n int) {
	h := &tr.holes[i]
	copy(h[n:], h[n+1:tr.numHoles[i]])
	tr.numHoles[i]--
}

// fill closes what a segment fills of the holes, and returns how much that was.
func (tr *trouble) fill(i Side, s span) (filled uint64) {
	for n := 0; n < int(tr.numHoles[i]); n++ {
		hole := tr.holes[i][n]
		o := hole.overlap(s)
		if o.empty() {
			continue
		}
		filled += o.to - o.from
		before, after := span{hole.from, o.from}, span{o.to, hole.to}
		switch {
		case before.empty() && after.empty():
			tr.forget(i, n)
			n--
		case before.empty():
			tr.holes[i][n] = after
		default:
			tr.holes[i][n] = before
			if !after.empty() {
				tr.remember(i, after)
			}
		}
	}
	tr.missed[i] -= filled
	return filled
}

// fresh reports whether a segment at a stream offset holds a byte that was not seen yet.
func (t *Table) fresh(c *conn, i Side, off, length int64) bool {
	if off+length > int64(c.by(i).sent) {
		return true
	}
	if c.trouble == 0 {
		return false
	}
	s := span{uint64(max(off, 0)), uint64(max(off+length, 0))}
	tr := t.troubles.at(c.trouble)
	for _, hole := range tr.holes[i][:tr.numHoles[i]] {
		if !hole.overlap(s).empty() {
			return true
		}
	}
	return false
}

// take counts the bytes of a segment at a stream offset: how many were not seen yet, and how many were.
func (t *Table) take(c *conn, i Side, off, length int64) (fresh, again uint64) {
	sd := c.by(i)
	if off+length <= 0 {
		return 0, 0 // before the first byte seen of a connection captured from the middle
	}
	s := span{uint64(max(off, 0)), uint64(off + length)}
	if s.from > sd.sent {
		t.troubleOf(c).lost(i, span{sd.sent, s.from})
	}
	if old := s.overlap(span{0, sd.sent}); !old.empty() {
		again = old.to - old.from
		if c.trouble != 0 {
			filled := t.troubles.at(c.trouble).fill(i, old)
			fresh, again = filled, again-filled
		}
	}
	if s.to > sd.sent {
		fresh += s.to - max(sd.sent, s.from)
		sd.sent = s.to
	}
	return fresh, again
}
