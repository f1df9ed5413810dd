package decode

import "encoding/binary"

// ERSPAN is Ethernet frames mirrored through GRE (draft-foschiano-erspan-03). Type I has no header of its own
// and shares its number with type II, which requires GRE's sequence number.
const (
	greERSPAN  = 0x88be // types I and II
	greERSPAN3 = 0x22eb
)

func erspan1(w *walk) step {
	if !w.enter("erspan") {
		return nil
	}
	return ethernet
}

func erspan2(w *walk) step {
	h := w.take(8)
	if h == nil || !w.enter("erspan") {
		return nil
	}
	if h[0]>>4 != 1 {
		return w.skip(UnknownTunnel)
	}
	return ethernet
}

func erspan3(w *walk) step {
	h := w.take(12)
	if h == nil || !w.enter("erspan") {
		return nil
	}
	bits := binary.BigEndian.Uint16(h[10:])
	if bits&1 != 0 && w.take(8) == nil { // a platform-specific header
		return nil
	}
	const ethernetFrame, ipPacket = 0, 2
	switch frameType := bits >> 10 & 0x1f; {
	case h[0]>>4 != 2:
	case frameType == ethernetFrame:
		return ethernet
	case frameType == ipPacket:
		return rawIP
	}
	return w.skip(UnknownTunnel)
}
