package diagnosis

import (
	"slices"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// Short names of the sides, as the rules read better with them.
const (
	client = flow.Client
	server = flow.Server
)

// view is one connection as the rules see it: what is known of it, what other connections contribute, and
// the statements that most rules are made of.
type view struct {
	*conversation.Record
	c       *Context
	cause   Cause
	now     int64 // up to when the capture shows that nothing more came
	lost    [2]bool
	through truth  // the handshake went through
	facts   facts  // set where a diagnosis is looked for
	words   []byte // room for a sentence
}

// reset makes v the view of r. Where r is healthy nothing but through is of interest, unless there was a second handshake.
func (v *view) reset(r *conversation.Record, c *Context) {
	v.Record, v.c, v.through = r, c, yes
	v.cause, v.now, v.lost, v.facts = Cause{}, 0, [2]bool{}, 0
	if r.Established && !r.Second.Asked.Happened() {
		return
	}
	if v.now = r.Ending.End; r.Timed() {
		v.now = max(v.now, c.End)
	}
	v.cause.find(r)
	v.lost = [2]bool{v.bytesLost(client), v.bytesLost(server)}
	if !r.Established {
		v.through = v.wentThrough()
	}
}

// resetBy holds when the given side's RST, or what is a RST to QUIC, was the first to end the connection.
func (v *view) resetBy(s flow.Side) bool {
	return v.cause.By == s && (v.cause.Kind == CauseRST || v.cause.Kind == CauseStatelessReset)
}

// closedBy is the same for FIN.
func (v *view) closedBy(s flow.Side) bool {
	return v.cause.By == s && (v.cause.Kind == CauseFIN || v.cause.Kind == CauseQUICClose)
}

// goneFrom holds when the given side's host was, by an ICMP error: over UDP it says so that nobody has the port any more. Where
// datagrams are known to be missing, the handshake may have been done by then.
func (v *view) goneFrom(s flow.Side) bool {
	return v.cause.By == s && v.cause.Kind == CauseICMP && v.Ending.Incomplete&flow.IncompleteGap == 0
}

// leftBy holds for each of these.
func (v *view) leftBy(s flow.Side) bool { return v.resetBy(s) || v.closedBy(s) || v.goneFrom(s) }

// noSocket holds when it was the given side's host, by a bare RST that says that it has no such connection; see strangerEnded.
func (v *view) noSocket(s flow.Side) bool { return v.cause.By == s && v.cause.RST == flow.RSTNoSocket }

// alertBy holds when the given side's fatal alert was the first to end the connection.
func (v *view) alertBy(s flow.Side) bool { return v.cause.By == s && v.cause.Kind == CauseAlert }

// plainAlertBy holds when moreover the alert could be read, and is one of the given ones.
func (v *view) plainAlertBy(s flow.Side, descriptions ...uint8) bool {
	return v.alertBy(s) && !v.cause.Alert.Encrypted && slices.Contains(descriptions, v.cause.Alert.Description)
}

// sealedAlertBy holds when the alert is known only by the length of an encrypted record.
func (v *view) sealedAlertBy(s flow.Side) bool { return v.alertBy(s) && v.cause.Alert.Encrypted }

// tlsSeen holds when either side sent TLS.
func (v *view) tlsSeen() bool {
	return v.TLSBytes[client]+v.TLSBytes[server] > 0 || v.Hello.State != conversation.HelloNone
}

// helloSeen holds when the ClientHello was seen from its first byte to its last.
func (v *view) helloSeen() bool { return v.Hello.State == conversation.HelloComplete }

// malformed holds when the hello was seen whole and breaks its format before it names a server: what comes behind the
// fault, nobody can tell.
func (v *view) malformed() bool { return v.helloSeen() && v.Hello.SNI == tlswire.SNIUnknown }

// noSNI is whether the client named no server. Where the hello is malformed the capture lacks nothing that would say so, and
// what the server would not have is the hello itself.
func (v *view) noSNI() truth {
	switch {
	case v.Hello.SNI == tlswire.SNIMissing: // of a hello that was seen whole only
		return yes
	case v.namesServer(), v.malformed():
		return no
	case v.tlsSeen():
		return unknown
	}
	return no
}

// namesServer holds when a server_name was seen, whether or not it is a proper name.
func (v *view) namesServer() bool {
	return v.Hello.SNI == tlswire.SNIPresent || v.Hello.SNI == tlswire.SNIInvalid
}

// before holds for what happened before the cause, or in the same packet: what comes later is its consequence, or
// was on its way.
func (v *view) before(e flow.Event) bool {
	return e.Happened() && (v.cause.Kind == CauseNone || e.Frame <= v.cause.Frame)
}

// serverSaid is before for what the server said, which a FIN behind it or the client's acknowledgment may show although it was
// captured later.
func (v *view) serverSaid(e flow.Event) bool {
	return e.Happened() && (v.cause.Kind == CauseNone || v.SaidBy(server, e.Frame) <= v.cause.Frame)
}

// serverAnswered is whether the server sent a byte of TLS that says more than goodbye.
func (v *view) serverAnswered() truth {
	switch {
	case v.serverSaid(v.answered()) && !v.onlyGoodbye():
		return yes
	case v.lostAlert(server):
		return yes
	case v.lost[server] || v.endedUnseen():
		return unknown
	}
	return no
}

// askedLate holds where the client's request for TLS or a tunnel may have been captured behind what answers it: a refusal is not known for
// one then, nor is TLS of the server.
func (v *view) askedLate() bool {
	return v.ClientLate() && len(v.Carrier) > 0 && v.FirstData[server].Happened() && v.TLSBytes[server] == 0
}

// answered is when the server's first byte of TLS came, of a record that may never have become whole.
func (v *view) answered() flow.Event {
	if !v.Server.First.Happened() && v.TLSBytes[server] > 0 {
		return v.FirstData[server]
	}
	return v.Server.First
}

// onlyGoodbye holds when a close_notify is all that the server sent, but for the request for a cookie over UDP.
func (v *view) onlyGoodbye() bool {
	a := &v.Alerts[server]
	first := v.Server.First.Frame == a.Frame && !v.Server.Retry.Happened() || v.Transport == flow.DTLS && v.Server.Retry.Happened()
	return v.plainlySaid(tlswire.AlertCloseNotify) && first && !v.Server.Hello.Happened()
}

// plainlySaid holds where the server sent this alert in the clear, whether or not it ended the connection.
func (v *view) plainlySaid(description uint8) bool {
	a := &v.Alerts[server]
	return a.Happened() && !a.Encrypted && a.Description == description
}

// serverHello is whether the server chose the parameters of the handshake.
func (v *view) serverHello() truth {
	switch {
	case v.serverSaid(v.Server.Hello):
		return yes
	case v.lost[server]:
		return unknown
	}
	return no
}

// serverSilent is whether the server sent no payload at all. What it sends once it is known what the connection carries is
// no more than counted.
func (v *view) serverSilent() truth {
	switch {
	case v.serverSaid(v.FirstData[server]) || v.lostAlert(server):
		return no
	case v.Settled && v.Bytes[server] > 0 && !v.FirstData[server].Happened():
		return no
	case v.lost[server]:
		return unknown
	}
	return yes
}

// clientSpoke is whether the client sent payload that was captured. It is unknown where the server
// acknowledges a byte that the capture lacks.
func (v *view) clientSpoke() truth {
	switch {
	case v.FirstData[client].Happened():
		return yes
	case v.lost[client] || v.Sides[client].Acked > 0 || v.resetAcksPayload():
		return unknown
	}
	return no
}

// resetAcksPayload holds when a RST of the server acknowledges payload of the client: ISN+1 acknowledges none.
func (v *view) resetAcksPayload() bool { return v.resetAcks(1) }

// resetAcks holds when one acknowledges at least n bytes of it.
func (v *view) resetAcks(n uint64) bool {
	for i := range v.Resets {
		if x := &v.Resets[i]; x.By == server && x.InWindow && x.Flags.Has(decode.ACK) && uint64(x.Ack) > n {
			return true
		}
	}
	return false
}

// quiet is how long nothing had ended the connection since t, by what the capture shows.
func (v *view) quiet(t int64) time.Duration {
	if v.cause.Kind != CauseNone {
		return time.Duration(v.cause.Time - t)
	}
	return time.Duration(v.now - t)
}

// waited is whether at least d went by since t before anything ended the connection. It is unknown when the
// capture ended, or the table of connections gave this one up, too soon to tell.
func (v *view) waited(t int64, d time.Duration) truth {
	switch {
	case v.cause.Kind != CauseNone:
		return is(time.Duration(v.cause.Time-t) >= d)
	case v.evicted() || time.Duration(v.now-t) < d:
		return unknown
	}
	return yes
}

func (v *view) evicted() bool { return v.Ending.Incomplete&flow.IncompleteEvicted != 0 }
