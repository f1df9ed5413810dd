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
			stdin := &silentPipe{bytes.NewReader(whole[:len(whole)-test.cut]), make(chan struct{})}
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-stdin.given
				cancel()
			}()
			var stdout, stderr bytes.Buffer
			code := run(ctx, []string{"--format", "csv", "-"}, stdin, &stdout, &stderr)
			checkInterrupted(t, code, stderr.String())
			if n := strings.Count(stdout.String(), ",hello-reset,"); n != test.want {
				t.Errorf("%d resets are reported, want %d:\n%s", n, test.want, stdout.String())
			}
		})
	}
}

// TestInterruptedAtOnce ends a run before the first byte came.
func TestInterruptedAtOnce(t *testing.T) {
	stdin := &silentPipe{strings.NewReader(""), make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-stdin.given
		cancel()
	}()
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"-"}, stdin, &stdout, &stderr)
	checkInterrupted(t, code, stderr.String())
	if stdout.Len() > 0 {
		t.Errorf("standard output %q", stdout.String())
	}
}

// TestInterruptedFile ends a run on a file before it is read.
func TestInterruptedFile(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{filepath.Join(captureDir, "hello-reset.pcap")}, nil, &stdout, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("exit status %d, standard error %q", code, stderr.String())
	}
	if strings.Contains(stdout.String(), "hello-reset ") {
		t.Errorf("it reports what it cannot have read:\n%s", stdout.String())
	}
}

// TestInterruptedBesideFile ends a run that waits for more of a stream while it has a file to read as well.
func TestInterruptedBesideFile(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(captureDir, "hello-reset.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	stdin := &silentPipe{bytes.NewReader(whole), make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-stdin.given
		cancel()
	}()
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"--format", "csv", "-", filepath.Join(captureDir, "ok-tls12.pcap")}, stdin, &stdout, &stderr)
	checkInterrupted(t, code, stderr.String())
	if n := strings.Count(stdout.String(), ",hello-reset,"); n != 2 {
		t.Errorf("%d connections of the stream are reported, want 2:\n%s", n, stdout.String())
	}
	if strings.Contains(stdout.String(), "ok-tls12") {
		t.Errorf("a file is reported that cannot have been read:\n%s", stdout.String())
	}
}

func checkInterrupted(t *testing.T, code int, stderr string) {
	t.Helper()
	if want := "sniscope: error: interrupted: the report covers what was read so far\n"; code != exitFailed || stderr != want {
		t.Errorf("exit status %d with standard error %q, want %d with %q", code, stderr, exitFailed, want)
	}
}
