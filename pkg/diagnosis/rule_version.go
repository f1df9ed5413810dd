package diagnosis

import "github.com/sniscope/sniscope/pkg/tlswire"

// versionAlert: alert 70 of either side.
var versionAlert = rule{
	code:  ProtocolVersion,
	needs: alerted,
	when: func(v *view) truth {
		return is(v.plainAlertBy(server, tlswire.AlertProtocolVersion) || v.plainAlertBy(client, tlswire.AlertProtocolVersion))
	},
	then: func(v *view) finding { return atCause(v, Error, Certain) },
	say: func(v *view, b []byte) []byte {
		b = v.appendWhoseAlert(b)
		if v.Hello.MaxVersion != 0 {
			b = appendProtocol(append(b, "; the client offered at most "...), tlswire.VersionName(v.Hello.MaxVersion))
		}
		if v.Server.Version != 0 {
			b = appendProtocol(append(b, ", the server chose "...), tlswire.VersionName(v.Server.Version))
		}
		return b
	},
	fix: func(v *view) string {
		if v.Hello.MaxVersion == tlswire.VersionTLS13 && v.plainAlertBy(server, tlswire.AlertProtocolVersion) {
			return "let the client offer TLS 1.2 as well, or enable TLS 1.3 on the server: the client offers that, and the server accepts no version that it offers"
		}
		return ""
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
		return appendProtocol(append(v.appendRefusal(b), " that offers at most "...), tlswire.VersionName(v.Hello.MaxVersion))
	},
}

// oldOffer holds when the hello was seen to offer at most TLS 1.1, which RFC 8996 forbids.
func (v *view) oldOffer() bool {
	return v.helloSeen() && v.Hello.MaxVersion != 0 && tlswire.Before(v.Hello.MaxVersion, tlswire.VersionTLS12)
}
