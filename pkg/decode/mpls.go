package decode

import "encoding/binary"

// mpls takes a label stack (RFC 3032, Section 2.1). Nothing in it says what follows: an IP header if its first
// four bits look like one, or an Ethernet frame, behind a control word of zeros (RFC 4448, Section 4.6) or not: the two
// ends agreed on that. Addresses of frames that have none may look like an IP header too.
func mpls(w *walk) step {
	if !w.enter("mpls") {
		return nil
	}
	for bottom := false; !bottom; {
		h := w.take(4)
		if h == nil {
			return nil
		}
		bottom = h[2]&1 != 0
	}
	h := w.peek(1)
	if h == nil {
		return nil
	}
	rest, wire := w.rest(), w.wire-w.pos
	if t := versionEther(h[0]); t != 0 && (plausibleIP(rest, wire, minPayload) || ipInEthernet(rest, wire) == 0) {
		return w.ethertype(t)
	}
	if h = w.peek(4); h == nil {
		return nil
	}
	control := binary.BigEndian.Uint16(h) == 0
	switch {
	case announcesFrame(rest) && !(control && announcesFrame(rest[4:])):
		return ethernet
	case control:
		w.take(4)
		return ethernet
	}
	return w.skip(UnknownTunnel)
}

// announcesFrame reports whether the bytes are an Ethernet frame with an EtherType, not a length, and what that announces.
func announcesFrame(data []byte) bool {
	return plausibleEthernet(data) && binary.BigEndian.Uint16(data[12:]) >= etherMinimum
}

// portMPLS is where MPLS in UDP is sent to (RFC 7510, Section 3).
const portMPLS = 6635

func mplsInUDP(w *walk) step {
	if w.take(8) == nil {
		return nil
	}
	return mpls
}

// plausibleMPLS reports whether the bytes of a datagram, of which wire are on the wire, are a label stack and an IP packet
// that accounts for all that is left, or an Ethernet frame.
func plausibleMPLS(data []byte, wire int) bool {
	for at := 4; at <= len(data); at += 4 {
		if data[at-2]&1 == 0 {
			continue
		}
		frame := data[at:]
		return plausibleIP(frame, wire-at, 0) || announcesFrame(frame) || len(frame) > 4 &&
			binary.BigEndian.Uint16(frame) == 0 && announcesFrame(frame[4:])
	}
	return false
}
