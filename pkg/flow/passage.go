package flow

import "github.com/sniscope/sniscope/pkg/decode"

// A capture of all interfaces of a host shows twice what passes through: as it comes in, and as it leaves. What was made or dropped
// there it shows once.

// passageOf is that of a side's first packet.
func passageOf(s *decode.Segment) Passage {
	switch {
	case s.Bits&decode.BitIncoming != 0:
		return PassageIn
	case s.Bits&decode.BitOutgoing != 0:
		return PassageOut
	}
	return PassageUnknown
}

// with is the passage that another packet of the side shows.
func (w Passage) with(s *decode.Segment) Passage {
	switch {
	case w < PassageIn || s.Bits&decode.BitOutgoing == 0:
		return w
	case s.Length > 0:
		return PassageData
	}
	return max(w, PassageThrough)
}

// again notes a packet that was captured before.
func (h *handshake) again(p *packet) {
	o := h.by(p.side)
	o.passage = o.passage.with(p.Segment)
	if p.Iface == p.sd.iface {
		o.copied(p)
		h.twice(p)
	}
}

// copied learns of another hop from a copy on the interface of its sender's first packet. What is captured only there later has a TTL
// that the sender is known by.
func (o *opening) copied(p *packet) {
	if p.flag(decode.RST) || o.habits.uses(p.TTL) {
		return
	}
	o.hops = true
	o.habits.learn(p.TTL)
}

// twice takes back that a RST was captured once.
func (h *handshake) twice(p *packet) {
	if !p.flag(decode.RST) {
		return
	}
	for i := range h.resets {
		if r := &h.resets[i]; r.copiedBy(p) {
			r.Signs &^= SignOnce
		}
	}
}

// passageSigns are the signs of a RST by how packets of its sender were captured, of which it is the first copy.
func (o *opening) passageSigns(p *packet) Signs {
	switch {
	case p.Bits&decode.BitIncoming != 0:
		o.resetCame = true
	case p.Bits&decode.BitOutgoing != 0 && o.passage >= PassageThrough && !o.resetCame:
		return SignOutgoing
	}
	if o.hops && p.Iface == p.sd.iface {
		return SignOnce
	}
	return 0
}
