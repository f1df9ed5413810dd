package flow

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// print is what is remembered of a segment's bytes, to notice that a later segment disagrees about one of them.
type print struct {
	from, to uint32 // stream offsets: only what begins within streamLimit is remembered
	sum      uint32
	head     [printHead]byte // its first bytes, as many as it has
}

func (p *print) span() span { return span{uint64(p.from), uint64(p.to)} }

// printHead is how many bytes are remembered as they are: two segments that race for the same place in the
// stream differ in them if one is a TLS record and the other is not, or the status of a response.
const printHead = 8

// printSum is how many bytes the sum is of: what is sent in the place of something else differs from it long before,
// in the random of a hello or the status of a response, and most of the packet is in no cache.
const printSum = 64

// sumOf is the sum of the first bytes of a segment.
func sumOf(data []byte) uint32 {
	if len(data) >= printSum {
		return sumOfMost((*[printSum]byte)(data))
	}
	sum := uint64(len(data))
	for ; len(data) >= 8; data = data[8:] {
		sum = mixSum(sum, binary.LittleEndian.Uint64(data))
	}
	var last uint64
	for _, b := range data {
		last = last<<8 | uint64(b)
	}
	return uint32(mixSum(sum, last))
}

// sumOfMost is sumOf for a segment that is long enough: of each sixteen bytes apart from the others, so that no product
// waits for another.
func sumOfMost(data *[printSum]byte) uint32 {
	return uint32(mixPair(data[:], 0x2545f4914f6cdd1d) + mixPair(data[16:], 0xd6e8feb86659fd93) +
		mixPair(data[32:], 0xa0761d6478bd642f) + mixPair(data[48:], 0xe7037ed1a0b428db))
}

// mixPair is the sum of sixteen bytes, with a number that tells their place.
func mixPair(data []byte, place uint64) uint64 {
	high, low := bits.Mul64(binary.LittleEndian.Uint64(data)^place, binary.LittleEndian.Uint64(data[8:])^sumMul)
	return high ^ low
}

// sumMul is an odd number with well-mixed bits.
const sumMul = 0x9e3779b97f4a7c15

// mixSum takes eight more bytes into a sum. What sums up alike may be made up, but whoever forges a segment does not know
// what the other one will be.
func mixSum(sum, next uint64) uint64 {
	high, low := bits.Mul64(sum^next, sumMul)
	return high ^ low
}

// compare notes whether a segment at a stream offset disagrees with one before it, and remembers it. A
// difference behind printSum bytes goes unnoticed, and behind printHead where the later segment covers only a part of
// the earlier.
func (o *opening) compare(off int64, data []byte) {
	if off < 0 {
		data = data[min(uint64(-off), uint64(len(data))):]
		off = 0
	}
	if len(data) == 0 || off >= streamLimit {
		return
	}
	s := span{uint64(off), uint64(off) + uint64(len(data))}
	if s.from < uint64(o.printedTo) {
		o.conflict = o.conflict || o.differs(s, data)
	}
	p := &o.prints[o.printed%maxPrints]
	o.printed++
	p.from, p.to, p.sum = uint32(s.from), uint32(s.to), sumOf(data)
	if len(data) >= printHead {
		p.head = [printHead]byte(data)
	} else {
		copy(p.head[:], data)
	}
	o.printedTo = max(o.printedTo, p.to)
}

// differs reports whether bytes of a range disagree with what is remembered of them.
func (o *opening) differs(s span, data []byte) bool {
	for i := range o.prints {
		if p := &o.prints[i]; !p.span().overlap(s).empty() && p.differs(s, data) {
			return true
		}
	}
	return false
}

// differs reports whether bytes of an overlapping range disagree with the remembered ones.
func (p *print) differs(s span, data []byte) bool {
	from, to := uint64(p.from), uint64(p.to)
	if s.from <= from && to <= s.to {
		return sumOf(data[from-s.from:to-s.from]) != p.sum
	}
	both := span{from, min(to, from+printHead)}.overlap(s)
	return !both.empty() && !bytes.Equal(data[both.from-s.from:both.to-s.from], p.head[both.from-from:both.to-from])
}
