package flow

import (
	"github.com/sniscope/sniscope/pkg/decode"
)

// Table is one logical shard's connections. It is not safe for concurrent use: the worker that owns the shard
// calls it. What it reports follows from the segments it is given and their order alone.
type Table struct {
	// What the ordinary packet needs comes first, in as few lines of the cache as it takes.
	sweeper    sweeper
	seed       *[3]uint64
	index      index
	conns      slab[conn]
	handshakes slab[handshake]
	embryos    slab[embryo]
	answers    slab[answer]
	troubles   slab[trouble]
	closings   slab[closing]
	wides      slab[wide]
	legs       map[key]*legs // by the key of both; nil before there are any
	handler    Handler
	limits     Limits
	pool       *Pool
	udp        associations
	encaps     []string
	counts     Counts
	victims    victims
	departing  departures // over, and not yet reported
	left       departures // reported, and not yet forgotten
	resets     []Reset    // room that no handshake has yet
	queues     []*queue   // in the order in which their holes opened
	pages      int        // that they hold
	facts      *Facts     // the handler's
	chunk      Chunk      // handed to a stream
	delivering *conn      // that it is of
	replayed   decode.Segment
	touch      uint64 // of no meaning: what was read ahead
}

// Take takes the next segment of a batch in capture order, which was looked up ahead. The ordinal is the number of its
// packet over the whole input, from 1.
//
// It returns the ordinal of the first packet of the connection that the segment belongs to, or 0 if it belongs to
// none, is nothing but bytes or an acknowledgment of a connection whose handshake is settled and which is not ending, or
// comes after its end was reported.
func (t *Table) Take(l *Lookup, s *decode.Segment, b *decode.Batch, ordinal uint64) (first uint64) {
	if t.sweeper.passes(s.Time) {
		t.sweep()
	}
	c := l.conn
	if c == nil || !c.name.of(s) {
		c = t.seek(l, s)
	}
	switch {
	case c == nil:
	case c.is(bitSettled):
		if c.bulk(s) {
			return 0
		}
		if t.farewell(c, l.ref, s, ordinal) {
			return c.first
		}
	case t.inOrder(c, s, b, ordinal):
		return c.first
	}
	return t.takeOther(c, l, s, b, ordinal)
}

// takeOther takes a segment that is not sure to be ordinary. c is what was found.
func (t *Table) takeOther(c *conn, l *Lookup, s *decode.Segment, b *decode.Batch, ordinal uint64) (first uint64) {
	if c != nil && c.first == 0 { // given back since it was located: its name is one that a segment may have
		c = t.seek(l, s)
	}
	l.identify(s)
	var p packet
	p.set(l, s, b, ordinal)
	switch {
	case s.Bits&decode.BitUDP != 0:
		return t.datagram(&p, l.hash)
	case s.Bits&decode.BitICMP != 0:
		return t.icmp(&p, l.hash, l.ref)
	}
	return t.segment(&p, l.hash, l.ref, c)
}

// set makes p the packet that a segment of a batch is.
func (p *packet) set(l *Lookup, s *decode.Segment, b *decode.Batch, ordinal uint64) {
	p.Segment, p.batch, p.key, p.side = s, b, &l.key, Side(s.Side())
	p.at.Frame, p.at.Time = ordinal, s.Time
}

// segment takes a TCP segment of the connection that was found, whose entry is c unless it is an embryo, or that it opens.
func (t *Table) segment(p *packet, hash uint32, r ref, c *conn) (first uint64) {
	if r == 0 && len(t.legs) > 0 {
		if hash, r = t.turn(p, hash, p.Bits&decode.BitOutgoing != 0); r != 0 && !r.embryo() {
			c = t.conns.at(r.index())
		}
	} else if p.Bits&(decode.BitIncoming|decode.BitOutgoing) != 0 {
		if l := t.divides(p, r); l != noLeg {
			hash, r = t.divide(p, hash, r, l), 0
		}
	}
	r = t.current(p, r, c)
	if r == 0 {
		return t.open(p, hash)
	}
	if !r.embryo() {
		p.conn = r.index()
		if c.is(bitOver) && t.late(c, p) {
			return 0
		}
		bulk := c.goesOn() && ordinary(p.Segment) // or a copy of it, as from another interface
		if t.tcp(c, p); bulk {
			return 0
		}
		return c.first
	}
	e := t.embryos.at(r.index())
	first = e.first
	if !t.keepsEmbryo(e, p) {
		i, c := t.hatchIn(hash, r)
		p.conn = i
		if !t.completes(c, p) {
			t.tcp(c, p)
		}
	}
	return first
}

// find returns the connection of a key, 0 if there is none.
func (t *Table) find(k *key, hash uint32) ref {
	if len(t.index.slots) == 0 {
		return 0
	}
	mask := t.index.mask()
	for i := hash & mask; ; i = (i + 1) & mask {
		slot := t.index.slots[i]
		if slot == 0 {
			return 0
		}
		if uint32(slot>>32) == hash && t.names(t.nameAt(ref(slot)), k) {
			return ref(slot)
		}
	}
}

func (t *Table) nameAt(r ref) *name {
	if r.embryo() {
		return &t.embryos.at(r.index()).name
	}
	return &t.conns.at(r.index()).name
}

// current returns the connection that was found, whose entry is c unless it is an embryo, if the packet still belongs to
// it. If not, it ends it.
func (t *Table) current(p *packet, r ref, c *conn) ref {
	if r != 0 && (t.expired(r, p.Time) || !r.embryo() && p.flag(decode.SYN) && t.replacedBy(c, p)) {
		t.end(r, 0)
		return 0
	}
	return r
}

// expired reports whether a connection is too old for a packet of the given time.
func (t *Table) expired(r ref, now int64) bool {
	if r.embryo() {
		return t.lapsed(t.embryos.at(r.index()), now)
	}
	return t.outlived(t.conns.at(r.index()), now)
}

// hatchIn puts a conn in the place of an embryo.
func (t *Table) hatchIn(hash uint32, r ref) (uint32, *conn) {
	t.roomForHandshake()
	i, c := t.hatch(r.index())
	t.index.replace(hash, r, connRef(i))
	return i, c
}

// open opens a connection with SYN, SYN-ACK or payload, and returns its first ordinal. Anything else is a stray.
func (t *Table) open(p *packet, hash uint32) (first uint64) {
	if !p.flag(decode.SYN) && (p.Length == 0 || p.flag(decode.RST)) {
		t.counts[Stray]++
		return 0
	}
	for t.embryos.live()+t.conns.live() >= max(t.limits.Connections, 1) {
		t.evict()
	}
	if opensEmbryo(p) {
		t.index.insert(hash, t.newEmbryo(p))
		return p.at.Frame
	}
	t.roomForHandshake()
	i, c, _ := t.newConn(t.nameOf(p.key), p.at, p.side, t.encapIndex(p.encap()), p.Digits())
	t.index.insert(hash, connRef(i))
	p.conn = i
	t.tcp(c, p)
	return p.at.Frame
}

// newConn makes an empty conn with a handshake. It is not in the index.
func (t *Table) newConn(n name, at Event, opener Side, encap uint16, digits uint8) (uint32, *conn, *handshake) {
	i, c := t.conns.alloc()
	c.first, c.last, c.name, c.initiator = at.Frame, at.Time, n, Nobody
	h := t.newHandshake(i, c)
	h.start, h.opener, h.encap, h.digits = at.Time, opener, encap, digits
	return i, c, h
}

// encapIndex returns the place of an encapsulation in t.encaps, 0 for none.
func (t *Table) encapIndex(encap string) uint16 {
	if encap == "" {
		return 0
	}
	for i, e := range t.encaps {
		if e == encap {
			return uint16(i + 1)
		}
	}
	if len(t.encaps) >= maxEncaps {
		t.counts[UnnamedEncap]++
		return 0
	}
	t.encaps = append(t.encaps, encap)
	return uint16(len(t.encaps))
}

// Counts says what belonged to no connection, was left out, or was given up, since the table was made.
func (t *Table) Counts() Counts { return t.counts }

// Entries is for how many connections the table has made room since it was last flushed: as many as it held at once.
func (t *Table) Entries() int { return int(t.embryos.used + t.conns.used + t.udp.slab.used) }
