package report

import (
	"bytes"
	"slices"
)

// The table has seven columns. Where they do not fit side by side, each connection takes two lines, of which the second
// ends with the name, so that it may go on to the edge. Where they do but for a few long names, these take the rest of their
// line, and what stands behind them takes the next one. A name that is too long even so has a line of its own. Only what
// does not fit then is cut, in the middle: names, and addresses on a narrow terminal; ports, diagnoses and frames never are.

const (
	gap = 2 // spaces between columns

	// comfortName is how wide the column of names is at least where lines are written before all of them are known.
	comfortName = 16
	// Narrower than this, cells are not cut: the line gets too long instead.
	leastName     = 12
	leastEndpoint = 18
	// alignCauses is the width from which the causes of the summary are laid out in columns.
	alignCauses = 100
)

// layout says where cells stand.
type layout struct {
	widths
	stacked bool
	edge    int // where lines end, 0 for nowhere
}

// widths are those of the columns.
type widths struct {
	time, client, server, name, end, diagnosis, frame int
}

// headingWidths are those of no lines.
var headingWidths = widths{len("TIME"), len("CLIENT"), len("SERVER"), len("SNI"), len("END"), len("DIAGNOSIS"), len("FRAME")}

// widen makes room for a line.
func (w *widths) widen(c *[columnCount]string) {
	w.time = max(w.time, len(c[cellTime]))
	w.client = max(w.client, len(c[cellClient]))
	w.server = max(w.server, len(c[cellServer]))
	w.name = max(w.name, displayWidth(c[cellName]))
	w.end = max(w.end, len(c[cellEnd]))
	w.diagnosis = max(w.diagnosis, len(c[cellDiagnosis]))
	w.frame = max(w.frame, len(c[cellFrame]))
}

// measure finds the widths of all lines, and the one that three quarters of the names have at most.
func measure(cells [][columnCount]string) (w widths, most int) {
	w = headingWidths
	names := make([]int, len(cells))
	for i := range cells {
		w.widen(&cells[i])
		names[i] = displayWidth(cells[i][cellName])
	}
	slices.Sort(names)
	return w, names[(3*len(names)+3)/4-1]
}

// choose finds the layout for a terminal of so many columns. Side by side, the column of names is to have room for most.
func (w widths) choose(width, most int) layout {
	if width <= 0 {
		return layout{widths: w}
	}
	if room := width - w.time - w.client - w.server - w.end - w.diagnosis - w.frame - 6*gap; room >= max(most, len("SNI")) {
		w.name = min(w.name, room)
		return layout{widths: w, edge: width}
	}
	w.time = max(w.time, w.frame)
	room := width - w.time - w.end - w.diagnosis - 3*gap
	w.client = min(max(w.client, w.server), max(room, leastEndpoint))
	w.server = w.client
	return layout{widths: w, stacked: true, edge: width}
}

// physical is a line of the terminal.
type physical struct {
	cells     []string // side by side, each in its column
	diagnosis int      // which of them is the diagnosis, 0 if none is
	rest      string   // what stands behind them, of any width
	at        int      // where that begins
}

// lines are those that a connection takes, or the headings.
func (lay *layout) lines(c *[columnCount]string) []physical {
	frame := string(appendSpaces(nil, lay.frameWidth()-len(c[cellFrame]))) + c[cellFrame]
	if lay.stacked { // the frame stands at the right, so that a connection begins where the margin does
		return lay.withName([]physical{
			{cells: []string{c[cellTime], c[cellClient], c[cellEnd], c[cellDiagnosis]}, diagnosis: 3},
			{cells: []string{frame, c[cellServer]}},
		}, c[cellName], lay.time+lay.server+2*gap)
	}
	cells := []string{c[cellTime], c[cellClient], c[cellServer], c[cellName], c[cellEnd], c[cellDiagnosis], frame}
	if displayWidth(c[cellName]) <= lay.name {
		return []physical{{cells: cells, diagnosis: cellDiagnosis}}
	}
	all := lay.withName([]physical{{cells: slices.Clone(cells[:cellName])}}, c[cellName], lay.time+lay.client+lay.server+3*gap)
	clear(cells[:cellEnd])
	return append(all, physical{cells: cells, diagnosis: cellDiagnosis})
}

// frameWidth is how wide the column is that the frame stands in.
func (lay *layout) frameWidth() int {
	if lay.stacked {
		return lay.time
	}
	return lay.frame
}

// columns are the widths of the columns that a layout has.
func (lay *layout) columns() []int {
	if lay.stacked {
		return []int{lay.time, lay.client, lay.end, lay.diagnosis}
	}
	return []int{lay.time, lay.client, lay.server, lay.name, lay.end, lay.diagnosis, lay.frame}
}

// withName ends the last line with a name. One that does not fit behind so many columns has a line of its own, below the
// addresses, and is cut only where that is too short as well.
func (lay *layout) withName(all []physical, name string, column int) []physical {
	if last := &all[len(all)-1]; lay.edge <= 0 || displayWidth(name) <= lay.edge-column {
		last.rest, last.at = name, column
		return all
	}
	column = lay.time + gap
	return append(all, physical{rest: shorten(name, max(lay.edge-column, leastName)), at: column})
}

// end appends what stands behind the cells of a line, of which so many bytes are there, in place of the spaces at its end.
func (line *physical) end(b []byte, begin int) []byte {
	b = append(b[:begin], bytes.TrimRight(b[begin:], " ")...)
	if line.rest != "" {
		b = appendSpaces(b, line.at-displayWidth(string(b[begin:])))
		b = append(b, line.rest...)
	}
	return append(b, '\n')
}
