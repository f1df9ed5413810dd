package diagnosis

import "github.com/sniscope/sniscope/pkg/flow"

// disownedWords are the kinds of what can be disowned.
var disownedWords = [...]string{CauseAlert: "alert", CauseRST: "RST", CauseFIN: "FIN"}

// remarkElsewhere says what a capture of the same connection in another place shows.
func remarkElsewhere(b []byte, v *view, _, _ *rule) []byte {
	nearClient, nearServer := &v.c.Elsewhere[client], &v.c.Elsewhere[server]
	switch {
	case v.answeredAstray(), v.resetAstray(), v.resetPastNAT():
		return b // what is not there came by another address
	case v.c.Absent:
		return v.appendAbsent(b)
	case v.disowned():
		return v.appendDisowned(b)
	case nearServer.synack && !v.SYNACK.Happened():
		return append(b, "a capture nearer to the server has its SYN-ACK, which was lost or dropped on the way back"...)
	case nearClient.First != 0 && v.SYNACK.Happened() && !nearClient.synack:
		return append(b, "a capture nearer to the client has no SYN-ACK: it was lost or dropped on the way back"...)
	case v.unsent(client):
		return v.appendLost(b, server, " has not a byte of what the client sent", " on the way")
	case v.unreached(server):
		return v.appendLost(b, server, " has what it answered, and none of that came here", " on the way back")
	case v.endUnreached():
		return v.appendLost(b, server, " has its "+nearServer.endWord()+", which did not come here", " on the way back")
	case v.unreached(client):
		return v.appendLost(b, client, " has what it sent, and none of that came here", " on the way")
	case v.unsent(server):
		return v.appendLost(b, client, " has not a byte of what the server sent", " on the way back")
	}
	return b
}

// appendLost says what the capture nearer to a side shows, and what became of what is not in both.
func (v *view) appendLost(b []byte, nearer flow.Side, what, where string) []byte {
	b = append(v.appendPlace(b, nearer), what...)
	if v.c.Elsewhere[nearer].Here {
		return append(b, ": the host of this capture dropped it, or the capture lacks it"...)
	}
	return append(append(b, ": it was lost or dropped"...), where...)
}

// endWord is what the server ended the connection by there.
func (e *Elsewhere) endWord() string {
	if e.reset[server] == e.ended[server] {
		return "RST"
	}
	return "FIN or alert"
}

// appendPlace names the capture, which was made nearer to that side.
func (v *view) appendPlace(b []byte, side flow.Side) []byte {
	switch {
	case v.proxied(side) && side == server:
		return append(b, "the connection that a transparent proxy on the host of this capture opened to the server"...)
	case v.proxied(side):
		return append(b, "the connection that a transparent proxy on the host of this capture took from the client"...)
	case v.c.Elsewhere[side].Here:
		return append(append(append(b, "this capture, beyond a NAT and nearer to the "...), sideNames[side]...), ',')
	}
	return append(append(b, "a capture nearer to the "...), sideNames[side]...)
}

// appendBetween names what is between both places.
func (v *view) appendBetween(b []byte) []byte {
	if v.proxied(v.cause.By) {
		return append(b, "the transparent proxy on the host of this capture"...)
	}
	return append(b, "something on the way"...)
}

// appendDisowned says what a capture shows that is nearer to the side in whose name the connection was ended.
func (v *view) appendDisowned(b []byte) []byte {
	by := v.cause.By
	e := &v.c.Elsewhere[by]
	if v.proxied(by) && v.cause.Kind == CauseRST { // it was named already
		b = append(append(b, "its connection to the "...), sideNames[by]...)
	} else {
		b = v.appendPlace(b, by)
	}
	switch proxys := e.ended[by.Other()]; {
	case v.proxied(by) && proxys.happened() && e.ended[by] > proxys:
		b = append(b, " was ended by the proxy itself"...)
	case v.proxied(by) && e.ended[by].happened():
		b = append(append(append(b, " was not ended by the "...), sideNames[by]...), " before that"...)
	default:
		b = append(append(append(b, " has no "...), disownedWords[v.cause.Kind]...), " of the "...)
		b = append(b, sideNames[by]...)
	}
	if v.bothDisowned() {
		b = append(append(append(b, ", and a RST of the "...), sideNames[by.Other()]...), " that is not in this one"...)
	}
	if by == server && v.unsent(client) {
		b = append(b, ", nor a byte of what the client sent"...)
	}
	if here := initialSeqs(v.Record); v.proxied(by) || here == 0 || e.numbers == 0 || here == e.numbers {
		return b
	}
	return append(b, ", and other sequence numbers, so a proxy in between speaks to each end in the name of the other"...)
}
