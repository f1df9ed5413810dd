package diagnosis

import "github.com/sniscope/sniscope/pkg/flow"

// A capture of all interfaces of a host, such as tcpdump's "any" on a gateway or a node, shows twice what passes through: as it comes
// in, and as it leaves. What was made there only leaves, and what was dropped there only comes in. A capture that lost a packet
// looks the same, so that it takes two such signs to say so.

// causeReset is the RST that ended the connection, nil if that was something else, or not listed.
func (v *view) causeReset() *flow.Reset {
	for i := range v.Resets {
		if x := &v.Resets[i]; v.cause.Kind == CauseRST && x.Frame == v.cause.Frame {
			return x
		}
	}
	return nil
}

// leftOnly holds when the RST that ended the connection was captured as it left, and not as it came in.
func (v *view) leftOnly() bool {
	if by := v.cause.By; by > server || v.Sides[by].Passage < flow.PassageThrough {
		return false // as nearly always
	}
	x := v.causeReset()
	return x != nil && x.Signs&flow.SignOutgoing != 0
}

// madeHere holds when moreover nothing of what the other side had sent was captured leaving, or its RSTs were not captured coming
// in either.
func (v *view) madeHere() bool {
	return v.leftOnly() && (v.heldHere(v.cause.By.Other()) || v.madeBoth())
}

// madeBoth holds when RSTs in the names of both sides were captured as they left, and none as it came in: what came in would have
// had to escape the capture twice.
func (v *view) madeBoth() bool {
	if !v.leftOnly() {
		return false
	}
	n, other := 0, v.cause.By.Other()
	for i := range v.Resets {
		x := &v.Resets[i]
		if x.By == other && x.Signs&flow.SignOutgoing == 0 {
			return false
		} else if x.By == other {
			n++
		}
	}
	return n > 0
}

// heldHere holds where packets of a side pass, but not those with what it sent, of which nothing is known to have arrived.
func (v *view) heldHere(side flow.Side) bool {
	s := &v.Sides[side]
	return s.Passage == flow.PassageThrough && s.Sent > 0 && s.Acked == 0
}

// heldAgain holds when moreover it was sent again, and did not pass then either.
func (v *view) heldAgain(side flow.Side) bool {
	return v.heldHere(side) && v.Sides[side].Retransmits > 0
}

// synackHeld holds where the SYN passed, and its answer did not, which was sent again, and never arrived.
func (v *view) synackHeld() bool {
	c, s := &v.Sides[client], &v.Sides[server]
	return c.Passage >= flow.PassageThrough && s.Passage == flow.PassageIn && s.SYNs > 1 && !v.Opening.Established.Happened() && v.cause.By != client
}

// fixHere is what to do where the end of a connection, or the silence in it, was made on the host of the capture.
const fixHere = "look at what the host of this capture does with packets that it passes on: its firewall's rules (nft list ruleset, iptables -S), its proxy or intrusion prevention, and their logs"

// stoppedHere holds where a rule's diagnosis follows from what was made or dropped there.
func (v *view) stoppedHere(r *rule) bool {
	switch r.code {
	case NoSNIUnanswered, HelloUnanswered, HandshakeStalled:
		return v.heldAgain(client) || v.heldAgain(server)
	case SYNUnanswered:
		return v.synackHeld()
	case IncompleteCapture:
		return false
	}
	return v.leftOnly()
}

// remarkPassage says what came in and did not leave.
func remarkPassage(b []byte, v *view, _, _ *rule) []byte {
	switch {
	case v.synackHeld():
		return append(b, "the SYN was captured coming in and leaving, and the SYN-ACK only coming in: the host of this capture dropped it"...)
	case v.heldAgain(client):
		return v.appendHeld(b, client)
	case v.heldAgain(server):
		return v.appendHeld(b, server)
	}
	return b
}

func (v *view) appendHeld(b []byte, side flow.Side) []byte {
	b = append(append(b, "the first packets of the "...), sideNames[side]...)
	return append(b, " were captured coming in and leaving, and what it sent after them, again and again, only coming in: the host of this capture dropped it"...)
}

// appendMadeHere says how it shows that a RST was made on the host of the capture.
func (v *view) appendMadeHere(b []byte) []byte {
	by := v.cause.By
	to := by.Other()
	if v.madeBoth() {
		b = append(b, "the host of this capture sent it"...)
	} else {
		b = append(b, "the host of this capture probably sent it"...)
	}
	b = append(append(b, ": it was captured leaving towards the "...), sideNames[to]...)
	b = append(append(append(b, ", and not coming in from the "...), sideNames[by]...), ", as its other packets were"...)
	if v.madeBoth() {
		return append(append(append(b, ", and so was one in the name of the "...), sideNames[to]...), " the other way"...)
	}
	return append(append(append(b, "; nothing that the "...), sideNames[to]...), " sent was captured leaving, either"...)
}
