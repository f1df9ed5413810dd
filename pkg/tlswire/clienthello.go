package tlswire

import (
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
)

// suiteFallback is a cipher suite that is a signal (RFC 7507).
const suiteFallback uint16 = 0x5600

// ClientHello is the first message of a client (RFC 8446, Section 4.1.2; for
// DTLS, RFC 9147, Section 5.3). Slices alias the message; lists are as sent,
// GREASE included.
type ClientHello struct {
	Version      uint16 // legacy_version; see HighestVersion
	Random       [32]byte
	SessionID    []byte
	CipherSuites Values
	Extensions   []uint16 // types in the order sent, that of a cut extension included

	SNI              SNIState
	ServerName       []byte // as sent; set when SNI is SNIPresent, and when SNIInvalid has a name
	ServerNameOffset int    // of the name, in bytes from the 4-byte header of the handshake message; 0 without a name
	SNIProblem       string // one of the Problem constants, set only when SNI is SNIInvalid

	ALPN                [][]byte // RFC 7301; the first 64 names
	SupportedVersions   Values
	SupportedGroups     Values
	SignatureAlgorithms Values
	PointFormats        []byte

	ECH           bool // encrypted_client_hello, real or GREASE (RFC 9849)
	PreSharedKey  bool
	EarlyData     bool
	Cookie        bool // a cookie of a HelloRetryRequest or HelloVerifyRequest is returned
	Retried       bool // it answers a HelloRetryRequest: the cookie is in an extension
	SessionTicket bool // a ticket was sent, not only the wish for one (RFC 5077)
	FallbackSCSV  bool // RFC 7507

	PostHandshakeAuth bool // RFC 8446, Section 4.2.6

	// Complete says that the message was there to its end and its list of
	// extensions was followed to that end: what a complete hello does not show
	// was not sent. The contents of single extensions may still be malformed.
	Complete bool
	SSLv2    bool // came as an SSLv2 CLIENT-HELLO, see ParseSSLv2ClientHello

	Fault Fault // where the hello first breaks its format, if it does; found by Unmarshal alone

	// types is the set of Extensions where Unmarshal has found that by the way, else empty.
	types typeSet
	body  []byte // what is decoded
}

// Unmarshal decodes the body of a whole ClientHello, the 4-byte handshake header
// left out. The previous contents of h are replaced and its slices reused.
//
// The error is ErrMalformed where there is a Fault; when only the content of an
// extension is malformed, the rest is decoded and Complete is set all the same.
// Where the walk ends before the end of the message, SNI is what was seen before,
// and SNIUnknown if that was nothing.
func (h *ClientHello) Unmarshal(body []byte) error {
	h.Complete = h.read(body)
	if h.Complete && h.SNI == SNIUnknown {
		h.SNI = SNIMissing
	}
	if h.Fault.Field != "" {
		return ErrMalformed
	}
	return nil
}

// UnmarshalPartial is Unmarshal for a message of which body is only the
// beginning. Complete and Fault are never set and SNI is never SNIMissing, not even
// where body happens to end between two fields. The error is always ErrShort.
func (h *ClientHello) UnmarshalPartial(body []byte) error {
	h.read(body)
	h.Fault = Fault{}
	return ErrShort
}

// read reports whether the list of extensions was followed to the end of the body.
func (h *ClientHello) read(body []byte) bool {
	h.reset()
	h.body = body
	if list, ok := h.readOrdinaryFixed(body); ok && h.readOrdinaryExtensions(list) {
		return true
	}
	h.types = typeSet{}
	exts, rest, cut := h.readFixed(body)
	switch {
	case cut != "":
		h.fault(cut, rest)
	case !exts.present: // and so the hello ends here (RFC 5246, Section 7.4.1.2)
		return true
	case !exts.whole:
		h.readExtensions(exts.list)
		h.fault("extensions", rest)
	case !h.readExtensions(exts.list):
	case !exts.trailing.Empty():
		h.fault("extensions", exts.trailing)
	default:
		return true
	}
	return false
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
		return s, false
	}
	*version = binary.BigEndian.Uint16(s)
	if s = s[2:]; len(s) < len(random) {
		return s, false
	}
	*random = [32]byte(s)
	return s[len(random):], true
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
	h.FallbackSCSV = h.CipherSuites.holds(suiteFallback)
	return b[extensions:], true
}

// readFixed reads everything before the extensions and their list, where rest
// begins. cut is the field in which the bytes ran out, if they did; then rest begins
// there.
func (h *ClientHello) readFixed(s cryptobyte.String) (exts extensionBlock, rest cryptobyte.String, cut string) {
	var ok bool
	if len(s) < 2 {
		return exts, s, "legacy_version"
	}
	if s, ok = readHead(s, &h.Version, &h.Random); !ok {
		return exts, s, "random"
	}
	at := s
	v, s, ok := vector8(s)
	if !ok {
		return exts, s, "legacy_session_id"
	}
	if h.SessionID = v; len(v) > maxSessionID {
		h.fault("legacy_session_id", at)
	}
	if IsDTLS(h.Version) {
		if v, s, ok = vector8(s); !ok {
			return exts, s, "legacy_cookie"
		}
		h.Cookie = len(v) > 0
	}
	at = s
	v, s, ok = vector16(s)
	h.CipherSuites = valuesOf(v)
	h.FallbackSCSV = h.CipherSuites.holds(suiteFallback)
	if !ok {
		return exts, s, "cipher_suites"
	}
	if len(v) == 0 || len(v)%2 != 0 {
		h.fault("cipher_suites", at)
	}
	at = s
	if v, s, ok = vector8(s); !ok {
		return exts, s, "legacy_compression_methods"
	}
	if len(v) == 0 {
		h.fault("legacy_compression_methods", at)
	}
	if exts, ok = readExtensionBlock(s); !ok {
		return exts, s, "extensions"
	}
	return exts, s, ""
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

// Only13 reports whether TLS 1.3 is the one version offered, GREASE and unknown ones passed over.
func (h *ClientHello) Only13() bool {
	for list := h.SupportedVersions; len(list) >= 2; list = list[2:] {
		if v := list.At(0); versionRank(v) > 0 && !Is13(released(v)) {
			return false
		}
	}
	return len(h.SupportedVersions) > 0 && Is13(h.HighestVersion())
}

// Offer is a hash of what the hello offers to negotiate: versions, cipher suites, groups and signature algorithms, in their order, GREASE
// in first place left out. A program sends the same with every hello, whatever the name and the order of extensions; two differ in it
// but for one case in 30,000. It is never 0 or 1.
func (h *ClientHello) Offer() uint16 {
	sum := uint64(h.Version)
	for _, v := range [...]Values{h.SupportedVersions, h.CipherSuites, h.SupportedGroups, h.SignatureAlgorithms} {
		sum = hashValues(sum, v.withoutGREASE())
	}
	return uint16(sum>>32) | 2
}
