package tlswire

import (
	"net/netip"
	"strings"

	"golang.org/x/crypto/cryptobyte"
)

// SNIState says what is known of a ClientHello's server_name extension.
type SNIState uint8

// States of the server name.
const (
	SNIUnknown SNIState = iota // the hello was not seen to its end, and no server_name before
	SNIMissing                 // the whole hello was seen and has none
	SNIPresent                 // a DNS host name, as RFC 6066, Section 3 asks for
	SNIInvalid                 // the extension is there and holds something else
)

// String returns "unknown", "missing", "present" or "invalid".
func (s SNIState) String() string {
	switch s {
	case SNIMissing:
		return "missing"
	case SNIPresent:
		return "present"
	case SNIInvalid:
		return "invalid"
	}
	return "unknown"
}

// Why a server name is SNIInvalid (RFC 6066, Section 3).
const (
	ProblemMalformed        = "malformed"
	ProblemEmptyExtension   = "empty extension" // only a server's answer may be
	ProblemEmptyList        = "empty list"
	ProblemUnknownNameType  = "unknown name type"
	ProblemSeveralNames     = "more than one name"
	ProblemDuplicate        = "duplicate extension"
	ProblemEmptyName        = "empty name"
	ProblemIPAddress        = "ip address"
	ProblemTrailingDot      = "trailing dot"
	ProblemNULByte          = "nul byte"
	ProblemNonASCII         = "non-ascii"
	ProblemInvalidCharacter = "invalid character"
	ProblemLabel            = "empty or overlong label"
	ProblemTooLong          = "too long"
)

const nameTypeHostName = 0

// readServerName decodes the server_name extension (RFC 6066, Section 3). The
// first thing wrong with it is what SNIProblem says; the first host name in it
// is kept in any case.
func (h *ClientHello) readServerName(data cryptobyte.String, f *faults) {
	if h.SNI != SNIUnknown {
		h.invalidName(ProblemDuplicate)
		f.note("server_name", data, errDuplicate)
		return
	}
	h.SNI = SNIPresent
	if data.Empty() {
		h.invalidName(ProblemEmptyExtension)
		return
	}
	at := data
	var list cryptobyte.String
	if !readVector16(&data, &list) || !data.Empty() {
		h.invalidName(ProblemMalformed)
		f.note("server_name", at, errOverrun)
		return
	}
	if list.Empty() {
		h.invalidName(ProblemEmptyList)
	}
	for !list.Empty() {
		h.readName(&list, f)
	}
}

// readName decodes one ServerName of the list. The type of a name says how to
// read it, but only one type was ever defined, so all are read alike.
func (h *ClientHello) readName(list *cryptobyte.String, f *faults) {
	at := *list
	var typ uint8
	var name cryptobyte.String
	list.ReadUint8(&typ)
	if !readVector16(list, &name) {
		h.invalidName(ProblemMalformed)
		f.note("server_name", at, errOverrun)
		*list = nil
		return
	}
	switch {
	case typ != nameTypeHostName:
		h.invalidName(ProblemUnknownNameType)
	case h.ServerNameOffset != 0:
		h.invalidName(ProblemSeveralNames)
	default:
		h.ServerName = name
		h.ServerNameOffset = handshakeHeaderLen + offsetIn(f.input, name)
		h.invalidName(nameProblem(name))
	}
}

// invalidName sets the first problem; "" is none.
func (h *ClientHello) invalidName(problem string) {
	if problem != "" && h.SNIProblem == "" {
		h.SNI, h.SNIProblem = SNIInvalid, problem
	}
}

// nameProblem says why name is no DNS host name, "" if it is one. Underscores
// are let pass: host names have none, and they are in wide use.
func nameProblem(name []byte) string {
	if len(name) == 0 {
		return ProblemEmptyName
	}
	if isAddress(name) {
		return ProblemIPAddress
	}
	for _, c := range name {
		if !nameCharacters[c] {
			return characterProblem(c)
		}
	}
	if name[len(name)-1] == '.' {
		return ProblemTrailingDot
	}
	if len(name) > maxServerName {
		return ProblemTooLong
	}
	label := 0
	for _, c := range name {
		if label++; c != '.' {
			continue
		}
		if label == 1 || label-1 > maxLabel {
			return ProblemLabel
		}
		label = 0
	}
	if label > maxLabel {
		return ProblemLabel
	}
	return ""
}

// nameCharacters are those that a host name may have.
var nameCharacters = func() (t [256]bool) {
	for c := range t {
		t[c] = characterProblem(byte(c)) == ""
	}
	return t
}()

func characterProblem(c byte) string {
	switch {
	case c == 0:
		return ProblemNULByte
	case c >= 0x80:
		return ProblemNonASCII
	case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		return ""
	}
	return ProblemInvalidCharacter
}

// isAddress reports whether name is an IP address in text form, also in
// brackets.
func isAddress[T ~string | ~[]byte](name T) bool {
	const longest = len("[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255%interfacename]")
	if len(name) > longest || !mayBeAddress(name) {
		return false
	}
	text := string(name)
	if inner, ok := strings.CutPrefix(text, "["); ok {
		text = strings.TrimSuffix(inner, "]")
	}
	_, err := netip.ParseAddr(text)
	return err == nil
}

// mayBeAddress spares nearly all names the parsing: an address has a colon or
// only digits and dots.
func mayBeAddress[T ~string | ~[]byte](name T) bool {
	numeric := true
	for i := range len(name) {
		switch c := name[i]; {
		case c == ':':
			return true
		case c != '.' && (c < '0' || c > '9'):
			numeric = false
		}
	}
	return numeric
}
