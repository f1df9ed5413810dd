package decode

import "encoding/binary"

// portL2TP is where L2TP tunnels are set up; their other end chooses its port (RFC 2661, Section 8.1).
const portL2TP = 1701

// Bits of the first two bytes of an L2TP header (RFC 2661, Section 3.1). Those of no name but l2tpPriority, which
// is of no account here, are the type, which is 0 for data, and reserved.
const (
	l2tpLength   = 0x4000
	l2tpSequence = 0x0800
	l2tpOffset   = 0x0200
	l2tpPriority = 0x0100
	l2tpVersion2 = 0x0002
)

func l2tp(w *walk) step {
	at, end := l2tpPayload(w.rest()[8:], w.wire-w.pos-8)
	w.limit(8 + end)
	if w.take(8+at) == nil || !w.enter("l2tp") {
		return nil
	}
	return ppp
}

// plausibleL2TP reports whether the bytes of a datagram, of which wire are on the wire, are an L2TP data message
// and PPP.
func plausibleL2TP(data []byte, wire int) bool {
	at, end := l2tpPayload(data, wire)
	return at > 0 && plausiblePPP(data[at:min(end, len(data))])
}

// l2tpPayload finds the PPP frame of a data message of which wire bytes are on the wire. It is at 0 where they
// are none, or where the header does not fit.
func l2tpPayload(data []byte, wire int) (at, end int) {
	if len(data) < 6 {
		return 0, 0
	}
	const known = l2tpLength | l2tpSequence | l2tpOffset | l2tpPriority
	flags := binary.BigEndian.Uint16(data)
	if flags&^known != l2tpVersion2 {
		return 0, 0
	}
	at, end = 2, wire
	if flags&l2tpLength != 0 {
		at, end = 4, int(binary.BigEndian.Uint16(data[2:]))
	}
	ids := at
	at += 4
	if flags&l2tpSequence != 0 {
		at += 4
	}
	if flags&l2tpOffset != 0 {
		if len(data) < at+2 {
			return 0, 0
		}
		at += 2 + int(binary.BigEndian.Uint16(data[at:]))
	}
	if end > wire || at >= end || at >= len(data) {
		return 0, 0
	}
	tunnel, session := binary.BigEndian.Uint16(data[ids:]), binary.BigEndian.Uint16(data[ids+2:])
	if tunnel == 0 || session == 0 { // of control messages only
		return 0, 0
	}
	return at, end
}
