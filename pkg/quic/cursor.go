package quic

import "golang.org/x/crypto/cryptobyte"

// cursor walks over a datagram.
type cursor struct {
	cryptobyte.String        // what is still to be read
	datagram          []byte // from its beginning
	beyond            int    // bytes that were on the wire and that the capture cut off
}

func newCursor(datagram []byte, wireLen int) cursor {
	return cursor{datagram, datagram, max(0, wireLen-len(datagram))}
}

// offset is where the cursor stands in the datagram.
func (c *cursor) offset() int { return len(c.datagram) - len(c.String) }

// left is how much of the datagram follows on the wire.
func (c *cursor) left() int { return len(c.String) + c.beyond }

// read takes n bytes, or as many as were captured. It reports false where the
// datagram was shorter on the wire.
func (c *cursor) read(n uint64, b *[]byte) bool {
	if n > uint64(c.left()) {
		return false
	}
	return c.ReadBytes(b, min(int(n), len(c.String)))
}

// readVarint reads a variable-length integer (RFC 9000, Section 16).
func readVarint(s *cryptobyte.String, v *uint64) bool {
	var first uint8
	if !s.ReadUint8(&first) {
		return false
	}
	*v = uint64(first & 0x3f)
	var rest []byte
	if !s.ReadBytes(&rest, 1<<(first>>6)-1) {
		return false
	}
	for _, b := range rest {
		*v = *v<<8 | uint64(b)
	}
	return true
}
