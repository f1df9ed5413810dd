package tlswire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// ErrShort says that the bytes ran out before the structure ended: more of the
// stream, or a longer capture, would let it go on. It is never wrapped in a
// ParseError, so errors.Is(err, ErrShort) tells truncation from malformation.
var ErrShort = errors.New("tlswire: need more bytes")

// ParseError says that bytes are there and cannot be what they claim to be.
type ParseError struct {
	Struct string // the structure by its RFC name, such as "ClientHello"
	Field  string // the field within it, such as "cipher_suites"
	Offset int    // of the field, in bytes from the start of the input of the function that returned the error
	Err    error  // what is wrong with it
}

// Error locates the problem by structure, field and offset.
func (e *ParseError) Error() string {
	return fmt.Sprintf("tlswire: %s.%s at byte %d: %v", e.Struct, e.Field, e.Offset, e.Err)
}

// Unwrap returns what is wrong with the field.
func (e *ParseError) Unwrap() error { return e.Err }

// What can be wrong with a field.
var (
	errEmpty       = errors.New("empty")
	errOddLength   = errors.New("length is odd")
	errTooLong     = errors.New("too long")
	errOverrun     = errors.New("longer than what contains it")
	errTrailing    = errors.New("bytes after the end")
	errDuplicate   = errors.New("sent twice")
	errUnknownType = errors.New("unknown type")
	errValue       = errors.New("impossible value")
)

// faults keeps the first thing wrong with one structure while its decoding goes
// on, because one malformed extension must not hide the rest.
type faults struct {
	structure string
	input     []byte
	first     *ParseError
}

// note records err for the field that begins where at begins. at must be a part
// of the input.
func (f *faults) note(field string, at []byte, err error) {
	if f.first == nil {
		f.first = &ParseError{f.structure, field, offsetIn(f.input, at), err}
	}
}

// result is what a decoder returns that reached the end of its input.
func (f *faults) result() error {
	if f.first == nil {
		return nil
	}
	return f.first
}

// offsetIn tells where inner begins within outer. cryptobyte only ever cuts from
// the front and never limits capacity, so the capacities differ by the offset.
func offsetIn(outer, inner []byte) int { return cap(outer) - cap(inner) }

// vector8, vector16 and vector24 cut a vector with a length of one to three
// bytes from the start of s. Where s ends before the vector does, v is the part
// that is there.
func vector8(s cryptobyte.String) (v, rest cryptobyte.String, whole bool) {
	if len(s) < 1 {
		return nil, s, false
	}
	end := 1 + int(s[0])
	if end > len(s) {
		return s[1:], nil, false
	}
	return s[1:end], s[end:], true
}

func vector16(s cryptobyte.String) (v, rest cryptobyte.String, whole bool) {
	if len(s) < 2 {
		return nil, s, false
	}
	end := 2 + int(binary.BigEndian.Uint16(s))
	if end > len(s) {
		return s[2:], nil, false
	}
	return s[2:end], s[end:], true
}

func vector24(s cryptobyte.String) (v, rest cryptobyte.String, whole bool) {
	if len(s) < 3 {
		return nil, s, false
	}
	end := 3 + int(s[0])<<16 + int(binary.BigEndian.Uint16(s[1:]))
	if end > len(s) {
		return s[3:], nil, false
	}
	return s[3:end], s[end:], true
}

// soleVector8 and soleVector16 return what is in the vector of which s consists,
// and false if s is cut or goes on behind it.
func soleVector8(s cryptobyte.String) (v cryptobyte.String, ok bool) {
	if len(s) < 1 || int(s[0]) != len(s)-1 {
		return nil, false
	}
	return s[1:], true
}

func soleVector16(s cryptobyte.String) (v cryptobyte.String, ok bool) {
	if len(s) < 2 || int(binary.BigEndian.Uint16(s)) != len(s)-2 {
		return nil, false
	}
	return s[2:], true
}

// appendUint16s decodes a list of 16-bit values, of which the last is dropped
// when it is only half there.
func appendUint16s(dst []uint16, list cryptobyte.String) []uint16 {
	dst = slices.Grow(dst, len(list)/2)
	for ; len(list) >= 2; list = list[2:] {
		dst = append(dst, binary.BigEndian.Uint16(list))
	}
	return dst
}
