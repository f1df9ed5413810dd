package diagnosis

import (
	"encoding/binary"
	"net/netip"
)

// hashMul is an odd constant with well-mixed bits; seeds keep the kinds of keys apart. They are fixed, because
// which keys a full tally keeps must not differ from run to run.
const (
	hashMul = 0xd6e8feb86659fd93

	seedEndpoint = 0x9e3779b97f4a7c15
	seedAddress  = 0xbf58476d1ce4e5b9
	seedName     = 0x94d049bb133111eb
	seedClient   = 0xda942042e4dd58b5
	seedSequence = 0xa0761d6478bd642f
	seedOnward   = 0xe7037ed1a0b428db
	seedHeader   = 0x2127599bf4325c37
	seedLeg      = 0x8ebc6af09c88c6e3
	seedEnds     = 0x589965cc75374cc3
	seedNumber   = 0x4cf5ad432745937f
	seedHello    = 0x1d8e4e27c47d124f
	seedAstray   = 0xeb44accab455d165
)

func mix(h, v uint64) uint64 {
	h = (h ^ v) * hashMul
	return h ^ h>>32
}

func mixAddr(h uint64, a netip.Addr) uint64 {
	b := a.As16()
	return mix(mix(h, binary.BigEndian.Uint64(b[:8])), binary.BigEndian.Uint64(b[8:]))
}

func mixBool(h uint64, b bool) uint64 {
	if b {
		return mix(h, 1)
	}
	return mix(h, 2)
}

// mixName hashes a name as DNS compares it: without regard to the case of ASCII letters (RFC 4343).
func mixName(name string) uint64 {
	h := mix(seedName, uint64(len(name)))
	if len(name) < 8 {
		var last uint64
		for i := range len(name) {
			last = last<<8 | uint64(name[i])
		}
		return mix(h, lower8(last))
	}
	for at := 8; at < len(name); at += 8 {
		h = mix(h, lower8(binary.LittleEndian.Uint64([]byte(name[at-8:at]))))
	}
	last := name[len(name)-8:] // of which some come again: cheaper than to take them one by one
	return mix(h, lower8(binary.LittleEndian.Uint64([]byte(last))))
}

// lower8 makes lower-case letters of the upper-case ones among eight bytes of ASCII: it marks in the highest bit of
// each byte whether that is at least A, and not beyond Z, and not above 0x7f.
func lower8(v uint64) uint64 {
	const each, high = 0x0101010101010101, 0x8080808080808080
	low := v &^ high
	marks := (low + (0x80-'A')*each) &^ (low + (0x80-'Z'-1)*each) &^ v & high
	return v | marks>>2
}

// finish makes the high bits, which decide what a full tally keeps, as good as the low ones, which place a key.
func finish(h uint64) uint64 {
	h = mix(mix(h, hashMul), h>>29)
	if h == 0 {
		return 1 // 0 marks a free slot
	}
	return h
}
