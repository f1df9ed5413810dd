package flow

import "github.com/sniscope/sniscope/pkg/decode"

// acknowledges takes the acknowledgment of a segment that is no RST.
func (t *Table) acknowledges(c *conn, h *handshake, p *packet) {
	if h != nil && p.Length == 0 && p.sd.has(based) && !p.flag(decode.SYN) {
		h.by(p.side).reach(p.sd.dataOffset(seqnum(p.Seq)), p.sd.sent)
	}
	t.establish(c, h, p)
	t.advance(c, h, p)
}

// reach notes how far a side is: what it acknowledges with bears the number of the byte that it sends next (RFC 9293, Section
// 3.4), so what lies before was sent, whether or not it was captured.
func (o *opening) reach(offset int64, sent uint64) {
	if ahead := offset - int64(sent); ahead > 0 && ahead <= leapUnsettled {
		o.reached = max(o.reached, uint64(offset))
	}
}

// ahead is how many bytes behind the last captured one that proves to have been sent. A FIN has a number too, and a segment behind it, which
// may be captured before it, is at the next one.
func (o *opening) ahead(sd *side) uint64 {
	reached := o.reached
	if sd.has(finished) {
		reached = min(reached, uint64(max(0, sd.offset(sd.fin))))
	}
	return max(reached, sd.sent) - sd.sent
}

// advance takes an acknowledgment: it closes what it covers of FIN and stalls, and passes holes.
func (t *Table) advance(c *conn, h *handshake, p *packet) {
	sd, peer := p.sd, p.peer
	ack := seqnum(p.Ack)
	var before int64
	if sd.has(acking) {
		if !sd.ack.before(ack) {
			return
		}
		before = peer.dataOffset(sd.ack)
	} else if h != nil && ack != 0 && !peer.has(based) {
		h.by(p.side ^ 1).begun = ack
	}
	steps := h == nil && sd.has(acking) && sd.steps(ack)
	if h == nil && !steps {
		t.outrun(c, p, before)
	}
	if !steps && !peer.plausible(ack, h != nil) {
		return
	}
	sd.ack = ack
	sd.bits |= acking
	if c.closes(peer, ack) {
		t.closed(c, h, p)
		h = c.still(h)
	}
	if h == nil {
		return
	}
	o := h.by(p.side ^ 1)
	if !peer.has(based) { // nothing of it was captured yet
		if o.begun != 0 && o.begun.before(ack) {
			o.ackedAt = p.at
		}
		return
	}
	if acked := peer.dataOffset(ack); acked > max(before, 0) {
		if acked > int64(peer.sent) {
			peer.bits |= overdue
		}
		o.allButOne = Event{}
		if acked == before+1 && acked > int64(peer.sent) {
			o.allButOne = o.ackedAt
		}
		o.ackedAt = p.at
		if o.stall.Count > 0 && acked > o.stalled {
			o.stall = Stall{}
		}
		t.passHoles(c, h, p.side^1, acked, p.at)
	}
}

// steps reports whether an acknowledgment lies in the same stretch of the sequence space as the one before. Those of a settled
// connection do but for one in thousands, and conn.bulk takes them without a look at the peer.
func (sd *side) steps(ack seqnum) bool { return uint32(ack^sd.ack) < ackStretch }

// outrun gives up the bytes of the peer up to an offset that it was acknowledged long ago, if none of them was captured in
// a long while: further behind, sequence numbers would come round and make much that is lost look like nothing.
func (t *Table) outrun(c *conn, p *packet, acked int64) {
	peer := p.peer
	if !peer.has(based|hinted) || acked-int64(peer.sent) <= leapUnsettled {
		return
	}
	t.troubleOf(c).lost(p.side^1, span{peer.sent, uint64(acked)})
	peer.sent = uint64(acked)
	peer.bits |= based
}

// plausible reports whether an acknowledgment can be of this side's bytes.
func (sd *side) plausible(ack seqnum, unsettled bool) bool {
	if !sd.has(based | hinted) {
		return true
	}
	ahead := ack.since(sd.next())
	if unsettled && sd.has(knowsISN) && ahead < -int64(sd.sent)-1 {
		return false // before its SYN
	}
	if unsettled {
		return ahead <= leapUnsettled
	}
	return ahead <= leapSettled
}

// establish notes when the handshake of TCP went through: with the initiator's first segment after its SYN, or
// the responder's payload. A connection that was captured from the middle already is.
func (t *Table) establish(c *conn, h *handshake, p *packet) {
	if p.flag(decode.SYN) || c.is(bitEstablished) && (h == nil || h.established.Happened()) {
		return
	}
	switch p.side {
	case c.initiator:
		if peer := p.peer; peer.has(knowsISN) && seqnum(p.Ack).before(peer.base) {
			return
		}
		if h != nil {
			h.established = p.at
		}
	case c.initiator ^ 1:
		if p.Length == 0 {
			return
		}
	}
	c.bits |= bitEstablished
	if t.terminator(c).Kind == CloseICMP { // it went through after all
		t.closings.at(c.closing).Terminator = Terminator{By: Nobody}
	}
}

// closes notes that the FIN of a side was acknowledged, if it was, and reports that.
func (c *conn) closes(finisher *side, ack seqnum) bool {
	if !finisher.has(finished) || !finisher.fin.before(ack) {
		return false
	}
	finisher.bits |= finAcked
	c.settleOver()
	return true
}

// closed hands on what waits if a FIN that was acknowledged was the last.
func (t *Table) closed(c *conn, h *handshake, p *packet) {
	if c.is(bitOver) && h != nil {
		t.passAllHoles(c, h, p.at)
	}
}
