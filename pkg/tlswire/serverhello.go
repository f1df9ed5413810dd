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
	Version     uint16 // legacy_version
	Random      [32]byte
	CipherSuite uint16

	// SelectedVersion is the version of the connection: of supported_versions
	// where that was sent, else Version; drafts of TLS 1.3 count as TLS 1.3. It
	// is 0 where a supported_versions could still have followed.
	SelectedVersion   uint16
	HelloRetryRequest bool
	ALPN              []byte // the protocol selected, in the clear up to TLS 1.2 only
	PreSharedKey      bool   // TLS 1.3 resumption was accepted
}

// Unmarshal decodes the body of a whole ServerHello, the 4-byte handshake header
// left out. What comes before a fault is kept.
func (h *ServerHello) Unmarshal(body []byte) {
	*h = ServerHello{}
	exts, ok := h.readFixed(body)
	if !ok || !h.readExtensions(exts.list) || !exts.trailing.Empty() || exts.present && !exts.whole {
		return
	}
	if h.SelectedVersion == 0 {
		h.SelectedVersion = released(h.Version)
	}
}

// readFixed reads everything before the extensions and their list. It reports
// false when the bytes ran out.
func (h *ServerHello) readFixed(s cryptobyte.String) (exts extensionBlock, ok bool) {
	if s, ok = readHead(s, &h.Version, &h.Random); !ok {
		return exts, false
	}
	h.HelloRetryRequest = bytes.Equal(h.Random[:], helloRetryRandom)
	// Drafts of TLS 1.3 up to 21 left out the session ID and compression method.
	draft := h.Version>>8 == 0x7f
	if draft {
		h.SelectedVersion = VersionTLS13
	} else if _, s, ok = vector8(s); !ok {
		return exts, false
	}
	if !s.ReadUint16(&h.CipherSuite) || !draft && !s.Skip(1) {
		return exts, false
	}
	return readExtensionBlock(s)
}

// readExtensions reports whether it could walk the list to its end.
func (h *ServerHello) readExtensions(list cryptobyte.String) bool {
	for len(list) >= extensionHeaderLen {
		typ, length := extensionHeader(list)
		if length > len(list) {
			break
		}
		h.readExtension(typ, list[extensionHeaderLen:length])
		list = list[length:]
	}
	return list.Empty()
}

func (h *ServerHello) readExtension(typ uint16, data cryptobyte.String) {
	switch typ {
	case extSupportedVersions:
		if len(data) == 2 {
			h.SelectedVersion = released(binary.BigEndian.Uint16(data))
		}
	case extALPN:
		h.readALPN(data)
	case extPreSharedKey:
		h.PreSharedKey = true
	}
}

// readALPN decodes a list that must hold one name (RFC 7301, Section 3.1). Of one
// that is longer the first is taken.
func (h *ServerHello) readALPN(data cryptobyte.String) {
	list, _ := soleVector16(data)
	h.ALPN, _, _ = vector8(list)
}
