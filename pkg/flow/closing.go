package flow

// closing is what only a connection needs that a FIN, a RST or an ICMP error ended.
type closing struct {
	Terminator           // its Kind is NotClosed where it was taken back
	rst        [2]seqnum // sequence number of each side's last accepted RST, up to one behind all that was captured of it
}

// closingOf returns the connection's closing, making one where it has none.
func (t *Table) closingOf(c *conn) *closing {
	if c.closing != 0 {
		return t.closings.at(c.closing)
	}
	i, e := t.closings.alloc()
	c.closing, e.By = i, Nobody
	return e
}

// terminator is what ended the connection, as far as is known.
func (t *Table) terminator(c *conn) Terminator {
	if c.closing == 0 {
		return Terminator{By: Nobody}
	}
	return t.closings.at(c.closing).Terminator
}

// terminate notes what ended the connection, if it is the first.
func (t *Table) terminate(c *conn, by Terminator) {
	if e := t.closingOf(c); e.Kind == NotClosed {
		e.Terminator = by
	}
}
