package flow

import "github.com/sniscope/sniscope/pkg/decode"

// Lookup is the search for a segment's connection, apart from what the segment does to it. Entries lie scattered over
// memory, and each look at one is likely to miss the cache: whoever has several segments begins and locates all of
// them before the first is taken, so that the processor waits for their entries at the same time.
//
//	for each: t.Begin(&l, s, batch)
//	for each: t.Locate(&l)
//	for each: t.Take(&l, s, batch, ordinal)
type Lookup struct {
	key   key
	hash  uint32
	side  Side
	conn  *conn  // what seemed to be the connection when it was located; nil where there was none, or an embryo
	ref   ref    // of conn
	touch uint64 // of no meaning: what was read ahead
}

// Begin computes the key of a segment of this table, and reads where the search begins.
func (t *Table) Begin(l *Lookup, s *decode.Segment, b *decode.Batch) {
	l.side = l.key.set(s, b.Arena)
	l.hash, l.conn = l.key.hash(t.seed), nil
	l.touch = t.index.home(l.hash)
}

// Locate finds where the connection should be, by nothing but the hash, and reads its entry ahead. The segment of the
// Lookup may still be one of a connection that a segment before it opens or ends.
func (t *Table) Locate(l *Lookup) {
	switch r := t.index.first(l.hash); {
	case r == 0:
	case r.embryo():
		l.touch = t.embryos.at(r.index()).first
	default:
		c := t.conns.at(r.index())
		l.conn, l.ref = c, r
		l.touch = c.first + c.sides[1].sent
	}
}

// found returns where the connection is now, and its entry if it is no embryo. There is never another one for its key.
func (t *Table) found(l *Lookup) (ref, *conn) {
	if c := l.conn; c != nil && c.first != 0 && t.names(&c.name, &l.key) {
		return l.ref, c
	}
	r := t.find(&l.key, l.hash)
	if r == 0 || r.embryo() {
		return r, nil
	}
	return r, t.conns.at(r.index())
}
