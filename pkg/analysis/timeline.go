package analysis

import (
	"math"
	"sort"

	"github.com/sniscope/sniscope/pkg/flow"
)

// span is a run of consecutive ordinals: the packets of one file, or of one timeline.
type span struct {
	first uint64 // ordinal of its first packet
	end   int64  // of a timeline, what time it is at its end
}

// spans is in order of first.
type spans []span

// ordinals are those of a span: the last has no end that is known.
func (s spans) ordinals(i int) Range {
	if i+1 < len(s) {
		return Range{s[i].first, s[i+1].first}
	}
	return Range{s[i].first, math.MaxUint64}
}

// find returns the index of the span that holds the ordinal.
func (s spans) find(ordinal uint64) int {
	return sort.Search(len(s), func(i int) bool { return s[i].first > ordinal }) - 1
}

// endOf is what time it is at the end of the timeline that holds the ordinal.
func (s spans) endOf(ordinal uint64) int64 { return s[s.find(ordinal)].end }

// later is what time it is after a packet of time t, before which it was now. That is the later of the two, unless the
// clock was set back in between: a connection that begins after that has not been silent since the time before. Without a
// time it is 0.
func later(now, t int64) int64 {
	if t > now || t < now-int64(flow.ClockSetBack) && t != 0 {
		return t
	}
	return now
}
