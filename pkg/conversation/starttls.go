package conversation

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
)

// asksLine finds a command at the start of a line, behind a tag where the protocol has them.
func asksLine(command string) func([]byte) (string, bool) {
	return asksWords(func(first, second string) bool {
		return strings.EqualFold(first, command) || strings.EqualFold(second, command)
	})
}

// asksFTP finds an AUTH that asks for TLS (RFC 4217, Section 4), and not for Kerberos (RFC 2228, Section 3), which clients that
// have it ask for first.
var asksFTP = asksWords(func(command, mechanism string) bool {
	return strings.EqualFold(command, "AUTH") && asksForTLS(mechanism)
})

// asksWords finds a line whose first two words ask for TLS.
func asksWords(ask func(first, second string) bool) func([]byte) (string, bool) {
	return func(b []byte) (string, bool) {
		for line := range bytes.SplitSeq(b, []byte("\n")) {
			if first, second := firstWords(line); ask(string(first), string(second)) {
				return "", true
			}
		}
		return "", false
	}
}

// asksForTLS holds for the mechanisms that begin TLS: TLS, TLS-C, TLS-P and SSL.
func asksForTLS(mechanism string) bool {
	const length = len("TLS")
	return len(mechanism) >= length && (strings.EqualFold(mechanism[:length], "TLS") || strings.EqualFold(mechanism, "SSL"))
}

// blanks stand between the words of a line.
const blanks = " \t\r"

// firstWords returns the first two words of a line, as far as a command may be in it.
func firstWords(line []byte) (first, second []byte) {
	first, rest := cutWord(line[:min(len(line), maxCommand)])
	second, _ = cutWord(rest)
	return first, second
}

// cutWord takes a word off the front of b.
func cutWord(b []byte) (word, rest []byte) {
	b = bytes.TrimLeft(b, blanks)
	if n := bytes.IndexAny(b, blanks); n >= 0 {
		return b[:n], b[n:]
	}
	return b, nil
}

// refusesLine finds an answer that begins with one of the prefixes.
func refusesLine(prefixes ...string) func([]byte) string {
	return func(b []byte) string {
		for line := range bytes.SplitSeq(b, []byte("\n")) {
			for _, p := range prefixes {
				if bytes.HasPrefix(line, []byte(p)) {
					return string(line)
				}
			}
		}
		return ""
	}
}

// refusesTagged finds IMAP's tagged NO and BAD (RFC 9051, Section 7.1).
func refusesTagged(b []byte) string {
	for line := range bytes.SplitSeq(b, []byte("\n")) {
		if tag, word := firstWords(line); string(tag) != "*" && (string(word) == "NO" || string(word) == "BAD") {
			return string(line)
		}
	}
	return ""
}

// refusesIRC finds the numerics 691, failure, and 421, unknown command.
func refusesIRC(b []byte) string {
	for line := range bytes.SplitSeq(b, []byte("\n")) {
		if _, word := firstWords(line); string(word) == "691" || string(word) == "421" {
			return string(line)
		}
	}
	return ""
}

func asksText(text string) func([]byte) (string, bool) {
	return func(b []byte) (string, bool) { return "", bytes.Contains(b, []byte(text)) }
}

// refusesText finds an answer that has one of the texts in it.
func refusesText(texts ...string) func([]byte) string {
	return func(b []byte) string {
		for _, text := range texts {
			if i := bytes.Index(b, []byte(text)); i >= 0 {
				return string(b[i:min(len(b), i+maxRefusal)])
			}
		}
		return ""
	}
}

// refusesLDAP reads the resultCode of an ExtendedResponse (RFC 4511, Section 4.12): its tag is 0x78, and an
// ENUMERATED of one byte follows.
func refusesLDAP(b []byte) string {
	i := bytes.IndexByte(b, 0x78)
	if i < 0 {
		return ""
	}
	if j := bytes.Index(b[i:], []byte{0x0a, 0x01}); j >= 0 && i+j+2 < len(b) && b[i+j+2] != 0 {
		return "LDAP: resultCode " + strconv.Itoa(int(b[i+j+2]))
	}
	return ""
}

// What a client of PostgreSQL may send first (PostgreSQL's protocol, "Message Formats"). One with a Kerberos ticket asks for its
// encryption before it asks for TLS, and goes on when that is refused.
const (
	sslRequest    = "\x00\x00\x00\x08\x04\xd2\x16\x2f"
	gssEncRequest = "\x00\x00\x00\x08\x04\xd2\x16\x30"
)

// asksPostgreSQL finds an SSLRequest.
func asksPostgreSQL(b []byte) (string, bool) {
	b = bytes.TrimPrefix(b, []byte(gssEncRequest))
	return "", bytes.HasPrefix(b, []byte(sslRequest))
}

func refusesPostgreSQL(b []byte) string {
	if len(b) > 0 && (b[0] == 'N' || b[0] == 'E') {
		return "PostgreSQL: " + string(b[:1])
	}
	return ""
}

// asksMySQL reads an SSLRequest: a 32-byte packet with CLIENT_SSL among its capabilities.
func asksMySQL(b []byte) (string, bool) {
	return "", len(b) >= 36 && b[0] == 32 && b[1] == 0 && b[2] == 0 && b[5]&0x08 != 0
}

func refusesMySQL(b []byte) string {
	if len(b) >= 5 && b[4] == 0xff {
		return "MySQL: error packet"
	}
	return ""
}

// asksRDP reads an X.224 connection request, in which a line may come before the RDP_NEG_REQ (MS-RDPBCGR, Section 2.2.1.1). Whatever
// that asks for begins with TLS but RDP's own security, which is 0 and what a client without one wants.
func asksRDP(b []byte) (string, bool) {
	const header, negotiation, requested = 11, 8, 4
	if len(b) < header || b[5] != 0xe0 {
		return "", false
	}
	if b = b[header:]; len(b) > 0 && b[0] != 1 {
		_, b, _ = bytes.Cut(b, []byte("\r\n"))
	}
	return "", len(b) >= negotiation && b[0] == 1 && binary.LittleEndian.Uint32(b[requested:]) != 0
}

// refusesRDP reads RDP_NEG_FAILURE (MS-RDPBCGR, Section 2.2.1.2.2).
func refusesRDP(b []byte) string {
	if len(b) >= 19 && b[5] == 0xd0 && b[11] == 3 {
		return "RDP: negotiation failure " + strconv.Itoa(int(b[15]))
	}
	return ""
}

// asksUpgrade finds a request that asks for nothing but TLS (RFC 2817, Section 3.2), as clients of CUPS send it.
func asksUpgrade(b []byte) (string, bool) {
	return "", bytes.HasPrefix(b, []byte("OPTIONS ")) && bytes.Contains(b, []byte("\nUpgrade: TLS/"))
}

// lenVersionVNC is how long the line is with which both sides of VNC begin (RFC 6143, Section 7.1.1).
const lenVersionVNC = len("RFB 003.008\n")

// The types of security in VNC that are TLS; VeNCrypt negotiates a subtype first (both by the registry of RFC 6143, Section 8.3).
const (
	vncTLS      = 18
	vncVeNCrypt = 19
)

// asksVNC finds the choice of one of them (RFC 6143, Section 7.1.2), behind the client's version: what it sends later is no choice.
func asksVNC(b []byte) (string, bool) {
	return "", len(b) > lenVersionVNC && bytes.HasPrefix(b, []byte("RFB ")) && (b[lenVersionVNC] == vncTLS || b[lenVersionVNC] == vncVeNCrypt)
}

// refusesVNC reads VeNCrypt: its version in two bytes, 0 if the client's will do, a list of subtypes, four bytes each, and 1 if
// the client's choice will.
func refusesVNC(b []byte) string {
	if len(b) < 3 || b[0] != 0 || b[1] != 2 {
		return ""
	}
	if b[2] != 0 {
		return "VeNCrypt: version refused"
	}
	if len(b) > 3 && len(b) > 4+4*int(b[3]) && b[4+4*int(b[3])] == 0 {
		return "VeNCrypt: subtype refused"
	}
	return ""
}
