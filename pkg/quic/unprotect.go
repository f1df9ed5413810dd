package quic

import (
	"crypto/cipher"
	"encoding/binary"
	"slices"
)

// minPayload is the length of the shortest packet number and payload in bytes
// for which header protection can be removed (RFC 9001, Section 5.4.2).
const minPayload = 4 + sampleLen

// opener opens Initial packets, and keeps its buffers from one to the next: as much as the longest datagram takes.
type opener struct {
	buf     []byte // header and payload of the last one in the clear
	number  uint64 // its packet number
	mask    [16]byte
	nonce   [ivLen]byte
	counter [16]byte
}

// open decrypts the packet p, of which at least minPayload bytes behind the header were
// captured. expected is one more than the highest packet number seen. It reports
// false where the keys are not those of the packet. Of a packet that the capture
// cut it decrypts what there is: then frames that make sense must stand in for
// the tag. The payload is valid until the next call.
func (o *opener) open(k *keys, p *packet, expected uint64) (payload []byte, ok bool) {
	k.hp.Encrypt(o.mask[:], p.body[4:minPayload])
	first := p.first ^ o.mask[0]&(bitsReserved|bitsNumber)
	n := int(first&bitsNumber) + 1
	o.buf = append(o.buf[:0], p.header...)
	o.buf[0] = first
	var number uint64
	for i, b := range p.body[:n] {
		b ^= o.mask[1+i]
		o.buf = append(o.buf, b)
		number = number<<8 | uint64(b)
	}
	o.number = decodeNumber(number, n, expected)
	o.nonce = k.iv
	binary.BigEndian.PutUint64(o.nonce[4:], binary.BigEndian.Uint64(k.iv[4:])^o.number)

	sealed := p.body[n:]
	o.buf = slices.Grow(o.buf, len(sealed))
	header, room := o.buf, o.buf[len(o.buf):]
	if !p.whole() {
		payload = room[:min(len(sealed), p.length-n-tagLen)]
		o.decrypt(k, payload, sealed)
		return payload, first&bitsReserved == 0 && plausible(payload)
	}
	payload, err := k.aead.Open(room, o.nonce[:], sealed, header)
	return payload, err == nil
}

// decrypt is what GCM does to the payload once the tag is verified: counter mode
// from block 2 on (NIST SP 800-38D, Section 7.2).
func (o *opener) decrypt(k *keys, dst, src []byte) {
	o.counter = [16]byte{15: 2}
	copy(o.counter[:], o.nonce[:])
	cipher.NewCTR(k.block, o.counter[:]).XORKeyStream(dst, src[:len(dst)])
}

// decodeNumber completes a packet number of which n bytes were sent to the one
// closest to expected (RFC 9000, Appendix A.3).
func decodeNumber(sent uint64, n int, expected uint64) uint64 {
	window := uint64(1) << (8 * n)
	number := expected&^(window-1) | sent
	switch {
	case number+window/2 <= expected && number < 1<<62-window:
		return number + window
	case number > expected+window/2 && number >= window:
		return number - window
	}
	return number
}
