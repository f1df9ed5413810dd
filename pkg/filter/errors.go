package filter

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// The kinds of fault that an [Error] wraps.
var (
	// ErrSyntax: the text is not a filter expression.
	ErrSyntax = errors.New("syntax error")

	// ErrUnsupported: tcpdump knows the construct, this compiler does not.
	ErrUnsupported = errors.New("not supported")

	// ErrInvalid: well formed, but meaningless, such as port 70000.
	ErrInvalid = errors.New("invalid")

	// ErrLinkType: the construct, or the whole filter, cannot be applied to
	// packets of this link type.
	ErrLinkType = errors.New("not possible on this link type")

	// ErrTooComplex: the expression exceeds a bound, usually the 4096
	// instructions that a kernel accepts.
	ErrTooComplex = errors.New("expression too complex")
)

// Error says which part of an expression is at fault. It wraps one of the Err
// variables of this package.
type Error struct {
	Column    int    // where Construct begins, in characters from 1; 0 when no part of the expression is to blame
	Construct string // the text at fault, empty at the end of the expression
	Err       error
}

// Error names the construct, its column and what is wrong with it.
func (e *Error) Error() string {
	if e.Column == 0 {
		return fmt.Sprintf("filter: %v", e.Err)
	}
	what := "end of expression"
	if e.Construct != "" {
		what = fmt.Sprintf("%q", e.Construct)
	}
	return fmt.Sprintf("filter: column %d: %s: %v", e.Column, what, e.Err)
}

// Unwrap returns the fault itself.
func (e *Error) Unwrap() error { return e.Err }

// errorAt locates a fault at a token of expr.
func errorAt(expr string, t token, kind error, format string, args ...any) *Error {
	return &Error{
		Column:    utf8.RuneCountInString(expr[:t.pos]) + 1,
		Construct: t.raw,
		Err:       fmt.Errorf("%w: %s", kind, fmt.Sprintf(format, args...)),
	}
}
