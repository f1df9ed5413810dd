package diagnosis

import "github.com/sniscope/sniscope/pkg/conversation"

// point is a server, and a capture that shows connections with it, one more than its number.
type point struct {
	server  uint64
	capture int8
}

// ways are those from a point to each of the captures.
type ways [captureSetLen]way

// way is what went through at the server that the one capture shows, and whether the other one does as well.
type way struct {
	common  uint32
	ahead   int64  // how much later those in common began by the clock of the other one, at the least
	running span   // of the other one, by the clock of the one
	all     uint32 // what the one shows meanwhile
	onward  uint32 // those in common of which the other one is nearer to the server
	moved   bool   // some of them have another client address there

	networks map[uint64]bool // of the clients of those in common, by the one
}

// span is from the start of the first connection of a capture to that of the last one: it was running then.
type span struct{ first, last int64 }

// add takes what o covers; the zero value covers nothing.
func (s *span) add(o span) {
	if *s == (span{}) {
		*s = o
		return
	}
	if o != (span{}) {
		s.first, s.last = min(s.first, o.first), max(s.last, o.last)
	}
}

// has reports whether a time is in it.
func (s *span) has(t int64) bool { return s.first <= t && t <= s.last }

// leadsOn reports whether the other capture, nearer to the server, was running when a connection began, and shows nearly all that the one does
// of the same server, of that network of clients as well.
func (w *way) leadsOn(r *conversation.Record) bool {
	return w.common >= leastCommon && w.common >= w.all-w.all/20 && w.onward > w.common/2 && w.running.has(r.Start) && w.networks[mixNetwork(r)]
}

// leastCommon is how many handshakes two captures must have in common before it means anything that one of them lacks others.
const leastCommon = 3

// MatchCaptures finds out which captures show the same connections of a server. It is called when all are added and merged.
func (t *Tally) MatchCaptures() {
	t.ways = make(map[point]*ways)
	t.eachPair(func(from, to *sighting) {
		at := point{from.server, from.capture}
		if t.ways[at] == nil {
			t.ways[at] = new(ways)
		}
		w, ahead := &t.ways[at][to.capture-1], to.start-from.start
		if w.common == 0 || ahead < w.ahead {
			w.ahead = ahead
		}
		if w.networks == nil {
			w.networks = make(map[uint64]bool)
		}
		w.common++
		w.networks[from.network] = true
		w.moved = w.moved || from.client != to.client
		if nearer(server, &to.trips, &from.trips) {
			w.onward++
		}
	})
	for _, all := range t.ways {
		for to := range all {
			w, ran := &all[to], t.spans[to]
			w.running = span{ran.first - w.ahead, ran.last - w.ahead}
		}
	}
	for i := range t.passed.slots {
		for k := range t.passed.slots[i].val {
			t.countAll(&t.passed.slots[i].val[k])
		}
	}
}

// eachPair calls f for each two captures that show the same handshake, both ways.
func (t *Tally) eachPair(f func(from, to *sighting)) {
	for i := range t.passed.slots {
		all := &t.passed.slots[i].val
		if all[1].capture == 0 {
			continue
		}
		for k := range all {
			for l := range all {
				from, to := &all[k], &all[l]
				if k != l && from.capture != 0 && to.capture != 0 && from.server == to.server {
					f(from, to)
				}
			}
		}
	}
}

// countAll counts what a capture shows on all ways that begin there.
func (t *Tally) countAll(s *sighting) {
	if s.capture == 0 {
		return
	}
	all := t.ways[point{s.server, s.capture}]
	if all == nil {
		return
	}
	for to := range all {
		if w := &all[to]; w.running.has(s.start) {
			w.all++
		}
	}
}
