package diagnosis

import (
	"fmt"
	"strconv"
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

// appendAfterHello appends when the cause came, as sentences say it.
func (v *view) appendAfterHello(b []byte) []byte {
	b = append(v.appendDuration(b, since(v.Record, v.cause.Event)), " after "...)
	if v.helloSeen() && v.Hello.End.Frame <= v.cause.Frame {
		return v.appendHelloWords(b)
	}
	return append(b, "the connection was set up"...)
}

// helloWords describe the hello: "a 297-byte ClientHello without server_name".
func (v *view) helloWords() string { return string(v.appendHelloWords(nil)) }

func (v *view) appendHelloWords(b []byte) []byte {
	return v.appendSNIWords(append(appendA(b, v.Hello.Bytes), "-byte ClientHello "...))
}

// a is a number behind its article: "an 87", "a 512".
func a(n int) string { return string(appendA(nil, n)) }

// appendA is a. The numbers that are spoken with a vowel first are 8, 11, 18, those in the eighties and the eight
// hundreds, and as many thousands, millions and so on.
func appendA(b []byte, n int) []byte {
	group := n
	for group >= 1000 {
		group /= 1000
	}
	b = append(b, 'a')
	if group == 8 || group == 11 || group == 18 || group/10 == 8 || group/100 == 8 {
		b = append(b, 'n')
	}
	return strconv.AppendInt(append(b, ' '), int64(n), 10)
}

func (v *view) sniWords() string { return string(v.appendSNIWords(nil)) }

func (v *view) appendSNIWords(b []byte) []byte {
	switch {
	case v.Hello.SNI == tlswire.SNIInvalid:
		return fmt.Appendf(b, "with the invalid server_name %s (%s)", quote(v.Hello.Name), v.Hello.SNIProblem)
	case v.Hello.SNI == tlswire.SNIPresent:
		return appendQuoted(append(b, "for "...), v.Hello.Name)
	case v.Hello.SNI == tlswire.SNIMissing:
		return append(b, "without server_name"...)
	}
	return append(b, "that was not seen whole"...)
}

// quote puts what came from the network in quotation marks, shortened. It escapes nothing: the writers do, each
// in the way of its format.
func quote(s string) string { return `"` + clip(s) + `"` }

func appendQuoted(b []byte, s string) []byte {
	return append(append(append(b, '"'), clip(s)...), '"')
}

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
func (v *view) refusal() string { return v.ended("server ", server) }

// departure says how a client did.
func (v *view) departure() string { return v.ended("client ", client) }

// ended is either.
func (v *view) ended(who string, side flow.Side) string {
	b := v.Endpoints[side].AppendTo(append(v.words[:0], who...))
	b = append(append(b, " sent "...), v.causeWords()...)
	v.words = v.appendAfterHello(append(b, ' '))
	return string(v.words)
}

// count writes a number with its noun.
func count(n uint64, noun string) string { return string(appendCount(nil, n, noun)) }

func appendCount[N uint32 | uint64](b []byte, n N, noun string) []byte {
	b = append(append(strconv.AppendUint(b, uint64(n), 10), ' '), noun...)
	if n == 1 {
		return b
	}
	return append(b, 's')
}
