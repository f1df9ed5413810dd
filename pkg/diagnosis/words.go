package diagnosis

import (
	"fmt"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/iana"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// span writes a time between two packets as the sentences do.
func (v *view) span(d time.Duration) string { return string(v.appendDuration(nil, d)) }

// appendDuration is span without a string. A capture without times does not tell how long something took.
func (v *view) appendDuration(b []byte, d time.Duration) []byte {
	if !v.Timed() {
		return append(b, "some time"...)
	}
	return appendDuration(b, d)
}

// serverName is the server's address and port.
func (v *view) serverAddr() string { return v.Endpoints[server].String() }

// clientAddr is the client's address and port.
func (v *view) clientAddr() string { return v.Endpoints[client].String() }

// afterHello is when the cause came, as sentences say it.
func (v *view) afterHello() string {
	d := v.span(since(v.Record, v.cause.Event))
	if v.helloSeen() && v.Hello.End.Frame <= v.cause.Frame {
		return d + " after " + v.helloWords()
	}
	return d + " after the connection was set up"
}

// helloWords describe the hello: "a 297-byte ClientHello without server_name".
func (v *view) helloWords() string {
	return fmt.Sprintf("%s-byte ClientHello %s", a(v.Hello.Bytes), v.sniWords())
}

// a is a number behind its article: "an 87", "a 512". Those that are spoken with a vowel first are 8, 11, 18, those in
// the eighties and the eight hundreds, and as many thousands, millions and so on.
func a(n int) string {
	group := n
	for group >= 1000 {
		group /= 1000
	}
	if group == 8 || group == 11 || group == 18 || group/10 == 8 || group/100 == 8 {
		return fmt.Sprintf("an %d", n)
	}
	return fmt.Sprintf("a %d", n)
}

func (v *view) sniWords() string {
	switch {
	case v.Hello.SNI == tlswire.SNIInvalid:
		return fmt.Sprintf("with the invalid server_name %s (%s)", quote(v.Hello.Name), v.Hello.SNIProblem)
	case v.Hello.SNI == tlswire.SNIPresent:
		return "for " + quote(v.Hello.Name)
	case v.Hello.SNI == tlswire.SNIMissing:
		return "without server_name"
	}
	return "that was not seen whole"
}

// quote puts what came from the network in quotation marks, shortened. It escapes nothing: the writers do, each
// in the way of its format.
func quote(s string) string { return `"` + clip(s) + `"` }

// clip shortens what is quoted from the network.
func clip(s string) string {
	if len(s) <= maxQuoted {
		return s
	}
	return s[:maxQuoted] + "…"
}

// alertWords name an alert: "alert 40 (handshake_failure)".
func alertWords(a *conversation.Alert) string {
	if a.Encrypted {
		return "an encrypted alert (known by its record's length)"
	}
	return fmt.Sprintf("alert %d (%s)", a.Description, iana.Alert(a.Description))
}

// causeWords say what ended the connection, without whose it was: "RST", "FIN", "alert 40 (handshake_failure)".
func (v *view) causeWords() string {
	switch v.cause.Kind {
	case CauseAlert:
		return alertWords(v.cause.Alert)
	case CauseRST:
		return rstWords(v.cause.RST)
	case CauseFIN:
		return "FIN"
	case CauseICMP:
		return "an ICMP error"
	case CauseQUICClose:
		return "CONNECTION_CLOSE"
	case CauseStatelessReset:
		return "a stateless reset"
	}
	return "nothing"
}

func rstWords(k flow.RSTKind) string {
	switch k {
	case flow.RSTAbortive:
		return "RST+ACK"
	case flow.RSTNoSocket:
		return "a bare RST"
	}
	return "RST"
}

// refusal says how a server ended the connection: "server 10.0.0.5:443 sent RST 0.31 ms after a 297-byte
// ClientHello without server_name".
func (v *view) refusal() string {
	return fmt.Sprintf("server %s sent %s %s", v.serverAddr(), v.causeWords(), v.afterHello())
}

// departure says how a client did.
func (v *view) departure() string {
	return fmt.Sprintf("client %s sent %s %s", v.clientAddr(), v.causeWords(), v.afterHello())
}

// count writes a number with its noun.
func count(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
