package flow

import "github.com/sniscope/sniscope/pkg/decode"

// Lookup is the search for a segment's connection, apart from what the segment does to it. Entries lie scattered over
// memory, and each look at one is likely to miss the cache: whoever has several segments begins and locates all of
// them before the first is taken, so that the processor waits for their entries at the same time.
//
//	for each: t.Begin(&l, s, arena)
//	for each: t.Locate(&l)
//	for each: t.Take(&l, s, arena, encap, ordinal)
type Lookup struct {
	key   key
	hash  uint32
	side  Side
	ref   ref    // where the connection seemed to be when it was located; 0 where there was none
	touch uint64 // of no meaning: what was read ahead
}

// Begin computes the key of a segment of this table, and reads where the search begins.
func (t *Table) Begin(l *Lookup, s *decode.Segment, arena []byte) {
	l.side = l.key.set(s, arena)
	l.hash, l.ref = l.key.hash(t.seed), 0
	if slots := t.index.slots; len(slots) > 0 {
		l.touch = slots[l.hash&uint32(len(slots)-1)]
	}
}

// Locate finds where the connection should be, by nothing but the hash, and reads its entry ahead. The segment of the
// Lookup may still be one of a connection that a segment before it opens or ends.
func (t *Table) Locate(l *Lookup) {
	l.ref = t.index.first(l.hash)
	switch {
	case l.ref == 0:
	case l.ref.embryo():
		l.touch = t.embryos.at(l.ref.index()).first
	default:
		c := t.conns.at(l.ref.index())
		l.touch = c.first + c.sides[1].sent
	}
}

// found returns where the connection is now, and its entry if it is no embryo. There is never another one for its key.
func (t *Table) found(l *Lookup) (ref, *conn) {
	r := l.ref
	if r != 0 && !r.embryo() {
		if c := t.conns.at(r.index()); c.first != 0 && t.names(&c.name, &l.key) {
			return r, c
		}
	}
	if r = t.find(&l.key, l.hash); r == 0 || r.embryo() {
		return r, nil
	}
	return r, t.conns.at(r.index())
}
