package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// silentPipe gives bytes, and then nothing, for as long as nobody closes it. given is closed when the bytes were taken.
type silentPipe struct {
	r     io.Reader
	given chan struct{}
}

func (s *silentPipe) Read(p []byte) (int, error) {
	if n, err := s.r.Read(p); err == nil {
		return n, nil
	}
	close(s.given)
	select {} // as read(2) on a pipe whose writer says nothing
}

// runUntilSilent runs the program on a stream of these bytes, and interrupts it once it has taken them.
func runUntilSilent(t *testing.T, stream []byte, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	stdin := &silentPipe{bytes.NewReader(stream), make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-stdin.given
		cancel()
	}()
	return program(ctx, stdin, args...)
}

// TestInterrupted ends a run that waits for more of a stream: it reports what has arrived, whole or not, and says so.
func TestInterrupted(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(captureDir, "hello-reset.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ cut, want int }{
		"after a packet":          {0, 2},
		"within the second's RST": {5, 1},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := runUntilSilent(t, whole[:len(whole)-test.cut], "--format", "csv", "-")
			checkInterrupted(t, code, stderr)
			if n := strings.Count(stdout, ",hello-reset,"); n != test.want {
				t.Errorf("%d resets are reported, want %d:\n%s", n, test.want, stdout)
			}
		})
	}
}

// TestInterruptedAtOnce ends a run before the first byte came.
func TestInterruptedAtOnce(t *testing.T) {
	code, stdout, stderr := runUntilSilent(t, nil, "-")
	checkInterrupted(t, code, stderr)
	if stdout != "" {
		t.Errorf("standard output %q", stdout)
	}
}

// TestInterruptedFile ends a run on a file before it is read.
func TestInterruptedFile(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, stdout, stderr := program(ctx, nil, filepath.Join(captureDir, "hello-reset.pcap"))
	if code != exitFailed || !strings.Contains(stderr, "interrupted") {
		t.Errorf("exit status %d, standard error %q", code, stderr)
	}
	if strings.Contains(stdout, "hello-reset ") {
		t.Errorf("it reports what it cannot have read:\n%s", stdout)
	}
}

// TestInterruptedBesideFile ends a run that waits for more of a stream while it has a file to read as well.
func TestInterruptedBesideFile(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(captureDir, "hello-reset.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := runUntilSilent(t, whole, "--format", "csv", "-", filepath.Join(captureDir, "ok-tls12.pcap"))
	checkInterrupted(t, code, stderr)
	if n := strings.Count(stdout, ",hello-reset,"); n != 2 {
		t.Errorf("%d connections of the stream are reported, want 2:\n%s", n, stdout)
	}
	if strings.Contains(stdout, "ok-tls12") {
		t.Errorf("a file is reported that cannot have been read:\n%s", stdout)
	}
}

func checkInterrupted(t *testing.T, code int, stderr string) {
	t.Helper()
	if want := "sniscope: error: interrupted: the report covers what was read so far\n"; code != exitFailed || stderr != want {
		t.Errorf("exit status %d with standard error %q, want %d with %q", code, stderr, exitFailed, want)
	}
}
