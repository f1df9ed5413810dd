package report

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/diagnosis"
)

// FuzzNames puts the same text wherever the network or the user can, and holds what every output promises.
func FuzzNames(f *testing.F) {
	for _, name := range hostile {
		f.Add(name)
	}
	f.Add("@octocat fixes #1")
	f.Add("GH-1 of gh-2 0123456789abcdef0123456789abcdef01234567 :bomb: $x$")
	f.Add("a@<b c`")         // a backtick that is none of a code span, before lines with one
	for before := range 17 { // what needs an escape, at every place of the words in which text is looked at
		for _, escaped := range []string{`"`, `\`, `\"`, ",", ";=", "\x1b", "\x7f", "\x80", "é", "\u202e"} {
			f.Add(strings.Repeat("a", before) + escaped + strings.Repeat("b", 16-before) + escaped)
		}
	}
	f.Fuzz(func(t *testing.T, name string) {
		row := named(name).row()
		checkClean(t, name)
		checkCSV(t, row)
		checkJSONText(t, row)
		checkTable(t, row)
		checkMarkdown(t, row)
		checkUndecided(t, name)
	})
}

func checkCSV(t *testing.T, row *Row) {
	t.Helper()
	out := string(NewCSV(nil).AppendRow(nil, row))
	checkVisible(t, strings.TrimSuffix(out, "\n"))
	cells, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(cells) != 1 || len(cells[0]) != len(columns) {
		t.Fatalf("%v: %q", err, out)
	}
	for i, cell := range cells[0] {
		c := columns[i]
		if unguard(cell) != joined(want(c, row)) {
			t.Errorf("%s is %q, want %q", c, cell, joined(want(c, row)))
		}
		if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@") || regexp.MustCompile(`;[=+@-]`).MatchString(cell) {
			t.Errorf("%s would run: %q", c, cell)
		}
	}
}

func checkJSONText(t *testing.T, row *Row) {
	t.Helper()
	out := NewJSONLines(nil).AppendRow(nil, row)
	checkVisible(t, strings.TrimSuffix(string(out), "\n"))
	var object map[string]any
	decodeJSON(t, out, &object)
	for _, c := range columns {
		checkJSON(t, c, object[c], want(c, row))
	}
}

// reports are what Table or Markdown write of a row whose texts are also in warnings and skip reasons.
func reports(t *testing.T, w reporter, b *bytes.Buffer, row *Row) string {
	t.Helper()
	s := NewSummary(false)
	s.Warnings = []string{"a file could not be read: " + row.Capture}
	s.Skipped = []Count{{row.Capture, 3}}
	s.Add(row)
	w.Add(row)
	if err := w.Close(s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func checkTable(t *testing.T, row *Row) {
	t.Helper()
	for _, width := range []int{0, 80, 200} {
		for _, color := range []bool{false, true} {
			var b bytes.Buffer
			echo := func(diagnosis.Code) string { return row.Capture }
			out := reports(t, tableWith(&b, Options{Width: width, Color: color}, echo), &b, row)
			if color {
				out = regexp.MustCompile("\x1b\\[(0|31)m").ReplaceAllString(out, "")
			}
			for _, line := range strings.Split(out, "\n") {
				checkVisible(t, line)
			}
			if n := strings.Count(out, "sni-unrecognized~"); n < 2 { // the summary's and the line's
				t.Errorf("no line of its own:\n%s", out)
			}
		}
	}
}

// checkUndecided holds it where nothing is a finding: the summary then gives an example of what the capture does not show.
func checkUndecided(t *testing.T, name string) {
	t.Helper()
	row := named(name).row()
	row.Verdict.Code, row.Verdict.Severity = diagnosis.IncompleteCapture, diagnosis.Info
	echo := func(diagnosis.Code) string { return name }
	var b, m bytes.Buffer
	out := reports(t, tableWith(&b, Options{Width: 80}, echo), &b, row) + reports(t, markdownWith(&m, echo), &m, row)
	for _, line := range strings.Split(out, "\n") {
		checkVisible(t, line)
	}
	if n := strings.Count(out, "incomplete-capture, such as connection 7"); n != 2 {
		t.Errorf("no example:\n%s", out)
	}
}

// unescapedPipe matches what separates cells in Markdown.
var unescapedPipe = regexp.MustCompile(`(^|[^\\])\|`)

// mdQuoted matches what is no markup: a code span, and outside of one a character behind a backslash, also a backtick.
var mdQuoted = regexp.MustCompile("\\\\[[:punct:]]|`[^`\n]*`")

func checkMarkdown(t *testing.T, row *Row) {
	t.Helper()
	var b bytes.Buffer
	out := reports(t, markdownWith(&b, func(diagnosis.Code) string { return row.Capture }), &b, row)
	tables := 0
	for _, line := range strings.Split(out, "\n") {
		checkVisible(t, line)
		if !strings.HasPrefix(line, "|") {
			continue
		}
		tables++
		if n := len(unescapedPipe.FindAllString(line, -1)); n != columnCount+1 {
			t.Errorf("%d cells in %q", n-1, line)
		}
		if n := strings.Count(line, "`"); n%2 != 0 || n > 4 {
			t.Errorf("%d backticks in %q", n, line)
		}
	}
	if tables != 3 {
		t.Errorf("%d lines of the table:\n%s", tables, out)
	}
	prose := mdQuoted.ReplaceAllString(out, "")
	if m := regexp.MustCompile(`(^|[^\\])(<|\]\(|://|(?i:www)\.)|@|#\w|(?i)\bgh-\d|:bomb:|\$|89abcdef01`).FindString(prose); m != "" {
		t.Errorf("markup %q in:\n%s", m, out)
	}
}
