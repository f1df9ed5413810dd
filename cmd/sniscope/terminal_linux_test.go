package main

import (
	"os"
	"testing"
)

// TestDumbTerminal is not written over, nor coloured.
func TestDumbTerminal(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no terminals: ", err)
	}
	defer terminal.Close()
	t.Setenv("NO_COLOR", "")
	for name, able := range map[string]bool{"xterm": true, "dumb": false} {
		t.Setenv("TERM", name)
		if redrawable(terminal) != able || useColor("auto", terminal) != able {
			t.Errorf("TERM=%s: written over %v, coloured %v", name, redrawable(terminal), useColor("auto", terminal))
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
