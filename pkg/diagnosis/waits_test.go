package diagnosis

import (
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// granted is a mail session in which the server has agreed to TLS.
func granted() *conn {
	c := asked(setUpConn().plain(server, "imap", "* OK").plain(client, "imap", "a STARTTLS").carrier("starttls-imap"))
	c.data(server, 30)
	return c
}

func TestTLSAgreedUponAndNotBegun(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "the server closes", conn: granted().fin(server), code: ServerClosedBeforeHello, severity: Error, confidence: Certain,
			says: []string{"after it had agreed to TLS (starttls-imap), before a byte of that came"}, fix: "a crash, a restart"},
		{name: "the server resets", conn: granted().rst(server), code: ServerClosedBeforeHello, severity: Error, confidence: Certain},
		{name: "the server has waited", conn: granted().wait(time.Minute).fin(server), code: ServerClosedBeforeHello, severity: Info, confidence: Certain, fix: "did not begin it"},
		{name: "a hello crosses its FIN", conn: granted().fin(server).hello(name), code: ServerClosedBeforeHello, severity: Error, confidence: Certain,
			says: []string{"a ClientHello was on its way"}},
		{name: "the client leaves", conn: granted().fin(client), code: ClientLeftBeforeHello, severity: Info, confidence: Certain,
			says: []string{"after the server had agreed to TLS (starttls-imap)"}},
		{name: "the client goes on without", conn: granted().plain(client, "imap", "b LOGIN").fin(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "some of it is missing", conn: granted().incomplete(flow.IncompleteGap).fin(server), code: IncompleteCapture, severity: Info, confidence: Certain},
	})
}

// An alert before anything else, and in the middle of the hello.
func TestAlertsBeforeTheHelloIsThere(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "of a client with nothing to offer", conn: setUpConn().alert(client, 80).fin(client), code: ClientAlert, severity: Error, confidence: Certain,
			fix: "nothing to begin with"},
		{name: "of a server that has waited", conn: setUpConn().wait(2*time.Second).alert(server, 80).fin(server), code: ServerClosedBeforeHello, severity: Info, confidence: Certain,
			says: []string{"sent alert 80 (internal_error) 2.0 s after the connection was set up, before a byte of the client"}},
		{name: "of a server that has waited for the rest", conn: setUpConn().hello("").partial(0).wait(2*time.Second).alert(server, 80), code: ServerAlert, severity: Error, confidence: Possible,
			says: []string{"in the middle of a"}, fix: "why the rest of the ClientHello did not reach the server in time"},
	})
}

// Who waited for whom in the middle of the handshake.
func TestServerWaitsInVain(t *testing.T) {
	const silent = "; the client had it and sent nothing in the 3.0 s since"
	runRules(t, []ruleTest{
		{name: "the client says nothing", conn: setUpConn().hello(name).flight13().flightAcked().wait(3 * time.Second).fin(server), code: HelloClosed, severity: Error, confidence: Possible,
			says: []string{silent}, fix: "what it waits for"},
		{name: "the client replies when the server has left", conn: setUpConn().hello(name).flight13().flightAcked().wait(3 * time.Second).fin(server).wait(2 * time.Second).finished(),
			code: HelloClosed, severity: Error, confidence: Possible, says: []string{silent + "; its reply came 2.0 s after that"}, fix: "what it waits for"},
		{name: "the client replies, and goes on when the server has left", conn: setUpConn().hello(name).flight13().flightAcked().finished().acked().wait(3*time.Second).fin(server).said(client, 100),
			code: HelloClosed, severity: Error, confidence: Possible, omits: []string{"sent nothing"}, fix: "the server's log"},
		{name: "the client says part of what it has to", conn: setUpConn().hello(name).flight12(name).flightAcked().said(client, 100).acked().wait(3*time.Second).fin(server).said(client, 100),
			code: HelloClosed, severity: Error, confidence: Possible, omits: []string{"sent nothing"}, fix: "the server's log"},
		{name: "a ChangeCipherSpec is no reply", conn: setUpConn().hello(name).flight13().said(client, changeCipherSpecLen).acked().flightAcked().wait(3 * time.Second).fin(server),
			code: HelloClosed, severity: Error, confidence: Possible, says: []string{silent}, fix: "what it waits for"},
		{name: "nobody knows whether it has the answer", conn: setUpConn().hello(name).flight13().wait(3 * time.Second).fin(server), code: HelloClosed, severity: Error, confidence: Possible,
			omits: []string{silent}, fix: "the server's log"},
		{name: "at once", conn: setUpConn().hello(name).flight13().flightAcked().fin(server), code: HelloClosed, severity: Error, confidence: Possible,
			omits: []string{"sent nothing"}, fix: "the server's log"},
	})
}

// Two load balancers each send a PROXY header, and a proxy gets one that takes none.
func TestHeadersTooMany(t *testing.T) {
	connect := func(header string) *conn {
		c := setUpConn().carrier(header, "http-connect").plain(client, "http", "CONNECT")
		c.CarrierRefused, c.ProxyTarget = "HTTP/1.1 400 Bad Request", "shop.example:443"
		c.plain(server, "http", c.CarrierRefused)
		return c
	}
	runRules(t, []ruleTest{
		{name: "two", conn: setUpConn().headerOnly("proxy-v1").carrier("proxy-v2").acked().fin(server), code: ProxyHeaderUnexpected, severity: Error, confidence: Probable,
			says: []string{"two PROXY headers (proxy-v1, proxy-v2)"}, fix: "send no PROXY header"},
		{name: "before CONNECT", conn: connect("proxy-v1"), code: ProxyRefused, severity: Error, confidence: Certain, fix: "expect the PROXY header"},
	})
}

// All of the server's answer is missing, and the client has none of it.
func TestFlightThatNeverArrives(t *testing.T) {
	unseen := func(n uint64) func(*conversation.Record) {
		return func(r *conversation.Record) { r.Sides[server].Unseen, r.Missed = n, n }
	}
	const lost = 2185
	runRules(t, []ruleTest{
		{name: "and the client closes", conn: setUpConn().hello(name).acked().do(unseen(lost)).wait(6 * time.Second).fin(client), code: PathMTU, severity: Error, confidence: Possible,
			says: []string{"2185 bytes of the answer of server 10.0.0.5:443 never arrived", "a firewall may have dropped them as well"}},
		{name: "at once", conn: setUpConn().hello(name).acked().do(unseen(lost)).fin(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "the server closes", conn: setUpConn().hello(name).acked().do(unseen(lost)).wait(6 * time.Second).fin(server), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "less than a segment", conn: setUpConn().hello(name).acked().do(unseen(300)).wait(6 * time.Second).fin(client), code: IncompleteCapture, severity: Info, confidence: Certain},
	})
}

// The server gives up on a hello that it never had.
func TestHelloThatNeverArrives(t *testing.T) {
	again := func(r *conversation.Record) { r.Sides[client].Retransmits = 4 }
	inSYN := func(r *conversation.Record) { r.SYN = r.Hello.Start }
	runRules(t, []ruleTest{
		{name: "and it closes", conn: setUpConn().hello("").do(again).wait(3 * time.Second).fin(server), code: HelloUnanswered, severity: Error, confidence: Certain,
			says: []string{"did not acknowledge a 297-byte ClientHello without server_name, sent 5 times", "until it sent FIN"}, omits: []string{"fits as well"}, fix: "firewall on the way"},
		{name: "and it resets", conn: setUpConn().hello(name).do(again).wait(3 * time.Second).rst(server).do(func(r *conversation.Record) { r.Resets[0].Ack = 1 }),
			code: HelloUnanswered, severity: Error, confidence: Certain},
		{name: "with a SYN that is sent again without it, and it resets at once when it comes", code: HelloReset, severity: Error, confidence: Certain,
			conn: newConn().syn().hello(name).do(inSYN).wait(3 * time.Second).synack().ack().do(again).rst(server).do(func(r *conversation.Record) { r.Resets[0].Ack = 1 })},
		{name: "and resets what it had", conn: setUpConn().hello(name).do(again).wait(3 * time.Second).rst(server), code: HelloReset, severity: Error, confidence: Certain},
		{name: "sent once", conn: setUpConn().hello("").wait(3 * time.Second).fin(server), code: NoSNIClosed, severity: Error, confidence: Probable},
		{name: "acknowledged in the end", conn: setUpConn().hello("").do(again).acked().wait(3 * time.Second).fin(server), code: NoSNIClosed, severity: Error, confidence: Probable},
	})
}

// What the client replies never arrives, and the server gives up.
func TestReplyThatNeverArrives(t *testing.T) {
	again := func(r *conversation.Record) { r.Sides[client].Retransmits = 4 }
	const unheard = "of what the client replied, and sent again"
	runRules(t, []ruleTest{
		{name: "of a client with a certificate", conn: setUpConn().hello(name).acked().flight12(name).cert(conversation.CertSent).do(again).wait(4 * time.Second).fin(server),
			code: HelloClosed, severity: Error, confidence: Possible, says: []string{unheard}, omits: []string{"may not accept"}, fix: "path from the client to the server"},
		{name: "sent once", conn: setUpConn().hello(name).acked().flight12(name).cert(conversation.CertSent).wait(4 * time.Second).fin(server),
			code: HelloClosed, severity: Error, confidence: Possible, omits: []string{unheard}, fix: "the server's log"},
	})
}
