package flow

import "slices"

// enqueue gives a segment to the reassembly, because a hole lies before it or it fills one. s is the range that
// it covers, from no earlier than the first byte not delivered yet; data is what was captured of it.
func (t *Table) enqueue(c *conn, h *handshake, p *packet, s span, data []byte) {
	o := h.by(p.side)
	t.makeRoom(c, h, p, s)
	if h.done || o.limited || s.to <= o.delivered {
		return
	}
	if skip := max(s.from, o.delivered) - s.from; skip > 0 {
		data = data[min(skip, uint64(len(data))):]
		s.from += skip
	}
	if o.queue == nil {
		if s.from == o.delivered {
			t.passRest(c, h, p, data, s)
			return
		}
		o.queue = t.pool.open(h, p.side, o.delivered)
		t.queues = append(t.queues, o.queue)
	}
	have := s.from + uint64(len(data))
	o.queue.add(s, have)
	if have < s.to {
		data = append(t.pool.scratch[:0], data...)[:s.to-s.from]
		clear(data[have-s.from:])
	}
	t.feed(c, h, p.side, s.from, data, p.at)
	t.boundPages(h)
}

// passRest hands on a segment that comes in order, and says what the capture cut off.
func (t *Table) passRest(c *conn, h *handshake, p *packet, data []byte, s span) {
	t.pass(c, h, p.side, data, p.at)
	t.gap(c, h, p.side, s.to-s.from-uint64(len(data)), IncompleteSnaplen, p.at)
}

// makeRoom gives up holes until a segment fits into the queue of its side, or comes in order.
func (t *Table) makeRoom(c *conn, h *handshake, p *packet, s span) {
	o := h.by(p.side)
	for !h.done && s.from > o.delivered {
		pages := pagesOf(s)
		if o.queue != nil {
			pages += o.queue.pages()
		}
		if pages <= queuePages {
			return
		}
		t.counts[GivenUp]++
		c.incomplete |= IncompleteLimit
		if o.queue == nil {
			t.gap(c, h, p.side, s.from-o.delivered, IncompleteGap, p.at)
		} else {
			t.giveUp(c, h, p.side, p.at)
		}
	}
}

// feed gives bytes of a side to the reassembly and hands on what is then in order.
func (t *Table) feed(c *conn, h *handshake, side Side, off uint64, data []byte, at Event) {
	o := h.by(side)
	q := o.queue
	t.pool.feed(q, off, data, func(skipped int, data []byte) {
		t.gap(c, h, side, uint64(skipped), IncompleteGap, at)
		q.next += uint64(skipped + len(data))
		for from := q.next - uint64(len(data)); from < q.next; {
			s, why := q.piece(from, q.next)
			if why != 0 {
				t.gap(c, h, side, s.to-s.from, why, at)
			} else {
				t.pass(c, h, side, data[:s.to-s.from], at)
			}
			data = data[s.to-s.from:]
			from = s.to
		}
	})
	q.drop(q.next)
	t.account(q)
	if len(q.marks) == 0 {
		t.dropQueue(h, side)
	}
}

// fillHole gives the reassembly zeros in place of a hole, and hands on what waits behind it.
func (t *Table) fillHole(c *conn, h *handshake, side Side, hole span, at Event) {
	h.by(side).queue.blank(hole, IncompleteGap)
	t.feed(c, h, side, hole.from, t.pool.zeros[:hole.to-hole.from], at)
}

// account brings the table's count of pages up to date.
func (t *Table) account(q *queue) {
	pages := q.pages()
	t.pages += pages - q.held
	q.held = pages
}

// dropQueue ends the reassembly of a side, which can go on without.
func (t *Table) dropQueue(h *handshake, side Side) {
	q := h.by(side).queue
	h.by(side).queue = nil
	t.pages -= q.held
	t.queues = slices.DeleteFunc(t.queues, func(other *queue) bool { return other == q })
	t.pool.drop(q)
}

// boundPages gives up the oldest holes of the table until what waits behind holes is within its limit. The
// handshake that is being looked at is settled by its caller, if that is the outcome.
func (t *Table) boundPages(current *handshake) {
	for t.pages > t.limits.Pages && len(t.queues) > 0 {
		q := t.queues[0]
		h, side := q.hs, q.side
		if h.done {
			return
		}
		c := t.conns.at(h.conn)
		t.counts[GivenUp]++
		c.incomplete |= IncompleteLimit
		t.giveUp(c, h, side, h.by(side).lastData)
		if h.done && h != current {
			t.settle(c, h)
		}
	}
}
