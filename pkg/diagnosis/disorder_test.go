package diagnosis

import (
	"testing"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// TestDisorder captures what the server sent behind what the client did: by the SYN-ACK that shows, and then nothing is certain that
// depends on who was first. What the server sent last may be the refusal of the client's certificate.
func TestDisorder(t *testing.T) {
	late := func() *conn { return newConn().syn().ack().hello(name) }
	answered := func(r *conversation.Record) { r.Server.RecordsAfterDone = 1 }
	second := func(r *conversation.Record) { r.Server.Again, r.AppData[client] = conversation.AgainUnknown, 3 }
	few := func(r *conversation.Record) { r.AppData[client] = 1 }
	tunnel := func() *conn {
		return asked(setUpConn().tunnel("shop.example:443").plain(client, "http", "CONNECT shop.example:443 HTTP/1.1")).agreed()
	}
	behind := func(s flow.Side) func(r *conversation.Record) {
		return func(r *conversation.Record) { r.Sides[s].Late = true }
	}
	runRules(t, []ruleTest{
		{name: "the client's FIN, and the server's refusal of its hello", conn: late().fin(client).synack().alert(server, 70), code: ProtocolVersion, severity: Error, confidence: Probable},
		{name: "the client's FIN, and a complaint behind the server's flight", conn: late().fin(client).synack().flight13().alert(server, 50), code: ClientAborted, severity: Warning, confidence: Probable},
		{name: "the client's FIN, in order", conn: setUpConn().hello(name).fin(client).alert(server, 70).do(func(r *conversation.Record) { r.Alerts[server].Late = true }), code: ClientAborted, severity: Warning, confidence: Certain},
		{name: "the server's FIN, and the client's packets late", conn: newConn().synack().syn().ack().hello(name).acked().fin(server), code: HelloClosed, severity: Error, confidence: Probable},
		{name: "the same behind STARTTLS", conn: newConn().synack().syn().ack().plain(server, "sieve", "STARTTLS").fin(server).hello(name).acked().carrier("starttls-sieve"), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"captured out of order, one after the other"}, fix: "where both directions pass the same interface"},
		{name: "behind STARTTLS, and the client's packets late from then on", conn: setUpConn().plain(server, "sieve", "STARTTLS").acked().fin(server).hello(name).carrier("starttls-sieve").do(behind(client)), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"captured out of order, one after the other"}},
		{name: "in order", conn: setUpConn().hello(name).fin(client), code: ClientAborted, severity: Warning, confidence: Certain},
		{name: "what the server said first was not captured", conn: newConn().hello(name).acked().incomplete(flow.IncompleteMid).fin(server), code: HelloClosed, severity: Error, confidence: Probable},
		{name: "nor behind it a RST", conn: newConn().hello(name).acked().incomplete(flow.IncompleteMid).rst(server), code: HelloReset, severity: Error, confidence: Probable},
		{name: "with a certificate", conn: late().synack().flight13().cert(conversation.CertSent).do(answered).through(), code: Healthy, severity: OK, confidence: Probable,
			says: []string{"the two directions were captured out of order"}},
		{name: "with none", conn: late().synack().flight13().through(), code: Healthy, severity: OK, confidence: Certain},
		{name: "with one, and the client's packets late", conn: newConn().synack().syn().ack().hello(name).flight13().cert(conversation.CertSent).do(answered).through(), code: Healthy, severity: OK, confidence: Probable,
			says: []string{"the last record of either may be a refusal"}},
		{name: "with room for a second handshake", conn: late().synack().flight13().through().do(second).fin(server), code: Healthy, severity: OK, confidence: Probable,
			says: []string{"the two directions were captured out of order"}},
		{name: "with too little of the client for that", conn: late().synack().flight13().through().do(second).do(few).fin(server), code: Healthy, severity: OK, confidence: Certain},
		{name: "with that, though it was not counted", conn: late().synack().flight13().through().do(second).do(few).settled().counted(client, shortestSecond).fin(server), code: Healthy, severity: OK, confidence: Probable},
		{name: "with as little in TLS 1.2, where it need not answer", conn: late().synack().flight12(name).through().do(second).do(few).fin(server), code: Healthy, severity: OK, confidence: Probable},
		{name: "with more data than that", conn: late().synack().flight13().through().do(second).do(func(r *conversation.Record) { r.Bytes[server] = 1 << 16 }).fin(server), code: Healthy, severity: OK, confidence: Certain},
		{name: "the server's FIN, and the client's bytes behind their acknowledgment", conn: setUpConn().hello(name).acked().fin(server).do(behind(client)), code: HelloClosed, severity: Error, confidence: Probable},
		{name: "the client's FIN, and the server's bytes behind their acknowledgment", conn: setUpConn().hello(name).fin(client).do(behind(server)), code: ClientAborted, severity: Warning, confidence: Probable},
		{name: "with a certificate, and the server's bytes so", conn: setUpConn().hello(name).flight13().cert(conversation.CertSent).do(answered).through().do(behind(server)), code: Healthy, severity: OK, confidence: Probable,
			says: []string{"the two directions were captured out of order"}},
		{name: "a request for TLS behind what may refuse it", conn: setUpConn().plain(server, "smtp", "454 TLS not available").plain(client, "smtp", "STARTTLS").carrier("starttls-smtp").do(behind(client)).fin(client), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"captured out of order, one after the other"}},
		{name: "in order, and never answered", conn: setUpConn().plain(server, "smtp", "220 mx").plain(client, "smtp", "STARTTLS").carrier("starttls-smtp").fin(client), code: NotTLS, severity: OK, confidence: Certain},
		{name: "TLS that may have begun behind it", conn: setUpConn().plain(server, "smtp", "220 go").hello(name).carrier("starttls-smtp").do(behind(client)).fin(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "and did", conn: setUpConn().plain(server, "smtp", "220 go").hello(name).carrier("starttls-smtp").flight13().do(behind(client)).fin(client), code: ClientAborted, severity: Warning, confidence: Probable},
		{name: "a request for TLS that nothing answers", conn: setUpConn().plain(client, "smtp", "STARTTLS").carrier("starttls-smtp").do(behind(client)).acked().fin(client), code: NotTLS, severity: OK, confidence: Certain},
		{name: "a tunnel, and the server's end", conn: tunnel().do(behind(client)).fin(server), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "in order", conn: tunnel().fin(server), code: ProxyRefused, severity: Error, confidence: Probable},
		{name: "the client's alert about a certificate that was captured behind it", conn: newConn().syn().ack().hello("").alert(client, 48).rst(client).synack().flight12("other.example"), code: NoSNIClientRejected, severity: Error, confidence: Probable},
		{name: "the same with a name", conn: late().alert(client, 48).rst(client).synack().flight12(name), code: ClientRejectedCertificate, severity: Error, confidence: Probable},
		{name: "the server's complaint about a client that left", conn: setUpConn().plain(client, "xmpp", "<starttls/>").carrier("starttls-xmpp").alert(server, 50).fin(client).do(func(r *conversation.Record) { r.Alerts[server].Late = true }),
			code: IncompleteCapture, severity: Info, confidence: Certain},
	})
}
