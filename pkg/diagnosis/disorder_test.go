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
	second := func(r *conversation.Record) { r.Server.Again = conversation.AgainUnknown }
	runRules(t, []ruleTest{
		{name: "the client's FIN, and the server's refusal of its hello", conn: late().fin(client).synack().alert(server, 70), code: ProtocolVersion, severity: Error, confidence: Probable},
		{name: "the client's FIN, and a complaint behind the server's flight", conn: late().fin(client).synack().flight13().alert(server, 50), code: ClientAborted, severity: Warning, confidence: Probable},
		{name: "the client's FIN, in order", conn: setUpConn().hello(name).fin(client).alert(server, 70).do(func(r *conversation.Record) { r.Alerts[server].Late = true }), code: ClientAborted, severity: Warning, confidence: Certain},
		{name: "the server's FIN, and the client's packets late", conn: newConn().synack().syn().ack().hello(name).acked().fin(server), code: HelloClosed, severity: Error, confidence: Probable},
		{name: "the same behind STARTTLS", conn: newConn().synack().syn().ack().plain(server, "sieve", "STARTTLS").fin(server).hello(name).acked().carrier("starttls-sieve"), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"captured out of order, one after the other"}, fix: "where both directions pass the same interface"},
		{name: "behind STARTTLS, and the client's packets late from then on", conn: setUpConn().plain(server, "sieve", "STARTTLS").acked().fin(server).hello(name).carrier("starttls-sieve").do(func(r *conversation.Record) { r.Sides[client].Acked = r.Sides[client].Sent }), code: IncompleteCapture, severity: Info, confidence: Certain,
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
		{name: "with more data than that", conn: late().synack().flight13().through().do(second).do(func(r *conversation.Record) { r.Bytes[server] = 1 << 16 }).fin(server), code: Healthy, severity: OK, confidence: Certain},
		{name: "the client's alert about a certificate that was captured behind it", conn: newConn().syn().ack().hello("").alert(client, 48).rst(client).synack().flight12("other.example"), code: NoSNIClientRejected, severity: Error, confidence: Probable},
		{name: "the same with a name", conn: late().alert(client, 48).rst(client).synack().flight12(name), code: ClientRejectedCertificate, severity: Error, confidence: Probable},
		{name: "the server's complaint about a client that left", conn: setUpConn().plain(client, "xmpp", "<starttls/>").carrier("starttls-xmpp").alert(server, 50).fin(client).do(func(r *conversation.Record) { r.Alerts[server].Late = true }),
			code: IncompleteCapture, severity: Info, confidence: Certain},
	})
}
