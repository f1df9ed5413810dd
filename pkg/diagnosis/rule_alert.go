package diagnosis

import (
	"strings"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/iana"
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
	say: func(v *view, b []byte) []byte {
		b = v.appendEnd(b, v.cause.By)
		if len(v.Hello.ALPN) > 0 {
			b = appendQuotedList(append(b, " that offered "...), v.Hello.ALPN)
		}
		return b
	},
	fix: func(v *view) string {
		switch only := len(v.Hello.ALPN) == 1; {
		case v.Transport == flow.QUIC:
			return "check whether that UDP port speaks what the client offers (HTTP/3 is h3), and enable that on the server, or have the client offer what the server has"
		case only && v.Hello.ALPN[0] == "h2":
			return "enable HTTP/2 on the server, which gRPC insists on, or have the client offer http/1.1 as well"
		case only && v.Hello.ALPN[0] == "http/1.1":
			return "have the client offer what the server insists on, such as h2, or let the server take http/1.1 as well"
		}
		return ""
	},
}

// alpnMismatchUnread: an encrypted alert in the place of the server's EncryptedExtensions, which say what it chose of the protocols
// that the client offers (RFC 7301, Section 3.1): there rustls and Java find that they speak none of them. Others look at that before
// the ServerHello.
var alpnMismatchUnread = rule{
	code:  ALPNMismatch,
	needs: alerted | serverEnded,
	when: func(v *view) truth {
		return is(v.alertInFlight() && len(v.Hello.ALPN) > 0 && v.Transport == flow.TCP && !v.Server.Flight.Happened() && !v.lost[server])
	},
	then: func(v *view) finding { return atCause(v, Error, Probable) },
	say: func(v *view, b []byte) []byte {
		b = appendQuotedList(append(v.appendRefusal(b), " that offered "...), v.Hello.ALPN)
		return append(b, "; it came where the server should name the protocol that it chose, as from rustls and Java programs that support none of these"...)
	},
	fix: func(*view) string {
		return "have client and server share an application protocol, such as h2 or http/1.1; if they share one, look in the server's log, since the alert itself is encrypted"
	},
}

// echRequired: the client's alert 121 (RFC 9849).
var echRequired = rule{
	code:  ECHRequired,
	needs: alerted,
	when:  func(v *view) truth { return is(v.plainAlertBy(client, tlswire.AlertECHRequired)) },
	then:  func(v *view) finding { return atCause(v, Warning, Certain) },
	say:   (*view).appendDeparture,
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
	say: func(v *view, b []byte) []byte {
		b = v.appendOfferedKey(v.appendRefusal(b))
		if v.onlyTLS13() {
			b = append(b, "; the client offers TLS 1.3 alone"...)
		}
		if v.nameDisallowed() {
			b = append(b, "; servers on GnuTLS send this alert for a name with characters other than letters, digits, hyphens and dots"...)
		}
		return b
	},
	fix: func(v *view) string {
		switch {
		case v.faultRefused():
			return v.fixMalformed()
		case v.nameDisallowed():
			return "reach the server by a name of letters, digits, hyphens and dots only, such as an alias; if that changes nothing, align versions, cipher suites, groups and signature algorithms"
		case v.offeredKey() && v.plainAlertBy(server, tlswire.AlertHandshakeFailure):
			return fixOfferedKey + "; else align versions, cipher suites, groups and signature algorithms, and see that the server has a certificate"
		case v.offeredKey():
			return fixOfferedKey
		case v.onlyProperNamesPassed():
			return fixProperName + "; else align versions, cipher suites, groups and signature algorithms"
		case v.otherNamesPassed():
			return "check first whether the server has this name and a certificate for it, for other names go through there; then align versions, cipher suites, groups and signature algorithms"
		case v.onlyTLS13() && v.plainAlertBy(server, tlswire.AlertHandshakeFailure):
			return fixOnly13 + "; if it is, align cipher suites, groups and signature algorithms"
		}
		return ""
	},
}

// nameDisallowed holds where a server found an illegal parameter in a hello whose name has characters that host names may not
// have (RFC 1123, Section 2.1), though DNS and most servers take them, above all underscores. One that took the name before, from
// this client or another, means something else.
func (v *view) nameDisallowed() bool {
	taken := v.Server.Retry.Happened() || v.c.Name.Passed > 0
	return v.plainAlertBy(server, tlswire.AlertIllegalParameter) && !taken && v.helloSeen() && strings.ContainsFunc(v.Hello.Name, notOfHostName)
}

func notOfHostName(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '.':
		return false
	}
	return true
}

// appendOfferedKey says where the alert may be about a key that the hello offered: servers say so with 47, as OpenSSL does,
// or with 51 (RFC 8446, Section 4.2.11), and 49 is for one that was known and not enough (Section 6.2). One that does not know the
// key goes on as if there was none, and with 40 where it has no certificate.
func (v *view) appendOfferedKey(b []byte) []byte {
	if v.offeredKey() {
		return append(b, "; the hello offered a pre-shared key or a session to resume, which the server may not have accepted"...)
	}
	return b
}

func (v *view) offeredKey() bool {
	return v.Hello.PreSharedKey && v.serverHello() != yes &&
		v.plainAlertBy(server, tlswire.AlertIllegalParameter, tlswire.AlertDecryptError, tlswire.AlertHandshakeFailure, tlswire.AlertAccessDenied)
}

// keyInUse holds where the server chose a cipher suite of TLS 1.2 and before that has a pre-shared key (RFC 4279).
func (v *view) keyInUse() bool {
	return v.Server.Hello.Happened() && strings.Contains(iana.CipherSuite(v.Server.Cipher), "_PSK_")
}

const fixOfferedKey = "check whether client and server have the same pre-shared key under the same identity; where the client resumes a session, have it begin a new one"

// earlyDataMet12 holds where a server took what a client of TLS 1.3 sent with its hello for what it cannot be in the version that the
// server chose (RFC 8446, Appendix D.3).
func (v *view) earlyDataMet12() bool {
	chose12 := v.serverSaid(v.Server.Hello) && tlswire.Before(v.Server.Version, tlswire.VersionTLS13)
	return v.Hello.EarlyData && chose12 && v.plainAlertBy(server, tlswire.AlertUnexpectedMessage)
}

// resumptionFailed holds where something of the server's own went wrong at a hello that offers a session to resume, and others
// with the same name, or with none as this one, went through.
func (v *view) resumptionFailed() bool {
	passed := v.c.Name.Passed > 0 || v.noSNI() == yes && v.c.Endpoint.BySNI(WithoutSNI).Passed > 0
	return v.Hello.PreSharedKey && passed && v.failedInside()
}

const fixResumption = "see whether only hellos fail that offer a session to resume: a server on OpenSSL that asks for client certificates and has no session id context answers each of them with this alert (SSL_CTX_set_session_id_context); until that is set, switch resumption off in the server or the client; else look in the server's log"

// fixChanged is what to do about a record that its receiver could not verify (RFC 8446, Section 6.2).
const fixChanged = "look for what changes bytes on the way, for what arrived is not what was sent: a network card and its offloads (ethtool -K), a tunnel, a faulty link or memory, or a middlebox that rewrites; captures of both ends show where they begin to differ; if they do not differ, one of the two TLS libraries has a fault"

// serverAlert: any other fatal alert of the server before the handshake was done.
var serverAlert = rule{
	code:  ServerAlert,
	needs: serverEnded,
	when: func(v *view) truth {
		ofClientCertificate := v.wantedCertificate() || v.refusedCertificate()
		return is(v.refusedInTLS() && !ofClientCertificate)
	},
	then: func(v *view) finding {
		if v.lostAlert(server) || v.sealedAlertBy(server) {
			return atCause(v, Error, Probable)
		}
		return atCause(v, Error, Certain)
	},
	say: func(v *view, b []byte) []byte {
		b = v.appendOfferedKey(v.appendRefusal(b))
		switch {
		case v.serverHello() == no && v.headerOwed():
			b = v.appendHeaderOwed(append(b, "; "...))
		case v.earlyDataMet12():
			b = appendProtocol(append(b, "; the client sent data with its hello (0-RTT), and the server chose "...), v.Server.Version)
			return append(b, ", which has none: it took the data for another message"...)
		case v.resumptionFailed():
			b = append(b, "; the hello offered a session to resume, which may be what the server fails at"...)
		case v.flightBrokeOff():
			b = append(b, "; it came in the middle of the server's answer, as from servers that have no certificate for what the client offers"...)
		case v.flightUnanswered():
			b = v.appendDuration(append(b, "; it came "...), v.quiet(v.Server.Flight.Time))
			b = append(b, " after the server's answer began, to which the client had sent nothing"...)
		}
		return b
	},
	fix: func(v *view) string {
		switch {
		case v.offeredKey(), v.keyInUse():
			return fixOfferedKey
		case v.plainAlertBy(server, tlswire.AlertBadRecordMAC):
			return fixChanged
		case v.earlyDataMet12():
			return "have the client try again without early data (0-RTT), as RFC 8446, Appendix D.3, says, or send none; and find out why the server, or one of several behind that address, no longer has TLS 1.3"
		case v.resumptionFailed():
			return fixResumption
		case v.serverHello() == no && v.headerOwed():
			return fixHeaderOwed
		case v.helloUnexpected():
			return "check whether the listener expects something before TLS, such as a PROXY header: the alert says that it took the hello for another message; and look in its log"
		case v.flightBrokeOff():
			return v.fixBrokeOff()
		case v.flightUnanswered():
			return "look at what the client waits for, such as a revocation check or a key on a smart card, for the server may have lost patience; its log should say"
		case v.lostAlert(server):
			return "look in the server's log, or at what the client printed, for the reason: the alert that names it was not captured"
		case v.onlyProperNamesPassed() && v.failedInside():
			return fixProperName
		case v.otherNamesPassed() && v.failedInside():
			return "check whether the server has this name and a certificate for it, and whether the backend of the name is up, for other names go through there; and look in its log"
		case v.Hello.SNI == tlswire.SNIInvalid && v.failedInside():
			return "send a DNS host name from the client instead of the invalid server_name; if that changes nothing, look in the server's log for the reason"
		}
		return v.fixMalformed()
	},
}

// fixBrokeOff is what to do where the server found in the middle of its answer that it cannot go on.
func (v *view) fixBrokeOff() string {
	const keys = "look in the server's log; check that its key store or configuration has a key with a certificate, of a type that the client supports"
	switch {
	case v.otherNamesPassed():
		return "check whether the server has this name and a certificate for it, for other names go through there; and look in its log"
	case v.onlyProperNamesPassed():
		return fixProperName
	case v.noSNI() == yes && v.c.Endpoint.BySNI(WithoutSNI).Passed == 0 && v.c.Endpoint.Complete[WithSNI] == 0:
		return keys + ", and whether it insists on a server name, which this client does not send"
	}
	return keys
}

// failedInside holds where the server says that something of its own went wrong before it began: so it does where its program
// looks up a certificate for the name and finds none.
func (v *view) failedInside() bool {
	return v.plainAlertBy(server, tlswire.AlertInternalError) && v.serverHello() == no
}

// helloUnexpected holds where the server says that a hello which it had in one piece is not what it waited for: Exim does so
// where it waits for a PROXY header, which takes the hello's first bytes.
func (v *view) helloUnexpected() bool {
	return v.plainAlertBy(server, tlswire.AlertUnexpectedMessage) && v.helloSeen() && !v.malformed() && !v.Hello.Retried &&
		v.serverHello() == no && !v.upgraded()
}

// flightBrokeOff holds where an encrypted alert came instead of the rest of the server's flight.
func (v *view) flightBrokeOff() bool { return v.alertInFlight() && !v.flightUnanswered() }

// flightUnanswered holds where it came so late that the server rather waited for the client in vain: Java then sends
// user_canceled and close_notify.
func (v *view) flightUnanswered() bool {
	return v.alertInFlight() && v.serverSaid(v.Server.Flight) && v.quiet(v.Server.Flight.Time) >= patience
}

// alertInFlight holds where an encrypted alert of the server came before the client's second flight.
func (v *view) alertInFlight() bool {
	return v.sealedAlertBy(server) && v.Server.Hello.Happened() && !v.Client.Finished.Happened() && v.Client.Cert == conversation.CertNotSeen
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
		if v.retryDisliked() {
			return atCause(v, Error, c, v.Server.Hello, v.Server.Retry)
		}
		return atCause(v, Error, c, v.Server.Hello)
	},
	say: func(v *view, b []byte) []byte {
		b = v.appendDeparture(b)
		if v.retryDisliked() {
			return append(b, ", in answer to the server's HelloRetryRequest"...)
		}
		return b
	},
	fix: func(v *view) string {
		modern := v.serverSaid(v.Server.Flight) && !v.Server.Resumed && !tlswire.Before(v.Server.Version, tlswire.VersionTLS12)
		switch {
		case v.lostAlert(client):
			return "look at what the client printed or logged for the reason: the alert that names it was not captured"
		case v.alertCameFirst():
			return "look at the client's settings, which left it nothing to begin with: versions, cipher suites and groups that do not go together, or a key that it lacks"
		case v.keyInUse():
			return fixOfferedKey
		case v.retryDisliked() && v.plainAlertBy(client, tlswire.AlertIllegalParameter):
			return fixRetryDisliked
		case v.plainAlertBy(client, tlswire.AlertBadRecordMAC):
			return fixChanged
		case modern && v.plainAlertBy(client, tlswire.AlertInternalError, tlswire.AlertHandshakeFailure):
			return "look at the client's own check of the server's certificate, such as of its names: programs on OpenSSL that refuse it there send this alert; else at what the server chose"
		case v.plainAlertBy(client, tlswire.AlertDecryptError) && v.Server.Certificate.Happened():
			return "see whether the client trusts an older authority of the same name as the one that issued the server's certificate, for then the signature does not fit: give it the new one; else see that the server's key belongs to its certificate"
		case v.plainAlertBy(client, tlswire.AlertInternalError):
			return "look at what the client printed or logged: this alert gives no reason"
		}
		return ""
	},
}

// clientRejectedCertificate: the client's alert about the certificate, which it then had, whatever the capture shows of the
// server's flight; in TLS 1.3 also where a record of an alert's length stands in the place of the client's Finished.
var clientRejectedCertificate = rule{
	code:  ClientRejectedCertificate,
	needs: clientEnded,
	when: func(v *view) truth {
		said := v.plainAlertBy(client, aboutCertificate...) || v.plainAlertBy(client, tlswire.AlertAccessDenied)
		return is(said || v.sealedAlertBy(client) && v.Server.First.Happened())
	},
	then: func(v *view) finding {
		c := Certain
		if v.sealedAlertBy(client) || !v.serverSaid(v.Server.First) {
			c = Probable // the certificate was not seen: it may be for another name, or the default one
		}
		return atCause(v, Error, c, v.Server.Flight, v.Server.Certificate)
	},
	say: func(v *view, b []byte) []byte {
		b = v.appendDeparture(b)
		b = v.appendIssuer(b)
		if v.sealedAlertBy(client) && v.Hello.ECH {
			b = append(b, "; it offered encrypted_client_hello, so the alert may also be ech_required"...)
		}
		return b
	},
	fix: (*view).fixRejected,
}

// retryDisliked holds where a client of TLS 1.3 ended it at the server's HelloRetryRequest (RFC 8446, Section 4.1.4).
func (v *view) retryDisliked() bool {
	return v.Transport == flow.TCP && v.serverSaid(v.Server.Retry) && !v.Hello.Retried && !v.Server.Hello.Happened()
}

const fixRetryDisliked = "see that client and server have a group in common, such as x25519 or P-256: with its HelloRetryRequest the server asked for another one; if they have, look for a newer version of the server's TLS library, for to the client its HelloRetryRequest breaks the protocol: that of rustls before 0.21.7 leaves out the session id; until then, let the server accept a group for which the client sends a key share, such as x25519, so that it need not ask for another hello"
