package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newTerminal is a terminal that nobody sits at.
func newTerminal(t *testing.T) *os.File {
	t.Helper()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no terminals: ", err)
	}
	t.Cleanup(func() { terminal.Close() })
	return terminal
}

// TestDumbTerminal is not written over, nor coloured.
func TestDumbTerminal(t *testing.T) {
	terminal := newTerminal(t)
	t.Setenv("NO_COLOR", "")
	for name, able := range map[string]bool{"xterm": true, "dumb": false} {
		t.Setenv("TERM", name)
		if redrawable(terminal) != able || showsColor(terminal) != able {
			t.Errorf("TERM=%s: written over %v, coloured %v", name, redrawable(terminal), showsColor(terminal))
		}
		s := (&messages{w: terminal}).status(nil, nil)
		if (s.stop != nil) != able {
			t.Errorf("TERM=%s: a status line is drawn %v", name, s.stop != nil)
		}
		if s.stop != nil {
			close(s.stop)
			s.done.Wait()
		}
	}
}

// TestNoPacketsOnTerminals does not write to a terminal what others sent as it is.
func TestNoPacketsOnTerminals(t *testing.T) {
	var stderr bytes.Buffer
	capture := filepath.Join(captureDir, "hello-reset.pcap")
	code := run(t.Context(), []string{"-w", "-", "-o", os.DevNull, capture}, nil, newTerminal(t), &stderr)
	if code != exitUsage || !strings.Contains(stderr.String(), "standard output is a terminal") {
		t.Errorf("exit status %d with standard error %q", code, stderr.String())
	}
}
