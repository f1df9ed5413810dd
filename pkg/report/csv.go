package report

import (
	"fmt"
	"io"
)

// CSV writes one line per connection (RFC 4180, lines ended by LF alone), all columns, in their published
// order, under a header. Lists are joined with ";"; an absent value is empty.
type CSV struct {
	w       io.Writer
	started bool
}

// NewCSV returns a writer of CSV to w. It does not buffer: give it batches of rows.
func NewCSV(w io.Writer) *CSV { return &CSV{w: w} }

// AppendRow appends one connection, rendered, to dst. It may be called from several goroutines at a time.
func (c *CSV) AppendRow(dst []byte, row *Row) []byte {
	for i := range columns {
		switch c := &columns[i]; {
		case c.text != nil:
			if s := c.text(row); s != "" {
				if dst = append(dst, s...); !c.plain {
					dst = closeCSVText(dst, len(dst)-len(s))
				}
			}
		case c.count != nil:
			if n, ok := c.count(row); ok {
				dst = appendUint(dst, n)
			}
		case c.span != nil:
			if ns, ok := c.span(row); ok {
				dst = appendMillis(dst, ns)
			}
		case c.items != nil:
			if items := c.items(row); len(items) > 0 {
				dst = appendCSVList(dst, items)
			}
		case c.bytes != nil:
			dst = c.bytes(dst, row)
		default:
			dst = appendCSVItems(dst, c, row)
		}
		dst = append(dst, ',')
	}
	dst[len(dst)-1] = '\n'
	return dst
}

// appendCSVList appends a list of text.
func appendCSVList(dst []byte, items []string) []byte {
	start, seen := len(dst), class(0)
	for i, s := range items {
		if i > 0 {
			dst, seen = append(dst, ';'), seen|semicolon
		}
		var has class
		dst, has = closeCSVItem(append(dst, s...), len(dst))
		seen |= has
	}
	return closeCSVCell(dst, start, seen)
}

// appendCSVItems appends a list of what is plain.
func appendCSVItems(dst []byte, c *column, row *Row) []byte {
	for i, end := 0, len(dst); ; i++ {
		var ok bool
		if dst, ok = c.item(dst, row, i); !ok {
			return dst[:end]
		}
		end = len(dst)
		dst = append(dst, ';')
	}
}

// Write writes rows that AppendRow rendered, in the order given, and the header before the first. An error
// of the underlying writer is wrapped.
func (c *CSV) Write(rows []byte) error {
	if !c.started {
		c.started = true
		if _, err := c.w.Write(appendCSVHeader(nil)); err != nil {
			return fmt.Errorf("write csv header: %w", err)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if _, err := c.w.Write(rows); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return nil
}

// Close writes the header if there was no row. It does not close the underlying writer.
func (c *CSV) Close() error { return c.Write(nil) }

func appendCSVHeader(dst []byte) []byte {
	for i := range columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, columns[i].name...)
	}
	return append(dst, '\n')
}
