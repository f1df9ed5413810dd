package flow

import (
	"bytes"
	"hash/crc32"
)

// print is what is remembered of a segment's bytes, to notice that a later segment disagrees about one of them.
type print struct {
	span
	sum  uint32
	head [printHead]byte // its first bytes, as many as it has
}

// printHead is how many bytes are remembered as they are: two segments that race for the same place in the
// stream differ in them if one is a TLS record and the other is not, or the status of a response.
const printHead = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// compare notes whether a segment at a stream offset disagrees with one before it, and remembers it. A
// difference behind the first bytes goes unnoticed where the later segment covers only a part of the earlier.
func (o *opening) compare(off int64, data []byte) {
	if off < 0 {
		data = data[min(uint64(-off), uint64(len(data))):]
		off = 0
	}
	if len(data) == 0 || off >= streamLimit {
		return
	}
	s := span{uint64(off), uint64(off) + uint64(len(data))}
	for i := range o.prints {
		if p := &o.prints[i]; !p.overlap(s).empty() && p.differs(s, data) {
			o.conflict = true
		}
	}
	p := &o.prints[o.printed%maxPrints]
	o.printed++
	*p = print{span: s, sum: crc32.Checksum(data, castagnoli)}
	copy(p.head[:], data)
}

// differs reports whether bytes of an overlapping range disagree with the remembered ones.
func (p *print) differs(s span, data []byte) bool {
	if s.from <= p.from && p.to <= s.to {
		return crc32.Checksum(data[p.from-s.from:p.to-s.from], castagnoli) != p.sum
	}
	both := span{p.from, min(p.to, p.from+printHead)}.overlap(s)
	return !both.empty() && !bytes.Equal(data[both.from-s.from:both.to-s.from], p.head[both.from-p.from:both.to-p.from])
}
