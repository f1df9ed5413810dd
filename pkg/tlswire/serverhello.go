package tlswire

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
)

// helloRetryRandom is the random that makes a ServerHello a HelloRetryRequest:
// the SHA-256 of "HelloRetryRequest" (RFC 8446, Section 4.1.3).
var helloRetryRandom = []byte{
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
}

// ServerHello is the first message of a server (RFC 8446, Section 4.1.3).
// Slices alias the message.
type ServerHello struct {
	Version           uint16 // legacy_version
	Random            [32]byte
	SessionID         []byte
	CipherSuite       uint16
	CompressionMethod uint8
	Extensions        []uint16 // types in the order sent, that of a cut extension included

	// SelectedVersion is the version of the connection: of supported_versions
	// where that was sent, else Version; drafts of TLS 1.3 count as TLS 1.3. It
	// is 0 where a supported_versions could still have followed.
	SelectedVersion   uint16
	HelloRetryRequest bool
	ALPN              []byte // the protocol selected, in the clear up to TLS 1.2 only
	PreSharedKey      bool   // TLS 1.3 resumption was accepted
	SessionTicket     bool   // up to TLS 1.2: a new ticket will be sent

	// Complete is as in ClientHello.
	Complete bool
}

// Unmarshal decodes the body of a whole ServerHello, the 4-byte handshake header
// left out. Errors, and what is left in h beside them, are as in
// ClientHello.Unmarshal.
func (h *ServerHello) Unmarshal(body []byte) error { return h.unmarshal(body, true) }

// UnmarshalPartial is Unmarshal for a message of which body is only the
// beginning. Complete is never set and the error is never nil.
func (h *ServerHello) UnmarshalPartial(body []byte) error { return h.unmarshal(body, false) }

func (h *ServerHello) unmarshal(body []byte, whole bool) error {
	*h = ServerHello{Extensions: h.Extensions[:0]}
	f := faults{structure: "ServerHello", input: body}
	exts, ok := h.readFixed(body, &f)
	if !ok {
		return ErrShort
	}
	if exts.present {
		if err := h.readExtensions(exts.list, exts.whole, &f); err != nil {
			return err
		}
		if !exts.trailing.Empty() {
			f.note("extensions", exts.trailing, errTrailing)
			return f.result()
		}
	}
	if !whole {
		return ErrShort
	}
	h.Complete = true
	if h.SelectedVersion == 0 {
		h.SelectedVersion = released(h.Version)
	}
	return f.result()
}

// readFixed reads everything before the extensions and their list. It reports
// false when the bytes ran out.
func (h *ServerHello) readFixed(s cryptobyte.String, f *faults) (exts extensionBlock, ok bool) {
	if s, ok = readHead(s, &h.Version, &h.Random); !ok {
		return exts, false
	}
	h.HelloRetryRequest = bytes.Equal(h.Random[:], helloRetryRandom)
	// Drafts of TLS 1.3 up to 21 left out the session ID and compression method.
	draft := h.Version>>8 == 0x7f
	if draft {
		h.SelectedVersion = VersionTLS13
	} else if h.SessionID, s, ok = readSessionID(s, f); !ok {
		return exts, false
	}
	if len(s) < 2 {
		return exts, false
	}
	h.CipherSuite = binary.BigEndian.Uint16(s)
	if s = s[2:]; draft {
		return readExtensionBlock(s)
	}
	if s.Empty() {
		return exts, false
	}
	h.CompressionMethod = s[0]
	return readExtensionBlock(s[1:])
}

// readExtensions is as that of ClientHello.
func (h *ServerHello) readExtensions(list cryptobyte.String, whole bool, f *faults) error {
	for len(list) >= extensionHeaderLen {
		typ, length := extensionHeader(list)
		if length > len(list) {
			break
		}
		h.Extensions = append(h.Extensions, typ)
		h.readExtension(typ, list[extensionHeaderLen:length], f)
		list = list[length:]
	}
	switch {
	case !list.Empty():
		typ, seen, err := cutExtension(list, whole, f)
		if seen {
			h.Extensions = append(h.Extensions, typ)
		}
		return err
	case !whole:
		return ErrShort
	}
	return nil
}

func (h *ServerHello) readExtension(typ uint16, data cryptobyte.String, f *faults) {
	switch typ {
	case extSupportedVersions:
		var v uint16
		if at := data; !data.ReadUint16(&v) || !data.Empty() {
			f.note("supported_versions", at, errValue)
			return
		}
		h.SelectedVersion = released(v)
	case extALPN:
		h.readALPN(data, f)
	case extPreSharedKey:
		h.PreSharedKey = true
	case extSessionTicket:
		h.SessionTicket = true
	}
}

// readALPN decodes a list that must hold one name (RFC 7301, Section 3.1).
func (h *ServerHello) readALPN(data cryptobyte.String, f *faults) {
	list, behindList, whole := vector16(data)
	if !whole || !behindList.Empty() {
		list = nil
	}
	name, behindName, whole := vector8(list)
	if !whole || !behindName.Empty() {
		f.note("application_layer_protocol_negotiation", data, errValue)
	}
	h.ALPN = name
}
