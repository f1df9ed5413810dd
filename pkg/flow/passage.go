package flow

import "github.com/sniscope/sniscope/pkg/decode"

// A capture of several interfaces shows what passes through its host twice: as it comes in, and as it leaves. What was made or
// dropped there it shows once.

// passes notes a packet that was captured again.
func (h *handshake) passes(c *conn, p *packet) {
	h.comesIn(c, p)
	o := h.by(p.side)
	if home := p.sd.iface; p.Iface != home && (!o.passed || o.beyond == home) {
		o.passed, o.beyond = true, p.Iface
	}
	o.passedData = o.passedData || o.passed && p.Length > 0
}

// comesIn takes back that a RST did not come in where its sender's packets do, if that is where this packet was captured: which of
// two interfaces the capture shows first may be chance.
func (h *handshake) comesIn(c *conn, p *packet) {
	if !p.flag(decode.RST) || p.Iface != p.sd.iface {
		return
	}
	for i := range h.resets {
		if r := &h.resets[i]; r.By == p.side && r.Seq == p.sd.relative(p.Seq) {
			r.Signs &^= SignInterface
		}
	}
}
