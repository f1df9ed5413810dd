package decode

import "encoding/binary"

// Bits of the first two bytes of a GRE header (RFC 2784, Section 2; RFC 2890; RFC 2637, Section 4.1).
const (
	greChecksum = 0x8000
	greRouting  = 0x4000 // RFC 1701
	greKey      = 0x2000
	greSequence = 0x1000
	greAck      = 0x0080 // version 1
	greVersion  = 0x0007
)

func gre(w *walk) step {
	h := w.take(4)
	if h == nil || !w.enter("gre") {
		return nil
	}
	flags, protocol := binary.BigEndian.Uint16(h), binary.BigEndian.Uint16(h[2:])
	version := flags & greVersion
	if version > 1 || flags&greRouting != 0 || version == 1 && protocol != etherPPP {
		return w.skip(UnknownTunnel)
	}
	optional := 0
	for _, bit := range []uint16{greChecksum, greKey, greSequence} {
		if flags&bit != 0 {
			optional += 4
		}
	}
	if version == 1 && flags&greAck != 0 {
		optional += 4
	}
	if optional > 0 && w.take(optional) == nil {
		return nil
	}
	if version == 1 && flags&greSequence == 0 && w.pos == w.wire { // an acknowledgment alone, RFC 2637, Section 4.1
		return w.skip(OtherIP)
	}
	switch {
	case protocol == greERSPAN && flags&greSequence == 0:
		return erspan1
	case protocol == greERSPAN:
		return erspan2
	case protocol == greERSPAN3:
		return erspan3
	case protocol == greWCCP:
		return redirected
	}
	return w.ethertype(protocol)
}

// greWCCP announces an IPv4 packet that a router redirects to a proxy, behind a header of four bytes (version 2,
// draft-mclaggan-wccp-v2rev1) or not (version 1). Its first byte has two flags, and so is not that of an IPv4 header.
const greWCCP = 0x883e

func redirected(w *walk) step {
	const flags = 0xc0
	h := w.peek(1)
	if h == nil || h[0]&^flags == 0 && w.take(4) == nil {
		return nil
	}
	return ipv4
}
