package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/capture"
)

// busy is an interface that has lost packets.
type busy struct{}

func (busy) Name() string                      { return "eth0\x1b[31m" }
func (busy) Stats() (received, dropped uint64) { return 12345, 7 }

// follow gives the connections of a shipped capture to an output, as in a live capture.
func follow(t *testing.T, name string, out *outputs) {
	t.Helper()
	c, err := capture.Open(filepath.Join(captureDir, name), os.Stdin)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := analysis.Follow(t.Context(), analysis.Config{Workers: 1}, c, out); err != nil {
		t.Fatal(err)
	}
}

// outputsTo are the outputs of a live capture, which go to w.
func outputsTo(t *testing.T, w io.Writer, f *flags) *outputs {
	t.Helper()
	f.device = "eth0"
	out, err := newOutputs(t.Context(), f, nil, w, &failOn{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestStatusMakesRoomForRows draws the line, writes rows, and draws it again: it is never in a line with a row.
func TestStatusMakesRoomForRows(t *testing.T) {
	t.Setenv("COLUMNS", "120")
	var terminal bytes.Buffer
	out := outputsTo(t, &terminal, &flags{format: "jsonl"})
	s := &status{w: &terminal, source: busy{}, out: out}
	out.begin = s.clear
	s.draw()
	const want = `eth0\x1b[31m: 12,345 packets, 0 connections ended, 0 with a finding, 7 packets dropped by the kernel`
	if terminal.String() != want {
		t.Errorf("%q, want %q", terminal.String(), want)
	}
	follow(t, "hello-reset.pcap", out)
	if !bytes.HasPrefix(terminal.Bytes(), []byte(want+"\r\x1b[2K{\"capture\"")) {
		t.Errorf("no room was made for the rows: %q", terminal.Bytes()[:min(terminal.Len(), 200)])
	}
	terminal.Reset()
	s.draw()
	s.end()
	if got := terminal.String(); got != `eth0\x1b[31m: 12,345 packets, 2 connections ended, 2 with a finding, 7 packets dropped by the kernel`+"\r\x1b[2K" {
		t.Errorf("at the end: %q", got)
	}
}

// TestSummaryBeforeAnythingIsOver asks for the summary while all connections are open: packets have come.
func TestSummaryBeforeAnythingIsOver(t *testing.T) {
	var terminal bytes.Buffer
	out := outputsTo(t, &terminal, &flags{format: "jsonl"})
	s := &status{w: &terminal, source: busy{}, out: out}
	s.summary(120)
	if !bytes.Contains(terminal.Bytes(), []byte("read 12,345 packets\n")) {
		t.Errorf("%s", terminal.String())
	}
}

// TestSummaryKnowsWhatIsListed: who was given every connection is not told to ask for them.
func TestSummaryKnowsWhatIsListed(t *testing.T) {
	for all, hint := range map[bool]bool{true: false, false: true} {
		var terminal bytes.Buffer
		out := outputsTo(t, io.Discard, &flags{all: all})
		follow(t, "ok-any-router-duplicates.pcap", out)
		(&status{w: &terminal, source: busy{}, out: out}).summary(120)
		if got := bytes.Contains(terminal.Bytes(), []byte("--all lists them")); got != hint {
			t.Errorf("--all %v:\n%s", all, terminal.String())
		}
	}
}

// TestStatusTellsWhatHangs: who watches a client hang would otherwise see nothing until it gives up.
func TestStatusTellsWhatHangs(t *testing.T) {
	out := outputsTo(t, io.Discard, &flags{format: "jsonl"})
	s := &status{source: busy{}, out: out}
	for n, want := range map[int64]string{0: "", 1: ", 1 handshake hangs", 1200: ", 1,200 handshakes hang"} {
		s.hang.Store(n)
		want = "12,345 packets, 0 connections ended, 0 with a finding" + want + ", 7 packets dropped by the kernel"
		if got := s.text(); !strings.HasSuffix(got, want) {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

// busyWide is an interface whose name takes fewer columns than bytes.
type busyWide struct{ busy }

func (busyWide) Name() string { return "ééééé" }

// TestStatusIsCutByColumns cuts no character in two.
func TestStatusIsCutByColumns(t *testing.T) {
	t.Setenv("COLUMNS", "72")
	var terminal bytes.Buffer
	out := outputsTo(t, io.Discard, &flags{format: "jsonl"})
	s := &status{w: &terminal, source: busyWide{}, out: out}
	s.draw()
	if got := terminal.String(); got != "ééééé: 12,345 packets, 0 connections ended, 0 with a finding, 7 packets" {
		t.Errorf("%q", got)
	}
}
