package flow

import "github.com/sniscope/sniscope/pkg/decode"

// tcp takes a segment of a connection.
func (t *Table) tcp(c *conn, p *packet) {
	if t.bulk(c, p) {
		return
	}
	h := t.handshakeOf(c)
	if t.duplicate(c, h, p) {
		t.counts[Duplicate]++
		return
	}
	sd := &c.sides[p.side]
	if sd.packets == 0 {
		sd.iface = p.Iface
	}
	sd.packets++
	c.touch(p.Time)
	switch {
	case p.flag(decode.SYN):
		t.syn(c, h, p)
	case !sd.has(based|hinted) && !p.flag(decode.RST):
		sd.base = seqnum(p.Seq)
		sd.bits |= hinted
	}
	if p.flag(decode.RST) {
		t.aborts(c, h, p)
	} else {
		t.carries(c, h, p)
	}
	sd.mark, sd.last, sd.ipid = mark(p.Segment), micros(p.Time), p.IPID
}

// carries takes the acknowledgment, the payload and the FIN of a segment, in this order: what arrived in order
// is handed on before the end of the connection is noted.
func (t *Table) carries(c *conn, h *handshake, p *packet) {
	sd := &c.sides[p.side]
	if h != nil {
		h.sides[p.side].habits.note(p, sd.iface)
	}
	sd.window = p.Window
	if p.flag(decode.ACK) {
		t.acknowledges(c, h, p)
		h = t.handshakeOf(c) // a hole that was given up may have settled it
	}
	if p.Length > 0 {
		t.payload(c, h, p)
		h = t.handshakeOf(c)
	}
	if p.flag(decode.FIN) {
		t.finishes(c, h, p)
	}
}

// bulk takes the ordinary packet of a settled connection: the next bytes or a pure ACK, nothing lost, no copy.
// It reports false, having done nothing, for every packet that it is not sure of.
func (t *Table) bulk(c *conn, p *packet) bool {
	sd := &c.sides[p.side]
	if c.handshake != 0 || c.is(bitOver) || p.Flags&(decode.SYN|decode.FIN|decode.RST|decode.ACK) != decode.ACK ||
		!sd.has(based) || sd.has(finished) || c.sides[p.side^1].has(finished) ||
		seqnum(p.Seq) != sd.edge() || p.Iface != sd.iface || p.Captured < p.Length {
		return false
	}
	m, ack := mark(p.Segment), seqnum(p.Ack)
	if p.Length == 0 && m == sd.mark && p.IPID == sd.ipid {
		return false
	}
	if ahead := ack.since(sd.ack); !sd.has(acking) || ahead > leapUnsettled {
		return false
	} else if ahead > 0 {
		sd.ack = ack
	}
	sd.sent += uint64(p.length())
	sd.packets++
	c.touch(p.Time)
	sd.window, sd.mark, sd.last, sd.ipid = p.Window, m, micros(p.Time), p.IPID
	return true
}
