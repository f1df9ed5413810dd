package diagnosis

import (
	"testing"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// serverHello13 is the server's ServerHello of TLS 1.3 without anything behind it.
func (c *conn) serverHello13() *conn {
	c.flight13()
	c.Server.Flight = flow.Event{}
	return c
}

// helloRetryRequest is one that the client does not obey.
func (c *conn) helloRetryRequest() *conn {
	c.acked()
	c.Server.Retry = c.tls(server, 67)
	c.Server.First, c.Stage = c.Server.Retry, conversation.StageClientHello
	return c
}

// What servers on rustls do. The HelloRetryRequest is that of versions before 0.21.7, the rest that of 0.23 as well.
func TestRustls(t *testing.T) {
	const none = "programs on rustls send this alert where they find no certificate"
	alpn := func(r *conversation.Record) { r.Hello.ALPN = []string{"http/1.1"} }
	psk := func(r *conversation.Record) { r.Hello.PreSharedKey = true }
	denied := func(sni string) *conn {
		return setUpConn().hello(sni).acked().alert(server, tlswire.AlertAccessDenied).fin(server)
	}
	names := Context{Endpoint: Counts{Hellos: [3][2]Outcomes{WithSNI: {{Passed: 2}}}}}
	runRules(t, []ruleTest{
		{name: "no name", conn: denied(""), code: NoSNIAlert, severity: Error, confidence: Probable, says: []string{"sent alert 49 (access_denied)", none}, fix: "give the server a default certificate"},
		{name: "no name, and a session to resume", conn: denied("").do(psk), code: NoSNIAlert, severity: Error, confidence: Possible},
		{name: "a name", conn: denied(name), code: SNIUnrecognized, severity: Error, confidence: Probable,
			says: []string{"sent alert 49 (access_denied)", none}, omits: []string{"taken alone"}, fix: "add the name and its certificate"},
		{name: "a name, others pass", conn: denied(name), context: names, code: SNIUnrecognized, severity: Error, confidence: Probable, says: []string{"2 handshakes for other names went through"}},
		{name: "a name that passes elsewhere", conn: denied(name), context: Context{Name: Outcomes{Passed: 1}}, code: ServerAlert, severity: Error, confidence: Certain},
		{name: "a name, and a session to resume", conn: denied(name).do(psk), code: ServerAlert, severity: Error, confidence: Certain},
		{name: "behind the server's answer", conn: setUpConn().hello(name).flight12(name).alert(server, tlswire.AlertAccessDenied), code: ServerAlert, severity: Error, confidence: Certain, omits: []string{none}},

		{name: "no protocol of ALPN", conn: setUpConn().hello(name).do(alpn).serverHello13().sealedAlert(server).fin(server), code: ALPNMismatch, severity: Error, confidence: Probable,
			says: []string{`that offered "http/1.1"`, "where the server should name the protocol that it chose"}, fix: "share an application protocol"},
		{name: "no name, and no protocol of ALPN", conn: setUpConn().hello("").do(alpn).serverHello13().sealedAlert(server).fin(server), code: ALPNMismatch, severity: Error, confidence: Probable},
		{name: "behind what the server chose of ALPN", conn: setUpConn().hello(name).do(alpn).flight13().sealedAlert(server).fin(server), code: ServerAlert, severity: Error, confidence: Probable},
		{name: "without ALPN", conn: setUpConn().hello(name).serverHello13().sealedAlert(server).fin(server), code: ServerAlert, severity: Error, confidence: Probable},

		{name: "a HelloRetryRequest without the session id", conn: setUpConn().hello(name).helloRetryRequest().alert(client, tlswire.AlertIllegalParameter).rst(client), code: ClientAlert, severity: Error, confidence: Certain,
			says: []string{"in answer to the server's HelloRetryRequest"}, fix: "before 0.21.7"},
		{name: "the same alert behind the second hello", conn: setUpConn().hello(name).retried().flight13().alert(client, tlswire.AlertIllegalParameter), code: ClientAlert, severity: Error, confidence: Certain,
			omits: []string{"in answer to"}, fix: "look up the alert"},
	})
}
