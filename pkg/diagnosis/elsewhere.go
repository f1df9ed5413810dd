package diagnosis

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// Elsewhere is what another capture shows of the same connection, as where both of its ends were captured. The zero value
// says that there is none.
type Elsewhere struct {
	First  uint64  // ordinal of the first packet there, 0 where there is none
	Start  int64   // its time, by the clock of that capture
	End    int64   // of the timeline of that capture, as Context.End
	Reset  [2]bool // it has a RST in the name of that side
	Ended  [2]bool // it has that, a FIN or an alert
	Spoke  bool    // it has payload of the client
	SYNACK bool    // it has the server's SYN-ACK

	numbers uint64   // the initial sequence numbers of both sides, 0 where one is not known
	trips   [2]int64 // how long a packet takes from the capture to that side, and the answer back
}

// elsewhereOf is what a capture shows of a connection to those who see it in another.
func elsewhereOf(r *conversation.Record) Elsewhere {
	e := Elsewhere{
		First: r.First, Start: r.Start,
		Spoke: r.FirstData[client].Happened(), SYNACK: r.SYNACK.Happened(),
		numbers: initialSeqs(r), trips: trips(r),
	}
	for i := range r.Resets {
		if by := r.Resets[i].By; by <= server {
			e.Reset[by] = true
		}
	}
	t := &r.Terminator
	for side := range e.Ended {
		last := t.Happened() && t.By == flow.Side(side)
		e.Reset[side] = e.Reset[side] || last && t.Kind == flow.CloseRST
		e.Ended[side] = e.Reset[side] || last || r.Sides[side].Fin.Happened() || r.Alerts[side].Happened()
	}
	return e
}

// lasted reports whether the capture shows what happened there until after the connection had lasted for d.
func (e *Elsewhere) lasted(d time.Duration) bool {
	return e.Ended[client] || e.Ended[server] || time.Duration(e.End-e.Start) > d+patience
}

// nearer reports whether the capture was made nearer to that side than o: a packet to it passes o first, and the answer last.
func (e *Elsewhere) nearer(to flow.Side, o *Elsewhere) bool {
	return e.trips[to] < o.trips[to] && e.trips[to.Other()] > o.trips[to.Other()]
}

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

// comparable holds for a connection that is looked for in other captures: it did not go through, and its beginning is there, by
// which it is told from others, and the place of the capture too.
func comparable(r *conversation.Record) bool {
	return r.Transport == flow.TCP && !r.Established && r.Timed() && r.SYN.Happened() && r.Sides[client].ISN
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

// addPlace counts a connection as one that may be in another capture as well.
func (t *Tally) addPlace(r *conversation.Record) {
	if !comparable(r) {
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
	if !comparable(r) {
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

// disowned holds when what ended the connection came in the name of that side, of which a capture nearer to it has no such
// packet: it came from in between.
func (v *view) disowned(by flow.Side) bool {
	if v.cause.By != by || by > server {
		return false
	}
	e := &v.c.Elsewhere[by]
	if e.First == 0 || !e.lasted(time.Duration(v.cause.Time-v.Start)) {
		return false
	}
	switch v.cause.Kind {
	case CauseRST:
		return !e.Reset[by]
	case CauseFIN, CauseAlert:
		return !e.Ended[by]
	}
	return false
}

// disownedWords are the kinds of what can be disowned.
var disownedWords = [...]string{CauseAlert: "alert", CauseRST: "RST", CauseFIN: "FIN"}

// bothDisowned holds when moreover that capture has a RST in the name of the other side, of which there is none here, nearer
// to that: two packets would have had to escape, one each capture.
func (v *view) bothDisowned() bool {
	by := v.cause.By
	return v.disowned(by) && v.c.Elsewhere[by].Reset[by.Other()] && !elsewhereOf(v.Record).Reset[by.Other()]
}

// fixBetween is what to do where what ended the connection came from in between.
const fixBetween = "look between the two places of capture for a firewall, a transparent proxy or a load balancer, and for what its log says of this connection"

// remarkElsewhere says what a capture of the same connection in another place shows.
func remarkElsewhere(b []byte, v *view, _, _ *rule) []byte {
	spoke, nearClient, nearServer := v.FirstData[client].Happened(), &v.c.Elsewhere[client], &v.c.Elsewhere[server]
	switch {
	case v.disowned(v.cause.By):
		return v.appendDisowned(b)
	case nearServer.SYNACK && !v.SYNACK.Happened():
		return append(b, "a capture nearer to the server has its SYN-ACK, which was lost or dropped on the way back"...)
	case nearClient.First != 0 && v.SYNACK.Happened() && !nearClient.SYNACK:
		return append(b, "a capture nearer to the client has no SYN-ACK: it was lost or dropped on the way back"...)
	case nearServer.First != 0 && spoke && !nearServer.Spoke && nearServer.lasted(time.Duration(v.FirstData[client].Time-v.Start)):
		return append(b, "a capture nearer to the server has not a byte of what the client sent: it was lost or dropped on the way"...)
	case nearClient.Spoke && !spoke:
		return append(b, "a capture nearer to the client has what it sent, and none of that came here: it was lost or dropped on the way"...)
	}
	return b
}

// appendDisowned says what a capture shows that is nearer to the side in whose name the connection was ended.
func (v *view) appendDisowned(b []byte) []byte {
	by := v.cause.By
	e := &v.c.Elsewhere[by]
	b = append(append(b, "a capture nearer to the "...), sideNames[by]...)
	b = append(append(append(b, " has no "...), disownedWords[v.cause.Kind]...), " of the "...)
	b = append(b, sideNames[by]...)
	if v.bothDisowned() {
		b = append(append(append(b, ", and a RST of the "...), sideNames[by.Other()]...), " that is not in this one"...)
	}
	if by == server && v.FirstData[client].Happened() && !e.Spoke {
		b = append(b, ", nor a byte of what the client sent"...)
	}
	if here := initialSeqs(v.Record); here == 0 || e.numbers == 0 || here == e.numbers {
		return b
	}
	return append(b, ", and other sequence numbers, so a proxy in between speaks to each end in the name of the other"...)
}
