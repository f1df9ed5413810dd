package diagnosis

import (
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// Elsewhere is what another capture shows of the same connection, as where both of its ends were captured, or the same capture
// beyond a NAT. The zero value says that there is none.
type Elsewhere struct {
	First  uint64  // ordinal of the first packet there, 0 where there is none
	Start  int64   // its time, by the clock of that capture
	End    int64   // of the timeline of that capture, as Context.End
	Reset  [2]bool // it has a RST in the name of that side
	Ended  [2]bool // it has that, a FIN or an alert
	Spoke  [2]bool // it has payload of that side
	SYNACK bool    // it has the server's SYN-ACK
	Here   bool    // it is of the same capture, which shows the connection on both sides of a NAT
	Missed bool    // bytes of it were not captured there

	ends    uint64   // hash of its endpoints, which a NAT changes
	numbers uint64   // the initial sequence numbers of both sides, 0 where one is not known
	trips   [2]int64 // how long a packet takes from the capture to that side, and the answer back
}

// elsewhereOf is what a capture shows of a connection to those who see it in another.
func elsewhereOf(r *conversation.Record) Elsewhere {
	e := Elsewhere{
		First: r.First, Start: r.Start,
		Missed: r.Missed > 0, Spoke: [2]bool{r.FirstData[client].Happened(), r.FirstData[server].Happened()}, SYNACK: r.SYNACK.Happened(),
		ends: mix(mixClient(r), mixListener(r)), numbers: initialSeqs(r), trips: trips(r),
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

// lasted reports whether the capture shows what happened there until after the connection had lasted for d. Within one capture, the
// packet in question would have been there by then.
func (e *Elsewhere) lasted(d time.Duration) bool {
	return e.Here || e.Ended[client] || e.Ended[server] || time.Duration(e.End-e.Start) > d+patience
}

// nearer reports whether the capture was made nearer to that side than o: a packet to it passes o first, and the answer last. Two
// captures of one place differ by chance, but not by a quarter of the way to either side; and not in addresses, which a NAT
// in between changed.
func (e *Elsewhere) nearer(to flow.Side, o *Elsewhere) bool {
	from := to.Other()
	apart := e.ends != o.ends || e.trips[to] < o.trips[to]/4*3 || o.trips[from] < e.trips[from]/4*3
	return apart && e.trips[to] < o.trips[to] && e.trips[from] > o.trips[from]
}

// disowned holds when what ended the connection came in the name of a side of which a capture nearer to it has no such packet:
// it came from in between.
func (v *view) disowned() bool {
	by := v.cause.By
	if by > server {
		return false
	}
	e := &v.c.Elsewhere[by]
	if e.First == 0 || e.Here && (e.Missed || v.Missed > 0) || !e.lasted(time.Duration(v.cause.Time-v.Start)) {
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

// surelyDisowned holds when moreover that capture has a RST in the name of the other side, of which there is none here, nearer
// to that: two packets would have had to escape, one each capture. Or when it is this capture, and what the client sent did not get
// there either, nor could an answer have come in that time: it was not just lost with what followed.
func (v *view) surelyDisowned() bool {
	return v.bothDisowned() || v.disowned() && v.c.Elsewhere[v.cause.By].Here && v.unsentOn() && v.tooSoon()
}

// bothDisowned is the first of these.
func (v *view) bothDisowned() bool {
	by := v.cause.By
	return v.disowned() && v.c.Elsewhere[by].Reset[by.Other()] && !elsewhereOf(v.Record).Reset[by.Other()]
}

// contradicted holds where another capture of the connection shows that a side did not do what the rule says of it.
func (v *view) contradicted(r *rule) bool {
	return v.disowned() || unanswered(r.code) && v.answerLost()
}

// stoppedBetween holds where a rule's diagnosis follows from what was made or dropped between this capture and another one.
func (v *view) stoppedBetween(r *rule) bool {
	return v.contradicted(r) || unanswered(r.code) && v.unsentOn()
}

// unanswered holds for the codes that say that the server was silent.
func unanswered(c Code) bool { return c == NoSNIUnanswered || c == HelloUnanswered }

// fixBetween is what to do then.
func (v *view) fixBetween() string {
	if v.c.Elsewhere[client].Here || v.c.Elsewhere[server].Here {
		return fixNAT
	}
	return fixPlaces
}

const fixNAT = "on the host of this capture, look at its firewall's rules (nft list ruleset, iptables -S), and whether its connection tracking forgot the connection or took a packet for invalid, which is then not passed on and may be reset by the host itself (conntrack -S, net.netfilter.nf_conntrack_tcp_be_liberal; on nodes of Kubernetes kube-proxy)"

const fixPlaces = "look between the two places of capture for a firewall, a transparent proxy or a load balancer, and for what its log says of this connection"

// remarkElsewhere says what a capture of the same connection in another place shows.
func remarkElsewhere(b []byte, v *view, _, _ *rule) []byte {
	spoke, nearClient, nearServer := v.FirstData[client].Happened(), &v.c.Elsewhere[client], &v.c.Elsewhere[server]
	switch {
	case v.disowned():
		return v.appendDisowned(b)
	case nearServer.SYNACK && !v.SYNACK.Happened():
		return append(b, "a capture nearer to the server has its SYN-ACK, which was lost or dropped on the way back"...)
	case nearClient.First != 0 && v.SYNACK.Happened() && !nearClient.SYNACK:
		return append(b, "a capture nearer to the client has no SYN-ACK: it was lost or dropped on the way back"...)
	case v.unsentOn():
		return append(nearServer.appendPlace(b, server), " has not a byte of what the client sent: it was lost or dropped on the way"...)
	case v.answerLost():
		return append(nearServer.appendPlace(b, server), " has what it answered, and none of that came here: it was lost or dropped on the way back"...)
	case nearClient.Spoke[client] && !spoke:
		return append(nearClient.appendPlace(b, client), " has what it sent, and none of that came here: it was lost or dropped on the way"...)
	}
	return b
}

// unsentOn holds where what the client sent did not come to a capture nearer to the server.
func (v *view) unsentOn() bool {
	e := &v.c.Elsewhere[server]
	return e.First != 0 && v.FirstData[client].Happened() && !e.Spoke[client] && !e.Missed && e.lasted(time.Duration(v.FirstData[client].Time-v.Start))
}

// answerLost holds where a capture nearer to the server has an answer of it that did not come here.
func (v *view) answerLost() bool {
	return v.c.Elsewhere[server].Spoke[server] && !v.FirstData[server].Happened()
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
	if by == server && v.FirstData[client].Happened() && !e.Spoke[client] {
		b = append(b, ", nor a byte of what the client sent"...)
	}
	if here := initialSeqs(v.Record); here == 0 || e.numbers == 0 || here == e.numbers {
		return b
	}
	return append(b, ", and other sequence numbers, so a proxy in between speaks to each end in the name of the other"...)
}
