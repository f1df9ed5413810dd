package report

import (
	"bytes"
	"strings"
	"testing"
)

// streamOf writes rows one by one.
func streamOf(t *testing.T, opt Options, rows []*Row) string {
	t.Helper()
	var out bytes.Buffer
	s := NewStream(&out, opt)
	for _, row := range rows {
		if err := s.Write(s.AppendRow(nil, row)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestStreamKeepsToItsWidth(t *testing.T) {
	for _, rows := range [][]*Row{scenes(), wide()} {
		for width := 80; width <= 240; width += 4 {
			for _, line := range strings.Split(streamOf(t, Options{Width: width, All: true}, rows), "\n") {
				if n := displayWidth(line); n > width {
					t.Errorf("%d columns in %d: %s", n, width, line)
				}
			}
		}
	}
}

// TestStreamListsWhatTheTableLists compares the words: only their columns may differ.
func TestStreamListsWhatTheTableLists(t *testing.T) {
	for _, opt := range []Options{{Width: 200}, {Width: 80}, {Width: 120, All: true}, {Width: 300, Every: true}, {}} {
		stream, table := streamOf(t, opt, scenes()), tableOf(t, opt, scenes())
		begins, ends := strings.Index(table, "TIME "), strings.Index(table, "\nno-sni-reset\n")
		if begins < 0 || ends < 0 {
			t.Fatal(table)
		}
		if got, want := strings.Fields(stream), strings.Fields(table[begins:ends]); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("at %d columns:\n%s\nwant, but for its columns:\n%s", opt.Width, stream, table[begins:ends])
		}
	}
}

func TestStreamHasOneHeading(t *testing.T) {
	out := streamOf(t, Options{Width: 200}, scenes())
	if n := strings.Count(out, "DIAGNOSIS"); n != 1 || !strings.HasPrefix(out, "TIME ") {
		t.Errorf("%d headings:\n%s", n, out)
	}
	if out := streamOf(t, Options{Width: 200}, nil); out != "" {
		t.Errorf("without a line: %q", out)
	}
}

// TestALongNameLeavesColumnsInPlace has one long name among short ones.
func TestALongNameLeavesColumnsInPlace(t *testing.T) {
	var rows []*Row
	for i, name := range []string{"a.example", strings.Repeat("n", 50), "b.example"} {
		n := uint64(i + 1)
		rows = append(rows, noSNIReset(n, 6*n, 0, "10.0.0.1:40000", "10.0.0.5:443").hello(name).row())
	}
	lines := strings.Split(streamOf(t, Options{Width: 120}, rows), "\n")
	if len(lines) != 6 {
		t.Fatalf("%q", lines)
	}
	if first := strings.Index(lines[1], "S RST"); strings.Index(lines[3], "S RST") != first || strings.Index(lines[4], "S RST") != first {
		t.Errorf("columns moved:\n%s", strings.Join(lines, "\n"))
	}
}

func TestStreamShowsTheDateOnceItChanges(t *testing.T) {
	const day = 24 * 3600 * 1e6
	out := streamOf(t, Options{Width: 200}, []*Row{
		noSNIReset(1, 1, 0, "192.0.2.1:1", "192.0.2.2:443").row(), noSNIReset(2, 9, day, "192.0.2.1:2", "192.0.2.2:443").row(),
	})
	lines := strings.Split(out, "\n")
	if len(lines) != 4 || strings.IndexByte(lines[1], '-') < 12 || lines[2][2] != '-' {
		t.Errorf("a day later:\n%s", out)
	}
}
