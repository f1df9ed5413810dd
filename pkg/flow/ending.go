package flow

// end ends a connection: hands it to the handler and takes it out of the table.
func (t *Table) end(r ref, why Incomplete) {
	k := t.keyOf(t.nameAt(r))
	t.index.remove(k.hash(t.seed), r)
	t.finish(r, why)
}

// finish ends a connection that is not in the index, or whose index is about to be emptied.
func (t *Table) finish(r ref, why Incomplete) {
	i := r.index()
	if r.embryo() {
		i, _ = t.hatch(i)
	}
	c := t.conns.at(i)
	if !c.is(bitReported) {
		t.report(c, why)
	}
	if c.trouble != 0 {
		t.troubles.release(c.trouble, t.troubles.at(c.trouble))
	}
	if c.closing != 0 {
		t.closings.release(c.closing, t.closings.at(c.closing))
	}
	t.forget(&c.name)
	t.conns.release(i, c)
}

// report hands the end of a connection to the handler.
func (t *Table) report(c *conn, why Incomplete) {
	h := t.handshakeOf(c)
	if h != nil {
		t.passAllHoles(c, h, Event{})
	}
	h = c.still(h)
	c.incomplete |= why
	if why == IncompleteEndOfCapture && t.terminator(c).Kind != NotClosed || why == IncompleteEvicted && c.is(bitOver) {
		c.incomplete &^= why // nothing of it is missing
	}
	var stream Stream
	if h != nil {
		c.orient(h)
		t.fillOpening(c, h)
		stream = h.stream
	} else {
		o := &t.facts.Opening // the rest is of another connection
		o.First, o.Transport, o.ClientSide = c.first, TCP, c.client
	}
	t.fillEnding(c)
	if h != nil {
		t.facts.Missed += t.facts.Sides[Client].Unseen + t.facts.Sides[Server].Unseen
	} else {
		t.facts.Missed += t.unseen(c, 0) + t.unseen(c, 1)
	}
	t.handler.End(stream)
	if h != nil {
		t.freeHandshake(c)
	}
	c.bits |= bitReported
}

// fillOpening writes all that the handshake learned into t.facts, field by field: emptying it first, or a literal, which
// is made first and then copied, would write it twice.
func (t *Table) fillOpening(c *conn, h *handshake) {
	o, k := &t.facts.Opening, t.keyOf(&c.name)
	o.First, o.Transport, o.ClientSide = c.first, TCP, c.client
	o.Endpoints[Client], o.Endpoints[Server] = k.endpoint(c.client), k.endpoint(c.client^1)
	o.Start, o.Digits, o.Roles, o.Paired = h.start, h.digits, h.roles, k.paired()
	o.Encapsulation = ""
	if h.encap > 0 {
		o.Encapsulation = t.encaps[h.encap-1]
	}
	o.SYN, o.SYNACK, o.Established, o.ICMP = h.syn, h.synack, h.established, h.icmp
	if h.icmp.Happened() {
		o.ICMP.Quoted = role(h.icmp.Quoted, c.client)
	}
	client := &h.sides[c.client]
	if !o.Established.Happened() && c.initiator == Nobody {
		o.Established = client.firstData
	}
	o.ClientPackets = int(client.dataPackets)
	for i := range h.resets {
		h.resets[i].By = role(h.resets[i].By, c.client)
	}
	o.Resets = h.resets
	for i := range h.sides {
		t.fillSide(&o.Sides[(Side(i)^c.client)&1], c, &h.sides[i], Side(i))
	}
}

// role turns a side as the table calls it into Client or Server, and leaves Path and Nobody as they are.
func role(side, client Side) Side {
	if side > 1 {
		return side
	}
	return side ^ client
}

// fillSide writes what one side sent into f.
func (t *Table) fillSide(f *SideFacts, c *conn, o *opening, i Side) {
	sd, peer := c.of(i)
	f.MSS, f.SYNs, f.ISN, f.TTL = o.mss, o.syns, sd.has(knowsISN), o.habits.ttls[0]
	f.LastData, f.Fin, f.AckedAt = o.lastData, o.fin, o.ackedAt
	f.Sent, f.Unseen, f.Retransmits, f.Stall = sd.sent, max(t.unseen(c, i), o.ahead(sd)), o.retransmits, o.stall
	f.Passage, f.Garbled, f.Late = o.passage, o.garbled, o.late
	f.Acked, f.InitialSeq = 0, 0
	if sd.has(based | hinted) {
		f.InitialSeq = uint32(sd.base) - 1
	}
	if sd.has(based) && peer.has(acking) {
		f.Acked = uint64(max(0, sd.dataOffset(peer.ack)))
	}
}

// unseen is how many bytes behind the last captured one a side's own FIN or RST, or the peer's acknowledgment,
// prove were sent.
func (t *Table) unseen(c *conn, i Side) uint64 {
	sd, peer := c.of(i)
	if !sd.has(based | hinted) {
		return 0
	}
	top := int64(sd.sent)
	if sd.has(finished) {
		top = max(top, sd.offset(sd.fin))
	}
	if sd.has(reset) {
		top = max(top, sd.dataOffset(t.closings.at(c.closing).rst[i]))
	}
	if peer.has(acking) {
		top = max(top, sd.dataOffset(peer.ack))
	}
	return uint64(top) - sd.sent
}

// fillEnding writes what the whole connection amounts to into t.facts, but for the bytes in Missed that are Unseen.
func (t *Table) fillEnding(c *conn) {
	e := &t.facts.Ending
	originator := c.client
	if c.initiator <= 1 {
		originator = c.initiator
	}
	e.Opened, e.End, e.State = c.first, c.last, c.state(originator)
	e.Incomplete, e.Settled = c.incomplete|c.oneSided()|c.midway(), c.is(bitSettled)
	e.Terminator = t.terminator(c)
	e.Terminator.By = role(e.Terminator.By, c.client)
	tr := &noTrouble
	if c.trouble != 0 {
		tr = t.troubles.at(c.trouble)
	}
	e.Retransmits, e.Missed = tr.retransmits, tr.cut
	for i := range c.sides {
		sd, to := &c.sides[i], (Side(i)^c.client)&1
		e.Packets[to] = uint64(sd.packets) + tr.packets[i]
		e.Bytes[to] = sd.sent - tr.missed[i]
		e.Missed += tr.missed[i]
	}
}

// noTrouble is that of a connection which has none.
var noTrouble trouble

// oneSided reports a connection of which one direction was never captured: what the other side sent shows that
// it had heard from it.
func (c *conn) oneSided() Incomplete {
	a, b := &c.sides[0], &c.sides[1]
	if a.packets == 0 && b.has(acking) || b.packets == 0 && a.has(acking) {
		return IncompleteOneSided
	}
	return 0
}

// midway reports a connection that the capture missed the beginning of.
func (c *conn) midway() Incomplete {
	if c.initiator == Nobody {
		return IncompleteMid
	}
	return 0
}
