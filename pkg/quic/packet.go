package quic

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// shortMinLen is the length of the shortest 1-RTT packet in bytes, and of the
// shortest stateless reset (RFC 9000, Section 10.3).
const shortMinLen = 21

// packet takes the next packet of a datagram. It reports false where nothing
// more of the datagram can be read.
func (c *Conn) packet(d *delivery) bool {
	var first uint8
	peek := d.String
	if peek.ReadUint8(&first); first&bitLong == 0 {
		c.short(d, first)
		return false
	}
	var p packet
	if reason := p.readLong(&d.cursor); reason != 0 {
		c.unreadLong(d, &p, reason)
		return false
	}
	if p.first&bitFixed == 0 && p.version != versionNegotiation {
		c.sides[d.side].greases = true
	}
	switch {
	case p.version == versionNegotiation:
		c.negotiation(d, &p)
	case p.typ == typeRetry:
		c.retry(d, &p)
	case p.typ == typeInitial:
		c.initial(d, &p)
	case c.stray(d.side, &p):
		c.reject(d, &p, ReasonStray)
	case p.typ == typeZeroRTT:
		d.emit(c.prepare(d, KindZeroRTT, p.version, p.size()))
	default:
		c.sides[d.side].handshake = true
		d.parcel.handshake += p.length
		e := c.prepare(d, KindHandshake, p.version, p.size())
		e.Bare = p.length < finishedLeast
		d.emit(e)
	}
	if !p.whole() {
		c.unread(d, ReasonTruncated)
		return false
	}
	return true
}

// unreadLong reports a packet with a long header that cannot be read, for that reason, and with it the rest of the datagram.
func (c *Conn) unreadLong(d *delivery, p *packet, reason Reason) {
	d.String = d.datagram[p.start:]
	if begunAnew := c.refused && d.side == c.client; reason == ReasonVersion && !begunAnew && c.stray(d.side, p) {
		reason = ReasonStray
	}
	e := c.prepare(d, KindUnread, 0, d.left())
	if e.Reason = reason; reason == ReasonVersion {
		e.Version = p.version
	}
	d.emit(e)
}

// reject reports a packet that was taken and not read.
func (c *Conn) reject(d *delivery, p *packet, reason Reason) {
	e := c.prepare(d, KindUnread, p.version, p.size())
	e.Reason = reason
	d.emit(e)
}

// stray reports whether a packet has the connection IDs of another connection.
func (c *Conn) stray(side Side, p *packet) bool {
	if !c.known {
		return false
	}
	if side == c.client {
		return idOf(p.source) != c.ids.client
	}
	return idOf(p.destination) != c.ids.client
}

// negotiation takes a Version Negotiation packet (RFC 9000, Section 17.2.1). One
// that does not repeat the connection IDs of the client's Initial is stray.
func (c *Conn) negotiation(d *delivery, p *packet) {
	switch {
	case c.known && (d.side == c.client || idOf(p.destination) != c.ids.client || !c.addressed(p.source)):
		c.reject(d, p, ReasonStray)
		return
	case p.length == 0 || p.length%4 != 0:
		c.reject(d, p, ReasonMalformed)
		return
	}
	c.refused = c.refused || c.known
	e := c.prepare(d, KindVersionNegotiation, 0, p.size())
	e.Versions = c.versions[:0]
	for b := p.body; len(b) >= 4 && len(e.Versions) < maxVersions; b = b[4:] {
		e.Versions = append(e.Versions, binary.BigEndian.Uint32(b))
	}
	d.emit(e)
}

// addressed reports whether the client sent Initials to a connection ID.
func (c *Conn) addressed(id []byte) bool {
	for i := range c.keys.sets[:c.keys.n] {
		s := &c.keys.sets[i].destination
		if bytes.Equal(s.b[:s.n], id) {
			return true
		}
	}
	return false
}

// retry takes a Retry packet (RFC 9000, Section 17.2.5): a token and an integrity
// tag. A client obeys one alone, and none after an Initial of the server.
func (c *Conn) retry(d *delivery, p *packet) {
	switch {
	case c.known && (d.side == c.client || idOf(p.destination) != c.ids.client):
		c.reject(d, p, ReasonStray)
		return
	case p.length <= tagLen:
		c.reject(d, p, ReasonMalformed)
		return
	}
	if !c.ids.retried {
		c.ids.retry, c.ids.retried = idOf(p.source), true
	}
	d.emit(c.prepare(d, KindRetry, p.version, p.size()))
}

// short takes what follows in a datagram and has no long header. The fixed bit
// may be left out of 1-RTT packets where both sides agreed to that in the
// handshake (RFC 9287). Behind another packet there may be padding, though QUIC
// provides none, but not of a side that left the bit out of its other packets.
func (c *Conn) short(d *delivery, first uint8) {
	s := &c.sides[d.side]
	alone := d.offset() == 0
	fixed := first&bitFixed != 0 || s.handshake && (alone || s.greases)
	switch {
	case !alone && len(bytes.Trim(d.String, "\x00")) == 0:
		if d.beyond > 0 {
			c.unread(d, ReasonTruncated)
		}
		return
	case !fixed || d.left() < shortMinLen:
		c.unread(d, ReasonNotQUIC)
		return
	}
	e := c.prepare(d, KindShort, 0, d.left())
	e.ResetLike = c.newAddress(d) && alone
	d.parcel.short = d.left() - 1
	c.advance(d.side, alone)
	d.emit(e)
	if d.beyond > 0 {
		c.unread(d, ReasonTruncated)
	}
}

// newAddress notes the connection ID that a 1-RTT packet is for, taken to be as
// long as that which the receiver chose in the handshake, and reports whether the
// sender has not used it before.
func (c *Conn) newAddress(d *delivery) bool {
	chosen := &c.ids.client
	if d.side == c.client {
		chosen = &c.ids.server
	}
	var b []byte
	peek := d.String
	if !c.known || chosen.n == 0 || !peek.Skip(1) || !peek.ReadBytes(&b, int(chosen.n)) {
		return false
	}
	id, s := idOf(b), &c.sides[d.side]
	if id == *chosen || slices.Contains(s.used[:], id) {
		return false
	}
	copy(s.used[1:], s.used[:])
	s.used[0] = id
	return true
}

// advance notes a 1-RTT packet, which may be alone in its datagram, for
// Established.
func (c *Conn) advance(side Side, alone bool) {
	if !c.known || side != c.client && !alone {
		return
	}
	client, server := &c.sides[c.client], &c.sides[1-c.client]
	if client.handshake && server.handshake {
		c.sides[side].short = true
	}
	c.through = client.short && server.short
}
