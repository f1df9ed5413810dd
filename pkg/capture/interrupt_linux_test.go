package capture

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestAPipeOpenedTooLateHasNoReader gives up a named pipe before somebody opens it to write: that must fail then, and not
// wait for ever once the pipe is full.
func TestAPipeOpenedTooLateHasNoReader(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe.pcap")
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := OpenContext(ctx, name, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	w, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.SetWriteDeadline(time.Now().Add(10 * time.Second))
	for err == nil {
		_, err = w.Write(make([]byte, pipeBuffer))
	}
	if !errors.Is(err, unix.EPIPE) {
		t.Error(err)
	}
}

// TestRestOfPipe does not open a named pipe again, which would wait for somebody to write the same once more.
func TestRestOfPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe.pcap")
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	go os.WriteFile(name, longCapture(), 0)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := OpenContext(ctx, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.Rest()
	got, err := collect(t, r, 0)
	if err != io.EOF {
		t.Error(err)
	}
	samePackets(t, got, mustCollect(t, longCapture()))
}
