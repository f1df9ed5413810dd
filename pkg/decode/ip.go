package decode

import "encoding/binary"

// IP protocol numbers (Assigned Internet Protocol Numbers, IANA).
const (
	protoHopByHop    = 0
	protoICMPv4      = 1
	protoIPv4        = 4
	protoTCP         = 6
	protoUDP         = 17
	protoIPv6        = 41
	protoRouting     = 43
	protoFragment    = 44
	protoGRE         = 47
	protoESP         = 50
	protoAH          = 51
	protoICMPv6      = 58
	protoDestOptions = 60
	protoEtherIP     = 97
	protoL2TP        = 115 // version 3
	protoSCTP        = 132
	protoMobility    = 135
	protoHIP         = 139
	protoShim6       = 140
	protoMPLS        = 137
)

// ipHeader is what the layers above need of an IP header of either version.
type ipHeader struct {
	addr     int // arena offset of the source address, followed by the destination's
	v6       bool
	protocol uint8 // of what follows, behind any extension headers
	ttl      uint8
	id       uint16 // IPv4 Identification
	part     part
}

// part is what an IPv4 header or an IPv6 fragment header says of the fragment.
type part struct {
	id     uint32
	offset int // bytes
	more   bool
}

// whole reports whether there is nothing to reassemble. RFC 6946 calls an IPv6 one atomic.
func (p part) whole() bool { return p.offset == 0 && !p.more }

func ipv4(w *walk) step {
	if !w.readIPv4() {
		return nil
	}
	return w.network()
}

func ipv6(w *walk) step {
	if !w.readIPv6() {
		return nil
	}
	return w.network()
}

// network goes on with what a complete IP header announces.
func (w *walk) network() step {
	if !w.ip.part.whole() {
		return w.setAside()
	}
	return transport
}

// transport is the step behind the IP header, or behind a datagram that was put together again.
func transport(w *walk) step {
	switch w.ip.protocol {
	case protoTCP:
		return tcp
	case protoUDP:
		return udp
	case protoICMPv4, protoICMPv6:
		return icmp
	case protoIPv4, protoIPv6:
		return ipInIP
	case protoGRE:
		return gre
	case protoMPLS:
		return mpls
	case protoEtherIP:
		return etherIP
	case protoL2TP:
		return l2tp3
	case protoAH:
		return authentication
	case protoESP:
		return w.skip(Encrypted)
	case protoSCTP:
		return w.skip(SCTP)
	}
	return w.skip(OtherIP)
}

// readIPv4 takes an IPv4 header (RFC 791, Section 3.1). It reports false when it has ended the walk.
func (w *walk) readIPv4() bool {
	h := w.peek(20)
	if h == nil {
		return false
	}
	size, total := int(h[0]&0x0f)*4, int(binary.BigEndian.Uint16(h[2:]))
	if total == 0 || w.quote {
		// The kernel saw a packet that the hardware was to split (TSO), or one beyond 65535 bytes
		// (BIG TCP): it reaches as far as the packet does. So does a quote, whatever it says.
		total = w.wire - w.pos
	}
	if h[0]>>4 != 4 || size < 20 || total < size {
		w.skip(Malformed)
		return false
	}
	id, fragment := binary.BigEndian.Uint16(h[4:]), binary.BigEndian.Uint16(h[6:])
	w.ip = ipHeader{
		addr: w.pos + 12, protocol: h[9], ttl: h[8], id: id,
		part: part{id: uint32(id), offset: int(fragment&0x1fff) * 8, more: fragment&0x2000 != 0},
	}
	w.limit(total)
	return w.take(size) != nil
}
