package quic

// Bits of the first byte of a packet (RFC 8999, Section 5.1; RFC 9000, Section
// 17).
const (
	bitLong      = 0x80
	bitFixed     = 0x40
	bitsReserved = 0x0c // of a long header, encrypted
	bitsNumber   = 0x03 // length of the packet number less one, encrypted
)

// packet is a packet with a long header. Slices alias the datagram.
type packet struct {
	first       uint8
	version     uint32
	typ         packetType // valid unless the version is versionNegotiation
	destination []byte
	source      []byte

	start  int    // offset in the datagram
	header []byte // up to the packet number, which Retry and Version Negotiation have none of
	length int    // of what follows the header on the wire, in bytes
	body   []byte // of that, what was captured
}

// whole reports whether all of the packet was captured.
func (p *packet) whole() bool { return len(p.body) == p.length }

// size is the length of the packet on the wire in bytes.
func (p *packet) size() int { return len(p.header) + p.length }

// readLong takes the packet with a long header at the cursor. Where it reports a
// reason, what follows in the datagram cannot be found.
func (p *packet) readLong(c *cursor) Reason {
	p.start = c.offset()
	if reason := p.readInvariant(c); reason != 0 {
		return reason
	}
	var token, length uint64
	var skipped []byte
	switch {
	case p.version == versionNegotiation, p.typ == typeRetry:
		length = uint64(c.left()) // they have no length and end with the datagram
	case p.typ == typeInitial && (!readVarint(&c.String, &token) || !c.read(token, &skipped)):
		return lacking(c)
	case !readVarint(&c.String, &length):
		return lacking(c)
	}
	p.header = c.datagram[p.start:c.offset()]
	p.length = int(min(length, uint64(c.left())))
	if uint64(p.length) < length {
		return ReasonMalformed
	}
	c.read(length, &p.body)
	return 0
}

// readInvariant reads the part of the header that all versions share (RFC 8999,
// Section 5.1).
func (p *packet) readInvariant(c *cursor) Reason {
	if !c.ReadUint8(&p.first) || !c.ReadUint32(&p.version) {
		return lacking(c)
	}
	p.typ = typeOf(p.first, p.version)
	if reason := p.readID(c, &p.destination); reason != 0 {
		return reason
	}
	if reason := p.readID(c, &p.source); reason != 0 {
		return reason
	}
	if p.foreign() {
		return ReasonVersion
	}
	return 0
}

// foreign reports whether the packet is of a version that is not read.
func (p *packet) foreign() bool {
	return p.version != versionNegotiation && protectionOf(p.version) == nil
}

func (p *packet) readID(c *cursor, id *[]byte) Reason {
	var n uint8
	if !c.ReadUint8(&n) || !c.ReadBytes(id, int(n)) {
		return lacking(c)
	}
	if n > maxConnectionID && p.version != versionNegotiation && !p.foreign() {
		return ReasonMalformed
	}
	return 0
}

// lacking is the failure of a header that ends within a field.
func lacking(c *cursor) Reason {
	if c.beyond > 0 {
		return ReasonTruncated
	}
	return ReasonMalformed
}

// LooksLikeInitial reports whether a datagram begins with an Initial packet of a
// version that is read, of either side, and so may open a connection. wireLen is
// the length that the datagram had before the capture cut it, in bytes. The 1200
// bytes to which a client must pad its datagram are not asked for: one that does
// not is ignored by the server, and that is worth seeing.
func LooksLikeInitial(datagram []byte, wireLen int) bool {
	c := newCursor(datagram, wireLen)
	var p packet
	reason := p.readLong(&c)
	if reason != 0 && reason != ReasonTruncated {
		return false
	}
	return p.first&bitLong != 0 && p.first&bitFixed != 0 && protectionOf(p.version) != nil && p.typ == typeInitial &&
		(reason == ReasonTruncated || p.length >= minPayload)
}
