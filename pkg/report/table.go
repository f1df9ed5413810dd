package report

import (
	"fmt"
	"io"
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
	b = t.appendLines(b, s)
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
func (t *Table) appendLines(b []byte, s *Summary) []byte {
	if len(t.lines) == 0 {
		return b
	}
	b = append(b, '\n')
	cells := t.cells(s)
	for i := range cells {
		cells[i][cellName] = clean(cells[i][cellName])
	}
	w, most := measure(cells)
	lay := w.choose(t.opt.Width, most)
	b = lay.appendLine(b, &headings, plain)
	for i := range cells {
		l := &t.lines[i]
		l.shorten(&cells[i], &lay)
		b = lay.appendLine(b, &cells[i], func(text string) string { return paint(text, l.severity, t.opt.Color) })
	}
	for _, note := range t.notes() {
		b = appendWrapped(b, clean(note), t.prose(), 0, 2)
	}
	return b
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
