package flow

import "github.com/sniscope/sniscope/pkg/decode"

// A transparent proxy answers a client in the server's name, and opens a connection of its own to the server in the client's, from the
// same port where it can: two connections with the same endpoints at a time. A capture of all interfaces of its host has both, and
// tells them by the directions of their packets.

// leg is which one of two connections with the same endpoints a connection is.
type leg uint8

const (
	noLeg leg = iota // there is only one
	outer            // what the initiator sends comes in, and what it is sent leaves
	inner            // the other way round
)

// legs are two connections with the same endpoints. Entries of a Table have their names as long as there are any.
type legs struct {
	initiator Side // of both
	entries   int
}

// onLeg is the key of a leg, of which the initiator is known.
func (k *key) onLeg(l leg, initiator Side) key {
	w := *k
	if !k.v6 {
		w.v6, w.wide = true, wide{v4: true}
		w.wide.addr[0][1], w.wide.addr[1][1] = uint64(k.addr[0]), uint64(k.addr[1])
	}
	w.addr, w.wide.leg, w.wide.initiator = nobody, l, initiator
	return w
}

// both is what both legs are found by.
func (k *key) both() key { return k.onLeg(noLeg, 0) }

// paired reports whether it is the key of a leg.
func (k *key) paired() bool { return k.v6 && k.wide.leg != noLeg }

// divides reports whether a SYN opens a second connection with the endpoints of the one that was found, and which leg that one is: a SYN
// with another ISN leaves, while all that the same side sent before came in, and what it was sent left. In a file that has one
// connection behind the other that may have been before the end of the first; or it comes in, and was before the beginning of one that the
// proxy opened.
func (t *Table) divides(p *packet, r ref) leg {
	if p.Flags&(decode.SYN|decode.ACK) != decode.SYN || r == 0 {
		return noLeg
	}
	if r.embryo() {
		e := t.embryos.at(r.index())
		answer := PassageUnknown
		if e.answer != 0 {
			answer = t.answers.at(e.answer).passage
		}
		switch {
		case e.opener() != p.side || e.seq == p.Seq || e.flags&decode.ACK != 0:
		case e.passage() == PassageIn && answer == PassageOut && p.Bits&decode.BitOutgoing != 0:
			return outer
		case e.passage() == PassageOut && (e.answer == 0 || answer == PassageIn) && p.before(e.start):
			return inner
		}
		return noLeg
	}
	c := t.conns.at(r.index())
	h, sd := t.handshakeOf(c), c.by(p.side)
	if h == nil || c.is(bitReported) || c.initiator != p.side || !sd.has(knowsISN) || sd.base == p.start() {
		return noLeg
	}
	switch w, peer := h.by(p.side).passage, h.by(p.side^1).passage; {
	case w == PassageIn && peer == PassageOut && p.Bits&decode.BitOutgoing != 0 && (!c.is(bitOver) || p.Time < c.last):
		return outer
	case w == PassageOut && peer == PassageIn && p.before(h.start):
		return inner
	}
	return noLeg
}

// before reports whether a packet came in before a time.
func (p *packet) before(start int64) bool { return p.Bits&decode.BitIncoming != 0 && p.Time < start }

// other is the other one of both.
func (l leg) other() leg { return outer + inner - l }

// divide makes the connection that was found a leg, and the packet one of the other. It returns the hash of its key.
func (t *Table) divide(p *packet, hash uint32, r ref, l leg) uint32 {
	found, n := p.key.onLeg(l, p.side), t.nameAt(r)
	t.index.remove(hash, r)
	t.forget(n)
	*n = t.nameOf(&found)
	t.index.insert(found.hash(t.seed), r)
	*p.key = p.key.onLeg(l.other(), p.side)
	return p.key.hash(t.seed)
}

// turn looks for a packet that belongs to no connection among legs. The hash is that of its key, which becomes that of its leg.
func (t *Table) turn(p *packet, hash uint32, outgoing bool) (uint32, ref) {
	both := t.legs[p.key.both()]
	if both == nil {
		return hash, 0
	}
	l := outer
	if outgoing == (p.side == both.initiator) {
		l = inner
	}
	*p.key = p.key.onLeg(l, both.initiator)
	hash = p.key.hash(t.seed)
	return hash, t.find(p.key, hash)
}

// holdLeg counts the entries that have the name of a leg.
func (t *Table) holdLeg(k *key, more int) {
	both := k.both()
	l := t.legs[both]
	if l == nil {
		if t.legs == nil {
			t.legs = map[key]*legs{}
		}
		l = &legs{initiator: k.wide.initiator}
		t.legs[both] = l
	}
	if l.entries += more; l.entries == 0 {
		delete(t.legs, both)
	}
}
