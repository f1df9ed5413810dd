package report

import (
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/diagnosis"
)

// Options say how the table and Markdown are written.
type Options struct {
	Width int  // columns of the terminal; 0 for no limit. Markdown has none.
	Color bool // colour by severity. Markdown has none.
	All   bool // list what is worth knowing and every TLS connection, not only those with a finding
	Every bool // list every row that is added: the user chose them by diagnosis
	// Streamed says that a Stream lists the connections: the table is the summary and the meanings alone.
	Streamed bool
}

// The cells of a line of the table, in order.
const (
	cellTime = iota
	cellClient
	cellServer
	cellName
	cellEnd
	cellDiagnosis
	cellFrame
	columnCount
)

var headings = [columnCount]string{"TIME", "CLIENT", "SERVER", "SNI", "END", "DIAGNOSIS", "FRAME"}

// listing keeps the connections that are listed, up to a bound, and what their layout depends on.
type listing struct {
	w     io.Writer
	opt   Options
	lines []line
	more  uint64         // rows beyond the bound
	files map[int]string // names of captures by their place in the order of files

	meaning func(diagnosis.Code) string // what a diagnosis means, "" for nothing to say
}

func newListing(w io.Writer, opt Options) listing {
	return listing{w: w, opt: opt, files: make(map[int]string), meaning: catalogueMeaning}
}

// Add takes a connection if it is to be listed. It keeps nothing of row.
func (l *listing) Add(row *Row) {
	if l.opt.Streamed || !l.opt.wants(row) {
		return
	}
	if len(l.lines) >= maxRows {
		l.more++
		return
	}
	l.lines = append(l.lines, newLine(row))
	if len(l.files) >= maxCaptures {
		return
	}
	file, _ := locate(row, row.Record.First)
	l.files[file] = row.Capture
	if decided := l.lines[len(l.lines)-1].frame.file; decided != file && row.File != nil {
		l.files[decided] = row.File(decided) // a connection may go on in the next of rotated files
	}
}

// wants reports whether a connection is to be listed.
func (o *Options) wants(row *Row) bool {
	switch {
	case row.Scope != analysis.Listed:
		return false
	case o.Every, row.Verdict.Severity.IsFinding():
		return true
	}
	return o.All && (isTLS(row) || row.Verdict.Severity == diagnosis.Info)
}

// severalFiles reports whether a frame number alone would not say which file it counts in: the title names the first of those
// with connections, and those that are listed may all be in another.
func (l *listing) severalFiles(s *Summary) bool {
	if len(l.files) > 1 || len(s.captures) > 1 {
		return true
	}
	for i := range l.lines {
		if _, ok := l.files[l.lines[i].frame.file]; !ok {
			return true
		}
	}
	return false
}

// notes say how much the listing leaves out, and which files its frames are in.
func (l *listing) notes(s *Summary) (notes []string) {
	if l.more > 0 {
		notes = append(notes, "… these are the first "+Grouped(uint64(len(l.lines)))+"; "+Grouped(l.more)+" more: --csv FILE writes them all")
	}
	if slices.ContainsFunc(l.lines, func(line line) bool { return line.sni == unknownName }) {
		notes = append(notes, "SNI ?: the ClientHello was not seen whole, so it may have a name or none")
	}
	if !l.severalFiles(s) {
		return notes
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(l.files)) {
		parts = append(parts, captureName(l.files[k])+" ("+decimal(uint64(k))+"#)")
	}
	return append(notes, "frames by file: "+strings.Join(parts, ", "))
}

// cells are the texts of all lines, uncut, names as they were sent.
func (l *listing) cells(s *Summary) [][columnCount]string {
	from, files := s.timeFrom(), l.severalFiles(s)
	cells := make([][columnCount]string, len(l.lines))
	for i := range l.lines {
		cells[i] = l.lines[i].cells(from, files)
	}
	return cells
}

// cells are the texts of a line, of which that of the name is as it was sent.
func (l *line) cells(from int, withFile bool) [columnCount]string {
	return [columnCount]string{
		l.timeCell(from), l.client.String(), l.server.String(), l.sni, l.end, l.diagnosis, l.frame.text(withFile),
	}
}

// catalogueMeaning is the paragraph with which the catalogue begins.
func catalogueMeaning(code diagnosis.Code) string {
	e, _ := diagnosis.Lookup(code)
	return e.Meaning
}
