package diagnosis

import (
	"strings"
	"testing"
)

// TestQuotationsEndBetweenCharacters shortens names of letters of one to four bytes, at every offset within one.
func TestQuotationsEndBetweenCharacters(t *testing.T) {
	for _, letter := range []string{"a", "é", "語", "😀"} {
		for shift := range len(letter) {
			name := strings.Repeat("x", shift) + strings.Repeat(letter, maxQuoted+1)
			got := string(appendQuoted(nil, name))
			kept := strings.TrimSuffix(strings.TrimPrefix(got, `"`), `…"`)
			if !strings.HasPrefix(name, kept) || strings.Trim(kept, "x"+letter) != "" || len(kept) > maxQuoted || len(kept) < maxQuoted-3 {
				t.Errorf("%s after %d bytes: %s", letter, shift, got)
			}
		}
	}
	if got, want := clip(strings.Repeat("\x80", 2*maxQuoted)), strings.Repeat("\x80", maxQuoted-3)+"…"; got != want {
		t.Errorf("no UTF-8: %q, want %q", got, want)
	}
}
