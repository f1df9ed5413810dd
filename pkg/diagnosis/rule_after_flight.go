package diagnosis

import (
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// clientAborted: the client's FIN or RST, or over UDP its host's "port unreachable", after its hello, with no alert: within a
// second and before any byte of the server, or after the server's flight, unless the server owed the next word and let it
// wait. Where another connection of the same client to the same name went through it is nothing: browsers open several and
// drop what they do not need.
var clientAborted = rule{
	code:  ClientAborted,
	needs: clientEnded | wholeHello,
	when: func(v *view) truth {
		left := is(v.helloSeen() && v.leftBy(client))
		soon := is(v.quiet(v.Hello.End.Time) < patience)
		if soon == yes && v.Ending.Incomplete&flow.IncompleteMid != 0 {
			soon = unknown // the hello may have been sent before, and this be its repetition
		}
		return all(left, either(is(v.serverSaid(v.answered())), soon), not(v.serverOwes()))
	},
	then: func(v *view) finding {
		f := atCause(v, Warning, Certain, v.Server.Flight)
		if v.surplus() {
			f.severity = Info
		}
		switch {
		case v.goneFrom(client):
			f.confidence = Probable // it may have said so in what was not captured
		case v.forged(client), v.strangerAnswered() && v.partly():
			f.confidence = Possible
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		b = v.appendProgress(append(v.appendDeparture(b), ", "...))
		if v.goneFrom(client) {
			b = append(b, "; its program had closed the port by then"...)
		}
		if v.leftUnread() {
			b = v.appendUnread(b)
		}
		if v.strangerAnswered() {
			b = v.appendStranger(b)
		}
		b = v.appendGoneUnseen(b)
		if v.surplus() {
			b = append(b, "; another connection of this client to the same name went through"...)
		}
		return b
	},
	fix: func(v *view) string {
		switch {
		case v.forged(client):
			return "look for a proxy, firewall or censor on the way, which may have sent the RST in the client's name: capture at the client as well, and give sniscope both captures at once"
		case v.strangerAnswered(), v.goneUnseen() && v.notReceived():
			return v.fixStranger()
		case v.surplus():
			return "nothing, unless users complain: the client opened several connections, and had no need of this one"
		case v.goneFrom(client) && v.answeredLate():
			return fixAnsweredLate
		case v.goneFrom(client):
			return "look at the client's program, which closed its port before the handshake was done and sent no alert: its time-out, its check of the server's certificate, or a crash"
		case v.lastCarrier() == "starttls-nats":
			return v.fixLeftNATS()
		case !v.serverSaid(v.Server.Flight) || v.Server.Resumed || v.quiet(v.Server.Flight.Time) >= patience || v.leftWithout(v.proof()):
			return ""
		case v.keyInUse() && !v.Server.Certificate.Happened():
			return fixOfferedKey + "; if none is meant, see why the server has no certificate: it chose a cipher suite that needs none"
		case v.Server.CertValidity == conversation.Expired:
			return "renew the server's certificate, which has expired, and see that the server sends the new one: the client left as soon as it had the old one, and some clients send no alert then"
		}
		return "check first whether the client trusts the server's certificate (authority, dates, names): it left as soon as it had the certificate, and some clients, such as Node.js, Bun and Java's HttpClient, send no alert then; else look for a time-out or a user who left"
	},
}

const (
	fixAnsweredLate = "find out why the server's answer took so long, for the client's program had given up by then: " + slowness
	slowness        = "a process that is stuck, overloaded or waits for DNS to name its client, or packets that were lost on the way to it"
)

// answeredLate holds where the server's answer to the hello came when clients lose patience.
func (v *view) answeredLate() bool {
	return v.serverSaid(v.answered()) && v.helloSeen() && time.Duration(v.answered().Time-v.Hello.End.Time) >= patience
}

// fixLeftNATS is what to do about a client that a server of NATS greeted before it began TLS.
func (v *view) fixLeftNATS() string {
	const greeting = "check whether the client begins TLS without reading the server's greeting first, and took that for TLS: with handshake_first on one side alone NATS fails so; else "
	if v.serverSaid(v.Server.Flight) {
		return greeting + "whether it trusts the server's certificate (authority, dates, names)"
	}
	return greeting + "look at a time-out of the client that is too short, or a user who left"
}

// appendProgress says how long the client had had what it left at. Where the server sent more in answer to that, its last
// byte is none of it.
func (v *view) appendProgress(b []byte) []byte {
	from, what := v.Sides[server].LastData, "last byte"
	switch {
	case !v.serverSaid(v.answered()) && v.serverSaid(v.FirstData[server]):
		return append(b, "before any TLS of the server"...)
	case !v.serverSaid(v.answered()):
		return append(b, "before any byte of the server"...)
	case v.before(from):
	case v.serverSaid(v.Server.Flight):
		if from, what = v.Server.Flight, "answer"; tlswire.Is13(v.Server.Version) {
			what = "answer began" // where it ends is encrypted
		}
	default:
		from, what = v.answered(), "first byte"
	}
	b = v.appendDuration(b, time.Duration(v.cause.Time-from.Time))
	return append(append(b, " after the server's "...), what...)
}

// surplus holds when the client got what it wanted by another connection: the same program, for at the same address others may trust
// another certificate. A connection that it had not left it may have wanted as well.
func (v *view) surplus() bool {
	if v.strangerAnswered() {
		return false
	}
	if v.Hello.Name == "" {
		return v.c.SameOffer[WithoutSNI]
	}
	return v.c.SameOfferName
}

// serverGone: over UDP, the "port unreachable" of a server's host in the middle of the handshake.
var serverGone = rule{
	code:  DestinationUnreachable,
	needs: wholeHello | routerSpoke | serverEnded,
	when:  func(v *view) truth { return is(v.goneFrom(server) && v.AppData[client] == 0) }, // with data it went through
	then:  func(v *view) finding { return atCause(v, Error, Probable, v.Sides[server].LastData) },
	say: func(v *view, b []byte) []byte {
		b = append(v.appendRefusal(b), ", in the middle of the handshake: "...)
		b = v.appendDuration(b, time.Duration(v.cause.Time-v.Sides[server].LastData.Time))
		b = append(b, " after its last datagram its port was closed"...)
		if v.Client.Cert == conversation.CertEmpty {
			b = append(b, "; it had asked for a client certificate and the client sent none"...)
		}
		return b
	},
	fix: func(v *view) string {
		if v.Client.Cert == conversation.CertEmpty {
			return "give the client a certificate, for the server asked for one and its program may refuse in this way (Mbed TLS); else look in the server's log for why its program ended"
		}
		return "look in the server's log for why its program ended, or closed this socket, in the middle of the handshake: a crash or restart, or a refusal that it does not put into an alert"
	},
}

// handshakeStalled: the server sent its flight, and then nothing came from anyone for 5 s, or the server owed the next
// word and the client had no more patience.
var handshakeStalled = rule{
	code:  HandshakeStalled,
	needs: serverAnswered,
	when: func(v *view) truth {
		silent := all(v.waited(v.stuckSince(), stalled), v.flightAccounted())
		return all(is(v.answered().Happened()), either(silent, v.serverOwes()))
	},
	then: func(v *view) finding {
		f := finding{severity: Warning, confidence: Certain, at: v.lastData(), shown: [4]flow.Event{v.Hello.End, v.Server.Flight, v.clientsEnd()}}
		switch {
		case v.neverCameBack():
			f.confidence = Possible
		case v.owed() == owesDelivery, v.Transport != flow.TCP:
			f.confidence = Probable // what shows that it is path-mtu may not have been captured, or over UDP what came
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		if o := v.owed(); o != owesNothing && !v.lost[server] {
			return v.appendOwed(b, o)
		}
		if v.deaf() || v.neverCameBack() {
			return v.appendDeaf(b)
		}
		b = append(v.appendServer(b), " answered the hello, and then nothing came from either side for "...)
		return v.appendDuration(b, v.quiet(v.lastData().Time))
	},
	fix: func(v *view) string {
		switch o := v.owed(); {
		case o == owesNothing && (v.deaf() || v.neverCameBack()):
			return v.fixDeaf()
		case v.answeredUnseen():
			return "look in the client's log first, then in the server's: over QUIC a client that refuses the server's certificate says so in packets that cannot be read; if it refused nothing, the server let it wait"
		case v.answerBrokeOff():
			return "look in the client's log for what the client waits for, and at the path from the server to the client: the rest of the answer may be in packets that are longer than the MTU there, while the first arrive; a capture at the client shows what does"
		case o == owesNothing || v.lost[server]:
			return ""
		case v.Transport != flow.TCP:
			return v.fixFellSilent()
		case o == owesDelivery:
			return "look at the path from the server to the client: a firewall that drops what it inspects, an MTU that is too small, a route back that differs; a capture at the client shows what arrives"
		}
		return "look at the server, which had what it needs to go on: a stuck or overloaded process, a key in a remote store, a backend that it asks first; or for a proxy that acknowledges in its place"
	},
}

// debt is what a server had yet to say.
type debt uint8

const (
	owesNothing  debt = iota // or it is not known what
	owesHello                // the second ClientHello, after HelloRetryRequest, was acknowledged
	owesFinished             // the client's Finished of TLS 1.2 or before was
	owesACK                  // the client's Finished of DTLS 1.3 came last
	owesRest                 // its own flight broke off
	owesDelivery             // its flight was sent again and again, and the client never acknowledged it
)

var debts = [...]struct{ what, since string }{
	owesHello:    {"its ServerHello", "acknowledged the second ClientHello, for which its HelloRetryRequest had asked, and sent nothing"},
	owesFinished: {"its Finished", "acknowledged the client's and sent nothing"},
	owesACK:      {"an answer to the client's Finished", ""},
	owesRest:     {"the rest of its answer", "sent the beginning, and then nothing"},
}

// owed is what the last flight that was captured left to the server.
func (v *view) owed() debt {
	c, s := &v.Sides[client], &v.Sides[server]
	turn := c.LastData.Frame > s.LastData.Frame && c.Acked >= c.Sent // the server's
	switch {
	case v.Established:
		return owesNothing
	case v.Transport != flow.TCP:
		return v.owedOverUDP()
	case s.Stall.Count >= stallCount && s.Acked < s.Sent && v.answered().Happened():
		return owesDelivery
	case !v.Server.Hello.Happened() && v.Hello.Retried && turn:
		return owesHello
	case v.Client.Finished.Happened() && turn:
		return owesFinished
	case (v.Server.Hello.Happened() || !v.Server.First.Happened()) && (s.LastData.Frame > c.LastData.Frame || v.onlyChangedCipherSpec()) &&
		(!v.Server.Flight.Happened() || v.LastRecordCut[server] > 0):
		return owesRest
	}
	return owesNothing
}

// changeCipherSpecLen is the length of a record with a ChangeCipherSpec.
const changeCipherSpecLen = tlswire.RecordHeaderLen + 1

// onlyChangedCipherSpec holds where all that the client sent behind its hello is the ChangeCipherSpec by which TLS 1.3 looks like
// TLS 1.2 (RFC 8446, Appendix D.4). rustls sends it as soon as it has the ServerHello: it is no answer to the rest of the flight.
func (v *view) onlyChangedCipherSpec() bool {
	return tlswire.Is13(v.Server.Version) && v.helloSeen() && v.Sides[client].Sent == v.Hello.EndOffset+changeCipherSpecLen
}

// serverOwes is whether the client left because the server, whose turn it was, let it wait for a second or more.
func (v *view) serverOwes() truth {
	waits := v.leftBy(client) && v.serverSaid(v.answered()) && v.quiet(v.lastData().Time) >= patience
	switch {
	case !waits || v.owed() == owesNothing:
		return no
	case v.lost[server]:
		return unknown
	}
	return yes
}

func (v *view) appendOwed(b []byte, o debt) []byte {
	if v.Transport != flow.TCP {
		return v.appendFellSilent(b, o)
	}
	b = v.appendServer(b)
	if o == owesDelivery {
		b = appendCount(append(b, " sent its answer to the hello again "...), v.Sides[server].Stall.Count, "time")
		b = append(b, ", and the client did not acknowledge it"...)
	} else {
		b = append(append(append(b, " did not send "...), debts[o].what...), ": it "...)
		b = append(b, debts[o].since...)
	}
	b = v.appendDuration(append(b, " for "...), v.quiet(v.lastData().Time))
	if v.cause.Kind == CauseNone {
		return v.appendUntilEnd(b)
	}
	return v.appendWhoEnded(append(b, ", until "...))
}

// flightAccounted is whether the capture shows what became of the server's flight: the client acknowledged it or
// the server sent it again, or over UDP either of them did; and over TCP, of what the client had sent. Where nothing of that is
// there, it is the capture that fell silent, as one of hellos only does: a host sends again what is not acknowledged.
func (v *view) flightAccounted() truth {
	c, s := &v.Sides[client], &v.Sides[server]
	switch {
	case v.Transport == flow.TCP && c.Acked < c.Sent && c.Retransmits == 0:
		return unknown
	case s.Retransmits > 0, v.answeredUnseen():
		return yes
	case v.Transport == flow.TCP && s.Acked >= s.Sent, v.Transport != flow.TCP && c.Retransmits > 0, v.neverCameBack():
		return yes
	}
	return unknown
}

// answerBrokeOff holds when a QUIC client acknowledged the beginning of the answer, and either side sent something again, but no
// Finished came.
func (v *view) answerBrokeOff() bool {
	again := v.Sides[client].Retransmits+v.Sides[server].Retransmits > 0
	return v.Transport == flow.QUIC && again && v.Sides[server].Acked > 0 && !v.Client.Finished.Happened() && !v.lost[server]
}

// answeredUnseen holds when a QUIC client had the server's flight and sent something in answer, of which no more can be told.
func (v *view) answeredUnseen() bool {
	return v.Transport == flow.QUIC && v.Client.Finished.Happened() && !v.Established
}

// lastData is the last packet with payload of either side.
func (v *view) lastData() flow.Event {
	a, b := v.Sides[client].LastData, v.Sides[server].LastData
	if a.Frame > b.Frame {
		return a
	}
	if b.Happened() {
		return b
	}
	return v.answered()
}

// The server's FIN or RST in the middle of the handshake, after TLS of its own and without an alert. The
// catalogue has no code for why; what it has says how.
var (
	serverResetMidway  = midway(HelloReset, serverReset, (*view).resetBy)
	serverClosedMidway = midway(HelloClosed, serverClosed, (*view).closedBy)
)

// closedOnDeaf holds when the server had waited for a client that its answer did not reach.
func (v *view) closedOnDeaf() bool {
	return v.deaf() && v.serverSaid(v.Server.Flight) && v.quiet(v.Server.Flight.Time) >= patience
}

// replyUnheard holds where what the client sent behind the server's answer did not arrive, though it was sent again.
func (v *view) replyUnheard() bool {
	c := &v.Sides[client]
	return v.Transport == flow.TCP && !v.lost[client] && c.Retransmits > 0 && c.Acked >= v.Hello.EndOffset && c.Acked < c.Sent &&
		c.LastData.Frame > v.Server.First.Frame && v.quiet(v.Server.First.Time) >= patience
}

// waitedInVain holds where the client had acknowledged the server's flight, and sent nothing for a second or more.
func (v *view) waitedInVain() bool {
	s := &v.Sides[server]
	return v.Transport == flow.TCP && v.serverSaid(v.Server.Flight) && !v.lost[client] && v.repliedNothing() &&
		s.Acked >= s.Sent && v.quiet(v.Server.Flight.Time) >= patience
}

// repliedNothing holds where the client had sent nothing in answer to the server's flight before the end. Of what it sent both before
// and after that only the last is known by its packet, but the server would have acknowledged the first.
func (v *view) repliedNothing() bool {
	c := &v.Sides[client]
	switch {
	case c.LastData.Frame < v.Server.First.Frame:
		return true
	case v.before(c.LastData):
		return v.onlyChangedCipherSpec()
	}
	return !v.before(v.Client.Certificate) && !v.before(v.Client.Finished) && c.Acked <= v.Hello.EndOffset
}

// repliedLate holds where what the client sent behind the server's flight came when the server had ended the connection.
func (v *view) repliedLate() bool {
	last := v.Sides[client].LastData
	return last.Frame > v.Server.First.Frame && !v.before(last)
}

// tookLeaveMidway holds where the server sent close_notify in the clear: in TLS 1.3 before its ServerHello.
func (v *view) tookLeaveMidway() bool {
	return v.plainlySaid(tlswire.AlertCloseNotify) && v.serverSaid(v.Alerts[server].Event)
}

func midway(code Code, end facts, ended func(*view, flow.Side) bool) rule {
	return rule{
		code:  code,
		needs: wholeHello | end,
		when:  func(v *view) truth { return is(v.helloSeen() && ended(v, server) && v.serverSaid(v.answered())) },
		then:  func(v *view) finding { return atCause(v, Error, Possible, v.Server.Hello) },
		say: func(v *view, b []byte) []byte {
			b = append(v.appendRefusal(b), ", in the middle of the handshake: it had sent "...)
			b = appendCount(b, v.TLSBytes[server], "byte")
			if !v.Server.First.Happened() {
				return append(b, " of TLS, less than a record, and no alert"...)
			}
			b = append(b, " of TLS and no alert"...)
			if v.tookLeaveMidway() {
				return append(b, " but close_notify"...)
			}
			if v.replyUnheard() {
				b = appendCount(append(b, "; it had not acknowledged "...), v.Sides[client].Sent-v.Sides[client].Acked, "byte")
				return append(b, " of what the client replied, and sent again"...)
			}
			if v.waitedInVain() {
				b = v.appendDuration(append(b, "; the client had it and sent nothing in the "...), v.quiet(v.Server.Flight.Time))
				if b = append(b, " since"...); v.repliedLate() {
					b = v.appendDuration(append(b, "; its reply came "...), time.Duration(v.Sides[client].LastData.Time-v.cause.Time))
					b = append(b, " after that"...)
				}
				return b
			}
			if v.closedOnDeaf() {
				b = append(b, "; the client had replied to none of that but sent its ClientHello again, so it lacked the answer, or dropped it"...)
			}
			return b
		},
		fix: func(v *view) string {
			switch {
			case v.closedOnDeaf():
				return v.fixDeaf()
			case v.replyUnheard():
				return "look at the path from the client to the server for what drops the client's reply: a firewall that inspects it, or an MTU that is too small for it, as where it holds a certificate; a capture at the server shows what arrives"
			case v.waitedInVain():
				return "look in the client's log for what it waits for: a revocation check, a key on a smart card or in a remote store, an overloaded process; the server gave it up"
			case v.tookLeaveMidway():
				return "look in the server's log for why its program ended the handshake, for a crash sends no close_notify: a ban of the client's address, a limit of connections, or a stop"
			case v.keyInUse() && v.Sides[client].LastData.Frame > v.Server.First.Frame:
				return "check whether client and server have the same pre-shared key under the same identity, for programs on GnuTLS may close without an alert where they have not (Zabbix does); else look in the server's log for why it broke the handshake off"
			}
			return "look in the server's log, or its backend's, for why it broke the handshake off: a time-out for handshakes, a crash or restart, or a limit"
		},
	}
}
