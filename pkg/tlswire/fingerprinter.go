package tlswire

import (
	"bytes"
	"crypto/md5"
	"encoding"
	"encoding/binary"
	"hash"
	"hash/maphash"
	"math/bits"
)

// Fingerprinter computes fingerprints of many hellos. It remembers some texts and their digests, because few
// kinds of clients make most hellos, and the digests are most of the work. What it returns is the same as
// without. It is not safe for concurrent use.
type Fingerprinter struct {
	seed    maphash.Seed
	md5     resumable
	ja3     digests
	ciphers [rememberedLists]cipherList
	lists   uint64 // that were remembered so far
	sets    [rememberedLists]extensionSet

	// Space for texts to be hashed and for their digest: handing them to a hash.Hash would move others to the heap.
	text [scratchText]byte
	sum  [md5.Size]byte
}

// resumable is a hash that can go on from where it was before.
type resumable interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// digests are the latest ones, by the hash of their text.
type digests [rememberedDigests]digest

// digest is the JA3 digest of a list of cipher suites and what follows it.
type digest struct {
	hash uint64 // of tail
	list uint64 // number of the cipherList; 0 while the place is free
	tail []byte
	sum  [md5.Size]byte
}

// cipherList is what fingerprints say of a version and a list of cipher suites.
type cipherList struct {
	number  uint64 // no other list ever had it; 0 while the place is free
	version uint16
	list    Values // without GREASE
	ja3     []byte // state of MD5 behind what JA3 writes of them
	ja4     [12]byte
	curves  curves // that came with it the last time
}

// curves is what JA3 says of groups and point formats.
type curves struct {
	groups Values // without GREASE in first place
	points []byte
	text   []byte // nil if nothing is known
}

// extensionSet is what JA4 says of a set of extensions, in whatever order, and of signature algorithms.
type extensionSet struct {
	known   bool
	types   typeSet
	schemes Values
	sum     [12]byte

	// The latest JA4 that ends with sum, what it begins with, and the number of its cipherList.
	ja4  string
	head [ja4Head]byte
	list uint64
}

// NewFingerprinter returns a Fingerprinter that remembers nothing yet.
func NewFingerprinter() *Fingerprinter {
	return &Fingerprinter{seed: maphash.MakeSeed(), md5: md5.New().(resumable)}
}

// Fingerprints returns the JA3 fingerprint of h, which is the MD5 of version,
// cipher suites, extensions, groups and point formats as sent, GREASE left out,
// and what h.JA4 does. Both are meaningful only if h is Complete.
func (p *Fingerprinter) Fingerprints(h *ClientHello, transport byte) (ja3 [md5.Size]byte, ja4 string) {
	c := p.cipherList(h)
	ja3 = p.digest(c, c.curves.append(appendJA3List(append(p.text[:0], ','), h.Extensions), h))
	types, ok := h.types, true
	if types.low|uint64(types.highs) == 0 {
		types, ok = typesOf(h.Extensions)
	}
	if !ok {
		return ja3, h.JA4(transport)
	}
	e := p.extensions(h, &types)
	text := h.appendJA4Head(p.text[:0], transport, c.list.Len(), types.len(), types.has(extServerName))
	if head := [ja4Head]byte(text); e.list != c.number || e.head != head {
		text = append(append(append(append(text, '_'), c.ja4[:]...), '_'), e.sum[:]...)
		e.list, e.head, e.ja4 = c.number, head, string(text)
	}
	return ja3, e.ja4
}

// cipherList returns what fingerprints say of h.Version and h.CipherSuites. It is valid until the next call.
func (p *Fingerprinter) cipherList(h *ClientHello) *cipherList {
	list := h.CipherSuites.withoutGREASE()
	c := p.cipherPlace(h.Version, list)
	if c.number != 0 && c.version == h.Version && bytes.Equal(c.list, list) {
		return c
	}
	return p.newCipherList(h)
}

// newCipherList is cipherList for a list that is not known, or has GREASE where it is not expected.
func (p *Fingerprinter) newCipherList(h *ClientHello) *cipherList {
	var scratch [2 * scratchValues]byte
	var values, sorted [scratchValues]uint16
	list := Values(scratch[:0])
	for i := range h.CipherSuites.Len() {
		if v := h.CipherSuites.At(i); !IsGREASE(v) {
			list = append(list, byte(v>>8), byte(v))
		}
	}
	c := p.cipherPlace(h.Version, list)
	if c.number != 0 && c.version == h.Version && bytes.Equal(c.list, list) {
		return c
	}
	if len(list) > len(scratch) {
		c = new(cipherList) // no client sends it
	}
	p.lists++
	c.number, c.version, c.list = p.lists, h.Version, append(c.list[:0], list...)
	suites := list.appendTo(values[:0])
	p.md5.Reset()
	p.md5.Write(appendJA3List(append(appendDecimal(p.text[:0], h.Version), ','), suites))
	c.ja3, _ = p.md5.AppendBinary(c.ja3[:0]) // MD5 always can
	appendJA4Hash(c.ja4[:0], appendHexList(p.text[:0], appendSorted(sorted[:0], suites)))
	return c
}

// cipherPlace is where a list without GREASE is remembered.
func (p *Fingerprinter) cipherPlace(version uint16, list Values) *cipherList {
	return &p.ciphers[hashValues(uint64(version), list)%rememberedLists]
}

// append appends what JA3 says of h's.
func (c *curves) append(b []byte, h *ClientHello) []byte {
	groups := h.SupportedGroups.withoutGREASE()
	if c.text != nil && bytes.Equal(c.groups, groups) && bytes.Equal(c.points, h.PointFormats) {
		return append(b, c.text...)
	}
	start := len(b)
	b = h.appendJA3Curves(b)
	if len(groups) <= 2*scratchValues { // no client sends more
		c.groups, c.points = append(c.groups[:0], groups...), append(c.points[:0], h.PointFormats...)
		c.text = append(c.text[:0], b[start:]...)
	}
	return b
}

// digest returns the JA3 digest of a list of cipher suites and of what follows it.
func (p *Fingerprinter) digest(c *cipherList, tail []byte) [md5.Size]byte {
	hash := maphash.Bytes(p.seed, tail)
	d := &p.ja3[(hash^c.number)%rememberedDigests]
	if d.list == c.number && d.hash == hash && bytes.Equal(d.tail, tail) {
		return d.sum
	}
	if len(tail) > scratchText {
		d = new(digest) // of a hello that no client sends
	}
	d.hash, d.list, d.tail = hash, c.number, append(d.tail[:0], tail...)
	_ = p.md5.UnmarshalBinary(c.ja3) // it is what AppendBinary gave
	p.md5.Write(tail)
	d.sum = [md5.Size]byte(p.md5.Sum(p.sum[:0]))
	return d.sum
}

// extensions returns what JA4 says of h.Extensions, of which types are the set. It is valid until the next call.
func (p *Fingerprinter) extensions(h *ClientHello, types *typeSet) *extensionSet {
	e := &p.sets[hashValues(types.low^types.highBits(), h.SignatureAlgorithms)%rememberedLists]
	if e.known && e.types == *types && bytes.Equal(e.schemes, h.SignatureAlgorithms) {
		return e
	}
	if len(h.SignatureAlgorithms) > 2*scratchValues {
		e = new(extensionSet) // no client sends it
	}
	var values [scratchValues]uint16
	var text [scratchText]byte
	e.known, e.types, e.schemes, e.list = true, *types, append(e.schemes[:0], h.SignatureAlgorithms...), 0
	appendJA4Hash(e.sum[:0], h.appendJA4Extensions(text[:0], appendSorted(values[:0], h.Extensions)))
	return e
}

// hashValues mixes a list of values into h. It need not resist anybody: what it finds is compared, or harms who looks alike.
func hashValues(h uint64, list Values) uint64 {
	const factor = 0x9e3779b97f4a7c15
	last := uint64(0)
	if len(list) >= 8 {
		last = binary.LittleEndian.Uint64(list[len(list)-8:]) // overlaps with what is before where it must
		for ; len(list) > 8; list = list[8:] {
			h = (h ^ binary.LittleEndian.Uint64(list)) * factor
			h ^= h >> 32
		}
	} else {
		for _, c := range list {
			last = last<<8 | uint64(c)
		}
	}
	h = (h ^ last) * factor
	return h ^ h>>32
}

// typeSet is a set of extension types, GREASE left out: those below 64 as bits, and up to four others, ascending.
type typeSet struct {
	low   uint64
	high  [4]uint16
	highs int
}

// typesOf returns the set of a list; ok is false if it holds a type twice, or too many to be written like that.
func typesOf(list []uint16) (s typeSet, ok bool) {
	for _, v := range list {
		if v >= 64 {
			if !s.addHigh(v) {
				return s, false
			}
			continue
		}
		if s.has(v) {
			return s, false
		}
		s.low |= 1 << v
	}
	return s, true
}

// addHigh adds a type that is not below 64, if it is not GREASE. It reports false if the type was there before, or
// there is no room for it.
func (s *typeSet) addHigh(v uint16) bool {
	if IsGREASE(v) {
		return true
	}
	i := s.highs
	if uint(i) >= uint(len(s.high)) {
		return false
	}
	for ; i > 0 && s.high[i-1] > v; i-- {
		s.high[i] = s.high[i-1]
	}
	if i > 0 && s.high[i-1] == v {
		return false
	}
	s.high[i] = v
	s.highs++
	return true
}

// has reports whether a type below 64 is in the set.
func (s *typeSet) has(v uint16) bool { return s.low>>v&1 != 0 }

// len is how many types the set has.
func (s *typeSet) len() int { return bits.OnesCount64(s.low) + s.highs }

// highBits are the types from 64 on in one word.
func (s *typeSet) highBits() uint64 {
	return uint64(s.high[0]) | uint64(s.high[1])<<16 | uint64(s.high[2])<<32 | uint64(s.high[3])<<48
}
