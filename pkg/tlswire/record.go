package tlswire

import (
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
)

// ContentType is the type of a record (RFC 8446, Section 5.1).
type ContentType uint8

// Content types.
const (
	RecordChangeCipherSpec ContentType = 20
	RecordAlert            ContentType = 21
	RecordHandshake        ContentType = 22
	RecordApplicationData  ContentType = 23
	RecordHeartbeat        ContentType = 24 // RFC 6520
	RecordTLS12CID         ContentType = 25 // RFC 9146; DTLS only, so no record header here has it
)

// RecordHeaderLen is the length of a record header in bytes.
const RecordHeaderLen = 5

// RecordHeader begins every record (RFC 8446, Section 5.1).
type RecordHeader struct {
	Type    ContentType
	Version uint16 // legacy_record_version: says little, see ClientHello.HighestVersion
	Length  int    // of the payload, in bytes
}

// readRecordHeader reads the record header at the start of b. It returns ErrShort
// when b is shorter than RecordHeaderLen and could be the start of one, and
// ErrMalformed as soon as a byte shows that it cannot be: a type other than 20 to
// 24, a version other than 0x0300 to 0x0304, or a length of zero (for any but
// application data, RFC 8446, Section 5.1) or above MaxRecordPayload.
//
// The drafts of TLS 1.3 had version numbers of their own, 0x7f00 and up, but
// only within the hellos; their records say 0x0301 or 0x0303.
func readRecordHeader(b []byte) (h RecordHeader, err error) {
	if h, ok := ordinaryHeader(b); ok {
		return h, nil
	}
	var typ, major, minor uint8
	var length uint16
	s := cryptobyte.String(b)
	if !s.ReadUint8(&typ) {
		return h, ErrShort
	}
	if h.Type = ContentType(typ); h.Type < RecordChangeCipherSpec || h.Type > RecordHeartbeat {
		return h, ErrMalformed
	}
	if s.ReadUint8(&major) && major != 3 || s.ReadUint8(&minor) && minor > 4 {
		return h, ErrMalformed
	}
	h.Version = uint16(major)<<8 | uint16(minor)
	if !s.ReadUint16(&length) {
		return h, ErrShort
	}
	if h.Length = int(length); !plausibleLength(h) {
		return h, ErrMalformed
	}
	return h, nil
}

// plausibleLength reports whether a record may be as long as its header says.
func plausibleLength(h RecordHeader) bool {
	return (h.Length > 0 || h.Type == RecordApplicationData) && h.Length <= MaxRecordPayload
}

// ordinaryHeader reads a header that is there whole and has nothing wrong with it, as nearly all have.
func ordinaryHeader(b []byte) (h RecordHeader, ok bool) {
	if len(b) < RecordHeaderLen {
		return h, false
	}
	v, n := binary.BigEndian.Uint32(b), binary.BigEndian.Uint16(b[3:])
	h = RecordHeader{ContentType(v >> 24), uint16(v >> 8), int(n)}
	return h, h.Type-RecordChangeCipherSpec <= RecordHeartbeat-RecordChangeCipherSpec &&
		h.Version-VersionSSL3 <= VersionTLS13-VersionSSL3 && n-1 < MaxRecordPayload
}

// LooksLikeTLS reports whether b, the start of a stream, can be TLS of either
// side. From one byte on it says what can be said: the more bytes, the stricter.
// A handshake record must begin with the type of a message that is sent in the
// clear and be of plausible length, so ciphertext in a handshake record does not
// look like TLS: nothing begins with it.
func LooksLikeTLS(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	h, ok := ordinaryHeader(b)
	if !ok {
		var err error
		if h, err = readRecordHeader(b); err != nil {
			return err == ErrShort
		}
	}
	if len(b) == RecordHeaderLen {
		return true
	}
	payload := b[RecordHeaderLen:]
	first := payload[0]
	switch h.Type {
	case RecordHandshake:
		// The length has three bytes. The longest hellos and certificate chains
		// stay below 128 KiB: the first of them is 0 or 1. Clients that hide from middleboxes put the type into
		// a record of its own.
		return knownHandshakeType(HandshakeType(first)) && (len(payload) == 1 || h.Length == 1 || payload[1] <= 1)
	case RecordAlert:
		return h.Length != alertLen || first == AlertLevelWarning || first == AlertLevelFatal
	case RecordChangeCipherSpec:
		return h.Length == 1 && first == 1
	}
	return true
}
