package tlswire

import (
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
)

// Extension types that are looked into (the IANA registry "TLS ExtensionType
// Values").
const (
	extServerName          uint16 = 0
	extSupportedGroups     uint16 = 10
	extPointFormats        uint16 = 11
	extSignatureAlgorithms uint16 = 13
	extALPN                uint16 = 16
	extSessionTicket       uint16 = 35
	extPreSharedKey        uint16 = 41
	extEarlyData           uint16 = 42
	extSupportedVersions   uint16 = 43
	extCookie              uint16 = 44
	extKeyShare            uint16 = 51
	extECH                 uint16 = 0xfe0d
	extRenegotiationInfo   uint16 = 0xff01
	extESNI                uint16 = 0xffce
)

// nextExtension reads one extension. The error is ErrShort when the list was cut
// within it, and a *ParseError when it is longer than a whole list; typ is
// valid, and to be reported, when seen.
func nextExtension(list *cryptobyte.String, whole bool, f *faults) (typ uint16, data cryptobyte.String, seen bool, err error) {
	at := *list
	seen = list.ReadUint16(&typ)
	if seen && readVector16(list, &data) {
		return typ, data, true, nil
	}
	if !whole {
		return typ, nil, seen, ErrShort
	}
	f.note("extensions", at, errOverrun)
	return typ, nil, seen, f.result()
}

// wholeExtension reads one extension if it is there whole, which nearly all are; else it reads nothing.
func wholeExtension(list *cryptobyte.String) (typ uint16, data cryptobyte.String, ok bool) {
	b := *list
	if len(b) < 4 {
		return 0, nil, false
	}
	end := 4 + int(binary.BigEndian.Uint16(b[2:]))
	if end > len(b) {
		return 0, nil, false
	}
	*list = b[end:]
	return binary.BigEndian.Uint16(b), b[4:end], true
}

// readExtensions walks the list. The error, ErrShort or a *ParseError, says that
// it could not be walked to its end; faults within an extension are only noted.
func (h *ClientHello) readExtensions(list cryptobyte.String, whole bool, f *faults) error {
	for !list.Empty() {
		if typ, data, ok := wholeExtension(&list); ok {
			h.Extensions = append(h.Extensions, typ)
			h.readExtension(typ, data, f)
			continue
		}
		typ, _, seen, err := nextExtension(&list, whole, f)
		if seen {
			h.Extensions = append(h.Extensions, typ)
		}
		return err
	}
	if !whole {
		return ErrShort
	}
	return nil
}

func (h *ClientHello) readExtension(typ uint16, data cryptobyte.String, f *faults) {
	switch typ {
	case extServerName:
		h.readServerName(data, f)
	case extSupportedGroups:
		readUint16List(&h.SupportedGroups, data, "supported_groups", f)
	case extSignatureAlgorithms:
		readUint16List(&h.SignatureAlgorithms, data, "signature_algorithms", f)
	case extSupportedVersions:
		h.readSupportedVersions(data, f)
	case extPointFormats:
		h.readPointFormats(data, f)
	case extALPN:
		h.readALPN(data, f)
	case extKeyShare:
		h.readKeyShares(data, f)
	case extSessionTicket:
		h.SessionTicket = len(data) > 0
	case extPreSharedKey:
		h.PreSharedKey = true
	case extEarlyData:
		h.EarlyData = true
	case extCookie:
		h.Cookie = true
	case extRenegotiationInfo:
		h.RenegotiationInfo = true
	case extECH:
		h.ECH = true
	case extESNI:
		h.ESNI = true
	}
}

// wellFormed notes what is wrong with an extension that consists of one vector:
// rest is what came after it.
func wellFormed(ok bool, rest, at cryptobyte.String, field string, f *faults) {
	switch {
	case !ok:
		f.note(field, at, errOverrun)
	case !rest.Empty():
		f.note(field, rest, errTrailing)
	}
}

// readUint16List decodes a vector of 16-bit values with a 16-bit length.
func readUint16List(dst *[]uint16, data cryptobyte.String, field string, f *faults) {
	at := data
	var list cryptobyte.String
	ok := readVector16(&data, &list)
	*dst = appendUint16s((*dst)[:0], list)
	wellFormed(ok, data, at, field, f)
	if len(list)%2 != 0 {
		f.note(field, at, errOddLength)
	}
}

// readSupportedVersions decodes RFC 8446, Section 4.2.1.
func (h *ClientHello) readSupportedVersions(data cryptobyte.String, f *faults) {
	at := data
	var list cryptobyte.String
	ok := readVector8(&data, &list)
	h.SupportedVersions = appendUint16s(h.SupportedVersions[:0], list)
	wellFormed(ok, data, at, "supported_versions", f)
	if len(list)%2 != 0 {
		f.note("supported_versions", at, errOddLength)
	}
}

// readPointFormats decodes RFC 8422, Section 5.1.2.
func (h *ClientHello) readPointFormats(data cryptobyte.String, f *faults) {
	at := data
	var list cryptobyte.String
	ok := readVector8(&data, &list)
	h.PointFormats = list
	wellFormed(ok, data, at, "ec_point_formats", f)
}

// readALPN decodes RFC 7301, Section 3.1.
func (h *ClientHello) readALPN(data cryptobyte.String, f *faults) {
	const field = "application_layer_protocol_negotiation"
	at := data
	var list, name cryptobyte.String
	ok := readVector16(&data, &list)
	wellFormed(ok, data, at, field, f)
	h.ALPN = h.ALPN[:0]
	for !list.Empty() {
		at = list
		if !readVector8(&list, &name) {
			f.note(field, at, errOverrun)
			return
		}
		if len(name) == 0 {
			f.note(field, at, errEmpty)
		}
		if len(h.ALPN) < maxProtocols {
			h.ALPN = append(h.ALPN, name)
		}
	}
}

// readKeyShares decodes RFC 8446, Section 4.2.8.
func (h *ClientHello) readKeyShares(data cryptobyte.String, f *faults) {
	at := data
	var list, key cryptobyte.String
	ok := readVector16(&data, &list)
	wellFormed(ok, data, at, "key_share", f)
	h.KeyShares = h.KeyShares[:0]
	for !list.Empty() {
		at = list
		var group uint16
		if !list.ReadUint16(&group) || !readVector16(&list, &key) {
			f.note("key_share", at, errOverrun)
			return
		}
		h.KeyShares = append(h.KeyShares, group)
	}
}
