package diagnosis

import (
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
	dropped := v.dropped()
	if dropped || v.maybeRefused() || v.unconfirmed() || v.refusalMissing() || v.requestMissing() || v.refusalMisplaced() || v.leftUnconfirmed() {
		c = min(c, Probable)
	}
	at := v.EstablishedAt
	if !at.Happened() {
		at = v.Client.Finished
	}
	f := finding{severity: s, confidence: c, at: at, shown: [4]flow.Event{v.Hello.End}}
	switch {
	case v.deserted():
		f.use, f.shown[1] = Deserted, v.c.Onward.Failed
	case dropped || v.leftAtOnce() || v.shutOut() || v.leftUnconfirmed() && v.judgedServer():
		f.use = Unused
	}
	return f
}

// refusalMissing holds where some of the connection other than its end is missing, and what is there allows for a refusal: behind
// the client's Finished the server may have sent an alert, and no more; or in TLS 1.2 and before, where the server's Finished comes
// last, the client may have, if it judges the certificate only then (leftAtOnce).
func (v *view) refusalMissing() bool {
	lacks := (v.Ending.Incomplete | v.Hello.Incomplete) &^ flow.IncompleteEndOfCapture
	switch {
	case v.Missed == 0 && lacks == 0:
		return false
	case v.Server.ErrorRecord:
		return true
	case v.secondUnseen():
		return true
	case v.Server.RecordsAfterDone > 0, v.Bytes[server] > v.Sides[server].Sent+sealedAlert:
		return false
	case tlswire.Is13(v.Server.Version):
		return true
	}
	return v.AppData[client]+v.AppData[server] == 0 && v.Bytes[client] <= v.Sides[client].Sent
}

// secondUnseen holds where packets were cut short, the connection ended, and behind the handshake there was room for the server's request
// for another one, for what the client has for that, and for a refusal, and for not much more: by the records, as far as it is known where
// each began, else by the bytes.
func (v *view) secondUnseen() bool {
	answered := v.Bytes[client] >= v.Sides[client].Sent+shortestSecond || v.Server.Again == conversation.AgainPerhaps
	room := answered && v.Bytes[server] <= v.Sides[server].Sent+longestRequest
	return v.Server.Again != conversation.AgainNot && room && v.Terminator.Happened()
}

// What a client sends at least that has no certificate for a server that asks behind the handshake of TLS 1.3, which is less than in another
// handshake of TLS 1.2: a Certificate, a Finished, and the header, type and tag of either record. And the longest request for it: one with
// the names of two dozen authorities.
const (
	shortestSecond = (4 + 1 + 3) + (4 + 32) + 2*(tlswire.RecordHeaderLen+1+16)
	longestRequest = 4 << 10
)

// longestFlight is what a server sends in the first handshake, but for rare chains of certificates.
const longestFlight = 4 << 10

// refusalMisplaced holds where the two directions were captured out of order, and nobody knows which record came behind which: one may
// refuse the certificate with which the client answered a request in TLS 1.3, or end a second handshake, where what the server sent is no
// more than its part of the first and a request for that.
func (v *view) refusalMisplaced() bool {
	second := v.Server.Again != conversation.AgainNot && v.Terminator.Happened() && v.Bytes[server] <= longestFlight+longestRequest && v.maySecond()
	return v.Disordered() && (v.Client.CertInferred || second)
}

// maySecond holds unless the client sent too little behind its Finished to answer a request in TLS 1.3, which takes two records.
func (v *view) maySecond() bool {
	return !tlswire.Is13(v.Server.Version) || v.AppData[client] > 1 || v.Bytes[client] >= v.Sides[client].Sent+shortestSecond
}

// requestMissing holds where the server's only record behind the client's Finished has an alert's length, over UDP: nothing would
// show that the client's answer to a CertificateRequest was not captured.
func (v *view) requestMissing() bool { return v.Server.ErrorRecord && v.Transport != flow.TCP }

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
	if v.Server.Version != 0 {
		b = append(appendProtocol(b, v.Server.Version), ' ')
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
	return v.appendUnfinishedSecond(v.appendClientCertificate(v.appendUnused(b)))
}

// appendClientCertificate says what is worth knowing of a client certificate though the handshake went through.
func (v *view) appendClientCertificate(b []byte) []byte {
	if v.Client.Cert == conversation.CertEmpty {
		b = append(b, "; the server asked for a client certificate and the client sent none, which some servers refuse only inside TLS, as with HTTP 400"...)
	}
	switch {
	case v.refusalMisplaced(): // which says it
	case v.maybeRefused() && !v.Terminator.Happened():
		b = append(b, "; the server's one record after the client's Finished has the length of an alert, and how the connection ended "...)
		return append(b, "was not captured, so whether it accepted the client is not known"...)
	case v.maybeRefused():
		b = append(b, "; the server's one record after the client's Finished has the length of an alert, and came late, after "...)
		b = append(b, "the client's close, or a while before it: probably a close_notify or a short answer, yet it may refuse "...)
		return v.appendDoubtedCertificate(b)
	case v.unconfirmed() && v.Terminator.Happened() && v.capturedWhole():
		return append(b, "; the server sent no TLS after the client's Finished, so whether it accepted the client is not known"...)
	case v.unconfirmed():
		return append(b, "; what the server sent after the client's Finished was not captured, so whether it accepted the client is not known"...)
	case v.Server.ErrorRecord && v.Terminator.Happened():
		return append(b, "; the server's one record after the client's Finished has the length of an alert, and it closed"...)
	}
	return b
}
