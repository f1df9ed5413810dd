package diagnosis

import (
	"strconv"
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
)

// synUnanswered: a SYN sent again without an answer; or one that was not, as each with a sequence number of its own is, and nothing for
// 3 s while other packets of that server were seen; or a SYN-ACK sent again and never acknowledged, or one that an ICMP error says did
// not reach the client, which is the same with the reply lost; or one that the client's host reset, and then asked again; or that
// it answers with an ACK of an older connection only.
var synUnanswered = rule{
	code:  SYNUnanswered,
	needs: noPayload,
	when: func(v *view) truth {
		if v.Transport != flow.TCP || v.payloadBehindSYN() {
			return no
		}
		if v.replyUnreachable() || v.turnedBack() || v.olderAnswers() {
			return yes
		}
		return either(v.noReply(), v.replyLost())
	},
	then: func(v *view) finding {
		switch {
		case v.replyUnreachable():
			return v.ofReplyUnreachable()
		case v.turnedBack():
			return v.ofTurnedBack()
		case v.olderAnswers():
			return v.ofOlderAnswers()
		}
		f := finding{severity: v.weight(), confidence: v.sureOfNoReply(), at: v.SYN}
		if v.SYNACK.Happened() {
			f.confidence, f.at, f.shown = v.sureOfReplyLost(), v.SYNACK, [4]flow.Event{v.SYN}
		}
		return f
	},
	say: (*view).appendSYNUnanswered,
	fix: func(v *view) string {
		switch {
		case v.replyUnreachable():
			return v.fixReplyUnreachable()
		case v.turnedBack():
			return fixTurnedBack
		case v.olderAnswers():
			return fixOlderAnswers
		case v.SYNACK.Happened():
			return v.fixReplyLost()
		}
		fix := v.fixPortAccepted(v.fixSilentPort())
		if v.gaveUpAtOnce() && fix != "" {
			return fixGaveUp + fix
		}
		return fix
	},
}

// noReply is whether the server left the SYN without any answer.
func (v *view) noReply() truth {
	switch {
	case !v.SYN.Happened() || v.Packets[server] > 0 || v.cause.By == server || v.answerUnseen():
		return no
	case v.evicted():
		return unknown
	case v.askedAgain():
		return yes
	case v.leftBy(client):
		return no
	case v.c.ServerSeen:
		return v.waited(v.SYN.Time, unansweredSYN)
	}
	return unknown
}

// answerUnseen holds where the client acknowledges what the server sent, and that was not captured.
func (v *view) answerUnseen() bool { return v.Ending.Incomplete&flow.IncompleteOneSided != 0 }

// askedAgain holds, of a server without an answer, where a SYN was sent again: one with another initial sequence number begins a new attempt
// (RFC 9293, Section 3.4), as where the one before was refused and the capture lacks that.
func (v *view) askedAgain() bool { return v.Retransmits > 0 }

// sureOfNoReply is how sure it is that no answer came. Where nothing of the server was captured at all the capture may have one
// direction only, and then the last SYN may have been refused; so may each of them, for Windows sends the SYN again after a RST.
func (v *view) sureOfNoReply() Confidence {
	switch {
	case !v.askedAgain():
		return Possible // a client that had no answer would have sent it again by now, unless it gave up at once
	case !v.c.ServerSeen || v.waited(v.Ending.End, v.dueAgain()+lastChance) != yes:
		return Probable
	}
	return Certain
}

// dueAgain is how long behind the last SYN the next one is due: each pause is twice as long as the one before (RFC 6298, Section 5.5).
// Until then the client still waits, and may get its answer after the capture, as from a server whose queue was full.
func (v *view) dueAgain() time.Duration {
	sent := time.Duration(v.Ending.End - v.SYN.Time)
	return sent + sent/(1<<min(v.Retransmits, maxDoublings)-1)
}

// replyUnreachable holds where an ICMP error quotes the server's SYN-ACK (RFC 1122, Section 4.2.3.9): the server answered, and its host
// or a router could not pass that on. Where it is the host itself, for want of a neighbour, no SYN-ACK was ever sent to be captured.
func (v *view) replyUnreachable() bool {
	e := &v.ICMP
	return v.cause.Kind == CauseICMP && v.Transport == flow.TCP && e.QuotesSYN && e.Quoted == server && e.Unreachable()
}

// askedOnce holds where the client did not send its SYN again although it had the time: whoever wants the connection does (RFC 6298,
// Section 2), and who forges a source address does not.
func (v *view) askedOnce() bool {
	return v.Sides[client].SYNs == 1 && time.Duration(v.now-v.SYN.Time) >= unansweredSYN
}

// ofReplyUnreachable is the conclusion then. That answers to nobody get nowhere, as in a flood, is no fault of the server, unless the user
// has named it.
func (v *view) ofReplyUnreachable() finding {
	f := finding{severity: v.weight(), confidence: Certain, at: v.ICMP.Event, shown: [4]flow.Event{v.SYN, v.SYNACK}}
	switch once := v.Sides[client].SYNs < 2; {
	case v.askedOnce() && !v.c.Named:
		f.severity = Info
	case once && !v.askedOnce():
		f.confidence = Probable // the next answer may have come through
	}
	return f
}

func (v *view) appendReplyUnreachable(b []byte) []byte {
	b = v.appendServer(b)
	b = append(b, " answered the SYN"...)
	if n := v.Sides[client].SYNs; n > 0 {
		b = appendTimes(append(b, ", sent "...), n)
	}
	b = v.Endpoints[client].Addr().AppendTo(append(b, ", but could not reach "...))
	b = appendICMP(append(v.ICMP.From.AppendTo(append(b, ": "...)), " says so with "...), &v.ICMP)
	if v.askedOnce() {
		b = append(b, "; a client that wants a connection sends the SYN again, so the source address may be forged"...)
	}
	return b
}

// fixReplyUnreachable is what to do about it.
func (v *view) fixReplyUnreachable() string {
	switch {
	case byFirewall(&v.ICMP), v.ICMP.NoPort():
		return "change the firewall's rule that rejects the server's answers: look for it on the host or router that sent the ICMP message"
	case v.askedOnce():
		return "nothing at the server, if these are forged source addresses, as in a scan or a flood of SYNs; if the client does exist, " + fixNoWayBack
	}
	return fixNoWayBack
}

func (v *view) appendSYNUnanswered(b []byte) []byte {
	switch {
	case v.replyUnreachable():
		return v.appendReplyUnreachable(b)
	case v.turnedBack():
		return v.appendTurnedBack(b)
	case v.olderAnswers():
		return v.appendOlderAnswers(b)
	}
	b = v.appendServer(b)
	if v.SYNACK.Happened() {
		return v.appendReplyLost(b)
	}
	n := v.Sides[client].SYNs
	b = appendTimes(append(b, " did not answer the SYN, sent "...), n)
	if attempts := uint64(n) - min(v.Retransmits, uint64(n)); attempts > 1 {
		b = append(appendCount(append(b, " in "...), attempts, "attempt"), " with sequence numbers of their own"...)
	}
	b = v.appendDuration(append(b, ", in "...), v.unansweredFor())
	if v.answeredAstray() {
		b = v.appendAstray(b, ": the SYN-ACK to it")
	}
	if v.gaveUpAtOnce() {
		return append(b, "; a host that still wants the connection sends it again after a second, so the client gave up sooner, or the capture lacks what it sent"...)
	}
	return b
}

// gaveUpAtOnce holds, of a server without an answer, where the client sent one SYN and was not there any more when the next was due (RFC 6298,
// Section 2.1), or what it sent was not captured.
func (v *view) gaveUpAtOnce() bool {
	return v.Sides[client].SYNs == 1 && !v.SYNACK.Happened() && !v.answeredAstray()
}

const fixGaveUp = "look at the client first, which gave up within a second, so that one lost packet is enough: a time-out for connecting that is shorter than that, a request that was cancelled, or another address that answered sooner; if it happens often, "

// unansweredFor is for how long the SYN had no answer. One that comes when the connection was given up is another's, although the
// capture goes on.
func (v *view) unansweredFor() time.Duration {
	sent := time.Duration(v.Ending.End - v.SYN.Time)
	return min(v.quiet(v.SYN.Time), sent+flow.PatienceForSYN(sent))
}

func appendTimes(b []byte, n uint32) []byte {
	if n == 1 {
		return append(b, "once"...)
	}
	return append(strconv.AppendUint(b, uint64(n), 10), " times"...)
}
