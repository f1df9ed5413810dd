package diagnosis

import (
	"cmp"
	"time"

	"github.com/sniscope/sniscope/pkg/tlswire"
)

// The hello is complete and names no server (RFC 6066, Section 3), and the server would not have it.

// noSNIReset: then the server's RST, and no TLS byte from the server.
var noSNIReset = rule{
	code:  NoSNIReset,
	needs: maybeNameless | serverReset,
	when:  func(v *view) truth { return all(v.noSNI(), is(v.resetBy(server)), not(v.serverAnswered())) },
	then:  func(v *view) finding { return v.doubted(v.refusedForName()) },
	say:   func(v *view, b []byte) []byte { return append(v.appendRefusal(b), "; it sent no TLS byte"...) },
	fix:   (*view).fixRefused,
}

// noSNIAlert: then an alert of the server with which products say that they need a name, before any ServerHello.
var noSNIAlert = rule{
	code:  NoSNIAlert,
	needs: maybeNameless | serverEnded,
	when: func(v *view) truth {
		named := v.plainAlertBy(server, tlswire.AlertUnrecognizedName, tlswire.AlertMissingExtension,
			tlswire.AlertHandshakeFailure, tlswire.AlertInternalError, tlswire.AlertAccessDenied)
		return all(v.noSNI(), is(named || v.lostAlert(server)), not(v.serverHello()))
	},
	then: func(v *view) finding {
		f := v.refusedForName()
		if v.saysName() {
			f.confidence = Certain
		}
		if v.lostAlert(server) {
			f.confidence = min(f.confidence, Probable)
		}
		if v.offeredKey() && !v.nameHelped() {
			f.confidence = min(f.confidence, Possible) // where a session was to be resumed, the server had accepted the client before
		}
		return f
	},
	say: func(v *view, b []byte) []byte { return v.appendDenied(v.appendOfferedKey(v.appendRefusal(b))) },
	fix: (*view).fixNamelessAlert,
}

// nameNotLacking: alert 40 to one without a name, where the same client went through without one as well: what it offered then was another.
var nameNotLacking = rule{
	code: NoCommonParameters,
	when: func(v *view) truth {
		return is(v.c.OtherOffer[WithoutSNI] && v.plainAlertBy(server, tlswire.AlertHandshakeFailure))
	},
	then: func(v *view) finding { return atCause(v, Error, Probable) },
	say: func(v *view, b []byte) []byte {
		b = noCommonParameters.say(v, b)
		return append(b, "; the same client went through there without server_name too, when it offered other versions, cipher suites, groups or signature algorithms"...)
	},
	fix: func(v *view) string { return noCommonParameters.fix(v) },
}

// noSNIBrokeOff: the same behind its ServerHello, by what others did there. Java chooses a certificate only then, and so finds none.
var noSNIBrokeOff = rule{
	code: NoSNIAlert,
	when: func(v *view) truth {
		return all(v.noSNI(), is(v.flightBrokeOff() && v.onlyNamedPassed()))
	},
	then: func(v *view) finding {
		f := v.refusedForName()
		f.confidence = min(f.confidence, Probable)
		return f
	},
	say: func(v *view, b []byte) []byte {
		b = append(v.appendRefusal(b), "; it came in the middle of the server's answer, as from Java servers that have no certificate for a hello without a name, and "...)
		return append(appendCount(b, v.c.Endpoint.BySNI(WithSNI).Passed, "handshake"), " with a name went through there"...)
	},
	fix: (*view).fixNameless,
}

// onlyNamedPassed holds where handshakes with a name went through at the server, and none without.
func (v *view) onlyNamedPassed() bool {
	return v.c.Endpoint.BySNI(WithSNI).Passed > 0 && v.c.Endpoint.BySNI(WithoutSNI).Passed == 0
}

// noSNIClosed: then the server's FIN, and no alert.
var noSNIClosed = rule{
	code:  NoSNIClosed,
	needs: maybeNameless | serverClosed,
	when:  func(v *view) truth { return all(v.noSNI(), is(v.closedBy(server)), not(v.serverAnswered())) },
	then:  (*view).refusedForName,
	say:   (*view).appendClosed,
	fix:   (*view).fixRefused,
}

// noSNIUnanswered: then nothing, although the server acknowledged the hello, for a second or more. A server that begins the
// handshake after all, when the client has left, does not lack the name.
var noSNIUnanswered = rule{
	code:  NoSNIUnanswered,
	needs: maybeNameless | serverWaited,
	when: func(v *view) truth {
		return all(v.noSNI(), v.helloAcked(), not(v.serverAnswered()), v.helloWaited(), is(!v.answeredTooLate()))
	},
	then: func(v *view) finding {
		f := v.refusedForName()
		f.at, f.shown[1], f.shown[2] = v.Sides[client].AckedAt, v.Hello.End, v.clientsEnd()
		return f
	},
	say: (*view).appendUnanswered,
	fix: (*view).fixUnanswered,
}

// noSNIAnsweredLate: the same where the server answers hellos without a name, if not soon enough for their clients. A process that is
// stuck, as in a look-up of the client's name, answers each when it gets to it.
var noSNIAnsweredLate = rule{
	code: HelloUnanswered,
	when: func(v *view) truth { return is(v.c.Endpoint.Late > 0) },
	then: func(v *view) finding { return atCauseOrHello(v, Error, Certain) },
	say: func(v *view, b []byte) []byte {
		b = appendCount(append(v.appendUnanswered(b), "; it answered "...), v.c.Endpoint.Late, "other hello")
		return append(b, " without server_name, when the client had left"...)
	},
	fix: func(*view) string { return "find out why the server takes so long to answer: " + slowness },
}

// noSNIClientRejected: then the server's flight, and the client ended it: probably over the default certificate.
var noSNIClientRejected = rule{
	code:  NoSNIClientRejected,
	needs: maybeNameless | clientEnded,
	when: func(v *view) truth {
		// With its Finished it took the certificate, and a resumed session has none. What NATS greets with, it may have taken for TLS.
		// A client that was gone before the answer came has seen none of it, nor has one that left without its certificate.
		// XMPP names the host before it asks for TLS (RFC 6120, Section 4.7.2), and its servers choose the certificate by that.
		named := v.lastCarrier() == "starttls-xmpp"
		unread := v.lastCarrier() == "starttls-nats" || v.goneFrom(client) && v.answeredLate() || v.leftWithout(v.proof())
		left := v.leftBy(client) && !v.strangerAnswered() && !v.Client.Finished.Happened() && !v.Server.Resumed && !unread
		ended := left || v.saysUntrusted()
		return all(v.noSNI(), is(ended && !named), v.flightSent(), not(v.serverOwes()))
	},
	then: func(v *view) finding {
		f := v.refusedForName()
		switch {
		case v.untrustedWithName(), v.leftBy(client) && v.leftUnread():
			f.confidence = Possible
		case v.fixTrust() != "", v.sealedAlertBy(client), v.plainAlertBy(client, tlswire.AlertBadCertificate):
			f.confidence = min(f.confidence, Probable) // what the alert, or the certificate, shows may have nothing to do with the name
		}
		f.shown[1], f.shown[2] = v.Server.Flight, v.Server.Certificate
		return f
	},
	say: func(v *view, b []byte) []byte {
		b = append(v.appendDeparture(b), ", once it had the server's answer"...)
		if len(v.Server.CertNames) > 0 {
			b = appendQuoted(append(b, " with a certificate for "...), v.Server.CertNames[0])
		}
		return b
	},
	fix: func(v *view) string {
		if v.c.Endpoint.BySNI(WithoutSNI).Passed > 0 || v.namesFailToo() || v.untrustedWithName() || outdated(v.Server.CertValidity) {
			return cmp.Or(v.fixTrust(), "look at the client's trust store, and at the chain, the dates, the names and the key usage of the server's certificate")
		}
		switch {
		case v.upgraded() && v.fixTrust() != "": // few such servers choose by name, and few such clients can send one
			return "look at the client's trust store, and at the chain and the dates of the certificate; only if the server chooses it by name, send server_name from the client"
		case v.unknownAuthority() && !v.nameHelped():
			return v.fixTrust() + "; if that is not the certificate that is meant for the client, send server_name from it, so that the server can choose another"
		case v.fixTrust() != "":
			return "send server_name from the client, so that the server can choose the certificate for it; if it sends the right one, look at the client's trust store, and at the chain and the dates of the certificate"
		}
		return ""
	},
}

// saysUntrusted holds when the client's alert is one about the server's certificate, or one that nobody can read in the place of
// its Finished.
func (v *view) saysUntrusted() bool {
	return v.sealedAlertBy(client) || v.plainAlertBy(client, aboutCertificate...)
}

// unknownAuthority holds where the client's alert speaks of trust alone, and not of a self-signed certificate, such as servers have for
// clients without a name.
func (v *view) unknownAuthority() bool {
	return v.plainAlertBy(client, tlswire.AlertUnknownCA) && !(v.Server.CertSelfIssued && v.Server.CertAlone)
}

// untrustedWithName holds when clients accepted no certificate that a name got them either.
func (v *view) untrustedWithName() bool {
	return v.c.Endpoint.Untrusted > 0 && v.c.Endpoint.BySNI(WithSNI).Passed == 0
}

// aboutCertificate are the alerts that reject the peer's certificate itself (RFC 8446, Section 6.2).
var aboutCertificate = []uint8{
	tlswire.AlertBadCertificate, tlswire.AlertUnsupportedCertificate, tlswire.AlertCertificateRevoked,
	tlswire.AlertCertificateExpired, tlswire.AlertCertificateUnknown, tlswire.AlertUnknownCA,
}

// flightSent is whether the server's certificate was on its way, or needs none because the session is resumed.
func (v *view) flightSent() truth {
	switch {
	case v.serverSaid(v.Server.Flight) || v.serverSaid(v.Server.Certificate):
		return yes
	case v.Disordered() && v.Server.First.Happened() && v.plainAlertBy(client, aboutCertificate...): // it had a certificate
		return yes
	case !v.serverSaid(v.Server.First):
		return no
	case v.plainAlertBy(client, aboutCertificate...):
		return yes
	case v.lost[server]:
		return unknown
	}
	return no
}

// refusedForName is the conclusion of all of these. That the same client passes with a name, and offers no more then, makes it certain;
// that others pass without one makes it doubtful: an allow list that blocks scanners looks just like this. So does that
// hellos with a name fare no better, that the server has its clients ask for TLS first, which this one did not, that the server's host
// had no such connection any more, that nobody speaks TLS on that port or with that proxy, or that the client had asked for TLS first:
// few servers choose by name then.
func (v *view) refusedForName() finding {
	c := Probable
	switch {
	case v.c.Endpoint.BySNI(WithoutSNI).Passed > 0, v.namesFailToo(), v.upgradeOwed():
		c = Possible
	case v.c.SameClient[WithSNI]:
		if !v.hesitated() && v.c.SameOffer[WithSNI] && !v.perhapsTooLong() {
			c = Certain
		}
	case v.noSocket(server), v.atPlainPort(), v.atPlainProxy(), v.upgraded() && v.serverHello() != yes && v.c.Endpoint.BySNI(WithSNI).Passed == 0:
		c = Possible
	}
	return atCause(v, Error, c)
}

// perhapsTooLong holds where the hello is longer than one segment, and no other such went through there.
func (v *view) perhapsTooLong() bool { return v.Hello.OverMSS && v.c.Endpoint.byLength(1).Passed == 0 }

// hesitated holds when the server's host had the hello for a while before the connection was ended. That did not come of choosing
// by name alone: a process that hangs and is then killed has the same RST sent for it.
func (v *view) hesitated() bool {
	acked := v.Sides[client].AckedAt
	return v.leftBy(server) && v.helloAcked() == yes && v.before(acked) && time.Duration(v.cause.Time-acked.Time) >= choice
}

// nameMayNotDo holds where a name alone may not help: the alert may have another cause, such as a cipher suite, for hellos with a
// name were refused as well, and not for their names. Of those that went through nobody knows whether they were as this one is.
func (v *view) nameMayNotDo() bool {
	return v.alertBy(server) && !v.saysName() && v.c.Endpoint.BySNI(WithSNI).Failed > v.c.Endpoint.Unknown
}

// namesFailToo holds when the server refused every hello with a name as well, and not only for names that it does not know.
func (v *view) namesFailToo() bool {
	with := v.c.Endpoint.BySNI(WithSNI)
	return with.Failed > v.c.Endpoint.Unknown && with.Passed == 0
}
