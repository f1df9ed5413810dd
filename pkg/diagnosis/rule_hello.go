package diagnosis

import (
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// The hello was sent and no TLS came back.

// helloReset: the server's RST after the hello, and zero TLS bytes from the server.
var helloReset = rule{
	code:  HelloReset,
	needs: wholeHello | serverReset,
	when:  func(v *view) truth { return all(is(v.helloSeen() && v.resetBy(server)), not(v.serverAnswered())) },
	then:  func(v *view) finding { return v.doubted(atCause(v, Error, Certain)) },
	say:   func(v *view, b []byte) []byte { return append(v.appendRefusal(b), "; it sent no TLS byte"...) },
	fix:   (*view).fixRefused,
}

// helloClosed: the server's FIN after the hello, however late, and no alert.
var helloClosed = rule{
	code:  HelloClosed,
	needs: wholeHello | serverClosed,
	when:  func(v *view) truth { return all(is(v.helloSeen() && v.closedBy(server)), not(v.serverAnswered())) },
	then:  func(v *view) finding { return atCause(v, Error, Certain) },
	say:   (*view).appendClosed,
	fix:   (*view).fixRefused,
}

// appendClosed says that the server closed, and whether with a word.
func (v *view) appendClosed(b []byte) []byte {
	b = append(v.appendRefusal(b), "; it sent no alert"...)
	if v.tookLeave() {
		b = append(b, " but close_notify"...)
	}
	return b
}

// The server's close_notify is all that it answers: that ends the connection, whoever closes it then (RFC 8446, Section
// 6.1).
var (
	helloTakenLeave = takenLeave(HelloClosed, wholeHello,
		func(v *view) truth { return is(v.helloSeen()) },
		func(v *view) finding { return atCause(v, Error, Certain) })
	noSNITakenLeave = takenLeave(NoSNIClosed, maybeNameless, (*view).noSNI, (*view).refusedForName)
)

// tookLeave holds when a close_notify is all that the server had said by the end.
func (v *view) tookLeave() bool { return v.onlyGoodbye() && v.serverSaid(v.Alerts[server].Event) }

// refusedByLeave holds when it says moreover that the server has nothing for the name: nobody went through there.
func (v *view) refusedByLeave() bool {
	return v.tookLeave() && v.noSNI() == no && v.c.Endpoint.passed() == 0
}

func takenLeave(code Code, needs facts, hello func(*view) truth, then func(*view) finding) rule {
	return rule{
		code:  code,
		needs: needs | serverWaited | serverAnswered,
		when: func(v *view) truth {
			left := v.tookLeave() && v.cause.By != server
			return all(is(left), hello(v), not(v.serverAnswered()))
		},
		then: func(v *view) finding {
			f := then(v)
			f.at, f.shown[1] = v.Alerts[server].Event, v.clientsEnd()
			return f
		},
		say: func(v *view, b []byte) []byte {
			b = append(v.appendServer(b), " sent close_notify and nothing else "...)
			if v.Server.Retry.Happened() {
				b = append(b, "but its request for a cookie "...)
			}
			b = append(v.appendDuration(b, since(v.Record, v.Alerts[server].Event)), " after "...)
			b = v.appendHelloWords(b)
			if v.cause.Kind != CauseNone {
				b = v.appendWhoEnded(append(b, ", and then "...))
			}
			return b
		},
		fix: func(v *view) string {
			if v.refusedByLeave() {
				return fixTookLeave
			}
			return ""
		},
	}
}

// The server's RST or FIN in the middle of the hello, where the capture lacks nothing, or has the rest of it only later: it did
// not read to its end, so whether it names a server does not matter, and may not be known.
var (
	helloResetAmid  = amid(HelloReset, serverReset, (*view).resetBy)
	helloClosedAmid = amid(HelloClosed, serverClosed, (*view).closedBy)
	alertAmid       = amid(ServerAlert, alerted, (*view).alertBy)
)

func amid(code Code, end facts, ended func(*view, flow.Side) bool) rule {
	return rule{
		code:  code,
		needs: end,
		when: func(v *view) truth {
			cut := v.Hello.State == conversation.HelloPartial && v.nothingMissing() || v.restCameLate()
			if v.alertBy(server) {
				return is(cut && ended(v, server) && !v.cause.Alert.Encrypted && v.Server.First.Frame == v.cause.Frame)
			}
			return all(is(cut && ended(v, server)), not(v.serverAnswered()))
		},
		then: func(v *view) finding {
			f := atCause(v, Error, Possible)
			f.shown[0] = v.Hello.Start
			return f
		},
		say: func(v *view, b []byte) []byte {
			b = v.appendStage(append(v.appendCause(append(v.appendServer(b), " sent "...)), ' '))
			if v.namesServer() {
				b = v.appendSNIWords(append(b, ' '))
			}
			if v.helloSeen() {
				return append(v.appendDuration(append(b, ", "...), v.quiet(v.Hello.Start.Time)), " after its first byte; the server sent no TLS"...)
			}
			b = append(appendCount(append(b, ", after "...), v.TLSBytes[client], "byte"), " of TLS"...)
			if code == ServerAlert {
				return b
			}
			return append(b, "; the server sent none"...)
		},
		fix: func(v *view) string {
			switch {
			case v.nameFiltered():
				return fixNameFiltered
			case v.quiet(v.Hello.Start.Time) < patience:
				return ""
			}
			return "find out why the rest of the ClientHello did not reach the server in time: packets that are lost, a path whose MTU is too small for it, or a client that stops in the middle"
		},
	}
}

// restCameLate holds when the server had ended the connection before the hello's last byte came, and not before its first.
func (v *view) restCameLate() bool {
	return v.before(v.Hello.Start) && v.cause.Kind != CauseNone && v.Hello.End.Frame > v.cause.Frame
}

// helloUnreceived: the server ended the connection in the end, and what it acknowledges says that it never had the hello, whoever that
// names.
var helloUnreceived = rule{
	code:  HelloUnanswered,
	needs: wholeHello | serverEnded,
	when: func(v *view) truth {
		if !v.helloSeen() || !v.leftBy(server) || v.Transport != flow.TCP || v.noSocket(server) {
			return no
		}
		since := max(v.Hello.End.Time, v.SYNACK.Time) // a SYN may bring it, and the server not take it (RFC 7413, Section 4.2.2)
		tried := v.Sides[client].Retransmits > 0 && v.quiet(since) >= patience
		return all(is(!v.helloArrived() && tried), not(v.serverAnswered()))
	},
	then: func(v *view) finding { return atCause(v, Error, Certain, v.Sides[client].Stall.Event) },
	say: func(v *view, b []byte) []byte {
		return v.appendCause(append(v.appendUnansweredSoFar(b), ", until it sent "...))
	},
	fix: (*view).fixUnanswered,
}

// helloArrived holds where the server acknowledged some of the hello.
func (v *view) helloArrived() bool {
	before := v.Hello.EndOffset - min(v.Hello.EndOffset, uint64(v.Hello.Bytes)) // over UDP, or of a part of a hello, there is no offset
	return v.Sides[client].Acked > before || v.resetAcks(before+1)
}

// helloUnanswered: the server's ACK of the hello, or the hello sent again, and no TLS byte for a second or more; or one hello
// of DTLS, and nothing for five.
// Where the path swallows what is full-size it is path-mtu.
var helloUnanswered = rule{
	code:  HelloUnanswered,
	needs: wholeHello | serverWaited,
	when: func(v *view) truth {
		sent := either(either(v.helloAcked(), is(v.Sides[client].Retransmits > 0)), v.saidOnce())
		return all(sent, is(v.helloSeen()), not(v.serverAnswered()), v.helloWaited(), not(v.fullSizeLost()))
	},
	then: func(v *view) finding {
		f := atCauseOrHello(v, Error, Certain)
		if v.saidOnce() == yes && v.Sides[client].Retransmits == 0 || v.nobodyHeard() {
			f.confidence = Possible
		}
		f.shown[1], f.shown[2] = v.Sides[client].AckedAt, v.Sides[client].Stall.Event
		if v.bounced() {
			f.shown[3] = v.ICMP.Event
		}
		return f
	},
	say: (*view).appendUnanswered,
	fix: (*view).fixUnanswered,
}

// saidOnce is whether nothing followed a hello of DTLS for five seconds. A client says it again after one (RFC 6347, Section
// 4.2.4.1), unless its program does not let it.
func (v *view) saidOnce() truth {
	if v.Transport != flow.DTLS || v.cause.Kind != CauseNone {
		return no
	}
	return v.waited(v.lastData().Time, stalled)
}

// nobodyHeard holds over UDP where no server was heard in the whole capture, nor a router about this connection. Over TCP the client's
// acknowledgments tell whether the capture has one direction only; over QUIC most of what tells that is encrypted.
func (v *view) nobodyHeard() bool {
	return v.Transport != flow.TCP && v.c.OneWay && !v.ICMP.Happened()
}

// fixMalformed is what to do where the hello itself is at fault.
func (v *view) fixMalformed() string {
	if v.malformed() || v.faultRefused() {
		return "the ClientHello breaks the format of RFC 8446: update the client's TLS library, or look for what changes the hello on its way"
	}
	if v.Hello.SNI == tlswire.SNIInvalid && v.plainAlertBy(server, tlswire.AlertDecodeError, tlswire.AlertIllegalParameter) {
		return "send a DNS host name, or no server_name: the server's alert is about what the hello contains, and the server_name in it is invalid"
	}
	return ""
}

// faultRefused holds when the hello breaks its format anywhere, and the server's alert says such a thing.
func (v *view) faultRefused() bool {
	return v.Hello.Fault.Field != "" && v.plainAlertBy(server, tlswire.AlertDecodeError, tlswire.AlertIllegalParameter)
}

// helloAcked is whether the server acknowledged every byte of the hello.
func (v *view) helloAcked() truth {
	switch v.Hello.State {
	case conversation.HelloComplete:
		return is(v.Sides[client].Acked >= v.Hello.EndOffset)
	case conversation.HelloPartial:
		return unknown
	}
	return no
}

// helloWaited is whether the client waited a second or more for an answer, whoever lost patience then; it is
// not silence where the server ended it.
func (v *view) helloWaited() truth {
	if v.cause.By == server {
		return no
	}
	from := v.Hello.End
	if !v.helloSeen() {
		from = v.Hello.Start
	}
	return v.waited(from.Time, patience)
}

// appendUntilEnd says that a silence lasted until the capture ended; else it lasted until nobody could still be waiting.
func (v *view) appendUntilEnd(b []byte) []byte {
	if v.Ending.Incomplete&flow.IncompleteEndOfCapture == 0 {
		return b
	}
	return append(b, ", until the capture ended"...)
}

func (v *view) appendUnanswered(b []byte) []byte {
	b = v.appendUnansweredSoFar(b)
	switch {
	case v.cause.Kind == CauseNone && v.Transport == flow.DTLS && !v.nobodyHeard():
		return v.appendDoubts(v.appendUntilEnd(b))
	case v.cause.Kind == CauseNone:
		return v.appendNobodyHeard(v.appendUntilEnd(b))
	}
	b = v.appendWhoEnded(append(b, ", until "...))
	if v.answeredTooLate() {
		b = v.appendDuration(append(b, "; the server's answer came "...), time.Duration(v.Server.Hello.Time-v.cause.Time))
		b = append(b, " later"...)
	}
	return v.appendNobodyHeard(v.appendGoneUnseen(b))
}

// appendNobodyHeard says so where nobodyHeard holds.
func (v *view) appendNobodyHeard(b []byte) []byte {
	if !v.nobodyHeard() {
		return b
	}
	return append(b, "; no packet of any server was captured, so the capture may have one direction only"...)
}

// answeredTooLate holds when the server did begin the handshake, and the client had left by then.
func (v *view) answeredTooLate() bool {
	return v.leftBy(client) && v.Server.Hello.Happened() && !v.serverSaid(v.Server.Hello)
}

func (v *view) appendUnansweredSoFar(b []byte) []byte {
	b = v.appendServer(b)
	switch {
	case v.Retries > 0:
		b = v.appendTimesSent(v.appendHelloWords(append(b, " answered "...)))
		b = appendCount(append(b, " with nothing but "...), v.Retries, "Retry packet")
		b = append(b, ", whose token the client never sent back, in "...)
	case v.Transport != flow.TCP:
		b = append(v.appendTimesSent(v.appendHelloWords(append(b, " did not answer "...))), " in "...)
	case v.helloAcked() == yes:
		b = v.appendHelloWords(append(b, " acknowledged "...))
		if v.BehindProxyHeader() {
			b = v.appendHeader(append(b, " after "...))
		}
		b = append(b, " and sent no TLS byte in "...)
	default:
		b = append(v.appendTimesSent(v.appendHelloWords(append(b, " did not acknowledge "...))), " and sent no TLS byte in "...)
	}
	return v.appendDuration(b, v.quiet(v.Hello.End.Time))
}

// appendDoubts says what else is there over UDP, and what is not.
func (v *view) appendDoubts(b []byte) []byte {
	if n := v.Packets[server]; n > 0 {
		b = appendCount(append(b, "; "...), n, "datagram")
		b = append(b, " came from it that carried no DTLS"...)
	}
	if v.Sides[client].Retransmits == 0 {
		b = append(b, "; the client did not send it again, so the capture may lack what came"...)
	}
	return b
}

func (v *view) appendTimesSent(b []byte) []byte {
	if v.Sides[client].Retransmits == 0 {
		return append(b, ", sent once,"...)
	}
	return append(appendCount(append(b, ", sent "...), uint64(v.Sides[client].Retransmits)+1, "time"), ',')
}

// clientsEnd is the packet with which the client gave up, if it did.
func (v *view) clientsEnd() flow.Event {
	if v.cause.By == client {
		return v.cause.Event
	}
	return flow.Event{}
}

// atCauseOrHello is the conclusion where nothing may have ended the connection.
func atCauseOrHello(v *view, s Severity, c Confidence) finding {
	f := atCause(v, s, c)
	if v.cause.Kind == CauseNone {
		f.at = v.Hello.End
	}
	return f
}
