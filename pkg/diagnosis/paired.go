package diagnosis

import "github.com/sniscope/sniscope/pkg/flow"

// A transparent proxy on the host of a capture takes a client's connection in the server's name, and opens one to the server in the client's.
// All that ends the first in the server's name, or the second in the client's, the proxy sent.

// behind is the side of which the proxy speaks in a connection's name: the server in the client's connection, the client in its own.
func (v *view) behind() flow.Side {
	if comesIn(v.Record) {
		return server
	}
	return client
}

// proxied holds where the other connection of a transparent proxy is known on that side.
func (v *view) proxied(side flow.Side) bool { return v.Paired && v.c.Elsewhere[side].Here }

// relayed holds where the side behind the proxy had ended the other connection before this one ended, and not because the proxy had.
func (v *view) relayed() bool {
	side := v.behind()
	e := &v.c.Elsewhere[side]
	ended, other := e.ended[side], e.ended[side.Other()]
	return v.proxied(side) && ended.happened() && (!other.happened() || ended < other) && e.start+int64(ended) <= v.cause.Time+1
}

// keptSilent holds where the side behind the proxy had what the proxy was sent, and neither answered nor ended the connection.
func (v *view) keptSilent() bool {
	side := v.behind()
	e := &v.c.Elsewhere[side]
	return v.proxied(side) && e.spoke[side.Other()].happened() && !e.spoke[side].happened() && !e.ended[side].happened()
}

// proxysOwn holds where nothing shows that what a rule says of the side behind a transparent proxy is that side's doing.
func (v *view) proxysOwn(r *rule) bool {
	switch {
	case !v.Paired || v.forOnward(r):
		return false
	case unanswered(r.code):
		return v.behind() == server && !v.keptSilent()
	}
	byTransport := v.cause.Kind == CauseRST || v.cause.Kind == CauseFIN
	return byTransport && v.cause.By == v.behind() && !v.relayed()
}

// remarkPaired says which of both a connection is.
func remarkPaired(b []byte, v *view, named, plain *rule) []byte {
	switch {
	case !v.Paired, len(remarkElsewhere(b, v, named, plain)) > len(b): // which names it
		return b
	case v.behind() == server:
		b = append(b, "a transparent proxy on the host of this capture accepted the connection in the server's name, and opened another one to the server in the client's name"...)
		if v.relayed() {
			b = append(append(b, ", which the server ended with "...), v.c.Elsewhere[server].endWord()...)
		}
		return b
	}
	return append(b, "a transparent proxy on the host of this capture opened the connection in the client's name"...)
}

const fixPaired = "look at the transparent proxy on the host of this capture, which speaks to each side in the name of the other: at its log, its rules and its time-outs"
