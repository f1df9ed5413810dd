// Package pcaps holds the captures; its tests keep the folder small and described.
package pcaps

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const (
	maxFile   = 60 << 10 // a capture tells one story
	maxFolder = 1500_000 // everybody clones it
)

var header = []string{
	"capture", "conn", "client", "sni_state", "sni", "stage", "closed_by", "close", "diagnosis", "confidence",
}

func captures(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.pcap*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	return files
}

func TestSize(t *testing.T) {
	var total int64
	for _, f := range captures(t) {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
		if info.Size() > maxFile {
			t.Errorf("%s has %d bytes, more than %d", f, info.Size(), maxFile)
		}
	}
	if total > maxFolder {
		t.Errorf("the captures have %d bytes, more than %d", total, maxFolder)
	}
}

func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range captures(t) {
		if n := strings.Count(string(readme), "["+f+"]("+f+")"); n != 1 {
			t.Errorf("README.md has %d lines for %s, want 1", n, f)
		}
	}
}

// TestExpectations checks the shape of expect.tsv: every capture has rows, numbered from 1.
func TestExpectations(t *testing.T) {
	rows := map[string]int{}
	for i, line := range expectations(t) {
		fields := strings.Split(line, "\t")
		if len(fields) != len(header) {
			t.Fatalf("line %d has %d fields, want %d", i+2, len(fields), len(header))
		}
		rows[fields[0]]++
		if fields[1] != strconv.Itoa(rows[fields[0]]) {
			t.Errorf("line %d: connection %s of %s, want %d", i+2, fields[1], fields[0], rows[fields[0]])
		}
	}
	for _, f := range captures(t) {
		if rows[f] == 0 {
			t.Errorf("no expectation for %s", f)
		}
		delete(rows, f)
	}
	for f := range rows {
		t.Errorf("expectation for %s, which does not exist", f)
	}
}

func expectations(t *testing.T) []string {
	t.Helper()
	f, err := os.Open("expect.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	s := bufio.NewScanner(f)
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	if s.Err() != nil || len(lines) < 2 || lines[0] != strings.Join(header, "\t") {
		t.Fatalf("expect.tsv: wrong header or unreadable: %v", s.Err())
	}
	return lines[1:]
}
