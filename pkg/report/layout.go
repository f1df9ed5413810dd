package report

// The table has seven columns. Where they do not fit side by side, each connection takes two lines: addresses
// one above the other, the end under the name, the frame under the diagnosis. Only then, names and addresses
// are cut in the middle; ports, diagnoses and frames never are.

const (
	gap = 2 // spaces between columns

	// Beyond these widths a cell is cut before connections are put on two lines, below them after.
	comfortName     = 16
	comfortEndpoint = 26
	// Narrower than this, cells are not cut: the line gets too long instead.
	leastName     = 12
	leastEndpoint = 18
	// alignCauses is the width from which the causes of the summary are laid out in columns.
	alignCauses = 100
)

// layout says how wide cells may be; widths of 0 are no limit.
type layout struct {
	stacked              bool
	client, server, name int
}

// widths are the natural widths of the columns.
type widths struct {
	time, client, server, name, end, diagnosis, frame int
}

func measure(cells [][columnCount]string) widths {
	w := headingWidths
	for i := range cells {
		w.widen(&cells[i])
	}
	return w
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

// choose finds the layout for a terminal of so many columns.
func (w widths) choose(width int) layout {
	if width <= 0 {
		return layout{}
	}
	room := width - w.time - w.end - w.diagnosis - w.frame - 6*gap
	cells := []flexible{{w.client, comfortEndpoint}, {w.server, comfortEndpoint}, {w.name, comfortName}}
	if fit(cells, room) {
		return layout{client: cells[0].width, server: cells[1].width, name: cells[2].width}
	}
	room = width - w.time - max(w.diagnosis, w.frame) - 3*gap
	cells = []flexible{{max(w.client, w.server), leastEndpoint}, {max(w.name, w.end), max(leastName, w.end)}}
	fit(cells, room)
	return layout{stacked: true, client: cells[0].width, server: cells[0].width, name: cells[1].width}
}

// in is how wide the columns are in a layout. In a stacked one, client and name stand for what is below them as well.
func (w widths) in(lay layout) widths {
	if lay.stacked {
		w.client, w.name = max(w.client, w.server), max(w.name, w.end)
	}
	if lay.client > 0 {
		w.client, w.server, w.name = min(w.client, lay.client), min(w.server, lay.server), min(w.name, lay.name)
	}
	return w
}

// flexible is a column that may be cut down to least.
type flexible struct{ width, least int }

// fit cuts the columns, the widest first, until they fit into room, and reports whether they do.
func fit(cells []flexible, room int) bool {
	for {
		sum, widest := 0, -1
		for i, c := range cells {
			sum += c.width
			if c.width > c.least && (widest < 0 || c.width > cells[widest].width) {
				widest = i
			}
		}
		if sum <= room {
			return true
		}
		if widest < 0 {
			return false
		}
		cells[widest].width--
	}
}
