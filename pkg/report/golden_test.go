package report

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/sniscope/sniscope/pkg/diagnosis"
)

var update = flag.Bool("update", false, "rewrite the files under testdata")

// golden compares what was written with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

// reporter is Table or Markdown.
type reporter interface {
	Add(*Row)
	Close(*Summary) error
}

// report writes rows under their summary.
func report(t *testing.T, w reporter, rows []*Row) {
	t.Helper()
	s := NewSummary(false)
	s.Skipped = []Count{{"arp", 12}, {"udp", 3}, {"fragment", 0}}
	for _, row := range rows {
		s.Add(row)
		w.Add(row)
	}
	if err := w.Close(s); err != nil {
		t.Fatal(err)
	}
}

func meaning(code diagnosis.Code) string {
	if code == "no-sni-reset" {
		return "the client sent no server_name and the server reset the connection without a byte"
	}
	return ""
}

// tableWith is NewTable with meanings that no change of the catalogue alters.
func tableWith(w io.Writer, opt Options, meaning func(diagnosis.Code) string) *Table {
	t := NewTable(w, opt)
	t.meaning = meaning
	return t
}

func markdownWith(w io.Writer, meaning func(diagnosis.Code) string) *Markdown {
	m := NewMarkdown(w, Options{})
	m.meaning = meaning
	return m
}

func TestGoldenTables(t *testing.T) {
	for name, rows := range map[string][]*Row{"scenes": scenes(), "wide": wide()} {
		for _, width := range []int{80, 120, 200} {
			var b bytes.Buffer
			report(t, tableWith(&b, Options{Width: width}, meaning), rows)
			golden(t, fmt.Sprintf("%s-%d.txt", name, width), b.Bytes())
		}
		var b bytes.Buffer
		report(t, markdownWith(&b, meaning), rows)
		golden(t, name+".md", b.Bytes())
	}
}

// records are rows for the formats of one record per connection.
func records() []*Row {
	rows := []*Row{full().row(), bare().row(), noSNIReset(2, 40, 0, "10.138.0.28:19432", "10.0.0.5:443").row(), noSNI().partial().row()}
	for _, name := range hostile {
		rows = append(rows, named(name).row())
	}
	return rows
}

// stream is CSV, JSON or JSONLines.
type stream interface {
	AppendRow([]byte, *Row) []byte
	Write([]byte) error
	Close() error
}

// write writes rows in batches of two.
func write(t *testing.T, w stream, rows []*Row) {
	t.Helper()
	var batch []byte
	for i, row := range rows {
		if batch = w.AppendRow(batch, row); i%2 == 1 || i == len(rows)-1 {
			if err := w.Write(batch); err != nil {
				t.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestGoldenRecords(t *testing.T) {
	var c, j, l bytes.Buffer
	write(t, NewCSV(&c), records())
	write(t, NewJSON(&j), records())
	write(t, NewJSONLines(&l), records())
	golden(t, "records.csv", c.Bytes())
	golden(t, "records.json", j.Bytes())
	golden(t, "records.jsonl", l.Bytes())
}
