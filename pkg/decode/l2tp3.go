package decode

import "encoding/binary"

// maxCookie is what may stand between the session's ID and the payload: a cookie of 4 or 8 bytes and a sublayer of
// 4 (RFC 3931, Sections 4.1 and 4.6). What of it there is the two ends agreed on and no packet says.
const maxCookie = 8 + 4

// l2tp3 takes an L2TPv3 message over IP (RFC 3931, Section 4.1.1). A session 0 is for control messages. Of the
// others, those are followed that hold an IP packet, bare or in an Ethernet frame, in only one place.
func l2tp3(w *walk) step {
	h := w.peek(4)
	switch {
	case h == nil:
		return nil
	case binary.BigEndian.Uint32(h) == 0:
		return w.skip(OtherIP)
	}
	size, next := l2tp3Payload(w.rest()[4:], w.wire-w.pos-4)
	if next == nil {
		return w.skip(UnknownTunnel)
	}
	if w.take(4+size) == nil || !w.enter("l2tp") {
		return nil
	}
	return next
}

// l2tp3Payload returns how long the cookie must be for a payload to make sense, and the step into that payload; nil
// if there is none, or another one would find another IP packet. A frame with a VLAN tag is also one without
// that has a longer cookie: they find the same packet, and the tag is the better explanation.
func l2tp3Payload(data []byte, wire int) (size int, next step) {
	packet := 0
	for cookie := 0; cookie <= maxCookie && cookie < len(data); cookie += 4 {
		at, found := cookie, step(rawIP)
		if !plausibleIP(data[at:], wire-at, 0) {
			at, found = cookie+ipInEthernet(data[cookie:], wire-cookie), ethernet
			if at == cookie {
				continue
			}
		}
		switch {
		case next == nil:
			size, next, packet = cookie, found, at
		case packet != at:
			return 0, nil
		}
	}
	return size, next
}
