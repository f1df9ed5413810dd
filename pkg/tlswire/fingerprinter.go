package tlswire

import (
	"bytes"
	"crypto/md5"
	"hash/maphash"
	"slices"
)

// Fingerprinter computes fingerprints of many hellos. It remembers some texts and their digests, because few
// kinds of clients make most hellos, and the digests are most of the work. What it returns is the same as
// without. It is not safe for concurrent use.
type Fingerprinter struct {
	seed    maphash.Seed
	ja3     digests
	ciphers [rememberedLists]cipherList
	sets    [rememberedLists]extensionSet
}

// digests are the latest ones, by the hash of their text.
type digests [rememberedDigests]digest

type digest struct {
	hash uint64 // of text
	text []byte // nil while the place is free
	sum  [16]byte
}

// cipherList is what fingerprints say of a list of cipher suites.
type cipherList struct {
	list []uint16 // without GREASE
	ja3  []byte   // as JA3 writes it behind a comma; nil while the place is free
	ja4  [12]byte
}

// extensionSet is what JA4 says of a set of extensions, in whatever order, and of signature algorithms.
type extensionSet struct {
	known   bool
	types   typeSet
	schemes []uint16
	sum     [12]byte
}

// NewFingerprinter returns a Fingerprinter that remembers nothing yet.
func NewFingerprinter() *Fingerprinter { return &Fingerprinter{seed: maphash.MakeSeed()} }

// Fingerprints returns the digest that h.JA3 spells in hexadecimal digits, and appends what h.AppendJA4 does.
func (p *Fingerprinter) Fingerprints(ja4 []byte, h *ClientHello, transport byte) (ja3 [16]byte, _ []byte) {
	var scratch [scratchText]byte
	c := p.cipherList(h)
	text := append(appendDecimal(scratch[:0], h.Version), c.ja3...)
	text = h.appendJA3Tail(text)
	d, known := p.ja3.find(text, p.seed)
	if !known {
		d.sum = md5.Sum(text)
	}
	types, ok := typesOf(h.Extensions)
	if !ok {
		return d.sum, h.AppendJA4(ja4, transport)
	}
	ja4 = h.appendJA4Head(ja4, transport, len(c.list), types.n, types.has(extServerName))
	ja4 = append(append(append(ja4, '_'), c.ja4[:]...), '_')
	return d.sum, append(ja4, p.extensions(h, &types)[:]...)
}

// cipherList returns what fingerprints say of h.CipherSuites. It is valid until the next call.
func (p *Fingerprinter) cipherList(h *ClientHello) *cipherList {
	var values [scratchValues]uint16
	list := values[:0]
	for _, v := range h.CipherSuites {
		if !IsGREASE(v) {
			list = append(list, v)
		}
	}
	c := &p.ciphers[hashValues(0, list)%rememberedLists]
	if c.ja3 != nil && slices.Equal(c.list, list) {
		return c
	}
	if len(list) > scratchValues {
		c = new(cipherList) // no client sends it
	}
	var text [scratchText]byte
	c.list = append(c.list[:0], list...)
	c.ja3 = appendJA3List(append(c.ja3[:0], ','), list)
	appendJA4Hash(c.ja4[:0], appendHexList(text[:0], appendSorted(values[:0], list)))
	return c
}

// extensions returns the digest with which JA4 ends.
func (p *Fingerprinter) extensions(h *ClientHello, types *typeSet) *[12]byte {
	e := &p.sets[hashValues(types.low^types.high, h.SignatureAlgorithms)%rememberedLists]
	if e.known && e.types == *types && slices.Equal(e.schemes, h.SignatureAlgorithms) {
		return &e.sum
	}
	if len(h.SignatureAlgorithms) > scratchValues {
		e = new(extensionSet) // no client sends it
	}
	var values [scratchValues]uint16
	var text [scratchText]byte
	e.known, e.types, e.schemes = true, *types, append(e.schemes[:0], h.SignatureAlgorithms...)
	appendJA4Hash(e.sum[:0], h.appendJA4Extensions(text[:0], appendSorted(values[:0], h.Extensions)))
	return &e.sum
}

// hashValues mixes a list of values into h. It need not resist anybody: what it finds is compared.
func hashValues(h uint64, list []uint16) uint64 {
	const factor = 0x9e3779b97f4a7c15
	for ; len(list) >= 4; list = list[4:] {
		v := uint64(list[0]) | uint64(list[1])<<16 | uint64(list[2])<<32 | uint64(list[3])<<48
		h = (h ^ v) * factor
		h ^= h >> 32
	}
	for _, v := range list {
		h = (h ^ uint64(v)) * factor
	}
	h *= factor
	return h ^ h>>32
}

// typeSet is a set of extension types, GREASE left out: those below 64 as bits, and up to four others, ascending,
// as 16 bits each.
type typeSet struct {
	low, high uint64
	n         int
}

// typesOf returns the set of a list; ok is false if it holds a type twice, or too many to be written like that.
func typesOf(list []uint16) (s typeSet, ok bool) {
	var high [4]uint16
	n := 0
	for _, v := range list {
		switch {
		case v < 64:
			if s.low>>v&1 != 0 {
				return s, false
			}
			s.low |= 1 << v
			s.n++
			continue
		case IsGREASE(v):
			continue
		case n == len(high) || slices.Contains(high[:n], v):
			return s, false
		}
		i := n
		for ; i > 0 && high[i-1] > v; i-- {
			high[i] = high[i-1]
		}
		high[i] = v
		n++
	}
	s.n += n
	s.high = uint64(high[0]) | uint64(high[1])<<16 | uint64(high[2])<<32 | uint64(high[3])<<48
	return s, true
}

// has reports whether a type below 64 is in the set.
func (s *typeSet) has(v uint16) bool { return s.low>>v&1 != 0 }

// find returns the digest of a text, or a place for it, in which its sum is still to be set.
func (ds *digests) find(text []byte, seed maphash.Seed) (d *digest, known bool) {
	hash := maphash.Bytes(seed, text)
	d = &ds[hash%rememberedDigests]
	if d.text != nil && d.hash == hash && bytes.Equal(d.text, text) {
		return d, true
	}
	if cap(d.text) > scratchText {
		d.text = nil // of a hello that no client sends
	}
	if d.text == nil {
		d.text = make([]byte, 0, max(len(text), 1))
	}
	d.hash, d.text = hash, append(d.text[:0], text...)
	return d, false
}
