package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// output is what a program has written so far.
type output struct {
	mutex sync.Mutex
	b     bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.b.String()
}

// eventually waits for what must become true.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// listenTo runs sniscope -i - to its end and returns its exit code. It is a process of its own: what follows a capture gives up
// its privileges, which the other tests may need.
func listenTo(t *testing.T, stdin io.Reader, stdout, stderr io.Writer, args ...string) int {
	cmd := exec.CommandContext(t.Context(), "sniscope", append([]string{"-i", "-"}, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Error(err)
		return -1
	}
	return cmd.ProcessState.ExitCode()
}

// TestListenToPipe expects rows of a capture that somebody else is writing before its end, and then the summary; a filter
// selects of its packets.
func TestListenToPipe(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(captureDir, "no-sni-reset-envoy.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		filter string
		rows   []string
		total  string
	}{
		"everything": {"", []string{"10.9.0.1:40002", "10.9.0.1:40003"}, "3 TLS connections: 1 ok, 2 with a finding"},
		"filtered":   {"port 40003", []string{"10.9.0.1:40003"}, "1 TLS connection: 1 with a finding"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			go w.Write(data)
			var stdout, stderr output
			var args []string
			if test.filter != "" {
				args = append(args, test.filter)
			}
			done := make(chan int)
			go func() { done <- listenTo(t, r, &stdout, &stderr, args...) }()
			eventually(t, "rows come", func() bool { return strings.Count(stdout.String(), "no-sni-reset") >= len(test.rows) })
			for _, row := range test.rows {
				if !strings.Contains(stdout.String(), row) {
					t.Errorf("no row for %s:\n%s", row, stdout.String())
				}
			}
			if strings.Contains(stdout.String(), "TLS connection") {
				t.Error("the summary came before the end")
			}
			w.Close()
			if code := <-done; code != exitOK || !strings.Contains(stdout.String(), test.total) {
				t.Errorf("exit code %d, want the summary %q:\n%s%s", code, test.total, stdout.String(), stderr.String())
			}
			if !strings.Contains(stderr.String(), "reading standard input as it comes") {
				t.Errorf("standard error: %q", stderr.String())
			}
		})
	}
}

// TestListenToNothing expects one clear line for an input that is no capture.
func TestListenToNothing(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := listenTo(t, strings.NewReader("tcpdump: you don't have permission\n"), &stdout, &stderr, "-q")
	if code != exitFailed || stdout.Len() > 0 || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), "not a capture file") {
		t.Errorf("exit code %d, %q, %q", code, stdout.String(), stderr.String())
	}
}

// TestListenInVain ends before a capture begins: there is no report to speak of, and nobody interrupted anything.
func TestListenInVain(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var stdout, stderr bytes.Buffer
	code := listenTo(t, r, &stdout, &stderr, "-q", "--duration", "10ms")
	const want = "sniscope: error: standard input: no capture began to arrive\n"
	if code != exitFailed || stdout.Len() > 0 || stderr.String() != want {
		t.Errorf("exit code %d, %q, %q", code, stdout.String(), stderr.String())
	}
}
