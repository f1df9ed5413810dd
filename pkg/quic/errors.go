package quic

import (
	"errors"
	"fmt"
)

// ParseError says that bytes are there and cannot be what they claim to be.
type ParseError struct {
	Struct string // the structure by its RFC name, such as "Initial Packet"
	Field  string // the field within it, such as "Token"
	Offset int    // of the field, in bytes from the start of the datagram; within a frame, from that of the packet's payload
	Err    error  // what is wrong with it
}

// Error locates the problem by structure, field and offset.
func (e *ParseError) Error() string {
	return fmt.Sprintf("quic: %s.%s at byte %d: %v", e.Struct, e.Field, e.Offset, e.Err)
}

// Unwrap returns what is wrong with the field.
func (e *ParseError) Unwrap() error { return e.Err }

// What can be wrong with a field.
var (
	errTooLong   = errors.New("too long")
	errTooShort  = errors.New("too short")
	errOverrun   = errors.New("longer than what contains it")
	errForbidden = errors.New("not allowed here")
	errFraction  = errors.New("not a whole number of versions")
)
