package flow

// deliver hands the payload of a segment to the stream: at once and without a copy where it comes in order, by
// way of the reassembly where it does not.
func (t *Table) deliver(c *conn, h *handshake, p *packet, off int64) {
	if h.stream == nil {
		h.stream = t.handler.Open(c.initiator)
	}
	o := h.by(p.side)
	data := p.data()
	o.ended(off, off+p.length())
	from, to := max(off, int64(o.delivered)), min(off+p.length(), streamLimit)
	if from < to && !o.limited {
		data = data[min(from-off, int64(len(data))):min(to-off, int64(len(data)))]
		s := span{uint64(from), uint64(to)}
		switch {
		case o.queue == nil && s.from == o.delivered:
			t.passRest(c, h, p, data, s)
		case h.stream.Passed() && c.incomplete&IncompleteSnaplen == 0:
			h.done = true
		default:
			t.enqueue(c, h, p, s, data)
		}
	}
	t.limit(c, h, p.side, p.at)
	if h.done {
		t.settle(c, h)
	}
}

// pass hands on the next bytes of a side, which came in one packet.
func (t *Table) pass(c *conn, h *handshake, side Side, data []byte, at Event) {
	if len(data) == 0 || h.done {
		return
	}
	o := h.by(side)
	next := &t.chunk // filled in field by field: a literal is made first and then copied
	next.Side, next.Data, next.Offset, next.At, next.Segments = side, data, o.delivered, at, 1
	t.delivering = c
	o.delivered += uint64(len(data))
	h.stream.Bytes(next)
	h.done = h.stream.Settled()
}

// acked is how far a side has acknowledged the other's stream, 0 where nobody knows yet where that begins. Where nothing of the
// other was captured so far, it begins no later than with what the side acknowledged first.
func (t *Table) acked(c *conn, side Side) uint64 {
	sd, peer := c.by(side), c.by(side^1)
	switch h := t.handshakeOf(c); {
	case !sd.has(acking):
		return 0
	case peer.has(based):
		return uint64(max(0, peer.dataOffset(sd.ack)))
	case h != nil && h.by(side^1).begun != 0:
		return uint64(max(0, sd.ack.since(h.by(side^1).begun)))
	}
	return 0
}

// gap tells the stream that the next bytes of a side are missing.
func (t *Table) gap(c *conn, h *handshake, side Side, n uint64, why Incomplete, at Event) {
	if n == 0 || h.done {
		return
	}
	switch passed := h.stream.Passed(); {
	case passed && why != IncompleteSnaplen:
		h.done = true
		return
	case !passed:
		c.incomplete |= why
	}
	h.by(side).delivered += n
	h.stream.Gap(side, n, why, at)
	h.done = h.stream.Settled()
}

// limit ends the stream of a side that has gone beyond what is handed on.
func (t *Table) limit(c *conn, h *handshake, side Side, at Event) {
	o, sd := h.by(side), c.by(side)
	if o.limited || o.delivered < streamLimit || sd.sent <= streamLimit {
		return
	}
	o.limited = true
	t.gap(c, h, side, sd.sent-o.delivered, IncompleteLimit, at)
}

// hole is the next range that a side's stream waits for although something behind it was captured.
func (h *handshake) hole(c *conn, side Side) span {
	o := h.by(side)
	if o.queue != nil {
		return span{o.delivered, o.queue.first()}
	}
	return span{o.delivered, min(c.by(side).sent, streamLimit)}
}

// passHoles gives up the holes that end at an offset which the peer acknowledged: they will not be filled.
func (t *Table) passHoles(c *conn, h *handshake, side Side, acked int64, at Event) {
	for h.stream != nil && !h.done {
		hole := h.hole(c, side)
		if hole.empty() || acked < int64(hole.to) {
			break
		}
		t.giveUp(c, h, side, at)
	}
	if h.done {
		t.settle(c, h)
	}
}

// passAllHoles hands on all that waits, because nothing will fill the holes. It may settle the connection.
func (t *Table) passAllHoles(c *conn, h *handshake, at Event) {
	for i := range h.sides {
		o, side := &h.sides[i], Side(i)
		if o.queue == nil && o.delivered >= c.sides[i].sent {
			continue // as is usual: all that came was handed on
		}
		when := at
		if !at.Happened() {
			when = o.lastData
		}
		for h.stream != nil && !h.done && !h.hole(c, side).empty() {
			t.giveUp(c, h, side, when)
		}
	}
	if h.done {
		t.settle(c, h)
	}
}

// giveUp passes the next hole of a side and what waits behind it.
func (t *Table) giveUp(c *conn, h *handshake, side Side, at Event) {
	hole := h.hole(c, side)
	if h.by(side).queue == nil {
		t.gap(c, h, side, hole.to-hole.from, IncompleteGap, at)
	} else {
		t.fillHole(c, h, side, hole, at)
	}
	t.limit(c, h, side, at)
}
