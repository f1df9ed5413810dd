package diagnosis

import "github.com/sniscope/sniscope/pkg/tlswire"

// certificateMismatchAccepted: no DNS name in the leaf matches the server_name, and the client went on.
var certificateMismatchAccepted = rule{
	code:  CertificateNameMismatch,
	needs: maybePassed | certificateSeen,
	when:  func(v *view) truth { return is(v.through == yes && v.nameMismatch() == yes) },
	then: func(v *view) finding {
		f := v.accepted(Warning, v.mismatchConfidence())
		f.shown[1] = v.Server.Certificate
		return f
	},
	say: func(v *view, b []byte) []byte { return append(v.appendMismatch(b), ", and the client went on"...) },
}

// certificateMismatch: the same, and the client ended it, unless its alert names another fault of the certificate.
var certificateMismatch = rule{
	code:  CertificateNameMismatch,
	needs: clientEnded,
	when: func(v *view) truth {
		other := v.plainAlertBy(client, tlswire.AlertUnsupportedCertificate, tlswire.AlertCertificateRevoked,
			tlswire.AlertCertificateExpired, tlswire.AlertUnknownCA)
		return all(is((v.leftBy(client) || v.alertBy(client)) && !other), v.nameMismatch(), not(v.serverOwes()))
	},
	then: func(v *view) finding {
		f := atCause(v, Error, v.mismatchConfidence())
		if v.leftBy(client) {
			f.confidence = min(f.confidence, Probable) // it did not say why
		}
		f.shown[1] = v.Server.Certificate
		return f
	},
	say: func(v *view, b []byte) []byte {
		return v.appendCause(append(v.appendMismatch(b), ", and the client sent "...))
	},
}

// nameMismatch is whether none of the certificate's names matches (RFC 9525, Section 6). Where there are no names, or
// no proper name was sent, there is nothing to compare.
func (v *view) nameMismatch() truth {
	s := &v.Server
	asked := is(v.Hello.SNI == tlswire.SNIPresent)
	if !v.helloSeen() && asked == no {
		asked = unknown
	}
	switch {
	case s.Certificate.Happened():
		return all(asked, is(len(s.CertNames) > 0 && !s.CertMatches))
	case s.Hello.Happened() && tlswire.Before(s.Version, tlswire.VersionTLS13) && !s.Resumed && v.lost[server]:
		return all(asked, unknown)
	}
	return no
}

// mismatchConfidence: a common name has not been a place for host names since RFC 6125; clients differ.
func (v *view) mismatchConfidence() Confidence {
	if v.Server.CertNamesFromCN {
		return Possible
	}
	return Certain
}

func (v *view) appendMismatch(b []byte) []byte {
	b = appendQuotedList(append(v.appendServer(b), " sent a certificate for "...), v.Server.CertNames)
	if v.Server.CertNamesFromCN {
		b = append(b, " in its common name"...)
	}
	return appendQuoted(append(b, " to a client that asked for "...), v.Hello.Name)
}
