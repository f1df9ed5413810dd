package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestExpectations compares the CSV of every capture with pcaps/expect.tsv, which was written from the packets and not
// from sniscope.
func TestExpectations(t *testing.T) {
	expected := readExpectations(t)
	for _, name := range captureNames(t) {
		t.Run(name, func(t *testing.T) {
			checkExpectations(t, expected[name], rowsOf(t, filepath.Join(captureDir, name)))
		})
	}
}

func checkExpectations(t *testing.T, expected, rows []map[string]string) {
	t.Helper()
	if len(rows) != len(expected) {
		t.Fatalf("%d connections, want %d", len(rows), len(expected))
	}
	for i, want := range expected {
		for _, column := range []string{"conn", "client", "sni_state", "sni", "stage", "closed_by", "close", "diagnosis", "confidence"} {
			if got := rows[i][column]; !expects(want[column], got) {
				t.Errorf("connection %s: %s is %q, want %q", want["conn"], column, got, want[column])
			}
		}
	}
}

// expects reports whether a value is what a cell of expect.tsv asks for: nothing asserts nothing, "-" asserts that
// there is none, "a|b" leaves a choice.
func expects(want, got string) bool {
	switch want {
	case "", got:
		return true
	case "-":
		return got == ""
	}
	return slices.Contains(strings.Split(want, "|"), got)
}

// readExpectations returns the rows of expect.tsv by capture; a row is a cell by column.
func readExpectations(t *testing.T) map[string][]map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(captureDir, "expect.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	header := strings.Split(lines[0], "\t")
	expected := map[string][]map[string]string{}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range strings.Split(line, "\t") {
			row[header[i]] = cell
		}
		expected[row["capture"]] = append(expected[row["capture"]], row)
	}
	return expected
}

// rowsOf returns the CSV of a capture, a cell by column, with the client's address and port as "client".
func rowsOf(t *testing.T, capture string) (rows []map[string]string) {
	t.Helper()
	_, stdout, stderr := program(t.Context(), nil, "--only", "*", "--format", "csv", capture)
	lines, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil || len(lines) == 0 {
		t.Fatalf("no CSV: %v, %s", err, stderr)
	}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range line {
			row[lines[0][i]] = strings.TrimPrefix(cell, "'") // the guard against formulas
		}
		row["client"] = row["client_ip"] + ":" + row["client_port"]
		if strings.Contains(row["client_ip"], ":") {
			row["client"] = "[" + row["client_ip"] + "]:" + row["client_port"]
		}
		rows = append(rows, row)
	}
	return rows
}
