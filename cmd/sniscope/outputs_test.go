package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestClosedPipe writes to a pipe that nobody reads any more: that is quiet, and what else was asked for is done.
func TestClosedPipe(t *testing.T) {
	capture := filepath.Join(captureDir, "hello-reset.pcap")
	export := filepath.Join(t.TempDir(), "all.csv")
	for name, test := range map[string]struct {
		args []string
		want int
	}{
		"table":   {[]string{capture}, exitOK},
		"rows":    {[]string{"--format", "jsonl", capture}, exitOK},
		"help":    {[]string{"--help"}, exitOK},
		"explain": {[]string{"--explain", "list"}, exitOK},
		"export":  {[]string{"--format", "jsonl", "--csv", export, capture}, exitOK},
		"fail on": {[]string{"--format", "csv", "--fail-on", "error", capture}, exitFailOn},
	} {
		t.Run(name, func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			r.Close()
			var stderr bytes.Buffer
			if code := run(t.Context(), test.args, nil, w, &stderr); code != test.want || stderr.Len() > 0 {
				t.Errorf("exit status %d, want %d; standard error %q", code, test.want, stderr.String())
			}
		})
	}
	rows, err := os.ReadFile(export)
	if err != nil || strings.Count(string(rows), ",hello-reset,") != 2 {
		t.Errorf("the export is not whole: %v\n%s", err, rows)
	}
}
