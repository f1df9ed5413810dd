package diagnosis

import (
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
)

// TLS had been agreed upon, by STARTTLS or its kin, and nobody began it.

// serverLeftAgreed: the server ended the connection before a byte of TLS.
var serverLeftAgreed = rule{
	code:  ServerClosedBeforeHello,
	needs: carried | serverEnded,
	when:  func(v *view) truth { return v.leftAgreed(server) },
	then: func(v *view) finding {
		f := finding{severity: Info, confidence: Certain, at: v.cause.Event, shown: [4]flow.Event{v.CarrierAsked, v.Hello.Start}}
		if v.sinceAgreed() < patience {
			f.severity = Error
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		b = v.appendAgreed(v.appendCause(append(v.appendServer(b), " sent "...)), "it")
		if v.Hello.Start.Happened() {
			return v.appendCrossed(append(b, ", before a byte of that reached it"...), v.Hello.Start)
		}
		return append(b, ", before a byte of that came"...)
	},
	fix: func(v *view) string {
		if v.sinceAgreed() < patience {
			return "look in the server's log for why it ended the connection where TLS was to begin: a crash, a restart, or a certificate or key that it cannot read"
		}
		return "look at the client, which asked for TLS and did not begin it"
	},
}

// clientLeftAgreed: the client did, as one that only tests whether TLS is there.
var clientLeftAgreed = rule{
	code:  ClientLeftBeforeHello,
	needs: carried | clientEnded,
	when:  func(v *view) truth { return v.leftAgreed(client) },
	then: func(v *view) finding {
		return finding{severity: Info, confidence: Certain, at: v.cause.Event, shown: [4]flow.Event{v.CarrierAsked}}
	},
	say: func(v *view, b []byte) []byte {
		b = v.appendAgreed(v.appendCause(append(v.appendClient(b), " sent "...)), "the server")
		return append(b, ", and had not begun it"...)
	},
	fix: func(*view) string {
		return "nothing if this is a health check; else look in the client's log for why it did not begin TLS once it might: a certificate or key that it cannot read, or a time-out"
	},
}

// leftAgreed is whether a side ended the connection when the server had agreed, before any TLS that reached it.
func (v *view) leftAgreed(side flow.Side) truth {
	if !v.agreedToTLS() || !v.leftBy(side) || !v.beforeTLS() {
		return no
	}
	if !v.tlsSeen() && v.Sides[client].LastData.Frame != v.CarrierAsked.Frame {
		return no // it went on without
	}
	if v.lost[client] || v.lost[server] {
		return unknown
	}
	return yes
}

// agreedToTLS holds where the server had answered the client's request for TLS, and not with a refusal.
func (v *view) agreedToTLS() bool {
	return v.upgraded() && v.CarrierRefused == "" && v.CarrierAsked.Happened() && v.Sides[server].LastData.Frame > v.CarrierAsked.Frame
}

// beforeTLS holds where the connection was ended before the first byte of TLS.
func (v *view) beforeTLS() bool {
	return !v.tlsSeen() || v.Hello.Start.Frame > v.cause.Frame && v.TLSBytes[server] == 0
}

// sinceAgreed is how long the agreement was ago.
func (v *view) sinceAgreed() time.Duration {
	return time.Duration(v.cause.Time - v.Sides[server].LastData.Time)
}

func (v *view) appendAgreed(b []byte, who string) []byte {
	b = v.appendDuration(append(b, ' '), v.sinceAgreed())
	b = append(append(b, " after "...), who...)
	return append(append(append(b, " had agreed to TLS ("...), v.lastCarrier()...), ')')
}
