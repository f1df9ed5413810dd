package diagnosis

import (
	"slices"

	"github.com/sniscope/sniscope/pkg/flow"
)

// What follows from a client's host that has no such connection. A RST without ACK answers a segment for a connection that its sender does not
// have (RFC 9293, Section 3.5.2), and no program's abort looks so: that acknowledges. Who is answered by an address that it did not write to has
// none with that one, and neither has the host to which the client's address has moved.

// strangerAnswered holds where the client's RST says that its host had no such connection, though the client had not left.
func (v *view) strangerAnswered() bool {
	return v.noSocket(client) && !v.forged(client)
}

// wentOn holds where the client sent something behind the RST in its name: the server's host, which had lost the connection by that, says so.
func (v *view) wentOn() bool {
	return slices.ContainsFunc(v.Resets, func(x flow.Reset) bool {
		return x.Frame > v.cause.Frame && x.By == server && x.Kind == flow.RSTNoSocket
	})
}

// partly holds where packets are known to be missing, among which the client's FIN may be.
func (v *view) partly() bool {
	return v.Disordered() || v.Missed > 0 || v.Ending.Incomplete&(flow.IncompleteGap|flow.IncompleteMid|flow.IncompleteOneSided) != 0 || v.replyMissed()
}

// appendStranger says what such a RST means.
func (v *view) appendStranger(b []byte) []byte {
	b = append(b, "; such a RST comes from a host that has no such connection, and not from a program that leaves"...)
	if v.wentOn() {
		b = append(b, ", and the client went on after it"...)
	}
	return b
}

// fixStranger is what to do about it. Where no byte of the server was captured, something may have taken its answer before the capture, and
// have sent the RST in the client's name for it.
func (v *view) fixStranger() string {
	if v.serverSilent() == yes {
		return "look at the firewall's rules on the server's host (nft list ruleset, iptables -S OUTPUT): one that rejects the server's answer with a RST sends it to the server in the client's name; and" + fixUntranslated
	}
	return "look" + fixUntranslated
}

const fixUntranslated = " for a NAT, load balancer or connection tracking between client and server that did not translate the server's packet back, as where it takes that for invalid" + seeTracking + ", for an address of the client that another host has as well, or that moved to it, and for what sends a RST in the client's name; a capture at the client shows what arrives there, and from which address"

// turnedBack holds where the client's host reset the answer to the SYN and then sent that SYN again: its program still wants the connection.
// A scan, which has what it wanted, does not ask again.
func (v *view) turnedBack() bool {
	return v.SYN.Happened() && !v.Opening.Established.Happened() && v.askedAgain() && v.firstTurnedBack() != nil
}

// firstTurnedBack is the first RST of the client behind which it went on; nil if there is none.
func (v *view) firstTurnedBack() *flow.Reset {
	return firstReset(v.Record, func(x *flow.Reset) bool { return x.By == client && x.Signs&flow.SignDataAfter != 0 })
}

func (v *view) ofTurnedBack() finding {
	f := finding{severity: v.weight(), confidence: Probable, at: v.firstTurnedBack().Event, shown: [4]flow.Event{v.SYN, v.SYNACK}}
	if v.partly() {
		f.confidence = Possible
	}
	return f
}

func (v *view) appendTurnedBack(b []byte) []byte {
	if b = v.appendServer(b); v.SYNACK.Happened() {
		b = appendTimes(append(b, " answered the SYN, sent "...), v.Sides[client].SYNs)
		return append(b, ", and the client's host reset that answer and then asked again: it has no such connection with who answers, so the answer seems to come from another address than it connected to"...)
	}
	b = appendTimes(append(b, " was sent the SYN "...), v.Sides[client].SYNs)
	return append(b, ", with a RST of the client's host in between: it reset an answer that did not come through here, which seems to come from another address than it connected to"...)
}

const fixTurnedBack = fixWayBack + "; a capture at the client shows which address the answers come from; if it is the right one, look for what sends RSTs in the client's name"
