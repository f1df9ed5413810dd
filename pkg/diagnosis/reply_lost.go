package diagnosis

import "github.com/sniscope/sniscope/pkg/flow"

// What a SYN-ACK that was sent again and never acknowledged tells. A client without an answer sends its SYN again, and a server answers
// that with the same sequence number as long as it has the half-open connection (RFC 9293, Section 3.8.1).

// replyLost is whether the server's SYN-ACK was sent again and did not arrive.
func (v *view) replyLost() truth {
	lost := v.SYNACK.Happened() && v.Sides[server].SYNs > 1 && !v.Opening.Established.Happened() && !v.hasMore(server)
	return is(lost && v.cause.Kind == CauseNone)
}

// hasMore reports whether a side acknowledged more than was captured of the other: that had set the connection up.
func (v *view) hasMore(side flow.Side) bool {
	other := &v.Sides[side.Other()]
	return other.Acked > other.Sent
}

// sureOfReplyLost is how sure it is that no acknowledgment came because the client had no answer.
func (v *view) sureOfReplyLost() Confidence {
	switch {
	case v.answeredAnew(), v.askedOnce():
		return Possible
	case v.Packets[client] == 0 || v.waited(v.Ending.End, lastChance) != yes:
		return Probable // the capture may have the server's direction only, or end before it
	}
	return Certain
}

// answeredAnew holds where not all SYN-ACKs have one sequence number: the server's host had no half-open connection any more when the next
// SYN came, and what ended it was not captured. Only one with the same number counts as sent again, and so does a SYN: where more SYNs came
// than were sent again, the client began anew, and the server with it.
func (v *view) answeredAnew() bool {
	asked, answered := uint64(max(v.Sides[client].SYNs, 1)-1), uint64(max(v.Sides[server].SYNs, 1)-1)
	return v.SYNACK.Happened() && v.Retransmits >= asked && v.Retransmits < asked+answered
}

func (v *view) appendReplyLost(b []byte) []byte {
	b = appendTimes(append(b, " sent its SYN-ACK "...), v.Sides[server].SYNs)
	switch {
	case v.answeredAnew():
		return append(b, ", not always with the same sequence number, and the client never acknowledged one: the server's host began anew in between, as after a RST of the client's host that was not captured"...)
	case v.askedOnce():
		return append(b, ", and the client neither acknowledged it nor sent its SYN again, as who has no answer does: it may have had the answer, and what it sent then did not come here"...)
	}
	return append(b, " and the client never acknowledged it: the reply is lost on its way"...)
}

// fixReplyLost is what to do about it, "" where the catalogue says it.
func (v *view) fixReplyLost() string {
	switch {
	case v.answeredAnew():
		return "capture at the client, all ports and addresses and RSTs too: if its host resets the answers, they come from another address than it connected to; then " + fixWayBack
	case v.askedOnce():
		return "look for a firewall on the way that drops what the client sends behind its SYN, " + sawNoSYNACK + "; a capture at the client shows whether it had the answer; nothing is to be done about forged source addresses, as in a scan or a flood of SYNs"
	}
	return ""
}
