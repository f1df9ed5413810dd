package diagnosis

import (
	"fmt"
	"strconv"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// incompleteCapture: the capture lacks what a verdict needs. It is never reached in order of precedence: the
// first rule that may hold for all the capture shows brings it about, and so does the want of any rule that holds.
var incompleteCapture = rule{
	code: IncompleteCapture,
	when: func(*view) truth { return no },
	then: func(v *view) finding {
		f := finding{severity: Info, confidence: Certain, at: v.latest(), shown: [4]flow.Event{v.SYN, v.Hello.Start, v.Hello.End}}
		if v.cutHelloFailed() {
			f.use = Failed
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		if v.Foreign != 0 {
			b = v.appendServer(append(b, "the connection to "...))
			return fmt.Appendf(b, " went on in version 0x%08x of QUIC, which sniscope cannot read: what became of it is not known", v.Foreign)
		}
		if v.cutHelloFailed() {
			return v.appendCutHello(b)
		}
		if v.onlyDisordered() {
			return append(b, "the two directions were captured out of order, one after the other: what became of the connection is not known"...)
		}
		if v.nothingMissing() {
			return v.appendHowFar(append(b, "the connection ended too early to tell what became of it: "...))
		}
		b = append(b, "not enough was captured to tell what became of the connection: "...)
		why := len(b)
		if b = v.appendMissing(b); len(b) == why {
			b = v.appendHowFar(b)
		}
		if v.unasked() {
			b = v.appendUnasked(v.appendCause(append(b, "; the client sent "...)))
		}
		return v.appendCutEnd(b)
	},
	fix: func(v *view) string {
		e := &v.c.Elsewhere[client]
		switch {
		case v.Foreign != 0:
			return "a new capture would show no more: look in the logs of client and server, or let them speak version 1 or 2 of QUIC (RFC 9000, RFC 9369)"
		case v.cutHelloFailed():
			return fixCutHello
		case v.unasked():
			return fixUnasked
		case v.onlyDisordered():
			return "capture again where both directions pass the same interface, such as on the host of the client or of the server"
		case e.Here && e.spoke[client].happened() && !v.FirstData[client].Happened():
			return "no new capture is needed: what the client sent did not get through the host of this capture; look at the row that shows this connection on the client's side"
		case v.Transport != flow.TCP && v.Ending.Incomplete&flow.IncompleteOneSided != 0:
			return "capture again with both directions, and by host, not by port: of a datagram that was sent in IP fragments a filter by port takes only the first"
		case v.nothingMissing():
			return "nothing is missing from the capture; look in the logs of client and server for why the connection ended there"
		case v.undelivered(client) || v.undelivered(server):
			return "look at the path on which the missing bytes were lost, such as its MTU; a new capture at the same place would show no more of it"
		case v.Ending.Incomplete|v.Hello.Incomplete == flow.IncompleteLimit:
			return "a new capture would show no more: look at what makes the handshake so long, such as a chain of many certificates, and in the logs of client and server for why it ended"
		}
		return v.fixRecapture()
	},
}

// fixRecapture is what to do otherwise where one thing alone is missing, "" for all that there is to do: who has done the rest already
// would do the same again.
func (v *view) fixRecapture() string {
	switch missing := v.Ending.Incomplete | v.Hello.Incomplete; {
	case missing == flow.IncompleteEvicted:
		return "no new capture is needed: have sniscope follow fewer connections at once, by a filter such as -f 'host 192.0.2.1'"
	case missing&^flow.IncompleteGap == 0 && v.lostHere():
		return "capture again without losing packets: tcpdump says at its end how many the kernel dropped, and -B 16384 gives it a larger buffer; a mirror port drops them without a word"
	case missing&^(flow.IncompleteGap|flow.IncompleteEndOfCapture) == flow.IncompleteOneSided:
		return "capture again where both directions pass, such as on the host of the client or of the server, and with a filter that takes both: port 443, not dst port 443"
	}
	return ""
}

// onlyDisordered holds where all was captured, and the two directions one behind the other.
func (v *view) onlyDisordered() bool {
	return v.Disordered() && v.capturedWhole()
}

// nothingMissing holds when the connection was captured from its beginning to its end, so that to capture again would
// show no more.
func (v *view) nothingMissing() bool {
	return v.cause.Kind != CauseNone && v.capturedWhole() && !v.replyMissed()
}

// capturedWhole holds when nothing is known to be missing so far.
func (v *view) capturedWhole() bool {
	return v.Ending.Incomplete|v.Hello.Incomplete == 0 && v.Sides[client].Unseen|v.Sides[server].Unseen == 0
}

// lostHere holds where the peers had all that the capture lacks, for they acknowledged it: the capture lost it, and not the way.
func (v *view) lostHere() bool {
	for i := range v.Sides {
		if side := &v.Sides[i]; side.Acked < side.Sent+side.Unseen {
			return false
		}
	}
	return v.Transport == flow.TCP && v.Ending.Incomplete&flow.IncompleteGap != 0 || v.Sides[client].Unseen|v.Sides[server].Unseen > 0
}

var incompleteReasons = [...]struct {
	reason flow.Incomplete
	text   string
}{
	{flow.IncompleteOneSided, "only one direction was seen"},
	{flow.IncompleteMid, "the capture began in the middle of the connection"},
	{flow.IncompleteSnaplen, "packets were cut short (snaplen)"},
	{flow.IncompleteGap, "packets in between are missing"},
	{flow.IncompleteLimit, "the handshake is longer than sniscope follows"},
	{flow.IncompleteEvicted, "too many connections were open at once to keep this one"},
}

// appendMissing lists what is missing, by what the connection's facts say.
func (v *view) appendMissing(b []byte) []byte {
	set, from := v.Ending.Incomplete|v.Hello.Incomplete, len(b)
	if set&flow.IncompleteMid != 0 {
		set &^= flow.IncompleteLimit // what is longer is no handshake
	}
	for _, r := range incompleteReasons {
		if set&r.reason != 0 {
			b = append(appendComma(b, from), r.text...)
		}
	}
	for _, s := range [...]flow.Side{client, server} {
		if v.undelivered(s) {
			b = v.appendUndelivered(appendComma(b, from), s)
		}
	}
	for i, who := range sideNames {
		if n := v.Sides[i].Unseen; n > 0 {
			b = append(append(append(appendComma(b, from), "the "...), who...), "'s last "...)
			verb := " were"
			if n == 1 {
				verb = " was"
			}
			b = append(append(appendCount(b, n, "byte"), verb...), " not captured"...)
		}
	}
	return b
}

// undelivered holds when the peer of a side closed the connection, a second or more after that side's last byte, and had not
// received all that the capture has of it: a receiver acknowledges what it has, so what is missing before was lost on the way
// to it, and not by the capture.
func (v *view) undelivered(s flow.Side) bool {
	side := &v.Sides[s]
	return v.Transport == flow.TCP && v.Ending.Incomplete&flow.IncompleteGap != 0 && v.closedBy(s.Other()) &&
		side.Acked < side.Sent && time.Duration(v.cause.Time-side.LastData.Time) >= patience
}

func (v *view) appendUndelivered(b []byte, s flow.Side) []byte {
	side := &v.Sides[s]
	b = append(append(append(b, "and the "...), sideNames[s.Other()]...), " never received them: it had acknowledged "...)
	b = strconv.AppendUint(b, side.Acked, 10)
	b = appendCount(append(b, " of "...), side.Sent, "byte")
	b = append(append(append(b, " of the "...), sideNames[s]...), ' ')
	return append(v.appendDuration(b, time.Duration(v.cause.Time-side.LastData.Time)), " after the last of them"...)
}

// appendComma goes before each item of a list that begins there but the first.
func appendComma(b []byte, from int) []byte {
	if len(b) == from {
		return b
	}
	return append(b, ", "...)
}

// appendHowFar says how far the connection got and when the capture ended, or paused.
func (v *view) appendHowFar(b []byte) []byte {
	if v.cause.Kind != CauseNone {
		return v.appendWhoEnded(append(v.appendStage(append(b, "it was "...)), ", and "...))
	}
	if v.c.Lull > 0 {
		b = append(v.appendDuration(append(b, "the capture pauses for "...), v.c.Lull), ", "...)
	} else {
		b = append(b, "the capture ended "...)
	}
	if d := time.Duration(v.now - v.latest().Time); d != 0 || !v.Timed() {
		b = v.appendDuration(b, d)
	} else {
		b = append(b, "right"...)
	}
	return append(append(b, " after "...), v.latestWords()...)
}

func (v *view) appendWhoEnded(b []byte) []byte {
	if v.cause.By > server {
		return append(v.appendCause(b), " came"...)
	}
	b = append(append(b, "the "...), sideNames[v.cause.By]...)
	return v.appendCause(append(b, " sent "...))
}

func (v *view) appendStage(b []byte) []byte {
	if v.Hello.State == conversation.HelloPartial || v.restCameLate() {
		return append(appendA(append(b, "in the middle of "...), v.Hello.Bytes), "-byte ClientHello"...)
	}
	return append(append(b, "at the stage "...), v.Stage.String()...)
}

// latest is the last of the moments that mark a connection's progress, its first packet where there is none.
func (v *view) latest() flow.Event {
	last := flow.Event{Frame: v.Opening.First, Time: v.Start}
	for _, e := range [...]flow.Event{
		v.SYN, v.SYNACK, v.Opening.Established, v.FirstData[client], v.FirstData[server], v.Hello.Start, v.Hello.End,
		v.Sides[client].LastData, v.Sides[server].LastData, v.ICMP.Event, v.cause.Event,
	} {
		if e.Frame > last.Frame {
			last = e
		}
	}
	return last
}

func (v *view) latestWords() string {
	switch {
	case v.Server.First.Happened():
		return "the last byte of the handshake"
	case v.helloSeen():
		return "the ClientHello"
	case v.FirstData[client].Happened() || v.FirstData[server].Happened():
		return "the last byte"
	case v.Opening.Established.Happened():
		return "the connection was set up, and nobody had sent a byte"
	case v.SYNACK.Happened():
		return "the SYN-ACK"
	}
	return "the SYN"
}
