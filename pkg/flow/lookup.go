package flow

import "github.com/sniscope/sniscope/pkg/decode"

// Lookup is the search for a segment's connection, apart from what the segment does to it. Entries lie scattered over
// memory, and each look at one is likely to miss the cache: whoever has several segments looks all of them up before the
// first is taken, so that the processor waits for their entries at the same time.
type Lookup struct {
	key   key
	hash  uint32
	conn  *conn  // what seemed to be the connection when it was located; nil where there was none, or an embryo
	ref   ref    // of conn
	touch uint64 // of no meaning: what was read ahead
}

// Shards are the tables of one worker by shard. Those of other workers are nil.
type Shards [decode.Shards]*Table

// Of is the table that a segment belongs to.
func (ts *Shards) Of(s *decode.Segment) *Table { return ts[s.Shard()] }

// LookUp begins the lookups of segments of a batch, which are then taken in their order. There is one for each.
func (ts *Shards) LookUp(lookups []Lookup, segments []decode.Segment, b *decode.Batch) {
	lookups = lookups[:len(segments)]
	for i := range segments {
		s := &segments[i]
		ts[s.Shard()].begin(&lookups[i], s, b)
	}
	for i := range segments {
		ts[segments[i].Shard()].locate(&lookups[i])
	}
}

// begin computes the key of a segment of this table, and reads where the search begins.
func (t *Table) begin(l *Lookup, s *decode.Segment, b *decode.Batch) {
	if s.Bits&decode.BitIPv6 == 0 {
		l.key.addr, l.key.port, l.key.v6 = s.Addr, s.Port, false
		l.hash = l.key.name.hash(t.seed)
	} else {
		l.key.setWide(s, b.Arena)
		l.hash = l.key.hash(t.seed)
	}
	l.conn = nil
	l.touch = t.index.home(l.hash)
}

// locate finds where the connection should be, by nothing but the hash, and reads its entry ahead. The segment of the
// Lookup may still be one of a connection that a segment before it opens or ends.
func (t *Table) locate(l *Lookup) {
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
