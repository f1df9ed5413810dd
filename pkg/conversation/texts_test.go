package conversation

import (
	"slices"
	"testing"
)

// The codes of texts are their places in the tables.
func TestTextsAreCodedByPlace(t *testing.T) {
	offers, choices, protocols := 0, 0, 0
	for i := range uint64(otherText) {
		if list := usualOffers[i]; len(list) > 0 || i == 1 {
			offers++
			if got := codeOfOffer(list); got != i {
				t.Errorf("%q: %d, want %d", list, got, i)
			}
		}
		if text := usualChoices[i]; text != "" || i == 0 {
			choices++
			if got := codeOfChoice(text); got != i {
				t.Errorf("%q: %d, want %d", text, got, i)
			}
		}
		protocols++
		if got := codeOfProtocol(usualProtocols[i]); got != i {
			t.Errorf("%q: %d, want %d", usualProtocols[i], got, i)
		}
	}
	if offers != 5 || choices != 4 || protocols != 7 {
		t.Errorf("%d offers, %d choices, %d protocols", offers, choices, protocols)
	}
	for _, list := range [][]string{{"h2", "http/1.0"}, {"spdy"}, {"h2", "http/1.1", "h3"}, {"http/1.1", "h2"}} {
		if codeOfOffer(list) != otherText {
			t.Errorf("%q has a code", list)
		}
	}
	if codeOfChoice("spdy") != otherText || codeOfProtocol("ftp") != otherText {
		t.Error("a text that is in no table has a code")
	}
}

// TestProtocolsAreThoseOffered turns lists of which many are usual, and some begin like those, into strings.
func TestProtocolsAreThoseOffered(t *testing.T) {
	h := NewHandler(&collected{})
	for _, first := range []string{"", "h2", "h3", "http/1.1", "http/1.0"} {
		for _, second := range []string{"", "h2", "http/1.1", "acme-tls/1"} {
			for n := range 4 {
				want := []string{first, second, "h2"}[:n]
				var list [][]byte
				for _, name := range want {
					list = append(list, []byte(name))
				}
				if got := h.protocols(list); !slices.Equal(got, want) {
					t.Errorf("%q is taken for %q", want, got)
				}
			}
		}
	}
}
