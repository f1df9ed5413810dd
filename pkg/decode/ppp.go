package decode

import "encoding/binary"

// PPP protocols (Point-to-Point Protocol Field Assignments, IANA).
const (
	pppIPv4   = 0x0021
	pppIPv6   = 0x0057
	pppMPLS   = 0x0281
	pppIPCP   = 0x8021
	pppIPV6CP = 0x8057
	pppCCP    = 0x80fd
	pppLCP    = 0xc021
	pppPAP    = 0xc023
	pppCHAP   = 0xc223
)

// pppoe takes the header of a PPPoE session packet (RFC 2516, Section 4). What comes after its length is padding.
func pppoe(w *walk) step {
	h := w.take(6)
	if h == nil || !w.enter("pppoe") {
		return nil
	}
	n := int(binary.BigEndian.Uint16(h[4:]))
	if h[0] != 0x11 || h[1] != 0 || n > w.wire-w.pos {
		return w.skip(Malformed)
	}
	w.limit(n)
	return pppProtocol
}

// pppInGRE is PPP in a tunnel (RFC 2637).
func pppInGRE(w *walk) step {
	if !w.enter("ppp") {
		return nil
	}
	return ppp
}

// ppp takes the header of a PPP frame in HDLC-like framing (RFC 1662, Section 3.1), whose address and control
// fields may have been left out. Serial lines that speak Cisco's HDLC (RFC 1547, Section 4.3.1) are captured under
// the same link types: its addresses are no protocols of PPP.
func ppp(w *walk) step {
	h := w.peek(2)
	switch {
	case h == nil:
		return nil
	case (h[0] == 0x0f || h[0] == 0x8f) && h[1] == 0x00: // unicast, multicast
		return ciscoHDLC
	case h[0] == 0xff && h[1] == 0x03:
		w.pos += 2
	}
	return pppProtocol
}

// pppd takes the header of a PPP frame as pppd sees it, in which the address field says which way the frame went
// (https://www.tcpdump.org/linktypes/LINKTYPE_PPP_PPPD.html).
func pppd(w *walk) step {
	if w.take(1) == nil {
		return nil
	}
	if h := w.rest(); len(h) > 0 && h[0] == 0x03 { // the control field, which like in tcpdump may be left out
		w.pos++
	}
	return pppProtocol
}

// pppProtocol takes the protocol field, which may be compressed to one byte (RFC 1661, Sections 2 and 6.5).
func pppProtocol(w *walk) step {
	h := w.take(1)
	if h == nil {
		return nil
	}
	protocol := uint16(h[0])
	if protocol&1 == 0 {
		if h = w.take(1); h == nil {
			return nil
		}
		protocol = protocol<<8 | uint16(h[0])
	}
	switch protocol {
	case pppIPv4:
		return ipv4
	case pppIPv6:
		return ipv6
	case pppMPLS:
		return mpls
	}
	return w.skip(NotIP)
}

// ciscoHDLC takes address, control and an EtherType.
func ciscoHDLC(w *walk) step {
	h := w.take(4)
	if h == nil {
		return nil
	}
	return w.ethertype(binary.BigEndian.Uint16(h[2:]))
}

// plausiblePPP reports whether the bytes are a PPP frame, with or without address and control fields, of IP, MPLS,
// or one of the protocols that set up a link.
func plausiblePPP(frame []byte) bool {
	if len(frame) >= 2 && frame[0] == 0xff && frame[1] == 0x03 {
		frame = frame[2:]
	}
	if len(frame) >= 2 && (frame[0] == pppIPv4 || frame[0] == pppIPv6) { // compressed
		return plausiblePPPData(uint16(frame[0]), frame[1])
	}
	return len(frame) >= 3 && plausiblePPPData(binary.BigEndian.Uint16(frame), frame[2])
}

// plausiblePPPData reports whether the protocol is known and, if it is IP, begins with such a byte.
func plausiblePPPData(protocol uint16, first byte) bool {
	switch protocol {
	case pppIPv4:
		return versionEther(first) == etherIPv4
	case pppIPv6:
		return versionEther(first) == etherIPv6
	case pppMPLS, pppIPCP, pppIPV6CP, pppCCP, pppLCP, pppPAP, pppCHAP:
		return true
	}
	return false
}
