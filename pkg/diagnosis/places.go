package diagnosis

import (
	"cmp"
	"encoding/binary"
	"math"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// places are the captures of a connection that were made nearest to either side.
type places [2]Elsewhere

// add takes the places of o where they are nearer.
func (p *places) add(o *places) {
	for side := range p {
		if e, x := &p[side], &o[side]; x.First != 0 && (e.First == 0 || x.compare(flow.Side(side), e) < 0) {
			*e = *x
		}
	}
}

// compare orders places by how near they are to a side. Of equally near ones the first counts, so that the order in which they are added
// does not matter.
func (e *Elsewhere) compare(to flow.Side, o *Elsewhere) int {
	ways := 0
	if e.comesIn != o.comesIn {
		ways = 1
		if e.comesIn == (to == client) {
			ways = -1
		}
	}
	if e.Here { // of one place, as o: on which side of its host they are the directions tell
		return cmp.Or(ways, cmp.Compare(e.First, o.First))
	}
	return cmp.Or(cmp.Compare(e.trips[to], o.trips[to]), ways, cmp.Compare(e.First, o.First))
}

// trips are how far a capture was made from the client and from the server, by the round trips of setting the connection up. Where
// it was not set up, a place that has an answer is farther from who asked than one that has none.
func trips(r *conversation.Record) [2]int64 {
	switch {
	case !r.SYNACK.Happened():
		return [2]int64{-1, math.MaxInt64}
	case !r.Opening.Established.Happened():
		return [2]int64{math.MaxInt64, r.SYNACK.Time - r.SYN.Time}
	}
	return [2]int64{r.Opening.Established.Time - r.SYNACK.Time, r.SYNACK.Time - r.SYN.Time}
}

// traceable holds for a connection that is looked for in other captures: it did not go through, and its beginning is there, by
// which it is told from others, and the place of the capture too.
func traceable(r *conversation.Record) bool {
	return r.Transport == flow.TCP && !r.Established && r.Timed() && r.SYN.Happened() && r.Sides[client].ISN
}

// hasLegs is traceable, and the connection is a leg of one that the host of its capture may have changed the addresses of, and was set
// up: its sequence numbers are all that is left of it beyond.
func hasLegs(r *conversation.Record) bool {
	return traceable(r) && oneWay(r) && r.Opening.Established.Happened() && initialSeqs(r) != 0
}

// oneWay holds where the capture tells directions, and of the two sides' packets those of one come in and the others leave.
func oneWay(r *conversation.Record) bool {
	c, s := r.Sides[client].Passage, r.Sides[server].Passage
	return c == flow.PassageIn && s == flow.PassageOut || c == flow.PassageOut && s == flow.PassageIn
}

// comesIn holds where moreover those that come in are the client's.
func comesIn(r *conversation.Record) bool {
	return oneWay(r) && r.Sides[client].Passage == flow.PassageIn
}

// endsOf is a hash of both endpoints.
func endsOf(r *conversation.Record) uint64 {
	return mix(mix(mixClient(r), mixListener(r)), uint64(r.Endpoints[client].Port()))
}

// initialSeqs are the initial sequence numbers of both sides, 0 where one is not known.
func initialSeqs(r *conversation.Record) uint64 {
	if !r.Sides[client].ISN || !r.Sides[server].ISN {
		return 0
	}
	return uint64(r.Sides[client].InitialSeq) | uint64(r.Sides[server].InitialSeq)<<32
}

// placeKeys are what a connection is found by in other captures: its sequence numbers, whatever addresses a NAT gives it; and its
// endpoints and its hello, 0 where there is none, for who hides behind the addresses of both ends has sequence numbers of its own. Of
// one that was not set up there are its endpoints and the client's number.
func placeKeys(r *conversation.Record) (keys [2]uint64) {
	if !r.SYNACK.Happened() || !r.Opening.Established.Happened() {
		keys[0] = finish(mix(mix(endsOf(r), seedSequence), uint64(r.Sides[client].InitialSeq)))
		return keys
	}
	if numbers := initialSeqs(r); numbers != 0 {
		keys[0] = finish(mix(seedSequence, numbers))
	}
	if r.Hello.State == conversation.HelloComplete {
		keys[1] = helloKey(r)
	}
	return keys
}

// helloKey is what a connection with a whole hello is found by that has the same endpoints.
func helloKey(r *conversation.Record) uint64 {
	return finish(mix(endsOf(r), binary.LittleEndian.Uint64(r.Hello.Random[:])))
}

// legKeys are what it is found by in the capture that it is in: the numbers are all, but where a transparent proxy made them.
func legKeys(r *conversation.Record, capture int) (keys [2]uint64) {
	keys = placeKeys(r)
	if !r.Paired {
		keys[1] = 0
	}
	for i, key := range keys {
		if key != 0 {
			keys[i] = finish(mix(mix(seedLeg, key), uint64(capture)))
		}
	}
	return keys
}

// addPlace counts a connection as one that may be in another capture as well, or beyond a NAT.
func (t *Tally) addPlace(r *conversation.Record) {
	across, legs := t.captures && traceable(r), hasLegs(r)
	if !across && !legs {
		return
	}
	e := elsewhereOf(r)
	e.capture = int32(t.capture)
	if across {
		t.keepPlace(placeKeys(r), &e)
	}
	if e.Here = legs; legs {
		t.keepPlace(legKeys(r, t.capture), &e)
	}
}

func (t *Tally) keepPlace(keys [2]uint64, e *Elsewhere) {
	for _, key := range keys {
		if key == 0 {
			continue
		}
		if p := t.places.at(key); p != nil {
			p.add(&places{*e, *e})
		}
	}
}

// elsewhere returns what captures nearer to either side show of a connection, or its own beyond a NAT if none is nearer than that. Beyond a
// transparent proxy it is another connection, of which no other capture is asked.
func (t *Tally) elsewhere(r *conversation.Record, capture int) (found places) {
	here := elsewhereOf(r)
	if hasLegs(r) {
		t.findPlaces(&found, legKeys(r, capture), func(e *Elsewhere, to flow.Side) bool { return found[to].First == 0 && e.beyond(to, &here) })
	}
	if t.captures && traceable(r) {
		t.findPlaces(&found, placeKeys(r), func(e *Elsewhere, to flow.Side) bool {
			nearest := &here
			if leg := &found[to]; leg.First != 0 {
				nearest = leg
			}
			return e.capture != int32(capture) && e.nearer(to, nearest) && !(r.Paired && nearest.Here)
		})
	}
	return found
}

// findPlaces adds those that serve to what was found.
func (t *Tally) findPlaces(found *places, keys [2]uint64, serves func(e *Elsewhere, to flow.Side) bool) {
	for _, key := range keys {
		if key == 0 {
			continue
		}
		p := t.places.get(key)
		if p == nil {
			continue
		}
		for side := range p {
			if e := &p[side]; e.First != 0 && serves(e, flow.Side(side)) {
				found[side] = *e
			}
		}
	}
}
