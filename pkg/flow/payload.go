package flow

import "github.com/sniscope/sniscope/pkg/decode"

// payload takes the bytes of a segment: counts them, and hands them on while the handshake lasts.
func (t *Table) payload(c *conn, h *handshake, p *packet) {
	sd := p.sd
	if !sd.has(based) {
		t.begins(c, p)
	}
	off := sd.offset(p.start())
	if off == int64(sd.sent)-1 && p.length() == 1 { // a keep-alive (RFC 9293, Section 3.8.4)
		return
	}
	if t.tooFar(c, p, off) {
		t.counts[Implausible]++
		return
	}
	sd.bits |= sentData
	top := sd.sent
	fresh, again := t.take(c, p.side, off, p.length())
	if sd.has(reset) && sd.sent > top && !t.overtaken(c, h, p) {
		t.takeBack(c, h, p.side)
	}
	if cut := p.length() - int64(len(p.data())); cut > 0 && fresh > 0 {
		t.troubleOf(c).cut += min(uint64(cut), fresh)
	}
	if again > 1 || again == 1 && fresh == 0 {
		t.repeats(c, h, p, off)
	}
	if h == nil {
		return
	}
	if fresh > 0 {
		h.by(p.side).note(h, p.at)
	}
	if sd.has(overdue) && fresh > 1 && off < sd.dataOffset(p.peer.ack) { // a single byte may be a keep-alive
		h.by(p.side).late = true
	}
	t.deliver(c, h, p, off)
}

// tooFar reports whether a segment jumps so far beyond what the peer is willing to take that it is not believed:
// a forged one would turn all that follows into old bytes. Where the next segment goes on from there, the capture
// lost the ones before, and it is believed.
func (t *Table) tooFar(c *conn, p *packet, off int64) bool {
	sd, peer := p.sd, p.peer
	if off <= int64(sd.sent) || !peer.has(acking) {
		return false
	}
	if p.end().since(peer.ack) <= c.receive(p.side^1)+leapSlack {
		return false
	}
	tr := t.troubleOf(c)
	goesOn := tr.refused[p.side] && tr.refusedEnd[p.side] == p.start()
	tr.refused[p.side], tr.refusedEnd[p.side] = !goesOn, p.end()
	return !goesOn
}

// repeats counts a retransmission, and follows the run of those of the first segment that is not acknowledged.
func (t *Table) repeats(c *conn, h *handshake, p *packet, off int64) {
	t.troubleOf(c).retransmits++
	if h == nil {
		return
	}
	o, sd, peer := h.by(p.side), p.sd, p.peer
	o.retransmits++
	if peer.has(acking) && sd.dataOffset(peer.ack) > off {
		return
	}
	switch {
	case o.stall.Count == 0 || off < o.stalled:
		o.stall, o.stalled, o.garbled = Stall{Count: 1}, off, p.Garbled(p.batch.Arena)
	case off == o.stalled:
		o.stall.Count++
		o.garbled = o.garbled && p.Garbled(p.batch.Arena)
	default:
		return
	}
	o.stall.Event, o.stall.Length = p.at, max(o.stall.Length, uint32(p.length()))
}

// note notes a packet with new payload.
func (o *opening) note(h *handshake, at Event) {
	if !o.firstData.Happened() {
		o.firstData = at
	}
	o.lastData = at
	if len(h.resets) == 0 && o.dataPackets < 2 {
		o.dataPackets++
	}
}

// hint says where the bytes of a side lie whose first packet that was captured is no SYN: at that packet, unless it is a RST,
// which somebody else may have sent; or before it, where the peer's first ACK says that there were some.
func (sd *side) hint(h *handshake, p *packet) {
	from, known := seqnum(p.Seq), !p.flag(decode.RST)
	if h != nil {
		if begun := h.by(p.side).begun; begun != 0 && (!known || begun.before(from)) {
			from, known = begun, true
		}
	}
	if known {
		sd.base = from
		sd.bits |= hinted
	}
}

// begins says where the bytes of a side begin whose SYN was not captured: with its first payload, or before it where it was
// hinted that they do. What lies between was never captured; a keep-alive lies one byte before what follows (RFC 9293,
// Section 3.8.4), and where more is missing than is looked at there is nothing to wait for.
func (t *Table) begins(c *conn, p *packet) {
	sd, start := p.sd, p.start()
	missed := start.since(sd.base)
	if !sd.has(hinted) || missed <= 1 || missed > streamLimit {
		sd.base = start
	}
	if sd.has(hinted) && missed > streamLimit {
		t.troubleOf(c).cut += uint64(missed)
		c.incomplete |= IncompleteGap
	}
	sd.bits |= based
}
