package diagnosis

import (
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// versionAlert: alert 70 of either side.
var versionAlert = rule{
	code:  ProtocolVersion,
	needs: alerted,
	when: func(v *view) truth {
		return is(v.plainAlertBy(server, tlswire.AlertProtocolVersion) || v.plainAlertBy(client, tlswire.AlertProtocolVersion))
	},
	then: func(v *view) finding { return atCause(v, Error, Certain) },
	say: func(v *view, b []byte) []byte {
		b = v.appendEnd(b, v.cause.By)
		switch {
		case v.onlyTLS13():
			b = append(b, "; the client offered TLS 1.3 alone"...)
		case v.earlierThan13():
			b = append(b, "; the client offered TLS 1.3 and earlier"...)
		case v.Hello.MaxVersion != 0:
			b = appendProtocol(append(b, "; the client offered at most "...), v.Hello.MaxVersion)
		}
		if v.Server.Version != 0 {
			b = appendProtocol(append(b, ", the server chose "...), v.Server.Version)
		}
		return b
	},
	fix: func(v *view) string {
		switch {
		case v.alertBy(server) && v.onlyTLS13():
			return fixOnly13 + ": the client offers that alone, and the server does not accept it"
		case v.alertBy(server) && v.earlierThan13():
			return "enable TLS 1.2 or later on the server: it accepts none of the versions that the client offers, TLS 1.3 and earlier"
		case v.alertBy(client) && v.Server.Version != 0 && v.Transport == flow.TCP:
			return "widen what the server accepts: it chose a version that the client does not take; TLS 1.2 is the least that both should have"
		}
		return v.fixOldDTLS()
	},
}

// versionUnoffered: the client offers TLS 1.3 alone, the server chose an earlier version, and the client would not have it, whatever its
// alert says. Servers that do not know supported_versions read the version before it (RFC 8446, Section 4.1.3).
var versionUnoffered = rule{
	code: ProtocolVersion,
	when: func(v *view) truth {
		chose := v.Server.Version != 0 && tlswire.Before(v.Server.Version, tlswire.VersionTLS13)
		return is(v.onlyTLS13() && chose)
	},
	then: func(v *view) finding { return atCause(v, Error, Certain, v.Server.Hello) },
	say: func(v *view, b []byte) []byte {
		b = append(v.appendDeparture(b), "; it offered TLS 1.3 alone, and the server chose "...)
		return appendProtocol(b, v.Server.Version)
	},
	fix: func(*view) string { return fixOnly13 },
}

// versionDisallowed: the server chose TLS 1.1 or before, and the client ended it behind that answer with alert 80: so does OpenSSL 3,
// whose security levels above 0 have no signature for these versions. Its programs send that alert for reasons of their own as well.
var versionDisallowed = rule{
	code: ProtocolVersion,
	when: func(v *view) truth {
		old := v.Server.Version != 0 && tlswire.Before(v.Server.Version, tlswire.VersionTLS12)
		return is(v.plainAlertBy(client, tlswire.AlertInternalError) && old && !v.Server.Resumed && v.serverSaid(v.Server.Flight))
	},
	then: func(v *view) finding { return atCause(v, Error, Probable, v.Server.Hello) },
	say: func(v *view, b []byte) []byte {
		b = appendProtocol(append(v.appendDeparture(b), "; the server chose "...), v.Server.Version)
		return append(b, ", which clients on OpenSSL 3 refuse in this way"...)
	},
	fix: func(v *view) string {
		switch {
		case v.Transport == flow.DTLS:
			return v.fixOldDTLS()
		case v.oldOffer():
			return "let the client offer TLS 1.2 or later, and enable it on the server: it offers no more than what OpenSSL 3 takes only with @SECLEVEL=0 among its ciphers"
		}
		return "enable TLS 1.2 or later on the server, for OpenSSL 3 takes what it chose only with @SECLEVEL=0 among the client's ciphers"
	},
}

// onlyTLS13 holds where the client offers TLS 1.3 alone, and could offer more: QUIC has no other, and DTLS none of that name.
func (v *view) onlyTLS13() bool { return v.Hello.Only13 && v.Transport == flow.TCP }

// earlierThan13 holds where it offers that, and earlier versions as well.
func (v *view) earlierThan13() bool {
	return v.Hello.MaxVersion == tlswire.VersionTLS13 && !v.Hello.Only13 && v.Transport == flow.TCP
}

const fixOnly13 = "let the client offer TLS 1.2 as well, or enable TLS 1.3 on the server"

// fixOldDTLS is the advice of protocol-version for DTLS, whose versions have other numbers.
func (v *view) fixOldDTLS() string {
	if v.Transport != flow.DTLS {
		return ""
	}
	return "raise the versions that the client offers, or widen what the server accepts; DTLS 1.2 is the least that both should have"
}

// versionDeclined: a QUIC server answers the hello with Version Negotiation (RFC 9000, Section 6), and the client, which must
// give up where it knows none of the versions listed, does not go on.
var versionDeclined = rule{
	code:  ProtocolVersion,
	needs: wholeHello | serverWaited,
	when:  func(v *view) truth { return is(v.helloSeen() && v.before(v.Declined) && !v.serverSaid(v.answered())) },
	then: func(v *view) finding {
		f := finding{severity: Error, confidence: Certain, at: v.Declined, shown: [4]flow.Event{v.Hello.End}}
		if v.waited(v.Declined.Time, patience) != yes {
			f.confidence = Possible
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		b = append(v.appendServer(b), " declined the client's version of QUIC "...)
		b = append(v.appendDuration(b, since(v.Record, v.Declined)), " after "...)
		b = append(append(v.appendHelloWords(b), "; the server speaks "...), v.Versions...)
		if v.waited(v.Declined.Time, patience) != yes {
			return append(b, "; the capture ends there, so the client may have gone on with one of these"...)
		}
		return append(b, ", and the client did not go on with one of these"...)
	},
	fix: func(*view) string {
		return "let client and server have a version of QUIC in common; all should have 1 (RFC 9000)"
	},
}

// oldVersion: at most TLS 1.1 is offered, and the server's alert is 80, which OpenSSL 3 sends then, 71, which Erlang does, or
// 40 where that cannot be about a missing name.
var oldVersion = rule{
	code:  ProtocolVersion,
	needs: alerted,
	when: func(v *view) truth {
		alert := v.plainAlertBy(server, tlswire.AlertInternalError, tlswire.AlertInsufficientSecurity) ||
			v.plainAlertBy(server, tlswire.AlertHandshakeFailure) && v.namesServer()
		return all(is(v.oldOffer() && alert), not(v.serverHello()))
	},
	then: func(v *view) finding { return atCause(v, Error, Probable) },
	say: func(v *view, b []byte) []byte {
		return appendProtocol(append(v.appendRefusal(b), " that offers at most "...), v.Hello.MaxVersion)
	},
	fix: func(v *view) string {
		if v.Transport == flow.TCP && v.plainAlertBy(server, tlswire.AlertInternalError) {
			return "let the client offer TLS 1.2 or later; a server on OpenSSL 3 takes earlier ones only with @SECLEVEL=0 among its ciphers (nginx: ssl_ciphers DEFAULT:@SECLEVEL=0), whatever versions it is set to"
		}
		return v.fixOldDTLS()
	},
}

// oldOffer holds when the hello was seen to offer at most TLS 1.1, which RFC 8996 forbids.
func (v *view) oldOffer() bool {
	return v.helloSeen() && v.Hello.MaxVersion != 0 && tlswire.Before(v.Hello.MaxVersion, tlswire.VersionTLS12)
}
