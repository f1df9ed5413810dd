package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/excerpt"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/report"
)

// TestReasonsAreDocumented has docs/output.md say what each word of "packets left out" counts.
func TestReasonsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/output.md")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for r := decode.Reason(0); r.String() != "unknown"; r++ {
		names = append(names, r.String())
	}
	for r := flow.Reason(0); r.String() != "unknown"; r++ {
		if r != flow.Evicted { // a warning, in words
			names = append(names, r.String())
		}
	}
	for _, name := range names {
		if !bytes.Contains(page, []byte("`"+name+"`")) {
			t.Errorf("docs/output.md does not say what %s is", name)
		}
	}
}

// TestWhatWasGivenUp says how much is missing for want of memory, in words that fit one as well.
func TestWhatWasGivenUp(t *testing.T) {
	for n, want := range map[uint64][3]string{
		1:    {"1 connection is incomplete: ", "1 connection was not kept: ", "1 packet was not kept: "},
		1234: {"1,234 connections are incomplete: ", "1,234 connections were not kept: ", "1,234 packets were not kept: "},
	} {
		var s report.Summary
		describe(&analysis.Result{Flow: flow.Counts{flow.Evicted: n}}, &s)
		if len(s.Warnings) != 1 || !strings.HasPrefix(s.Warnings[0], want[0]) {
			t.Errorf("the summary warns of %q, want %q", s.Warnings, want[0])
		}
		k, err := newKept(t.Context(), &flags{write: filepath.Join(t.TempDir(), "kept.pcapng")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		if err := k.finish(excerpt.Lost{Connections: n, Packets: n}, &messages{w: &stderr}); err != nil {
			t.Fatal(err)
		}
		for _, warning := range want[1:] {
			if !strings.Contains(stderr.String(), "sniscope: warning: "+warning) {
				t.Errorf("standard error is\n%s, want %q", stderr.String(), warning)
			}
		}
	}
}

// TestClippedContrast says that some of what is compared with others was not.
func TestClippedContrast(t *testing.T) {
	var s report.Summary
	describe(&analysis.Result{Clipped: true}, &s)
	want := "there were more servers, names and failures than sniscope compares; some connections were judged without a comparison"
	if len(s.Warnings) != 1 || s.Warnings[0] != want {
		t.Errorf("warnings %q", s.Warnings)
	}
}
