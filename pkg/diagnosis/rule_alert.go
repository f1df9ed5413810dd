package diagnosis

import (
	"fmt"

	"github.com/sniscope/sniscope/pkg/tlswire"
)

// alpnMismatch: alert 120 (RFC 7301, Section 3.2).
var alpnMismatch = rule{
	code:  ALPNMismatch,
	needs: alerted,
	when: func(v *view) truth {
		return is(v.plainAlertBy(server, tlswire.AlertNoApplicationProtocol) || v.plainAlertBy(client, tlswire.AlertNoApplicationProtocol))
	},
	then: func(v *view) finding { return atCause(v, Error, Certain) },
	say: func(v *view) string {
		s := v.whoseAlert()
		if len(v.Hello.ALPN) > 0 {
			s += fmt.Sprintf(" that offered %s", quoteList(v.Hello.ALPN))
		}
		return s
	},
}

// echRequired: the client's alert 121 (RFC 9849).
var echRequired = rule{
	code:  ECHRequired,
	needs: alerted,
	when:  func(v *view) truth { return is(v.plainAlertBy(client, tlswire.AlertECHRequired)) },
	then:  func(v *view) finding { return atCause(v, Warning, Certain) },
	say:   (*view).whoseAlert,
}

// noCommonParameters: alert 40 for a hello with a name, or 47 or 71 for any, before any ServerHello.
var noCommonParameters = rule{
	code:  NoCommonParameters,
	needs: alerted,
	when: func(v *view) truth {
		forNamed := is(v.plainAlertBy(server, tlswire.AlertHandshakeFailure) && v.namesServer())
		forAny := is(v.plainAlertBy(server, tlswire.AlertIllegalParameter, tlswire.AlertInsufficientSecurity))
		return all(either(forNamed, forAny), not(v.serverHello()))
	},
	then: func(v *view) finding {
		c := Probable
		if v.plainAlertBy(server, tlswire.AlertInsufficientSecurity) {
			c = Certain
		}
		return atCause(v, Error, c)
	},
	say: (*view).refusal,
}

// serverAlert: any other fatal alert of the server before the handshake was done.
var serverAlert = rule{
	code:  ServerAlert,
	needs: serverEnded,
	when: func(v *view) truth {
		ofClientCertificate := v.wantedCertificate() || v.refusedCertificate()
		return is((v.alertBy(server) || v.lostAlert(server)) && !ofClientCertificate)
	},
	then: func(v *view) finding {
		if v.lostAlert(server) || v.sealedAlertBy(server) {
			return atCause(v, Error, Probable)
		}
		return atCause(v, Error, Certain)
	},
	say: (*view).refusal,
}

// clientAlert: any other fatal alert of the client before the handshake was done.
var clientAlert = rule{
	code:  ClientAlert,
	needs: clientEnded,
	when:  func(v *view) truth { return is(v.alertBy(client) || v.lostAlert(client)) },
	then: func(v *view) finding {
		c := Certain
		if v.lostAlert(client) {
			c = Probable
		}
		f := atCause(v, Error, c)
		f.shown[1] = v.Server.Hello
		return f
	},
	say: (*view).departure,
}

// clientRejectedCertificate: the client's alert about the certificate, after the server's flight; in TLS 1.3 also
// where a record of an alert's length stands in the place of the client's Finished.
var clientRejectedCertificate = rule{
	code:  ClientRejectedCertificate,
	needs: clientEnded,
	when: func(v *view) truth {
		said := v.plainAlertBy(client, aboutCertificate...) || v.plainAlertBy(client, tlswire.AlertAccessDenied)
		return is((said || v.sealedAlertBy(client)) && v.Server.First.Happened())
	},
	then: func(v *view) finding {
		c := Certain
		if v.sealedAlertBy(client) {
			c = Probable
		}
		f := atCause(v, Error, c)
		f.shown[1] = v.Server.Flight
		f.shown[2] = v.Server.Certificate
		return f
	},
	say: func(v *view) string {
		s := v.departure()
		if v.Server.CertIssuer != "" {
			s += fmt.Sprintf("; the server's certificate was issued by %s", quote(v.Server.CertIssuer))
		}
		if v.sealedAlertBy(client) && v.Hello.ECH {
			s += "; it offered encrypted_client_hello, so the alert may also be ech_required"
		}
		return s
	},
}

// whoseAlert says who sent the alert.
func (v *view) whoseAlert() string {
	if v.cause.By == client {
		return v.departure()
	}
	return v.refusal()
}

// quoteList quotes a few of what a client offered.
func quoteList(list []string) string {
	const most = 4
	s := ""
	for i, p := range list {
		switch {
		case i == most:
			return s + ", …"
		case i > 0:
			s += ", "
		}
		s += quote(p)
	}
	return s
}
