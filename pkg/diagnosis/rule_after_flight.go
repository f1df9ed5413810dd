package diagnosis

import (
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
)

// clientAborted: the client's FIN or RST after its hello, with no alert: within a second and before any byte of the
// server, or after the server's flight. Where another connection of the same client to the same name went
// through it is nothing: browsers open several and drop what they do not need.
var clientAborted = rule{
	code:  ClientAborted,
	needs: clientEnded | wholeHello,
	when: func(v *view) truth {
		left := is(v.helloSeen() && v.leftBy(client))
		soon := is(v.quiet(v.Hello.End.Time) < patience)
		return all(left, either(is(v.before(v.Server.First)), soon))
	},
	then: func(v *view) finding {
		f := atCause(v, Warning, Certain)
		f.shown[1] = v.Server.Flight
		if v.surplus() {
			f.severity = Info
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		b = append(v.appendDeparture(b), ", "...)
		switch last := v.Sides[server].LastData; {
		case !v.before(v.Server.First):
			b = append(b, "before any byte of the server"...)
		case v.before(last):
			b = append(v.appendDuration(b, time.Duration(v.cause.Time-last.Time)), " after the server's last byte"...)
		default:
			b = append(b, "while the server's flight was under way"...)
		}
		if v.surplus() {
			b = append(b, "; another connection of this client to the same name went through"...)
		}
		return b
	},
}

// surplus holds when the client got what it wanted by another connection.
func (v *view) surplus() bool {
	if v.Hello.Name == "" {
		return v.c.SameClient[WithoutSNI]
	}
	return v.c.SameClientName
}

// handshakeStalled: the server sent its flight, and then nothing came from anyone for 5 s.
var handshakeStalled = rule{
	code:  HandshakeStalled,
	needs: serverAnswered,
	when: func(v *view) truth {
		return all(is(v.Server.First.Happened()), v.waited(v.lastData().Time, stalled), v.flightAccounted())
	},
	then: func(v *view) finding {
		return finding{severity: Warning, confidence: Certain, at: v.lastData(), shown: [4]flow.Event{v.Hello.End, v.Server.Flight}}
	},
	say: func(v *view, b []byte) []byte {
		b = v.appendDuration(append(b, "nothing came for "...), v.quiet(v.lastData().Time))
		return v.appendServer(append(b, " after the flight of "...))
	},
}

// flightAccounted is whether the capture shows what became of the server's flight: the client acknowledged it or
// the server sent it again, or over UDP either of them did. Where nothing of that is there, it is the capture that fell
// silent, as one of hellos only does.
func (v *view) flightAccounted() truth {
	c, s := &v.Sides[client], &v.Sides[server]
	switch {
	case s.Retransmits > 0:
		return yes
	case v.Transport == flow.TCP && s.Acked >= s.Sent, v.Transport != flow.TCP && c.Retransmits > 0:
		return yes
	}
	return unknown
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
	return v.Server.First
}

// The server's FIN or RST in the middle of the handshake, after TLS of its own and without an alert. The
// catalogue has no code for why; what it has says how.
var (
	serverResetMidway  = midway(HelloReset, serverReset, (*view).resetBy)
	serverClosedMidway = midway(HelloClosed, serverClosed, (*view).closedBy)
)

func midway(code Code, end facts, ended func(*view, flow.Side) bool) rule {
	return rule{
		code:  code,
		needs: wholeHello | end,
		when:  func(v *view) truth { return is(v.helloSeen() && ended(v, server) && v.before(v.Server.First)) },
		then: func(v *view) finding {
			f := atCause(v, Error, Possible)
			f.shown[1] = v.Server.Hello
			return f
		},
		say: func(v *view, b []byte) []byte {
			b = append(v.appendRefusal(b), ", in the middle of the handshake: it had sent "...)
			return append(appendCount(b, v.TLSBytes[server], "byte"), " of TLS and no alert"...)
		},
	}
}
