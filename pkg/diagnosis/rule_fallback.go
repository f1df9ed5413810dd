package diagnosis

import "github.com/sniscope/sniscope/pkg/tlswire"

// fallbackAlert: the server's alert 86 (RFC 7507, Section 3).
var fallbackAlert = rule{
	code:  InappropriateFallback,
	needs: alerted,
	when:  func(v *view) truth { return is(v.plainAlertBy(server, tlswire.AlertInappropriateFallback)) },
	then:  func(v *view) finding { return atCause(v, Error, Certain) },
	say:   (*view).appendRefusal,
}

// fallbackRefused: the hello offers TLS_FALLBACK_SCSV, which says that it is a second try at a lower version, and
// the server ends the connection before the handshake is done.
var fallbackRefused = rule{
	code:  InappropriateFallback,
	needs: serverEnded | maybeFallback,
	when: func(v *view) truth {
		if !v.alertBy(server) && !v.leftBy(server) || !v.tlsSeen() {
			return no
		}
		if !v.helloSeen() && !v.Hello.FallbackSCSV {
			return unknown
		}
		return is(v.Hello.FallbackSCSV)
	},
	then: func(v *view) finding { return atCause(v, Error, Probable) },
	say: func(v *view, b []byte) []byte {
		return append(v.appendRefusal(b), " that is a retry at a lower version (TLS_FALLBACK_SCSV)"...)
	},
}
