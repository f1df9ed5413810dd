package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/analysis"
)

// want is values, cleaned.
func want(column string, row *Row) (items []string) {
	for _, v := range values(column, row) {
		items = append(items, string(appendClean(nil, []byte(v))))
	}
	return items
}

// cellOf is a cell of the line that CSV writes of row.
func cellOf(t *testing.T, name string, row *Row) string {
	t.Helper()
	cells, err := csv.NewReader(bytes.NewReader(NewCSV(nil).AppendRow(nil, row))).Read()
	if err != nil || len(cells) != len(columns) {
		t.Fatalf("%d cells: %v", len(cells), err)
	}
	return cells[columnIndex(name)]
}

func TestCSVReadsBack(t *testing.T) {
	rows := records()
	var b bytes.Buffer
	write(t, NewCSV(&b), rows)
	got, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(rows)+1 {
		t.Fatalf("%d lines for %d rows", len(got), len(rows))
	}
	for i, c := range columns {
		if got[0][i] != c {
			t.Errorf("header %d is %q", i, got[0][i])
		}
		for k, row := range rows {
			if cell := unguard(got[k+1][i]); cell != joined(want(c, row)) {
				t.Errorf("row %d: %s is %q, want %q", k+1, c, cell, joined(want(c, row)))
			}
		}
	}
}

// joined is a list as CSV holds it.
func joined(items []string) string {
	if len(items) == 1 {
		return items[0]
	}
	var escaped []string
	for _, item := range items {
		escaped = append(escaped, strings.ReplaceAll(item, ";", `\x3b`))
	}
	return strings.Join(escaped, ";")
}

var guarded = regexp.MustCompile(`(^|;)'('*[=+@＝＋－＠-])`)

// unguard removes the ' that keep spreadsheets from running a cell.
func unguard(cell string) string { return guarded.ReplaceAllString(cell, "$1$2") }

func TestJSONReadsBack(t *testing.T) {
	rows := records()
	var array, lines bytes.Buffer
	write(t, NewJSON(&array), rows)
	write(t, NewJSONLines(&lines), rows)
	var got []map[string]any
	decodeJSON(t, array.Bytes(), &got)
	if n := strings.Count(lines.String(), "\n"); n != len(rows) || len(got) != n {
		t.Fatalf("%d lines and %d members for %d rows", n, len(got), len(rows))
	}
	for k, line := range strings.Split(strings.TrimSuffix(lines.String(), "\n"), "\n") {
		var object map[string]any
		decodeJSON(t, []byte(line), &object)
		for _, c := range columns {
			checkJSON(t, c, got[k][c], want(c, rows[k]))
			checkJSON(t, c, object[c], want(c, rows[k]))
		}
	}
}

// decodeJSON leaves numbers as they are written.
func decodeJSON(t *testing.T, written []byte, to any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(written))
	d.UseNumber()
	if err := d.Decode(to); err != nil {
		t.Fatalf("%v: %q", err, written)
	}
}

// checkJSON compares a decoded value, nil for an absent member, with what the column holds.
func checkJSON(t *testing.T, column string, got any, want []string) {
	t.Helper()
	ok, kind := false, kindOf(column)
	switch v := got.(type) {
	case nil:
		ok = len(want) == 0
	case json.Number:
		ok = kind == "number" && len(want) == 1 && v.String() == want[0]
	case bool:
		ok = kind == "bool" && len(want) == 1 && v == (want[0] == "true")
	case string:
		ok = (kind == "text" || kind == "time") && len(want) == 1 && v == want[0]
	case []any:
		ok = kind == "list" && len(v) == len(want)
		for i := range v {
			ok = ok && v[i] == want[i]
		}
	}
	if !ok {
		t.Errorf("%s is %#v, want %q", column, got, want)
	}
}

func TestMembersAreInOrder(t *testing.T) {
	line := string(NewJSONLines(nil).AppendRow(nil, full().row()))
	last := -1
	for _, c := range columns {
		at := strings.Index(line, `"`+c+`":`)
		if at <= last {
			t.Fatalf("%s is not behind the column before it", c)
		}
		last = at
	}
}

func TestEmptyReports(t *testing.T) {
	var c, j, l bytes.Buffer
	write(t, NewCSV(&c), nil)
	write(t, NewJSON(&j), nil)
	write(t, NewJSONLines(&l), nil)
	if !strings.HasPrefix(c.String(), "capture,conn,start,") || strings.Count(c.String(), "\n") != 1 {
		t.Errorf("csv without rows: %q", c.String())
	}
	if j.String() != "[]\n" || l.String() != "" {
		t.Errorf("json %q, json lines %q", j.String(), l.String())
	}
}

func TestSpreadsheetsRunNothing(t *testing.T) {
	for name, cell := range map[string]string{
		"=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0",
		"+1,2":               `"'+1,2"`,
		"-1":                 "'-1",
		"@x":                 "'@x",
		"＝1":                 "'＝1",
		"\t=1":               `\x09=1`,
		"\r=1":               `\x0d=1`,
		"a;=1":               "a;'=1",
		"a; b":               "a; b",
		"'=1":                "''=1",
		"'a":                 "'a",
		"a=1":                "a=1",
	} {
		if got := string(closeCSVText([]byte(name), 0)); got != cell {
			t.Errorf("%q is written %q, want %q", name, got, cell)
		}
	}
	m := noSNI().hello("a.example")
	m.Record.Hello.ALPN = []string{"h2", "=1", "a;@b"}
	if got := cellOf(t, "alpn_offered", m.row()); got != `h2;'=1;a\x3b@b` {
		t.Errorf("list: %q", got)
	}
}

func columnIndex(name string) int {
	if i := slices.Index(columns, name); i >= 0 {
		return i
	}
	panic(name)
}

func TestEvidenceNamesOtherFiles(t *testing.T) {
	for name, homes := range map[string][2]analysis.Range{
		"all are located":   {},
		"the home is known": {{First: 1, Limit: 1001}, {First: 1001, Limit: math.MaxUint64}},
	} {
		m := noSNI()
		m.Locate, m.Home = inFiles, homes[0]
		m.Verdict.Evidence = []uint64{3, 1000, 1001, 1007}
		if got := cellOf(t, "evidence", m.row()); got != "3;1000;2#1;2#7" {
			t.Errorf("%s, evidence in the first file: %q", name, got)
		}
		m.Record.First, m.Home = 1001, homes[1]
		if got := cellOf(t, "evidence", m.row()); got != "1#3;1#1000;1;7" {
			t.Errorf("%s, evidence in the second file: %q", name, got)
		}
	}
}

// failing is a writer on a full disk, after so many writes.
type failing struct{ left int }

var errFull = errors.New("no space left on device")

func (f *failing) Write(p []byte) (int, error) {
	if f.left--; f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteErrorsAreReturned(t *testing.T) {
	row := full().row()
	for left := range 2 {
		for name, w := range map[string]stream{"csv": NewCSV(&failing{left}), "json": NewJSON(&failing{left}), "jsonl": NewJSONLines(&failing{0})} {
			err := errors.Join(w.Write(w.AppendRow(nil, row)), w.Close())
			if !errors.Is(err, errFull) || !strings.HasPrefix(err.Error(), "write ") {
				t.Errorf("%s after %d writes: %v", name, left, err)
			}
		}
	}
	for _, w := range []reporter{NewTable(&failing{}, Options{}), NewMarkdown(&failing{}, Options{})} {
		w.Add(row)
		if err := w.Close(NewSummary(false)); !errors.Is(err, errFull) || !strings.HasPrefix(err.Error(), "write ") {
			t.Errorf("%T: %v", w, err)
		}
	}
}

func TestRowsCostNoAllocation(t *testing.T) {
	buf := make([]byte, 0, 1<<16)
	for name, w := range map[string]stream{"csv": NewCSV(nil), "json": NewJSON(nil), "jsonl": NewJSONLines(nil)} {
		for _, row := range []*Row{full().row(), named("\x1b=\"`").row()} {
			if n := testing.AllocsPerRun(100, func() { buf = w.AppendRow(buf[:0], row) }); n != 0 {
				t.Errorf("%s allocates %v times a row", name, n)
			}
		}
	}
}

// typical is a healthy connection of today's browsers.
func typical() *Row {
	m := passed(1, 1, 1, "10.138.0.28:19432", "10.0.0.5:443", "www.example.com")
	h := &m.Record.Hello
	h.JA3, h.JA4, h.ALPN = ja3Example, "t13d1516h2_8daaf6152771_e5627efa2ab1", []string{"h2", "http/1.1"}
	h.Random[5] = 7
	m.Verdict.Detail = "the handshake went through in 1.4 ms"
	return m.row()
}

func BenchmarkAppendRow(b *testing.B) {
	rows := map[string]*Row{"typical": typical(), "failed": noSNIReset(1, 1, 0, "10.0.0.1:1", "10.0.0.2:2").row(), "every-column": full().row()}
	for name, w := range map[string]stream{"csv": NewCSV(nil), "jsonl": NewJSONLines(nil)} {
		for kind, row := range rows {
			b.Run(name+"/"+kind, func(b *testing.B) {
				buf := make([]byte, 0, 1<<16)
				for b.Loop() {
					buf = w.AppendRow(buf[:0], row)
				}
				b.SetBytes(int64(len(buf)))
			})
		}
	}
}
