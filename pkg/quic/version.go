package quic

// Versions that are read, beside the drafts from 22 to 34, which are
// 0xff000016 to 0xff000022.
const (
	Version1 uint32 = 0x00000001 // RFC 9000
	Version2 uint32 = 0x6b3343cf // RFC 9369

	// Version2Draft is version 2 as draft-ietf-quic-v2 had it before it took other
	// numbers: software of 2022 still goes over to it.
	Version2Draft uint32 = 0x709a50c4

	versionNegotiation uint32 = 0 // marks a Version Negotiation packet (RFC 8999, Section 6)

	firstDraft uint32 = 0xff000016 // 22, the first with today's long header
	lastDraft  uint32 = 0xff000022 // 34, the last before RFC 9000
)

// protection is how a version protects its Initial packets (RFC 9001, Section
// 5.2; RFC 9369, Section 3.3).
type protection struct {
	salt        string
	key, iv, hp string // HkdfLabel structures
}

// The salts. Each serves a range of versions.
var (
	draft22      = version1Labels("\x7f\xbc\xdb\x0e\x7c\x66\xbb\xe9\x19\x3a\x96\xcd\x21\x51\x9e\xbd\x7a\x02\x64\x4a")
	draft23      = version1Labels("\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02")
	draft29      = version1Labels("\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99")
	protectionV1 = version1Labels("\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a")

	protectionV2      = version2Labels("\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9")
	protectionV2Draft = version2Labels("\xa7\x07\xc2\x03\xa5\x9b\x47\x18\x4a\x1d\x62\xca\x57\x04\x06\xea\x7a\xe3\xe5\xd3")
)

func version1Labels(salt string) *protection {
	return &protection{salt, hkdfLabel("quic key", keyLen), hkdfLabel("quic iv", ivLen), hkdfLabel("quic hp", keyLen)}
}

func version2Labels(salt string) *protection {
	return &protection{salt, hkdfLabel("quicv2 key", keyLen), hkdfLabel("quicv2 iv", ivLen), hkdfLabel("quicv2 hp", keyLen)}
}

// protectionOf returns nil for a version that is not read.
func protectionOf(version uint32) *protection {
	switch {
	case version == Version1:
		return protectionV1
	case version == Version2:
		return protectionV2
	case version == Version2Draft:
		return protectionV2Draft
	case version < firstDraft || version > lastDraft:
		return nil
	case version == firstDraft:
		return draft22
	case version <= 0xff00001c: // draft 28
		return draft23
	case version <= 0xff000020: // draft 32
		return draft29
	}
	return protectionV1
}

// packetType is the type of a packet with a long header.
type packetType uint8

// The types, numbered as in version 1 (RFC 9000, Section 17.2).
const (
	typeInitial packetType = iota
	typeZeroRTT
	typeHandshake
	typeRetry
)

// typeOf reads the type from the first byte of a long header. Version 2 numbers
// the types differently (RFC 9369, Section 3.2).
func typeOf(first uint8, version uint32) packetType {
	t := first >> 4
	if version == Version2 || version == Version2Draft {
		t--
	}
	return packetType(t & 3)
}
