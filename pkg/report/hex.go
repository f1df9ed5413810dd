package report

import (
	"encoding/binary"
	"slices"
)

const hexDigits = "0123456789abcdef"

// appendHex appends the lowest digits of v.
func appendHex(dst []byte, v uint32, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[v>>shift&15])
	}
	return dst
}

// hexPairs are the two digits of every byte, the first in the lower half.
var hexPairs = func() (pairs [256]uint16) {
	for b := range pairs {
		pairs[b] = uint16(hexDigits[b>>4]) | uint16(hexDigits[b&15])<<8
	}
	return pairs
}()

// appendHexBytes appends the digits of 16 bytes: all that a row has so are a digest and twice that of random.
func appendHexBytes(dst []byte, s *[16]byte) []byte {
	n := len(dst)
	dst = slices.Grow(dst, 32)[:n+32]
	d := (*[32]byte)(dst[n:])
	putHex((*[16]byte)(d[:16]), (*[8]byte)(s[:8]))
	putHex((*[16]byte)(d[16:]), (*[8]byte)(s[8:]))
	return dst
}

// putHex writes the digits of eight bytes, one after the other: a loop would cost as much again.
func putHex(d *[16]byte, s *[8]byte) {
	binary.LittleEndian.PutUint16(d[0:], hexPairs[s[0]])
	binary.LittleEndian.PutUint16(d[2:], hexPairs[s[1]])
	binary.LittleEndian.PutUint16(d[4:], hexPairs[s[2]])
	binary.LittleEndian.PutUint16(d[6:], hexPairs[s[3]])
	binary.LittleEndian.PutUint16(d[8:], hexPairs[s[4]])
	binary.LittleEndian.PutUint16(d[10:], hexPairs[s[5]])
	binary.LittleEndian.PutUint16(d[12:], hexPairs[s[6]])
	binary.LittleEndian.PutUint16(d[14:], hexPairs[s[7]])
}
