package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/capture"
)

// brokenWriter is a full disk.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestLostOutputIsSaidAtOnce captures with an output that cannot be written and one that can: whoever watches need not wait
// for the end to learn that the first is not whole.
func TestLostOutputIsSaidAtOnce(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	for name, f := range map[string]*flags{
		"rows":    {device: "eth0", format: "jsonl", csv: filepath.Join(dir, "rows.csv")},
		"packets": {device: "eth0", format: "json", output: filepath.Join(dir, "rows.json"), write: full},
		"alone":   {device: "eth0", format: "jsonl"},
	} {
		var stderr bytes.Buffer
		say := &messages{w: &stderr}
		out, err := newOutputs(t.Context(), f, nil, brokenWriter{}, &failOn{}, nil)
		if err == nil {
			err = out.keep(t.Context(), f, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		out.failed = say.lost
		c, err := capture.Open(filepath.Join(captureDir, "hello-reset.pcap"), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		result, err := analysis.Follow(t.Context(), analysis.Config{Workers: 1, Hold: out.kept.hold()}, c, out)
		want := 1
		if name == "alone" {
			want = 0 // the run ends, and says why
		}
		const text = "no space left"
		before := stderr.String()
		if n := strings.Count(before, "the capture goes on without it\n"); n != want || strings.Count(before, text) != want {
			t.Errorf("%s: before the end %q", name, before)
		}
		if code := out.conclude(result, err, say); code != exitFailed || !strings.Contains(stderr.String()[len(before):], text) {
			t.Errorf("%s: exit status %d, at the end %q", name, code, stderr.String()[len(before):])
		}
	}
}
