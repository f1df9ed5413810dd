package analysis

import (
	"math"
	"sort"
)

// span is a run of consecutive ordinals: the packets of one file, or of one timeline.
type span struct {
	first uint64 // ordinal of its first packet
	start int64  // time of its first packet
	end   int64  // latest packet time in it
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
