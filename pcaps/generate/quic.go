package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"net/netip"
	"time"
)

func quicScenes() []scene {
	return []scene{
		{"ok-quic.pcap", ethernet, func(c *capture) { quicExchange(c, "shop.example", nil, false) }},
		{"ok-quic-hello-in-two-packets.pcap", ethernet, func(c *capture) { quicExchange(c, "shop.example", nil, true) }},
		{"no-sni-alert-quic.pcap", ethernet, func(c *capture) { quicExchange(c, "", []byte{112}, false) }},
		{"sni-unrecognized-quic.pcap", ethernet, func(c *capture) { quicExchange(c, "shpo.example", []byte{112}, false) }},
	}
}

// initialSalt is that of QUIC version 1 (RFC 9001, Section 5.2).
var initialSalt = []byte{
	0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
	0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a,
}

// keys protect the Initial packets of one side.
type keys struct {
	aead cipher.AEAD
	iv   []byte
	hp   cipher.Block
}

// expand is HKDF-Expand-Label (RFC 8446, Section 7.1) without a context.
func expand(secret []byte, label string, n int) []byte {
	info := join(words(uint16(n)), vec8([]byte("tls13 "+label)), []byte{0})
	return must(hkdf.Expand(sha256.New, secret, string(info), n))
}

// must is for calls that fail only on wrong sizes, which are constants here.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func initialKeys(dcid []byte, side string) keys {
	secret := expand(must(hkdf.Extract(sha256.New, dcid, initialSalt)), side+" in", 32)
	block := must(aes.NewCipher(expand(secret, "quic key", 16)))
	return keys{
		aead: must(cipher.NewGCM(block)),
		iv:   expand(secret, "quic iv", 12),
		hp:   must(aes.NewCipher(expand(secret, "quic hp", 16))),
	}
}

// varint is a variable-length integer (RFC 9000, Section 16) of two bytes.
func varint(v int) []byte { return be.AppendUint16(nil, 0x4000|uint16(v)) }

// initial protects frames as an Initial packet; a client pads it to 1,200 bytes (RFC 9000, Section 14.1).
func (k keys) initial(dcid, scid []byte, number byte, frames []byte, pad bool) []byte {
	header := join([]byte{0xc0, 0, 0, 0, 1}, vec8(dcid), vec8(scid), []byte{0})
	if short := 1200 - len(header) - 2 - 1 - len(frames) - 16; pad && short > 0 {
		frames = append(frames, make([]byte, short)...)
	}
	header = append(header, varint(1+len(frames)+16)...)
	header = append(header, number)
	nonce := append([]byte(nil), k.iv...)
	nonce[11] ^= number
	packet := k.aead.Seal(header, nonce, frames, header)
	mask := make([]byte, 16)
	k.hp.Encrypt(mask, packet[len(header)-1+4:]) // the sample starts four bytes after the number's start
	packet[0] ^= mask[0] & 0x0f
	packet[len(header)-1] ^= mask[1]
	return packet
}

// cryptoFrame carries handshake bytes from an offset on (RFC 9000, Section 19.6).
func cryptoFrame(offset int, b []byte) []byte {
	return join([]byte{6}, varint(offset), varint(len(b)), b)
}

var ackFrame = []byte{2, 0, 0, 0, 0} // of packet 0

// longPacket is a packet that only its header says something about: filler behind.
func longPacket(first byte, dcid, scid []byte, n int) []byte {
	return join([]byte{first, 0, 0, 0, 1}, vec8(dcid), vec8(scid), varint(n), filler(n, 0x71))
}

// quicExchange is one connection over IPv4; closing, where set, is the TLS alert of a CONNECTION_CLOSE.
func quicExchange(c *capture, name string, closing []byte, split bool) {
	client, server := netip.MustParseAddrPort("10.9.0.1:40001"), netip.MustParseAddrPort("10.9.0.2:443")
	dcid, scid, serverID := filler(8, 0x83), filler(8, 0x0c), filler(8, 0xf0)
	ck, sk := initialKeys(dcid, "client"), initialKeys(dcid, "server")
	toServer := func(b []byte) { c.add(eth(0x0800, true, udp(client, server, b))) }
	toClient := func(b []byte) { c.add(eth(0x0800, false, udp(server, client, b))) }

	for i, frames := range helloFrames(name, split) {
		toServer(ck.initial(dcid, scid, byte(i), frames, true))
		c.wait(20 * time.Microsecond)
	}
	c.wait(20 * time.Millisecond)
	if closing != nil {
		// CONNECTION_CLOSE of type 0x1c: error 0x0100 + alert, in a CRYPTO frame (RFC 9001, Section 4.8).
		frame := join([]byte{0x1c}, varint(0x0100+int(closing[0])), []byte{6, 0})
		toClient(sk.initial(scid, serverID, 0, join(ackFrame, frame), true))
		return
	}
	toClient(sk.initial(scid, serverID, 0, join(ackFrame, cryptoFrame(0, serverHello13(nil))), true))
	toClient(longPacket(0xe3, scid, serverID, 900))
	c.wait(time.Millisecond)
	toServer(join(longPacket(0xe1, serverID, scid, 90), shortPacket(serverID, 120)))
	c.wait(20 * time.Millisecond)
	toClient(shortPacket(scid, 400))
}

// shortPacket is a 1-RTT packet of n bytes of ciphertext.
func shortPacket(dcid []byte, n int) []byte { return join([]byte{0x41}, dcid, filler(n, 0x19)) }

// helloFrames are the frames of the client's first packets: all in one, or the second half of the hello first.
func helloFrames(name string, split bool) [][]byte {
	h := hello{name: name, alpn: []string{"h3"}, extra: []extension{{extQUICParameters, []byte{1, 2, 0x67, 0xd0, 4, 2, 0x47, 0xd0}}}}
	m := h.message()
	if !split {
		return [][]byte{cryptoFrame(0, m)}
	}
	half := len(m) / 2
	return [][]byte{cryptoFrame(half, m[half:]), join([]byte{1}, cryptoFrame(0, m[:half]))}
}
