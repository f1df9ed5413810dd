package decode

import "encoding/binary"

// portTeredo is where Teredo servers listen and what they answer from (RFC 4380, Section 2.7).
const portTeredo = 3544

func teredo(w *walk) step {
	at, length := teredoPacket(w.rest()[8:], w.wire-w.pos-8)
	if w.take(8+at) == nil || !w.enter("teredo") {
		return nil
	}
	w.limit(length)
	return ipv6
}

func plausibleTeredo(data []byte, wire int) bool {
	_, length := teredoPacket(data, wire)
	return length > 0
}

// teredoPacket finds the IPv6 packet in the bytes of a datagram, of which wire are on the wire: behind an
// authentication header and an origin indication (RFC 4380, Section 5.1.1), either of which may be left out, and
// before trailers, if any. The packet must account for all that they leave. Its length is 0 where it does not.
func teredoPacket(data []byte, wire int) (at, length int) {
	if len(data) >= 4 && data[0] == 0 && data[1] == 1 {
		const nonceAndConfirmation = 8 + 1
		at = 4 + int(data[2]) + int(data[3]) + nonceAndConfirmation
	}
	if len(data) >= at+2 && data[at] == 0 && data[at+1] == 0 {
		at += 8
	}
	if len(data) < at+40 || versionEther(data[at]) != etherIPv6 {
		return 0, 0
	}
	length = 40 + int(binary.BigEndian.Uint16(data[at+4:]))
	if end := at + length; end == wire || end < len(data) && len(data) == wire && teredoTrailers(data[end:]) {
		return at, length
	}
	return 0, 0
}

// teredoTrailers reports whether the bytes are trailers, each with its type and the length of its value
// (RFC 6081, Section 4).
func teredoTrailers(data []byte) bool {
	const nonce, randomPort = 1, 5 // the lowest type and the highest
	for len(data) > 0 {
		if len(data) < 2 || data[0] < nonce || data[0] > randomPort || len(data) < 2+int(data[1]) {
			return false
		}
		data = data[2+int(data[1]):]
	}
	return true
}
