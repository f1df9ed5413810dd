package tlswire

import (
	"bytes"
	"time"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Object identifiers in DER, as strings so that comparing needs no allocation.
const (
	oidCommonName   = "\x55\x04\x03" // 2.5.4.3 (RFC 5280, Appendix A.1)
	oidOrganization = "\x55\x04\x0a" // 2.5.4.10
	oidAltName      = "\x55\x1d\x11" // 2.5.29.17 (RFC 5280, Section 4.2.1.6)
)

// Tags that package asn1 has no name for.
var (
	tagVersion    = asn1.Tag(0).ContextSpecific().Constructed()
	tagIssuerID   = asn1.Tag(1).ContextSpecific()
	tagSubjectID  = asn1.Tag(2).ContextSpecific()
	tagExtensions = asn1.Tag(3).ContextSpecific().Constructed()
	tagDNSName    = asn1.Tag(2).ContextSpecific()
)

const (
	tagNumericString   asn1.Tag = 18
	tagVisibleString   asn1.Tag = 26
	tagUniversalString asn1.Tag = 28
	tagBMPString       asn1.Tag = 30
)

// leaf is a certificate as far as it was read; everything aliases the DER.
type leaf struct {
	issuer, subject     distinguishedName
	selfIssued          bool
	notBefore, notAfter time.Time
	san                 cryptobyte.String // the names within the subject alternative name
	whole               bool              // read to the end of the extensions
}

// readLeaf reads a certificate until something is wrong with it.
func readLeaf(der cryptobyte.String) (l leaf) {
	var cert, tbs, issuer, validity cryptobyte.String
	if !der.ReadASN1(&cert, asn1.SEQUENCE) || !cert.ReadASN1(&tbs, asn1.SEQUENCE) || !skipUpToIssuer(&tbs) ||
		!l.issuer.read(&tbs, &issuer) || !tbs.ReadASN1(&validity, asn1.SEQUENCE) {
		return l
	}
	l.notBefore, l.notAfter = readTime(&validity), readTime(&validity)
	l.readSubject(tbs, issuer)
	return l
}

func skipUpToIssuer(tbs *cryptobyte.String) bool {
	return tbs.SkipOptionalASN1(tagVersion) && tbs.SkipASN1(asn1.INTEGER) && tbs.SkipASN1(asn1.SEQUENCE)
}

// readSubject reads what follows the validity.
func (l *leaf) readSubject(tbs, issuer cryptobyte.String) {
	var subject, exts cryptobyte.String
	var present bool
	if !l.subject.read(&tbs, &subject) {
		return
	}
	l.selfIssued = bytes.Equal(issuer, subject)
	if !tbs.SkipASN1(asn1.SEQUENCE) || !tbs.SkipOptionalASN1(tagIssuerID) || !tbs.SkipOptionalASN1(tagSubjectID) ||
		!tbs.ReadOptionalASN1(&exts, &present, tagExtensions) {
		return
	}
	l.whole = !present || l.readExtensions(exts)
}

// readExtensions reports whether it could read them to their end.
func (l *leaf) readExtensions(wrapped cryptobyte.String) bool {
	var list, ext, oid, value cryptobyte.String
	if !wrapped.ReadASN1(&list, asn1.SEQUENCE) {
		return false
	}
	for !list.Empty() {
		if !list.ReadASN1(&ext, asn1.SEQUENCE) || !ext.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
			!ext.SkipOptionalASN1(asn1.BOOLEAN) || !ext.ReadASN1(&value, asn1.OCTET_STRING) {
			return false
		}
		if string(oid) != oidAltName {
			continue
		}
		var san cryptobyte.String
		if !value.ReadASN1(&san, asn1.SEQUENCE) {
			return false
		}
		l.san = san
	}
	return true
}

// nextDNSName reads on in a list of alternative names until one is a DNS name.
// It reports false at the end, and where the list is malformed.
func nextDNSName(san *cryptobyte.String) (name cryptobyte.String, ok bool) {
	var tag asn1.Tag
	for san.ReadAnyASN1(&name, &tag) {
		if tag == tagDNSName {
			return name, true
		}
	}
	return nil, false
}

// readTime reads one of the two times of a validity; it is zero where there is none.
func readTime(validity *cryptobyte.String) time.Time {
	var text cryptobyte.String
	var tag asn1.Tag
	if !validity.ReadAnyASN1(&text, &tag) {
		return time.Time{}
	}
	return parseTime(text, tag)
}

// parseTime reads a UTCTime or a GeneralizedTime (RFC 5280, Section 4.1.2.5) and
// returns the zero time for anything else. Zone offsets are accepted beside Z,
// and missing seconds in a UTCTime, because old certificates have them.
func parseTime(s cryptobyte.String, tag asn1.Tag) time.Time {
	var year, month, day, hour, minute, second int
	switch tag {
	case asn1.UTCTime:
		readDigits(&s, 2, &year)
		if year += 1900; year < 1950 {
			year += 100
		}
	case asn1.GeneralizedTime:
		readDigits(&s, 4, &year)
	default:
		return time.Time{}
	}
	ok := readDigits(&s, 2, &month) && readDigits(&s, 2, &day) && readDigits(&s, 2, &hour) && readDigits(&s, 2, &minute)
	if !readDigits(&s, 2, &second) && tag == asn1.GeneralizedTime {
		ok = false
	}
	offset, zoned := readZone(s)
	if !ok || !zoned || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if t.Day() != day { // the month has no such day
		return time.Time{}
	}
	return t.Add(-offset)
}

// readDigits reads a number of n decimal digits. It takes nothing, and leaves out
// alone, where there is none.
func readDigits(s *cryptobyte.String, n int, out *int) bool {
	var digits []byte
	rest, v := *s, 0
	if !rest.ReadBytes(&digits, n) {
		return false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
		v = v*10 + int(c-'0')
	}
	*s, *out = rest, v
	return true
}

// readZone reads Z or an offset from UTC of the form +hhmm or -hhmm.
func readZone(s cryptobyte.String) (offset time.Duration, ok bool) {
	var sign uint8
	var hours, minutes int
	if !s.ReadUint8(&sign) {
		return 0, false
	}
	if sign == 'Z' {
		return 0, s.Empty()
	}
	ok = (sign == '+' || sign == '-') && readDigits(&s, 2, &hours) && readDigits(&s, 2, &minutes) && s.Empty() &&
		hours < 24 && minutes < 60
	offset = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if sign == '-' {
		offset = -offset
	}
	return offset, ok
}

// distinguishedName is the part of a Name (RFC 5280, Section 4.1.2.4) that
// people call it by. Of several values the last counts, as it is the most
// specific.
type distinguishedName struct {
	commonName, organization attribute
}

// read reads a Name, whose contents are in whole then; a relative distinguished name may have several attributes.
func (n *distinguishedName) read(s, whole *cryptobyte.String) bool {
	var rdns, rdn, pair, oid cryptobyte.String
	if !s.ReadASN1(&rdns, asn1.SEQUENCE) {
		return false
	}
	*whole = rdns
	for !rdns.Empty() {
		if !rdns.ReadASN1(&rdn, asn1.SET) {
			return false
		}
		for !rdn.Empty() {
			var a attribute
			if !rdn.ReadASN1(&pair, asn1.SEQUENCE) || !pair.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
				!pair.ReadAnyASN1(&a.value, &a.tag) {
				return false
			}
			switch string(oid) {
			case oidCommonName:
				n.commonName = a
			case oidOrganization:
				n.organization = a
			}
		}
	}
	return true
}

// name is the common name, else the organization, else "".
func (n *distinguishedName) name() string {
	if s := n.commonName.text(); s != "" {
		return s
	}
	return n.organization.text()
}

// attribute is a value of a DirectoryString or of any other string type.
type attribute struct {
	value cryptobyte.String
	tag   asn1.Tag
}

// text returns the value in UTF-8 where its type has a character set of its own,
// and else its bytes, which need not be UTF-8. It is "" for what is no string.
func (a *attribute) text() string {
	switch a.tag {
	case asn1.UTF8String, asn1.PrintableString, asn1.T61String, asn1.IA5String, asn1.GeneralString,
		tagNumericString, tagVisibleString:
		return string(a.value)
	case tagBMPString:
		return decodeBMPString(a.value)
	case tagUniversalString:
		return decodeUniversalString(a.value)
	}
	return ""
}

func decodeBMPString(s cryptobyte.String) string {
	units := make([]uint16, 0, len(s)/2)
	return string(utf16.Decode(appendUint16s(units, s)))
}

func decodeUniversalString(s cryptobyte.String) string {
	runes := make([]rune, 0, len(s)/4)
	for c := uint32(0); s.ReadUint32(&c); {
		runes = append(runes, rune(c))
	}
	return string(runes)
}
