package main

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
)

// TestCommitted compares what this source writes with the captures in the repository.
func TestCommitted(t *testing.T) {
	dir := t.TempDir()
	if code := run([]string{dir}, os.Stderr); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	for _, s := range scenes() {
		got, err := os.ReadFile(filepath.Join(dir, s.file))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("..", s.file))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from the committed file; run go run ./pcaps/generate", s.file)
		}
	}
}

// TestInitialKeys checks the key schedule against RFC 9001, Appendix A.1.
func TestInitialKeys(t *testing.T) {
	dcid, err := hex.DecodeString("8394c8f03e515708")
	if err != nil {
		t.Fatal(err)
	}
	for side, want := range map[string]string{
		"client": "fa044b2f42a3fd3b46fb255c",
		"server": "0ac1493ca1905853b0bba03e",
	} {
		if got := hex.EncodeToString(initialKeys(dcid, side).iv); got != want {
			t.Errorf("%s iv is %s, want %s", side, got, want)
		}
	}
}

// TestReportHello holds the one length that the rebuilt report states.
func TestReportHello(t *testing.T) {
	if n := len(fallbackHello()); n != 159 {
		t.Errorf("the hello has %d bytes, want 159", n)
	}
}
