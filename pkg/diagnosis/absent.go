package diagnosis

import (
	"cmp"
	"encoding/binary"
	"net/netip"

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

// mixNetwork is that of the client.
func mixNetwork(r *conversation.Record) uint64 {
	return mixAddr(seedClient, NetworkOf(r.Endpoints[client].Addr()).Addr())
}

// NetworkOf is the /24 or /64 of an address: clients of one take the same way to a server. It is the zero value for what is no address.
func NetworkOf(a netip.Addr) netip.Prefix {
	bits := 64
	if a = a.Unmap(); a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
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
	all := t.ways[point{mixListener(r), int8(capture + 1)}]
	if all == nil {
		return false
	}
	found, told, ok := t.shownIn(r)
	if !ok {
		return false
	}
	for other := range all {
		w := &all[other]
		if !found.has(other) && (told || !w.moved) && w.leadsOn(r) { // whose addresses are others there is told by the hello alone
			return true
		}
	}
	return false
}

// shownIn are the captures that show something of a connection; told says that they would have its hello whatever addresses it has there,
// ok that it is known.
func (t *Tally) shownIn(r *conversation.Record) (found captureSet, told, ok bool) {
	keys := append(make([]uint64, 0, 3), endsKey(r), numberKey(r))
	if r.Hello.State == conversation.HelloComplete {
		hello := helloHash(r)
		keys = append(keys, hello)
		found, told = t.passedIn(hello)
	}
	for _, key := range keys {
		in := t.shown.get(key)
		if in == nil {
			return 0, false, false
		}
		found |= *in
	}
	return found, told, true
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

// appendAbsent says that a capture nearer to the server lacks the connection.
func (v *view) appendAbsent(b []byte) []byte {
	b = append(b, "a capture nearer to the server has no packet of it, though it has nearly all that went through: "...)
	if v.Packets[server] == 0 {
		return append(b, "it was dropped on the way"...)
	}
	return append(b, "something on the way answered in the server's name, or another host or interface with its address"...)
}
