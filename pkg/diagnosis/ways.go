package diagnosis

// wayKey is a server, a capture, and another one that may show the same connections, each one more than its number.
type wayKey struct {
	server   uint64
	from, to int8
}

// way is what went through at the server that the one capture shows, and whether the other one does as well.
type way struct {
	common  uint32
	ahead   int64  // how much later those in common began by the clock of the other one, at the least
	running span   // of the other one, by the clock of the one
	all     uint32 // what the one shows meanwhile
	onward  uint32 // those in common of which the other one is nearer to the server
	moved   bool   // some of them have another client address there
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

// leastCommon is how many handshakes two captures must have in common before it means anything that one of them lacks others.
const leastCommon = 3

// MatchCaptures finds out which captures show the same connections of a server. It is called when all are added and merged.
func (t *Tally) MatchCaptures() {
	t.ways = make(map[wayKey]*way)
	t.eachPair(func(from, to *sighting) {
		key := wayKey{from.server, from.capture, to.capture}
		w := t.ways[key]
		if w == nil {
			w = &way{ahead: to.start - from.start}
			t.ways[key] = w
		}
		w.common++
		w.ahead = min(w.ahead, to.start-from.start)
		w.moved = w.moved || from.client != to.client
		if nearer(server, &to.trips, &from.trips) {
			w.onward++
		}
	})
	for key, w := range t.ways {
		ran := t.spans[key.to-1]
		w.running = span{ran.first - w.ahead, ran.last - w.ahead}
	}
	for i := range t.passed.vals {
		for k := range t.passed.vals[i] {
			t.countAll(&t.passed.vals[i][k])
		}
	}
}

// eachPair calls f for each two captures that show the same handshake, both ways.
func (t *Tally) eachPair(f func(from, to *sighting)) {
	for i := range t.passed.vals {
		all := &t.passed.vals[i]
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
	for to := range int8(captureSetLen) {
		if w := t.ways[wayKey{s.server, s.capture, to + 1}]; w != nil && w.running.has(s.start) {
			w.all++
		}
	}
}
