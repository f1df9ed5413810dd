package decode

import "encoding/binary"

// mpls takes a label stack (RFC 3032, Section 2.1). Nothing in it says what follows: an IP header if its first
// four bits look like one, an Ethernet frame behind a control word of zeros (RFC 4448, Section 4.6).
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
	if t := versionEther(h[0]); t != 0 {
		return w.ethertype(t)
	}
	if h = w.take(4); h == nil {
		return nil
	}
	if binary.BigEndian.Uint16(h) != 0 {
		return w.skip(UnknownTunnel)
	}
	return ethernet
}
