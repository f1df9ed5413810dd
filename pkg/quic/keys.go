package quic

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
)

// Lengths of the keys of Initial packets in bytes: AES-128-GCM (RFC 9001,
// Section 5.2).
const (
	keyLen    = 16
	ivLen     = 12
	tagLen    = 16
	sampleLen = 16 // of what header protection is computed from (RFC 9001, Section 5.4.2)
)

// Labels from which the secrets of both sides follow (RFC 9001, Section 5.2).
var (
	labelClient = hkdfLabel("client in", sha256.Size)
	labelServer = hkdfLabel("server in", sha256.Size)
)

// hkdfLabel returns the HkdfLabel structure without a context for n bytes (RFC
// 8446, Section 7.1).
func hkdfLabel(label string, n byte) string {
	label = "tls13 " + label
	return string([]byte{0, n, byte(len(label))}) + label + "\x00"
}

// connectionID is a connection ID as a value that can be compared.
type connectionID struct {
	n uint8
	b [maxConnectionID]byte
}

// idOf takes at most maxConnectionID bytes.
func idOf(b []byte) (id connectionID) {
	id.n = uint8(copy(id.b[:], b))
	return id
}

// keySet is the keys of both sides that follow from one connection ID.
type keySet struct {
	version     uint32
	destination connectionID // of the client's Initial
	client      keys
	server      keys // derived when first needed
}

// keys protect the Initial packets of one side.
type keys struct {
	block cipher.Block // of payload protection, to read what a capture cut
	aead  cipher.AEAD  // the same, nil before the keys are derived
	hp    cipher.Block // of header protection
	iv    [ivLen]byte
}

// keysOf returns the keys of one side, client or server by its label. The only
// errors are those of a Go runtime that is restricted to FIPS 140-3.
func keysOf(p *protection, destination connectionID, label string) (k keys, err error) {
	initial, err := hkdf.Extract(sha256.New, destination.b[:destination.n], []byte(p.salt))
	if err != nil {
		return k, err
	}
	secret, err := hkdf.Expand(sha256.New, initial, label, sha256.Size)
	if err != nil {
		return k, err
	}
	if k.block, err = expandBlock(secret, p.key); err != nil {
		return k, err
	}
	if k.hp, err = expandBlock(secret, p.hp); err != nil {
		return k, err
	}
	iv, err := hkdf.Expand(sha256.New, secret, p.iv, ivLen)
	if err != nil {
		return k, err
	}
	copy(k.iv[:], iv)
	k.aead, err = cipher.NewGCM(k.block)
	return k, err
}

func expandBlock(secret []byte, label string) (cipher.Block, error) {
	key, err := hkdf.Expand(sha256.New, secret, label, keyLen)
	if err != nil {
		return nil, err
	}
	return aes.NewCipher(key)
}
