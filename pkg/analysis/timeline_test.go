package analysis

import (
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
)

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

func TestLater(t *testing.T) {
	const now, back = int64(time.Hour), int64(flow.ClockSetBack)
	for _, test := range []struct{ t, want int64 }{
		{now + 1, now + 1},
		{now - 1, now},
		{now - back, now}, // interfaces that are read one after the other
		{now - back - 1, now - back - 1},
		{1, 1},
		{0, now}, // no time at all
	} {
		if got := later(now, test.t); got != test.want {
			t.Errorf("%d after %d is %d, want %d", test.t, now, got, test.want)
		}
	}
}
