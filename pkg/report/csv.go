package report

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/sniscope/sniscope/pkg/diagnosis"
)

// CSV writes one line per connection (RFC 4180, lines ended by LF alone), all columns, in their published
// order, under a header. Lists are joined with ";"; an absent value is empty.
type CSV struct {
	w       io.Writer
	started bool
	fixes   []fixCell
}

// fixCell is what the catalogue advises, and its cell.
type fixCell struct{ text, cell string }

// NewCSV returns a writer of CSV to w. It does not buffer: give it batches of rows.
func NewCSV(w io.Writer) *CSV { return &CSV{w: w, fixes: fixCells()} }

// fixCells are the cells of what the catalogue advises, in its order. Each stands in so many rows that it is looked at and
// quoted once.
var fixCells = sync.OnceValue(func() []fixCell {
	var cells []fixCell
	for _, e := range diagnosis.Catalogue() {
		cells = append(cells, fixCell{e.Fix, string(csvText(nil, e.Fix))})
	}
	return cells
})

// Write writes rows that AppendRow rendered, in the order given, and the header before the first. An error
// of the underlying writer is wrapped.
func (c *CSV) Write(rows []byte) error {
	if !c.started {
		c.started = true
		if err := writeAs("csv header", c.w, []byte(strings.Join(columns, ",")+"\n")); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return writeAs("csv", c.w, rows)
}

// Close writes the header if there was no row. It does not close the underlying writer.
func (c *CSV) Close() error { return c.Write(nil) }

// writeAs writes b to w, and says in an error what it was.
func writeAs(what string, w io.Writer, b []byte) error {
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return nil
}
