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
		return
	}
	sd := p.sd
	if sd.packets == 0 {
		sd.iface = p.Iface
	}
	if sd.packets++; sd.packets == 0 {
		t.carryPackets(c, p.side)
	}
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
	if h = c.still(h); h != nil {
		h.by(p.side).recent[sd.packets%maxRecent] = sighting{sd.mark, sd.last, sd.ipid}
	}
	sd.mark, sd.last, sd.ipid = mark(p.Segment), micros(p.Time), p.IPID
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
		h.by(p.side).habits.note(p, sd.iface)
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

// bulk takes the ordinary packet of a settled connection: the next bytes or a pure ACK, nothing lost, no copy.
// It reports false, having done nothing, for every packet that it is not sure of.
func (c *conn) bulk(s *decode.Segment) bool {
	sd, peer := c.of(Side(s.Side()))
	if c.handshake != 0 || c.bits&(bitEstablished|bitOver) != bitEstablished || s.Flags&(decode.SYN|decode.FIN|decode.RST|decode.ACK) != decode.ACK ||
		sd.bits&(based|acking|unscaled|finished) != based|acking || peer.has(finished) ||
		sd.packets == math.MaxUint32 || seqnum(s.Seq) != sd.edge() || s.Iface != sd.iface || s.Captured < s.Length || s.Length > maxSegment ||
		s.Bits&decode.BitICMP != 0 || s.Time-c.last > int64(linger) {
		return false
	}
	ahead := seqnum(s.Ack).since(sd.ack)
	m := mark(s)
	if ahead > leapUnsettled || s.Length == 0 && m == sd.mark && s.IPID == sd.ipid {
		return false
	}
	if ahead > 0 {
		sd.ack = seqnum(s.Ack)
	}
	sd.sent += uint64(s.Length)
	sd.packets++
	c.touch(s.Time)
	sd.window, sd.mark, sd.last, sd.ipid = s.Window, m, micros(s.Time), s.IPID
	return true
}
