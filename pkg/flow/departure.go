package flow

// departure is a connection that is over and is to be reported once it has been silent for long enough.
type departure struct {
	conn  *conn
	first uint64 // to tell whether conn is still the same
	due   int64
}

// depart notes that a connection is over.
func (t *Table) depart(c *conn) {
	c.bits |= bitDeparting
	t.departures = append(t.departures, departure{c, c.first, c.last + int64(patience+departMargin)})
}

// reportDepartures reports the connections whose time has come, in the order in which they were over.
func (t *Table) reportDepartures() {
	n := 0
	for ; n < len(t.departures) && t.departures[n].due <= t.sweeper.now; n++ {
		d := t.departures[n]
		c := d.conn
		if c.first != d.first || c.is(bitReported) {
			continue
		}
		c.bits &^= bitDeparting
		switch {
		case !c.is(bitOver):
		case t.sweeper.now-c.last < int64(patience+departMargin):
			t.depart(c)
		default:
			t.report(c, 0)
		}
	}
	t.departures = append(t.departures[:0], t.departures[n:]...)
}

// late takes a packet of a connection that has been over for a while, and reports false for any other.
func (t *Table) late(c *conn, p *packet) bool {
	if !c.is(bitOver) || !c.is(bitReported) && p.Time-c.last <= int64(patience) {
		return false
	}
	if !c.is(bitReported) {
		t.report(c, 0)
	}
	c.touch(p.Time)
	t.counts[Late]++
	return true
}
