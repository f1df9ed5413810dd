package tlswire

import (
	"bytes"
	"crypto/md5"
	"hash/maphash"
)

// Fingerprinter computes fingerprints of many hellos. It remembers some texts and their digests, because few
// kinds of clients make most hellos, and the digests are most of the work. What it returns is the same as
// without. It is not safe for concurrent use.
type Fingerprinter struct {
	seed     maphash.Seed
	ja3, ja4 digests
}

// digests are the latest ones, by the hash of their text.
type digests [rememberedDigests]digest

type digest struct {
	hash uint64 // of text
	text []byte // nil while the place is free
	sum  [16]byte
}

// NewFingerprinter returns a Fingerprinter that remembers nothing yet.
func NewFingerprinter() *Fingerprinter { return &Fingerprinter{seed: maphash.MakeSeed()} }

// JA3 returns the digest that h.JA3 spells in hexadecimal digits.
func (p *Fingerprinter) JA3(h *ClientHello) [16]byte {
	var scratch [scratchText]byte
	text := h.appendJA3Text(scratch[:0])
	d, known := p.ja3.find(text, p.seed)
	if !known {
		d.sum = md5.Sum(text)
	}
	return d.sum
}

// AppendJA4 appends what h.AppendJA4 does.
func (p *Fingerprinter) AppendJA4(dst []byte, h *ClientHello, transport byte) []byte {
	return h.appendJA4(dst, transport, p)
}

// appendJA4Hash is the function of that name, which it is without memory if p is nil.
func (p *Fingerprinter) appendJA4Hash(dst, text []byte) []byte {
	if p == nil {
		return appendJA4Hash(dst, text)
	}
	d, known := p.ja4.find(text, p.seed)
	if !known {
		appendJA4Hash(d.sum[:0], text)
	}
	return append(dst, d.sum[:12]...)
}

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
