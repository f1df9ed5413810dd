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

// jsonKeys are the keys of all columns, ready to be copied.
var jsonKeys = func() (keys [len(columns)]string) {
	for i := range columns {
		keys[i] = `"` + columns[i].name + `":`
	}
	return keys
}()

// appendObject appends one connection as an object. It is never empty: conn is always there.
func appendObject(dst []byte, row *Row) []byte {
	dst = append(dst, '{')
	for i := range columns {
		start := len(dst)
		dst = append(dst, jsonKeys[i]...)
		value := len(dst)
		if dst = appendJSON(dst, &columns[i], row); len(dst) == value {
			dst = dst[:start]
			continue
		}
		dst = append(dst, ',')
	}
	dst[len(dst)-1] = '}'
	return dst
}

func appendJSON(dst []byte, c *column, row *Row) []byte {
	switch c.kind {
	case list:
		return appendJSONList(dst, c, row)
	case text, moment:
		return appendJSONString(dst, c, row)
	}
	return c.value(dst, row)
}

func appendJSONString(dst []byte, c *column, row *Row) []byte {
	dst = append(dst, '"')
	start := len(dst)
	switch dst = c.value(dst, row); {
	case len(dst) == start:
		return dst[:start-1]
	case c.plain || c.kind == moment:
		return append(dst, '"')
	}
	return closeJSONText(dst, start)
}

func appendJSONList(dst []byte, c *column, row *Row) []byte {
	for i := 0; ; i++ {
		end := len(dst)
		open := byte('[')
		if i > 0 {
			open = ','
		}
		dst = append(dst, open, '"')
		start := len(dst)
		var ok bool
		if dst, ok = c.item(dst, row, i); !ok {
			dst = dst[:end]
			if i > 0 {
				dst = append(dst, ']')
			}
			return dst
		}
		if c.plain {
			dst = append(dst, '"')
		} else {
			dst = closeJSONText(dst, start)
		}
	}
}
