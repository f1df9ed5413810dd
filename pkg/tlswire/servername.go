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
	SNIUnknown SNIState = iota // the hello was not seen to its end, or is malformed, and no server_name before
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
func (h *ClientHello) readServerName(data cryptobyte.String) {
	if h.SNI != SNIUnknown {
		h.invalidName(ProblemDuplicate)
		h.fault("server_name", data)
		return
	}
	h.SNI = SNIPresent
	if data.Empty() {
		h.invalidName(ProblemEmptyExtension)
		return
	}
	list, ok := soleVector16(data)
	if !ok {
		h.invalidName(ProblemMalformed)
		h.fault("server_name", data)
		return
	}
	if list.Empty() {
		h.invalidName(ProblemEmptyList)
	}
	for !list.Empty() {
		list = h.readName(list)
	}
}

// readName decodes the first ServerName of the list and returns the others. The
// type of a name says how to read it, but only one type was ever defined, so all
// are read alike.
func (h *ClientHello) readName(list cryptobyte.String) (rest cryptobyte.String) {
	typ := list[0]
	name, rest, ok := vector16(list[1:])
	if !ok {
		h.invalidName(ProblemMalformed)
		h.fault("server_name", list)
		return nil
	}
	switch {
	case typ != nameTypeHostName:
		h.invalidName(ProblemUnknownNameType)
	case h.ServerNameOffset != 0:
		h.invalidName(ProblemSeveralNames)
	default:
		h.ServerName = name
		h.ServerNameOffset = h.offset(name)
		h.invalidName(nameProblem(name))
	}
	return rest
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
	if ordinaryName(name) {
		return ""
	}
	return unusualNameProblem(name)
}

// unusualNameProblem is nameProblem in the order of what there is to say.
func unusualNameProblem(name []byte) string {
	if len(name) == 0 {
		return ProblemEmptyName
	}
	if isAddress(name) {
		return ProblemIPAddress
	}
	for _, c := range name {
		if problem := characterProblem(c); problem != "" {
			return problem
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

// ordinaryName reports in one pass whether name is a DNS host name that is not
// made of digits and dots alone, so that it cannot be an address. Nearly all
// names are; of any other it says nothing.
func ordinaryName(name []byte) bool {
	if len(name) > maxServerName {
		return false
	}
	seen, label := byte(0), 0
	for i, c := range name {
		class := nameClasses[c]
		if seen |= class; class != classDot {
			continue
		}
		if !labelLength(i - label) {
			return false
		}
		label = i + 1
	}
	return seen&(classOrdinary|classProblem) == classOrdinary && labelLength(len(name)-label)
}

func labelLength(n int) bool { return n > 0 && n <= maxLabel }

// Classes of characters of names, beside digits, which are of none.
const (
	classDot      = 1 << iota
	classOrdinary // what only names have, not addresses without a colon
	classProblem
)

var nameClasses = func() (t [256]byte) {
	for i := range t {
		switch c := byte(i); {
		case c == '.':
			t[i] = classDot
		case characterProblem(c) != "":
			t[i] = classProblem
		case c < '0' || c > '9':
			t[i] = classOrdinary
		}
	}
	return t
}()

// characterProblem says why a host name cannot have c, "" if it can.
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
