package flow

import (
	"net/netip"

	"github.com/sniscope/sniscope/pkg/decode"
)

// ICMP messages that say that the destination cannot be reached, or not with packets of this size (RFC 792;
// RFC 4443, Section 3).
const (
	icmpUnreachable  = 3
	icmpFragNeeded   = 4 // code of icmpUnreachable
	icmp6Unreachable = 1
	icmpNoPort       = 3 // code of icmpUnreachable
	icmp6NoPort      = 4 // code of icmp6Unreachable
	icmp6TooBig      = 2
)

// Unreachable reports whether the error says that the destination cannot be reached. That a packet does not fit is none such.
func (e *ICMPError) Unreachable() bool {
	if e.From.Is4() {
		return e.Type == icmpUnreachable && e.Code != icmpFragNeeded
	}
	return e.Type == icmp6Unreachable
}

// NoPort reports whether the error is what a host says where no program listens on the port; firewalls send it as well.
func (e *ICMPError) NoPort() bool {
	if e.From.Is4() {
		return e.Type == icmpUnreachable && e.Code == icmpNoPort
	}
	return e.Type == icmp6Unreachable && e.Code == icmp6NoPort
}

// TooBig reports whether the error says that the packet does not fit (RFC 1191, Section 4; RFC 4443, Section 3.2).
func (e *ICMPError) TooBig() bool {
	if e.From.Is4() {
		return e.Type == icmpUnreachable && e.Code == icmpFragNeeded
	}
	return e.Type == icmp6TooBig
}

// Which ICMP error is kept when there are several: the later ones only if they say more.
const (
	icmpOther = iota + 1
	icmpMTU
	icmpEnds
)

// icmp takes an ICMP error, and returns what Take does. It never opens a connection.
func (t *Table) icmp(p *packet, hash uint32, r ref) (first uint64) {
	if r == 0 && len(t.legs) > 0 { // what an error that came in quotes had left
		hash, r = t.turn(p, hash, p.Bits&decode.BitIncoming != 0)
	}
	if r != 0 && t.expired(r, p.Time) {
		t.end(r, 0)
		r = 0
	}
	if r == 0 {
		t.counts[StrayICMP]++
		return 0
	}
	if !r.embryo() {
		p.conn = r.index()
		if c := t.conns.at(p.conn); c.is(bitOver) && t.late(c, p) {
			return 0
		}
	}
	if sd := t.stands(r, p.side); !sd.sentAt(seqnum(p.Seq)) {
		t.counts[Implausible]++
		return 0
	}
	if r.embryo() { // not before: it costs a forger nothing to quote what was never sent
		p.conn, _ = t.hatchIn(hash, r)
	}
	c := t.conns.at(p.conn)
	c.stamp(p.Time)
	if h := t.handshakeOf(c); h != nil {
		t.takeICMP(c, h, p)
	}
	return c.first
}

// stands is a side as far as sentAt asks about it, also of a connection that is an embryo.
func (t *Table) stands(r ref, i Side) side {
	if !r.embryo() {
		return *t.conns.at(r.index()).by(i)
	}
	e := t.embryos.at(r.index())
	switch {
	case i == e.opener():
		return side{base: seqnum(e.seq) + 1, bits: based}
	case e.flags&decode.ACK != 0:
		return side{base: seqnum(e.ack), bits: based}
	case e.answer != 0:
		return side{base: seqnum(t.answers.at(e.answer).seq) + 1, bits: based}
	}
	return side{}
}

// sentAt reports whether the side may have sent a segment with this sequence number (RFC 5927, Section 4.1).
func (sd *side) sentAt(s seqnum) bool {
	if !sd.has(based) {
		return true
	}
	off := sd.offset(s)
	return off >= -1 && off <= int64(sd.sent)+leapSlack
}

// takeICMP keeps an error about an unsettled connection. One that says that the destination is unreachable ends
// a connection that was not set up yet (RFC 1122, Section 4.2.3.9); it is taken back if it is set up after all.
func (t *Table) takeICMP(c *conn, h *handshake, p *packet) {
	sd := c.by(p.side)
	quotesSYN := !c.is(bitEstablished)
	if sd.has(knowsISN) { // what follows a SYN was sent when the connection had been set up, whatever the capture lacks
		quotesSYN = seqnum(p.Seq)+1 == sd.base
	}
	e := p.icmpError(quotesSYN)
	rank := uint8(icmpOther)
	switch {
	case e.TooBig():
		rank = icmpMTU
	case c.is(bitEstablished), !quotesSYN:
	case e.Unreachable():
		rank = icmpEnds
		t.terminate(c, Terminator{Event: p.at, By: Path, Kind: CloseICMP})
	}
	if rank <= h.icmpRank {
		return
	}
	h.icmpRank, h.icmp = rank, e
}

// icmpError is the ICMP error that a packet is.
func (p *packet) icmpError(quotesSYN bool) ICMPError {
	n := uint32(4)
	if p.Bits&decode.BitIPv6 != 0 {
		n = 16
	}
	from, _ := netip.AddrFromSlice(p.batch.Arena[p.Ack : p.Ack+n])
	return ICMPError{Event: p.at, From: from, Type: uint8(p.Flags), Code: uint8(p.Window), MTU: p.MSS, QuotesSYN: quotesSYN, Quoted: p.side}
}
