package analysis_test

import (
	"bytes"
	"os"
	"testing"
)

// TestAnotherCaptureChangesNothing gives each shipped capture twice, as if both ends had been captured, and with one that has nothing to do
// with it: what is said of its connections is the same, to the word.
func TestAnotherCaptureChangesNothing(t *testing.T) {
	other, err := os.ReadFile("../../pcaps/ok-tls12.pcap")
	if err != nil {
		t.Fatal(err)
	}
	other = bytes.ReplaceAll(other, []byte{10, 9, 0}, []byte{198, 51, 100}) // hosts of its own
	for _, in := range repositoryCaptures(t) {
		t.Run(in.name, func(t *testing.T) {
			t.Parallel()
			alone := verdictsOf(t, in)
			for what, all := range map[string]verdicts{
				"twice":        verdictsOf(t, file{"a", in.data}, file{"b", in.data}),
				"with another": verdictsOf(t, file{"a", other}, file{"b", in.data}),
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
