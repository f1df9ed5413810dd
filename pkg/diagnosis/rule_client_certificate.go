package diagnosis

import (
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// certificateRequiredAlert: the server's alert 116 (RFC 8446, Section 6.2).
var certificateRequiredAlert = rule{
	code:  ClientCertificateRequired,
	needs: alerted,
	when:  func(v *view) truth { return is(v.plainAlertBy(server, tlswire.AlertCertificateRequired)) },
	then:  func(v *view) finding { return v.atClientCertificate(Certain) },
	say:   (*view).appendRefusal,
}

// clientCertificateRequired: the client answered the request for its certificate with an empty one, and then the
// server ended the handshake.
var clientCertificateRequired = rule{
	code:  ClientCertificateRequired,
	needs: certificateAsked,
	when:  func(v *view) truth { return is(v.wantedCertificate()) },
	then:  func(v *view) finding { return v.atClientCertificate(v.inferred()) },
	say: func(v *view, b []byte) []byte {
		if v.Transport == flow.QUIC {
			b = v.appendRefusalOf(b, "; what the client had sent is too short for a certificate, and servers that require one end the connection this way")
			return v.appendEndsThere(b)
		}
		b = v.appendRefusalOf(b, "; the client had been asked for a certificate and had sent none")
		if v.finishedUncertified() {
			b = append(b, ", yet the server had finished the handshake by then"...)
		}
		return b
	},
	fix: func(v *view) string {
		if !v.finishedUncertified() {
			return ""
		}
		return "look in the server's log; if this is a data connection of FTP, have the client resume the session of its control connection, or the server not require that (vsftpd: require_ssl_reuse=NO; ProFTPD: TLSOptions NoSessionReuseRequired); else give the client a certificate that the server's list of authorities covers"
	},
}

// finishedUncertified holds where the server's alert came behind its Finished, up to TLS 1.2: one that requires a certificate ends the
// handshake before that.
func (v *view) finishedUncertified() bool {
	return v.Client.Cert == conversation.CertEmpty && v.sealedAlertBy(server) && v.Transport == flow.TCP && !tlswire.Is13(v.Server.Version)
}

// clientCertificateRejected: the server's alert about the certificate that the client sent.
var clientCertificateRejected = rule{
	code:  ClientCertificateRejected,
	needs: certificateAsked,
	when:  func(v *view) truth { return is(v.refusedCertificate()) },
	then:  func(v *view) finding { return v.atClientCertificate(v.inferred()) },
	say: func(v *view, b []byte) []byte {
		return v.appendEndsThere(v.appendRefusalOf(b, "; the client had sent a certificate"))
	},
	fix: func(v *view) string {
		if v.cutOff() && !outdated(v.Client.CertValidity) {
			return "look in the server's log for why it closed once it had the client's certificate; if it refused that, at its trust store, and at the chain, the dates and the key usage of the certificate"
		}
		return v.fixClientTrust()
	},
}

// wantedCertificate holds when the server ended the handshake for want of a client certificate and did not say so as with 116: with 40,
// with 42 as Java does, with 50 as GnuTLS does, with 41 as pion does, with 46 as Haskell's tls does, or with an alert that is known
// by its length.
func (v *view) wantedCertificate() bool {
	said := v.plainAlertBy(server, tlswire.AlertHandshakeFailure, tlswire.AlertNoCertificate, tlswire.AlertDecodeError) ||
		v.plainAlertBy(server, aboutCertificate...)
	return v.Client.Cert == conversation.CertEmpty && (said || v.refusedUnsaid())
}

// refusedCertificate holds when the server ended the handshake over the certificate that it got: also with 40, as rustls does
// before 0.21, and OpenSSL where a program's own check of the certificate says no.
func (v *view) refusedCertificate() bool {
	said := v.plainAlertBy(server, aboutCertificate...) ||
		v.plainAlertBy(server, tlswire.AlertIllegalParameter, tlswire.AlertAccessDenied, tlswire.AlertDecryptError, tlswire.AlertHandshakeFailure)
	return v.Client.Cert == conversation.CertSent && (said || v.failedOver() || v.refusedUnsaid())
}

// failedOver holds when the server says that something of its own went wrong once it had the client's certificate: so Apache httpd
// does where the chain is longer than its SSLVerifyDepth.
func (v *view) failedOver() bool {
	return v.plainAlertBy(server, tlswire.AlertInternalError) && v.before(v.Client.Certificate)
}

// refusedUnsaid holds when the server ended the handshake behind the client's second flight by what cannot be read, or does not
// say why.
func (v *view) refusedUnsaid() bool {
	return v.sealedAlertBy(server) || v.inferredRefusal() || v.cutOff()
}

// inferredRefusal holds when the server's only record behind the client's second flight has an alert's length, and
// the close followed it.
func (v *view) inferredRefusal() bool { return v.Server.ErrorRecord && v.leftBy(server) }

// cutOff holds when the server closed within a second of the client's second flight, which answers a CertificateRequest, and
// sent no record behind it.
func (v *view) cutOff() bool {
	done := v.answer().Happened() && v.Server.RecordsAfterDone == 0 && !v.Established
	return done && v.leftBy(server) && !v.lost[server] && !v.lost[client] && v.quiet(v.answer().Time) < patience
}

// answer is the last that the server had of what answers a CertificateRequest, zero if it had none. What the client sent for a
// certificate can be judged before the rest of its second flight comes: Mbed TLS closes then, without an alert, where there is
// none, and ActiveMQ (nio+ssl) where it does not trust it.
func (v *view) answer() flow.Event {
	c := &v.Client
	switch {
	case c.Cert == conversation.CertNotSeen:
	case v.before(c.Finished):
		return c.Finished
	case v.before(c.Certificate):
		return c.Certificate
	}
	return flow.Event{}
}

// appendRefusalOf says how the server refused what the client had answered the request for its certificate with, and why one
// that only closes does so then.
func (v *view) appendRefusalOf(b []byte, answer string) []byte {
	b = v.appendRefusal(b)
	if !v.cutOff() {
		return append(b, answer...)
	}
	b = v.appendDuration(append(b, ", "...), v.quiet(v.answer().Time))
	if !v.before(v.Client.Finished) {
		return append(append(b, " after the client's Certificate, without an alert"...), answer...)
	}
	b = append(append(b, " after the client's Finished, without another record"...), answer...)
	return append(b, ", which some programs look at only once the handshake is done"...)
}

// inferred is certain where the messages could be read, as in TLS 1.2, probable where only their lengths speak or the alert says
// less, and possible where nothing speaks but the close.
func (v *view) inferred() Confidence {
	if v.cutOff() || v.finishedUncertified() || v.Transport == flow.QUIC && v.Client.Cert == conversation.CertEmpty && v.sealedAlertBy(server) || v.endsThere() {
		return Possible // over QUIC not even the request for a certificate shows
	}
	vague := v.plainAlertBy(server, tlswire.AlertDecodeError) ||
		v.Client.Cert == conversation.CertSent && v.plainAlertBy(server, tlswire.AlertHandshakeFailure) || v.failedOver()
	if v.Client.CertInferred || v.inferredRefusal() || v.sealedAlertBy(server) || vague {
		return Probable
	}
	return Certain
}

// endsThere holds when the capture ends with what looks like a QUIC server's refusal. Where its flight is accepted such a packet
// may come as well, and what shows that comes right behind it.
func (v *view) endsThere() bool {
	return v.Transport == flow.QUIC && v.sealedAlertBy(server) && time.Duration(v.now-v.cause.Time) < atOnce
}

func (v *view) appendEndsThere(b []byte) []byte {
	if v.endsThere() {
		return append(b, "; the capture ends there, so the server may have gone on"...)
	}
	return b
}

func (v *view) atClientCertificate(c Confidence) finding {
	return atCause(v, Error, c, v.Client.Certificate)
}
