package diagnosis

import (
	"encoding/binary"
	"math"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// places are the captures of a connection that were made nearest to either side.
type places [2]Elsewhere

// add takes the places of o where they are nearer. Of equally near ones the first counts, so that their order does not matter.
func (p *places) add(o *places) {
	for side := range p {
		e, x := &p[side], &o[side]
		if x.First != 0 && (e.First == 0 || x.trips[side] < e.trips[side] || x.trips[side] == e.trips[side] && x.First < e.First) {
			*e = *x
		}
	}
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

// traces is traceable, and where a NAT is what is looked beyond, that the connection was set up: its sequence numbers are all that is
// left of it there.
func (t *Tally) traces(r *conversation.Record) bool {
	return traceable(r) && (!t.renamedOnly || r.Opening.Established.Happened() && initialSeqs(r) != 0)
}

// initialSeqs are the initial sequence numbers of both sides, 0 where one is not known.
func initialSeqs(r *conversation.Record) uint64 {
	if !r.Sides[client].ISN || !r.Sides[server].ISN {
		return 0
	}
	return uint64(r.Sides[client].InitialSeq) | uint64(r.Sides[server].InitialSeq)<<32
}

// placeKeys are what a connection is found by: its sequence numbers, whatever addresses a NAT gives it; and its endpoints and
// its hello, 0 where there is none, for who hides behind the addresses of both ends has sequence numbers of its own. Of one that
// was not set up there are its endpoints and the client's number.
func placeKeys(r *conversation.Record) (keys [2]uint64) {
	from := mix(mix(mixClient(r), mixListener(r)), uint64(r.Endpoints[client].Port()))
	if !r.SYNACK.Happened() || !r.Opening.Established.Happened() {
		keys[0] = finish(mix(mix(from, seedSequence), uint64(r.Sides[client].InitialSeq)))
		return keys
	}
	if numbers := initialSeqs(r); numbers != 0 {
		keys[0] = finish(mix(seedSequence, numbers))
	}
	if r.Hello.State == conversation.HelloComplete {
		keys[1] = finish(mix(from, binary.LittleEndian.Uint64(r.Hello.Random[:])))
	}
	return keys
}

// CompareCaptures has the Tally look for the same connection in several captures.
func (t *Tally) CompareCaptures() { t.places = newTable[places](maxPlaces) }

// CompareInterfaces has the Tally look for the same connection on both sides of a NAT in one capture of several interfaces.
func (t *Tally) CompareInterfaces() {
	t.CompareCaptures()
	t.renamedOnly = true
}

// addPlace counts a connection as one that may be in another capture as well.
func (t *Tally) addPlace(r *conversation.Record) {
	if !t.traces(r) {
		return
	}
	e := elsewhereOf(r)
	for _, key := range placeKeys(r) {
		if key == 0 {
			continue
		}
		if p := t.places.at(key); p != nil {
			p.add(&places{e, e})
		}
	}
}

// elsewhere returns what captures nearer to either side show of a connection.
func (t *Tally) elsewhere(r *conversation.Record) (found places) {
	if !t.traces(r) {
		return found
	}
	here := elsewhereOf(r)
	for _, key := range placeKeys(r) {
		p := t.places.get(key)
		if key == 0 || p == nil {
			continue
		}
		for side := range p {
			if e := &p[side]; found[side].First == 0 && e.First != 0 && e.nearer(flow.Side(side), &here) {
				found[side] = *e
			}
		}
	}
	return found
}
