package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzProgram reads anything as a capture, and holds what every output promises whatever was in it. Edits change what the
// packets hold and leave the capture sound, so that the change gets as far as the report.
func FuzzProgram(f *testing.F) {
	for i, name := range captureNames(f) {
		data, err := os.ReadFile(filepath.Join(captureDir, name))
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 12<<10 { // mutating long ones takes longer than it finds
			f.Add(data, []byte{byte(i), 54, 3, 0x1b, byte(i / 2), 60, 1, 7, 3, 100, 0, 0xff, byte(i), 20, 2, 9})
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data, edits []byte) {
		data = edited(data, edits)
		var (
			cells = filepath.Join(dir, "csv")
			lines = filepath.Join(dir, "jsonl")
			kept  = filepath.Join(dir, "kept.pcapng")
			whole []map[string]any
		)
		ran(t, data, "--format", "markdown", "-")
		if out := ran(t, data, "--format", "json", "--csv", cells, "--jsonl", lines, "-"); out != "" {
			if err := json.Unmarshal([]byte(out), &whole); err != nil {
				t.Fatalf("%v: %q", err, out)
			}
			checkRows(t, readClean(t, cells), readClean(t, lines), len(whole))
		}
		if ran(t, data, "--all", "--write-all", "-w", kept, "-") != "" {
			again, err := os.ReadFile(kept)
			if err != nil {
				t.Fatal(err)
			}
			if code, _, stderr := program(t.Context(), bytes.NewReader(again), "-"); code != exitOK {
				t.Errorf("what -w wrote is not read: %s", stderr)
			}
		}
	})
}

// ran runs sniscope, which reads what it can and says what it cannot.
func ran(t *testing.T, data []byte, args ...string) string {
	t.Helper()
	code, out, says := program(t.Context(), bytes.NewReader(data), args...)
	checkPrintable(t, out)
	checkPrintable(t, says)
	if code != exitOK && code != exitFailed || (code == exitFailed) != strings.Contains(says, "sniscope: error: ") {
		t.Errorf("exit status %d with standard error %q", code, says)
	}
	for line := range strings.Lines(says) {
		if !strings.HasPrefix(line, "sniscope: ") {
			t.Errorf("standard error has %q", line)
		}
	}
	return out
}

// checkPrintable holds that a text has nothing that a terminal obeys.
func checkPrintable(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("not UTF-8: %q", text)
	}
	for _, r := range text {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("%U in %q", r, text)
		}
	}
}

func readClean(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	checkPrintable(t, string(b))
	return b
}

// checkRows holds CSV and JSON Lines against each other, and each row against what all rows promise. n is how many there
// are in JSON.
func checkRows(t *testing.T, cells, lines []byte, n int) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(cells)).ReadAll() // fails where rows are not as long as the first
	if err != nil || len(rows) != n+1 || bytes.Count(cells, []byte("\n")) != n+1 || bytes.Count(lines, []byte("\n")) != n {
		t.Fatalf("%d rows of CSV, %v, %d lines of JSON, %d objects", len(rows), err, bytes.Count(lines, []byte("\n")), n)
	}
	last := 0
	for i, line := range bytes.Split(bytes.TrimSuffix(lines, []byte("\n")), []byte("\n"))[:n] {
		var object map[string]any
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&object); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		row := map[string]string{}
		for c, column := range rows[0] {
			row[column] = rows[i+1][c]
			checkSame(t, column, row[column], object[column])
		}
		for column := range object {
			if row[column] == "" {
				t.Errorf("%s is in JSON and not in CSV: %s", column, line)
			}
		}
		conn, _ := strconv.Atoi(row["conn"])
		if conn <= last {
			t.Errorf("connection %d behind %d", conn, last)
		}
		last = conn
		checkRow(t, row)
	}
}

// checkSame holds that a cell of CSV says what JSON says, but for a ' before what a spreadsheet would run.
func checkSame(t *testing.T, column, cell string, value any) {
	t.Helper()
	var says string
	switch v := value.(type) {
	case string:
		says = v
	case json.Number:
		says = v.String()
	case bool:
		says = strconv.FormatBool(v)
	case []any:
		for i, item := range v {
			if says += strings.ReplaceAll(item.(string), ";", `\x3b`); i < len(v)-1 {
				says += ";"
			}
		}
	}
	if cell != says && strings.ReplaceAll(cell, "'", "") != strings.ReplaceAll(says, "'", "") {
		t.Errorf("%s is %q in CSV and %q in JSON", column, cell, says)
	}
}

// checkRow holds what may not be said of any connection.
func checkRow(t *testing.T, row map[string]string) {
	t.Helper()
	packets := 0
	for _, side := range []string{"client_packets", "server_packets"} {
		n, _ := strconv.Atoi(row[side])
		packets += n
	}
	switch {
	case row["sni_state"] == "missing" && row["hello"] != "complete":
		t.Errorf("SNI is missing in a hello that is %s", row["hello"])
	case row["sni_state"] == "present" && row["sni"] == "":
		t.Error("SNI is present and empty")
	case row["sni_state"] == "missing" && row["sni"] != "":
		t.Errorf("SNI is missing and %q", row["sni"])
	case strings.HasPrefix(row["diagnosis"], "no-sni-") && row["sni_state"] != "missing":
		t.Errorf("%s where SNI is %s", row["diagnosis"], row["sni_state"])
	case row["diagnosis"] == "" || row["severity"] == "" || row["confidence"] == "" || row["detail"] == "":
		t.Errorf("no verdict: %v", row)
	case row["severity"] == "error" && row["evidence"] == "":
		t.Errorf("%s without evidence", row["diagnosis"])
	case packets == 0:
		t.Errorf("a connection without packets: %v", row)
	}
}
