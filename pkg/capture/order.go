package capture

import (
	"encoding/binary"
	"math/bits"
)

// byteOrder is the byte order of a file or section. It is a flag and not a binary.ByteOrder because the
// calls through that interface would cost more than the rest of the framing.
type byteOrder bool

const (
	littleEndian byteOrder = false
	bigEndian    byteOrder = true
)

func (o byteOrder) uint16(p []byte) uint16 {
	v := binary.LittleEndian.Uint16(p)
	if o == bigEndian {
		v = bits.ReverseBytes16(v)
	}
	return v
}

func (o byteOrder) uint32(p []byte) uint32 {
	v := binary.LittleEndian.Uint32(p)
	if o == bigEndian {
		v = bits.ReverseBytes32(v)
	}
	return v
}

func (o byteOrder) uint64(p []byte) uint64 {
	v := binary.LittleEndian.Uint64(p)
	if o == bigEndian {
		v = bits.ReverseBytes64(v)
	}
	return v
}
