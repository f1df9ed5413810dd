package flow

import (
	"slices"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

const (
	// steadyStep is the most by which an IP-ID that counts its own host's packets to one peer goes up; a
	// captured packet that was merged from several steps over theirs.
	steadyStep = 64
	// steadySteps is how many such steps in a row make a sequence.
	steadySteps = 2
	// farID is how far from such a sequence an IP-ID must be to be another's.
	farID = 1024
	// soonestRTT is the shortest round trip that says anything about whether a RST comes too soon.
	soonestRTT = 2 * time.Millisecond
)

// note learns from a packet of a side that is no RST, on the interface of its first one.
func (h *habits) note(s *decode.Segment) {
	if s.TTL != h.ttls[0] || h.numTTLs == 0 {
		h.learn(s.TTL)
	}
	if s.IPID == 0 || s.Flags.Has(decode.SYN|decode.ACK) {
		return
	}
	if step := s.IPID - h.ipid; h.hasID && step >= 1 && step <= steadyStep {
		h.steady = min(h.steady+1, steadySteps)
	} else {
		h.steady = 0
	}
	h.ipid, h.hasID = s.IPID, true
}

// learn notes a TTL.
func (h *habits) learn(ttl uint8) {
	if h.uses(ttl) {
		return
	}
	if h.numTTLs < maxTTLs {
		h.ttls[h.numTTLs] = ttl
	}
	h.numTTLs = min(h.numTTLs, maxTTLs) + 1
}

// uses reports whether a TTL was seen before.
func (h *habits) uses(ttl uint8) bool {
	for _, used := range h.ttls[:min(h.numTTLs, maxTTLs)] {
		if used == ttl {
			return true
		}
	}
	return false
}

// signs compares a RST with the habits of its sender.
func (h *habits) signs(p *packet, iface uint8) (s Signs) {
	if p.Iface != iface {
		return 0
	}
	if h.numTTLs > 0 && h.numTTLs <= maxTTLs && !h.uses(p.TTL) {
		s |= SignTTL
	}
	if ahead := int(int16(p.IPID - h.ipid)); p.IPID != 0 && h.steady == steadySteps && (ahead > farID || ahead < -farID) {
		s |= SignIPID
	}
	return s
}

// list adds a RST to those that are reported.
func (h *handshake) list(c *conn, p *packet, accepted bool, kind RSTKind) {
	sd, peer, o := p.sd, p.peer, h.by(p.side)
	seen := o.passageSigns(p)
	if len(h.resets) == maxResets {
		return
	}
	r := Reset{
		Event: p.at, By: p.side, Flags: p.Flags, Seq: sd.relative(p.Seq),
		Window: p.Window, IPID: p.IPID, TTL: p.TTL, Options: p.Bits&decode.BitOptions != 0,
		InWindow: accepted, Accepted: accepted, Kind: kind,
	}
	if p.Ack != 0 {
		r.Ack = peer.relative(p.Ack)
	}
	r.Signs = o.habits.signs(p, sd.iface) | seen
	// A host that has closed answers what is still on its way with the sequence number of its FIN.
	if !accepted && peer.has(acking) && !(sd.has(finished) && seqnum(p.Seq) == sd.fin) {
		r.Signs |= SignWindow
	}
	if h.tooSoon(c, p) {
		r.Signs |= SignTooSoon
	}
	h.resets = append(h.resets, r)
	h.compareAcks(c, p.side)
}

// copiedBy reports whether a RST of the connection is this one again, by its sequence number.
func (r *Reset) copiedBy(p *packet) bool { return r.By == p.side && r.Seq == p.sd.relative(p.Seq) }

// lists reports whether a RST with this sequence number is already reported.
func (h *handshake) lists(p *packet) bool {
	if h == nil {
		return false
	}
	for i := range h.resets {
		if h.resets[i].copiedBy(p) {
			return true
		}
	}
	return false
}

// relative is a sequence number as published: the first payload byte is 1. It is 0 while nothing is known of the side.
func (sd *side) relative(s uint32) uint32 {
	if !sd.has(based | hinted) {
		return 0
	}
	return uint32(seqnum(s)-sd.base) + 1
}

// tooSoon reports whether a RST of the side that sent the SYN-ACK acknowledges bytes that it cannot have yet: less
// than half a round trip after they went by.
func (h *handshake) tooSoon(c *conn, p *packet) bool {
	peer, o := p.peer, h.by(p.side^1)
	rtt := time.Duration(h.synack.Time - h.asked)
	switch {
	case !h.syn.Happened() || !h.synack.Happened() || p.side == c.initiator || rtt <= soonestRTT:
		return false
	case !p.flag(decode.ACK) || !o.lastData.Happened() || o.retransmits > 0 || seqnum(p.Ack).before(peer.edge()):
		return false
	}
	since := time.Duration(p.Time - o.lastData.Time)
	return since > -captureDisorder && since < rtt/2 // or else the clock was set back
}

// compareAcks marks the RSTs of a side whose acknowledgments differ although they do not answer different segments.
func (h *handshake) compareAcks(c *conn, side Side) {
	differ, ack, first := false, uint32(0), true
	for i := range h.resets {
		if r := &h.resets[i]; r.By == side && r.Flags.Has(decode.ACK) {
			differ = differ || !first && r.Ack != ack
			ack, first = r.Ack, false
		}
	}
	if !differ {
		return
	}
	for i := range h.resets {
		if r := &h.resets[i]; r.By == side && r.Flags.Has(decode.ACK) && !h.answers(c, r) {
			r.Signs |= SignAcks
		}
	}
}

// answers reports whether a RST acknowledges all up to the end of a segment that was seen.
func (h *handshake) answers(c *conn, r *Reset) bool {
	peer, o := c.by(r.By^1), h.by(r.By^1)
	acked := uint64(r.Ack) - 1
	if acked == 0 || acked == peer.sent || peer.has(finished) && acked <= uint64(peer.offset(peer.fin))+1 {
		return true
	}
	return slices.Contains(o.ends[:], uint32(acked)) // none is 0
}

// ended notes that a segment was seen between two stream offsets: those on the wire, of which the capture may lack some.
func (o *opening) ended(from, to int64) {
	if to > 0 && from < streamLimit {
		o.ends[o.numEnds%maxEnds] = uint32(to)
		o.numEnds++
	}
}
