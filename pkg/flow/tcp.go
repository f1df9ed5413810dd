package flow

import (
	"math"

	"github.com/sniscope/sniscope/pkg/decode"
)

// tcp takes a segment of a connection.
func (t *Table) tcp(c *conn, p *packet) {
	h := t.handshakeOf(c)
	p.sd, p.peer = c.of(p.side)
	if t.duplicate(c, h, p) {
		t.counts[Duplicate]++
		if h != nil {
			h.again(p)
		}
		return
	}
	sd := p.sd
	if sd.packets == 0 {
		sd.iface = p.Iface
		if h != nil {
			h.by(p.side).passage = passageOf(p.Segment)
		}
	}
	if sd.packets++; sd.packets == 0 {
		t.carryPackets(c, p.side)
	}
	c.stamp(p.Time)
	switch {
	case p.flag(decode.SYN):
		t.syn(c, h, p)
	case !sd.has(based | hinted):
		sd.hint(h, p)
	}
	if p.flag(decode.RST) {
		t.aborts(c, h, p)
	} else {
		t.carries(c, h, p)
	}
	if h = c.still(h); h != nil {
		h.by(p.side).recall(sd)
	}
	sd.saw(p.Segment, mark(p.Segment))
	if c.bits&(bitOver|bitDeparting) == bitOver {
		t.depart(p.conn, c)
	}
}

// carryPackets keeps apart what 32 bits cannot hold of the packets of a side: hardly any connection gets that far.
func (t *Table) carryPackets(c *conn, i Side) {
	t.troubleOf(c).packets[i] += math.MaxUint32 - 1
	c.by(i).packets = 2
}

// carries takes the acknowledgment, the payload and the FIN of a segment, in this order: what arrived in order
// is handed on before the end of the connection is noted.
func (t *Table) carries(c *conn, h *handshake, p *packet) {
	sd := p.sd
	if h != nil {
		o := h.by(p.side)
		if o.passage = o.passage.with(p.Segment); p.Iface == sd.iface {
			o.habits.note(p.Segment)
		}
	}
	sd.window = p.Window
	sd.bits &^= unscaled
	if p.flag(decode.SYN) {
		sd.bits |= unscaled
	}
	if p.flag(decode.ACK) {
		t.acknowledges(c, h, p)
		h = c.still(h) // a hole that was given up may have settled it
	}
	if p.Length > 0 {
		t.payload(c, h, p)
		h = c.still(h)
	}
	if p.flag(decode.FIN) {
		t.finishes(c, h, p)
	}
}
