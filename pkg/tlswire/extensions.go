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
	extPostHandshakeAuth   uint16 = 49
	extECH                 uint16 = 0xfe0d
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

// readOrdinaryExtensions walks a list that is whole and short, and in which no
// type comes twice, as those of nearly all hellos. Of any other list it reports
// false, and nothing but h.types is other than before. It finds all extensions before
// it looks into some, so that the walk takes few steps.
func (h *ClientHello) readOrdinaryExtensions(list cryptobyte.String) bool {
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
	h.readFound(list, &where)
	return true
}

// readFound looks into those extensions of list that h.types has.
func (h *ClientHello) readFound(list cryptobyte.String, where *[64]uint16) {
	t := &h.types
	if t.has(extServerName) {
		h.readServerName(extensionAt(list, where[extServerName]))
	}
	if t.has(extSupportedGroups) {
		h.readUint16List(&h.SupportedGroups, extensionAt(list, where[extSupportedGroups]), "supported_groups")
	}
	if t.has(extSignatureAlgorithms) {
		h.readUint16List(&h.SignatureAlgorithms, extensionAt(list, where[extSignatureAlgorithms]), "signature_algorithms")
	}
	if t.has(extSupportedVersions) {
		h.readSupportedVersions(extensionAt(list, where[extSupportedVersions]))
	}
	if t.has(extPointFormats) {
		h.readPointFormats(extensionAt(list, where[extPointFormats]))
	}
	if t.has(extALPN) {
		h.readALPN(extensionAt(list, where[extALPN]))
	}
	h.SessionTicket = t.has(extSessionTicket) && len(extensionAt(list, where[extSessionTicket])) > 0
	h.PreSharedKey, h.EarlyData = t.has(extPreSharedKey), t.has(extEarlyData)
	h.Retried, h.PostHandshakeAuth = t.has(extCookie), t.has(extPostHandshakeAuth)
	h.Cookie = h.Cookie || h.Retried
	for _, typ := range t.high[:t.highs] {
		if typ >= extECH { // of which all that counts is that they were sent
			h.readExtension(typ, nil)
		}
	}
}

// extensionAt returns the data of the extension of list that begins at at, which
// is known to be there whole.
func extensionAt(list cryptobyte.String, at uint16) cryptobyte.String {
	_, length := extensionHeader(list[at:])
	return list[int(at)+extensionHeaderLen : int(at)+length]
}

// readExtensions walks any list and reports whether it could be walked to its end.
func (h *ClientHello) readExtensions(list cryptobyte.String) bool {
	for len(list) >= extensionHeaderLen {
		typ, length := extensionHeader(list)
		if length > len(list) {
			break
		}
		h.Extensions = append(h.Extensions, typ)
		h.readExtension(typ, list[extensionHeaderLen:length])
		list = list[length:]
	}
	if list.Empty() {
		return true
	}
	h.fault("extensions", list)
	if len(list) >= 2 {
		h.Extensions = append(h.Extensions, binary.BigEndian.Uint16(list))
	}
	return false
}

func (h *ClientHello) readExtension(typ uint16, data cryptobyte.String) {
	switch typ {
	case extServerName:
		h.readServerName(data)
	case extSupportedGroups:
		h.readUint16List(&h.SupportedGroups, data, "supported_groups")
	case extSignatureAlgorithms:
		h.readUint16List(&h.SignatureAlgorithms, data, "signature_algorithms")
	case extSupportedVersions:
		h.readSupportedVersions(data)
	case extPointFormats:
		h.readPointFormats(data)
	case extALPN:
		h.readALPN(data)
	case extSessionTicket:
		h.SessionTicket = len(data) > 0
	case extPreSharedKey:
		h.PreSharedKey = true
	case extEarlyData:
		h.EarlyData = true
	case extCookie:
		h.Cookie, h.Retried = true, true
	case extPostHandshakeAuth:
		h.PostHandshakeAuth = true
	case extECH:
		h.ECH = true
	}
}

// readSole8 and readSole16 return what is in the vector of which the data of an
// extension should consist, as far as it is there, and note what is wrong with it.
func (h *ClientHello) readSole8(data cryptobyte.String, field string) cryptobyte.String {
	v, rest, whole := vector8(data)
	h.noteSole(whole, rest, data, field)
	return v
}

func (h *ClientHello) readSole16(data cryptobyte.String, field string) cryptobyte.String {
	v, rest, whole := vector16(data)
	h.noteSole(whole, rest, data, field)
	return v
}

// noteSole notes what is wrong with an extension: data is all of it, and rest what comes behind the vector.
func (h *ClientHello) noteSole(whole bool, rest, data cryptobyte.String, field string) {
	switch {
	case !whole:
		h.fault(field, data)
	case !rest.Empty():
		h.fault(field, rest)
	}
}

// readUint16List reads a vector of 16-bit values with a 16-bit length.
func (h *ClientHello) readUint16List(dst *Values, data cryptobyte.String, field string) {
	list, ok := soleVector16(data)
	if !ok {
		list = h.readSole16(data, field)
	}
	*dst = valuesOf(list)
	if len(list)%2 != 0 {
		h.fault(field, data)
	}
}

// readSupportedVersions decodes RFC 8446, Section 4.2.1.
func (h *ClientHello) readSupportedVersions(data cryptobyte.String) {
	const field = "supported_versions"
	list, ok := soleVector8(data)
	if !ok {
		list = h.readSole8(data, field)
	}
	h.SupportedVersions = valuesOf(list)
	if len(list)%2 != 0 {
		h.fault(field, data)
	}
}

// readPointFormats decodes RFC 8422, Section 5.1.2.
func (h *ClientHello) readPointFormats(data cryptobyte.String) {
	list, ok := soleVector8(data)
	if !ok {
		list = h.readSole8(data, "ec_point_formats")
	}
	h.PointFormats = list
}

// usualALPN is the list that most clients send.
const usualALPN = "\x02h2\x08http/1.1"

// readALPN decodes RFC 7301, Section 3.1.
func (h *ClientHello) readALPN(data cryptobyte.String) {
	const field = "application_layer_protocol_negotiation"
	list, ok := soleVector16(data)
	if !ok {
		list = h.readSole16(data, field)
	}
	if string(list) == usualALPN {
		h.ALPN = append(h.ALPN[:0], list[1:3], list[4:])
		return
	}
	h.ALPN = h.ALPN[:0]
	for !list.Empty() {
		end := 1 + int(list[0])
		if end > len(list) {
			h.fault(field, list)
			return
		}
		if end == 1 {
			h.fault(field, list)
		}
		if len(h.ALPN) < maxProtocols {
			h.ALPN = append(h.ALPN, list[1:end])
		}
		list = list[end:]
	}
}
