package flow

// departure is a connection that is over: it is to be reported once it has been silent for patience, and forgotten
// once late packets can no longer come.
type departure struct {
	conn  *conn
	first uint64 // to tell whether conn is still the same
	due   int64
}

// departures are in the order in which they are due, but for those that had late packets.
type departures struct {
	queue []departure
	done  int // of queue
}

func (d *departures) push(c *conn, due int64) {
	if d.done > len(d.queue)/2 {
		d.queue, d.done = append(d.queue[:0], d.queue[d.done:]...), 0
	}
	d.queue = append(d.queue, departure{c, c.first, due})
}

// next returns the first one that is due.
func (d *departures) next(now int64) (c *conn, first uint64, ok bool) {
	if d.done == len(d.queue) || d.queue[d.done].due > now {
		return nil, 0, false
	}
	e := d.queue[d.done]
	d.done++
	return e.conn, e.first, true
}

// len is how many there are.
func (d *departures) len() int { return len(d.queue) - d.done }

// depart notes that a connection is over. Where very many are at once, the first is not waited for any longer: it
// keeps the state of its handshake.
func (t *Table) depart(c *conn) {
	c.bits |= bitDeparting
	t.departing.push(c, c.last+int64(patience+departMargin))
	if t.departing.len() <= max(t.limits.Departures, 1) {
		return
	}
	if c, first, ok := t.departing.next(1<<63 - 1); ok && c.first == first {
		t.leave(c)
	}
}

// sweepDepartures reports and forgets the connections whose time has come.
func (t *Table) sweepDepartures() {
	for c, first, ok := t.departing.next(t.sweeper.now); ok; c, first, ok = t.departing.next(t.sweeper.now) {
		switch {
		case c.first != first:
		case !c.is(bitOver):
			c.bits &^= bitDeparting
		case t.sweeper.now-c.last < int64(patience+departMargin):
			t.depart(c)
		default:
			t.leave(c)
		}
	}
	for c, first, ok := t.left.next(t.sweeper.now); ok; c, first, ok = t.left.next(t.sweeper.now) {
		if c.first != first {
			continue
		}
		if due := c.last + int64(linger+sweepMargin); due > t.sweeper.now {
			t.left.push(c, due)
			continue
		}
		t.end(t.find(&c.key, c.key.hash(t.seed)), 0)
	}
}

// leave reports a connection that is over. Its entry stays, so that late packets open no connection of their own.
func (t *Table) leave(c *conn) {
	if c.is(bitReported) {
		return
	}
	t.report(c, 0)
	t.left.push(c, c.last+int64(linger+sweepMargin))
}

// late takes a packet of a connection that has been over for a while, and reports false for any other.
func (t *Table) late(c *conn, p *packet) bool {
	if !c.is(bitOver) || !c.is(bitReported) && p.Time-c.last <= int64(patience) {
		return false
	}
	t.leave(c)
	c.touch(p.Time)
	t.counts[Late]++
	return true
}
