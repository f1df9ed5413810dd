package diagnosis

import (
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// The connection was set up and ended before the client's first byte.

// serverClosedBeforeHello: the server's FIN, or its RST a second or more after setup, or its alert; also where a hello crosses
// it on the way.
var serverClosedBeforeHello = rule{
	code:  ServerClosedBeforeHello,
	needs: serverEnded,
	when: func(v *view) truth {
		if v.alertBy(server) {
			return is(v.alertCameFirst())
		}
		ended := v.wasSetUp() && (v.closedBy(server) || v.resetBy(server) && v.idle() >= patience)
		if !ended {
			return no
		}
		crossed := is(v.helloCrossed())
		if crossed == yes && (v.prefixLost() || v.lost[client] && !v.cutBehindEnd()) {
			crossed = unknown // what the server closed upon was not captured
		}
		return all(v.serverSilent(), either(not(v.clientSpoke()), crossed))
	},
	then: func(v *view) finding {
		s := Info
		switch {
		case v.idle() < patience:
			s = Error
		case v.triedIdle():
			s = Warning
		}
		return finding{severity: s, confidence: Certain, at: v.cause.Event, shown: [4]flow.Event{v.SYNACK, v.Hello.Start}}
	},
	say: func(v *view, b []byte) []byte {
		b = append(v.appendAfterSetUp(b), ", before a byte of the client"...)
		if !v.helloCrossed() {
			return b
		}
		return v.appendCrossed(append(b, " reached it"...), v.FirstData[client])
	},
	fix: func(v *view) string {
		switch {
		case v.alertBy(server) && v.idle() < patience:
			return "look in the server's log for why its first word was an alert: a limit of connections, or a list that refuses the client"
		case v.idle() < patience:
			return "look for a TCP proxy without a backend, or with one that closes on its PROXY header, for an allow list or a connection limit, or a restart just then"
		case v.triedIdle():
			return "have the client, or the proxy, that opens connections in advance or keeps them in a pool give idle ones up before the server does, or try again with a new one: it began TLS in one that the server had ended"
		}
		return "look at the client, which opened a connection and sent nothing, or waits for a greeting where TLS begins at once; a connection that was only opened in advance is harmless"
	},
}

// triedIdle holds where the client began TLS in an idle connection that the server had ended.
func (v *view) triedIdle() bool { return v.helloCrossed() && v.tlsSeen() }

// appendCrossed says what came of the client, in the packet e, when the server had ended the connection, and whether it may have
// known that by then.
func (v *view) appendCrossed(b []byte, e flow.Event) []byte {
	b = append(b, ": "...)
	if p := v.Protocol[client]; plaintext(p) && !v.tlsSeen() {
		b = appendSpoken(b, p)
	} else {
		b = append(b, "a ClientHello"...)
	}
	late := time.Duration(e.Time - v.cause.Time)
	if late < 2*arrival {
		return append(b, " was on its way"...)
	}
	return append(v.appendDuration(append(b, " came only "...), late), " later"...)
}

// resetBeforeHello: the server's RST within a second of a handshake that was captured, and no byte of the client
// captured or acknowledged.
var resetBeforeHello = rule{
	code:  ResetBeforeHello,
	needs: noClientPayload | serverReset,
	when: func(v *view) truth {
		setUp := v.SYN.Happened() && v.SYNACK.Happened() && v.Opening.Established.Happened()
		return all(is(setUp && v.resetBy(server) && v.idle() < patience), v.serverSilent(), not(v.clientSpoke()))
	},
	then: func(v *view) finding {
		c := Certain
		if v.cause.RST == flow.RSTNoSocket {
			c = Probable // the segment that it answers may be a hello that only the capture lacks
		}
		return v.doubted(finding{severity: Error, confidence: c, at: v.cause.Event, shown: [4]flow.Event{v.SYNACK, v.Opening.Established}})
	},
	say: func(v *view, b []byte) []byte {
		b = append(v.appendAfterSetUp(b), ", and no byte of the client was captured or acknowledged"...)
		if v.cause.RST == flow.RSTNoSocket {
			b = append(b, "; such a RST answers a packet, and none was captured: it took another path, or something on the way made the RST"...)
		}
		return b
	},
	fix: func(v *view) string {
		if v.cause.RST != flow.RSTAbortive {
			return ""
		}
		return "look for an allow list, a limit on connections or a rule that rejects, at the server or a proxy before it: a program closed the connection; if there is none, give sniscope captures of both sides at once"
	},
}

// clientLeftBeforeHello: the client closes without having sent a byte, or resets once it has the SYN-ACK.
var clientLeftBeforeHello = rule{
	code:  ClientLeftBeforeHello,
	needs: noClientPayload | clientEnded,
	when: func(v *view) truth {
		return all(is(v.leftBy(client) && !v.turnedBack()), v.serverSilent(), not(v.clientSpoke()))
	},
	then: func(v *view) finding {
		f := finding{severity: Info, confidence: Certain, at: v.cause.Event, shown: [4]flow.Event{v.SYN}}
		if v.missedHello() {
			f.shown[1] = v.Alerts[server].Event
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		b = append(v.appendCause(append(v.appendClient(b), " sent "...)), ' ')
		b = append(append(v.appendDuration(b, v.idle()), " after "...), v.setUpWords()...)
		b = append(b, ", without a byte of payload"...)
		if resetAsStranger(v.Record) {
			b = v.appendUnasked(b)
		}
		if v.missedHello() {
			b = v.appendAlert(append(b, "; the server answered that in TLS, with "...), &v.Alerts[server])
		}
		if v.keptOthers() {
			b = appendCount(append(b, "; the server left "...), v.c.Endpoint.Waited, "hello")
			b = append(b, " of other connections unanswered for a second or more"...)
		}
		return b
	},
	fix: func(v *view) string {
		switch {
		case resetAsStranger(v.Record):
			return fixUnasked
		case v.idle() < patience:
			return ""
		case v.keptOthers():
			return "find out whether the server takes one connection at a time, and whether the others' hellos were answered when this one had ended: then it waits for this client's hello while all others wait for it (http.server of Python, openssl s_server), and needs threads and a time-out for handshakes; else see what keeps it"
		case v.missedHello():
			return "have the client begin TLS at once, without STARTTLS, if it waits for a greeting (SMTP, IMAP, POP3, FTP, MySQL): the port speaks TLS; a connection that was only opened in advance is harmless"
		}
		return "if the client waits for a greeting (SMTP, IMAP, POP3, FTP, MySQL), have it begin TLS at once, without STARTTLS, where the port expects that, or find out why the server does not greet; a connection that was only opened in advance is harmless"
	},
}

// keptOthers holds where hellos of others waited in vain for that server, which may have had no time for them before this client left.
func (v *view) keptOthers() bool { return v.c.Endpoint.Waited > 0 && v.idle() >= patience }

// missedHello holds where the server's only word is an alert, with which it says that it had waited for a ClientHello.
func (v *view) missedHello() bool {
	a := &v.Alerts[server]
	return a.Happened() && !a.Encrypted && v.TLSBytes[server] > 0
}

// wasSetUp holds where the beginning of the connection was captured, and the server's SYN-ACK or the client's answer to it.
func (v *view) wasSetUp() bool {
	return v.SYNACK.Happened() || v.SYN.Happened() && v.Opening.Established.Happened()
}

// prefixLost holds where bytes before the hello are missing.
func (v *view) prefixLost() bool {
	return v.Ending.Incomplete&flow.IncompleteGap != 0 && len(v.Carrier) == 0 && v.Hello.EndOffset > uint64(v.Hello.Bytes+tlswire.RecordHeaderLen)
}

// appendAfterSetUp says how and when the server ended the connection.
func (v *view) appendAfterSetUp(b []byte) []byte {
	b = append(v.appendCause(append(v.appendEnder(b, server), " sent "...)), ' ')
	return append(v.appendDuration(b, v.idle()), " after the connection was set up"...)
}

// idle is the time from setup to the cause.
func (v *view) idle() time.Duration { return v.quietBefore(v.cause.Event) }

// helloCrossed holds when the server ended the connection while the hello was on its way: it came later in the
// capture, or the server had acknowledged none of it and had no time to. What it acknowledged is not followed once it is known
// that no hello is to come, as where packets are cut off before it ends.
func (v *view) helloCrossed() bool {
	first := v.FirstData[client]
	switch {
	case !first.Happened() || v.resetBy(server) && v.quietBefore(first) < patience || v.endAcksPayload():
		return false
	case v.cause.Frame < first.Frame:
		return true
	}
	unread := !v.Settled && v.Sides[client].Acked == 0 && v.Sides[client].Retransmits == 0
	return unread && v.cause.RST != flow.RSTNoSocket && time.Duration(v.cause.Time-first.Time) < patience
}

// endAcksPayload holds when the server had payload of the client when it ended the connection, by what it acknowledged no
// later than with that, although the capture shows the payload only then: the two directions came through different queues.
func (v *view) endAcksPayload() bool {
	c := &v.Sides[client]
	return c.Acked > 0 && v.before(c.AckedAt) || v.resetAcksPayload()
}

// setUpWords say which of the packets that set a connection up idle counts from.
func (v *view) setUpWords() string {
	switch {
	case v.before(v.Opening.Established):
		return "the connection was set up"
	case v.SYNACK.Happened():
		return "the SYN-ACK"
	case v.SYN.Happened():
		return "its SYN"
	}
	return "the first packet"
}

// quietBefore is how long the connection had been set up when e came.
func (v *view) quietBefore(e flow.Event) time.Duration {
	return time.Duration(e.Time - setUp(v.Record, e))
}
