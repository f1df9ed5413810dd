package diagnosis

import (
	"fmt"

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
	say: func(v *view) string {
		s := v.whoseAlert()
		if v.Hello.MaxVersion != 0 {
			s += "; the client offered at most " + protocolName(tlswire.VersionName(v.Hello.MaxVersion))
		}
		if v.Server.Version != 0 {
			s += ", the server chose " + protocolName(tlswire.VersionName(v.Server.Version))
		}
		return s
	},
}

// oldVersion: at most TLS 1.1 is offered, and the server's alert is 80, which OpenSSL 3 sends then, or 40 where
// that cannot be about a missing name.
var oldVersion = rule{
	code:  ProtocolVersion,
	needs: alerted,
	when: func(v *view) truth {
		old := v.Hello.MaxVersion != 0 && v.Hello.MaxVersion <= tlswire.VersionTLS11
		alert := v.plainAlertBy(server, tlswire.AlertInternalError) ||
			v.plainAlertBy(server, tlswire.AlertHandshakeFailure) && v.namesServer()
		return all(is(old && v.helloSeen() && alert), not(v.serverHello()))
	},
	then: func(v *view) finding { return atCause(v, Error, Probable) },
	say: func(v *view) string {
		return fmt.Sprintf("%s that offers at most %s", v.refusal(), protocolName(tlswire.VersionName(v.Hello.MaxVersion)))
	},
}
