package diagnosis

import (
	"strconv"
	"strings"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// proxyRefused: CONNECT was not answered with 2xx (RFC 9110, Section 9.3.6), or SOCKS failed (RFC 1928, Section 6), or the proxy
// took the request and said nothing for a second or more, as one does that waits for the target or for its name. Or it agreed, and
// ended the connection within a second without a byte more, as one does that agrees before it has reached the target.
var proxyRefused = rule{
	code:  ProxyRefused,
	needs: carried,
	when: func(v *view) truth {
		return all(is(v.behindProxy()), either(v.carrierRefused(), either(v.tunnelUnanswered(), v.tunnelDropped())))
	},
	then: func(v *view) finding {
		f := v.refusedCarrier()
		switch {
		case v.tunnelDropped() == yes:
			f.confidence, f.at, f.shown[0], f.shown[1] = Probable, v.cause.Event, v.CarrierAsked, v.FirstData[server]
		case v.CarrierRefused == "":
			f.confidence, f.at, f.shown[1] = Probable, v.FirstData[client], v.clientsEnd()
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		b = v.Endpoints[server].AppendTo(append(b, "proxy "...))
		if v.tunnelDropped() == yes {
			b = v.appendCause(append(v.appendRequest(append(b, " agreed to"...)), " and sent "...))
			b = v.appendDuration(append(b, ' '), v.sinceAgreed())
			if v.tlsSeen() {
				return v.appendCrossed(append(b, " later, before a byte of TLS reached it"...), v.Hello.Start)
			}
			return append(b, " later, before a byte of the client or of the target"...)
		}
		if v.CarrierRefused != "" {
			b = v.appendRequest(append(appendQuoted(append(b, " answered "...), v.CarrierRefused), " to"...))
		} else {
			b = v.appendRequest(append(b, " did not answer"...))
			b = v.appendDuration(append(b, " in "...), v.quiet(v.FirstData[client].Time))
		}
		return v.appendUndeterred(b)
	},
	fix: func(v *view) string {
		switch {
		case v.tunnelDropped() == yes:
			return "look in the proxy's log for why it did not reach the target: some agree to a tunnel before they have tried" + fixReachTarget
		case v.lastCarrier() == "socks5" && v.CarrierRefused != "" && !strings.HasPrefix(v.CarrierRefused, "SOCKS5: reply"): // RFC 1928, Section 3, or RFC 1929
			return "give the client a user name and a password that the proxy accepts, or have the proxy accept this client without them"
		case v.CarrierRefused != "" && v.lastCarrier() != "http-connect":
			return "look at the reply (RFC 1928): 2 is a rule of the proxy, 3 and 4 say that the target cannot be reached, 5 that it refused the connection; SOCKS4 has 91 for all of these; else look in the proxy's log"
		case v.CarrierRefused != "" && v.BehindProxyHeader() && strings.Contains(v.CarrierRefused, " 400"):
			return "have the proxy expect the PROXY header that came before the request (Squid: require-proxy-header), or turn it off on the load balancer"
		case v.CarrierRefused != "":
			return fixTunnel(v.CarrierRefused)
		}
		return "look in the proxy's log for what it waited for: the target's name, its address, or an authority that it asks first; from the proxy's host, try the target itself"
	},
}

const fixReachTarget = "; from the proxy's host, look up the target's name and connect to its port"

// fixTunnel is what to do by the status with which a proxy refused CONNECT (RFC 9110, Section 15).
func fixTunnel(answer string) string {
	_, status, _ := strings.Cut(answer, " ")
	switch status[:min(3, len(status))] {
	case "403":
		return "look in the proxy's log for the rule that forbids the target, its port or the client, and allow it there, or correct the target in the client"
	case "407":
		return "give the client credentials that the proxy accepts; a 407 that the client follows up with them is only the proxy's question"
	case "400", "404", "405", "501":
		return "check the proxy's address and port in the client: what answers there takes no CONNECT, or not for this target"
	case "500", "502", "503", "504": // Tinyproxy says 500
		return "look in the proxy's log for why it did not reach the target" + fixReachTarget
	}
	return ""
}

// appendRequest names what the client asked the proxy for.
func (v *view) appendRequest(b []byte) []byte {
	b = append(b, " the request for "...)
	if v.ProxyTarget == "" {
		return append(b, "a tunnel"...)
	}
	return appendQuoted(b, v.ProxyTarget)
}

// behindProxy holds when the client asked for a tunnel.
func (v *view) behindProxy() bool {
	c := v.lastCarrier()
	return c == "http-connect" || strings.HasPrefix(c, "socks")
}

// upgraded holds when the client asked for TLS before it began it, with STARTTLS or what its protocol has in its place.
func (v *view) upgraded() bool { return strings.HasPrefix(v.lastCarrier(), "starttls-") }

// tunnelUnanswered is whether the proxy acknowledged the request for a tunnel, and let the client wait for a second or more.
func (v *view) tunnelUnanswered() truth {
	c := &v.Sides[client]
	if v.tlsSeen() || v.lastCarrier() != "http-connect" || v.cause.By == server || c.Acked < c.Sent {
		return no
	}
	return all(v.serverSilent(), v.waited(v.FirstData[client].Time, patience))
}

// tunnelDropped is whether the proxy agreed to the tunnel and ended the connection within a second, before a byte of the client
// behind the request, or of the target.
func (v *view) tunnelDropped() truth {
	agreed := v.CarrierRefused == "" && v.serverSaid(v.FirstData[server]) && !v.Target.Happened() && v.beforeTLS()
	ended := v.cause.By == server && (v.cause.Kind == CauseRST || v.cause.Kind == CauseFIN)
	silent := v.Sides[client].LastData.Frame == v.CarrierAsked.Frame || v.tlsSeen()
	if !agreed || !ended || !silent || v.sinceAgreed() >= patience {
		return no
	}
	if v.lost[client] || v.lost[server] || v.askedLate() {
		return unknown
	}
	return yes
}

// startTLSRefused: STARTTLS, or what a protocol has in its place, was answered with an error.
var startTLSRefused = rule{
	code:  STARTTLSRefused,
	needs: carried,
	when: func(v *view) truth {
		return all(is(v.upgraded()), v.carrierRefused())
	},
	then: func(v *view) finding {
		f := v.refusedCarrier()
		switch {
		case v.requestRewritten():
			f.confidence = Probable
		case v.contentWithout() || v.sequelMissing():
			f.severity = Info
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		b = appendQuoted(append(v.appendServer(b), " answered "...), v.CarrierRefused)
		b = v.appendUndeterred(append(append(append(b, " to the request for TLS ("...), v.lastCarrier()...), ')'))
		return v.appendRewritten(b)
	},
	fix: func(v *view) string {
		if v.contentWithout() || v.sequelMissing() {
			return "nothing, if the client may go without TLS; else enable TLS on that service and have the client require it (PostgreSQL: sslmode=verify-full, for prefer is the default; OpenLDAP: -ZZ in place of -Z; Postfix: smtp_tls_security_level = encrypt)"
		}
		return v.fixRefusal()
	},
}

// fixRefusal is what to do about a refusal that says why, "" where it does not.
func (v *view) fixRefusal() string {
	switch {
	case v.headerOwed():
		return fixHeaderOwed
	case strings.Contains(v.CarrierRefused, "Proxy negotiation failed"): // Exim
		return "send the PROXY header from the load balancer, or take this client out of the hosts that the listener expects it of (Exim: hosts_proxy)"
	case strings.Contains(v.CarrierRefused, "<host-unknown"): // RFC 6120, Section 4.9.3.6
		return "have the server host the domain that the client names in its stream, or correct the domain in the client"
	case strings.HasPrefix(v.CarrierRefused, "<stream:error"): // Section 4.9: of the stream, whatever the client asks for in it
		return "look at the stream error that the server sent, such as a shutdown, a limit or another host to go to: it ended the stream for that reason, and may well have TLS"
	case v.requestRewritten():
		return fixRewritten
	}
	return ""
}

// contentWithout holds where the client went on without TLS from a server that has none: one that had offered it, or says that it has none
// just then, has a fault though the client does not mind.
func (v *view) contentWithout() bool {
	return v.Cleartext == conversation.CleartextWorks && v.withoutTLS()
}

// withoutTLS holds unless the server had offered TLS, or says that it has none just then.
func (v *view) withoutTLS() bool {
	return v.Offer == conversation.OfferUnknown && !strings.HasPrefix(v.CarrierRefused, "4")
}

// sequelMissing holds where the capture ended, or lacks something, before it shows whether the client then went on without TLS, as it may
// unless the refusal is of more than that.
func (v *view) sequelMissing() bool {
	missing := v.cause.Kind == CauseNone || v.lost[client] || v.lost[server]
	return missing && v.Cleartext == conversation.CleartextUnseen && !v.tlsSeen() && v.withoutTLS() && v.fixRefusal() == ""
}

// requestRewritten holds where a server of mail does not know a command that it had offered, or where the offer has been blanked out: a
// firewall that inspects SMTP does either. A server that knows the command and has no TLS just then answers 454 (RFC 3207, Section 4).
func (v *view) requestRewritten() bool {
	unknown := strings.HasPrefix(v.CarrierRefused, "500") || strings.HasPrefix(v.CarrierRefused, "502")
	return v.Offer == conversation.OfferMade && unknown ||
		v.Offer == conversation.OfferBlanked && strings.HasPrefix(v.CarrierRefused, "5")
}

func (v *view) appendRewritten(b []byte) []byte {
	switch {
	case !v.requestRewritten():
		return b
	case v.Offer == conversation.OfferBlanked:
		return append(b, "; a keyword as long as STARTTLS is blanked out with X in its answer to EHLO, so something on the way rewrites what they say"...)
	}
	return append(b, "; it had offered STARTTLS in its answer to EHLO, so something on the way may rewrite the command"...)
}

// fixRewritten is what to do about it.
const fixRewritten = "take SMTP out of what a firewall on the way inspects, or let it pass TLS (Cisco ASA: no inspect esmtp, or allow-tls in its policy map); " +
	"captures of both ends show which command arrives; if it is STARTTLS, enable TLS on the server"

// carrierRefused is whether the server refused TLS or a tunnel for it, also where the client began TLS all the same, as some
// do that only test a server.
func (v *view) carrierRefused() truth {
	switch {
	case v.CarrierRefused == "" && v.askedLate():
		return unknown
	case v.CarrierRefused == "" || v.TLSBytes[server] > 0:
		return no
	case v.tlsSeen() && v.lost[server]:
		return unknown
	}
	return yes
}

// appendUndeterred says so of a client that did, or that went on without TLS.
func (v *view) appendUndeterred(b []byte) []byte {
	switch {
	case v.Cleartext == conversation.CleartextWorks:
		return append(b, "; the client went on without, and the server went along with that"...)
	case v.tlsSeen():
		return append(b, ", and the client sent a ClientHello all the same"...)
	case v.upgraded() && v.sequelMissing():
		return append(b, "; whether the client went on without was not captured"...)
	}
	return b
}

func (v *view) lastCarrier() string {
	if len(v.Carrier) == 0 {
		return ""
	}
	return v.Carrier[len(v.Carrier)-1]
}

func (v *view) refusedCarrier() finding {
	f := finding{severity: Error, confidence: Certain, at: v.FirstData[server]}
	f.shown[0], f.shown[1] = v.FirstData[client], v.Hello.Start
	if v.RefusedAt.Happened() {
		f.at, f.shown[0] = v.RefusedAt, v.CarrierAsked
	}
	return f
}

// proxyHeaderUnexpected: a PROXY header came first, and the server answered it with HTTP 400, FIN, RST or an alert.
// An alert that speaks of what the hello says shows that the server read past the header; and a server that
// others went through to behind a header expects one.
var proxyHeaderUnexpected = rule{
	code:  ProxyHeaderUnexpected,
	needs: carried,
	when: func(v *view) truth {
		idle := v.onlyHeader() && v.quiet(v.FirstData[client].Time) >= patience // it may be what the server waited for more behind
		if !v.BehindProxyHeader() || v.tlsSeen() && v.c.Endpoint.Proxied > 0 || idle {
			return no
		}
		return either(is(v.answeredBad()), v.headerRefused())
	},
	then: func(v *view) finding {
		f := finding{severity: Error, confidence: Probable, at: v.cause.Event, shown: [4]flow.Event{v.FirstData[client], v.Hello.End}}
		if v.answeredBad() {
			f.at = v.FirstData[server]
			if !v.perhapsAnsweredHello() && !v.answeredWith("501") {
				f.confidence = Certain
			}
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		b = v.appendServer(b)
		if v.answeredBad() {
			b = append(v.appendHeader(append(b, " answered "...)), " with "...)
			return appendQuoted(b, firstLine(v.ServerText))
		}
		return v.appendHeader(append(v.appendCause(append(b, " sent "...)), " to a client that began with "...))
	},
	fix: func(v *view) string {
		if v.passedBare() {
			return fixHeaderOff
		}
		if v.twoHeaders() {
			return "have one of the proxies before the server send no PROXY header, for two came and it may expect one; else turn it off on both, or have the listener expect it"
		}
		if v.answeredBad() && v.perhapsAnsweredHello() {
			return "check whether the listener expects the PROXY header: if it does, enable TLS there, for then it took the ClientHello for HTTP (nginx: `ssl` beside `proxy_protocol`); if not, turn the header off on the load balancer, or have the listener expect it"
		}
		return ""
	},
}

// perhapsAnsweredHello holds where the server had the hello as well when it answered with 400, and does not say that it expected
// TLS: it may have taken the header, and then the hello for HTTP.
func (v *view) perhapsAnsweredHello() bool {
	c := &v.Sides[client]
	return !v.PlainHTTPError && v.helloSeen() && c.Acked >= v.Hello.EndOffset && c.AckedAt.Frame <= v.FirstData[server].Frame
}

// twoHeaders holds where another PROXY header came right behind the first.
func (v *view) twoHeaders() bool {
	return len(v.Carrier) > 1 && strings.HasPrefix(v.Carrier[1], "proxy-")
}

// appendHeader names the PROXY header with which the client began: "a PROXY header (proxy-v2)".
func (v *view) appendHeader(b []byte) []byte {
	if v.twoHeaders() {
		return append(append(append(append(append(b, "two PROXY headers ("...), v.Carrier[0]...), ", "...), v.Carrier[1]...), ')')
	}
	return append(append(append(b, "a PROXY header ("...), v.Carrier[0]...), ')')
}

// answeredBad holds when the server's plaintext answer is HTTP's "bad request", or that it has no such method: to nghttpx, PROXY is one.
func (v *view) answeredBad() bool {
	return v.PlainHTTPError || v.answeredWith("400") || v.answeredWith("501")
}

// answeredWith holds for an answer of HTTP/1 with this status.
func (v *view) answeredWith(status string) bool {
	s := v.ServerText
	return len(s) >= len("HTTP/1.1 400") && strings.HasPrefix(s, "HTTP/1.") && s[8] == ' ' && s[9:12] == status
}

// headerRefused is whether the server ended the connection at the header.
func (v *view) headerRefused() truth {
	if v.alertBy(server) {
		return all(is(!v.alertReadsHello()), not(v.serverHello()))
	}
	return all(is(v.leftBy(server)), either(v.serverSilent(), is(v.lostAlert(server))))
}

// alertReadsHello holds for alerts that only a server sends that has read a ClientHello, or could have.
func (v *view) alertReadsHello() bool {
	reads := v.plainAlertBy(server, tlswire.AlertHandshakeFailure, tlswire.AlertInsufficientSecurity, tlswire.AlertInappropriateFallback,
		tlswire.AlertMissingExtension, tlswire.AlertUnrecognizedName, tlswire.AlertCertificateRequired, tlswire.AlertNoApplicationProtocol)
	return reads && v.Hello.Start.Frame <= v.Alerts[server].Frame
}

// headerAtFault holds where the client began with a PROXY header, and no handshake behind one is known to have gone through.
func (v *view) headerAtFault() bool { return v.BehindProxyHeader() && v.c.Endpoint.Proxied == 0 }

// headerOwed holds the other way round: handshakes went through at the server behind a PROXY header, and none without.
func (v *view) headerOwed() bool {
	e := &v.c.Endpoint
	return e.Proxied > 0 && e.passed() == e.Proxied && !v.BehindProxyHeader()
}

// passedBare holds where handshakes went through at the server without a PROXY header.
func (v *view) passedBare() bool { return v.c.Endpoint.passed() > v.c.Endpoint.Proxied }

func (v *view) appendHeaderOwed(b []byte) []byte {
	b = appendCount(b, v.c.Endpoint.Proxied, "handshake")
	return append(b, " with a PROXY header went through there, and this client sent none"...)
}

const fixHeaderOwed = "send the PROXY header from the load balancer, as in the connections that went through there; if the listener did not expect it any more, it would refuse those"

// fixHeaderOff is what to do about a header where others went through without one.
const fixHeaderOff = "turn the PROXY header off on the load balancer: other connections went through there without one, and a listener that expects it would refuse those"

// proxyHeaderExpected: every hello to this server, with and without a name, is answered by an immediate RST+ACK.
// Only the contrast shows it: three or more connections, of which none went through, unless behind a PROXY header.
var proxyHeaderExpected = rule{
	code: ProxyHeaderExpected,
	when: func(v *view) truth {
		e := &v.c.Endpoint
		hellos := e.Complete[WithoutSNI] + e.Complete[WithSNI] + e.Complete[ImproperSNI]
		enough := hellos >= 3 && e.Complete[WithoutSNI] > 0 && e.Complete[WithSNI] > 0 || e.Proxied > 0
		return is(enough && e.Resets == hellos && v.resetAtOnce() && !v.BehindProxyHeader())
	},
	then: func(v *view) finding {
		c := Probable
		if v.c.Endpoint.Proxied > 0 {
			c = Certain
		}
		return atCause(v, Error, c)
	},
	say: func(v *view, b []byte) []byte {
		e := &v.c.Endpoint
		b = append(v.appendServer(b), " answered "...)
		if e.Resets == 1 {
			b = append(v.appendHelloWords(b), " with RST+ACK "...)
		} else {
			b = appendCount(append(b, "each of "...), e.Resets, "hello")
			b = strconv.AppendUint(append(b, ", "...), uint64(e.Complete[WithSNI]+e.Complete[ImproperSNI]), 10)
			b = strconv.AppendUint(append(b, " with server_name and "...), uint64(e.Complete[WithoutSNI]), 10)
			b = append(b, " without, with RST+ACK, this one "...)
		}
		b = append(v.appendDuration(b, v.quiet(v.Hello.End.Time)), " after its end"...)
		if e.Proxied > 0 {
			b = appendCount(append(b, ", while "...), e.Proxied, "handshake")
			b = append(b, " with a PROXY header went through"...)
		}
		return b
	},
	fix: (*view).fixExpected,
}

// fixExpected is what to do about a listener that waits for a PROXY header, "" where the catalogue says it.
func (v *view) fixExpected() string {
	if v.headerOwed() {
		return fixHeaderOwed
	}
	return ""
}

// proxyHeaderOwed: the server ended the connection in whatever way, and nobody went through but behind a PROXY header. Some servers
// close, or wait for the header for a while.
var proxyHeaderOwed = rule{
	code: ProxyHeaderExpected,
	when: func(v *view) truth { return is(v.headerOwed() && v.leftBy(server) && !v.serverSaid(v.answered())) },
	then: func(v *view) finding { return atCause(v, Error, Probable) },
	say:  func(v *view, b []byte) []byte { return v.appendHeaderOwed(append(v.appendRefusal(b), "; "...)) },
	fix:  (*view).fixExpected,
}
