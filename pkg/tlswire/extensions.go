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
	extECH                 uint16 = 0xfe0d
	extRenegotiationInfo   uint16 = 0xff01
	extESNI                uint16 = 0xffce
)

// extensionHeaderLen is the length of the type and length before each
// extension's data.
const extensionHeaderLen = 4

// ordinaryExtensions is how many extensions an ordinary hello has at most.
const ordinaryExtensions = 32

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

// readOrdinaryExtensions walks a list that is whole and short, and in which no
// type comes twice, as those of nearly all hellos. Of any other list it reports
// false, and nothing but h.types is other than before. It finds all extensions before it looks
// into some, so that the walk takes few steps; where several are malformed, the
// fault is not that of the first one sent.
func (h *ClientHello) readOrdinaryExtensions(list cryptobyte.String, f *faults) bool {
	var where [64]uint16 // in list, by type
	var types [ordinaryExtensions]uint16
	var low uint64
	n, at := 0, 0
	for ; n < len(types) && at+extensionHeaderLen <= len(list); n++ {
		typ, length := extensionHeader(list[at : at+extensionHeaderLen : at+extensionHeaderLen])
		types[n] = typ
		if typ < 64 {
			if low>>typ&1 != 0 {
				return false
			}
			low |= 1 << typ
			where[typ] = uint16(at)
		} else if !h.types.addHigh(typ) {
			return false
		}
		at += length
	}
	if at != len(list) {
		return false
	}
	h.Extensions, h.types.low = append(h.Extensions, types[:n]...), low
	h.readFound(list, &where, f)
	return true
}

// readFound looks into those extensions of list that h.types has.
func (h *ClientHello) readFound(list cryptobyte.String, where *[64]uint16, f *faults) {
	t := &h.types
	if t.has(extServerName) {
		h.readServerName(extensionAt(list, where[extServerName]), f)
	}
	if t.has(extSupportedGroups) {
		readUint16List(&h.SupportedGroups, extensionAt(list, where[extSupportedGroups]), "supported_groups", f)
	}
	if t.has(extSignatureAlgorithms) {
		readUint16List(&h.SignatureAlgorithms, extensionAt(list, where[extSignatureAlgorithms]), "signature_algorithms", f)
	}
	if t.has(extSupportedVersions) {
		h.readSupportedVersions(extensionAt(list, where[extSupportedVersions]), f)
	}
	if t.has(extPointFormats) {
		h.readPointFormats(extensionAt(list, where[extPointFormats]), f)
	}
	if t.has(extALPN) {
		h.readALPN(extensionAt(list, where[extALPN]), f)
	}
	h.SessionTicket = t.has(extSessionTicket) && len(extensionAt(list, where[extSessionTicket])) > 0
	h.PreSharedKey, h.EarlyData = t.has(extPreSharedKey), t.has(extEarlyData)
	h.Cookie = h.Cookie || t.has(extCookie)
	for _, typ := range t.high[:t.highs] {
		if typ >= extECH { // of which all that counts is that they were sent
			h.readExtension(typ, nil, f)
		}
	}
}

// extensionAt returns the data of the extension of list that begins at at, which
// is known to be there whole.
func extensionAt(list cryptobyte.String, at uint16) cryptobyte.String {
	_, length := extensionHeader(list[at:])
	return list[int(at)+extensionHeaderLen : int(at)+length]
}

// readExtensions walks any list. The error, ErrShort or a *ParseError, says that
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
		h.readExtension(typ, list[at+extensionHeaderLen:end], f)
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

// readUint16List reads a vector of 16-bit values with a 16-bit length.
func readUint16List(dst *Values, data cryptobyte.String, field string, f *faults) {
	list, ok := soleVector16(data)
	if !ok {
		list = readSole16(data, field, f)
	}
	*dst = valuesOf(list)
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
	h.SupportedVersions = valuesOf(list)
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

// usualALPN is the list that most clients send.
const usualALPN = "\x02h2\x08http/1.1"

// readALPN decodes RFC 7301, Section 3.1.
func (h *ClientHello) readALPN(data cryptobyte.String, f *faults) {
	const field = "application_layer_protocol_negotiation"
	list, ok := soleVector16(data)
	if !ok {
		list = readSole16(data, field, f)
	}
	if string(list) == usualALPN {
		h.ALPN = append(h.ALPN[:0], list[1:3], list[4:])
		return
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
