package diagnosis

import (
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// Silence in the middle of a DTLS handshake. Nobody sees what arrived; but what is not answered is sent again, and that
// shows who waits for whom.

// owedOverUDP is what was left to the server. Nothing is said of QUIC, in which all but the hellos is encrypted.
func (v *view) owedOverUDP() debt {
	turn := v.Sides[client].LastData.Frame > v.Sides[server].LastData.Frame // the server's
	switch {
	case v.Transport != flow.DTLS:
		return owesNothing
	case v.Client.Finished.Happened() && v.Server.Version == tlswire.VersionDTLS13:
		return owesACK
	case v.Client.Finished.Happened():
		return owesFinished
	case !v.Server.Hello.Happened() && v.Hello.Retried && turn:
		return owesHello
	}
	return owesNothing
}

// sentBefore is what the client had sent when the server said nothing more.
var sentBefore = [...]string{
	owesHello:    "the second ClientHello, for which the server had asked",
	owesFinished: "its own",
	owesACK:      "that",
}

// appendFellSilent says what a server did not send.
func (v *view) appendFellSilent(b []byte, o debt) []byte {
	b = append(append(append(v.appendServer(b), " did not send "...), debts[o].what...), ": the client had sent "...)
	b = append(append(b, sentBefore[o]...), ", and nothing came for "...)
	b = v.appendDuration(b, v.quiet(v.lastData().Time))
	if v.cause.Kind != CauseNone {
		b = v.appendWhoEnded(append(b, ", until "...))
	}
	if v.Client.Cert == conversation.CertEmpty {
		b = append(b, "; the client had been asked for a certificate and had sent none"...)
	}
	if v.flightAgain() {
		return append(b, "; before that the server sent its answer again, so it had not got the client's Finished, or dropped it"...)
	}
	return append(b, "; the capture does not show whether the server got it"...)
}

// flightAgain holds when the server sent what can only be its flight again, once the client had answered that.
func (v *view) flightAgain() bool {
	s := &v.Sides[server]
	return v.Client.Finished.Happened() && s.Retransmits > 0 && s.LastData.Frame > v.Client.Finished.Frame
}

// fixFellSilent is what to do about that.
func (v *view) fixFellSilent() string {
	switch {
	case v.Client.Cert == conversation.CertEmpty:
		return "supply the client certificate that the server asked for: some programs, such as those on Mbed TLS, refuse a client without one and send nothing over UDP; else look in the server's log, and at the path to it"
	case v.Client.Finished.Happened() && v.keyInUse():
		return "check whether client and server have the same pre-shared key under the same identity, for a server that cannot read the client's Finished drops it over UDP and says nothing; else look at the path to the server, where it may have been lost"
	}
	return "look in the server's log for why it fell silent, such as a stuck process, or a refusal that it does not put into an alert; if the log has nothing, look at the path to the server, where what the client sent may have been lost"
}

// deaf holds when the client sent a hello again that the server had answered, and nothing that comes behind it.
func (v *view) deaf() bool {
	c, answer := &v.Sides[client], v.unheardAnswer()
	if v.Transport == flow.QUIC && (v.Sides[server].Acked > 0 || v.lost[client]) {
		return false // it had the answer, or may have acknowledged it
	}
	return v.Transport != flow.TCP && c.Retransmits > 0 && !v.Client.Finished.Happened() && !v.Client.Certificate.Happened() &&
		answer.Happened() && c.LastData.Frame > answer.Frame
}

// unheardAnswer is what a client that is deaf did not get, for the first time that it was sent.
func (v *view) unheardAnswer() flow.Event {
	if v.noCookie() {
		return v.Server.Retry
	}
	return v.Server.Flight
}

// stuckSince is when the handshake had got as far as it did. Over UDP both sides may go on to send the same for as long as they have
// patience.
func (v *view) stuckSince() int64 {
	if v.deaf() {
		return v.unheardAnswer().Time
	}
	return v.lastData().Time
}

// neverCameBack holds when nothing of the client followed the server's request for a cookie.
func (v *view) neverCameBack() bool {
	return v.Transport == flow.DTLS && v.noCookie() && v.Sides[client].LastData.Frame < v.Server.Retry.Frame
}

// noCookie holds when a server asked for a cookie (RFC 6347, Section 4.2.1) or another hello, and none came.
func (v *view) noCookie() bool {
	return v.Server.Retry.Happened() && !v.Hello.Retried && !v.Server.Hello.Happened()
}

func (v *view) appendDeaf(b []byte) []byte {
	b = v.appendServer(append(v.appendClient(b), " never replied to "...))
	if v.noCookie() {
		b = append(b, "'s request for a cookie"...)
	} else {
		b = append(b, "'s answer"...)
	}
	if v.deaf() {
		b = append(b, " but sent its ClientHello again, so it lacked that, or dropped it; the handshake did not go on for "...)
		return v.appendDuration(b, v.quiet(v.stuckSince()))
	}
	b = v.appendDuration(append(b, "; then nothing came for "...), v.quiet(v.lastData().Time))
	return append(b, ", not even its ClientHello again: it was gone, or the capture lacks what followed"...)
}

func (v *view) fixDeaf() string {
	if v.deaf() {
		return "look at the path from the server to the client: a firewall or NAT that drops the answers, or an MTU that is too small for them; a capture at the client shows what arrives"
	}
	return "check whether the client's program ended or gave up at once; a scanner, which only wants to know whether DTLS is spoken there, is harmless"
}
