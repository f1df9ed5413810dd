package diagnosis

import (
	"slices"

	"github.com/sniscope/sniscope/pkg/flow"
)

// What follows from another capture of a connection, made nearer to one of its ends.

// lasted reports whether the capture shows what became of the connection until after it had lasted for d. What was on its way at its
// end is no later than a round trip.
func (v *view) lasted(d after) bool {
	if v.cause.Kind != CauseNone {
		return after(v.cause.Time-v.Start)+behind(v.Start, v.Opening.Established) > d
	}
	return after(v.now-v.Start) > d+after(patience)
}

// disowned holds when what ended the connection came in the name of a side of which a capture nearer to it has no such packet:
// it came from in between. Within one capture the packet would have been there by then, unless the capture lost it.
func (v *view) disowned() bool {
	by, kind := v.cause.By, v.cause.Kind
	switch {
	case kind != CauseRST && kind != CauseFIN && kind != CauseAlert, v.resetAstray(), v.resetPastNAT():
		return false
	case by == server && v.c.Absent:
		return true
	}
	e := &v.c.Elsewhere[by]
	switch {
	case v.proxied(by) && kind != CauseAlert:
		return v.behind() == by && !v.relayed() && !e.missed && v.Missed == 0
	case e.First == 0, e.Here && (e.missed || v.Missed > 0), !e.Here && !e.lasted(after(v.cause.Time-v.Start)):
		return false
	case kind == CauseRST:
		return !e.reset[by].happened()
	}
	return !e.ended[by].happened()
}

// resetPastNAT holds for a RST of the client's host, which has no such connection, where a NAT is between here and the capture nearer to the
// client: who is answered by an address that it did not ask resets that by the address, and not in the connection that the other capture
// has. Where that has a RST of the server, something in between made both.
func (v *view) resetPastNAT() bool {
	e := &v.c.Elsewhere[client]
	return v.noSocket(client) && e.First != 0 && !e.Here && e.ends != endsOf(v.Record) && !v.otherReset()
}

// bothDisowned holds when moreover that capture has a RST in the name of the other side: two packets would have had to escape, one each capture.
func (v *view) bothDisowned() bool { return v.disowned() && v.otherReset() }

// otherReset holds where a capture nearer to the side that ended the connection has a RST of about that time in the name of the other side, of
// which there is none here, nearer to that.
func (v *view) otherReset() bool {
	by := v.cause.By
	if elsewhereOf(v.Record).reset[by.Other()].happened() {
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
	return v.disowned() && v.throughNAT(by) && !v.unsent(by.Other())
}

// throughNAT holds where the capture has the connection itself on that side of its host, and not one that a proxy made there of it.
func (v *view) throughNAT(side flow.Side) bool { return v.c.Elsewhere[side].Here && !v.Paired }

// unsent holds where what a side sent did not come to a capture nearer to the other. What is acknowledged passed a NAT; something else
// in between may acknowledge it by itself.
func (v *view) unsent(side flow.Side) bool {
	e, sent := &v.c.Elsewhere[side.Other()], behind(v.Start, v.FirstData[side])
	switch {
	case e.First == 0 || !sent.happened() || e.spoke[side].happened() || e.missed:
		return false
	case v.throughNAT(side.Other()) && v.Sides[side].Acked > 0:
		return false
	}
	return e.lasted(sent) || e.Here && v.cause.By == side.Other() // which came later, so the capture did not end in between
}

// unreached holds where a capture nearer to that side has what it sent, and that did not come here.
func (v *view) unreached(side flow.Side) bool {
	e := &v.c.Elsewhere[side]
	return e.spoke[side].happened() && !v.FirstData[side].Happened() && v.Missed == 0 && v.lasted(e.spoke[side])
}

// endUnreached holds where a capture nearer to the server has its end of the connection, which did not come here, not even behind the client's.
func (v *view) endUnreached() bool {
	end := v.c.Elsewhere[server].ended[server]
	return end.happened() && v.cause.By != server && v.Missed == 0 && v.lasted(end) && !elsewhereOf(v.Record).ended[server].happened()
}

// compared holds where a capture nearer to either side has the connection, which few have.
func (v *view) compared() bool { return v.c.Elsewhere[client].First|v.c.Elsewhere[server].First != 0 }

// contradicted holds where another capture of the connection shows that a side did not do what the rule says of it.
func (v *view) contradicted(r *rule) bool {
	switch {
	case r.code == IncompleteCapture, v.answeredAstray(), v.Paired && unanswered(r.code) && v.behind() == client:
		return false // of the server's silence it does not matter who left, and what came astray is known
	case v.c.Absent:
		return v.disowned() || unanswered(r.code) || slices.Contains(ofServers[:], r.code)
	case !v.compared():
		return v.proxysOwn(r)
	}
	return v.disowned() || unanswered(r.code) && (v.unreached(server) || v.endUnreached()) || v.proxysOwn(r) || v.proxied(server) && v.unreached(server)
}

// stoppedBetween holds where a rule's diagnosis follows from what was made or dropped between this capture and another one.
func (v *view) stoppedBetween(r *rule) bool {
	return v.contradicted(r) || unanswered(r.code) && v.unsent(client) || r.code == HandshakeStalled && v.unsent(server)
}

// ofServers are codes of which the server has a part though the client ended the connection.
var ofServers = [...]Code{HandshakeStalled, CertificateNameMismatch, ClientRejectedCertificate, NoSNIClientRejected}

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
	switch {
	case v.Paired && (e.Here || !v.compared()):
		return fixPaired
	case e.Here:
		return fixNAT
	}
	return fixPlaces
}

const fixNAT = "on the host of this capture, look at its firewall's rules (nft list ruleset, iptables -S), and whether its connection tracking forgot the connection or took a packet for invalid, so that it does not pass it on and may answer with a RST itself" + seeTracking

const fixPlaces = "look between the two places of capture for a firewall, a transparent proxy or a load balancer, and for what its log says of this connection"
