package flow

import (
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// duplicate reports whether a packet is one that was seen already: captured again on another interface, as with
// "-i any", or at the other end of a mirror. Such a copy is no retransmission; it is left out of everything.
func (t *Table) duplicate(c *conn, h *handshake, p *packet) bool {
	sd := p.sd
	if sd.packets == 0 {
		return false
	}
	if p.Iface != sd.iface {
		return !t.news(c, h, p)
	}
	if time.Duration(p.Time-c.last) > copyWithID { // longer ago than the 32 bits of a sighting may tell
		return false
	}
	if peer := p.peer; p.IPID == 0 && p.answer() && peer.packets > 0 && int32(peer.last-sd.last) > 0 {
		return false
	}
	m := mark(p.Segment)
	if last := (sighting{sd.mark, sd.last, sd.ipid}); last.of(p, m) {
		return true
	}
	if h != nil {
		recent := &h.by(p.side).recent
		for i := range recent {
			if recent[i].of(p, m) {
				return true
			}
		}
	}
	return false
}

// answer reports whether a packet is a RST or a SYN-ACK: a host sends the same one again for each segment that it
// answers, so that it is no copy if the peer sent something in between. What a SYN-ACK answers is a SYN, and none comes from a
// peer that has acknowledged one.
func (p *packet) answer() bool {
	return p.flag(decode.RST) || p.Flags.Has(decode.SYN|decode.ACK) && !p.peer.has(acking)
}

// sighting is what is remembered of a packet to recognise a copy. Those of the packets before the last are
// remembered during the handshake only: a mirror port may deliver copies after other packets.
type sighting struct {
	mark uint32
	last uint32
	ipid uint16
}

// saw remembers a packet of a side, whose mark is m.
func (sd *side) saw(s *decode.Segment, m uint32) {
	sd.mark, sd.last, sd.ipid = m, micros(s.Time), s.IPID
}

// recall remembers the packet before the one that is being looked at, and that it was counted.
func (o *opening) recall(sd *side) {
	r := &o.recent[sd.packets%maxRecent]
	r.mark, r.last, r.ipid = sd.mark, sd.last, sd.ipid
}

// of reports whether a packet with the given mark is a copy of the one seen.
func (s *sighting) of(p *packet, m uint32) bool {
	return s.mark == m && copied(p, s.ipid, time.Duration(int32(micros(p.Time)-s.last))*time.Microsecond)
}

// copied reports whether a packet with the same sequence number, acknowledgment, flags and length as the packet
// of its sender before is a copy of it. The IP-ID of a copy is the same. Where there is none, a pure ACK may
// come twice for good reason (RFC 5681, Section 3.2), so only others count, and only at once; but a SYN is sent again only
// when a second has gone by (RFC 6298, Section 2).
func copied(p *packet, ipid uint16, since time.Duration) bool {
	since = max(since, -since) // the capture may show the later of two packets first
	switch {
	case p.IPID != ipid:
		return false
	case p.IPID != 0 || p.Flags&decode.SYN != 0:
		return since <= copyWithID
	}
	return since <= copyBare && (p.Length > 0 || p.Flags&(decode.FIN|decode.RST) != 0)
}

// news reports whether a packet adds anything to what its side sent before.
func (t *Table) news(c *conn, h *handshake, p *packet) bool {
	sd := p.sd
	switch {
	case p.flag(decode.SYN):
		return !sd.has(knowsISN) || p.start() != sd.base
	case p.flag(decode.RST):
		return !(sd.has(reset) && seqnum(p.Seq) == t.closings.at(c.closing).rst[p.side]) && !h.lists(p)
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
	x := uint64(s.Seq) | uint64(s.Ack)<<32
	x ^= (uint64(s.Length)<<8 | uint64(s.Flags)) * 0x9e3779b97f4a7c15
	x *= 0xd6e8feb86659fd93
	return uint32(x >> 32)
}

// micros is a packet time in microseconds, of which 32 bits tell two packets of one connection apart well enough.
func micros(ns int64) uint32 { return uint32(ns / 1000) }
