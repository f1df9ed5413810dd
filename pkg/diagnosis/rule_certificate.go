package diagnosis

import (
	"slices"
	"strings"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/iana"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

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
	say: func(v *view, b []byte) []byte {
		b = v.appendMismatch(b)
		if v.onlyClosed() {
			b = append(b, ", and the client finished the handshake and then sent no more than a close"...)
		} else {
			b = append(b, ", and the client went on"...)
		}
		return v.appendLabels(b)
	},
}

// onlyClosed holds when the connection was seen to its end, and all that the client sent after the handshake has the length of
// an alert: some programs look at the name only then, and leave without a word.
func (v *view) onlyClosed() bool {
	seen := v.Transport == flow.TCP && v.Missed == 0 && v.Ending.Incomplete == 0 && v.Terminator.Happened()
	if !seen || v.AppData[client] > 0 || v.Bytes[client] < v.Sides[client].Sent {
		return false
	}
	return v.maySayGoodbye(v.Bytes[client] - v.Sides[client].Sent)
}

// sealedAlert is the longest that a record with an encrypted alert is, of TLS 1.2 with CBC and SHA-384 (RFC 5246, Section 6.2.3.2),
// padded no further than to a block.
const sealedAlert = 85

// maySayGoodbye reports whether so many bytes of either side behind the handshake are none, or one encrypted alert. How long that is
// depends on the cipher suite, which is not known where the ServerHello was not captured.
func (v *view) maySayGoodbye(n uint64) bool {
	var kinds []string
	switch n {
	case 0:
		return true
	case 24: // RFC 8446, Section 5.2
		return tlswire.Is13(v.Server.Version)
	case 23: // RFC 7905, RFC 6655
		kinds = []string{"_CHACHA20_", "_CCM_8"}
	case 31: // RFC 5288, RFC 6655
		kinds = []string{"_GCM_", "_CCM"}
	case 37, 53, 69, sealedAlert: // of TLS 1.0, and of later versions with SHA-1, SHA-256, SHA-384 (RFC 5246, Section 6.2.3.2)
		kinds = []string{"_CBC_"}
	default:
		return false
	}
	suite := iana.CipherSuite(v.Server.Cipher)
	is := func(kind string) bool { return v.Server.Cipher == 0 || strings.Contains(suite, kind) }
	return slices.ContainsFunc(kinds, is) && !tlswire.Is13(v.Server.Version)
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
		f := atCause(v, Error, v.mismatchConfidence(), v.Server.Certificate)
		switch {
		case v.strangerAnswered(), v.leftWithout(v.Server.Certificate):
			f.confidence = Possible // it did not leave, by all that the RST says, or without having seen that
		case v.leftBy(client):
			f.confidence = min(f.confidence, Probable) // it did not say why
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		return v.appendLabels(v.appendCause(append(v.appendMismatch(b), ", and the client sent "...)))
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

// appendLabels explains a name that looks as if it were for the one that was asked for.
func (v *view) appendLabels(b []byte) []byte {
	if slices.ContainsFunc(v.Server.CertNames, v.nearlyCovers) {
		b = append(b, "; the * of a certificate stands for one label, no more and no less"...)
	}
	return b
}

// nearlyCovers holds for a wildcard that is for the domain of the name that was asked for, at another depth.
func (v *view) nearlyCovers(pattern string) bool {
	domain, wildcard := strings.CutPrefix(strings.ToLower(pattern), "*.")
	return wildcard && domain != "" && strings.HasSuffix("."+strings.ToLower(strings.TrimSuffix(v.Hello.Name, ".")), "."+domain)
}
