package tlswire

import (
	"encoding/binary"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// vector8, vector16 and vector24 cut a vector with a length of one to three
// bytes from the start of s. Where s ends before the vector does, v is the part
// that is there, and rest is s.
func vector8(s cryptobyte.String) (v, rest cryptobyte.String, whole bool) {
	if len(s) < 1 {
		return nil, s, false
	}
	end := 1 + int(s[0])
	if end > len(s) {
		return s[1:], s, false
	}
	return s[1:end], s[end:], true
}

func vector16(s cryptobyte.String) (v, rest cryptobyte.String, whole bool) {
	if len(s) < 2 {
		return nil, s, false
	}
	end := 2 + int(binary.BigEndian.Uint16(s))
	if end > len(s) {
		return s[2:], s, false
	}
	return s[2:end], s[end:], true
}

func vector24(s cryptobyte.String) (v, rest cryptobyte.String, whole bool) {
	if len(s) < 3 {
		return nil, s, false
	}
	end := 3 + int(s[0])<<16 + int(binary.BigEndian.Uint16(s[1:]))
	if end > len(s) {
		return s[3:], s, false
	}
	return s[3:end], s[end:], true
}

// soleVector8 and soleVector16 return what is in the vector of which s consists,
// and false if s is cut or goes on behind it.
func soleVector8(s cryptobyte.String) (v cryptobyte.String, ok bool) {
	if len(s) < 1 || int(s[0]) != len(s)-1 {
		return nil, false
	}
	return s[1:], true
}

func soleVector16(s cryptobyte.String) (v cryptobyte.String, ok bool) {
	if len(s) < 2 || int(binary.BigEndian.Uint16(s)) != len(s)-2 {
		return nil, false
	}
	return s[2:], true
}

// appendUint16s decodes a list of 16-bit values, of which the last is dropped
// when it is only half there.
func appendUint16s(dst []uint16, list cryptobyte.String) []uint16 {
	dst = slices.Grow(dst, len(list)/2)
	for ; len(list) >= 2; list = list[2:] {
		dst = append(dst, binary.BigEndian.Uint16(list))
	}
	return dst
}
