package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// goldenDir holds, for each capture, what sniscope says of it: the table (.txt), .csv and .jsonl, and .err where
// something goes to standard error. "go test ./cmd/sniscope -update" writes them.
const goldenDir = "cmd/sniscope/testdata/golden"

var goldenFormats = []string{".txt", ".csv", ".jsonl", ".err"}

// TestGolden compares the output for every capture with what was reviewed.
func TestGolden(t *testing.T) {
	t.Setenv("COLUMNS", "120")
	names := captureNames(t)
	t.Chdir("../..") // captures are shown as they are named
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			got := outputsOf(t, "pcaps/"+name)
			for _, format := range goldenFormats {
				compareGolden(t, filepath.Join(goldenDir, name+format), got[format])
			}
		})
	}
}

// TestReadmeExample holds the report that README.md shows against the program, in the width that fits into the page.
func TestReadmeExample(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	const command, capture = "    $ go run ./cmd/sniscope ", "pcaps/no-sni-reset-envoy.pcap"
	_, shown, ok := strings.Cut(string(readme), command+capture+"\n")
	shown, _, more := strings.Cut(shown, "\nTry it")
	if !ok || !more {
		t.Fatal("the example is not there")
	}
	t.Setenv("COLUMNS", "116")
	t.Chdir("../..")
	want := strings.TrimSpace(regexp.MustCompile(`(?m)^ {4}`).ReplaceAllString(shown, ""))
	if got := strings.TrimSpace(string(outputsOf(t, capture)[".txt"])); got != want {
		t.Errorf("sniscope says:\n%s\nthe page:\n%s", got, want)
	}
}

// TestCapturesReadme holds what pcaps/README.md says of each capture against the CSV.
func TestCapturesReadme(t *testing.T) {
	readme, err := os.ReadFile("../../pcaps/README.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`(?m)^\| \[([^\]]+)\].*\| ([^|]*) \|$`)
	for _, m := range row.FindAllStringSubmatch(string(readme), -1) {
		t.Run(m[1], func(t *testing.T) {
			if m[1] == "not-tls.pcap" {
				t.Skip("connections that are not TLS are in no record")
			}
			says := strings.Split(m[2], ", ")
			slices.Sort(says)
			if got := diagnosesOf(t, m[1]); !slices.Equal(got, says) {
				t.Errorf("sniscope says %q, the page %q", got, says)
			}
		})
	}
}

// diagnosesOf are the diagnoses of a capture as the page writes them, sorted.
func diagnosesOf(t *testing.T, capture string) (list []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata/golden", capture+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatal(len(rows), err)
	}
	counts := make(map[string]int)
	code, sure := slices.Index(rows[0], "diagnosis"), slices.Index(rows[0], "confidence")
	for _, row := range rows[1:] {
		counts["`"+row[code]+map[string]string{"probable": "~", "possible": "?"}[row[sure]]+"`"]++
	}
	for mark, n := range counts {
		if n > 1 {
			mark = fmt.Sprintf("%d× %s", n, mark)
		}
		list = append(list, mark)
	}
	slices.Sort(list)
	return list
}

// TestBothEnds compares what captures of both ends tell together with what was reviewed: each alone says another thing.
func TestBothEnds(t *testing.T) {
	t.Setenv("COLUMNS", "120")
	t.Chdir("../..")
	for _, order := range [][]string{{"client", "server"}, {"server", "client"}} {
		got := outputsOf(t, "pcaps/reset-injected-"+order[0]+"-end.pcap", "pcaps/reset-injected-"+order[1]+"-end.pcap")
		compareGolden(t, "cmd/sniscope/testdata/both-ends.txt", got[".txt"])
	}
}

// outputsOf returns what sniscope writes about captures, by golden format.
func outputsOf(t *testing.T, captures ...string) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	csv, jsonl := filepath.Join(dir, "csv"), filepath.Join(dir, "jsonl")
	code, table, stderr := program(t.Context(), nil, append([]string{"--csv", csv, "--jsonl", jsonl}, captures...)...)
	if want := min(len(stderr), 1); code != want {
		t.Errorf("exit status %d with standard error %q", code, stderr)
	}
	got := map[string][]byte{".txt": []byte(table), ".err": []byte(stderr)}
	for format, file := range map[string]string{".csv": csv, ".jsonl": jsonl} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got[format] = b
	}
	return got
}

// compareGolden compares got with a file, or writes it. What is empty has no file.
func compareGolden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		writeGolden(t, file, got)
		return
	}
	want, err := os.ReadFile(file)
	if err != nil && (len(got) > 0 || !os.IsNotExist(err)) {
		t.Fatalf("%v\nrun go test ./cmd/sniscope -update, and review the difference", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs\n%s", file, firstDifference(string(got), string(want)))
	}
}

func writeGolden(t *testing.T, file string, got []byte) {
	t.Helper()
	if len(got) == 0 {
		os.Remove(file)
		return
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, got, 0o644); err != nil {
		t.Fatal(err)
	}
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	i := 0
	for i < len(g)-1 && i < len(w)-1 && g[i] == w[i] {
		i++
	}
	return "got:  " + g[i] + "\nwant: " + w[i]
}

// TestGoldenComplete finds expected output whose capture is gone.
func TestGoldenComplete(t *testing.T) {
	known := map[string]bool{}
	for _, name := range captureNames(t) {
		for _, format := range goldenFormats {
			known[name+format] = true
		}
	}
	files, err := os.ReadDir("testdata/golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if known[f.Name()] {
			continue
		}
		if *update {
			os.Remove(filepath.Join("testdata/golden", f.Name()))
			continue
		}
		t.Errorf("%s is for no capture", f.Name())
	}
}
