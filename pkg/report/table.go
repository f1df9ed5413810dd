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
	b = t.appendMeanings(b, s)
	if _, err := t.w.Write(b); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// prose is where sentences wrap.
func (t *Table) prose() int {
	if t.opt.Width == 0 {
		return 0
	}
	return min(t.opt.Width, maxProse)
}

// appendDigest appends the summary.
func (t *Table) appendDigest(b []byte, s *Summary) []byte {
	d := s.digest(t.opt.All || t.opt.Every)
	if d.title != "" {
		b = appendWrapped(b, clean(d.title), t.prose(), 0, 2)
	}
	for _, sentence := range d.totals {
		b = appendWrapped(b, sentence, t.prose(), 0, 2)
	}
	for _, w := range d.warnings {
		b = appendWrapped(b, "warning: "+clean(w), t.prose(), 0, 2)
	}
	if len(d.causes) > 0 {
		b = t.appendCauses(append(b, '\n'), &d)
	}
	if d.skipped != "" {
		b = appendWrapped(append(b, '\n'), clean(d.skipped), t.prose(), 0, 2)
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
		b = appendWrapped(b, clean(c.where), t.prose(), counts+gap+max(marks, len(c.mark))+gap, indent+2)
		for _, note := range c.notes {
			b = appendSpaces(b, indent)
			b = appendWrapped(b, clean(note), t.prose(), indent, indent+2)
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
	b = append(b, '\n')
	cells := t.cells(s)
	for i := range cells {
		cells[i][cellName] = clean(cells[i][cellName])
	}
	lay := measure(cells).choose(t.opt.Width)
	var out bytes.Buffer
	if err := t.render(&out, cells, lay); err != nil {
		return nil, fmt.Errorf("lay out table: %w", err)
	}
	b = t.appendPainted(b, out.Bytes(), lay)
	for _, note := range t.notes() {
		b = appendWrapped(b, clean(note), t.prose(), 0, 2)
	}
	return b, nil
}

// appendPainted appends the rendered lines without trailing spaces, diagnoses in colour if so told. tablewriter is
// not given colours, because it takes them for text that it may cut.
func (t *Table) appendPainted(b, rendered []byte, lay layout) []byte {
	height := 1
	if lay.stacked {
		height = 2
	}
	for i, row := range bytes.Split(bytes.TrimSuffix(rendered, []byte("\n")), []byte("\n")) {
		row = bytes.TrimRight(row, " ")
		if n := i - height; n >= 0 && n%height == 0 && n/height < len(t.lines) {
			row = t.paintDiagnosis(row, &t.lines[n/height])
		}
		b = append(append(b, row...), '\n')
	}
	return b
}

// paintDiagnosis colours the diagnosis in a rendered line. It is the last of its kind there: a number follows.
func (t *Table) paintDiagnosis(row []byte, l *line) []byte {
	at := bytes.LastIndex(row, []byte(l.diagnosis))
	if !t.opt.Color || at < 0 {
		return row
	}
	painted := append(slices.Clone(row[:at]), paint(l.diagnosis, l.severity, true)...)
	return append(painted, row[at+len(l.diagnosis):]...)
}

// render writes the cells through tablewriter, which pads them. Its renderer drops write errors, so out is a buffer.
func (t *Table) render(out *bytes.Buffer, cells [][columnCount]string, lay layout) error {
	align := []tw.Align{tw.AlignLeft, tw.AlignLeft, tw.AlignLeft, tw.AlignLeft, tw.AlignLeft, tw.AlignLeft, tw.AlignRight}
	if lay.stacked {
		align = align[:4]
	}
	table := tablewriter.NewTable(out, plainTable(align)...)
	table.Header(arrange(headings, lay))
	rows := make([][]string, len(cells))
	for i := range cells {
		rows[i] = arrange(t.lines[i].cut(cells[i], lay), lay)
	}
	if err := table.Bulk(rows); err != nil {
		return err
	}
	return table.Render()
}

// cut shortens the cells that are too wide for a layout.
func (l *line) cut(c [columnCount]string, lay layout) [columnCount]string {
	if lay.client > 0 {
		c[cellClient], c[cellServer] = endpoint(l.client, lay.client), endpoint(l.server, lay.server)
		c[cellName] = shorten(c[cellName], lay.name)
	}
	return c
}

// arrange puts cells side by side, or two above each other.
func arrange(c [columnCount]string, lay layout) []string {
	if !lay.stacked {
		return c[:]
	}
	return []string{
		c[cellTime], c[cellClient] + "\n" + c[cellServer], c[cellName] + "\n" + c[cellEnd], c[cellDiagnosis] + "\n" + c[cellFrame],
	}
}

// plainTable is a table without borders that leaves cells as they are.
func plainTable(align []tw.Align) []tablewriter.Option {
	right := tw.Padding{Right: "  ", Overwrite: true}
	return []tablewriter.Option{
		tablewriter.WithEastAsian(tw.Off),
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone},
		})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithPadding(right),
		tablewriter.WithHeaderAlignmentConfig(tw.CellAlignment{Global: tw.AlignLeft, PerColumn: align}),
		tablewriter.WithRowAlignmentConfig(tw.CellAlignment{Global: tw.AlignLeft, PerColumn: align}),
	}
}

// appendMeanings appends what each diagnosis that was found means, with an example and the fix.
func (t *Table) appendMeanings(b []byte, s *Summary) []byte {
	for _, c := range s.codes.findings() {
		b = append(b, '\n')
		b = append(b, paint(string(c.code), c.severity, t.opt.Color)...)
		b = append(b, '\n')
		for _, p := range c.paragraphs(t.meaning) {
			b = append(b, "  "...)
			b = appendWrapped(b, clean(p), t.prose(), 2, 4)
		}
	}
	if s.findings > 0 {
		b = appendWrapped(append(b, '\n'), explainHint, t.prose(), 0, 2)
	}
	return b
}
