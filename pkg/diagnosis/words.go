package diagnosis

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/iana"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// sideNames are what client and server are called.
var sideNames = [...]string{client: "client", server: "server"}

// appendServer names the server: "server 10.0.0.5:443". Behind a proxy, what went wrong is mostly the target's.
func (v *view) appendServer(b []byte) []byte {
	b = v.Endpoints[server].AppendTo(append(b, "server "...))
	if v.ProxyTarget != "" {
		b = appendQuoted(append(b, " as the proxy to "...), v.ProxyTarget)
	}
	return b
}

// appendClient names the client.
func (v *view) appendClient(b []byte) []byte {
	return v.Endpoints[client].AppendTo(append(b, "client "...))
}

// appendSide names either.
func (v *view) appendSide(b []byte, s flow.Side) []byte {
	if s == server {
		return v.appendServer(b)
	}
	return v.appendClient(b)
}

// appendAfterHello appends when the cause came, as sentences say it.
func (v *view) appendAfterHello(b []byte) []byte {
	b = append(v.appendDuration(b, since(v.Record, v.cause.Event)), " after "...)
	if v.helloSeen() && v.Hello.End.Frame <= v.cause.Frame {
		return v.appendHelloWords(b)
	}
	return append(b, "the connection was set up"...)
}

// appendHelloWords describes the hello: "a 297-byte ClientHello without server_name".
func (v *view) appendHelloWords(b []byte) []byte {
	return v.appendFault(v.appendSNIWords(append(appendA(b, v.Hello.Bytes), "-byte ClientHello "...)))
}

// appendFault says where the hello breaks its format, if it does.
func (v *view) appendFault(b []byte) []byte {
	f := &v.Hello.Fault
	if f.Field == "" {
		return b
	}
	if !v.malformed() {
		b = append(b, ", malformed"...)
	}
	b = strconv.AppendInt(append(b, " at byte "...), int64(f.Offset), 10)
	return append(append(append(b, " ("...), f.Field...), ')')
}

func (v *view) appendSNIWords(b []byte) []byte {
	switch {
	case v.Hello.SNI == tlswire.SNIInvalid:
		b = appendQuoted(append(b, "with the invalid server_name "...), v.Hello.Name)
		return append(append(append(b, " ("...), v.Hello.SNIProblem...), ')')
	case v.Hello.SNI == tlswire.SNIPresent:
		return appendQuoted(append(b, "for "...), v.Hello.Name)
	case v.Hello.SNI == tlswire.SNIMissing:
		return append(b, "without server_name"...)
	case v.malformed():
		return append(b, "that is malformed"...)
	}
	return append(b, "that was not seen whole"...)
}

// appendQuoted puts what came from the network in quotation marks, shortened. It escapes nothing: the writers do, each
// in the way of its format.
func appendQuoted(b []byte, s string) []byte {
	return append(append(append(b, '"'), clip(s)...), '"')
}

// appendQuotedList quotes a few of what a client offered.
func appendQuotedList(b []byte, list []string) []byte {
	const most = 4
	for i, p := range list {
		switch {
		case i == most:
			return append(b, ", …"...)
		case i > 0:
			b = append(b, ", "...)
		}
		b = appendQuoted(b, p)
	}
	return b
}

// clip shortens what is quoted from the network, between two characters if it is UTF-8.
func clip(s string) string {
	if len(s) <= maxQuoted {
		return s
	}
	end := maxQuoted
	for end > maxQuoted-(utf8.UTFMax-1) && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// firstLine is the first line of what a server said.
func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return strings.TrimRight(s, "\r")
}

// appendAlert names an alert: "alert 40 (handshake_failure)". TLS 1.3 hides what an encrypted record is (RFC 8446, Section 5.2),
// which before that its header says.
func (v *view) appendAlert(b []byte, a *conversation.Alert) []byte {
	switch {
	case a.Encrypted && v.Server.Hello.Happened() && tlswire.Before(v.Server.Version, tlswire.VersionTLS13):
		return append(b, "an encrypted alert"...)
	case a.Encrypted:
		return append(b, "an encrypted alert (known by its record's length)"...)
	}
	b = strconv.AppendUint(append(b, "alert "...), uint64(a.Description), 10)
	return append(append(append(b, " ("...), iana.Alert(a.Description)...), ')')
}

// appendCause says what ended the connection, without whose it was: "RST", "FIN", "alert 40 (handshake_failure)".
func (v *view) appendCause(b []byte) []byte {
	switch v.cause.Kind {
	case CauseAlert:
		if v.cause.Alert.Encrypted && v.Transport == flow.QUIC {
			return append(b, "what looks like an encrypted CONNECTION_CLOSE (known by the lengths of its packets)"...)
		}
		return v.appendAlert(b, v.cause.Alert)
	case CauseRST:
		return v.appendRST(b)
	case CauseFIN:
		return append(b, "FIN"...)
	case CauseICMP:
		if v.cause.By == flow.Path {
			return append(b, "an ICMP error"...)
		}
		return appendICMP(b, &v.ICMP)
	case CauseQUICClose:
		return append(b, "CONNECTION_CLOSE"...)
	case CauseStatelessReset:
		return append(b, "a stateless reset"...)
	}
	return append(b, "nothing"...)
}

// appendRST names the RST that ended the connection, as far as its kind tells. One in answer to a SYN is of the kind of those
// without ACK, and has it (RFC 9293, Section 3.5.2).
func (v *view) appendRST(b []byte) []byte {
	answersSYN := v.cause.By == server && !v.SYNACK.Happened() && !v.FirstData[server].Happened()
	switch {
	case v.cause.RST == flow.RSTAbortive:
		return append(b, "RST+ACK"...)
	case v.cause.RST == flow.RSTNoSocket && !answersSYN:
		return append(b, "RST without ACK"...)
	}
	return append(b, "RST"...)
}

// appendRefusal says how a server ended the connection: "server 10.0.0.5:443 sent RST 0.31 ms after a 297-byte
// ClientHello without server_name".
func (v *view) appendRefusal(b []byte) []byte { return v.appendEnd(b, server) }

// appendDeparture says how a client did.
func (v *view) appendDeparture(b []byte) []byte { return v.appendEnd(b, client) }

// appendEnder names who ended the connection: where a transparent proxy speaks for a side, not that.
func (v *view) appendEnder(b []byte, side flow.Side) []byte {
	switch {
	case !v.Paired || side != v.behind():
	case side == server:
		b = append(b, "whatever answered as "...)
	default:
		b = append(b, "whatever came as "...)
	}
	return v.appendSide(b, side)
}

// appendEnd says how either did.
func (v *view) appendEnd(b []byte, side flow.Side) []byte {
	b = v.appendCause(append(v.appendEnder(b, side), " sent "...))
	return v.appendAfterHello(append(b, ' '))
}

// appendProtocol names a version with its protocol: SSL 3.0, TLS 1.2, DTLS 1.2.
func appendProtocol(b []byte, version uint16) []byte {
	switch {
	case version == tlswire.VersionSSL2:
		return append(b, "SSL 2.0"...)
	case version == tlswire.VersionSSL3:
		return append(b, "SSL 3.0"...)
	case tlswire.IsDTLS(version):
		b = append(b, 'D')
	}
	return append(append(b, "TLS "...), tlswire.VersionName(version)...)
}
