package diagnosis

import (
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// A server may ask for another handshake once it knows what the client wants, mostly since that is for those with a certificate only.
// Where it comes to nothing, to the client that is a failed handshake, however well the first one went.

// secondDeclined: the client's alert in answer to the request, or in the middle of what followed.
var secondDeclined = rule{
	code:  ClientAlert,
	needs: secondAsked,
	when: func(v *view) truth {
		return is(v.Second.Asked.Happened() && v.alertBy(client) && time.Duration(v.cause.Time-max(v.Second.Asked.Time, v.Second.Answered.Time)) < patience)
	},
	then: func(v *view) finding { return v.atSecond(Probable) },
	say: func(v *view, b []byte) []byte {
		b = v.appendCause(append(v.appendSide(b, client), " sent "...))
		if v.Second.Answered.Happened() {
			return v.appendSecond(append(b, ", in the middle of another handshake: "...))
		}
		return v.appendSecond(append(b, " and no new ClientHello: "...))
	},
	fix: func(v *view) string {
		if v.Second.Answered.Happened() {
			return "look at what the client printed or logged: it broke off the second handshake, for example because the server's certificate differs from that of the first"
		}
		return "have the server ask for certificates in the first handshake (Apache httpd: SSLVerifyClient for the virtual host, not for a Location or Directory; IIS: `netsh http add sslcert … clientcertnegotiation=enable`), for this client does not renegotiate; or let the client do that (Go: Renegotiation in tls.Config)"
	},
}

// secondRequired: the server ended the connection where the client had answered with an empty certificate, or nothing, or it is not known
// with what.
var secondRequired = rule{
	code:  ClientCertificateRequired,
	needs: secondAsked,
	when:  func(v *view) truth { return is(v.Second.Cert != conversation.CertSent && v.refusedSecond()) },
	then: func(v *view) finding {
		if v.Second.Cert == conversation.CertEmpty && v.alertBy(server) {
			return v.atSecond(Probable)
		}
		return v.atSecond(Possible)
	},
	say: func(v *view, b []byte) []byte {
		b = v.appendSecond(append(v.appendRefusedSecond(b), ": "...))
		switch {
		case v.Second.Cert == conversation.CertEmpty:
			b = append(b, ", and the client had answered without a certificate"...)
		case !v.Second.Answered.Happened():
			b = append(b, ", which the client did not answer"...)
		}
		return b
	},
	fix: func(v *view) string {
		if v.Second.Cert == conversation.CertEmpty {
			return ""
		}
		return "look in the server's log for why it ended the second handshake; if that was for a certificate, give the client one that the server's list of authorities covers, or have the server ask for it in the first handshake"
	},
}

// secondRejected: the same where it had sent one.
var secondRejected = rule{
	code:  ClientCertificateRejected,
	needs: secondAsked,
	when:  func(v *view) truth { return is(v.Second.Cert == conversation.CertSent && v.refusedSecond()) },
	then: func(v *view) finding {
		if v.alertBy(server) {
			return v.atSecond(Probable)
		}
		return v.atSecond(Possible)
	},
	say: func(v *view, b []byte) []byte {
		return append(v.appendSecond(append(v.appendRefusedSecond(b), ": "...)), ", and the client had answered with a certificate"...)
	},
}

// refusedSecond holds where the server ended the connection at once in answer to what the client had for a second handshake, or, if that
// had nothing, whenever.
func (v *view) refusedSecond() bool {
	ended := v.Second.Asked.Happened() && (v.alertBy(server) || v.leftBy(server))
	answered := v.Second.Answered
	return ended && (!answered.Happened() || time.Duration(v.cause.Time-answered.Time) < patience)
}

func (v *view) atSecond(c Confidence) finding {
	return atCause(v, Error, c, v.EstablishedAt, v.Second.Asked, v.Second.Answered)
}

func (v *view) appendRefusedSecond(b []byte) []byte {
	b = v.appendCause(append(v.appendServer(b), " sent "...))
	from, what := v.Second.Answered, " after the client's answer to its request"
	if !from.Happened() {
		from, what = v.Second.Asked, " after its request"
	}
	return append(v.appendDuration(append(b, ' '), time.Duration(v.cause.Time-from.Time)), what...)
}

// appendSecond says what kind of handshake the server asked for.
func (v *view) appendSecond(b []byte) []byte {
	b = append(b, "after the first handshake, which went through, the server had asked for "...)
	if tlswire.Is13(v.Server.Version) {
		return append(b, "a client certificate (post-handshake authentication, inferred from the lengths of the records)"...)
	}
	return append(b, "a second one (renegotiation), as servers do that want a client certificate for some paths only"...)
}

// appendUnfinishedSecond says the same of a connection of which nothing is concluded from it.
func (v *view) appendUnfinishedSecond(b []byte) []byte {
	if !v.Second.Asked.Happened() {
		return b
	}
	b = v.appendSecond(append(b, "; "...))
	if v.cause.By == flow.Client {
		return append(b, ", and the client left before any data of the server came"...)
	}
	return append(b, ", and no data of the server came after that"...)
}
