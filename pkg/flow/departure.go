package flow

// departure is a connection that is over: it is to be reported once it has been silent for patience, and forgotten
// once late packets can no longer come.
type departure struct {
	first uint64 // to tell whether conn is still the same
	due   int64
	conn  uint32 // in Table.conns
}

// departures are in the order in which they are due, but for those that had late packets.
type departures struct {
	queue []departure
	done  int // of queue
}

func (d *departures) push(conn uint32, first uint64, due int64) {
	if d.done > len(d.queue)/2 {
		d.queue, d.done = append(d.queue[:0], d.queue[d.done:]...), 0
	}
	d.queue = append(d.queue, departure{first, due, conn})
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

// depart notes that a connection is over. Where very many are at once, the first is not waited for any longer: it
// keeps the state of its handshake.
func (t *Table) depart(i uint32, c *conn) {
	c.bits |= bitDeparting
	t.departing.push(i, c.first, c.last+int64(patience+departMargin))
	if t.departing.len() <= max(t.limits.Departures, 1) {
		return
	}
	if e, ok := t.departing.next(1<<63 - 1); ok {
		if c := t.conns.at(e.conn); c.first == e.first {
			t.leave(e.conn, c)
		}
	}
}

// sweepDepartures reports and forgets the connections whose time has come.
func (t *Table) sweepDepartures() {
	for e, ok := t.departing.next(t.sweeper.now); ok; e, ok = t.departing.next(t.sweeper.now) {
		c := t.conns.at(e.conn)
		switch {
		case c.first != e.first:
		case !c.is(bitOver):
			c.bits &^= bitDeparting
		case t.sweeper.now-c.last < int64(patience+departMargin):
			t.depart(e.conn, c)
		default:
			t.leave(e.conn, c)
		}
	}
	for e, ok := t.left.next(t.sweeper.now); ok; e, ok = t.left.next(t.sweeper.now) {
		c := t.conns.at(e.conn)
		if c.first != e.first {
			continue
		}
		if due := c.last + int64(linger+sweepMargin); due > t.sweeper.now {
			t.left.push(e.conn, e.first, due)
			continue
		}
		t.end(connRef(e.conn), 0)
	}
}

// leave reports a connection that is over. Its entry stays, so that late packets open no connection of their own.
func (t *Table) leave(i uint32, c *conn) {
	if c.is(bitReported) {
		return
	}
	t.report(c, 0)
	t.left.push(i, c.first, c.last+int64(linger+sweepMargin))
}

// late takes a packet of a connection that has been over for a while, and reports false for any other.
func (t *Table) late(c *conn, p *packet) bool {
	if !c.is(bitOver) || !c.is(bitReported) && p.Time-c.last <= int64(patience) {
		return false
	}
	t.leave(p.conn, c)
	c.touch(p.Time)
	t.counts[Late]++
	return true
}
