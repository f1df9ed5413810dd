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

// divides reports whether a packet that leaves opens a second connection with the endpoints of the one that was found: a SYN with another ISN,
// while all that the same side sent before came in, and what it was sent left.
func (t *Table) divides(p *packet, r ref) bool {
	if p.Flags&(decode.SYN|decode.ACK) != decode.SYN {
		return false
	}
	if r.embryo() {
		e := t.embryos.at(r.index())
		return e.answer != 0 && e.opener() == p.side && e.seq != p.Seq && e.passage() == PassageIn && t.answers.at(e.answer).passage == PassageOut
	}
	c := t.conns.at(r.index())
	h, sd := t.handshakeOf(c), c.by(p.side)
	return h != nil && !c.is(bitOver) && c.initiator == p.side && sd.has(knowsISN) && sd.base != p.start() &&
		h.by(p.side).passage == PassageIn && h.by(p.side^1).passage == PassageOut
}

// divide makes the connection that was found the outer leg, and the packet one of the inner. It returns the hash of its key.
func (t *Table) divide(p *packet, hash uint32, r ref) uint32 {
	first, n := p.key.onLeg(outer, p.side), t.nameAt(r)
	t.index.remove(hash, r)
	t.forget(n)
	*n = t.nameOf(&first)
	t.index.insert(first.hash(t.seed), r)
	*p.key = p.key.onLeg(inner, p.side)
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
	if k.wide.leg == noLeg {
		return
	}
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
