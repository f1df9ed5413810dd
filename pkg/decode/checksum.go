package decode

import "encoding/binary"

// Garbled reports whether a TCP segment bears a wrong checksum (RFC 9293, Section 3.1), for which its receiver drops it. It is asked of
// few, since every byte has to be looked at, and says so only of what was captured whole right behind an IPv4 header without options
// whose own checksum holds: where somebody changed addresses after the capture, neither does. What a host leaves to its network card
// has the sum of the pseudo-header in the place of the checksum, with the length or without, or the complement, or nothing, and is well.
func (s *Segment) Garbled(arena []byte) bool {
	const most = 60 // bytes of a TCP header
	if s.Bits&(BitIPv6|BitUDP|BitICMP) != 0 || s.Captured != s.Length || uint64(s.Payload)+uint64(s.Length) > uint64(len(arena)) {
		return false
	}
	for n := uint32(tcpHeader); n <= most && s.Payload >= ipv4Header+n; n += 4 {
		at := s.Payload - n
		if ip := arena[at-ipv4Header : at]; s.follows(ip, n) && int(arena[at+12]>>4)*4 == int(n) && fold16(sum16(ip)) == 0xffff {
			return wrongSum(ip, arena[at:s.Payload+s.Length])
		}
	}
	return false
}

// follows reports whether an IPv4 header is the segment's, whose TCP header has so many bytes.
func (s *Segment) follows(ip []byte, header uint32) bool {
	me := s.Side()
	return ip[0] == 0x45 && ip[9] == protoTCP && uint32(binary.BigEndian.Uint16(ip[2:])) == ipv4Header+header+s.Length &&
		binary.BigEndian.Uint32(ip[12:]) == s.Addr[me] && binary.BigEndian.Uint32(ip[16:]) == s.Addr[me^1]
}

// wrongSum reports whether the checksum of a segment is wrong, and none that a network card is to fill in.
func wrongSum(ip, tcp []byte) bool {
	addrs := sum16(ip[12:20]) + protoTCP
	pseudo := addrs + uint64(len(tcp))
	switch check := binary.BigEndian.Uint16(tcp[16:]); check {
	case 0, fold16(addrs), fold16(pseudo), ^fold16(addrs), ^fold16(pseudo):
		return false
	}
	return fold16(pseudo+sum16(tcp)) != 0xffff
}

// sum16 adds the 16-bit words of b, four bytes at a time (RFC 1071, Section 2).
func sum16(b []byte) (sum uint64) {
	for ; len(b) >= 4; b = b[4:] {
		sum += uint64(binary.BigEndian.Uint32(b))
	}
	var last [4]byte
	copy(last[:], b)
	return sum + uint64(binary.BigEndian.Uint32(last[:]))
}

// fold16 carries what does not fit into 16 bits.
func fold16(sum uint64) uint16 {
	for sum>>16 != 0 {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}
