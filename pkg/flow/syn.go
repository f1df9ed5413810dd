package flow

import "github.com/sniscope/sniscope/pkg/decode"

// replacedBy reports whether a SYN or SYN-ACK opens another connection with the same endpoints.
func (t *Table) replacedBy(c *conn, p *packet) bool {
	sd, peer := c.of(p.side)
	if sd.has(based) && p.start() == sd.base {
		return c.refused(p.side) && !p.flag(decode.ACK) && t.isLate(c, p) // else it was sent again, or captured late
	}
	if p.flag(decode.ACK) && peer.has(knowsISN) && uint64(uint32(p.Ack)-uint32(peer.base)) <= peer.sent {
		return false // the answer to the SYN of this connection, whatever its ISN
	}
	return c.spent()
}

// refused reports whether all that the peer of a side that asked for the connection did was to reset it. That may be lost on its way: then
// the SYN is sent again, and may find that somebody listens by now.
func (c *conn) refused(side Side) bool {
	sd, peer := c.of(side)
	return c.bits&(bitSYN|bitOver) == bitSYN|bitOver && c.initiator == side && peer.bits&(reset|sentSYN|sentData|finished) == reset && sd.bits&(sentData|finished|reset) == 0
}

// spent reports whether the connection has gone so far that a SYN with another ISN is not the same attempt.
func (c *conn) spent() bool {
	a, b := &c.sides[0], &c.sides[1]
	return c.is(bitOver|bitEstablished) || (a.bits|b.bits)&(sentData|finished) != 0
}

// syn takes the SYN of a segment that belongs to the connection. h is nil once it is settled.
func (t *Table) syn(c *conn, h *handshake, p *packet) {
	sd, peer := p.sd, p.peer
	switch {
	case sd.has(sentSYN) && p.start() == sd.base:
		t.troubleOf(c).retransmits++
		if c.turnedBack(p.side) && p.Time-t.terminator(c).Time > int64(copyWithID) {
			t.takeBack(c, h, p.side)
		}
	case sd.has(knowsISN) && p.start() != sd.base && c.spent():
		// A second SYN-ACK to the same SYN with another ISN. What the peer sends shows which one counts.
	default:
		t.beganBefore(c, p)
		p.firstSYN()
		if sd.has(reset) {
			t.takeBack(c, h, p.side)
		}
	}
	if p.flag(decode.ACK) && !peer.has(based) {
		peer.base = seqnum(p.Ack)
		peer.bits |= based | knowsISN
	}
	c.initiates(p)
	if h != nil {
		h.takeSYN(c, p)
	}
}

// turnedBack reports whether a side that asked for the connection reset it before it sent anything else: it may be its host that did, which
// has no connection with who answered, and then it asks again.
func (c *conn) turnedBack(side Side) bool {
	a, b := &c.sides[0], &c.sides[1]
	return c.bits&(bitSYN|bitEstablished) == bitSYN && c.initiator == side && c.by(side).has(reset) && (a.bits|b.bits)&(sentData|finished) == 0
}

// firstSYN takes the sequence number of a side's first SYN, or of the one that its attempt now follows.
func (p *packet) firstSYN() {
	sd, peer := p.sd, p.peer
	moved := sd.has(knowsISN) && p.start() != sd.base
	if !sd.has(based) || moved {
		sd.base, sd.sent = p.start(), 0
		sd.bits |= based
	}
	if p.start() == sd.base {
		sd.bits |= knowsISN
	}
	if moved && !p.flag(decode.ACK) { // what the peer said was about the SYN before
		peer.bits &^= sentSYN | based | knowsISN | acking | hinted
	}
	sd.bits |= sentSYN
	sd.bits &^= scaled
	if shift, ok := p.WindowScale(); ok {
		sd.scale = shift
		sd.bits |= scaled
	}
}

// beganBefore notes what is missing where a side's SYN, or the SYN-ACK that answers the peer's, is captured behind the first that was
// captured of the stream, and shows that this began before it.
func (t *Table) beganBefore(c *conn, p *packet) {
	t.beginsBefore(c, p.sd, p.start())
	if p.flag(decode.ACK) {
		t.beginsBefore(c, p.peer, seqnum(p.Ack))
	}
}

func (t *Table) beginsBefore(c *conn, sd *side, start seqnum) {
	if missed := sd.base.since(start); sd.has(based) && !sd.has(knowsISN) && missed > 0 && missed <= streamLimit {
		t.troubleOf(c).cut += uint64(missed)
		c.incomplete |= IncompleteGap
	}
}

// initiates notes who began: the sender of the first SYN, or whom the SYN-ACK went to.
func (c *conn) initiates(p *packet) {
	switch {
	case p.flag(decode.ACK):
		if c.initiator == Nobody {
			c.initiator = p.side ^ 1
		}
	case !c.is(bitSYN):
		c.initiator = p.side
		c.bits |= bitSYN
	}
}

// takeSYN notes what the handshake remembers of a SYN or SYN-ACK.
func (h *handshake) takeSYN(c *conn, p *packet) {
	o := h.by(p.side)
	o.syns++
	if o.syns == 1 || p.MSS != 0 {
		o.mss = p.MSS
	}
	switch {
	case p.flag(decode.ACK):
		if !h.synack.Happened() {
			h.synack = p.at
		}
	case !h.syn.Happened():
		h.syn, h.asked = p.at, p.Time
	case !h.synack.Happened() && p.side == c.initiator:
		h.asked = p.Time
	}
}
