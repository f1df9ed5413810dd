package diagnosis

import (
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// Elsewhere is what another capture shows of the same connection, as where both of its ends were captured, or the same capture
// beyond a NAT. The zero value says that there is none.
type Elsewhere struct {
	First uint64 // ordinal of the first packet there, 0 where there is none
	End   int64  // of the timeline of that capture, as Context.End
	Here  bool   // it is of the same capture, which shows the connection on both sides of a NAT

	start   int64    // time of its first packet, by the clock of that capture
	spoke   [2]after // when that side sent payload
	reset   [2]after // when a RST came in its name
	ended   [2]after // when it ended the connection by that, a FIN or an alert
	synack  bool     // it has the server's SYN-ACK
	missed  bool     // bytes of it were not captured
	ends    uint64   // hash of its endpoints, which a NAT changes
	comesIn bool     // the client's packets come in there, and the server's leave
	numbers uint64   // the initial sequence numbers of both sides, 0 where one is not known
	trips   [2]int64 // how long a packet takes from the capture to that side, and the answer back
}

// after is a time behind the first packet of a connection, in nanoseconds and one more; 0 is never.
type after int64

// happened reports whether it is a time.
func (a after) happened() bool { return a > 0 }

// first is the earlier one of those that happened.
func (a after) first(b after) after {
	if !a.happened() || b.happened() && b < a {
		return b
	}
	return a
}

// behind is when an event was, by the start of its connection.
func behind(start int64, e flow.Event) after {
	if !e.Happened() {
		return 0
	}
	return max(after(e.Time-start), 0) + 1
}

// elsewhereOf is what a capture shows of a connection to those who see it in another.
func elsewhereOf(r *conversation.Record) Elsewhere {
	e := Elsewhere{
		First: r.First, start: r.Start, synack: r.SYNACK.Happened(), missed: r.Missed > 0,
		ends: endsOf(r), comesIn: comesIn(r), numbers: initialSeqs(r), trips: trips(r),
	}
	for i := range r.Resets {
		if x := &r.Resets[i]; x.By <= server {
			e.reset[x.By] = e.reset[x.By].first(behind(r.Start, x.Event))
		}
	}
	t := &r.Terminator
	for side := range e.ended {
		last := after(0)
		if t.By == flow.Side(side) {
			last = behind(r.Start, t.Event)
		}
		if t.Kind == flow.CloseRST {
			e.reset[side] = e.reset[side].first(last)
		}
		e.spoke[side] = behind(r.Start, r.FirstData[side])
		e.ended[side] = e.reset[side].first(last).first(behind(r.Start, r.Sides[side].Fin)).first(behind(r.Start, r.Alerts[side].Event))
	}
	return e
}

// lasted reports whether the capture shows what happened there until after the connection had lasted for d.
func (e *Elsewhere) lasted(d after) bool {
	return e.ended[client].happened() || e.ended[server].happened() || after(e.End-e.start) > d+after(patience)
}

// lasted reports the same of the connection itself. What was on its way at its end is no later than a round trip.
func (v *view) lasted(d after) bool {
	if v.cause.Kind != CauseNone {
		return after(v.cause.Time-v.Start)+behind(v.Start, v.Opening.Established) > d
	}
	return after(v.now-v.Start) > d+after(patience)
}

// nearer reports whether the capture was made nearer to that side than o: a packet to it passes o first, and the answer last. Beyond a
// NAT of its own host the directions say so. Two captures of one place differ by chance, but not by a quarter of the way to either
// side; and not in addresses, which a NAT in between changed.
func (e *Elsewhere) nearer(to flow.Side, o *Elsewhere) bool {
	if e.comesIn != o.comesIn && e.ends != o.ends {
		return e.comesIn == (to == client)
	}
	from := to.Other()
	apart := e.ends != o.ends || e.trips[to] < o.trips[to]/4*3 || o.trips[from] < e.trips[from]/4*3
	return apart && e.trips[to] < o.trips[to] && e.trips[from] > o.trips[from]
}

// disowned holds when what ended the connection came in the name of a side of which a capture nearer to it has no such packet:
// it came from in between. Within one capture the packet would have been there by then, unless the capture lost it.
func (v *view) disowned() bool {
	by := v.cause.By
	if by > server {
		return false
	}
	e := &v.c.Elsewhere[by]
	switch {
	case e.First == 0, e.Here && (e.missed || v.Missed > 0), !e.Here && !e.lasted(after(v.cause.Time-v.Start)):
		return false
	}
	switch v.cause.Kind {
	case CauseRST:
		return !e.reset[by].happened()
	case CauseFIN, CauseAlert:
		return !e.ended[by].happened()
	}
	return false
}

// disownedWords are the kinds of what can be disowned.
var disownedWords = [...]string{CauseAlert: "alert", CauseRST: "RST", CauseFIN: "FIN"}

// bothDisowned holds when moreover that capture has a RST of about that time in the name of the other side, of which there is none
// here, nearer to that: two packets would have had to escape, one each capture.
func (v *view) bothDisowned() bool {
	by := v.cause.By
	if !v.disowned() || elsewhereOf(v.Record).reset[by.Other()].happened() {
		return false
	}
	other := v.c.Elsewhere[by].reset[by.Other()]
	apart := other - behind(v.Start, v.cause.Event)
	return other.happened() && max(apart, -apart) < after(patience)
}

// disownedAlone holds for a RST that is missing beyond a NAT where what it answers is not: that is one packet, which the capture may have
// lost.
func (v *view) disownedAlone() bool {
	by := v.cause.By
	return v.disowned() && v.c.Elsewhere[by].Here && !v.unsent(by.Other()) && !v.bothDisowned()
}

// unsentOn holds where what the client sent did not come to a capture nearer to the server.
func (v *view) unsentOn() bool { return v.unsent(client) }

// unsent holds where what a side sent did not come to a capture nearer to the other. What is acknowledged passed a NAT; something else
// in between may acknowledge it by itself.
func (v *view) unsent(side flow.Side) bool {
	e, sent := &v.c.Elsewhere[side.Other()], behind(v.Start, v.FirstData[side])
	switch {
	case e.First == 0 || !sent.happened() || e.spoke[side].happened() || e.missed:
		return false
	case e.Here && v.Sides[side].Acked > 0:
		return false
	}
	return e.lasted(sent) || e.Here && v.cause.By == side.Other() // which came later, so the capture did not end in between
}

// unreached holds where a capture nearer to that side has what it sent, and that did not come here.
func (v *view) unreached(side flow.Side) bool {
	e := &v.c.Elsewhere[side]
	acked := e.Here && v.Sides[side].Acked > 0
	return e.spoke[side].happened() && !v.FirstData[side].Happened() && v.Missed == 0 && !acked && v.lasted(e.spoke[side])
}

// endUnreached holds where a capture nearer to the server has its end of the connection, which did not come here.
func (v *view) endUnreached() bool {
	end := v.c.Elsewhere[server].ended[server]
	return end.happened() && v.cause.By != server && v.Missed == 0 && v.lasted(end)
}

// compared holds where a capture nearer to either side has the connection, which few have.
func (v *view) compared() bool { return v.c.Elsewhere[client].First|v.c.Elsewhere[server].First != 0 }

// contradicted holds where another capture of the connection shows that a side did not do what the rule says of it.
func (v *view) contradicted(r *rule) bool {
	if !v.compared() {
		return false
	}
	return v.disowned() || unanswered(r.code) && (v.unreached(server) || v.endUnreached())
}

// stoppedBetween holds where a rule's diagnosis follows from what was made or dropped between this capture and another one.
func (v *view) stoppedBetween(r *rule) bool {
	if !v.compared() {
		return false
	}
	return v.contradicted(r) || unanswered(r.code) && v.unsentOn() || r.code == HandshakeStalled && v.unsent(server)
}

// unanswered holds for the codes that say that the server was silent.
func unanswered(c Code) bool { return c == NoSNIUnanswered || c == HelloUnanswered }

// fixBetween is what to do then.
func (v *view) fixBetween() string {
	e := &v.c.Elsewhere[server]
	switch {
	case v.disowned():
		e = &v.c.Elsewhere[v.cause.By]
	case v.unsent(server):
		e = &v.c.Elsewhere[client]
	}
	if e.Here {
		return fixNAT
	}
	return fixPlaces
}

const fixNAT = "on the host of this capture, look at its firewall's rules (nft list ruleset, iptables -S), and whether its connection tracking forgot the connection or took a packet for invalid, which is then not passed on and may be reset by the host itself (conntrack -S, net.netfilter.nf_conntrack_tcp_be_liberal; on nodes of Kubernetes kube-proxy)"

const fixPlaces = "look between the two places of capture for a firewall, a transparent proxy or a load balancer, and for what its log says of this connection"

// remarkElsewhere says what a capture of the same connection in another place shows.
func remarkElsewhere(b []byte, v *view, _, _ *rule) []byte {
	nearClient, nearServer := &v.c.Elsewhere[client], &v.c.Elsewhere[server]
	switch {
	case v.disowned():
		return v.appendDisowned(b)
	case nearServer.synack && !v.SYNACK.Happened():
		return append(b, "a capture nearer to the server has its SYN-ACK, which was lost or dropped on the way back"...)
	case nearClient.First != 0 && v.SYNACK.Happened() && !nearClient.synack:
		return append(b, "a capture nearer to the client has no SYN-ACK: it was lost or dropped on the way back"...)
	case v.unsentOn():
		b = append(nearServer.appendPlace(b, server), " has not a byte of what the client sent"...)
		return nearServer.appendLost(b, " on the way")
	case v.unreached(server):
		b = append(nearServer.appendPlace(b, server), " has what it answered, and none of that came here"...)
		return nearServer.appendLost(b, " on the way back")
	case v.endUnreached():
		b = append(nearServer.appendPlace(b, server), " has its "...)
		b = append(b, nearServer.endWord()...)
		return nearServer.appendLost(append(b, ", which did not come here"...), " on the way back")
	case v.unreached(client):
		b = append(nearClient.appendPlace(b, client), " has what it sent, and none of that came here"...)
		return nearClient.appendLost(b, " on the way")
	case v.unsent(server):
		b = append(nearClient.appendPlace(b, client), " has not a byte of what the server sent"...)
		return nearClient.appendLost(b, " on the way back")
	}
	return b
}

// appendLost says what became of it.
func (e *Elsewhere) appendLost(b []byte, where string) []byte {
	if e.Here {
		return append(b, ": the host of this capture dropped it, or the capture lacks it"...)
	}
	return append(append(b, ": it was lost or dropped"...), where...)
}

// endWord is what the server ended the connection by there.
func (e *Elsewhere) endWord() string {
	if e.reset[server] == e.ended[server] {
		return "RST"
	}
	return "FIN or alert"
}

// appendPlace names the capture, which was made nearer to that side.
func (e *Elsewhere) appendPlace(b []byte, side flow.Side) []byte {
	if e.Here {
		return append(append(append(b, "this capture, beyond a NAT and nearer to the "...), sideNames[side]...), ',')
	}
	return append(append(b, "a capture nearer to the "...), sideNames[side]...)
}

// appendDisowned says what a capture shows that is nearer to the side in whose name the connection was ended.
func (v *view) appendDisowned(b []byte) []byte {
	by := v.cause.By
	e := &v.c.Elsewhere[by]
	b = e.appendPlace(b, by)
	b = append(append(append(b, " has no "...), disownedWords[v.cause.Kind]...), " of the "...)
	b = append(b, sideNames[by]...)
	if v.bothDisowned() {
		b = append(append(append(b, ", and a RST of the "...), sideNames[by.Other()]...), " that is not in this one"...)
	}
	if by == server && v.unsentOn() {
		b = append(b, ", nor a byte of what the client sent"...)
	}
	if here := initialSeqs(v.Record); here == 0 || e.numbers == 0 || here == e.numbers {
		return b
	}
	return append(b, ", and other sequence numbers, so a proxy in between speaks to each end in the name of the other"...)
}
