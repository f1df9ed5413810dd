package decode

import "encoding/binary"

// udpMinimum is how much of a UDP header must have been captured for a segment: all but the checksum.
const udpMinimum = 6

func udp(w *walk) step {
	h := w.peek(udpMinimum)
	if h == nil {
		return nil
	}
	if w.wire-w.pos < 8 {
		return w.skip(Malformed)
	}
	src, dst := binary.BigEndian.Uint16(h), binary.BigEndian.Uint16(h[2:])
	switch n := int(binary.BigEndian.Uint16(h[4:])); {
	case n == 0: // a jumbogram (RFC 2675, Section 4), or a packet that the hardware was to split
	case n < 8 || n > w.wire-w.pos:
		return w.skip(Malformed)
	default:
		w.limit(n)
	}
	if next := w.udpTunnel(src, dst); next != nil {
		return next
	}
	s := w.segment()
	s.Bits |= BitUDP
	s.SetScale(0, false, w.p.Digits)
	s.SetEndpoints(w.out.Arena, uint32(w.ip.addr), w.ip.v6, src, dst)
	return w.emit(&s, 8)
}
