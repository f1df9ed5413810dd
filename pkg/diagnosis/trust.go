package diagnosis

import (
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// What a certificate itself shows of why nobody would trust it (RFC 5280, Section 6). It can be read up to TLS 1.2 only.

// outdated holds when a certificate was not valid when it was sent, by the clock of the capture.
func outdated(v conversation.Validity) bool {
	return v == conversation.Expired || v == conversation.NotYetValid
}

// remarkValidity says that a certificate was sent before or after its time.
func remarkValidity(b []byte, v *view, _, _ *rule) []byte {
	if outdated(v.Server.CertValidity) {
		return v.appendValidity(b)
	}
	switch v.Client.CertValidity {
	case conversation.Expired:
		return append(b, "the client's certificate had expired"...)
	case conversation.NotYetValid:
		return append(b, "the client's certificate was not valid yet"...)
	}
	return b
}

// appendValidity says when the server's certificate expired, if it did, or that it is not valid yet.
func (v *view) appendValidity(b []byte) []byte {
	if v.Server.CertValidity == conversation.NotYetValid {
		return append(b, "the server's certificate was not valid yet"...)
	}
	return v.Server.CertNotAfter.UTC().AppendFormat(append(b, "the server's certificate expired on "...), "2006-01-02")
}

// appendIssuer says what may be wrong with the issuer of the server's certificate.
func (v *view) appendIssuer(b []byte) []byte {
	s := &v.Server
	switch {
	case !s.Certificate.Happened():
		return b
	case s.CertSelfIssued && s.CertAlone:
		return append(b, "; the server's certificate is self-signed"...)
	case s.CertIssuer != "":
		b = appendQuoted(append(b, "; the server's certificate was issued by "...), s.CertIssuer)
	}
	vague := v.plainAlertBy(client, tlswire.AlertBadCertificate) && !outdated(s.CertValidity)
	if s.CertAlone && (vague || v.plainAlertBy(client, tlswire.AlertUnknownCA, tlswire.AlertCertificateUnknown)) {
		b = append(b, ", and no intermediate certificate came with it"...)
	}
	return b
}

// fixTrust is what to do about a server's certificate that the client did not accept, as far as the certificate or the
// alert tells (RFC 8446, Section 6.2). What the alert names comes first: to renew the certificate would not mend it.
func (v *view) fixTrust() string {
	s := &v.Server
	alone, expired := s.CertSelfIssued && s.CertAlone, s.CertValidity == conversation.Expired
	switch unknown := v.plainAlertBy(client, tlswire.AlertUnknownCA); {
	case v.plainAlertBy(client, tlswire.AlertCertificateRevoked):
		return "replace the server's certificate: its authority has revoked it"
	case v.plainAlertBy(client, tlswire.AlertUnsupportedCertificate):
		return "look at what the server's certificate is for (it needs the key usage of a server) and at the type of its key"
	case v.warnedOfName():
		return "add the host and its certificate to the server, or correct the name in the client: the server said in a warning that it does not know it"
	case unknown && alone && v.nameMismatch() == yes:
		return "give the server a certificate for this name, of an authority that the client trusts: it sent a self-signed one for other names, as products do for names that they have no certificate for"
	case unknown && alone && expired:
		return "give the server a certificate of an authority that the client trusts, or renew the self-signed one and put it into the client's trust store"
	case unknown && alone:
		return "give the server a certificate of an authority that the client trusts, or put the self-signed one into the client's trust store"
	case unknown && expired:
		return "renew the server's certificate, have the server send it with all intermediate certificates, and give the client the authority that issues it: the alert says that the client does not know it"
	case unknown:
		return "have the server send its chain with all intermediate certificates, and give the client the authority that issued it"
	case s.CertValidity == conversation.NotYetValid:
		return "look at the clocks of the client, and of whoever issued the server's certificate, or wait until it is valid"
	case v.plainAlertBy(client, tlswire.AlertCertificateExpired) && s.CertValidity == conversation.Valid:
		return "compare the client's clock with that of this capture, by which the server's certificate is still good; if it is right, an intermediate certificate or a root has expired: renew it where the server sends it, or remove it from the client's trust store"
	case expired, v.plainAlertBy(client, tlswire.AlertCertificateExpired):
		return "renew the server's certificate and see that the server sends the new one, intermediates included; if all are still good, set the client's clock"
	}
	return ""
}

// fixRejected is the same for a certificate for the right name, where the alert tells nothing: one that came alone is the usual fault, and
// GnuTLS says no more of it than 42.
func (v *view) fixRejected() string {
	if s := v.fixTrust(); s != "" || !v.plainAlertBy(client, tlswire.AlertBadCertificate) {
		return s
	}
	if s := &v.Server; s.Certificate.Happened() && s.CertAlone && !s.CertSelfIssued {
		return "have the server send its chain with all intermediate certificates, if the authority that issued it is one; else look at the client's trust store and clock, and at the dates, the names and the key usage of the certificate"
	}
	return "look at the client's trust store, and at its clock, for to one that is slow a new certificate is not valid yet; then at the chain, the dates, the names and the key usage of the server's certificate"
}

// fixClientTrust is the same the other way round.
func (v *view) fixClientTrust() string {
	expired := v.Client.CertValidity == conversation.Expired
	switch unknown := v.plainAlertBy(server, tlswire.AlertUnknownCA); {
	case v.plainAlertBy(server, tlswire.AlertCertificateRevoked):
		return "replace the client's certificate: its authority has revoked it"
	case v.plainAlertBy(server, tlswire.AlertUnsupportedCertificate):
		return "look at what the client's certificate is for (it needs the key usage of a client) and at the type of its key"
	case v.failedOver():
		return "look in the server's log for why its check of the client's certificate failed: the chain may be longer than it allows (Apache httpd: SSLVerifyDepth, 1 unless set), or a check of its own says no"
	case v.plainAlertBy(server, tlswire.AlertDecryptError):
		return "compare the authority in the server's trust store with the one that issued the client's certificate, for of an older one of the same name the signature does not fit; else check that the client signs with the key that belongs to the certificate it sends"
	case unknown && expired:
		return "renew the client's certificate, have the client send it with all intermediate certificates, and give the server the authority that issues it: the alert says that the server does not know it"
	case unknown:
		return "have the client send its chain with all intermediate certificates, and give the server the authority that issued it"
	case v.Client.CertValidity == conversation.NotYetValid:
		return "look at the clocks of the server, and of whoever issued the client's certificate, or wait until it is valid"
	case v.plainAlertBy(server, tlswire.AlertCertificateExpired) && v.Client.CertValidity == conversation.Valid:
		return "compare the server's clock with that of this capture, by which the client's certificate is still good; if it is right, an intermediate certificate or a root has expired: renew it where the client sends it, or remove it from the server's trust store"
	case expired, v.plainAlertBy(server, tlswire.AlertCertificateExpired):
		return "renew the client's certificate and see that the client sends the new one; if it is still good, set the server's clock"
	}
	return ""
}
