package diagnosis

import (
	"cmp"
	"encoding/binary"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// What follows from a capture nearer to the server that has nothing of a connection, and what else goes to the server from where it was
// captured: the server never saw it, and who answered in its name is in between, or has its address as well.

// captureSet is a set of captures, by their numbers.
type captureSet uint16

// captureSetLen is how many may be in one: more captures are not of several places.
const captureSetLen = 16

// with adds a capture.
func (s captureSet) with(capture int) captureSet { return s | 1<<capture } // nothing beyond the last

// has reports whether a capture is in the set.
func (s captureSet) has(capture int) bool { return s&(1<<capture) != 0 }

// sighting is what a capture shows of a handshake that went through.
type sighting struct {
	capture int8 // one more than its number; 0 where there is none
	server  uint64
	client  uint64
	network uint64 // of the client
	start   int64
	trips   [2]int64
}

// compare orders what is shown so that it does not matter in which order it is added.
func (s *sighting) compare(o *sighting) int {
	return cmp.Or(cmp.Compare(s.capture, o.capture), cmp.Compare(s.start, o.start), cmp.Compare(s.server, o.server), cmp.Compare(s.client, o.client))
}

// sightings are a handshake as the first few captures show it that do, whatever addresses it has there: twice where the host of a capture
// hands it on.
type sightings [4]sighting

// add puts one in its place, and forgets the last if there is no room.
func (a *sightings) add(s sighting) {
	for i := range a {
		if x := &a[i]; x.capture == 0 || s.compare(x) < 0 {
			*x, s = s, *x
		}
		if s.capture == 0 {
			return
		}
	}
}

// merge adds what o shows.
func (a *sightings) merge(o *sightings) {
	for _, s := range o {
		if s.capture != 0 {
			a.add(s)
		}
	}
}

// helloHash names a hello, whatever addresses it goes by.
func helloHash(r *conversation.Record) uint64 {
	return finish(mix(seedHello, binary.LittleEndian.Uint64(r.Hello.Random[:])))
}

// endsKey names both endpoints.
func endsKey(r *conversation.Record) uint64 { return finish(mix(endsOf(r), seedEnds)) }

// numberKey names a connection by its listener and the client's initial sequence number, which a NAT leaves alone.
func numberKey(r *conversation.Record) uint64 {
	return finish(mix(mix(mixListener(r), seedNumber), uint64(r.Sides[client].InitialSeq)))
}

// mixNetwork is that of the client, a /24 or a /64: clients of one take the same way.
func mixNetwork(r *conversation.Record) uint64 {
	a, bits := r.Endpoints[client].Addr().Unmap(), 24
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // which fails for more bits than there are
	return mixAddr(seedClient, p.Addr())
}

// addShown counts a connection as one that this capture shows.
func (t *Tally) addShown(r *conversation.Record) {
	if !t.captures || r.Transport != flow.TCP || t.capture >= captureSetLen {
		return
	}
	if r.Timed() {
		t.spans[t.capture].add(span{r.Start, r.Start})
	}
	whole := r.Hello.State == conversation.HelloComplete
	if !r.Established || !whole {
		t.addShownAs(endsKey(r), t.heldIn(endsKey(r)))
		if r.Sides[client].ISN {
			t.addShownAs(numberKey(r), 0)
		}
		if whole {
			t.addShownAs(helloHash(r), 0)
		}
		return
	}
	if in := t.held.at(endsKey(r)); in != nil {
		*in = in.with(t.capture)
	}
	if in := t.shown.get(endsKey(r)); in != nil {
		*in = in.with(t.capture)
	}
	if !r.Timed() || !r.SYNACK.Happened() || !r.Opening.Established.Happened() {
		t.addShownAs(helloHash(r), 0)
		return
	}
	if s := t.passed.at(helloHash(r)); s != nil {
		s.add(sighting{int8(t.capture + 1), mixListener(r), mixClient(r), mixNetwork(r), r.Start, trips(r)})
	}
}

func (t *Tally) addShownAs(key uint64, also captureSet) {
	if in := t.shown.at(key); in != nil {
		*in = in.with(t.capture) | also
	}
}

// heldIn are the captures so far that have both endpoints with a handshake that went through.
func (t *Tally) heldIn(ends uint64) captureSet {
	if in := t.held.get(ends); in != nil {
		return *in
	}
	return 0
}

// absent reports whether a capture nearer to the server has nothing of a connection, and nearly all that went through meanwhile.
func (t *Tally) absent(r *conversation.Record, capture int) bool {
	if len(t.ways) == 0 || capture >= captureSetLen || !traceable(r) || t.held.limit != noLimit { // what went through may be forgotten
		return false
	}
	in := t.shown.get(endsKey(r))
	if in == nil {
		return false
	}
	found, told := *in, false
	if in = t.shown.get(numberKey(r)); in == nil {
		return false
	}
	found |= *in
	if r.Hello.State == conversation.HelloComplete {
		if in = t.shown.get(helloHash(r)); in == nil {
			return false
		}
		var passed captureSet
		passed, told = t.passedIn(helloHash(r))
		found |= *in | passed
	}
	all := t.ways[point{mixListener(r), int8(capture + 1)}]
	if all == nil {
		return false
	}
	for other := range all {
		w := &all[other]
		if found.has(other) || w.moved && !told { // whose addresses are others there is told by the hello alone
			continue
		}
		if w.common >= leastCommon && w.common >= w.all-w.all/20 && w.onward > w.common/2 && w.running.has(r.Start) && w.networks[mixNetwork(r)] {
			return true
		}
	}
	return false
}

// passedIn are the captures in which a handshake with that hello went through, and whether they are all.
func (t *Tally) passedIn(hello uint64) (in captureSet, all bool) {
	s := t.passed.get(hello)
	if s == nil {
		return 0, hello <= t.passed.limit
	}
	for i := range s {
		if c := s[i].capture; c != 0 {
			in = in.with(int(c) - 1)
		}
	}
	return in, s[len(s)-1].capture == 0
}

// absent holds where the server had nothing of the connection, as far as a capture nearer to it tells.
func (v *view) absent() bool { return v.c.Absent }

// appendAbsent says so.
func (v *view) appendAbsent(b []byte) []byte {
	b = append(b, "a capture nearer to the server has no packet of it, though it has nearly all that went through: "...)
	if v.Packets[server] == 0 {
		return append(b, "it was dropped on the way"...)
	}
	return append(b, "something on the way answered in the server's name, or another host or interface with its address"...)
}
