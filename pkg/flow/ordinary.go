package flow

import (
	"math"

	"github.com/sniscope/sniscope/pkg/decode"
)

// Most packets are the next bytes of a connection that goes as it should, or acknowledge some. What is below takes these,
// and the packets that end it, by a shorter way than Table.tcp, which knows what to do with any packet, and comes to the
// same.

// ordinary reports whether a segment is one of TCP that neither begins nor ends anything.
func ordinary(s *decode.Segment) bool { return acks(s, decode.SYN|decode.FIN|decode.RST) }

// acks reports whether a segment is one of TCP with an acknowledgment, and without any of some other control bits.
func acks(s *decode.Segment, without decode.TCPFlags) bool {
	const bits = decode.BitICMP | decode.BitUDP
	return (uint16(s.Flags)|uint16(s.Bits)<<8)&(uint16(without|decode.ACK)|uint16(bits)<<8) == uint16(decode.ACK)
}

// goesOn reports whether a connection is settled, and is not ending.
func (c *conn) goesOn() bool {
	return c.bits&(bitEstablished|bitSettled|bitOver|bitFinished) == bitEstablished|bitSettled
}

// bulk takes the ordinary packet of a settled connection: the next bytes or a pure ACK, nothing lost, no copy.
// It reports false, having done nothing, for every packet that it is not sure of.
func (c *conn) bulk(s *decode.Segment) bool {
	if !c.goesOn() || !ordinary(s) {
		return false
	}
	sd := c.by(Side(s.Side()))
	if sd.bits&(based|acking|unscaled) != based|acking || sd.packets == math.MaxUint32 || seqnum(s.Seq) != sd.edge() ||
		s.Iface != sd.iface || s.Captured < s.Length || s.Length > maxSegment || s.Time-c.last > int64(linger) {
		return false
	}
	ack, m := seqnum(s.Ack), mark(s)
	if !sd.steps(ack) || s.Length > 0 && !sd.has(sentData) || s.Length == 0 && m == sd.mark && s.IPID == sd.ipid {
		return false
	}
	if sd.ack.before(ack) {
		sd.ack = ack
	}
	sd.sent += uint64(s.Length)
	sd.packets++
	c.stamp(s.Time)
	sd.window = s.Window
	sd.saw(s, m)
	return true
}

// farewell takes the first FIN of a side of a settled connection, and a pure ACK, such as that of a FIN: neither is a copy,
// or acknowledges what was not captured. It reports false, having done nothing, for every packet that it is not sure of.
func (t *Table) farewell(c *conn, r ref, s *decode.Segment, ordinal uint64) bool {
	if c.bits&(bitEstablished|bitSettled|bitOver|bitReported) != bitEstablished|bitSettled || s.Length > 0 ||
		!acks(s, decode.SYN|decode.RST) {
		return false
	}
	side := Side(s.Side())
	sd, peer := c.of(side)
	ack, m, fin := seqnum(s.Ack), mark(s), s.Flags&decode.FIN != 0
	if sd.bits&(based|acking) != based|acking || !peer.has(based) || peer.next().before(ack) ||
		peer.next().before(sd.ack) || sd.packets == math.MaxUint32 ||
		s.Iface != sd.iface || s.Time-c.last > int64(linger) || m == sd.mark && s.IPID == sd.ipid ||
		fin && (sd.has(finished) || seqnum(s.Seq) != sd.edge()) {
		return false
	}
	sd.packets++
	c.stamp(s.Time)
	sd.window = s.Window
	sd.bits &^= unscaled
	if sd.ack.before(ack) {
		sd.ack = ack
		c.closes(peer, ack)
	}
	if fin {
		sd.fin = seqnum(s.Seq)
		sd.bits |= finished
		c.bits |= bitFinished
		if peer.has(finished) {
			peer.bits &^= aborted // as in Table.finishes
		}
		t.terminate(c, Terminator{Event: Event{ordinal, s.Time}, By: side, Kind: CloseFIN})
		if peer.has(acking) {
			c.closes(sd, peer.ack)
		}
	}
	sd.saw(s, m)
	if c.bits&(bitOver|bitDeparting) == bitOver {
		t.depart(r.index(), c)
	}
	return true
}

// completes takes the ACK that completes the handshake of TCP, given to a connection that has just hatched with its SYN and
// the SYN-ACK. It reports false, having done nothing, for every packet that it is not sure of.
func (t *Table) completes(c *conn, p *packet) bool {
	s, m := p.Segment, mark(p.Segment)
	sd, peer := c.of(p.side)
	if p.side != c.initiator || !ordinary(s) || s.Length > 0 || sd.bits&(based|acking) != based || !peer.has(knowsISN) ||
		seqnum(s.Ack) != peer.edge() || s.Iface != sd.iface || sd.packets == math.MaxUint32 {
		return false
	}
	h := t.handshakes.at(c.handshake)
	o := h.by(p.side)
	if o.remembers(sd, m) {
		return false
	}
	sd.packets++
	c.stamp(s.Time)
	o.habits.note(s)
	sd.window, sd.ack = s.Window, seqnum(s.Ack)
	sd.bits = sd.bits&^unscaled | acking
	h.established = p.at
	c.bits |= bitEstablished
	o.recall(sd)
	sd.saw(s, m)
	return true
}

// inOrder takes the ordinary packet of a connection whose handshake is not settled: the next bytes or a pure ACK, that
// acknowledges nothing which was not captured, and no copy. It reports false, having done nothing, for every packet that
// it is not sure of.
func (t *Table) inOrder(c *conn, s *decode.Segment, b *decode.Batch, ordinal uint64) bool {
	if c.bits&(bitEstablished|bitSettled|bitOver|bitFinished|bitReported) != bitEstablished || !ordinary(s) {
		return false
	}
	side := Side(s.Side())
	sd, peer := c.of(side)
	behind := peer.edge().since(seqnum(s.Ack))
	if sd.bits&(based|acking|reset|overdue) != based|acking || sd.packets == math.MaxUint32 || seqnum(s.Seq) != sd.edge() ||
		s.Iface != sd.iface || s.Time-c.last > int64(linger) || !peer.has(based) || uint64(behind) > peer.sent {
		return false
	}
	h, m := t.handshakes.at(c.handshake), mark(s)
	o, other := h.of(side)
	if !h.established.Happened() || !other.whole(peer) || other.stall.Count > 0 || o.remembers(sd, m) ||
		s.Length > 0 && (s.Captured < s.Length || !o.whole(sd) || sd.sent+uint64(s.Length) >= streamLimit) {
		return false
	}
	at := Event{ordinal, s.Time}
	sd.packets++
	c.stamp(s.Time)
	o.habits.note(s)
	sd.window = s.Window
	sd.bits &^= unscaled
	if ack := seqnum(s.Ack); sd.ack.before(ack) {
		if int64(peer.sent)-behind > max(peer.offset(sd.ack), 0) {
			other.ackedAt, other.allButOne = at, Event{}
		}
		sd.ack = ack
	}
	if s.Length > 0 {
		t.nextBytes(c, h, s, b, at)
	}
	if c.handshake != 0 {
		o.recall(sd)
	}
	sd.saw(s, m)
	return true
}

// nextBytes takes the payload of a packet that is in order.
func (t *Table) nextBytes(c *conn, h *handshake, s *decode.Segment, b *decode.Batch, at Event) {
	side := Side(s.Side())
	sd, o := c.by(side), h.by(side)
	off := sd.sent
	sd.bits |= sentData
	sd.sent += uint64(s.Length)
	o.note(h, at)
	if h.stream == nil {
		h.stream = t.handler.Open(c.initiator)
	}
	data := b.Arena[s.Payload : s.Payload+s.Length : s.Payload+s.Length]
	o.ended(int64(off), int64(sd.sent))
	t.pass(c, h, side, data, at)
	if h.done {
		t.settle(c, h)
	}
}

// whole reports whether all that a side sent so far was handed on.
func (o *opening) whole(sd *side) bool {
	return o.queue == nil && o.delivered == sd.sent && !o.limited
}

// remembers reports whether one of the last packets of a side may be the one with this mark.
func (o *opening) remembers(sd *side, m uint32) bool {
	r := &o.recent
	return m == sd.mark || m == r[0].mark || m == r[1].mark || m == r[2].mark
}
