package decode

import "encoding/binary"

// ICMP and ICMPv6 messages that quote the packet they complain about (RFC 792; RFC 4443, Section 2.1).
const (
	icmpUnreachable   = 3
	icmpFragNeeded    = 4 // code of icmpUnreachable
	icmpSourceQuench  = 4
	icmpTimeExceeded  = 11
	icmpParameter     = 12
	icmp6Unreachable  = 1
	icmp6TooBig       = 2
	icmp6TimeExceeded = 3
	icmp6Parameter    = 4
)

// icmp turns an error that quotes TCP or UDP into a segment of the connection that it speaks of.
func icmp(w *walk) step {
	if w.ip.v6 != (w.ip.protocol == protoICMPv6) {
		return w.skip(OtherIP)
	}
	h := w.peek(2)
	if h == nil {
		return nil
	}
	if !quotes(w.ip.v6, h[0]) {
		return w.skip(ICMP)
	}
	if h = w.take(8); h == nil {
		return nil
	}
	s := w.segment()
	s.Bits, s.Flags, s.Window = s.Bits|BitICMP, TCPFlags(h[0]), uint16(h[1])
	s.Ack = uint32(w.ip.addr)
	s.MSS = nextHopMTU(w.ip.v6, h)
	return w.quoted(&s)
}

// quotes reports whether messages of the type quote a packet.
func quotes(v6 bool, kind uint8) bool {
	if v6 {
		return kind >= icmp6Unreachable && kind <= icmp6Parameter
	}
	return kind == icmpUnreachable || kind == icmpSourceQuench || kind == icmpTimeExceeded || kind == icmpParameter
}

// nextHopMTU is what a "too big" message says (RFC 1191, Section 4; RFC 4443, Section 3.2), at most 65535;
// 0 for other messages.
func nextHopMTU(v6 bool, h []byte) uint16 {
	switch {
	case v6 && h[0] == icmp6TooBig:
		return uint16(min(binary.BigEndian.Uint32(h[4:]), 0xffff))
	case !v6 && h[0] == icmpUnreachable && h[1] == icmpFragNeeded:
		return binary.BigEndian.Uint16(h[6:])
	}
	return 0
}

// quoted reads the packet that an error quotes, up to the eight bytes of transport header that hold the
// ports and, of TCP, the sequence number, of UDP the length, which stands for it. Routers quote what they like: less
// than that is no fault, and the lengths in the quoted headers are not those of the quote.
func (w *walk) quoted(s *Segment) step {
	w.quote = true
	read := w.readIPv4
	if w.ip.v6 {
		read = w.readIPv6
	}
	if !read() {
		return nil
	}
	if w.ip.part.offset > 0 || w.ip.protocol != protoTCP && w.ip.protocol != protoUDP {
		return w.skip(ICMP)
	}
	h := w.peek(8)
	if h == nil {
		return nil
	}
	if w.ip.protocol == protoUDP {
		s.Bits |= BitUDP
		s.Seq = uint32(binary.BigEndian.Uint16(h[4:]))
	} else {
		s.Seq = binary.BigEndian.Uint32(h[4:])
	}
	s.SetScale(0, false, w.p.Digits)
	s.SetEndpoints(w.out.Arena, uint32(w.ip.addr), w.ip.v6, binary.BigEndian.Uint16(h), binary.BigEndian.Uint16(h[2:]))
	w.pos = w.end
	w.wire = w.end
	return w.emit(s, 0)
}
