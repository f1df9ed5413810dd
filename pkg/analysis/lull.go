package analysis

import (
	"sort"
	"time"
)

// lull is a time in which a capture has no packet at all, though it goes on later: it was stopped meanwhile, or the host slept, or captures
// of several days were put together (mergecap). Who had begun something then has not been silent for all that time.
type lull struct {
	next         uint64 // ordinal of the first packet behind it
	began, ended int64  // when the packets beside it were captured
}

// leastLull is how long that is at least: as long as an unfinished handshake is followed without a packet. Whoever waits for an
// answer gives up sooner, and that would be a packet.
const leastLull = int64(15 * time.Minute)

// maxLulls is more than a month has such quarters of an hour; those behind are taken for silence. It bounds a capture that is
// made of nothing else to 100 KB.
const maxLulls = 4096

// lulls are in order of next.
type lulls []lull

// add enters that a packet of time t followed one of time before, with nothing in between. Where only one packet's clock was ahead, the next
// one goes back to before: nothing was missing.
func (l *lulls) add(next uint64, before, t int64) {
	switch {
	case before == 0 || t == 0: // no time
	case t < before:
		for n := len(*l); n > 0 && (*l)[n-1].ended > t; n-- {
			*l = (*l)[:n-1]
		}
	case len(*l) < maxLulls:
		*l = append(*l, lull{next, before, t})
	}
}

// leaps reports whether what lies between two consecutive packets is for lulls.add.
func leaps(before, t int64) bool {
	return uint64(t-before+leastLull) > 2*uint64(leastLull)
}

// behind returns the lull that came when a connection, which began at an ordinal, had had its last packet; the zero value if there is none
// before the limit, where its timeline ends.
func (l lulls) behind(first uint64, last int64, limit uint64) lull {
	for _, x := range l[sort.Search(len(l), func(i int) bool { return l[i].next > first }):] {
		if x.next >= limit {
			break
		}
		if x.began >= last {
			return x
		}
	}
	return lull{}
}
