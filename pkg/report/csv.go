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
		if c := &columns[i]; c.kind == list || c.kind == text && !c.plain {
			dst = appendCSV(dst, c, row)
		} else {
			dst = c.value(dst, row)
		}
		dst = append(dst, ',')
	}
	dst[len(dst)-1] = '\n'
	return dst
}

// appendCSV appends a cell.
func appendCSV(dst []byte, c *column, row *Row) []byte {
	start := len(dst)
	switch {
	case c.kind == list:
		return appendCSVList(dst, c, row)
	case c.kind == text && !c.plain:
		if dst = c.value(dst, row); len(dst) > start {
			return closeCSVText(dst, start)
		}
		return dst
	}
	return c.value(dst, row)
}

func appendCSVList(dst []byte, c *column, row *Row) []byte {
	start, seen := len(dst), class(0)
	dst, ok := c.item(dst, row, 0)
	if !ok {
		return dst
	}
	for i, item := 1, start; ; i++ {
		if !c.plain {
			var has class
			dst, has = closeCSVItem(dst, item)
			seen |= has
		}
		end := len(dst)
		item = end + 1
		if dst, ok = c.item(append(dst, ';'), row, i); !ok {
			dst = dst[:end]
			break
		}
		seen |= semicolon
	}
	if c.plain {
		return dst
	}
	return closeCSVCell(dst, start, seen)
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
