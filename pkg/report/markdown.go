package report

import "io"

// Markdown writes what Table writes, for a ticket or a wiki: nothing is cut, the connections are a table of
// GitHub's dialect.
type Markdown struct{ listing }

// NewMarkdown returns a writer of Markdown to w. Nothing is written before Close.
func NewMarkdown(w io.Writer, opt Options) *Markdown { return &Markdown{newListing(w, opt)} }

// Close writes the report under the summary. Errors of the underlying writer are wrapped.
func (m *Markdown) Close(s *Summary) error {
	b := m.appendDigest(nil, s)
	b = m.appendLines(b, s)
	return writeAs("markdown", m.w, m.appendMeanings(b, s))
}

func (m *Markdown) appendDigest(b []byte, s *Summary) []byte {
	d := s.digest(m.opt.All || m.opt.Every)
	b = append(b, "## TLS handshakes"...)
	if d.title != "" {
		b = append(b, ": "+mdText(d.title)...)
	}
	b = append(b, "\n\n"...)
	for _, sentence := range d.totals {
		b = append(b, mdText(sentence)+"\n\n"...)
	}
	for _, w := range d.warnings {
		b = append(b, "**warning**: "+mdText(w)+"\n\n"...)
	}
	for i := range d.causes {
		b = appendMarkdownCause(b, &d.causes[i])
	}
	for _, closing := range []string{d.hidden, d.skipped} {
		if closing != "" {
			b = append(b, "\n"+mdText(closing)+"\n"...)
		}
	}
	return b
}

func appendMarkdownCause(b []byte, c *causeText) []byte {
	b = append(b, "- **"+c.count+"** "+mdCode(c.mark)+" "+mdText(c.where)+"\n"...)
	for _, note := range c.notes {
		b = append(b, "  - "+mdText(note)+"\n"...)
	}
	return b
}

func (m *Markdown) appendLines(b []byte, s *Summary) []byte {
	if len(m.lines) == 0 {
		return b
	}
	b = append(b, '\n')
	for _, heading := range headings {
		b = append(b, "| "+heading+" "...)
	}
	b = append(b, "|\n| --- | --- | --- | --- | --- | --- | ---: |\n"...)
	for _, c := range m.cells(s) {
		for i, cell := range c {
			if i == cellName || i == cellDiagnosis {
				cell = mdCode(cell)
			} else {
				cell = mdText(cell)
			}
			b = append(b, "| "+cell+" "...)
		}
		b = append(b, "|\n"...)
	}
	for _, note := range m.notes(s) {
		b = append(b, "\n"+mdText(note)+"\n"...)
	}
	return b
}

func (m *Markdown) appendMeanings(b []byte, s *Summary) []byte {
	files := m.severalFiles(s)
	for _, c := range s.codes.findings() {
		b = append(b, "\n### "+mdCode(string(c.code))+"\n\n"...)
		for _, p := range c.paragraphs(m.meaning(c.code), files) {
			b = append(b, "- "+mdText(p)+"\n"...)
		}
	}
	if s.findings > 0 || len(m.lines) > 0 {
		b = append(b, "\n"+mdText(explainHint)+"\n"...)
	}
	return b
}
