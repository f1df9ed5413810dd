package tlswire

import (
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
)

// Cipher suites that are signals.
const (
	suiteFallback      uint16 = 0x5600 // RFC 7507
	suiteRenegotiation uint16 = 0x00ff // RFC 5746
)

// ClientHello is the first message of a client (RFC 8446, Section 4.1.2; for
// DTLS, RFC 9147, Section 5.3). Slices alias the message; lists are as sent,
// GREASE included.
type ClientHello struct {
	Version            uint16 // legacy_version; see HighestVersion
	Random             [32]byte
	SessionID          []byte
	CipherSuites       Values
	CompressionMethods []byte
	Extensions         []uint16 // types in the order sent, that of a cut extension included

	SNI              SNIState
	ServerName       []byte // as sent; set when SNI is SNIPresent, and when SNIInvalid has a name
	ServerNameOffset int    // of the name, in bytes from the 4-byte header of the handshake message; 0 without a name
	SNIProblem       string // one of the Problem constants, set only when SNI is SNIInvalid

	ALPN                [][]byte // RFC 7301; the first 64 names
	SupportedVersions   Values
	SupportedGroups     Values
	SignatureAlgorithms Values
	PointFormats        []byte

	ECH               bool // encrypted_client_hello, real or GREASE (RFC 9849)
	ESNI              bool // its predecessor in drafts
	PreSharedKey      bool
	EarlyData         bool
	Cookie            bool // a cookie of a HelloRetryRequest or HelloVerifyRequest is returned
	SessionTicket     bool // a ticket was sent, not only the wish for one (RFC 5077)
	FallbackSCSV      bool // RFC 7507
	RenegotiationInfo bool // the extension or the cipher suite that stands for it (RFC 5746)

	// Complete says that the message was there to its end and its list of
	// extensions was followed to that end: what a complete hello does not show
	// was not sent. The contents of single extensions may still be malformed.
	Complete bool
	SSLv2    bool // came as an SSLv2 CLIENT-HELLO, see ParseSSLv2ClientHello

	// types is the set of Extensions where Unmarshal has found that by the way, else empty.
	types typeSet
}

// Unmarshal decodes the body of a whole ClientHello, the 4-byte handshake header
// left out. The previous contents of h are replaced and its slices reused.
//
// It returns ErrShort when body ends before the fields in it do, which for a
// message that is whole by its header means that a length in it is wrong. A
// *ParseError says that the message is malformed; when only the content of an
// extension is, the rest is decoded and Complete is set all the same. Where the
// walk ends before the end of the message, SNI is what was seen before, and
// SNIUnknown if that was nothing.
func (h *ClientHello) Unmarshal(body []byte) error { return h.unmarshal(body, true) }

// UnmarshalPartial is Unmarshal for a message of which body is only the
// beginning. Complete is never set and SNI is never SNIMissing, not even where
// body happens to end between two fields. The error is never nil.
func (h *ClientHello) UnmarshalPartial(body []byte) error { return h.unmarshal(body, false) }

func (h *ClientHello) unmarshal(body []byte, whole bool) error {
	h.reset()
	f := faults{structure: "ClientHello", input: body}
	if list, ok := h.readOrdinaryFixed(body); ok && h.readOrdinaryExtensions(list, &f) {
		return h.finish(whole, &f)
	}
	h.types = typeSet{}
	exts, ok := h.readFixed(body, &f)
	if !ok {
		return ErrShort
	}
	// A hello without extensions ends here (RFC 5246, Section 7.4.1.2).
	if !exts.present {
		return h.finish(whole, &f)
	}
	if err := h.readExtensions(exts.list, exts.whole, &f); err != nil {
		return err
	}
	if !exts.trailing.Empty() {
		f.note("extensions", exts.trailing, errTrailing)
		return f.result()
	}
	return h.finish(whole, &f)
}

// finish is reached when the list of extensions was followed to its end.
func (h *ClientHello) finish(whole bool, f *faults) error {
	if !whole {
		return ErrShort
	}
	h.Complete = true
	if h.SNI == SNIUnknown {
		h.SNI = SNIMissing
	}
	return f.result()
}

// reset empties h but keeps the room of its slices.
func (h *ClientHello) reset() {
	extensions, protocols := h.Extensions, h.ALPN
	*h = ClientHello{}
	h.Extensions, h.ALPN = extensions[:0], protocols[:0]
}

// readHead reads what every hello begins with, legacy_version and random. It
// reports false when the bytes ran out.
func readHead(s cryptobyte.String, version *uint16, random *[32]byte) (rest cryptobyte.String, ok bool) {
	if len(s) < 2 {
		return nil, false
	}
	*version = binary.BigEndian.Uint16(s)
	if s = s[2:]; len(s) < len(random) {
		return nil, false
	}
	*random = [32]byte(s)
	return s[len(random):], true
}

// readSessionID reports false when the bytes ran out.
func readSessionID(s cryptobyte.String, f *faults) (id []byte, rest cryptobyte.String, ok bool) {
	v, rest, ok := vector8(s)
	if !ok {
		return nil, nil, false
	}
	if len(v) > maxSessionID {
		f.note("legacy_session_id", s, errTooLong)
	}
	return v, rest, true
}

// extensionBlock is the tail of a hello.
type extensionBlock struct {
	present  bool
	whole    bool // list is as long as it claims to be
	list     cryptobyte.String
	trailing cryptobyte.String // what follows the list, which nothing should
}

// readExtensionBlock reads the list of extensions with its length. It reports
// false when even the length is cut.
func readExtensionBlock(s cryptobyte.String) (b extensionBlock, ok bool) {
	if s.Empty() {
		return b, true
	}
	if len(s) < 2 {
		return b, false
	}
	b.present = true
	b.list, b.trailing, b.whole = vector16(s)
	return b, true
}

// readOrdinaryFixed reads everything before the extensions and returns their list,
// where all of it is there and as it should be in a hello of TLS. Of any other
// hello it reports false.
func (h *ClientHello) readOrdinaryFixed(b []byte) (list cryptobyte.String, ok bool) {
	const head = 2 + len(h.Random) + 1
	if len(b) < head || uint16(b[0]) != VersionTLS12>>8 || b[head-1] > maxSessionID {
		return nil, false
	}
	suites := head + int(b[head-1]) + 2 // where they begin; their length is before them, and so on
	if suites > len(b) {
		return nil, false
	}
	methods := suites + int(binary.BigEndian.Uint16(b[suites-2:])) + 1
	if methods > len(b) || (methods-suites)&1 == 0 || methods == suites+1 {
		return nil, false
	}
	extensions := methods + int(b[methods-1]) + 2
	if extensions > len(b) || extensions == methods+2 || int(binary.BigEndian.Uint16(b[extensions-2:])) != len(b)-extensions {
		return nil, false
	}
	h.Version, h.Random = binary.BigEndian.Uint16(b), [32]byte(b[2:])
	h.SessionID = b[head : suites-2]
	h.CipherSuites = Values(b[suites : methods-1])
	h.CompressionMethods = b[methods : extensions-2]
	h.noteSignals()
	return b[extensions:], true
}

// readFixed reads everything before the extensions and their list. It reports
// false when the bytes ran out.
func (h *ClientHello) readFixed(s cryptobyte.String, f *faults) (exts extensionBlock, ok bool) {
	if s, ok = readHead(s, &h.Version, &h.Random); !ok {
		return exts, false
	}
	if h.SessionID, s, ok = readSessionID(s, f); !ok {
		return exts, false
	}
	var v cryptobyte.String
	if h.Version>>8 == VersionDTLS10>>8 {
		if v, s, ok = vector8(s); !ok {
			return exts, false
		}
		h.Cookie = len(v) > 0
	}
	at := s
	v, s, ok = vector16(s)
	h.CipherSuites = valuesOf(v)
	h.noteSignals()
	if !ok {
		return exts, false
	}
	switch {
	case len(v) == 0:
		f.note("cipher_suites", at, errEmpty)
	case len(v)%2 != 0:
		f.note("cipher_suites", at, errOddLength)
	}
	at = s
	if v, s, ok = vector8(s); !ok {
		return exts, false
	}
	if h.CompressionMethods = v; len(v) == 0 {
		f.note("legacy_compression_methods", at, errEmpty)
	}
	return readExtensionBlock(s)
}

// noteSignals looks for the cipher suites that are none.
func (h *ClientHello) noteSignals() {
	if !h.CipherSuites.holds(suiteFallback, suiteRenegotiation) {
		return
	}
	for i := range h.CipherSuites.Len() {
		switch h.CipherSuites.At(i) {
		case suiteFallback:
			h.FallbackSCSV = true
		case suiteRenegotiation:
			h.RenegotiationInfo = true
		}
	}
}

// HighestVersion returns the highest version offered: of supported_versions
// where that was sent (RFC 8446, Section 4.2.1), else legacy_version. GREASE and
// unknown values are passed over, and drafts of TLS 1.3 count as TLS 1.3. It is 0
// where a supported_versions could still have followed: in a hello that is not
// complete, and whose legacy_version is that which goes with it, or none known.
func (h *ClientHello) HighestVersion() uint16 {
	best, rank := h.Version, 0
	if !h.Complete && len(h.SupportedVersions) == 0 {
		if legacy := versionRank(best); legacy == 0 || legacy == int(VersionTLS12) {
			return 0
		}
	}
	for list := h.SupportedVersions; len(list) >= 2; list = list[2:] {
		v := list.At(0)
		if r := versionRank(v); r > rank {
			best, rank = v, r
		}
	}
	return released(best)
}
