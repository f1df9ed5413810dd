package tlswire

import "fmt"

// Protocol versions as they appear on the wire.
const (
	VersionSSL2   uint16 = 0x0002
	VersionSSL3   uint16 = 0x0300
	VersionTLS10  uint16 = 0x0301
	VersionTLS11  uint16 = 0x0302
	VersionTLS12  uint16 = 0x0303
	VersionTLS13  uint16 = 0x0304
	VersionDTLS10 uint16 = 0xfeff
	VersionDTLS12 uint16 = 0xfefd
	VersionDTLS13 uint16 = 0xfefc
)

// VersionName returns "ssl2", "ssl3", "1.0", "1.1", "1.2" or "1.3", for DTLS and
// for drafts of TLS 1.3 too, and "0x" with four hexadecimal digits otherwise.
func VersionName(v uint16) string {
	switch released(v) {
	case VersionSSL2:
		return "ssl2"
	case VersionSSL3:
		return "ssl3"
	case VersionTLS10, VersionDTLS10:
		return "1.0"
	case VersionTLS11:
		return "1.1"
	case VersionTLS12, VersionDTLS12:
		return "1.2"
	case VersionTLS13, VersionDTLS13:
		return "1.3"
	}
	return fmt.Sprintf("0x%04x", v)
}

// IsGREASE reports whether v is one of the sixteen values that clients send to
// keep servers tolerant of unknown ones (RFC 8701, Section 2).
func IsGREASE(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

// released maps the version numbers of TLS 1.3 drafts and experiments to that of
// TLS 1.3: 0x7f00 plus the draft's number, Google's 0x7e01 to 0x7e03 and
// Facebook's 0xfb00 plus the draft's number.
func released(v uint16) uint16 {
	switch v >> 8 {
	case 0x7f, 0x7e, 0xfb:
		return VersionTLS13
	}
	return v
}

// IsDTLS reports whether v is a version of DTLS (RFC 9147, Section 5.3): 0xfe, and the complement of its minor number.
func IsDTLS(v uint16) bool { return v>>8 == VersionDTLS10>>8 }

// Is13 reports whether a version that was selected is TLS 1.3 or DTLS 1.3, which
// encrypt what follows the ServerHello.
func Is13(v uint16) bool { return v == VersionTLS13 || v == VersionDTLS13 }

// Before reports whether a version is older than another; DTLS counts as the TLS that it is the equivalent of. It does
// not hold where one of them is unknown.
func Before(v, than uint16) bool {
	a, b := versionRank(v), versionRank(than)
	return a != 0 && b != 0 && a < b
}

// versionRank orders versions by age across TLS and DTLS, whose numbers run
// backwards; 0 is no known version.
func versionRank(v uint16) int {
	switch v = released(v); v {
	case VersionSSL2:
		return 1
	case VersionDTLS10: // the equivalent of TLS 1.1 (RFC 4347)
		return int(VersionTLS11)
	case VersionDTLS12:
		return int(VersionTLS12)
	case VersionDTLS13:
		return int(VersionTLS13)
	}
	if v >= VersionSSL3 && v <= VersionTLS13 {
		return int(v)
	}
	return 0
}
