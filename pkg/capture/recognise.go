package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// recognise finds the format from the first bytes, so many of them, and sets up what reads it.
func (r *Reader) recognise(sniff int) error {
	head := r.src.peek(ngMinBlock)
	if c, ok := findCompression(head); ok {
		r.compression = c.name
		d := decompress(c, r.src)
		r.closers = append(r.closers, d)
		r.src = &replay{r: d}
		head = r.src.peek(ngMinBlock)
	}
	if !isPcapng(head) {
		head = r.src.peek(sniff) // for the variants of pcap, and to say what else it is
	}
	var err error
	var short shortHeader
	r.framer, err = newFramer(head, r.compression)
	if errors.As(err, &short) && r.src.err == nil {
		head = r.src.peek(int(short))
		r.framer, err = newFramer(head, r.compression)
	}
	if err == nil {
		return nil
	}
	failed := r.src.err != nil && r.src.err != io.EOF // what little there is need not look like anything
	if errors.As(err, &short) || len(head) == 0 || failed {
		err = r.ending(r.src.err, rest{need: int(short)}, int64(len(head)))
	}
	return r.openError(err)
}

// openError gives an error found while opening its type: those that Next would return, too, have one.
func (r *Reader) openError(err error) error {
	switch read, ok := errors.AsType[*ReadError](err); {
	case ok:
		err = read.Err
	case err == io.EOF && r.compression != "":
		err = fmt.Errorf("%w (%s of nothing)", ErrEmpty, r.compression)
	case err == io.EOF:
		err = ErrEmpty
	case !errors.Is(err, ErrNotCapture) && !errors.Is(err, ErrUnsupported):
		return err
	}
	return &OpenError{Name: r.name, Err: err}
}

// shortHeader is the error for an input that ends within a file header of so many bytes.
type shortHeader int

func (n shortHeader) Error() string { return fmt.Sprintf("file header shorter than %d bytes", int(n)) }

// newFramer finds the format that head, the first decompressed bytes, begins.
func newFramer(head []byte, compression string) (framer, error) {
	if isPcapng(head) {
		return newPcapng(head)
	}
	if bytes.HasPrefix(head, []byte(snoopMagic)) {
		return newSnoop(head)
	}
	if variant, order, ok := pcapMagic(head); ok {
		return newPcap(variant, order, head)
	}
	return nil, describe(head, compression)
}
