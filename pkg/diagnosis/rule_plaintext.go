package diagnosis

import (
	"slices"
	"strings"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// plaintextToTLSPort: the client's first bytes are HTTP or another plaintext, and the server answers with a TLS
// alert, or says in HTTP that it wanted TLS, or ends the connection without a byte. On the port that is
// registered for the very protocol the last says nothing.
var plaintextToTLSPort = rule{
	code:  PlaintextToTLSPort,
	needs: noHello,
	when: func(v *view) truth {
		if !v.clientSpeaksPlain() {
			return no
		}
		return is(v.plaintextNoticed() || v.plaintextCutOff() || v.prefaceRefused())
	},
	then: func(v *view) finding {
		f := finding{severity: Error, confidence: Possible, at: v.FirstData[server], shown: [4]flow.Event{v.FirstData[client]}}
		switch {
		case v.pagePassedOn():
			f.confidence = Probable
			return f
		case v.plaintextNoticed():
			f.confidence = Certain
			return f
		case v.lostAlert(server), v.c.Endpoint.TLS > 0 && (v.prefaceRefused() || !v.c.EndpointPlain):
			f.confidence = Probable
		}
		if !v.prefaceRefused() {
			f.at = v.cause.Event
		}
		if v.plainlyPlain() || v.droppedOnward() || v.Protocol[client] == "ssh" && v.perhapsPlain() && !v.c.EndpointTLS && !v.c.Named {
			f.severity = Info // servers of SSH greet: who is dropped before that may well be denied
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		b = appendSpoken(append(v.appendClient(b), " sent "...), v.Protocol[client])
		b = v.appendServer(append(b, " and "...))
		switch {
		case v.PlainHTTPError:
			b = appendQuoted(append(b, " answered that it expects TLS: "...), firstLine(v.ServerText))
			if v.pagePassedOn() {
				b = append(b, "; it answered others there in plaintext, so it may be a gateway that passed on what its backend says"...)
			}
			return b
		case v.plaintextNoticed():
			return v.appendAlert(append(b, " answered in TLS, with "...), &v.Alerts[server])
		}
		if v.prefaceRefused() {
			b = appendQuoted(append(b, " answered in HTTP/1, "...), firstLine(v.ServerText))
			b = append(b, ": it takes no HTTP/2 there, or only in TLS"...)
		} else {
			b = append(v.appendCause(append(b, " sent "...)), ' ')
			b = append(v.appendDuration(b, v.quiet(v.FirstData[client].Time)), " later without a byte of answer"...)
		}
		switch {
		case v.c.Endpoint.TLS > 0:
			b = v.appendSpokeTLS(append(b, "; "...))
		case v.plainlyPlain():
			b = append(b, "; it answered others there in plaintext"...)
		}
		return b
	},
	fix: func(v *view) string {
		switch mode := tlsModes[v.Protocol[client]]; {
		case v.pagePassedOn():
			return "have the gateway that passed this on use TLS to its backend" + fixToBackend + "; if that port is for TLS after all, use https:// in the client"
		case v.PlainHTTPError && v.Protocol[client] == "http" && v.Protocol[server] == "http" && len(v.Carrier) == 0 && v.c.Endpoint.TLS == 0:
			return "use https:// in the client; or, where that is a gateway which passes on what its backend says, have it use TLS to that" + fixToBackend
		case v.plainlyPlain():
			return "look at why the server, which speaks plaintext to others there, dropped this request: its log should say"
		case v.Protocol[client] == "ssh" && v.perhapsPlain():
			return "look in the server's log, and at what it has against this client (hosts.deny, fail2ban, MaxStartups), for an SSH server may drop it before its greeting; if that port is for TLS, correct it in the client"
		case mode != "":
			return mode
		case v.upgraded():
			return "have the client begin TLS at once, without asking for it first, where it can (PostgreSQL 17: sslnegotiation=direct, SQL Server: Encrypt=strict), or give it a port that speaks its protocol: a listener for TLS alone, as of most gateways, takes the request for a broken hello"
		case v.prefaceRefused() && v.c.Endpoint.TLS == 0:
			return fixPreface + "; if that port has no TLS, have the server take HTTP/2 without it (h2c)"
		case v.Protocol[client] == "http2":
			return fixPreface
		case v.lastCarrier() != "http-connect" && v.perhapsPlain():
			return "use https:// (or the protocol's TLS mode) in the client if that port is for TLS; else look in the server's log for why it dropped the request, such as a deny list, a limit, or a backend that it could not reach"
		case v.lastCarrier() != "http-connect" || v.PlainHTTPError:
			return ""
		}
		return "have the client speak TLS to the proxy (https:// in its proxy setting); if the proxy expects no TLS, look in its log for a rule that drops the request"
	},
}

// pagePassedOn holds where the server says in HTTP that it expects TLS, and was seen to have none there: a gateway without TLS that
// speaks plaintext to a backend with it passes this on.
func (v *view) pagePassedOn() bool {
	return v.PlainHTTPError && v.Protocol[server] == "http" && v.c.EndpointPlain && v.c.Endpoint.TLS == 0
}

const fixToBackend = " (nginx: proxy_pass https://, HAProxy: ssl on the server line)"

// plainlyPlain holds where the server ended the connection without a byte, and speaks no TLS there: it answered others in plaintext.
func (v *view) plainlyPlain() bool {
	return v.c.EndpointPlain && !v.c.EndpointTLS && v.cutOffUnheard()
}

// cutOffUnheard holds where the server ended the connection without a byte.
func (v *view) cutOffUnheard() bool { return !v.plaintextNoticed() && !v.prefaceRefused() }

// perhapsPlain holds where moreover nothing speaks for TLS at that port.
func (v *view) perhapsPlain() bool {
	return v.cutOffUnheard() && v.c.Endpoint.TLS == 0 && !usualTLSPort(v.Endpoints[server].Port())
}

// droppedOnward holds where it had failed to reach another server: it relays what it is sent, and began no TLS for others.
func (v *view) droppedOnward() bool {
	return v.c.Onward.How != OnwardNone && v.c.Endpoint.TLS == 0 && v.cutOffUnheard()
}

// answeredPlainly holds where the server answered in plaintext, and not that it expects TLS: to a hello it does not, whatever it says.
func (v *view) answeredPlainly() bool {
	if v.TLSBytes[server] > 0 || !plaintext(v.Protocol[server]) || v.Protocol[server] == "unknown" {
		return false
	}
	if v.tlsSeen() {
		return v.Hello.State != conversation.HelloNone && v.noDialogue()
	}
	return !v.answeredBad()
}

// tlsModes are how clients of a protocol are told to begin with TLS, where it has a way of its own.
var tlsModes = map[string]string{
	"amqp":      "use amqps:// in the client, or the port without TLS",
	"dns":       "have the client speak DNS over TLS (unbound: forward-tls-upstream: yes, systemd-resolved: DNSOverTLS=yes), or use port 53",
	"kafka":     "set security.protocol to SSL or SASL_SSL in the client, or use the port without TLS",
	"ldap":      "use ldaps:// in the client, and no StartTLS, or the port on which it may ask for TLS first (389)",
	"mongodb":   "set tls=true in the client, or use the port without TLS",
	"nats":      "use tls:// in the client's URL, or give it the authority of the server's certificate",
	"openwire":  "use ssl:// in the client's broker URL, or the port of a connector without TLS",
	"redis":     "use rediss:// in the client (redis-cli: --tls), or the port without TLS",
	"ssh":       "correct the port: this one is for TLS, and an SSH client connected to it",
	"xmpp":      "have the client begin TLS with the first byte (direct TLS), or use the port on which it asks for TLS first (5222, between servers 5269)",
	"zookeeper": "have the client use TLS (Java: zookeeper.client.secure=true with zookeeper.clientCnxnSocket=org.apache.zookeeper.ClientCnxnSocketNetty), or use the port without it",
}

const fixPreface = "have the client use TLS: https://, or in gRPC TLS credentials instead of plaintext (insecure) ones; where the client is a proxy, set the protocol of its backend to HTTP/2 in TLS (h2, grpcs), not h2c"

// prefaceRefused holds when what begins HTTP/2 (RFC 9113, Section 3.4) was answered with "400 Bad Request" in HTTP/1, at a usual
// port for TLS: so nginx does there, which finds the fault in the request before it misses TLS. At other ports this only is a
// server of HTTP/1, also where it speaks TLS to others: contrast makes no finding of not-tls.
func (v *view) prefaceRefused() bool {
	refused := strings.HasPrefix(v.ServerText, "HTTP/1.1 400 ") && !v.PlainHTTPError
	return refused && len(v.Carrier) == 0 && v.Protocol[client] == "http2" && usualTLSPort(v.Endpoints[server].Port())
}

// plaintextNoticed holds when the server says that it expected TLS, in TLS or in HTTP.
func (v *view) plaintextNoticed() bool {
	alerted := v.TLSBytes[server] > 0 && v.Alerts[server].Happened() && !v.Alerts[server].Encrypted && !v.Server.Hello.Happened()
	return v.PlainHTTPError || alerted && !v.leftDialogue()
}

// leftDialogue holds where the client ended the connection, or sent an alert, behind a dialogue that TLS was to follow: what
// the server then says in TLS is about that.
func (v *view) leftDialogue() bool {
	gone := func(e flow.Event) bool { return e.Happened() && e.Frame < v.Alerts[server].Frame }
	return len(v.Carrier) > 0 && (v.Alerts[server].Late || gone(v.Sides[client].Fin) || gone(v.Alerts[client].Event))
}

// plaintextCutOff holds when the server ended the connection without a byte of answer to a plaintext protocol, a request for a
// tunnel among them: a proxy may expect TLS too. So may one whose clients would ask for TLS before they begin it.
func (v *view) plaintextCutOff() bool {
	p := v.Protocol[client]
	alone := len(v.Carrier) == 0 || len(v.Carrier) == 1 && (v.Carrier[0] == "http-connect" || v.upgraded())
	if p == "syslog" && v.quiet(v.FirstData[client].Time) >= patience {
		return false // nobody answers that, and so an end without an answer says nothing
	}
	return alone && p != "unknown" && !homePort(p, v.Endpoints[server].Port()) && v.leftBy(server) &&
		(v.serverSilent() == yes || v.lostAlert(server))
}

// appendSpoken says what a protocol is.
func appendSpoken(b []byte, p string) []byte {
	if p == "unknown" {
		return append(b, "bytes that are not TLS"...)
	}
	return append(append(append(b, "plaintext ("...), p...), ')')
}

// tlsToPlaintextPort: the hello was answered with plaintext.
var tlsToPlaintextPort = rule{
	code:  TLSToPlaintextPort,
	needs: serverPlain,
	when: func(v *view) truth {
		switch {
		case v.Hello.State == conversation.HelloNone || v.Server.First.Happened() && !v.greetedFirst():
			return no
		case !v.noDialogue() && !v.Target.Happened():
			return no
		case v.spoken().Protocol == "unknown" && v.lost[server]:
			return unknown // the middle of TLS looks like anything
		case v.greetedEarly() && !v.Target.Happened() && v.beganBefore():
			return unknown // it may have answered a request for TLS, or for a tunnel
		}
		return is(plaintext(v.spoken().Protocol))
	},
	then: func(v *view) finding {
		f := finding{severity: Error, confidence: Certain, at: v.spoken().Event, shown: [4]flow.Event{v.Hello.Start, v.Hello.End}}
		if v.spoken().Protocol == "unknown" || v.spokeTLSElse() || v.beganBefore() || v.provoked() {
			f.confidence = Probable
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		b = v.appendServer(b)
		if v.greetedEarly() {
			b = v.appendGreeting(append(b, " had greeted, before the ClientHello came, with "...))
			if v.turnedAway() {
				return v.appendTurnedAway(b)
			}
			return append(b, v.greeterExpects()...)
		}
		if v.answeredHeader() {
			b = append(v.appendHeader(append(b, " answered "...)), ", before the ClientHello came,"...)
		} else {
			b = v.appendHelloWords(append(b, " answered "...))
		}
		b = v.appendGreeting(append(b, " with "...))
		if v.turnedAway() {
			return v.appendTurnedAway(b)
		}
		if v.atPlainProxy() {
			return v.appendPlainProxy(append(b, "; "...))
		}
		if v.greetedFirst() {
			return append(b, ", and in TLS only after that: the client had not waited for this greeting, and will have taken it for TLS"...)
		}
		if v.spokeTLSElse() {
			b = append(v.appendSpokeTLS(append(b, "; "...)), ", so "...)
			if v.onlyOthersPassed() {
				b = append(b, "a router may have sent this one elsewhere (by its name, or because it has none), or "...)
			}
			b = append(b, "something on the way may have answered in the server's name"...)
		}
		return b
	},
	fix: func(v *view) string {
		switch {
		case v.greetedFirst():
			return "have the client read the server's greeting before it begins TLS, or the server begin with TLS at once: both have to do the same (NATS: handshake_first in the server, and the like in its clients)"
		case v.c.Endpoint.Upgraded > 0 && v.upgradeExpected():
			return fixAskFirst + ": others went through there that had asked for it"
		case v.turnedAway():
			return v.fixTurnedAway()
		case v.atPlainProxy():
			return fixPlainProxy
		case slices.Contains(upgrading, v.spoken().Protocol) && !v.spokeTLSElse():
			return fixAskFirst
		case v.spoken().Protocol == "openwire":
			return "enable TLS on the listener (a connector with ssl:// in ActiveMQ), or use none in the client: tcp:// in its broker URL"
		case v.spoken().Protocol == "ssh" && !v.spokeTLSElse():
			return "correct the port, which is that of an SSH server; a proxy that has both on one port, such as sslh, had not seen the hello when it chose"
		case !v.spokeTLSElse() && v.spoken().Protocol == "http2":
			return "enable TLS on the listener, or use none in the client: http:// with HTTP/2 from the start (h2c), in gRPC plaintext (insecure) credentials; where the client is a proxy, set the protocol of its backend to h2c"
		case v.provoked():
			return fixProvoked + "; if nothing does, use the right port, or enable TLS on the listener"
		case !v.spokeTLSElse() && v.answeredBad() && len(v.Carrier) == 0:
			return "use the right port, enable TLS on the listener, or use http:// in the client (https_proxy=http://… where the server is its proxy); else " + fixProvoked
		case !v.spokeTLSElse() && v.answeredBad():
			return "use the right port, or enable TLS on the listener; else " + fixProvoked
		case !v.spokeTLSElse() && v.spoken().Protocol == "http" && len(v.Carrier) == 0:
			return "use the right port, enable TLS on the listener, or use http:// in the client; if the server is meant as its proxy, write that as http:// (https_proxy=http://…), for https:// means TLS to the proxy itself"
		case !v.spokeTLSElse():
			return ""
		case !v.onlyOthersPassed():
			return fixImpostor + ": the server speaks TLS on that port"
		case v.Hello.Name == "":
			return "send server_name from the client, or look at the backend to which a router sends hellos without one: it speaks plaintext, or answers this way to a PROXY header that it does not expect; else " + fixImpostor
		}
		return "look at the backend to which a router sends this name, or unknown names: it speaks plaintext, or answers this way to a PROXY header that it does not expect; else " + fixImpostor
	},
}

// upgrading are protocols in which servers have clients ask for TLS before they begin it.
var upgrading = []string{"smtp", "lmtp", "imap", "pop3", "ftp", "nntp", "irc", "sieve", "xmpp", "mysql"}

// greetedFirst holds where the server answered the hello with the greeting of a protocol in which TLS follows that unasked, and
// then in TLS: so NATS does, whose clients may be set to begin with TLS. Where either side had read the other's TLS, what was
// captured behind the hello was sent before it.
func (v *view) greetedFirst() bool {
	behind := !v.ServerFirst && v.serverSaid(v.FirstData[server]) && v.FirstData[server].Frame < v.Server.First.Frame
	understood := v.alertBy(server) || v.saysUntrusted() || v.Client.Certificate.Happened() || v.Client.Finished.Happened()
	return v.Protocol[server] == "nats" && behind && !understood
}

// answeredHeader holds where the server's plaintext came between a PROXY header and the hello.
func (v *view) answeredHeader() bool {
	return v.BehindProxyHeader() && v.FirstData[server].Frame < v.Hello.Start.Frame
}

const fixImpostor = "look for what may answer in the server's name, such as a filter or a captive portal"

// beganBefore holds where what the client said before its hello may not have been captured, such as a PROXY header or STARTTLS.
func (v *view) beganBefore() bool {
	return v.beginningMissing() || v.Ending.Incomplete&flow.IncompleteSnaplen != 0
}

// onlyOthersPassed holds where handshakes went through at the server, and none without a name like this one; or none for this
// name, whatever became of others: a router that refuses those in TLS, for their names, may yet have a backend for this one.
func (v *view) onlyOthersPassed() bool {
	with, without := v.c.Endpoint.BySNI(WithSNI).Passed, v.c.Endpoint.BySNI(WithoutSNI).Passed
	if v.Hello.Name == "" {
		return with > 0 && without == 0
	}
	return v.c.Name.Passed == 0
}

// spokeTLSElse holds where the server spoke TLS in other connections, and not because they asked for it first: protocols with
// STARTTLS greet, and HTTP does not, or in HTTP/2 without meaning that. Where a greeting is the answer, so that it did not come
// of itself, and handshakes went through that began with the first byte, a router such as sslh had sent this hello elsewhere.
func (v *view) spokeTLSElse() bool {
	p, e := v.spoken().Protocol, &v.c.Endpoint
	if p == "http" || p == "http2" {
		return e.TLS > 0
	}
	return !v.greetedEarly() && !v.greetedFirst() && e.passed() > e.Upgraded
}

// greeterExpects is what a server that greeted before the hello came waits for. HTTP, OpenWire and SSH have no STARTTLS.
func (v *view) greeterExpects() string {
	if v.provoked() {
		return ": servers of HTTP do not speak first, so that something in front, such as a load balancer, will have sent it what it does not expect"
	}
	if p := v.spoken().Protocol; p == "http" || p == "http2" || p == "openwire" || p == "ssh" {
		return ": it expects no TLS"
	}
	return ": it expects STARTTLS, or no TLS"
}

// provoked holds where a server of HTTP complained of a bad request before the client had sent any. It waits for one for a while, and
// says 408 then.
func (v *view) provoked() bool { return v.greetedEarly() && !v.Target.Happened() && v.answeredBad() }

const fixProvoked = "see whether a load balancer in front sends a PROXY header that its backend does not expect, and takes for a bad request: turn it off there, or have the backend expect it"

func (v *view) appendSpokeTLS(b []byte) []byte {
	return append(appendCount(append(b, "the server spoke TLS in "...), v.c.Endpoint.TLS, "connection"), " of this capture"...)
}

// spoken is what the server said in plaintext in place of TLS: behind a tunnel what came through it, not what the proxy said.
func (v *view) spoken() conversation.Plaintext {
	if v.Target.Happened() {
		return v.Target
	}
	return conversation.Plaintext{Event: v.FirstData[server], Protocol: v.Protocol[server], Text: v.ServerText}
}

// greetedEarly holds where that came before anything that it could answer.
func (v *view) greetedEarly() bool {
	if v.Target.Happened() {
		return v.Hello.Start.Frame > v.Target.Frame
	}
	return v.ServerFirst
}

// noDialogue holds when nothing but a PROXY header came before the hello, so that the server's first bytes can
// only be meant as an answer or a greeting.
func (v *view) noDialogue() bool {
	return len(v.Carrier) == 0 || len(v.Carrier) == 1 && v.BehindProxyHeader()
}

func (v *view) appendGreeting(b []byte) []byte {
	said := v.spoken()
	if said.Protocol == "http2" {
		return append(b, "HTTP/2 without TLS (h2c)"...) // its frames are no text
	}
	b = appendSpoken(b, said.Protocol)
	if line := firstLine(said.Text); line != "" {
		b = appendQuoted(append(b, ", "...), line)
	}
	return b
}
