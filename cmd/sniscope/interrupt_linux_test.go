package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestInterruptedNamedPipe ends a run on a named pipe whose writer says nothing more.
func TestInterruptedNamedPipe(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(captureDir, "hello-reset.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	pipe := namedPipe(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		defer cancel()
		w, err := os.OpenFile(pipe, os.O_WRONLY, 0)
		if err != nil {
			done <- err
			return
		}
		t.Cleanup(func() { w.Close() })
		// A byte more is read only after what was read before was taken.
		for _, b := range [][]byte{whole, {0}} {
			if err = writeUntilRead(w, b); err != nil {
				break
			}
		}
		done <- err
	}()
	code, stdout, stderr := program(ctx, nil, "--format", "csv", pipe)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	checkInterrupted(t, code, stderr)
	if n := strings.Count(stdout, ",hello-reset,"); n != 2 {
		t.Errorf("%d resets are reported, want 2:\n%s", n, stdout)
	}
}

// TestInterruptedNobodyWrites ends a run on a named pipe that nobody opens to write.
func TestInterruptedNobodyWrites(t *testing.T) {
	code, stderr := runInterrupted(t, namedPipe(t))
	checkInterrupted(t, code, stderr)
}

// TestInterruptedNobodyReads ends a run that writes to a named pipe that nobody opens to read.
func TestInterruptedNobodyReads(t *testing.T) {
	for _, flag := range []string{"-w", "-o", "--csv"} {
		code, stderr := runInterrupted(t, flag, namedPipe(t), filepath.Join(captureDir, "hello-reset.pcap"))
		if code != exitFailed || !strings.Contains(stderr, "interrupted") {
			t.Errorf("%s: exit status %d with standard error %q", flag, code, stderr)
		}
	}
}

// runInterrupted runs the program until it waits for a pipe, and interrupts it.
func runInterrupted(t *testing.T, args ...string) (code int, stderr string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	// Most of the time it waits for the pipe when that is over; else it ends sooner.
	time.AfterFunc(50*time.Millisecond, cancel)
	code, _, stderr = program(ctx, nil, args...)
	return code, stderr
}

func namedPipe(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Skip("no named pipes: ", err)
	}
	return name
}

// writeUntilRead writes to a pipe and returns when it has been read.
func writeUntilRead(w *os.File, b []byte) error {
	if _, err := w.Write(b); err != nil {
		return err
	}
	for {
		left, err := unix.IoctlGetInt(int(w.Fd()), unix.TIOCINQ) // FIONREAD
		if err != nil || left == 0 {
			return err
		}
		runtime.Gosched()
	}
}
