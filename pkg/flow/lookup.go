package flow

import "github.com/sniscope/sniscope/pkg/decode"

// Lookup is the search for a segment's connection, apart from what the segment does to it. Entries lie scattered over
// memory, and each look at one is likely to miss the cache: whoever has several segments looks all of them up before the
// first is taken, so that the processor waits for their entries at the same time.
type Lookup struct {
	key  key // of a segment of IPv4 not before it is needed
	hash uint32
	conn *conn  // what seemed to be the connection when it was located; nil where there was none, or an embryo
	ref  ref    // of conn, or of what seemed to be its embryo
	slot uint64 // where the search in the index begins; later of no meaning: what was read ahead
}

// LookUp begins the lookups of segments of a batch, which are then taken in their order. There is one for each.
func (t *Table) LookUp(lookups []Lookup, segments []decode.Segment, b *decode.Batch) {
	lookups = lookups[:len(segments)]
	t.beginAll(lookups, segments, b)
	t.locate(lookups)
}

// TakeAll takes segments of a batch that were looked up, in their order. The ordinal is that of the batch's first packet.
func (t *Table) TakeAll(lookups []Lookup, segments []decode.Segment, b *decode.Batch, ordinal uint64) {
	lookups = lookups[:len(segments)]
	for i := range segments {
		s := &segments[i]
		t.Take(&lookups[i], s, b, ordinal+uint64(s.Frame))
	}
}

// beginAll computes the hashes of segments, and reads where the search for them begins.
func (t *Table) beginAll(lookups []Lookup, segments []decode.Segment, b *decode.Batch) {
	lookups = lookups[:len(segments)]
	for i := range segments {
		s, l := &segments[i], &lookups[i]
		if s.Bits&decode.BitIPv6 != 0 {
			t.begin(l, s, b)
			continue
		}
		addrs, ports := numbers(&s.Addr, &s.Port)
		hash := hashOf(addrs, ports, t.seed)
		l.hash, l.slot = hash, t.index.home(hash)
	}
}

// begin computes the key of a segment, and reads where the search for it begins.
func (t *Table) begin(l *Lookup, s *decode.Segment, b *decode.Batch) {
	if s.Bits&decode.BitIPv6 == 0 {
		l.key.setNarrow(s)
	} else {
		l.key.setWide(s, b.Arena)
	}
	l.hash, l.conn, l.ref = l.key.hash(t.seed), nil, 0
	l.slot = t.index.home(l.hash)
}

// locate finds where the connections should be, by nothing but the hash, and reads their entries ahead. A segment may
// still be one of a connection that a segment before it opens or ends.
func (t *Table) locate(lookups []Lookup) {
	for i := range lookups {
		l := &lookups[i]
		r := ref(l.slot)
		if r != 0 && uint32(l.slot>>32) != l.hash {
			r = t.index.behind(l.hash)
		}
		var c *conn
		if r.embryo() {
			l.slot = t.embryos.at(r.index()).first
		} else if r != 0 {
			c = t.conns.at(r.index())
			l.slot = c.first + c.sides[1].sent
		}
		l.conn, l.ref = c, r
	}
}

// identify makes sure that the lookup has the key of its segment.
func (l *Lookup) identify(s *decode.Segment) {
	if s.Bits&decode.BitIPv6 == 0 {
		l.key.setNarrow(s)
	}
}

// seek finds the entry of a segment's connection where it is not of IPv4 and was located: nil if there is none, it is an
// embryo, or the segment is not of TCP. There is never another connection for its key.
func (t *Table) seek(l *Lookup, s *decode.Segment) *conn {
	if s.Bits&decode.BitUDP != 0 {
		return nil
	}
	l.identify(s)
	if c := l.conn; c != nil && l.key.v6 && t.widely(&c.name, &l.key) {
		return c
	}
	if l.ref.embryo() && t.embryos.at(l.ref.index()).of(t, &l.key) {
		return nil
	}
	l.ref, l.conn = t.find(&l.key, l.hash), nil
	if l.ref != 0 && !l.ref.embryo() {
		l.conn = t.conns.at(l.ref.index())
	}
	return l.conn
}
