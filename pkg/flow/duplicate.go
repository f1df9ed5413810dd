package flow

import (
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// duplicate reports whether a packet is one that was seen already: captured again on another interface, as with
// "-i any", or at the other end of a mirror. Such a copy is no retransmission; it is left out of everything.
func (t *Table) duplicate(c *conn, h *handshake, p *packet) bool {
	sd := &c.sides[p.side]
	if sd.packets == 0 {
		return false
	}
	if p.Iface != sd.iface {
		return !t.news(c, h, p)
	}
	if mark(p.Segment) != sd.mark {
		return false
	}
	if time.Duration(p.Time-c.last) > copyWithID { // longer ago than the 32 bits of sd.last may tell
		return false
	}
	return copied(p, sd.ipid, time.Duration(micros(p.Time)-sd.last)*time.Microsecond)
}

// copied reports whether a packet with the same sequence number, acknowledgment, flags and length as the packet
// of its sender before is a copy of it. The IP-ID of a copy is the same. Where there is none, a pure ACK may
// come twice for good reason (RFC 5681, Section 3.2), so only others count, and only at once.
func copied(p *packet, ipid uint16, since time.Duration) bool {
	switch {
	case p.IPID != ipid:
		return false
	case p.IPID != 0:
		return since <= copyWithID
	}
	return since <= copyBare && (p.Length > 0 || p.flag(decode.SYN|decode.FIN|decode.RST))
}

// news reports whether a packet adds anything to what its side sent before.
func (t *Table) news(c *conn, h *handshake, p *packet) bool {
	sd := &c.sides[p.side]
	switch {
	case p.flag(decode.SYN):
		return !sd.has(knowsISN) || p.start() != sd.base
	case p.flag(decode.RST):
		return !(sd.has(reset) && seqnum(p.Seq) == sd.rst) && !h.lists(c, p)
	case p.flag(decode.FIN) && !(sd.has(finished) && p.end() == sd.fin):
		return true
	case p.Length > 0:
		return !sd.has(based) || t.fresh(c, p.side, sd.offset(p.start()), p.length())
	case p.flag(decode.FIN):
		return false
	}
	return !sd.has(acking) || sd.ack.before(seqnum(p.Ack))
}

// mark condenses what copies of a packet have in common.
func mark(s *decode.Segment) uint32 {
	x := uint64(s.Seq)<<32 | uint64(s.Ack)
	x ^= (uint64(s.Length)<<8 | uint64(s.Flags)) * 0x9e3779b97f4a7c15
	x *= 0xd6e8feb86659fd93
	return uint32(x >> 32)
}

// micros is a packet time in microseconds, of which 32 bits tell two packets of one connection apart well enough.
func micros(ns int64) uint32 { return uint32(ns / 1000) }
