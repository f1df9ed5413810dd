package diagnosis

import (
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
)

// shaky reports whether packets are known to be missing, or something else that is not accounted for, so that no
// finding is certain: what is missing may have said something else. Of a handshake that went through, what is said is about
// the handshake, which was seen.
func (v *view) shaky(r *rule) bool {
	if r.code == IncompleteCapture || v.Established {
		return false
	}
	if v.alertSays(r) {
		return v.ServerLate() && v.Terminator.Happened() && v.Terminator.Frame < v.cause.Frame
	}
	if v.Disordered() || v.Missed > 0 && !v.cutBehindEnd() || v.Incomplete&flow.IncompleteGap != 0 || v.replyMissed() {
		return true
	}
	if r.code != ResetInjected && (v.goneSocket() || v.onlyReset()) {
		return true
	}
	switch r.code {
	case ClientLeftBeforeHello:
		return v.answeredAnew() // so it may have asked again
	case ClientAborted:
		return v.retransmitting() || v.notReceived()
	case HelloClosed, HelloReset:
		return v.Ending.Incomplete&flow.IncompleteMid != 0 // the server may have spoken before, as where it greets or TLS is asked for first
	case HandshakeStalled:
		return v.retransmitting() || v.onlySilence()
	case HelloUnanswered, NoSNIUnanswered:
		return v.onlySilence() || v.ackedUnseen() || v.unheard() || r.code == HelloUnanswered && v.goneUnseen()
	}
	return false
}

// unheard reports whether the client closed, and nothing of the server was captured behind its acknowledgment of the hello, not
// even one of the FIN: more of it may be missing.
func (v *view) unheard() bool {
	return v.Transport == flow.TCP && v.closedBy(client) && v.Packets[server] <= uint64(v.Sides[server].SYNs)+1
}

// ackedUnseen reports whether the client acknowledged once more where nothing was there to acknowledge: something of the
// server arrived that was not captured.
func (v *view) ackedUnseen() bool {
	n := v.repeatedACKs(client) - int(max(v.Sides[server].SYNs, 1)-1) // a SYN-ACK that comes again is acknowledged again
	if v.Sides[server].Fin.Happened() {
		n-- // which the client acknowledged
	}
	return v.Transport == flow.TCP && v.helloSeen() && n > 0
}

// notReceived reports whether the client left without having what the server sent a while before.
func (v *view) notReceived() bool {
	s := &v.Sides[server]
	return v.Transport == flow.TCP && s.Acked < s.Sent && v.before(s.LastData) && time.Duration(v.cause.Time-s.LastData.Time) > arrival
}

// onlySilence reports, where a finding is about nothing having come, whether nothing was captured of the connection that shows
// that it waited, as a packet sent again a while later, a keep-alive or the client's end would: the capture may have lost at
// once what came and all that followed.
func (v *view) onlySilence() bool {
	return v.cause.Kind == CauseNone && time.Duration(v.Ending.End-v.lastData().Time) < patience
}

// alertSays reports whether an alert in the clear names the diagnosis by itself, whatever else is missing.
func (v *view) alertSays(r *rule) bool {
	return v.cause.Kind == CauseAlert && !v.cause.Alert.Encrypted && r.code != ClientAlert && r.code != ServerAlert
}

// replyMissed reports whether the client went on after its SYN although no SYN-ACK was captured.
func (v *view) replyMissed() bool {
	return v.SYN.Happened() && !v.SYNACK.Happened() && v.Packets[client] > uint64(v.Sides[client].SYNs)
}

// goneSocket reports whether the first end is a RST of the client that says that there is no such connection: something ended
// it before that was not captured, or forged.
func (v *view) goneSocket() bool { return v.helloSeen() && strangerEnded(v.Record) }

// endedUnseen reports the same of the server. It may say so at once to a hello; but a RST that came later answers what was not
// captured, and where the beginning of the connection was not captured either, who knows what came before the hello.
func (v *view) endedUnseen() bool {
	if !v.noSocket(server) {
		return false
	}
	c := &v.Sides[client]
	late := c.Retransmits == 0 && c.LastData.Happened() && time.Duration(v.cause.Time-c.LastData.Time) > patience
	return late || v.Ending.Incomplete&flow.IncompleteMid != 0
}

// onlyReset reports whether a RST after the hello is all that was captured of the server: there is nothing to tell by whether
// somebody else sent it.
func (v *view) onlyReset() bool {
	if !v.resetBy(server) || !v.helloSeen() || v.onlyWithSYN() && v.noSocket(server) || v.Packets[server] > uint64(len(v.Resets)) {
		return false
	}
	n := v.countResets(server)
	return v.Transport == flow.TCP && uint64(n.acked+n.bare) == v.Packets[server]
}

// retransmitting reports whether a side sent a segment again so often that the path is in doubt.
func (v *view) retransmitting() bool {
	return v.Sides[client].Stall.Count >= stallCount || v.Sides[server].Stall.Count >= stallCount
}
