package report

import (
	"fmt"
	"io"
)

// JSONLines writes one JSON object per line and connection: the columns in their published order, those that
// are absent left out, lists as arrays.
type JSONLines struct{ w io.Writer }

// NewJSONLines returns a writer of JSON Lines to w. It does not buffer: give it batches of rows.
func NewJSONLines(w io.Writer) *JSONLines { return &JSONLines{w: w} }

// AppendRow appends one connection, rendered, to dst. It may be called from several goroutines at a time.
func (j *JSONLines) AppendRow(dst []byte, row *Row) []byte {
	return append(appendObject(dst, row), '\n')
}

// Write writes rows that AppendRow rendered, in the order given. An error of the underlying writer is wrapped.
func (j *JSONLines) Write(rows []byte) error {
	if len(rows) == 0 {
		return nil
	}
	if _, err := j.w.Write(rows); err != nil {
		return fmt.Errorf("write json lines: %w", err)
	}
	return nil
}

// Close does nothing: every line stands for itself.
func (j *JSONLines) Close() error { return nil }

// JSON writes one array of the objects that JSONLines writes, one to a line.
type JSON struct {
	w       io.Writer
	started bool
}

// NewJSON returns a writer of a JSON array to w. It does not buffer: give it batches of rows.
func NewJSON(w io.Writer) *JSON { return &JSON{w: w} }

// AppendRow appends one connection, rendered, to dst, with what separates it from the one before: Write takes
// that of the first row off. It may be called from several goroutines at a time.
func (j *JSON) AppendRow(dst []byte, row *Row) []byte {
	return appendObject(append(dst, ",\n"...), row)
}

// Write writes rows that AppendRow rendered, in the order given. An error of the underlying writer is wrapped.
func (j *JSON) Write(rows []byte) error {
	if len(rows) == 0 {
		return nil
	}
	if !j.started {
		j.started = true
		if err := j.write([]byte("[")); err != nil {
			return err
		}
		rows = rows[1:]
	}
	return j.write(rows)
}

// Close ends the array, an empty one if there was no row. It does not close the underlying writer.
func (j *JSON) Close() error {
	if !j.started {
		return j.write([]byte("[]\n"))
	}
	return j.write([]byte("\n]\n"))
}

func (j *JSON) write(b []byte) error {
	if _, err := j.w.Write(b); err != nil {
		return fmt.Errorf("write json: %w", err)
	}
	return nil
}

// jsonKeys are what stands before the values of all columns, with the opening quotation mark or bracket.
var jsonKeys = func() (keys [len(columns)]string) {
	for i := range columns {
		keys[i] = `,"` + columns[i].name + `":`
		switch columns[i].kind {
		case text, moment:
			keys[i] += `"`
		case list:
			keys[i] += `["`
		}
	}
	return keys
}()

// appendObject appends one connection as an object. It is never empty: conn is always there.
func appendObject(dst []byte, row *Row) []byte {
	start := len(dst)
	for i := range columns {
		switch c := &columns[i]; {
		case c.text != nil:
			if s := c.text(row); s != "" {
				dst = append(append(dst, jsonKeys[i]...), s...)
				dst = closeJSONValue(dst, len(dst)-len(s), c)
			}
		case c.count != nil:
			if n, ok := c.count(row); ok {
				dst = appendUint(append(dst, jsonKeys[i]...), n)
			}
		case c.span != nil:
			if ns, ok := c.span(row); ok {
				dst = appendMillis(append(dst, jsonKeys[i]...), ns)
			}
		case c.items != nil:
			if items := c.items(row); len(items) > 0 {
				dst = appendJSONList(append(dst, jsonKeys[i]...), items)
			}
		default:
			dst = appendJSONBytes(dst, i, row)
		}
	}
	dst[start] = '{' // for the comma before the first member
	return append(dst, '}')
}

// closeJSONValue finishes a value of which the bytes were appended from start on.
func closeJSONValue(dst []byte, start int, c *column) []byte {
	switch {
	case !c.plain:
		return closeJSONText(dst, start)
	case c.kind == text:
		return append(dst, '"')
	}
	return dst
}

// appendJSONBytes appends a member that is known to be absent when nothing comes of it.
func appendJSONBytes(dst []byte, i int, row *Row) []byte {
	c, start := &columns[i], len(dst)
	dst = append(dst, jsonKeys[i]...)
	value := len(dst)
	if c.item != nil {
		return appendJSONItems(dst, start, c, row)
	}
	if dst = c.bytes(dst, row); len(dst) == value {
		return dst[:start]
	}
	return append(dst, '"')
}

// appendJSONList appends a list of text behind its opening bracket and quotation mark.
func appendJSONList(dst []byte, items []string) []byte {
	for i, s := range items {
		if i > 0 {
			dst = append(dst, `,"`...)
		}
		start := len(dst)
		dst = closeJSONText(append(dst, s...), start)
	}
	return append(dst, ']')
}

// appendJSONItems appends a list of what is plain, likewise, and takes the member off from start on if it is empty.
func appendJSONItems(dst []byte, start int, c *column, row *Row) []byte {
	for i := 0; ; i++ {
		end := len(dst)
		var ok bool
		if dst, ok = c.item(dst, row, i); ok {
			dst = append(dst, `","`...)
			continue
		}
		if i == 0 {
			return dst[:start]
		}
		dst = dst[:end-len(`,"`)]
		return append(dst, ']')
	}
}
