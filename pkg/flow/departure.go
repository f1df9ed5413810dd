package flow

import (
	"math"
	"time"
)

// departure is a connection that is over: it is to be reported once it has been silent for patience, and forgotten
// once late packets can no longer come.
type departure struct {
	first uint64 // to tell whether conn is still the same
	due   int64
	conn  uint32 // in Table.conns
	hash  uint32 // of its key; valid in Table.left
}

// departures are in the order in which they are due, but for those that had late packets.
type departures struct {
	queue []departure
	done  int // of queue
}

func (d *departures) push(e departure) {
	if d.done > len(d.queue)/2 {
		d.queue, d.done = append(d.queue[:0], d.queue[d.done:]...), 0
	}
	d.queue = append(d.queue, e)
}

// next returns the first one that is due.
func (d *departures) next(now int64) (e departure, ok bool) {
	if d.done == len(d.queue) || d.queue[d.done].due > now {
		return departure{}, false
	}
	e = d.queue[d.done]
	d.done++
	return e, true
}

// len is how many there are.
func (d *departures) len() int { return len(d.queue) - d.done }

// patience is how long late packets add to what is known of a connection that is over.
func (t *Table) patience(c *conn) time.Duration {
	switch {
	case c.initiator == Nobody:
	case c.turnedBack(c.initiator):
		return askedAgain
	case c.refused(c.initiator):
		return t.refusedPatience(c)
	}
	return patience
}

// refusedPatience is patience with a connection that was refused. That a SYN came again behind the RST shows that this does not reach
// the client, which then goes on asking after longer and longer pauses: the same SYN is the same attempt.
func (t *Table) refusedPatience(c *conn) time.Duration {
	h := t.handshakeOf(c)
	if h == nil || h.asked <= t.terminator(c).Time {
		return patience
	}
	sent := time.Duration(h.asked - h.syn.Time)
	return min(halfOpenIdle, max(patience, 2*sent+sent/10)) // each pause is twice the one before (RFC 6298, Section 5.5), as in PatienceForSYN
}

// departs is when a connection that is over is to be reported. Where that is beyond the last time that 64 bits can hold, it
// is long ago, so whoever waits for it compares it with the time and subtracts nothing.
func (t *Table) departs(c *conn) int64 { return c.last + int64(t.patience(c)+departMargin) }

// depart notes that a connection is over. Where very many are at once, the first is not waited for any longer: it
// keeps the state of its handshake.
func (t *Table) depart(i uint32, c *conn) {
	t.departBy(i, c, c.last+int64(patience+departMargin))
}

// departBy has a connection that is over wait in the queue until it is due, which is no time after those behind it: who is to wait longer
// is sent to the end of the queue then.
func (t *Table) departBy(i uint32, c *conn, due int64) {
	c.bits |= bitDeparting
	t.departing.push(departure{first: c.first, due: due, conn: i})
	if t.departing.len() <= max(t.limits.Departures, 1) {
		return
	}
	t.departNext()
}

// departNext reports the first of the connections that are over, and tells whether there was one.
func (t *Table) departNext() bool {
	e, ok := t.departing.next(math.MaxInt64)
	if !ok {
		return false
	}
	switch c := t.conns.at(e.conn); {
	case c.first != e.first:
	case !c.is(bitOver): // its end was taken back
		c.bits &^= bitDeparting
	default:
		t.leave(e.conn, c)
	}
	return true
}

// departAll reports the connections that are over and forgets them, as the clock was set back: how long they have been
// silent cannot be told, and those that will be over next are not to wait behind them until it is that late again.
func (t *Table) departAll() {
	for t.departNext() {
	}
	for e, ok := t.left.next(math.MaxInt64); ok; e, ok = t.left.next(math.MaxInt64) {
		if t.conns.at(e.conn).first == e.first {
			t.clear(e)
		}
	}
}

// due returns those that are, some at a time.
func (d *departures) due(now int64) []departure {
	n := d.done
	for n < len(d.queue) && n < d.done+departTogether && d.queue[n].due <= now {
		n++
	}
	return d.queue[d.done:n]
}

// approach reads ahead what reporting connections will need of them. They have been silent for a second, so that it is in
// no cache, and most of it lies behind what lies behind the entry: the processor waits for all of them at the same time.
func (t *Table) approach(due []departure) {
	for i := range due {
		t.touch += t.conns.at(due[i].conn).first
	}
	for i := range due {
		if h := t.handshakeOf(t.conns.at(due[i].conn)); h != nil {
			t.touch += h.touch()
		}
	}
	for i := range due {
		if h := t.handshakeOf(t.conns.at(due[i].conn)); h != nil && h.stream != nil {
			t.touch += h.stream.Touch()
		}
	}
}

// touch reads each line of the cache that a handshake takes.
func (h *handshake) touch() uint64 {
	sum := h.syn.Frame + h.icmp.Frame + uint64(len(h.resets))
	for i := range h.sides {
		o := &h.sides[i]
		sum += o.firstData.Frame + o.delivered + uint64(o.stalled) + uint64(o.numEnds) + uint64(o.dataPackets)
	}
	return sum
}

// sweepDepartures reports and forgets the connections whose time has come.
func (t *Table) sweepDepartures() {
	for due := t.departing.due(t.sweeper.now); len(due) > 0; due = t.departing.due(t.sweeper.now) {
		t.approach(due)
		for range len(due) {
			t.sweepDeparture()
		}
	}
	t.sweepLeft()
}

// sweepDeparture reports the next of the connections whose time has come.
func (t *Table) sweepDeparture() {
	if e, ok := t.departing.next(t.sweeper.now); ok {
		c := t.conns.at(e.conn)
		switch {
		case c.first != e.first:
		case !c.is(bitOver):
			c.bits &^= bitDeparting
		case t.departs(c) > t.sweeper.now:
			t.departBy(e.conn, c, t.sweeper.now+min(t.departs(c)-t.sweeper.now, int64(patience+departMargin)))
		default:
			t.leave(e.conn, c)
		}
	}
}

// sweepLeft forgets the connections to which no late packet can come anymore.
func (t *Table) sweepLeft() {
	for due := t.left.due(t.sweeper.now); len(due) > 0; due = t.left.due(t.sweeper.now) {
		for i := range due {
			c := t.conns.at(due[i].conn)
			t.touch += c.first + c.sides[1].sent + t.index.home(due[i].hash)
		}
		for range len(due) {
			t.sweepOne()
		}
	}
}

// sweepOne forgets the next of the connections to which no late packet can come anymore.
func (t *Table) sweepOne() {
	e, ok := t.left.next(t.sweeper.now)
	if !ok {
		return
	}
	c := t.conns.at(e.conn)
	if c.first != e.first {
		return
	}
	if due := c.last + int64(linger+sweepMargin); due > t.sweeper.now {
		e.due = due
		t.left.push(e)
		return
	}
	t.clear(e)
}

// clear gives back the entry of a connection that was reported.
func (t *Table) clear(e departure) {
	t.index.remove(e.hash, connRef(e.conn))
	t.finish(connRef(e.conn), 0)
}

// leave reports a connection that is over. Its entry stays, so that late packets open no connection of their own.
func (t *Table) leave(i uint32, c *conn) {
	if c.is(bitReported) {
		return
	}
	t.report(c, 0)
	k := t.keyOf(&c.name)
	t.left.push(departure{first: c.first, due: c.last + int64(linger+sweepMargin), conn: i, hash: k.hash(t.seed)})
}

// isLate reports whether a packet of a connection that is over adds nothing anymore to what is known of it.
func (t *Table) isLate(c *conn, p *packet) bool {
	return c.is(bitReported) || p.Time-c.last > int64(t.patience(c))
}

// late takes a packet of a connection that is over if it has been for a while; if not, it reports false.
func (t *Table) late(c *conn, p *packet) bool {
	if !t.isLate(c, p) {
		return false
	}
	t.leave(p.conn, c)
	c.stamp(p.Time)
	t.counts[Late]++
	return true
}
