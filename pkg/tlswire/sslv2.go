package tlswire

import "golang.org/x/crypto/cryptobyte"

// Fixed sizes of an SSLv2 CLIENT-HELLO (RFC 5246, Appendix E.2).
const (
	sslv2HeaderLen     = 2  // of the record, the form without padding
	sslv2FixedLen      = 9  // of the message, up to its three vectors
	sslv2CipherSpecLen = 3  // bytes each
	sslv2MinChallenge  = 16 // bytes
	sslv2MaxChallenge  = 32 // bytes
	sslv2SessionIDLen  = 16 // bytes, where there is one
)

// sslv2Header is the record header and the fixed part of a CLIENT-HELLO, its
// lengths in bytes.
type sslv2Header struct {
	length                            int // of the message, the record header left out
	version                           uint16
	cipherSpecs, sessionID, challenge uint16
}

// read reports false when the bytes ran out. Whether the values make sense is
// for valid to say.
func (h *sslv2Header) read(s *cryptobyte.String) bool {
	var length uint16
	var typ uint8
	if !s.ReadUint16(&length) || !s.ReadUint8(&typ) || !s.ReadUint16(&h.version) ||
		!s.ReadUint16(&h.cipherSpecs) || !s.ReadUint16(&h.sessionID) || !s.ReadUint16(&h.challenge) {
		return false
	}
	h.length = int(length &^ 0x8000)
	if length&0x8000 == 0 || typ != uint8(TypeClientHello) {
		h.length = 0
	}
	return true
}

// valid reports whether the values can be those of a CLIENT-HELLO: three lengths
// that add up to a fourth make a false alarm on other protocols unlikely.
func (h *sslv2Header) valid() bool {
	return (h.version == VersionSSL2 || h.version >= VersionSSL3 && h.version <= VersionTLS12) &&
		h.cipherSpecs > 0 && h.cipherSpecs%sslv2CipherSpecLen == 0 &&
		(h.sessionID == 0 || h.sessionID == sslv2SessionIDLen) &&
		h.challenge >= sslv2MinChallenge && h.challenge <= sslv2MaxChallenge &&
		h.length == sslv2FixedLen+int(h.cipherSpecs)+int(h.sessionID)+int(h.challenge)
}

// LooksLikeSSLv2 reports whether b, the start of a stream, is an SSLv2
// CLIENT-HELLO as old clients send it to be understood by every server. It needs
// the first 11 bytes and says false to fewer.
func LooksLikeSSLv2(b []byte) bool {
	s := cryptobyte.String(b)
	var h sslv2Header
	return h.read(&s) && h.valid()
}

// ParseSSLv2ClientHello decodes an SSLv2 CLIENT-HELLO with a 2-byte record
// header (RFC 5246, Appendix E.2) into h and returns how many bytes of b it took.
// Cipher kinds of SSLv2 itself, which have no TLS code point, are left out. Such
// a hello has no extensions, so once it is complete its SNI is SNIMissing.
func ParseSSLv2ClientHello(b []byte, h *ClientHello) (n int, err error) {
	h.reset()
	h.SSLv2 = true
	s := cryptobyte.String(b)
	var head sslv2Header
	if !head.read(&s) {
		return 0, ErrShort
	}
	h.Version = head.version
	if !head.valid() {
		return 0, ErrMalformed
	}
	var specs, challenge []byte
	if !s.ReadBytes(&specs, int(head.cipherSpecs)) {
		return 0, ErrShort
	}
	h.setSSLv2CipherSpecs(specs)
	if !s.ReadBytes(&h.SessionID, int(head.sessionID)) || !s.ReadBytes(&challenge, int(head.challenge)) {
		return 0, ErrShort
	}
	copy(h.Random[len(h.Random)-len(challenge):], challenge)
	h.Complete, h.SNI = true, SNIMissing
	return sslv2HeaderLen + head.length, nil
}

// setSSLv2CipherSpecs keeps the specs that stand for TLS cipher suites: those
// with a first byte of zero.
func (h *ClientHello) setSSLv2CipherSpecs(specs cryptobyte.String) {
	var first uint8
	var suite uint16
	for specs.ReadUint8(&first) && specs.ReadUint16(&suite) {
		if first == 0 {
			h.CipherSuites = append(h.CipherSuites, byte(suite>>8), byte(suite))
		}
	}
	h.FallbackSCSV = h.CipherSuites.holds(suiteFallback)
}
