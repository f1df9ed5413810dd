//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// TestLiveHangup takes the terminal away, as a lost SSH connection does: the report is written all the same, also under
// sudo, which passes the signal on.
func TestLiveHangup(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) { // as where the tests run under nohup; what is caught here is not ignored by a child
		caught := make(chan os.Signal, 1)
		signal.Notify(caught, syscall.SIGHUP)
		defer signal.Stop(caught)
	}
	h, report := newHost(t), filepath.Join(t.TempDir(), "report.json")
	each(h.listen(t, portClosed), func(*net.TCPConn) {})
	p := h.start(t, "sniscope", "-i", "lo", "--format", "json", "-o", report)
	p.says(t, "capturing on")
	greet(h, 0, fmt.Sprintf("127.0.0.1:%d", portClosed))
	p.signal(t, syscall.SIGHUP)
	p.wait(t)
	b, err := os.ReadFile(report)
	var rows []map[string]any
	if err == nil {
		err = json.Unmarshal(b, &rows)
	}
	if err != nil || len(rows) != 1 {
		t.Errorf("%d rows, %v:\n%s", len(rows), err, b)
	}
}

// TestLiveNohup sends it to a capture that is to go on without a terminal.
func TestLiveNohup(t *testing.T) {
	h := newHost(t)
	p := h.start(t, "nohup", "sniscope", "-i", "lo", "--format", "jsonl")
	p.says(t, "capturing on")
	p.signal(t, syscall.SIGHUP)
	each(h.listen(t, portClosed), func(*net.TCPConn) {})
	greet(h, 20000, fmt.Sprintf("127.0.0.1:%d", portClosed))
	eventually(t, "a connection after the signal is reported", func() bool { return p.stdout.String() != "" })
	p.interrupt(t)
	diagnosed(t, rows(t, p.stdout.String()), map[int]scene{20000: {diagnosis: "hello-closed"}})
}
