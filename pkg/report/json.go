package report

import "io"

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
	return writeAs("json lines", j.w, rows)
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

func (j *JSON) write(b []byte) error { return writeAs("json", j.w, b) }
