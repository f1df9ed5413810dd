package tlswire

import "errors"

var (
	// ErrShort says that the bytes ran out before the structure ended: more of the
	// stream, or a longer capture, would let it go on.
	ErrShort = errors.New("tlswire: need more bytes")

	// ErrMalformed says that bytes are there and cannot be what they claim to be.
	ErrMalformed = errors.New("tlswire: malformed")
)

// Fault says where a ClientHello breaks its format. The zero value is nowhere.
type Fault struct {
	Field  string // by its RFC name, such as "cipher_suites"
	Offset int    // of the field, or of what should not be there, in bytes from the 4-byte header of the handshake message
}

// fault notes what is wrong with the field that begins where at begins, a part of
// h.body. The decoding goes on, because one malformed extension must not hide the
// rest. Of several faults the first one in the message is kept.
func (h *ClientHello) fault(field string, at []byte) {
	if offset := h.offset(at); h.Fault.Field == "" || offset < h.Fault.Offset {
		h.Fault = Fault{field, offset}
	}
}

// offset tells where inner, a part of h.body, begins, in bytes from the 4-byte
// header of the message. cryptobyte only ever cuts from the front and never limits
// capacity, so the capacities differ by the offset.
func (h *ClientHello) offset(inner []byte) int { return handshakeHeaderLen + cap(h.body) - cap(inner) }
