package quic

import (
	"encoding/binary"
	"slices"
	"testing"

	"golang.org/x/crypto/cryptobyte"
)

// sealer makes the Initial packets of one side.
type sealer struct {
	version  uint32
	keys     keys
	dst, src []byte
	token    []byte
}

// sealers returns those of client and server of one connection.
func sealers(t testing.TB, version uint32, dst, clientID, serverID []byte) (client, server *sealer) {
	t.Helper()
	c, err := keysOf(protectionOf(version), idOf(dst), labelClient)
	if err != nil {
		t.Fatal(err)
	}
	s, err := keysOf(protectionOf(version), idOf(dst), labelServer)
	if err != nil {
		t.Fatal(err)
	}
	return &sealer{version: version, keys: c, dst: dst, src: clientID},
		&sealer{version: version, keys: s, dst: clientID, src: serverID}
}

// initial seals frames in a packet whose number is sent in n bytes.
func (s *sealer) initial(number uint64, n int, frames ...[]byte) []byte {
	payload := slices.Concat(frames...)
	for len(payload) < 4 {
		payload = append(payload, framePadding)
	}
	first := byte(bitLong | bitFixed | (n - 1))
	if s.version == Version2 || s.version == Version2Draft {
		first |= 0x10
	}
	header := longHeaderOf(first, s.version, s.dst, s.src)
	header = append(header, varint(uint64(len(s.token)))...)
	header = append(header, s.token...)
	header = append(header, varint(uint64(n+len(payload)+tagLen))...)
	at := len(header)
	header = append(header, binary.BigEndian.AppendUint64(nil, number)[8-n:]...)

	nonce := s.keys.iv
	binary.BigEndian.PutUint64(nonce[4:], binary.BigEndian.Uint64(nonce[4:])^number)
	b := s.keys.aead.Seal(slices.Clone(header), nonce[:], payload, header)
	var mask [16]byte
	s.keys.hp.Encrypt(mask[:], b[at+4:at+4+sampleLen])
	b[0] ^= mask[0] & 0x0f
	for i := range n {
		b[at+i] ^= mask[1+i]
	}
	return b
}

// longHeaderOf is a long header up to the connection IDs.
func longHeaderOf(first byte, version uint32, dst, src []byte) []byte {
	var b cryptobyte.Builder
	b.AddUint8(first)
	b.AddUint32(version)
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(dst) })
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(src) })
	return b.BytesOrPanic()
}

// handshakePacket is a Handshake packet of version 1 with n bytes of ciphertext.
func handshakePacket(dst, src []byte, n int) []byte {
	return slices.Concat(longHeaderOf(0xe0, Version1, dst, src), varint(uint64(n)), make([]byte, n))
}

// shortPacket is a 1-RTT packet with n bytes of ciphertext.
func shortPacket(dst []byte, n int) []byte {
	return slices.Concat([]byte{bitFixed}, dst, make([]byte, n))
}

func varint(v uint64) []byte {
	switch {
	case v < 1<<6:
		return []byte{byte(v)}
	case v < 1<<14:
		return binary.BigEndian.AppendUint16(nil, uint16(v)|1<<14)
	case v < 1<<30:
		return binary.BigEndian.AppendUint32(nil, uint32(v)|2<<30)
	}
	return binary.BigEndian.AppendUint64(nil, v|3<<62)
}

func cryptoFrame(offset int, data []byte) []byte {
	return slices.Concat([]byte{frameCrypto}, varint(uint64(offset)), varint(uint64(len(data))), data)
}

// ackFrame acknowledges packet 0.
var ackFrame = []byte{frameACK, 0, 0, 0, 0}

// helloMessage is a ClientHello with its 4-byte header, with the extensions given.
func helloMessage(random byte, extensions []byte) []byte {
	var b cryptobyte.Builder
	b.AddUint8(1)
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint16(0x0303)
		b.AddBytes(slices.Repeat([]byte{random}, 32))
		b.AddUint8(0)
		b.AddBytes([]byte{0, 4, 0x13, 1, 0x13, 2, 1, 0})
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(extensions) })
	})
	return b.BytesOrPanic()
}

// nameExtension is a server_name extension.
func nameExtension(name string) []byte {
	var b cryptobyte.Builder
	b.AddUint16(0)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint8(0)
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(name)) })
		})
	})
	return b.BytesOrPanic()
}
