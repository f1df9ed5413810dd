package diagnosis

import (
	"strconv"

	"github.com/sniscope/sniscope/pkg/flow"
)

// The narrow link lies before the point of capture: what is full-size never comes here, and neither do its repetitions. What
// shows it is a hole, with something smaller behind it, of which the receiver acknowledges nothing: so the path lost it,
// and not the capture. That it lasts shows that it was no chance.

// pathMTUOfFlight: the server's flight, captured at the client.
var pathMTUOfFlight = rule{
	code:  PathMTU,
	needs: wholeHello,
	when:  func(v *view) truth { return is(v.flightSwallowed() || v.flightUnarrived()) },
	then: func(v *view) finding {
		f := v.swallowedFinding(server)
		if v.cause.Kind != CauseNone && !v.flightUnarrived() {
			f.confidence = Probable // the close acknowledges what the client had by then
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		if !v.flightUnarrived() {
			return v.appendSwallowed(b, server, "the answer of ")
		}
		b = v.appendServer(append(appendCount(b, v.Missed, "byte"), " of the answer of "...))
		b = append(v.appendDuration(append(b, " never arrived: the client had acknowledged none "...), v.quiet(v.Hello.End.Time)), " after its "...)
		return append(strconv.AppendInt(b, int64(v.Hello.Bytes), 10), "-byte ClientHello, when it closed; a firewall may have dropped them as well"...)
	},
}

// pathMTUOfHello: the hello, captured at the server. That it is one is known by the port; what others sent there makes it surer.
var pathMTUOfHello = rule{
	code:  PathMTU,
	needs: noTLS,
	when:  func(v *view) truth { return is(v.helloSwallowed()) },
	then: func(v *view) finding {
		f := v.swallowedFinding(client)
		if v.c.EndpointTLS {
			f.confidence = Probable
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		return v.appendSwallowed(b, client, "what would be the ClientHello of ")
	},
}

// flightSwallowed: nothing else is missing, and the client has said how far it got after what came behind the hole.
func (v *view) flightSwallowed() bool {
	if !v.swallowed(server) || !v.helloIsAll(client) {
		return false
	}
	said := v.closedBy(client) || v.cause.Kind == CauseNone && v.repeatedACKs(client) > 0
	return said && v.waited(v.Sides[server].LastData.Time, silence) == yes
}

// flightUnarrived: all of it is missing, with nothing behind, and the client closed a while later without having acknowledged any of
// it. That there was one, the server's later sequence numbers show.
func (v *view) flightUnarrived() bool {
	s := &v.Sides[server]
	none := s.Sent == 0 && s.Acked == 0 && s.Unseen >= uint64(v.fullSize(server)) && v.Missed == s.Unseen
	whole := v.Ending.Incomplete&^flow.IncompleteEndOfCapture == 0 && v.helloIsAll(client) && v.Transport == flow.TCP
	return none && whole && v.closedBy(client) && v.waited(v.Hello.End.Time, silence) == yes
}

// helloSwallowed: the same of the first bytes of a client.
func (v *view) helloSwallowed() bool {
	if !v.swallowed(client) || v.Sides[client].Acked > 0 || v.FirstData[server].Happened() {
		return false
	}
	expected := usualTLSPort(v.Endpoints[server].Port()) // and not what others sent there: contrast makes no finding of not-tls
	return expected && v.repeatedACKs(server) > 0 && v.waited(v.Sides[client].LastData.Time, silence) == yes
}

// swallowed holds where the only hole in a connection is as long as a full-size segment of that side or longer, its peer
// acknowledged nothing of it, and what came behind it is less than full-size.
func (v *view) swallowed(side flow.Side) bool {
	s, full := &v.Sides[side], uint64(v.fullSize(side))
	hole := v.Ending.Incomplete&^flow.IncompleteEndOfCapture == flow.IncompleteGap && v.Missed >= full
	behind := s.Acked+v.Missed < s.Sent && s.Sent-s.Acked-v.Missed < full
	return hole && behind && v.Transport == flow.TCP && v.Sides[client].Unseen+v.Sides[server].Unseen == 0
}

func (v *view) swallowedFinding(side flow.Side) finding {
	last := v.Sides[side].LastData
	f := atCause(v, Error, Possible, last)
	if v.cause.Kind == CauseNone {
		f.at = last
	}
	return f
}

func (v *view) appendSwallowed(b []byte, side flow.Side, what string) []byte {
	s := &v.Sides[side]
	b = append(append(appendCount(b, v.Missed, "byte"), " of "...), what...)
	b = append(append(v.appendSide(b, side), " never arrived at the "...), sideNames[side.Other()]...)
	b = appendCount(append(b, ", while the "...), s.Sent-s.Acked-v.Missed, "byte")
	b = v.appendDuration(append(b, " after them did; nothing more came for "...), v.quiet(s.LastData.Time))
	if v.cause.Kind != CauseNone {
		b = v.appendWhoEnded(append(b, ", and then "...))
	}
	return b
}
