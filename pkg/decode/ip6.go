package decode

import "encoding/binary"

// readIPv6 takes an IPv6 header (RFC 8200, Section 3) and its extension headers. It reports false when it
// has ended the walk. It is not gopacket's, which takes the headers behind a fragment header for those of
// the first fragment, leaves padding in the payload, and refuses a length of 0.
func (w *walk) readIPv6() bool {
	h := w.take(40)
	if h == nil {
		return false
	}
	if h[0]>>4 != 6 {
		w.skip(Malformed)
		return false
	}
	w.ip = ipHeader{addr: w.pos - 32, v6: true, protocol: h[6], ttl: h[7]}
	// A length of 0 stands for a jumbogram (RFC 2675), or for a packet that the hardware was to split:
	// unless the jumbo payload option says otherwise it reaches as far as the packet does. So does a quote, whatever it says.
	length := int(binary.BigEndian.Uint16(h[4:]))
	if length > 0 && !w.quote {
		w.limit(length)
	}
	return w.extensions(length == 0 && !w.quote)
}

// extensions takes IPv6 extension headers up to one that is none, or to the fragment header of a packet
// that is not whole.
func (w *walk) extensions(jumbo bool) bool {
	for range maxExtensions {
		switch w.ip.protocol {
		case protoFragment:
			if !w.fragmentHeader() {
				return false
			}
			if !w.ip.part.whole() {
				return true
			}
		case protoHopByHop, protoRouting, protoDestOptions, protoMobility, protoHIP, protoShim6:
			h := w.extension(8, 8)
			switch {
			case h == nil, w.ip.protocol == protoHopByHop && jumbo && !w.jumbogram(h):
				return false
			case w.ip.protocol == protoRouting:
				w.finalDestination(h)
			}
			w.ip.protocol = h[0]
		case protoAH:
			h := w.extension(4, 8)
			if h == nil {
				return false
			}
			w.ip.protocol = h[0]
		default:
			return true
		}
	}
	w.skip(Malformed)
	return false
}

// extension takes a header whose second byte is its length in units, not counting its first few bytes.
func (w *walk) extension(unit, extra int) []byte {
	h := w.peek(2)
	if h == nil {
		return nil
	}
	return w.take(int(h[1])*unit + extra)
}

// authentication takes an Authentication Header (RFC 4302, Section 2) behind IPv4.
func authentication(w *walk) step {
	h := w.extension(4, 8)
	if h == nil {
		return nil
	}
	w.ip.protocol = h[0]
	if h[0] == protoAH {
		return w.skip(Malformed)
	}
	return transport
}

// fragmentHeader takes a fragment header (RFC 8200, Section 4.5).
func (w *walk) fragmentHeader() bool {
	h := w.take(8)
	if h == nil {
		return false
	}
	offset := binary.BigEndian.Uint16(h[2:])
	w.ip.protocol = h[0]
	w.ip.part = part{id: binary.BigEndian.Uint32(h[4:]), offset: int(offset &^ 7), more: offset&1 != 0}
	return true
}

// jumbogram has the packet reach as far as its hop-by-hop options say, which were just taken, if they do.
func (w *walk) jumbogram(h []byte) bool {
	n, ok := jumboLength(h[2:])
	switch {
	case !ok:
		return true
	case n < len(h):
		w.skip(Malformed)
		return false
	}
	w.limit(n - len(h))
	return true
}

// jumboLength finds the jumbo payload option (RFC 2675, Section 2) among hop-by-hop options.
func jumboLength(o []byte) (n int, ok bool) {
	for len(o) > 0 {
		if o[0] == 0 { // Pad1
			o = o[1:]
			continue
		}
		if len(o) < 2 || len(o) < 2+int(o[1]) {
			return 0, false
		}
		if o[0] == 0xc2 && o[1] == 4 {
			return int(binary.BigEndian.Uint32(o[2:])), true
		}
		o = o[2+int(o[1]):]
	}
	return 0, false
}

// Routing types whose header holds the address of the packet's final destination (Internet Protocol
// Version 6 Parameters, IANA).
const (
	routingSource   = 0 // RFC 2460, deprecated by RFC 5095: the last address
	routingMobile   = 2 // RFC 6275, Section 6.4: the only address
	routingSegments = 4 // RFC 8754, Section 2: the first segment is the last to visit
)

// finalDestination replaces the destination by the one behind the segments that are left to visit, so that
// the packets of a connection meet wherever on the path they were captured.
func (w *walk) finalDestination(h []byte) {
	addresses := (len(h) - 8) / 16
	left := int(h[3])
	if left == 0 || addresses == 0 {
		return
	}
	at := 8
	switch h[2] {
	case routingSource:
		if left > addresses {
			return
		}
		at += 16 * (addresses - 1)
	case routingMobile, routingSegments:
	default:
		return
	}
	w.out.reserve(32)
	arena := w.out.Arena
	source := arena[w.ip.addr : w.ip.addr+16]
	w.ip.addr = len(arena)
	w.out.Arena = append(append(arena, source...), h[at:at+16]...)
}
