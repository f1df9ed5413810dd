package conversation

import (
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
)

// TestReachBehindAGap loses bytes of a side before its TLS begins, while it is wrapped, and behind that: how far its stream has come is
// known all the same, or what was not read would count as acknowledged.
func TestReachBehindAGap(t *testing.T) {
	const lost = 1000
	what := talkTDS(t, tdsOn, tdsOn, 512)
	what = what[:len(what)-2] // without either close_notify
	for n := 1; n <= len(what); n++ {
		h := newHandler(&collected{})
		f := h.Open(c).(*follower)
		var offset [2]uint64
		hear := hearing(f, &offset)
		for _, x := range what[:n] {
			hear(x.side, x.data, 4)
		}
		for _, why := range []flow.Incomplete{flow.IncompleteSnaplen, flow.IncompleteGap} {
			for _, side := range []flow.Side{c, s} {
				f.Gap(side, lost, why, event(5))
				offset[side] += lost
				if got := f.half[side].reach(); got != offset[side] {
					t.Errorf("%v behind %d messages: %d, want %d", side, n, got, offset[side])
				}
			}
		}
	}
}
