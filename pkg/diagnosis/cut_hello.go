package diagnosis

import (
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// What a capture shows that keeps only the beginning of each packet (snaplen): not whom the hello names, but what became of it. The
// headers say how long each packet was, and an alert is short enough to be there.

// onlyCut holds where the capture has the beginning of the hello, and lacks nothing but what was cut off.
func (v *view) onlyCut() bool {
	return v.Transport == flow.TCP && v.Hello.State == conversation.HelloPartial && v.Hello.Bytes > 0 && v.onlySnaplen() &&
		v.Sides[server].Unseen == 0 && v.before(v.Hello.Start)
}

// onlySnaplen holds where all that is known to be missing of what the client sent was cut off the packets.
func (v *view) onlySnaplen() bool {
	missing := (v.Ending.Incomplete | v.Hello.Incomplete) &^ flow.IncompleteEndOfCapture
	return missing == flow.IncompleteSnaplen && v.Sides[client].Unseen == 0
}

// cutHelloFailed holds where that shows moreover that nothing came of the hello: it was answered by an alert or by nothing, until
// somebody ended the connection or long enough.
func (v *view) cutHelloFailed() bool {
	if !v.onlyCut() || v.cause.Kind == CauseNone && v.waited(v.Hello.Start.Time, patience) != yes {
		return false
	}
	if v.alertBy(server) {
		return !v.cause.Alert.Encrypted && v.FirstData[server].Frame == v.cause.Frame
	}
	return v.Bytes[server] == 0 && !v.alertBy(client)
}

// appendCutHello says what became of it, and what cannot be told for what is missing.
func (v *view) appendCutHello(b []byte) []byte {
	waited := v.quiet(v.Hello.Start.Time) >= patience
	switch {
	case v.cause.By == server:
		b = v.appendSinceCut(v.appendCause(append(v.appendEnder(b, server), " sent "...)))
		if v.cause.Kind != CauseAlert {
			b = append(b, "; it sent no byte"...)
		}
	case v.leftBy(client) && !waited:
		b = v.appendSinceCut(v.appendCause(append(v.appendEnder(b, client), " sent "...)))
		b = append(b, "; the server sent no byte"...)
	default:
		b = v.appendDuration(append(v.appendServer(b), " sent no byte in "...), v.quiet(v.Hello.Start.Time))
		b = v.appendCutWords(append(b, " after "...))
		if v.cause.Kind != CauseNone {
			b = v.appendWhoEnded(append(b, ", until "...))
		} else {
			b = v.appendUntilEnd(b)
		}
	}
	if v.namesServer() {
		return append(b, "; all that is missing is the rest of the hello, which was cut off (snaplen)"...)
	}
	b = append(b, "; all that is missing is the rest of the hello, which was cut off (snaplen), and with it the server_name"...)
	if with, without := v.cutHelloCodes(waited); with != "" {
		b = append(append(append(b, ", which decides between "...), with...), " and "...)
		b = append(b, without...)
	}
	return b
}

// cutHelloCodes are the diagnoses that whole packets most likely give, with a server_name and without; "" where that depends on more.
func (v *view) cutHelloCodes(waited bool) (with, without Code) {
	switch {
	case v.resetBy(server):
		return HelloReset, NoSNIReset
	case v.closedBy(server):
		return HelloClosed, NoSNIClosed
	case v.cause.By != server && waited && !v.Hello.OverMSS: // else the path may be at fault
		return HelloUnanswered, NoSNIUnanswered
	}
	return "", ""
}

// appendSinceCut says how long after the beginning of the hello the cause came.
func (v *view) appendSinceCut(b []byte) []byte {
	b = v.appendDuration(append(b, ' '), v.quiet(v.Hello.Start.Time))
	return v.appendCutWords(append(b, " after "...))
}

func (v *view) appendCutWords(b []byte) []byte {
	b = append(appendA(append(b, "the beginning of "...), v.Hello.Bytes), "-byte ClientHello"...)
	if v.namesServer() {
		b = v.appendSNIWords(append(b, ' '))
	}
	return b
}

// appendCutEnd says how a connection ended of which more than the hello was cut off: how much there was is all that is known then.
func (v *view) appendCutEnd(b []byte) []byte {
	if !v.onlyCut() || v.cause.Kind == CauseNone {
		return b
	}
	b = v.appendWhoEnded(append(b, "; "...))
	b = v.appendSinceCut(b)
	b = appendCount(append(b, "; in all the client sent "...), v.Bytes[client], "byte")
	return appendCount(append(b, ", the server "...), v.Bytes[server], "byte")
}

// fixCutHello is what to do where nothing came of the hello.
const fixCutHello = "capture again with `-s 0`: nothing else is missing"

// cutBehindEnd holds where all that is missing of what the client sent was cut off a hello that was captured behind the cause, and is its
// first word: none of it can have brought that about.
func (v *view) cutBehindEnd() bool {
	return v.onlySnaplen() && v.Hello.State != conversation.HelloNone && v.Hello.Start.Frame == v.FirstData[client].Frame &&
		v.cause.Kind != CauseNone && v.cause.Frame < v.Hello.Start.Frame
}
