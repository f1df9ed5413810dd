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

// lookedInto reports whether readExtension does anything with a type. It does
// nothing with half of what browsers send.
func lookedInto(typ uint16) bool {
	const low = 1<<extServerName | 1<<extSupportedGroups | 1<<extPointFormats | 1<<extSignatureAlgorithms | 1<<extALPN |
		1<<extSessionTicket | 1<<extPreSharedKey | 1<<extEarlyData | 1<<extSupportedVersions | 1<<extCookie | 1<<extKeyShare
	return typ < 64 && low>>typ&1 != 0 || typ >= extECH
}

// extensionHeaderLen is the length of the type and length before each
// extension's data.
const extensionHeaderLen = 4

// extensionHeader reads the type of the extension with which b begins, and how
// long that is, header included.
func extensionHeader(b []byte) (typ uint16, length int) {
	v := binary.BigEndian.Uint32(b)
	return uint16(v >> 16), extensionHeaderLen + int(uint16(v))
}

// cutExtension looks at the last extension of a list, of which rest is all there
// is. typ is to be reported when seen. The error is ErrShort when the list was
// cut, and a *ParseError when the extension is longer than a whole list.
func cutExtension(rest cryptobyte.String, whole bool, f *faults) (typ uint16, seen bool, err error) {
	if !whole {
		err = ErrShort
	} else {
		f.note("extensions", rest, errOverrun)
		err = f.result()
	}
	seen = rest.ReadUint16(&typ)
	return typ, seen, err
}

// readExtensions walks the list. The error, ErrShort or a *ParseError, says that
// it could not be walked to its end; faults within an extension are only noted.
func (h *ClientHello) readExtensions(list cryptobyte.String, whole bool, f *faults) error {
	at := 0
	for at+extensionHeaderLen <= len(list) {
		typ, length := extensionHeader(list[at : at+extensionHeaderLen])
		end := at + length
		if end > len(list) {
			break
		}
		h.Extensions = append(h.Extensions, typ)
		if lookedInto(typ) {
			h.readExtension(typ, list[at+extensionHeaderLen:end], f)
		}
		at = end
	}
	switch {
	case at < len(list):
		typ, seen, err := cutExtension(list[at:], whole, f)
		if seen {
			h.Extensions = append(h.Extensions, typ)
		}
		return err
	case !whole:
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

// readSole8 and readSole16 return what is in the vector of which the data of an
// extension should consist, as far as it is there, and note what is wrong with it.
func readSole8(data cryptobyte.String, field string, f *faults) cryptobyte.String {
	v, rest, whole := vector8(data)
	noteSole(whole, rest, data, field, f)
	return v
}

func readSole16(data cryptobyte.String, field string, f *faults) cryptobyte.String {
	v, rest, whole := vector16(data)
	noteSole(whole, rest, data, field, f)
	return v
}

// noteSole notes what is wrong with an extension: data is all of it, and rest what comes behind the vector.
func noteSole(whole bool, rest, data cryptobyte.String, field string, f *faults) {
	switch {
	case !whole:
		f.note(field, data, errOverrun)
	case !rest.Empty():
		f.note(field, rest, errTrailing)
	}
}

// readUint16List decodes a vector of 16-bit values with a 16-bit length.
func readUint16List(dst *[]uint16, data cryptobyte.String, field string, f *faults) {
	list, ok := soleVector16(data)
	if !ok {
		list = readSole16(data, field, f)
	}
	*dst = appendUint16s((*dst)[:0], list)
	if len(list)%2 != 0 {
		f.note(field, data, errOddLength)
	}
}

// readSupportedVersions decodes RFC 8446, Section 4.2.1.
func (h *ClientHello) readSupportedVersions(data cryptobyte.String, f *faults) {
	const field = "supported_versions"
	list, ok := soleVector8(data)
	if !ok {
		list = readSole8(data, field, f)
	}
	h.SupportedVersions = appendUint16s(h.SupportedVersions[:0], list)
	if len(list)%2 != 0 {
		f.note(field, data, errOddLength)
	}
}

// readPointFormats decodes RFC 8422, Section 5.1.2.
func (h *ClientHello) readPointFormats(data cryptobyte.String, f *faults) {
	list, ok := soleVector8(data)
	if !ok {
		list = readSole8(data, "ec_point_formats", f)
	}
	h.PointFormats = list
}

// readALPN decodes RFC 7301, Section 3.1.
func (h *ClientHello) readALPN(data cryptobyte.String, f *faults) {
	const field = "application_layer_protocol_negotiation"
	list, ok := soleVector16(data)
	if !ok {
		list = readSole16(data, field, f)
	}
	h.ALPN = h.ALPN[:0]
	for !list.Empty() {
		end := 1 + int(list[0])
		if end > len(list) {
			f.note(field, list, errOverrun)
			return
		}
		if end == 1 {
			f.note(field, list, errEmpty)
		}
		if len(h.ALPN) < maxProtocols {
			h.ALPN = append(h.ALPN, list[1:end])
		}
		list = list[end:]
	}
}

// readKeyShares decodes RFC 8446, Section 4.2.8.
func (h *ClientHello) readKeyShares(data cryptobyte.String, f *faults) {
	const field = "key_share"
	list, ok := soleVector16(data)
	if !ok {
		list = readSole16(data, field, f)
	}
	h.KeyShares = h.KeyShares[:0]
	for !list.Empty() {
		if len(list) < extensionHeaderLen {
			f.note(field, list, errOverrun)
			return
		}
		group, length := extensionHeader(list) // a share is made like an extension
		if length > len(list) {
			f.note(field, list, errOverrun)
			return
		}
		h.KeyShares = append(h.KeyShares, group)
		list = list[length:]
	}
}
