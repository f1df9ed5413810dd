package flow

import "github.com/sniscope/sniscope/pkg/decode"

// A capture of several interfaces shows what passes through its host twice: as it comes in, and as it leaves. What was made or
// dropped there it shows once.

// again notes a packet that was captured before.
func (h *handshake) again(p *packet) {
	o, home := h.by(p.side), p.sd.iface
	if p.Iface == home {
		h.comesIn(p, SignInterface|SignOnce)
		o.hops = o.hops || !p.flag(decode.RST) && !o.habits.uses(p.TTL)
		return
	}
	if !o.passed || o.beyond == home {
		o.passed, o.beyond = true, p.Iface
	}
	o.leaves(p)
}

// leaves notes a packet on another interface than its side's first one.
func (o *opening) leaves(p *packet) { o.passedData = o.passedData || p.Length > 0 }

// comesIn notes a packet on the interface of its side's first one, and takes signs of a RST back that say that it was not there, or
// not again: which of two interfaces the capture shows first may be chance.
func (h *handshake) comesIn(p *packet, signs Signs) {
	if !p.flag(decode.RST) {
		return
	}
	for i := range h.resets {
		if r := &h.resets[i]; r.By == p.side && r.Seq == p.sd.relative(p.Seq) {
			r.Signs &^= signs
		}
	}
}
