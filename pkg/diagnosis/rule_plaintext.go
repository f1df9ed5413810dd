package diagnosis

import (
	"fmt"

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
		return is(v.plaintextNoticed() || v.plaintextCutOff())
	},
	then: func(v *view) finding {
		f := finding{severity: Error, confidence: Possible, at: v.FirstData[server], shown: [4]flow.Event{v.FirstData[client]}}
		switch {
		case v.plaintextNoticed():
			f.confidence = Certain
			return f
		case v.lostAlert(server), v.c.Endpoint.TLS > 0:
			f.confidence = Probable
		}
		f.at = v.cause.Event
		return f
	},
	say: func(v *view) string {
		s := fmt.Sprintf("client %s sent %s and server %s ", v.clientAddr(), protocolWords(v.Protocol[client]), v.serverAddr())
		switch {
		case v.PlainHTTPError:
			return s + "answered that it expects TLS: " + quote(firstLine(v.ServerText))
		case v.plaintextNoticed():
			return s + "answered in TLS, with " + alertWords(&v.Alerts[server])
		}
		s += fmt.Sprintf("sent %s %s later without a byte of answer", v.causeWords(), v.span(v.quiet(v.FirstData[client].Time)))
		if v.c.Endpoint.TLS > 0 {
			s += fmt.Sprintf("; it spoke TLS in %s of this capture", count(uint64(v.c.Endpoint.TLS), "connection"))
		}
		return s
	},
}

// plaintextNoticed holds when the server says that it expected TLS, in TLS or in HTTP.
func (v *view) plaintextNoticed() bool {
	return v.PlainHTTPError || v.TLSBytes[server] > 0 && v.Alerts[server].Happened() && !v.Alerts[server].Encrypted && !v.Server.Hello.Happened()
}

// plaintextCutOff holds when the server ended the connection without a byte of answer to a plaintext protocol.
func (v *view) plaintextCutOff() bool {
	p := v.Protocol[client]
	return len(v.Carrier) == 0 && p != "unknown" && !homePort(p, v.Endpoints[server].Port()) && v.leftBy(server) &&
		(v.serverSilent() == yes || v.lostAlert(server))
}

// homePort holds for the port that is registered for a plaintext protocol: there it is where it belongs.
func homePort(protocol string, port uint16) bool {
	switch port {
	case 80:
		return protocol == "http" || protocol == "http2"
	case 22:
		return protocol == "ssh"
	case 25, 587:
		return protocol == "smtp"
	case 5432:
		return protocol == "postgresql"
	case 1080:
		return protocol == "socks4" || protocol == "socks5"
	case 3389:
		return protocol == "rdp"
	case 389:
		return protocol == "ldap"
	case 5672:
		return protocol == "amqp"
	}
	return false
}

func protocolWords(p string) string {
	if p == "unknown" {
		return "bytes that are not TLS"
	}
	return "plaintext (" + p + ")"
}

// tlsToPlaintextPort: the hello was answered with plaintext.
var tlsToPlaintextPort = rule{
	code:  TLSToPlaintextPort,
	needs: serverPlain,
	when: func(v *view) truth {
		switch {
		case v.Hello.State == conversation.HelloNone || !v.noDialogue() || v.Server.First.Happened():
			return no
		case v.Protocol[server] == "unknown" && v.lost[server]:
			return unknown // the middle of TLS looks like anything
		}
		return is(plaintext(v.Protocol[server]))
	},
	then: func(v *view) finding {
		f := finding{severity: Error, confidence: Certain, at: v.FirstData[server], shown: [4]flow.Event{v.Hello.Start, v.Hello.End}}
		if v.Protocol[server] == "unknown" {
			f.confidence = Probable
		}
		return f
	},
	say: func(v *view) string {
		if v.ServerFirst {
			return fmt.Sprintf("server %s had greeted with %s before the ClientHello came: it expects STARTTLS, or no TLS", v.serverAddr(), v.greeting())
		}
		return fmt.Sprintf("server %s answered %s with %s", v.serverAddr(), v.helloWords(), v.greeting())
	},
}

// noDialogue holds when nothing but a PROXY header came before the hello, so that the server's first bytes can
// only be meant as an answer or a greeting.
func (v *view) noDialogue() bool {
	return len(v.Carrier) == 0 || len(v.Carrier) == 1 && v.behindProxyHeader()
}

func (v *view) greeting() string {
	s := protocolWords(v.Protocol[server])
	if line := firstLine(v.ServerText); line != "" {
		s += ", " + quote(line)
	}
	return s
}
