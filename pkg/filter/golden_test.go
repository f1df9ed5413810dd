package filter

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden file anew, from what tcpdump selects")

const goldenFile = "testdata/selected.txt"

// goldenLine writes what an expression selects from each capture, captures with
// the same packets selected together.
func goldenLine(expr string, all []capture, selected func(string, capture) string) string {
	var results []string
	names := map[string]string{}
	for _, c := range all {
		numbers := selected(expr, c)
		if _, known := names[numbers]; known {
			names[numbers] += "," + c.name
			continue
		}
		results = append(results, numbers)
		names[numbers] = c.name
	}
	line := expr
	for _, numbers := range results {
		line += "\n\t" + names[numbers] + ": " + numbers
	}
	return line + "\n"
}

// TestGolden compares every expression on every link type with what tcpdump
// selected when the golden file was written.
func TestGolden(t *testing.T) {
	all := append(captures(), oddCaptures()...)
	if *update {
		writeGolden(t, all)
	}
	golden, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	rest := string(golden)
	for _, expr := range expressions(t) {
		got := goldenLine(expr, all, selected)
		if strings.HasPrefix(rest, got) {
			rest = rest[len(got):]
			continue
		}
		t.Fatalf("got\n%s\nwant\n%.2000s", got, rest)
	}
	if rest != "" {
		t.Errorf("golden file has more than the expressions: %.200s", rest)
	}
}

func writeGolden(t *testing.T, all []capture) {
	reference := newTcpdump(t, all)
	var golden strings.Builder
	for _, expr := range expressions(t) {
		golden.WriteString(goldenLine(expr, all, func(expr string, c capture) string {
			return reference.selected(t, expr, c)
		}))
	}
	if err := os.WriteFile(goldenFile, []byte(golden.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
