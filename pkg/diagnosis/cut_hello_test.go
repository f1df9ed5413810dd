package diagnosis

import (
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// Whom a hello names is cut off, but not what became of it.
func TestCutHello(t *testing.T) {
	cut := func() *conn { return setUpConn().hello(name).partial(flow.IncompleteSnaplen).do(cutOff) }
	rest := "with it the server_name"
	runRules(t, []ruleTest{
		{name: "reset", conn: cut().rst(server), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"server 10.0.0.5:443 sent RST+ACK 0.10 ms after the beginning of a 297-byte ClientHello; it sent no byte", rest, "decides between hello-reset and no-sni-reset"},
			fix:  "`-s 0`: nothing else is missing"},
		{name: "closed", conn: cut().acked().fin(server), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"sent FIN 0.20 ms after", rest, "decides between hello-closed and no-sni-closed"}},
		{name: "refused by an alert", conn: cut().alert(server, 40).fin(server), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"server 10.0.0.5:443 sent alert 40 (handshake_failure) 0.10 ms after the beginning of a 297-byte ClientHello", rest}, omits: []string{"no byte", "decides"}},
		{name: "silence", conn: cut().acked(), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"server 10.0.0.5:443 sent no byte in 60.0 s after the beginning", "decides between hello-unanswered and no-sni-unanswered", rest}},
		{name: "silence, and then the client left", conn: cut().acked().wait(2 * time.Second).fin(client), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"sent no byte in 2.0 s after the beginning", ", until the client sent FIN", "decides between hello-unanswered and no-sni-unanswered"}},
		{name: "silence after more than one segment", conn: cut().do(func(r *conversation.Record) { r.Hello.OverMSS = true }), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{rest}, omits: []string{"decides"}},
		{name: "the client left at once", conn: cut().rst(client), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"client 10.138.0.28:19432 sent RST+ACK 0.10 ms after", "the server sent no byte", rest}, omits: []string{"decides"}},
		{name: "a name that is there", conn: cut().do(func(r *conversation.Record) { r.Hello.SNI, r.Hello.Name = tlswire.SNIPresent, name }).rst(server),
			code: IncompleteCapture, severity: Info, confidence: Certain, says: []string{`for "shop.example"; it sent no byte; all that is missing is the rest`}, omits: []string{rest}},
		{name: "no silence yet", conn: cut().acked(), after: -1, code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"not enough was captured"}, omits: []string{rest}},
		{name: "the server answered, and closed in the end", conn: cut().flight13().wait(2 * time.Second).fin(server), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"packets were cut short (snaplen); the server sent FIN 2.0 s after the beginning of a 297-byte ClientHello; in all the client sent 302 bytes, the server 3000 bytes"}, omits: []string{rest}},
		{name: "other packets are missing as well", conn: cut().incomplete(flow.IncompleteGap).rst(server), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"not enough was captured"}, omits: []string{rest}},
		{name: "and what the server said", conn: cut().lost(server, 100).rst(server), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"not enough was captured"}, omits: []string{rest}},
	})
}

// That a hello failed is told apart from that nothing is known of it.
func TestCutHelloUse(t *testing.T) {
	cut := func() *conn { return setUpConn().hello(name).partial(flow.IncompleteSnaplen).do(cutOff) }
	for _, tc := range []struct {
		conn *conn
		use  Use
	}{{cut().rst(server), Failed}, {cut().flight13().fin(client), Used}} {
		if v := explained(tc.conn.Record, tc.conn.alone(time.Minute)); v.Code != IncompleteCapture || v.Use != tc.use {
			t.Errorf("%s, use %d; want %d", v.Code, v.Use, tc.use)
		}
	}
}
