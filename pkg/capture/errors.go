package capture

import (
	"errors"
	"fmt"
	"io/fs"
)

// Reasons why an input could not be opened, found with errors.Is in an *OpenError. Files that are missing
// or may not be read match fs.ErrNotExist and fs.ErrPermission.
var (
	ErrEmpty       = errors.New("empty, not even a file header")
	ErrDirectory   = errors.New("is a directory")
	ErrNotCapture  = errors.New("not a capture file")
	ErrUnsupported = errors.New("unsupported capture file")
)

// OpenError says why an input is not readable as a capture at all. Its text is one line that names it.
type OpenError struct {
	Name string // as given to Open
	Err  error
}

func (e *OpenError) Error() string {
	return displayName(e.Name) + ": " + reason(e.Err)
}

func (e *OpenError) Unwrap() error { return e.Err }

// TruncatedError says that the input ends inside a record, or a compressed one before its own end. Every packet
// before that was delivered.
type TruncatedError struct {
	Name          string // as given to Open
	Offset        int64  // of the record that is cut, in the decompressed stream
	Have          int64  // bytes of that record that are there; 0 only if InCompression
	Need          int64  // bytes that it has at least
	Compression   string // "gzip", "zstd", "xz", or empty
	InCompression bool   // the compressed stream is cut, so that more records may be missing
}

func (e *TruncatedError) Error() string {
	s := displayName(e.Name) + ": cut short"
	if e.InCompression {
		s += " within the " + e.Compression + " stream"
	}
	where := position(e.Offset, e.Compression)
	if e.Have == 0 {
		return s + ", " + where
	}
	return fmt.Sprintf("%s: the record %s has %d of at least %d bytes", s, where, e.Have, e.Need)
}

// FormatError says that what stands at Offset cannot be what the format requires, so that nothing after it
// can be found. Every packet before it was delivered.
type FormatError struct {
	Name        string // as given to Open
	Offset      int64  // of the record at fault, in the decompressed stream
	Problem     string // lower case, names the structure and the field
	Compression string // "gzip", "zstd", "xz", or empty
	Err         error  // what the decompressor said, or nil
}

func (e *FormatError) Error() string {
	s := fmt.Sprintf("%s: malformed %s: %s", displayName(e.Name), position(e.Offset, e.Compression), e.Problem)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *FormatError) Unwrap() error { return e.Err }

// ReadError says that the input could not be read to its end, as on a failing disk. Every packet that was read
// whole was delivered.
type ReadError struct {
	Name   string // as given to Open
	Offset int64  // of the first record that is not whole, in the decompressed stream
	Err    error
}

func (e *ReadError) Error() string {
	return fmt.Sprintf("%s: read failed in the record at byte %d: %s", displayName(e.Name), e.Offset, reason(e.Err))
}

func (e *ReadError) Unwrap() error { return e.Err }

// reason is the text of err without the operation and the name that an fs.PathError repeats.
func reason(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err.Error()
	}
	return err.Error()
}

// position names an offset; in a compressed file it is not where the file's own bytes stand.
func position(offset int64, compression string) string {
	if compression == "" {
		return fmt.Sprintf("at byte %d", offset)
	}
	return fmt.Sprintf("at byte %d of the decompressed %s stream", offset, compression)
}

// displayName is the name to show to a person.
func displayName(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}
