package tlswire

import "encoding/binary"

// Values is a list of 16-bit values as sent. Most are only compared with those of
// other hellos, for which they need not be decoded.
type Values []byte

// valuesOf is what there is of a list; of a last value that is only half there
// nothing is.
func valuesOf(b []byte) Values { return b[:len(b)&^1] }

// Len is how many values there are.
func (v Values) Len() int { return len(v) / 2 }

// At returns the i-th of them.
func (v Values) At(i int) uint16 { return binary.BigEndian.Uint16(v[2*i:]) }

// appendTo appends them to dst.
func (v Values) appendTo(dst []uint16) []uint16 { return appendUint16s(dst, []byte(v)) }

// withoutGREASE leaves out GREASE in first place: browsers put it there and
// nowhere else.
func (v Values) withoutGREASE() Values {
	if len(v) >= 2 && IsGREASE(v.At(0)) {
		return v[2:]
	}
	return v
}

// holds reports whether a value is among them. It looks at four at once.
func (v Values) holds(a uint16) bool {
	if len(v) < 8 {
		for i := range v.Len() {
			if v.At(i) == a {
				return true
			}
		}
		return false
	}
	const ones = 0x0001_0001_0001_0001
	found, last := uint64(0), binary.BigEndian.Uint64(v[len(v)-8:]) // overlaps with what is before where it must
	for ; len(v) > 8; v = v[8:] {
		found |= zeros(binary.BigEndian.Uint64(v) ^ uint64(a)*ones)
	}
	return found|zeros(last^uint64(a)*ones) != 0
}

// zeros is not 0 if one of the four values in x is.
func zeros(x uint64) uint64 {
	return (x - 0x0001_0001_0001_0001) & ^x & 0x8000_8000_8000_8000
}
