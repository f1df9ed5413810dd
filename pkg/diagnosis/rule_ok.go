package diagnosis

import (
	"strconv"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// healthy: the handshake went through, however the connection was closed later.
var healthy = rule{
	code:  Healthy,
	needs: maybePassed,
	when:  func(v *view) truth { return v.through },
	then:  func(v *view) finding { return v.accepted(OK, Certain) },
	say:   (*view).appendThrough,
}

// accepted is what is concluded of a handshake that went through.
func (v *view) accepted(s Severity, c Confidence) finding {
	if v.maybeRefused() || v.unconfirmed() {
		c = min(c, Probable)
	}
	at := v.EstablishedAt
	if !at.Happened() {
		at = v.Client.Finished
	}
	return finding{severity: s, confidence: c, at: at, shown: [4]flow.Event{v.Hello.End}}
}

// maybeRefused holds where the server's only record behind the client's second flight has an alert's length, and that flight
// answers a CertificateRequest: it came too late for a refusal, or behind the client's close, so it rather is a close_notify.
func (v *view) maybeRefused() bool {
	return v.Server.ErrorRecord && v.Client.Cert != conversation.CertNotSeen
}

// unconfirmed holds where the client sent a certificate in TLS 1.3, or said that it has none, and nothing of what the server
// made of it was captured.
func (v *view) unconfirmed() bool {
	return v.Client.CertInferred && v.Server.RecordsAfterDone == 0
}

// appendThrough is said of nearly every connection.
func (v *view) appendThrough(b []byte) []byte {
	if name := tlswire.VersionName(v.Server.Version); v.Server.Version != 0 && name != "" {
		b = append(appendProtocol(b, name), ' ')
	}
	b = append(b, "handshake went through"...)
	if v.helloSeen() && v.EstablishedAt.Happened() {
		b = append(b, ' ')
		b = v.appendDuration(b, time.Duration(v.EstablishedAt.Time-v.Hello.End.Time))
		b = append(b, " after the ClientHello"...)
	}
	if v.Server.CertValidity == conversation.Expired {
		b = v.appendValidity(append(b, "; "...))
	}
	return v.appendClientCertificate(b)
}

// appendProtocol turns a published version into the protocol's name: "ssl3" is SSL 3.0, "1.2" is TLS 1.2.
func appendProtocol(b []byte, version string) []byte {
	switch version {
	case "ssl2":
		return append(b, "SSL 2.0"...)
	case "ssl3":
		return append(b, "SSL 3.0"...)
	}
	return append(append(b, "TLS "...), version...)
}

// appendClientCertificate says what is worth knowing of a client certificate though the handshake went through.
func (v *view) appendClientCertificate(b []byte) []byte {
	if v.Client.Cert == conversation.CertEmpty {
		b = append(b, "; the server asked for a client certificate and the client sent none, which some servers refuse only inside TLS, as with HTTP 400"...)
	}
	switch {
	case v.maybeRefused():
		b = append(b, "; the server's one record behind the client's second flight has the length of an alert, and came "...)
		return append(b, "late or behind the client's close: rather its close_notify, yet it may refuse the certificate"...)
	case v.unconfirmed() && v.Terminator.Happened() && v.capturedWhole():
		return append(b, "; the server said nothing in TLS behind the client's second flight, so what it made of that is not known"...)
	case v.unconfirmed():
		return append(b, "; what the server made of the client's second flight was not captured"...)
	case v.Server.ErrorRecord:
		return append(b, "; the server's one record behind the client's Finished has the length of an alert, and it closed"...)
	}
	return b
}

// appendDuration writes a time in milliseconds, or in seconds where there are many, rounded.
func appendDuration(b []byte, d time.Duration) []byte {
	switch {
	case d < 0:
		return appendDuration(append(b, '-'), -d)
	case d < 10*time.Millisecond:
		n := int64(round(d, time.Millisecond/100))
		b = append(strconv.AppendInt(b, n/100, 10), '.', byte('0'+n/10%10), byte('0'+n%10))
		return append(b, " ms"...)
	case d < time.Second:
		return append(appendTenths(b, round(d, time.Millisecond/10)), " ms"...)
	}
	return append(appendTenths(b, round(d, time.Second/10)), " s"...)
}

// round is how many units d has, half a one for a whole.
func round(d, unit time.Duration) time.Duration {
	n := d / unit
	if d-n*unit >= unit/2 {
		return n + 1
	}
	return n
}

func appendTenths(b []byte, n time.Duration) []byte {
	return append(strconv.AppendInt(b, int64(n/10), 10), '.', byte('0'+n%10))
}
