//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestSecondSignal ends a run whose report nobody takes, as when a pager waits: once the second signal has ended it, there is
// nothing of what it had begun to write.
func TestSecondSignal(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command("sniscope", "--csv", filepath.Join(dir, "all.csv"), "-w", filepath.Join(dir, "failing.pcapng"), filepath.Join(captureDir, "hello-reset.pcap"))
	cmd.Stdout = fullPipe(t)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	begun := func() []os.DirEntry {
		entries, _ := os.ReadDir(dir)
		return entries
	}
	eventually(t, "both files are begun", func() bool { return len(begun()) == 2 })
	for len(ended) == 0 {
		cmd.Process.Signal(syscall.SIGTERM)
		time.Sleep(sameSignal + 50*time.Millisecond)
	}
	<-ended
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v, not by the signal", cmd.ProcessState)
	}
	if left := begun(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// fullPipe is a pipe that takes no more, and that nobody reads.
func fullPipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		w.Close()
	})
	w.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := w.Write(make([]byte, 1<<22)); !os.IsTimeout(err) {
		t.Fatal("the pipe never is full: ", err)
	}
	return w
}
