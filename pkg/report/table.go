package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// Table writes for people: a summary, one line per connection that is listed, and what each diagnosis means.
type Table struct{ listing }

// NewTable returns a writer of the table to w. Nothing is written before Close.
func NewTable(w io.Writer, opt Options) *Table {
	if opt.Width > 0 {
		opt.Width = max(opt.Width, minWidth)
	}
	return &Table{newListing(w, opt)}
}

// Close writes the table under the summary. Errors of the underlying writer are wrapped.
func (t *Table) Close(s *Summary) error {
	var b []byte
	if t.opt.Streamed {
		b = append(b, '\n')
	}
	b = t.appendDigest(b, s)
	b, err := t.appendLines(b, s)
	if err != nil {
		return err
	}
	return writeAs("table", t.w, t.appendMeanings(b, s))
}

// prose is where sentences wrap.
func (t *Table) prose() int {
	if t.opt.Width == 0 {
		return 0
	}
	return min(t.opt.Width, MaxProse)
}

// appendDigest appends the summary.
func (t *Table) appendDigest(b []byte, s *Summary) []byte {
	d := s.digest(t.opt.All || t.opt.Every)
	if d.title != "" {
		b = appendWrapped(b, d.title, t.prose(), 0, 2)
	}
	for _, sentence := range d.totals {
		b = appendWrapped(b, sentence, t.prose(), 0, 2)
	}
	for _, w := range d.warnings {
		b = appendWrapped(b, "warning: "+w, t.prose(), 0, 2)
	}
	if len(d.causes) > 0 {
		b = t.appendCauses(append(b, '\n'), &d)
	}
	if d.skipped != "" {
		b = appendWrapped(append(b, '\n'), d.skipped, t.prose(), 0, 2)
	}
	return b
}

// appendCauses appends the causes; on a wide terminal, what they share is aligned behind counts and diagnoses.
func (t *Table) appendCauses(b []byte, d *digest) []byte {
	counts, marks := 0, 0
	for i := range d.causes {
		counts, marks = max(counts, len(d.causes[i].count)), max(marks, len(d.causes[i].mark))
	}
	indent := counts + gap + marks + gap
	if t.opt.Width > 0 && t.opt.Width < alignCauses {
		marks, indent = 0, counts+gap
	}
	for i := range d.causes {
		c := &d.causes[i]
		b = appendSpaces(b, counts-len(c.count))
		b = append(b, c.count...)
		b = appendSpaces(b, gap)
		b = append(b, paint(c.mark, c.severity, t.opt.Color)...)
		b = appendSpaces(b, gap+max(marks-len(c.mark), 0))
		b = appendWrapped(b, c.where, t.prose(), counts+gap+max(marks, len(c.mark))+gap, indent+2)
		for _, note := range c.notes {
			b = appendSpaces(b, indent)
			b = appendWrapped(b, note, t.prose(), indent, indent+2)
		}
	}
	if d.hidden != "" {
		b = appendWrapped(b, d.hidden, t.prose(), 0, 2)
	}
	return b
}

// appendLines appends the connections.
func (t *Table) appendLines(b []byte, s *Summary) ([]byte, error) {
	if len(t.lines) == 0 {
		return b, nil
	}
	cells := t.cells(s)
	for i := range cells {
		cells[i][cellName] = Clean(cells[i][cellName])
	}
	w, most := measure(cells)
	lay := w.choose(t.opt.Width, most)
	lines := lay.lines(&headings)
	marks := make([]*line, len(lines)) // whose diagnosis a line has
	for i := range cells {
		l := &t.lines[i]
		l.shorten(&cells[i], &lay)
		for _, line := range lay.lines(&cells[i]) {
			lines, marks = append(lines, line), append(marks, l)
		}
	}
	var out bytes.Buffer
	if err := render(&out, lines, len(lay.columns())); err != nil {
		return nil, fmt.Errorf("lay out table: %w", err)
	}
	b = append(b, '\n')
	for i, row := range bytes.Split(bytes.TrimSuffix(out.Bytes(), []byte("\n")), []byte("\n")) {
		begin := len(b)
		b = lines[i].end(append(b, row...), begin)
		if marks[i] != nil && lines[i].diagnosis > 0 {
			b = t.paintDiagnosis(b, begin, marks[i])
		}
	}
	for _, note := range t.notes(s) {
		b = appendWrapped(b, note, t.prose(), 0, 2)
	}
	return b, nil
}

// paintDiagnosis colours the diagnosis in a line that begins there. tablewriter is not given colours, because it takes them for
// text that it may cut. The diagnosis is the last of its kind in the line: a number follows.
func (t *Table) paintDiagnosis(b []byte, begin int, l *line) []byte {
	at := bytes.LastIndex(b[begin:], []byte(l.diagnosis))
	if !t.opt.Color || at < 0 {
		return b
	}
	rest := slices.Clone(b[begin+at+len(l.diagnosis):])
	return append(append(b[:begin+at], paint(l.diagnosis, l.severity, true)...), rest...)
}

// render writes the cells through tablewriter, which pads them, each row in one line. Its renderer drops write errors, so out is
// a buffer.
func render(out *bytes.Buffer, lines []physical, columns int) error {
	table := tablewriter.NewTable(out, plainTable()...)
	rows := make([][]string, len(lines))
	for i := range lines {
		rows[i] = make([]string, columns)
		copy(rows[i], lines[i].cells)
	}
	if err := table.Bulk(rows); err != nil {
		return err
	}
	return table.Render()
}

// plainTable is a table without borders that leaves cells as they are.
func plainTable() []tablewriter.Option {
	return []tablewriter.Option{
		tablewriter.WithEastAsian(tw.Off),
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone},
		})),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithPadding(tw.Padding{Right: "  ", Overwrite: true}),
		tablewriter.WithRowAlignment(tw.AlignLeft),
	}
}

// appendMeanings appends what each diagnosis that was found means, with an example and the fix.
func (t *Table) appendMeanings(b []byte, s *Summary) []byte {
	files := t.severalFiles(s)
	for _, c := range s.codes.findings() {
		b = append(b, '\n')
		b = append(b, paint(string(c.code), c.severity, t.opt.Color)...)
		b = append(b, '\n')
		for _, p := range c.paragraphs(t.meaning(c.code), files) {
			b = append(b, "  "...)
			b = appendWrapped(b, p, t.prose(), 2, 4)
		}
	}
	if s.findings > 0 || len(t.lines) > 0 {
		b = appendWrapped(append(b, '\n'), explainHint, t.prose(), 0, 2)
	}
	return b
}
