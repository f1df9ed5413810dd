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

// traces is traceable, and in one capture that the connection is a leg of one that its host may have changed the addresses of, and was
// set up: its sequence numbers are all that is left of it beyond.
func (t *Tally) traces(r *conversation.Record) bool {
	return traceable(r) && (t.captures || oneWay(r) && r.Opening.Established.Happened() && initialSeqs(r) != 0)
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

// placeKeys are what a connection is found by: its sequence numbers, whatever addresses a NAT gives it; and its endpoints and
// its hello, 0 where there is none, for who hides behind the addresses of both ends has sequence numbers of its own. Of one that
// was not set up there are its endpoints and the client's number. In one capture the numbers are all, but where a transparent proxy
// made them.
func (t *Tally) placeKeys(r *conversation.Record) (keys [2]uint64) {
	from := endsOf(r)
	if !r.SYNACK.Happened() || !r.Opening.Established.Happened() {
		keys[0] = finish(mix(mix(from, seedSequence), uint64(r.Sides[client].InitialSeq)))
		return keys
	}
	if numbers := initialSeqs(r); numbers != 0 {
		keys[0] = finish(mix(seedSequence, numbers))
	}
	if (t.captures || r.Paired) && r.Hello.State == conversation.HelloComplete {
		keys[1] = finish(mix(from, binary.LittleEndian.Uint64(r.Hello.Random[:])))
	}
	return keys
}

// CompareCaptures has the Tally look for the same connection in several captures. In one, it looks beyond a NAT only.
func (t *Tally) CompareCaptures() { t.captures = true }

// addPlace counts a connection as one that may be in another capture as well.
func (t *Tally) addPlace(r *conversation.Record) {
	if !t.traces(r) {
		return
	}
	e := elsewhereOf(r)
	if !t.captures { // all of one place: on which side of its host they are the directions tell
		e.trips = [2]int64{}
	}
	for _, key := range t.placeKeys(r) {
		if key == 0 {
			continue
		}
		if p := t.places.at(key); p != nil {
			p.add(&places{e, e})
		}
	}
}

// nearer reports whether e is nearer to a side than o.
func (t *Tally) nearer(e *Elsewhere, to flow.Side, o *Elsewhere) bool {
	if t.captures {
		return e.nearer(to, o)
	}
	return e.beyond(to, o)
}

// elsewhere returns what captures nearer to either side show of a connection.
func (t *Tally) elsewhere(r *conversation.Record) (found places) {
	if !t.traces(r) {
		return found
	}
	here := elsewhereOf(r)
	for _, key := range t.placeKeys(r) {
		p := t.places.get(key)
		if key == 0 || p == nil {
			continue
		}
		for side := range p {
			if e := &p[side]; found[side].First == 0 && e.First != 0 && t.nearer(e, flow.Side(side), &here) {
				found[side] = *e
			}
		}
	}
	return found
}
