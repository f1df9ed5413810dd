package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestProgress runs the bar by a clock of its own.
func TestProgress(t *testing.T) {
	for name, test := range map[string]struct {
		size  int64
		takes time.Duration
		want  []string // nil for nothing at all
	}{
		"a short run": {100 << 20, 900 * time.Millisecond, nil},
		"a long run":  {100 << 20, 5 * time.Second, []string{"reading  20%", "(20/100 MiB, 20 MiB/s)", "[1s:4s]", "reading  98%"}},
		"a long pipe": {-1, 5 * time.Second, []string{"reading (20 MiB, 20 MiB/s)", "[1s]"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				begin := time.Now()
				p := startProgress(&out, test.size, func() int64 { return int64(time.Since(begin).Seconds() * (20 << 20)) })
				time.Sleep(test.takes / 2)
				time.Sleep(test.takes / 2)
				p.clear()
				p.clear()
				drawn := out.String()
				if (drawn == "") != (test.want == nil) {
					t.Fatalf("it drew %q", drawn)
				}
				for _, want := range test.want {
					if !strings.Contains(drawn, want) {
						t.Errorf("it never drew %q but %q", want, drawn)
					}
				}
				if line := strings.TrimRight(drawn, "\r"); drawn != "" && strings.TrimLeft(line[strings.LastIndex(line, "\r")+1:], " ") != "" {
					t.Errorf("it left something: %q", drawn)
				}
				time.Sleep(10 * time.Second)
				if out.String() != drawn {
					t.Errorf("it drew after it was cleared")
				}
			})
		})
	}
}

// TestProgressOnlyOnTerminals keeps standard error of scripts and logs clean.
func TestProgressOnlyOnTerminals(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, say := range map[string]*messages{"buffer": {w: &bytes.Buffer{}}, "file": {w: file}} {
		if p := say.progress(nil); p != nil {
			p.clear()
			t.Errorf("%s: it shows progress", name)
		}
	}
}
