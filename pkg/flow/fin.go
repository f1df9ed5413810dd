package flow

// finishes takes the FIN of a segment. One at a sequence number that its sender already used for payload is out
// of place and ends nothing; one beyond a gap does end the connection, and proves that bytes are missing.
func (t *Table) finishes(c *conn, h *handshake, p *packet) {
	sd, peer := p.sd, p.peer
	at := p.end()
	switch {
	case sd.has(finished):
		if sd.fin == at && p.Length == 0 { // with payload it was counted already
			t.troubleOf(c).retransmits++
		}
		return
	case !sd.has(based): // its ACKs said where it was: what lies between was never captured
		if at.before(sd.base) {
			sd.base = at
		}
		sd.bits |= based
	case at.before(sd.edge()):
		return
	case t.tooFar(c, p, sd.offset(at)):
		if p.Length == 0 {
			t.counts[Implausible]++
		}
		return
	}
	sd.fin = at
	sd.bits |= finished
	c.bits |= bitFinished
	if peer.has(finished) {
		peer.bits &^= aborted // FIN, RST, and then the other FIN is a normal end
	}
	t.terminate(c, Terminator{Event: p.at, By: p.side, Kind: CloseFIN})
	if h != nil {
		t.precedes(c, h, p)
		h.by(p.side).fin = p.at
	}
	if peer.has(acking) && c.closes(sd, peer.ack) {
		t.closed(c, h, p)
	}
}

// precedes corrects who closed first where the peer's FIN, captured before, came behind an acknowledgment of this one: the two directions
// came through different queues.
func (t *Table) precedes(c *conn, h *handshake, p *packet) {
	e := &t.closings.at(c.closing).Terminator
	o := h.by(p.side)
	if !p.peer.has(acking) || p.peer.ack != p.sd.fin+1 {
		return
	}
	if e.Kind == CloseFIN && e.By == p.side^1 && o.ackedAt.Happened() && o.ackedAt.Frame <= e.Frame {
		*e = Terminator{Event: p.at, By: p.side, Kind: CloseFIN}
	}
	if o.allButOne.Happened() {
		o.ackedAt = o.allButOne
	}
}
