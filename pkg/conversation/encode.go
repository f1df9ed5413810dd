package conversation

import (
	"slices"

	"github.com/sniscope/sniscope/pkg/flow"
)

// A record is coded in one of two forms. In the narrow one, which is that of nearly all, what every record has stands
// in words, at fixed places and without a call for each field, since it is done for millions of connections. Where a
// value does not fit into its place, the record is coded in the wide form, field by field. The lowest bit of the first
// byte tells the forms apart.
const (
	formNarrow = 0
	formWide   = 1
)

// Decoder reads records. It keeps one copy of the lists that many of them share, so that reading allocates next
// to nothing. It is not safe for concurrent use; the zero value is ready for use.
type Decoder struct {
	texts Pieces
	lists lister
}

// AppendOpening appends everything of a record but its ending, in compact binary form. SessionHash is left out: it
// serves to compare records before they are put away.
func (r *Record) AppendOpening(dst []byte) []byte {
	b, ok := r.appendNarrow(dst)
	if ok {
		return b
	}
	c := codec{b: append(dst, formWide)}
	r.wide(&c)
	return c.b
}

// AppendEnding appends the ending of a connection. Its times are coded on their own, since the opening may have
// been written long before.
func AppendEnding(dst []byte, e *flow.Ending) []byte {
	b, ok := appendNarrowEnding(dst, e)
	if ok {
		return b
	}
	c := codec{b: append(dst, formWide)}
	wideEnding(&c, e)
	return c.b
}

// Decode reads the record whose first packet has the given ordinal: its opening, and its ending. The memory of the
// Resets that r held is used again.
func (d *Decoder) Decode(r *Record, first uint64, open, end []byte) error {
	resets := r.Resets[:0]
	*r = Record{}
	r.First, r.Resets, r.Opened = first, resets, first
	c := codec{b: open, known: d, reading: true}
	if c.isWide() {
		r.wide(&c)
	} else {
		r.narrow(&c)
	}
	if !c.done() {
		return errCorrupt
	}
	c.b, c.at = end, 0
	if c.isWide() {
		wideEnding(&c, &r.Ending)
	} else {
		narrowEnding(&c, &r.Ending)
	}
	if !c.done() {
		return errCorrupt
	}
	return nil
}

// isWide reports whether what is read has the wide form, and takes the byte that says so.
func (c *codec) isWide() bool {
	if len(c.b) == 0 || c.b[0]&formWide == 0 {
		return false
	}
	c.at = 1
	return true
}

// done reports whether everything could be read, and was.
func (c *codec) done() bool { return !c.failed && c.at == len(c.b) }

// reserve returns dst with room for n bytes more, and that room.
func reserve(dst []byte, n int) (whole, room []byte) {
	whole = slices.Grow(dst, n)
	return whole, whole[len(dst) : len(dst)+n]
}

// bit is 1 for true.
func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
