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
	if room := width - w.time - w.client - w.server - w.end - w.diagnosis - w.frame - 6*gap; room >= most {
		w.name = max(min(w.name, room), len("SNI"))
		return layout{widths: w, edge: width}
	}
	w.time = max(w.time, w.frame)
	room := width - w.time - w.end - w.diagnosis - 3*gap
	w.client = min(max(w.client, w.server), max(room, leastEndpoint))
	w.server = w.client
	return layout{widths: w, stacked: true, edge: width}
}

// appendLine appends a connection, or the headings.
func (lay *layout) appendLine(b []byte, c *[columnCount]string, paint func(diagnosis string) string) []byte {
	if lay.stacked {
		b = appendCell(b, c[cellTime], lay.time)
		b = appendCell(b, c[cellClient], lay.client)
		b = appendCell(b, c[cellEnd], lay.end)
		b = append(append(b, paint(c[cellDiagnosis])...), '\n')
		b = appendSpaces(b, lay.time-len(c[cellFrame])) // so that a connection begins where the margin does
		b = appendCell(b, c[cellFrame], 0)
		b = appendCell(b, c[cellServer], lay.server)
		return lay.appendName(b, c[cellName], lay.time+lay.server+2*gap)
	}
	before := lay.time + lay.client + lay.server + 3*gap
	b = appendCell(b, c[cellTime], lay.time)
	b = appendCell(b, c[cellClient], lay.client)
	b = appendCell(b, c[cellServer], lay.server)
	if displayWidth(c[cellName]) <= lay.name {
		b = appendCell(b, c[cellName], lay.name)
	} else {
		b = lay.appendName(b, c[cellName], before)
		b = appendSpaces(b, before+lay.name+gap)
	}
	b = appendCell(b, c[cellEnd], lay.end)
	b = append(b, paint(c[cellDiagnosis])...)
	b = appendSpaces(b, lay.diagnosis-len(c[cellDiagnosis])+gap+lay.frame-len(c[cellFrame]))
	return append(append(b, c[cellFrame]...), '\n')
}

// appendName ends a line with a name. One that does not fit behind so many columns has a line of its own, below the
// addresses, and is cut only where that is too short as well.
func (lay *layout) appendName(b []byte, name string, column int) []byte {
	if lay.edge > 0 && displayWidth(name) > lay.edge-column {
		b = append(bytes.TrimRight(b, " "), '\n')
		b = appendSpaces(b, lay.time+gap)
		name = shorten(name, max(lay.edge-lay.time-gap, leastName))
	}
	return append(append(b, name...), '\n')
}

// appendCell appends a text, the rest of its column, and the gap behind it.
func appendCell(b []byte, text string, width int) []byte {
	return appendSpaces(append(b, text...), max(width-displayWidth(text), 0)+gap)
}
