package flow

import (
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// aborts takes a RST. Its payload, if any, is a message for people and no part of the stream (RFC 9293,
// Section 3.5.3).
func (t *Table) aborts(c *conn, h *handshake, p *packet) {
	sd, peer := p.sd, p.peer
	accepted := c.acceptable(p)
	kind := c.resetKind(p)
	if h != nil {
		if cap(h.resets) == 0 {
			h.resets = t.roomForReset()
		}
		h.list(c, p, accepted, kind)
	}
	if !accepted {
		return
	}
	if e := t.closingOf(c); !sd.has(reset) || e.rst[p.side] != sd.next() { // else its receiver is gone: what comes later says nothing of its bytes
		e.rst[p.side] = seqnum(p.Seq)
	}
	sd.bits |= reset
	if !sd.has(finished) || !peer.has(finished) {
		sd.bits |= aborted
	}
	if p.flag(decode.ACK) && peer.has(based|hinted) && peer.dataOffset(seqnum(p.Ack)) > 0 {
		t.advance(c, h, p)
		h = c.still(h)
	}
	t.terminate(c, Terminator{Event: p.at, By: p.side, Kind: CloseRST, RST: kind})
	c.bits |= bitOver
	if h != nil {
		t.passAllHoles(c, h, p.at)
	}
}

// roomForReset is room for the one RST that most connections have which have any. It is cut off a piece for several.
func (t *Table) roomForReset() []Reset {
	if len(t.resets) == 0 {
		t.resets = make([]Reset, resetsTogether)
	}
	room := t.resets[:0:1]
	t.resets = t.resets[1:]
	return room
}

// nearby is how far from where its sender is a RST may be while nothing is known of its receiver.
const nearby = 1 << 20

// acceptable reports whether the receiver of a RST takes it for one of the connection: its sequence number is in
// the receiver's window (RFC 9293, Section 3.10.7.4), or is the one that its sender uses next. In answer to a
// SYN, the acknowledgment must be of that SYN (Section 3.10.7.3).
func (c *conn) acceptable(p *packet) bool {
	sd, peer := p.sd, p.peer
	seq := p.start()
	switch {
	case sd.has(based|hinted) && seq == sd.next():
		return true
	case peer.has(acking):
		ahead := seq.since(peer.ack)
		return ahead >= 0 && ahead <= c.receive(p.side^1)
	case peer.has(sentSYN) && !sd.has(sentSYN|sentData):
		return p.flag(decode.ACK) && p.acksSYN()
	case sd.has(based | hinted):
		ahead := seq.since(sd.next())
		return ahead < nearby && (ahead >= 0 || ahead > -nearby && !sd.has(knowsISN))
	}
	return true
}

// acksSYN reports whether a segment acknowledges the peer's SYN, and no more than what came with it.
func (p *packet) acksSYN() bool {
	peer := p.peer
	acked := peer.offset(seqnum(p.Ack))
	return peer.has(knowsISN) && acked >= 0 && acked <= int64(peer.sent)
}

// resetKind tells why a host sends this RST.
func (c *conn) resetKind(p *packet) RSTKind {
	sd, peer := p.sd, p.peer
	bare := p.Window == 0 && p.Bits&decode.BitOptions == 0
	switch {
	case !p.flag(decode.ACK):
		if bare && (peer.has(acking) && seqnum(p.Seq) == peer.ack || sd.has(based) && seqnum(p.Seq) == sd.next()) {
			return RSTNoSocket
		}
	case p.Window != 0:
		return RSTAbortive
	case bare && p.Seq == 0 && peer.has(sentSYN) && !sd.has(sentSYN|sentData) && p.acksSYN():
		return RSTNoSocket
	}
	return RSTUnknown
}

// overtaken reports whether new bytes of a side that has sent a RST were sent before it and only captured late.
func (t *Table) overtaken(c *conn, h *handshake, p *packet) bool {
	e := t.closings.at(c.closing)
	if e.rst[p.side].before(p.end()) {
		return false
	}
	var last int64
	if e.Kind == CloseRST && e.By == p.side {
		last = e.Time
	}
	if h != nil {
		for i := range h.resets {
			if r := &h.resets[i]; r.By == p.side && r.Accepted {
				last = r.Time
			}
		}
	}
	return time.Duration(p.Time-last) <= captureDisorder
}

// takeBack undoes the RSTs of a side that goes on as if it had sent none: somebody else did, or they refused a SYN and were lost on
// their way, so that it came again and was accepted.
func (t *Table) takeBack(c *conn, h *handshake, side Side) {
	c.by(side).bits &^= reset | aborted
	c.settleOver()
	if h != nil {
		for i := range h.resets {
			if r := &h.resets[i]; r.By == side && r.Accepted {
				r.Accepted = false
				if side == c.initiator || r.Time >= h.asked {
					r.Signs |= SignDataAfter
				}
			}
		}
	}
	if e := t.closings.at(c.closing); e.Kind == CloseRST && e.By == side {
		e.Terminator = Terminator{By: Nobody}
		if h != nil {
			h.nextTerminator(&e.Terminator)
		}
	}
}

// nextTerminator finds the first FIN or accepted RST that is left.
func (h *handshake) nextTerminator(e *Terminator) {
	for side := range Side(2) {
		if fin := h.by(side).fin; fin.Happened() && (e.Kind == NotClosed || fin.Frame < e.Frame) {
			*e = Terminator{Event: fin, By: side, Kind: CloseFIN}
		}
	}
	for i := range h.resets {
		if r := &h.resets[i]; r.Accepted && (e.Kind == NotClosed || r.Frame < e.Frame) {
			*e = Terminator{Event: r.Event, By: r.By, Kind: CloseRST, RST: r.Kind}
		}
	}
}
