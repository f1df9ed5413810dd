package report

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// octets are the numbers of an IPv4 address in decimal, each with a dot behind it, the first digit in the lowest byte.
var octets = func() (t [256]uint32) {
	for n := range t {
		text := appendUint(nil, uint64(n))
		t[n] = '.' << (8 * len(text))
		for i, digit := range text {
			t[n] |= uint32(digit) << (8 * i)
		}
	}
	return t
}()

// appendAddr appends the plain text form of an address, nothing where it is not known.
func appendAddr(dst []byte, a netip.Addr) []byte {
	at := len(dst)
	switch {
	case !a.IsValid():
		return dst
	case !a.Is4() || cap(dst)-at < 16:
		return a.AppendTo(dst)
	}
	ip, b := a.As4(), dst[at:at+16]
	first, half := twoOctets(ip[0], ip[1])
	second, rest := twoOctets(ip[2], ip[3])
	binary.LittleEndian.PutUint64(b, first)
	binary.LittleEndian.PutUint64(b[half:], second)
	return dst[:at+half+rest-1] // without the last dot
}

// twoOctets are two of octets, one behind the other, and how many bytes they are. The dot is the highest of these: two bits
// above its highest one the next byte begins.
func twoOctets(a, b byte) (text uint64, length int) {
	text = uint64(octets[a])
	text |= uint64(octets[b]) << ((bits.Len64(text) + 2) & 63)
	return text, (bits.Len64(text) + 2) / 8
}
