package report

import (
	"slices"
	"testing"

	"github.com/sniscope/sniscope/pkg/tlswire"
)

// TestTermsFit holds that no term is longer than its cell.
func TestTermsFit(t *testing.T) {
	terms := slices.Concat(transports, roles, stages, sides, closes, rstKinds, connStates, helloStates, sniStates,
		severities, confidences, alertLevels, []term{noTerm, isTrue, isFalse, tls12, tls13})
	for v := range 1 << 16 {
		terms = append(terms, *versionName(uint16(v)))
	}
	for i := range terms {
		if got := string(csvTerm(nil, &terms[i])); got != terms[i].text+"," {
			t.Errorf("the cell of %q is %q", terms[i].text, got)
		}
	}
	if name := versionName(tlswire.VersionTLS12).text; name != tlswire.VersionName(tlswire.VersionTLS12) {
		t.Errorf("TLS 1.2 is %q", name)
	}
}
