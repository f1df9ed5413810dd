package analysis_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/capture"
)

// named is a capture under some name.
type named struct {
	name string
	file []byte
}

// together judges what several captures show.
func together(t *testing.T, files ...named) verdicts {
	t.Helper()
	var sources []analysis.Source
	for _, f := range files {
		c, err := capture.NewReader(f.name, bytes.NewReader(f.file))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		sources = append(sources, c)
	}
	v := verdicts{}
	if _, err := analysis.Run(context.Background(), analysis.Config{Workers: 2}, sources, v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestAnotherCaptureChangesNothing gives each shipped capture twice, as if both ends had been captured, and with one that has nothing to do
// with it: what is said of its connections is the same, to the word.
func TestAnotherCaptureChangesNothing(t *testing.T) {
	names, err := filepath.Glob("../../pcaps/*.pcap*")
	if err != nil || len(names) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	other, err := os.ReadFile("../../pcaps/ok-tls12.pcap")
	if err != nil {
		t.Fatal(err)
	}
	other = bytes.ReplaceAll(other, []byte{10, 9, 0}, []byte{198, 51, 100}) // hosts of its own
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			file, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			alone := verdictsOf(t, name, file)
			for what, all := range map[string]verdicts{
				"twice":        together(t, named{"a", file}, named{"b", file}),
				"with another": together(t, named{"a", other}, named{"b", file}),
			} {
				for ends, want := range alone {
					if got := all[ends]; concluded(&got) != concluded(&want) || got.Detail != want.Detail || got.Fix != want.Fix {
						t.Errorf("%s: %s\n%s, %s\n%s\nwant %s, %s\n%s", what, ends, concluded(&got), got.Detail, got.Fix, concluded(&want), want.Detail, want.Fix)
					}
				}
			}
		})
	}
}
