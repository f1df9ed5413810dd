package decode

import "encoding/binary"

// portGTP is where GTP-U is sent to (3GPP TS 29.281, Section 4.4.2).
const portGTP = 2152

// Parts of the GTP-U header (3GPP TS 29.281, Section 5.1).
const (
	gtpVersion1 = 0x30 // version 1, protocol type GTP
	gtpOptional = 0x07 // any of these bits: four more bytes
	gtpNext     = 0x04 // the last of which announces an extension header
	gtpPacket   = 255  // message type: a user's packet
)

func gtp(w *walk) step {
	h := w.take(8 + 8)
	if h == nil || !w.enter("gtp") {
		return nil
	}
	flags := h[8]
	w.limit(int(binary.BigEndian.Uint16(h[10:])))
	if flags&gtpOptional == 0 {
		return rawIP
	}
	if h = w.take(4); h == nil {
		return nil
	}
	for next := h[3]; flags&gtpNext != 0 && next != 0; next = h[len(h)-1] {
		if h = w.peek(1); h == nil {
			return nil
		}
		if h[0] == 0 {
			return w.skip(Malformed)
		}
		if h = w.take(int(h[0]) * 4); h == nil {
			return nil
		}
	}
	return rawIP
}

// plausibleGTP reports whether the bytes of a datagram, of which wire are on the wire, are a GTP-U header that
// accounts for all of them, and, where it has no options, an IP packet.
func plausibleGTP(data []byte, wire int) bool {
	if len(data) < 9 || data[0]&^gtpOptional != gtpVersion1 || data[1] != gtpPacket {
		return false
	}
	if int(binary.BigEndian.Uint16(data[2:])) != wire-8 {
		return false
	}
	return data[0]&gtpOptional != 0 || versionEther(data[8]) != 0
}
