package diagnosis

import (
	"github.com/sniscope/sniscope/pkg/flow"
)

// A capture of several interfaces of a host, such as tcpdump's "any" on a gateway or a node, shows twice what passes through: as it
// comes in, and as it leaves. What was made there only leaves, and what was dropped there only comes in.

// madeHere holds when the RST that ended the connection left by the interface to its receiver, and never came in by that of its
// apparent sender.
func (v *view) madeHere() bool { return v.signs()&flow.SignInterface != 0 }

// surelyMadeHere holds when moreover what the client had sent did not go on, and no answer could have come in that time: it was not
// just lost with what followed. Or when the other side was sent a RST in the same way: two packets would have had to escape the capture.
func (v *view) surelyMadeHere() bool {
	return v.madeHere() && (v.heldHere(client) && v.tooSoon() || v.madeBoth())
}

// madeBoth holds where a RST in the name of either side was made there.
func (v *view) madeBoth() bool {
	return signsOf(v.Record, client)&signsOf(v.Record, server)&flow.SignInterface != 0
}

// tooSoon holds where the server's RST came sooner behind what the client sent than its SYN-ACK had behind the SYN.
func (v *view) tooSoon() bool {
	trip := v.SYNACK.Time - v.SYN.Time
	return v.resetBy(server) && v.SYN.Happened() && v.Sides[client].SYNs == 1 && v.cause.Time-v.Sides[client].LastData.Time < trip
}

// heldHere holds where packets of a side pass, but not those with what it sent, of which nothing is known to have arrived.
func (v *view) heldHere(side flow.Side) bool {
	s := &v.Sides[side]
	return s.Passed && !s.PassedData && s.Sent > 0 && s.Acked == 0
}

// synackHeldHere holds where the SYN passed, and its answer, which never arrived, did not.
func (v *view) synackHeldHere() bool {
	return v.Sides[client].Passed && v.SYNACK.Happened() && !v.Sides[server].Passed && !v.Opening.Established.Happened()
}

// fixHere is what to do where the end of a connection, or the silence in it, was made between the interfaces of the capture.
const fixHere = "look at what the host of this capture, or what lies between its interfaces, does with packets that it passes on: a firewall's rules (nft list ruleset, iptables -S), a proxy or intrusion prevention, and their logs"

// stoppedHere holds where a rule's diagnosis follows from what was made or dropped there.
func (v *view) stoppedHere(r *rule) bool {
	switch r.code {
	case ResetInjected:
		return v.madeHere()
	case NoSNIUnanswered, HelloUnanswered, HandshakeStalled:
		return v.heldHere(client) || v.heldHere(server)
	case SYNUnanswered:
		return v.synackHeldHere()
	}
	return false
}

// remarkPassage says what came in and did not leave.
func remarkPassage(b []byte, v *view, named, _ *rule) []byte {
	switch {
	case named.code == ResetInjected:
		return b // which says so itself
	case v.synackHeldHere():
		return append(b, "the SYN went on to another interface of this capture, and its answer came in there and did not go back: it was probably dropped in between"...)
	case v.heldHere(client):
		return v.appendHeld(b, client)
	case v.heldHere(server):
		return v.appendHeld(b, server)
	}
	return b
}

func (v *view) appendHeld(b []byte, side flow.Side) []byte {
	b = append(append(b, "what opened the connection for the "...), sideNames[side]...)
	return append(b, " went on to another interface of this capture, and not a byte of what it sent then did: that was probably dropped in between"...)
}

// appendMadeHere says how it shows that a RST was made between the interfaces of the capture.
func (v *view) appendMadeHere(b []byte) []byte {
	by := v.cause.By
	to := by.Other()
	b = append(append(b, "it was made between the interfaces of this capture, for it left towards the "...), sideNames[to]...)
	b = append(append(b, " and never came in from the "...), sideNames[by]...)
	switch {
	case v.heldHere(to):
		b = append(append(append(b, ", and not a byte of what the "...), sideNames[to]...), " sent went on"...)
	case v.madeBoth():
		b = append(append(append(b, ", as did one in the name of the "...), sideNames[to]...), " the other way"...)
	}
	return b
}
