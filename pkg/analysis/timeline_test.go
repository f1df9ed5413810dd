package analysis

import "testing"

func TestOrdinalsOfASpanAreThoseThatItHolds(t *testing.T) {
	for _, s := range []spans{{{first: 1}}, {{first: 1}, {first: 4}, {first: 5}}} {
		for ordinal := range uint64(9) {
			at := s.find(ordinal)
			for i := range s {
				frame, ok := s.ordinals(i).Frame(ordinal)
				if ok != (i == at) || ok && frame != ordinal-s[i].first+1 {
					t.Errorf("packet %d in file %d of %d: frame %d, %t", ordinal, i, len(s), frame, ok)
				}
			}
		}
	}
}
