package report

import "io"

// Stream writes the lines of the table one by one, as connections end: what a live capture shows. How wide a column must be
// is not known before the last line, so columns grow as they must; Table lays out a table that is whole. It is not safe
// for concurrent use.
type Stream struct {
	w       io.Writer
	opt     Options
	widths  widths
	headed  bool
	stacked bool  // the headings so far
	day     int64 // of the first line, in days since the Unix epoch
	from    int   // where the times begin, as in timeCell
}

// Where there is room, columns begin as wide as most of what they will hold, so that few lines are wider than those above.
const (
	commonEndpoint = len("192.168.100.200:65535")
	wideStream     = 140
)

// NewStream returns a writer of lines to w. Nothing is written before the first line.
func NewStream(w io.Writer, opt Options) *Stream {
	if opt.Width > 0 {
		opt.Width = max(opt.Width, minWidth)
	}
	s := &Stream{w: w, opt: opt, widths: headingWidths, from: len("2006-01-02 ")}
	s.widths.time, s.widths.end, s.widths.diagnosis = len("15:04:05.000"), len("S RST +0.0ms"), len("no-sni-reset~")
	if opt.Width == 0 || opt.Width >= wideStream {
		s.widths.client, s.widths.server, s.widths.name = commonEndpoint, commonEndpoint, comfortName
	}
	return s
}

// AppendRow appends the line of a connection, if it is to be listed, and the headings before the first.
func (s *Stream) AppendRow(b []byte, row *Row) []byte {
	if !s.opt.wants(row) {
		return b
	}
	l := newLine(row)
	c := l.cells(s.timeFrom(l.start), false)
	c[cellName] = Clean(c[cellName])
	lay := s.layOut(&c)
	if !s.headed || lay.stacked != s.stacked {
		b = lay.appendLines(b, &headings, plain)
	}
	s.headed, s.stacked = true, lay.stacked
	l.shorten(&c, &lay)
	return lay.appendLines(b, &c, func(text string) string { return paint(text, l.severity, s.opt.Color) })
}

// appendLines appends a connection, or the headings.
func (lay *layout) appendLines(b []byte, c *[columnCount]string, diagnosis func(string) string) []byte {
	columns := lay.columns()
	for _, line := range lay.lines(c) {
		begin := len(b)
		for i, text := range line.cells {
			width := displayWidth(text)
			if i > 0 && i == line.diagnosis {
				text = diagnosis(text)
			}
			b = appendSpaces(append(b, text...), columns[i]-width+gap)
		}
		b = line.end(b, begin)
	}
	return b
}

// layOut finds the layout for a line. A name that has no room takes the rest of its line: the columns are not to grow for it,
// for they do not shrink again.
func (s *Stream) layOut(c *[columnCount]string) layout {
	before := s.widths.name
	s.widths.widen(c)
	lay := s.choose()
	if !lay.stacked && lay.name < s.widths.name {
		s.widths.name = before
		lay = s.choose()
	}
	return lay
}

func (s *Stream) choose() layout {
	return s.widths.choose(s.opt.Width, min(s.widths.name, comfortName))
}

// timeFrom shows the date once the capture has reached another day.
func (s *Stream) timeFrom(start int64) int {
	day, _ := floorDiv(start, 24*3600*1e9)
	switch {
	case !s.headed:
		s.day = day
	case day != s.day:
		s.from = len("2006-")
	}
	return s.from
}

// Write writes what AppendRow rendered. Errors of the underlying writer are wrapped.
func (s *Stream) Write(lines []byte) error { return writeAs("table", s.w, lines) }

// Close does nothing: a table may end after any line.
func (s *Stream) Close() error { return nil }
