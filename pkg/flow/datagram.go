package flow

import (
	"encoding/binary"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// datagram takes a UDP datagram, or an ICMP error about one. It returns what Take does.
func (t *Table) datagram(p *packet, hash uint32) (first uint64) {
	i := t.udp.find(p.key, hash)
	if i != 0 && t.udp.slab.at(i).expired(p.Time) {
		t.dissociate(i, 0)
		i = 0
	}
	if p.Bits&decode.BitICMP != 0 {
		return t.icmpDatagram(i, p)
	}
	if i != 0 && t.begunAnew(t.udp.slab.at(i), p) {
		t.dissociate(i, 0)
		i = 0
	}
	if i == 0 {
		i = t.associate(p, hash)
	}
	if i == 0 {
		t.counts[UDP]++
		return 0
	}
	a := t.udp.slab.at(i)
	settled := a.handshake == nil
	if t.follow(a, p); settled {
		return 0
	}
	return a.first
}

// begunAnew reports whether a datagram begins another connection between the same endpoints. While a handshake
// lasts that is for its follower to tell.
func (t *Table) begunAnew(a *association, p *packet) bool {
	if a.handshake != nil || p.side != a.client {
		return false
	}
	return t.handler.BeginsAnew(p.data(), p.Length) && !a.copied(p, printOf(p))
}

// follow counts a datagram and hands it on while the handshake lasts.
func (t *Table) follow(a *association, p *packet) {
	if a.saw(p) {
		t.counts[Duplicate]++
		return
	}
	a.last = max(a.last, p.Time)
	a.packets[p.side]++
	a.bytes[p.side] += uint64(p.Length)
	if p.Captured < p.Length && a.handshake != nil {
		a.incomplete |= IncompleteSnaplen
	}
	h := a.handshake
	if h == nil {
		return
	}
	h.lastData[p.side] = p.at
	h.lengths[p.side][a.packets[p.side]%uint64(len(h.lengths[p.side]))] = p.Length
	if a.packets[p.side] == 1 {
		h.ttls[p.side] = p.TTL
	}
	if a.revives(p.side) {
		a.term = Terminator{By: Nobody}
	}
	h.follower.Datagram(p.side, p.data(), p.Length, p.at)
	if end := h.follower.Closed(); a.term.Kind == NotClosed && end.Kind != NotClosed {
		a.term = end
	}
	if h.follower.Settled() {
		a.orient()
		t.fillAssociation(a)
		t.handler.Settle(h.follower)
		a.handshake = nil
		t.udp.handshakes--
	}
}

// glimpse is what is remembered of a datagram to recognise copies of it: a mirror port may deliver them after other datagrams.
type glimpse struct {
	print uint32
	time  uint32 // in microseconds, wrapping around
}

// saw reports whether a datagram is a copy of one of its side's last, and remembers it if it is not.
func (a *association) saw(p *packet) bool {
	print := printOf(p)
	if a.copied(p, print) {
		return true
	}
	recent := &a.recent[p.side&1]
	recent[a.packets[p.side&1]%uint64(len(recent))] = glimpse{print, micros(p.Time)}
	return false
}

// copied reports whether one of the side's last datagrams had the same print a moment ago.
func (a *association) copied(p *packet, print uint32) bool {
	if p.Time-a.last >= int64(copyWithID) { // the last is longer ago than the 32 bits may tell
		return false
	}
	recent := &a.recent[p.side&1]
	for i := range recent {
		since := time.Duration(int32(micros(p.Time)-recent[i].time)) * time.Microsecond
		if recent[i].print == print && max(since, -since) < copyWithID {
			return true
		}
	}
	return false
}

// printOf is equal for copies of a datagram and hardly ever for others: whoever sends something again encrypts it
// anew, or counts it. The beginning shows that, but for a QUIC packet with a long header, which the highest bit marks: behind
// a Retry the connection IDs and the token fill the beginning, and the end may be zeros.
func printOf(p *packet) uint32 {
	h := uint64(p.Length)<<32 | uint64(p.Port[p.side&1])
	data := p.data()
	if len(data) > 0 && data[0]&0x80 == 0 {
		data = data[:min(len(data), 64)]
	}
	for ; len(data) >= 8; data = data[8:] {
		h = fold(h^binary.LittleEndian.Uint64(data), 0x9e3779b97f4a7c15)
	}
	for _, b := range data {
		h = h*31 + uint64(b)
	}
	return uint32(h ^ h>>32)
}

// icmpDatagram takes an ICMP error about a datagram. One that says that the destination is unreachable ends a
// connection whose server has not answered; later, one of the host itself, which says that nobody has the port any more: so
// it answers for a program that is gone, as with a RST over TCP.
func (t *Table) icmpDatagram(i uint32, p *packet) (first uint64) {
	if i == 0 {
		t.counts[StrayICMP]++
		return 0
	}
	a := t.udp.slab.at(i)
	a.last = max(a.last, p.Time)
	if a.handshake == nil {
		return a.first
	}
	e := p.icmpError(a.packets[p.side^1] == 0)
	by := a.endedBy(&e, p.side^1)
	if ends := by != Nobody && a.term.Kind == NotClosed; ends {
		a.term = Terminator{Event: p.at, By: by, Kind: CloseICMP}
		a.handshake.icmp = e
		a.incomplete |= a.lacks(p.side, p.Seq)
	} else if !a.handshake.icmp.Happened() {
		a.handshake.icmp = e
	}
	return a.first
}

// endedBy is who ended the connection, if an ICMP error about a datagram to the given side says that it is over.
func (a *association) endedBy(e *ICMPError, to Side) Side {
	switch {
	case e.Unreachable() && e.QuotesSYN:
		return Path
	case e.NoPort() && e.From == a.key.endpoint(to).Addr():
		return to
	}
	return Nobody
}

// revives reports whether a datagram shows that its sender, which an ICMP error had said could not be reached, is there.
func (a *association) revives(side Side) bool {
	return a.term.Kind == CloseICMP && (a.term.By == side || a.term.By == Path && a.packets[side] == 1)
}
