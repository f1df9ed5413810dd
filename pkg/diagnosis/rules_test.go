package diagnosis

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// ruleTest is one connection and what is to be said of it. The capture goes on for after, a minute where it is zero
// and ends at once where it is negative.
type ruleTest struct {
	name       string
	conn       *conn
	context    Context
	after      time.Duration
	code       Code
	severity   Severity
	confidence Confidence
	says       []string // parts of the detail
	omits      []string // what the detail must not say
	fix        string   // a part of what to do
}

// errorRecord makes the server's record behind the handshake one that may be an alert.
func errorRecord(r *conversation.Record) { r.Server.ErrorRecord, r.Server.RecordsAfterDone = true, 1 }

// cutOff is of a connection whose hello was cut off.
func cutOff(r *conversation.Record) { r.Ending.Missed, r.Settled = 250, true }

// offered is of a server that did so before it refused TLS.
func offered(o conversation.Offer) func(*conversation.Record) {
	return func(r *conversation.Record) { r.Offer = o }
}

// cutShort is of a capture that has the beginning of each packet only.
func cutShort(r *conversation.Record) {
	r.Hello.Incomplete, r.Ending.Incomplete = flow.IncompleteSnaplen, flow.IncompleteSnaplen
	r.Missed, r.Server.Version, r.Server.Again = 3000, 0, conversation.AgainUnknown
}

// asFarAsRecords is what the headers of records say of a second handshake in one that was cutShort.
func asFarAsRecords(a conversation.Again) func(*conversation.Record) {
	return func(r *conversation.Record) { r.Server.Again = a }
}

// keepAlive is a packet without payload a minute after the last one.
func keepAlive(r *conversation.Record) { r.Ending.End += int64(time.Minute) }

func runRules(t *testing.T, tests []ruleTest) {
	t.Helper()
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if tc.after == 0 {
				tc.after = time.Minute
			}
			c := tc.context
			c.End = tc.conn.now + int64(max(tc.after, 0))
			v := explained(tc.conn.Record, &c)
			if v.Code != tc.code || v.Severity != tc.severity || v.Confidence != tc.confidence {
				t.Fatalf("%s, %s, %s; want %s, %s, %s\n%s", v.Code, v.Severity, v.Confidence, tc.code, tc.severity, tc.confidence, v.Detail)
			}
			for _, s := range tc.says {
				if !strings.Contains(v.Detail, s) {
					t.Errorf("detail %q does not say %q", v.Detail, s)
				}
			}
			for _, s := range tc.omits {
				if strings.Contains(v.Detail, s) {
					t.Errorf("detail %q says %q", v.Detail, s)
				}
			}
			if !strings.Contains(v.Fix, tc.fix) {
				t.Errorf("fix %q does not say %q", v.Fix, tc.fix)
			}
			checkShape(t, &v)
		})
	}
}

// A connection that is not TLS is found in the capture by its first byte.
func TestNotTLSPointsToTheFirstByte(t *testing.T) {
	for _, tc := range []struct {
		conn  *conn
		frame uint64
	}{
		{setUpConn().plain(client, "http", "x").acked().wait(time.Second).fin(client), 4},
		{setUpConn().plain(client, "http", "x").plain(server, "http", "y").fin(client), 4},
		{setUpConn().answers(server).plain(server, "ssh", "x").plain(client, "ssh", "y").fin(client), 5},
	} {
		if v := explained(tc.conn.Record, tc.conn.alone(time.Minute)); v.Code != NotTLS || v.Frame != tc.frame {
			t.Errorf("%s, frame %d; want %d", v.Code, v.Frame, tc.frame)
		}
	}
}

// Not everything that is missing comes back by another capture.
func TestIncompleteFix(t *testing.T) {
	gap := func() *conn { return setUpConn().hello(name).flight12(name).incomplete(flow.IncompleteGap) }
	long := func(why flow.Incomplete) *conn {
		return setUpConn().hello(name).flight12(name).incomplete(why).rst(client)
	}
	for _, tc := range []struct {
		name string
		conn *conn
		fix  string
	}{
		{"the SYN-ACK", newConn().syn().ack().rst(server), "capture again"},
		{"nothing, but the setup was not done", newConn().syn().synack().rst(server), "nothing is missing from the capture"},
		{"gap", gap().fin(client), "capture again"},
		{"gap that the client never received", gap().wait(4 * time.Second).unreadFIN(client), "look at the path"},
		{"too long", long(flow.IncompleteLimit), "look at what makes the handshake so long"},
		{"too long, and cut", long(flow.IncompleteLimit | flow.IncompleteSnaplen), "capture again"},
	} {
		v := explained(tc.conn.Record, tc.conn.alone(time.Minute))
		if v.Code != IncompleteCapture || !strings.Contains(v.Fix, tc.fix) || strings.HasPrefix(v.Fix, "capture again") != (tc.fix == "capture again") {
			t.Errorf("%s: %s: %s", tc.name, v.Code, v.Fix)
		}
	}
}

// checkShape holds for every verdict.
func checkShape(t *testing.T, v *Verdict) {
	t.Helper()
	if v.Detail == "" || strings.HasSuffix(v.Detail, ".") || strings.Contains(v.Detail, "%!") {
		t.Errorf("detail is no sentence: %q", v.Detail)
	}
	if v.Frame == 0 || !slices.Contains(v.Evidence, v.Frame) {
		t.Errorf("deciding frame %d, evidence %v", v.Frame, v.Evidence)
	}
	if !slices.IsSorted(v.Evidence) || len(slices.Compact(slices.Clone(v.Evidence))) != len(v.Evidence) {
		t.Errorf("evidence %v does not ascend", v.Evidence)
	}
	if (v.Fix == "") != (v.Severity == OK) {
		t.Errorf("severity %s with fix %q", v.Severity, v.Fix)
	}
	e, ok := Lookup(v.Code)
	if !ok || !slices.Contains(e.Severities, v.Severity) {
		t.Errorf("severity %s of %s is not in the catalogue", v.Severity, v.Code)
	}
}

func endpoint(f func(*Counts)) Context {
	var c Context
	f(&c.Endpoint)
	return c
}

// inOrder is of a connection that both sides closed with FINs.
func inOrder(r *conversation.Record) { r.Ending.State = flow.StateSF }

func TestThrough(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "TLS 1.3", conn: setUpConn().hello(name).flight13().through(), code: Healthy, severity: OK, confidence: Certain,
			says: []string{"TLS 1.3 handshake went through 0.40 ms after the ClientHello"}},
		{name: "cut short, and the server may have refused a second handshake", conn: setUpConn().hello(name).flight13().through().settled().do(cutShort).counted(client, 136).counted(server, 160).fin(server), code: Healthy, severity: OK, confidence: Probable,
			says: []string{"may include a refusal"}},
		{name: "cut short, and the client said too little for one", conn: setUpConn().hello(name).flight13().through().settled().do(cutShort).counted(client, 24).counted(server, 160).fin(server), code: Healthy, severity: OK, confidence: Certain, omits: []string{"refusal"}},
		{name: "cut short, and the server said too much", conn: setUpConn().hello(name).flight13().through().settled().do(cutShort).counted(client, 136).counted(server, 9000).fin(server), code: Healthy, severity: OK, confidence: Certain, omits: []string{"refusal"}},
		{name: "cut short, and the client closed, as one does that was refused", conn: setUpConn().hello(name).flight13().through().settled().do(cutShort).counted(client, 136).counted(server, 160).fin(client), code: Healthy, severity: OK, confidence: Probable, says: []string{"may include a refusal"}},
		{name: "cut short, and nobody closed", conn: setUpConn().hello(name).flight13().through().settled().do(cutShort).counted(client, 136).counted(server, 160), code: Healthy, severity: OK, confidence: Certain, omits: []string{"refusal"}},
		{name: "cut short, and the records show that there was none", conn: setUpConn().hello(name).flight13().through().settled().do(cutShort).do(asFarAsRecords(conversation.AgainNot)).counted(client, 136).counted(server, 160).fin(server), code: Healthy, severity: OK, confidence: Certain, omits: []string{"refusal"}},
		{name: "cut short, and the client may have declined one", conn: setUpConn().hello(name).flight13().through().settled().do(cutShort).do(asFarAsRecords(conversation.AgainPerhaps)).counted(client, 31).counted(server, 64).fin(client), code: Healthy, severity: OK, confidence: Probable, says: []string{"may include a refusal"}},
		{name: "reset at once", conn: setUpConn().hello(name).flight13().through().settled().rst(server), code: Healthy, severity: OK, confidence: Certain,
			says: []string{"went through 0.40 ms after the ClientHello; the server sent no data, and reset the connection 0.10 ms later: look at what it does after the handshake"}},
		{name: "reset behind tickets", conn: setUpConn().hello(name).flight13().through().do(ticketed).settled().counted(client, 400).counted(server, 255).rst(server), code: Healthy, severity: OK, confidence: Certain,
			says: []string{"; the server sent no data but session tickets, and reset the connection 0.30 ms later: look at what it does after the handshake"}},
		{name: "closed behind tickets and an alert", conn: setUpConn().hello(name).flight13().through().do(ticketed).settled().counted(client, 400).counted(server, 279).fin(server), code: Healthy, severity: OK, confidence: Certain,
			says: []string{"; the server sent no data but session tickets, and closed 0.30 ms later: look at what it does after the handshake"}},
		{name: "reset behind what may be a ticket or an answer", conn: setUpConn().hello(name).flight13().through().do(ticketed).settled().counted(client, 400).rst(server), code: Healthy, severity: OK, confidence: Certain,
			omits: []string{"look at what"}},
		{name: "reset behind a ticket and an answer", conn: setUpConn().hello(name).flight13().through().do(ticketed).settled().counted(client, 400).counted(server, 100).rst(server), code: Healthy, severity: OK, confidence: Certain,
			omits: []string{"look at what"}},
		{name: "reset behind tickets and an answer", conn: setUpConn().hello(name).flight13().through().do(ticketed).settled().counted(client, 400).counted(server, 355).rst(server), code: Healthy, severity: OK, confidence: Certain,
			omits: []string{"look at what"}},
		{name: "closed by both behind the request", conn: setUpConn().hello(name).flight13().through().do(requested).settled().fin(server).do(inOrder), code: Healthy, severity: OK, confidence: Certain,
			says: []string{"the server sent no data, and closed"}},
		{name: "closed before the client was done", conn: setUpConn().hello(name).flight13().fin(server).do(func(r *conversation.Record) {
			r.Client.Finished = flow.Event{Frame: r.Terminator.Frame + 1, Time: r.Terminator.Time + 1e6}
		}).do(func(r *conversation.Record) {
			r.EstablishedAt, r.Established, r.Stage = r.Client.Finished, true, conversation.StageEstablished
		}).settled(), code: Healthy, severity: OK, confidence: Certain, says: []string{"the server sent no data, and had closed before the client was done: look at what it does after the handshake"}},
		{name: "TLS 1.2, closed at once behind a client's certificate", conn: setUpConn().hello(name).flight12(name).cert(conversation.CertSent).through().settled().fin(server), code: Healthy, severity: OK, confidence: Probable,
			says: []string{"the server sent no data, and closed 0.10 ms later: it may have refused the client's certificate, as"}},
		{name: "closed at once behind one that had expired", conn: setUpConn().hello(name).flight12(name).cert(conversation.CertSent).do(func(r *conversation.Record) { r.Client.CertValidity = conversation.Expired }).through().settled().fin(server),
			code: Healthy, severity: OK, confidence: Probable, says: []string{"refused the client's certificate, which had expired, as"}},
		{name: "closed at once without one", conn: setUpConn().hello(name).flight12(name).cert(conversation.CertEmpty).through().settled().fin(server), code: Healthy, severity: OK, confidence: Probable,
			says: []string{"may have refused the client for want of a certificate, as"}},
		{name: "closed later behind a client's certificate", conn: setUpConn().hello(name).flight12(name).cert(conversation.CertSent).through().settled().wait(2 * time.Second).fin(server), code: Healthy, severity: OK, confidence: Certain,
			omits: []string{"it may have refused"}},
		{name: "closed by the client behind its certificate", conn: setUpConn().hello(name).flight12(name).cert(conversation.CertSent).through().settled().fin(client), code: Healthy, severity: OK, confidence: Certain,
			omits: []string{"it may have refused"}},
		{name: "closed when it had heard the client, which has a certificate", conn: setUpConn().hello(name).flight12(name).cert(conversation.CertSent).through().settled().counted(client, 60).fin(server).do(inOrder), code: Healthy, severity: OK, confidence: Certain,
			omits: []string{"no data"}},
		{name: "closed when it had heard the client's goodbye", conn: setUpConn().hello(name).flight12(name).cert(conversation.CertSent).through().said(client, 31).settled().fin(server).do(inOrder), code: Healthy, severity: OK, confidence: Certain,
			omits: []string{"no data"}},
		{name: "closed behind an answer that is as long as an alert of other cipher suites", conn: setUpConn().hello(name).flight12(name).do(withChaCha).through().settled().counted(server, 85).fin(server),
			code: Healthy, severity: OK, confidence: Certain, omits: []string{"no data"}},
		{name: "closed behind an alert", conn: setUpConn().hello(name).flight12(name).do(withChaCha).through().settled().counted(server, 23).fin(server),
			code: Healthy, severity: OK, confidence: Certain, says: []string{"the server sent no data"}},
		{name: "closed when it had heard the goodbye of a client without a certificate", conn: setUpConn().hello(name).flight13().through().settled().counted(client, 24).fin(server).do(inOrder), code: Healthy, severity: OK, confidence: Certain,
			omits: []string{"server sent no data"}},
		{name: "closed behind the request", conn: setUpConn().hello(name).flight13().through().settled().counted(client, 100).fin(server).do(inOrder), code: Healthy, severity: OK, confidence: Certain,
			says: []string{"the server sent no data, and closed"}},
		{name: "closed with what the client sent unread", conn: setUpConn().hello(name).flight12(name).cert(conversation.CertSent).through().settled().counted(client, 60).rst(server), code: Healthy, severity: OK, confidence: Probable,
			says: []string{"it may have refused the client's certificate"}},
		{name: "reset behind data", conn: setUpConn().hello(name).flight13().through().settled().counted(server, 400).rst(server), code: Healthy, severity: OK, confidence: Certain, omits: []string{"no data"}},
		{name: "reset by the client", conn: setUpConn().hello(name).flight13().through().settled().rst(client), code: Healthy, severity: OK, confidence: Certain,
			says: []string{"the client sent no data, and closed at once, as a health check does, or a client that checks the certificate only after the handshake"}, omits: []string{"server sent no data"}},
		{name: "closed by the client later", conn: setUpConn().hello(name).flight13().through().settled().wait(time.Second).fin(client), code: Healthy, severity: OK, confidence: Certain, omits: []string{"no data"}},
		{name: "closed by a client that resumed", conn: setUpConn().hello(name).flight13().do(func(r *conversation.Record) { r.Server.Resumed = true }).through().settled().fin(client), code: Healthy, severity: OK, confidence: Certain, omits: []string{"no data"}},
		{name: "an alert of the client, and the server closes", conn: setUpConn().hello(name).flight13().through().settled().do(func(r *conversation.Record) { r.Client.Goodbye = true }).fin(server), code: Healthy, severity: OK, confidence: Certain,
			says: []string{"the client sent no data, and at once an encrypted alert", "git on GnuTLS"}, omits: []string{"Firefox"}},
		{name: "closed at once by a client that was asked for a certificate", conn: setUpConn().hello(name).flight13().cert(conversation.CertEmpty).through().do(func(r *conversation.Record) { r.Client.CertInferred = false }).fin(client),
			code: Healthy, severity: OK, confidence: Certain, says: []string{"the client sent no data, and closed at once"}},
		{name: "a word of the server and its close, which the client answers with an alert", conn: setUpConn().hello(name).flight12(name).through().do(func(r *conversation.Record) { r.AppData[server] = 1 }).do(withChaCha).settled().counted(client, 23).fin(server),
			code: Healthy, severity: OK, confidence: Certain, omits: []string{"no data"}},
		{name: "reset later", conn: setUpConn().hello(name).flight12(name).through().rst(server), code: Healthy, severity: OK, confidence: Certain},
		{name: "gap", conn: setUpConn().hello(name).flight12(name).through().incomplete(flow.IncompleteGap).settled().counted(server, 300), code: Healthy, severity: OK, confidence: Certain},
		{name: "gap, and the client's request", conn: setUpConn().hello(name).flight12(name).through().incomplete(flow.IncompleteGap).settled().counted(client, 100), code: Healthy, severity: OK, confidence: Certain},
		{name: "gap, and nothing that the client sent behind TLS 1.2", conn: setUpConn().hello(name).flight12(name).through().incomplete(flow.IncompleteGap), code: Healthy, severity: OK, confidence: Probable},
		{name: "partial hello", conn: setUpConn().hello(name).partial(flow.IncompleteSnaplen).flight13().through().do(func(r *conversation.Record) { r.Server.RecordsAfterDone = 2 }),
			code: Healthy, severity: OK, confidence: Certain},
		{name: "partial hello, and no record behind TLS 1.3", conn: setUpConn().hello(name).partial(flow.IncompleteSnaplen).flight13().through(), code: Healthy, severity: OK, confidence: Probable},
		{name: "partial hello, and a record of an alert's length", conn: setUpConn().hello(name).partial(flow.IncompleteSnaplen).flight13().through().errorRecord(), code: Healthy, severity: OK, confidence: Probable},
		{name: "client certificate not sent", conn: setUpConn().hello(name).flight12(name).cert(conversation.CertEmpty).through(),
			code: Healthy, severity: OK, confidence: Certain, says: []string{"asked for a client certificate and the client sent none"}},
		{name: "client certificate, and nobody saw what the server made of it", conn: setUpConn().hello(name).flight13().cert(conversation.CertSent).through().
			do(func(r *conversation.Record) { r.Client.CertInferred = true }), code: Healthy, severity: OK, confidence: Probable, says: []string{"was not captured"}},
		{name: "client certificate, and the server said nothing more", conn: setUpConn().hello(name).flight13().cert(conversation.CertEmpty).through().fin(client).
			do(func(r *conversation.Record) { r.Client.CertInferred = true }), code: Healthy, severity: OK, confidence: Probable,
			says: []string{"the server sent no TLS after the client's Finished"}, omits: []string{"was not captured"}},
		{name: "an alert's length and no certificate", conn: setUpConn().hello(name).flight13().through().errorRecord().fin(server).
			do(func(r *conversation.Record) { r.Established, r.EstablishedAt = false, flow.Event{} }),
			code: Healthy, severity: OK, confidence: Certain, says: []string{"has the length of an alert, and it closed"}},
		{name: "a certificate, and the server's close_notify much later", conn: setUpConn().hello(name).flight13().cert(conversation.CertSent).through().do(errorRecord).fin(server),
			code: Healthy, severity: OK, confidence: Probable, says: []string{"probably a close_notify"}},
		{name: "a certificate, an alert's length, and the capture ends", conn: setUpConn().hello(name).flight13().cert(conversation.CertSent).through().errorRecord(),
			code: Healthy, severity: OK, confidence: Probable, says: []string{"has the length of an alert, and how the connection ended was not captured"}, omits: []string{"close_notify"}},
		{name: "without name, with a certificate, and the server's close_notify much later", conn: setUpConn().hello("").flight13().cert(conversation.CertSent).through().do(errorRecord).fin(server),
			code: NoSNIAccepted, severity: Info, confidence: Probable},
		{name: "a certificate, and as much as an alert is lost", conn: setUpConn().hello(name).flight13().cert(conversation.CertSent).lost(server, 24).fin(server),
			code: IncompleteCapture, severity: Info, confidence: Certain, says: []string{"the server's last 24 bytes were not captured"}},
		{name: "no name", conn: setUpConn().hello("").flight12("default.example").through(), code: NoSNIAccepted, severity: Info, confidence: Certain,
			says: []string{`accepted a 297-byte ClientHello without server_name`, `certificate for "default.example"`}},
		{name: "address as name", conn: setUpConn().hello(name).badName().flight13().through(), code: SNIInvalid, severity: Info, confidence: Certain,
			says: []string{`"10.0.0.5" (ip address)`}},
		{name: "other certificate, and a close", conn: setUpConn().hello(name).flight12("other.example").through().settled().counted(client, 31).fin(client), code: CertificateNameMismatch, severity: Warning, confidence: Certain,
			says: []string{"finished the handshake and then sent no more than a close"}},
		{name: "a certificate, and an alert at once", conn: setUpConn().hello(name).flight12(name).through().settled().counted(client, 31).fin(client), code: Healthy, severity: OK, confidence: Certain,
			says: []string{"a refusal by a client that checks the certificate only after the handshake"}},
		{name: "a certificate, and an alert much later", conn: setUpConn().hello(name).flight12(name).through().settled().counted(client, 31).wait(3 * time.Second).fin(client), code: Healthy, severity: OK, confidence: Certain, omits: []string{"the refusal of a client"}},
		{name: "a certificate, and a FIN at once", conn: setUpConn().hello(name).flight12(name).through().settled().fin(client), code: Healthy, severity: OK, confidence: Certain, omits: []string{"the refusal of a client"}},
		{name: "other certificate, and a request", conn: setUpConn().hello(name).flight12("other.example").through().settled().counted(client, 107).fin(client), code: CertificateNameMismatch, severity: Warning, confidence: Certain,
			says: []string{"and the client went on"}},
		{name: "other certificate, and the capture ends", conn: setUpConn().hello(name).flight12("other.example").through().settled(), code: CertificateNameMismatch, severity: Warning, confidence: Certain,
			says: []string{"and the client went on"}},
		{name: "other certificate", conn: setUpConn().hello(name).flight12("other.example").through(), code: CertificateNameMismatch, severity: Warning, confidence: Certain,
			says: []string{`certificate for "other.example" to a client that asked for "shop.example", and the client went on`}},
		{name: "wildcard", conn: setUpConn().hello("www.shop.example").flight12("*.shop.example").through(), code: Healthy, severity: OK, confidence: Certain},
		{name: "wildcard, and two labels", conn: setUpConn().hello("a.www.Shop.example").flight12("other.example", "*.shop.example").through(), code: CertificateNameMismatch, severity: Warning, confidence: Certain,
			says: []string{"the client went on; the * of a certificate stands for one label"}},
		{name: "wildcard, and no label", conn: setUpConn().hello("shop.example").flight12("*.shop.example").alert(client, 42), code: CertificateNameMismatch, severity: Error, confidence: Certain,
			says: []string{"the * of a certificate stands for one label"}},
		{name: "wildcard of another domain", conn: setUpConn().hello("www.myshop.example").flight12("*.shop.example").through(), code: CertificateNameMismatch, severity: Warning, confidence: Certain,
			omits: []string{"label"}},
		{name: "no names in the certificate", conn: setUpConn().hello(name).flight12().through(), code: Healthy, severity: OK, confidence: Certain},
		{name: "other common name", conn: setUpConn().hello(name).flight12("other").through().do(func(r *conversation.Record) { r.Server.CertNamesFromCN = true }),
			code: CertificateNameMismatch, severity: Warning, confidence: Possible, says: []string{"common name"}},
		{name: "an address is never compared", conn: setUpConn().hello(name).badName().flight12("other.example").through(), code: SNIInvalid, severity: Info, confidence: Certain},
	})
}

func TestNoSNI(t *testing.T) {
	reset := func() *conn { return setUpConn().hello("").acked().rst(server) }
	sameClient := Context{SameClient: [2]bool{WithSNI: true}, SameOffer: [2]bool{WithSNI: true}}
	late := func(c *conn) *conn { // the hello ends behind the server's close
		c.acked().wait(2 * time.Second).fin(server)
		c.Hello.End = c.packet(client)
		return c
	}
	runRules(t, []ruleTest{
		{name: "reset", conn: reset(), code: NoSNIReset, severity: Error, confidence: Probable,
			says: []string{"server 10.0.0.5:443 sent RST+ACK 0.20 ms after a 297-byte ClientHello without server_name; it sent no TLS byte"}},
		{name: "reset, same client passes with a name", conn: reset(), context: sameClient, code: NoSNIReset, severity: Error, confidence: Certain,
			says: []string{"the same client went through with server_name"}},
		{name: "reset, others pass with a name", conn: reset(), context: endpoint(func(c *Counts) { c.Hellos[WithSNI][0].Passed = 412 }),
			code: NoSNIReset, severity: Error, confidence: Probable, says: []string{"412 handshakes with server_name"}},
		{name: "reset, others pass without", conn: reset(), context: endpoint(func(c *Counts) { c.Hellos[WithoutSNI][0].Passed = 2 }),
			code: NoSNIReset, severity: Error, confidence: Possible, says: []string{"2 other handshakes without server_name"}},
		{name: "reset with one sign", conn: reset().signs(flow.SignTTL), code: NoSNIReset, severity: Error, confidence: Possible, says: []string{"possibly injected: the server had not used that TTL before"}},
		{name: "reset with one sign, same client passes", conn: reset().signs(flow.SignTTL), context: sameClient, code: NoSNIReset, severity: Error, confidence: Certain},
		{name: "bare reset", conn: setUpConn().hello("").acked().bareRST(server), code: NoSNIReset, severity: Error, confidence: Possible,
			says: []string{"such a RST comes from a host that has no such connection"}, fix: "had no such connection any more"},
		{name: "bare reset, same client passes with a name", conn: setUpConn().hello("").acked().bareRST(server), context: sameClient, code: NoSNIReset, severity: Error, confidence: Certain},
		{name: "a long hello without a name, and an alert", conn: setUpConn().bigHello("").alert(server, 80), code: NoSNIAlert, severity: Error, confidence: Probable, omits: []string{"split-hello-rejected"}},
		{name: "a long hello without a name, and a RST", conn: setUpConn().bigHello("").acked().rst(server), code: NoSNIReset, severity: Error, confidence: Probable, says: []string{"this may also be split-hello-rejected"}},
		{name: "answered when the client had left", conn: setUpConn().hello("").acked().wait(3 * time.Second).fin(client).flight13(), code: HelloUnanswered, severity: Error, confidence: Certain,
			says: []string{"until the client sent FIN; the server's answer came"}, omits: []string{"PROXY"}, fix: "why the server's answer took so long"},
		{name: "a long hello, answered when the client had left", conn: setUpConn().bigHello(name).acked().wait(3 * time.Second).fin(client).flight13(), code: HelloUnanswered, severity: Error, confidence: Certain,
			omits: []string{"split-hello-rejected"}},
		{name: "alert 112", conn: setUpConn().hello("").acked().alert(server, 112).fin(server), code: NoSNIAlert, severity: Error, confidence: Certain,
			says: []string{"alert 112 (unrecognized_name)"}},
		{name: "alert 109", conn: setUpConn().hello("").alert(server, 109), code: NoSNIAlert, severity: Error, confidence: Certain},
		{name: "alert 112 though others pass", conn: setUpConn().hello("").alert(server, 112), context: endpoint(func(c *Counts) { c.Hellos[WithoutSNI][0].Passed = 2 }),
			code: NoSNIAlert, severity: Error, confidence: Certain},
		{name: "alert 40", conn: setUpConn().hello("").alert(server, 40).fin(server), code: NoSNIAlert, severity: Error, confidence: Probable},
		{name: "alert 80", conn: setUpConn().hello("").alert(server, 80).rst(server), code: NoSNIAlert, severity: Error, confidence: Probable},
		{name: "alert 40, same client passes with a name", conn: setUpConn().hello("").alert(server, 40), context: sameClient, code: NoSNIAlert, severity: Error, confidence: Certain},
		{name: "alert lost", conn: setUpConn().hello("").acked().lost(server, 7).fin(server), code: NoSNIAlert, severity: Error, confidence: Probable,
			says: []string{"the 7 bytes before the close were not captured"}},
		{name: "more than an alert lost", conn: setUpConn().hello("").acked().lost(server, 1448).fin(server), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"the server's last 1448 bytes were not captured"}},
		{name: "warning 112 and on", conn: setUpConn().hello("").alertLevel(server, 1, 112).flight13().through(), code: NoSNIAccepted, severity: Info, confidence: Certain},
		{name: "closed", conn: setUpConn().hello("").acked().fin(server), code: NoSNIClosed, severity: Error, confidence: Probable, says: []string{"sent FIN", "it sent no alert"}},
		{name: "closed, and the client's alert about it", conn: setUpConn().hello("").acked().fin(server).alert(client, 50).rst(server).
			do(func(r *conversation.Record) { r.Alerts[client].Late = true }), code: NoSNIClosed, severity: Error, confidence: Probable},
		{name: "close_notify and close", conn: setUpConn().hello("").acked().alertLevel(server, 1, 0).fin(server), code: NoSNIClosed, severity: Error, confidence: Probable},
		{name: "unanswered", conn: setUpConn().hello("").acked().wait(3 * time.Second).fin(client), code: NoSNIUnanswered, severity: Error, confidence: Probable,
			says: []string{"acknowledged a 297-byte ClientHello without server_name and sent no TLS byte in 3.0 s, until the client sent FIN"}},
		{name: "unanswered until the end", conn: setUpConn().hello("").acked().incomplete(flow.IncompleteEndOfCapture), after: 2 * time.Second, code: NoSNIUnanswered, severity: Error, confidence: Probable,
			says: []string{"until the capture ended"}},
		{name: "ended too soon", conn: setUpConn().hello("").acked(), after: 300 * time.Millisecond, code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"the capture ended 300 ms after the ClientHello"}},
		{name: "client left that had taken the certificate", conn: setUpConn().hello("").flight12(name).flightAcked().finished().wait(200 * time.Millisecond).fin(client),
			code: ClientAborted, severity: Warning, confidence: Certain},
		{name: "client left too soon", conn: setUpConn().hello("").acked().wait(200 * time.Millisecond).fin(client), code: ClientAborted, severity: Warning, confidence: Certain},
		{name: "client rejects", conn: setUpConn().hello("").flight12("fake.example").alert(client, 48), code: NoSNIClientRejected, severity: Error, confidence: Probable,
			says: []string{"alert 48 (unknown_ca)", `a certificate for "fake.example"`}},
		{name: "client rejects with 46, as Java does", conn: setUpConn().hello("").flight12("fake.example").alert(client, 46), code: NoSNIClientRejected, severity: Error, confidence: Probable, fix: "the client's trust store"},
		{name: "client rejects what it named in XMPP", conn: setUpConn().carrier("starttls-xmpp").hello("").flight13().alert(client, 48), code: ClientRejectedCertificate, severity: Error, confidence: Certain, omits: []string{"fits as well"}},
		{name: "client rejects, sealed", conn: setUpConn().hello("").flight13().sealedAlert(client), code: NoSNIClientRejected, severity: Error, confidence: Probable},
		{name: "client leaves after the flight", conn: setUpConn().hello("").flight13().rst(client), code: NoSNIClientRejected, severity: Error, confidence: Probable},
		{name: "client rejects, same client passes with a name", conn: setUpConn().hello("").flight12("fake.example").fin(client), context: sameClient,
			code: NoSNIClientRejected, severity: Error, confidence: Certain},
		{name: "client alert of another kind", conn: setUpConn().hello("").flight12("fake.example").alert(client, 80), code: ClientAlert, severity: Error, confidence: Certain},
		{name: "hello cut by snaplen", conn: setUpConn().hello("").partial(flow.IncompleteSnaplen).acked().rst(server), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"snaplen"}},
		{name: "with a name", conn: setUpConn().hello(name).acked().rst(server), code: HelloReset, severity: Error, confidence: Certain},
		{name: "in the middle of the hello", conn: setUpConn().hello("").partial(0).rst(server), code: HelloReset, severity: Error, confidence: Possible,
			says: []string{"sent RST+ACK in the middle of a 297-byte ClientHello, after 302 bytes of TLS; the server sent none"}},
		{name: "closed in the middle of the hello, whose rest comes then", conn: late(setUpConn().hello(name)), code: HelloClosed, severity: Error, confidence: Possible,
			says: []string{`in the middle of a 297-byte ClientHello for "shop.example", 2.0 s after its first byte`}, fix: "the rest of the ClientHello"},
		{name: "the same without a name", conn: late(setUpConn().hello("")), code: HelloClosed, severity: Error, confidence: Possible},
		{name: "closed in the middle of the hello", conn: setUpConn().hello(name).partial(0).acked().fin(server), code: HelloClosed, severity: Error, confidence: Possible},
	})
}

// forged is answered by a RST that the server did not send, and then by the server, whose segments meet no socket.
func forged(c *conn) *conn {
	c.bareRST(server).signs(flow.SignTTL | flow.SignDataAfter)
	c.Resets[0].Accepted, c.Terminator = false, flow.Terminator{By: flow.Nobody}
	return c.bareRST(client).flight13()
}

func TestHello(t *testing.T) {
	split := func(c *Counts) { c.Hellos[WithSNI][1].Failed, c.Hellos[WithSNI][0].Passed = 3, 3 }
	header := endpoint(func(c *Counts) { c.Complete, c.Resets = [3]uint32{1, 3}, 4 })
	headerToo := endpoint(func(c *Counts) {
		c.Complete, c.Resets, c.Proxied = [3]uint32{0, 1}, 1, 2
		c.Hellos[WithSNI][0].Passed = 2
	})
	names := endpoint(func(c *Counts) { c.Hellos[WithSNI][0] = Outcomes{Passed: 2, Failed: 2} })
	names.Name = Outcomes{Failed: 2}
	otherNames := names
	otherNames.Name = Outcomes{Failed: 1}
	runRules(t, []ruleTest{
		{name: "reset", conn: setUpConn().hello(name).acked().rst(server), code: HelloReset, severity: Error, confidence: Certain,
			says: []string{`ClientHello for "shop.example"; it sent no TLS byte`, "a listener that waits for a PROXY header does the same"}},
		{name: "reset with two signs", conn: setUpConn().hello(name).acked().bareRST(server).signs(flow.SignTTL | flow.SignTooSoon),
			code: ResetInjected, severity: Error, confidence: Probable, says: []string{"taken alone, this would be hello-reset", "in the name of server 10.0.0.5:443 ended the connection", "had not used that TTL"}},
		{name: "signs over two resets", conn: setUpConn().hello("").acked().bareRST(server).signs(flow.SignTTL).bareRST(server).signs(flow.SignAcks),
			code: ResetInjected, severity: Error, confidence: Probable},
		{name: "forged, and the server's own answer comes later", conn: setUpConn().hello(name).bareRST(server).signs(flow.SignTTL|flow.SignTooSoon).lost(server, 1977).flight13().bareRST(client),
			code: ResetInjected, severity: Error, confidence: Probable},
		{name: "forged, not accepted by the rules, and the client's socket is gone", conn: forged(setUpConn().hello(name)), code: ResetInjected, severity: Error, confidence: Probable,
			says: []string{"taken alone, this would be hello-reset", "the server went on with new data"}, omits: []string{"ended nothing"}},
		{name: "the server went on behind it, and the client's socket is gone", conn: forged(setUpConn().hello(name)).do(func(r *conversation.Record) { r.Resets[0].Signs = flow.SignDataAfter }),
			code: ResetInjected, severity: Error, confidence: Probable, says: []string{"the server went on with new data, and the client, which had not ended the connection"}, omits: []string{"ended nothing"}},
		{name: "the server went on behind it, and the client leaves", conn: forged(setUpConn().hello(name)).do(func(r *conversation.Record) {
			r.Resets[0].Signs, r.Terminator.RST = flow.SignDataAfter, flow.RSTAbortive
		}), code: ClientAborted, severity: Warning, confidence: Certain, says: []string{"ended nothing"}},
		{name: "alert 40 without a name, and nothing to compare with", conn: setUpConn().hello("").acked().alert(server, 40), code: NoSNIAlert, severity: Error, confidence: Probable, fix: "if a name changes nothing, align versions"},
		{name: "alert 80 to a bad name", conn: setUpConn().hello(name).badName().acked().alert(server, 80), code: ServerAlert, severity: Error, confidence: Certain, fix: "instead of the invalid server_name; if that"},
		{name: "SSH, and an alert about its version", conn: setUpConn().plain(client, "ssh", "SSH-2.0-OpenSSH_9.2").alert(server, 70), code: PlaintextToTLSPort, severity: Error, confidence: Certain, omits: []string{"fits as well"}},
		{name: "an alert, and its FIN was lost", conn: setUpConn().hello("").acked().alert(server, tlswire.AlertUnrecognizedName).lost(server, 1).fin(client), code: NoSNIAlert, severity: Error, confidence: Certain},
		{name: "an alert, and more was lost", conn: setUpConn().hello("").acked().alert(server, tlswire.AlertUnrecognizedName).lost(server, 30).fin(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "forged in the client's name", conn: setUpConn().hello(name).acked().rst(client).signs(flow.SignTTL | flow.SignIPID), code: ClientAborted, severity: Warning, confidence: Possible,
			says: []string{"the RST was possibly injected: the client had not used that TTL"}, fix: "capture at the client as well"},
		{name: "forged, and the client goes on", conn: forged(setUpConn().hello(name)).do(func(r *conversation.Record) { r.Terminator.RST = flow.RSTAbortive }),
			code: ClientAborted, severity: Warning, confidence: Certain, says: []string{"an earlier RST in the name of the server ended nothing"}},
		{name: "signs of the other side's resets", conn: setUpConn().hello(name).acked().rst(server).bareRST(client).signs(flow.SignTTL | flow.SignIPID),
			code: HelloReset, severity: Error, confidence: Certain},
		{name: "reset without a server's answer to a bad name", conn: setUpConn().hello(name).badName().acked().rst(server), code: HelloReset, severity: Error, confidence: Certain,
			says: []string{`with the invalid server_name "10.0.0.5" (ip address)`}},
		{name: "closed late", conn: setUpConn().hello(name).acked().wait(30 * time.Second).fin(server), code: HelloClosed, severity: Error, confidence: Certain,
			says: []string{"sent FIN 30.0 s after"}},
		{name: "alert lost", conn: setUpConn().hello(name).acked().lost(server, 7).rst(server), code: ServerAlert, severity: Error, confidence: Probable},
		{name: "unanswered, as far as was captured", conn: setUpConn().hello(name).acked(), code: HelloUnanswered, severity: Error, confidence: Probable},
		{name: "unanswered", conn: setUpConn().hello(name).acked().do(keepAlive), code: HelloUnanswered, severity: Error, confidence: Certain},
		{name: "unanswered and sent again", conn: setUpConn().hello(name).stall(2, helloEnd),
			code: HelloUnanswered, severity: Error, confidence: Certain, says: []string{"did not acknowledge", "sent 3 times"}},
		{name: "no ACK on PostgreSQL's port", conn: setUpConn().to("10.0.0.5:5432").hello(name).stall(2, helloEnd).fin(client),
			code: HelloUnanswered, severity: Error, confidence: Probable, says: []string{"did not acknowledge"}, omits: []string{"PostgreSQL"}},
		{name: "unanswered and sent again, and all that followed may be lost", conn: setUpConn().hello(name).do(func(r *conversation.Record) { r.Sides[client].Retransmits = 1 }),
			code: HelloUnanswered, severity: Error, confidence: Probable},
		{name: "rejected by a firewall with ICMP, and sent again", conn: setUpConn().hello(name).icmp("10.0.0.1", 3, 13, false).stall(2, helloEnd), code: HelloUnanswered, severity: Error, confidence: Certain,
			says: []string{"10.0.0.1 answered what the client sent with ICMP 3/13 (administratively prohibited), as a firewall does"}, fix: "change the firewall's rule that rejects these packets"},
		{name: "the same with REJECT's default", conn: setUpConn().hello(name).icmp("10.0.0.1", 3, 3, false).stall(2, helloEnd), code: HelloUnanswered, severity: Error, confidence: Certain,
			says: []string{"ICMP 3/3 (port unreachable), as a firewall does"}, fix: "change the firewall's rule"},
		{name: "the way to the server is lost", conn: setUpConn().hello(name).icmp("10.0.0.1", 3, 1, false).stall(2, helloEnd), code: HelloUnanswered, severity: Error, confidence: Certain,
			says: []string{"ICMP 3/1 (host unreachable)"}, omits: []string{"as a firewall"}, fix: "whether the server's host is up"},
		{name: "rejected once, and then it arrived", conn: setUpConn().hello(name).icmp("10.0.0.1", 3, 13, false).stall(1, helloEnd).acked().wait(2 * time.Second), code: HelloUnanswered, severity: Error, confidence: Certain,
			omits: []string{"ICMP"}},
		{name: "the answer is rejected", conn: setUpConn().hello(name).flight13().icmp("10.0.0.1", 3, 10, false).do(func(r *conversation.Record) {
			r.ICMP.Quoted, r.Sides[server].Retransmits, r.Sides[server].Acked = server, 3, 0
			r.Sides[server].Stall = flow.Stall{Event: r.ICMP.Event, Length: 1000, Count: 3}
		}).wait(8 * time.Second), code: HandshakeStalled, severity: Warning, confidence: Probable,
			says: []string{"10.0.0.1 answered what the server sent with ICMP 3/10 (host prohibited), as a firewall does"}, fix: "change the firewall's rule"},
		{name: "told of the MTU, which is another matter", conn: setUpConn().hello(name).icmp("10.0.0.1", 3, 4, false).stall(2, helloEnd), code: HelloUnanswered, severity: Error, confidence: Certain,
			omits: []string{"answered what"}},
		{name: "no name, not acknowledged", conn: setUpConn().hello("").stall(2, helloEnd),
			code: HelloUnanswered, severity: Error, confidence: Certain},
		{name: "neither acknowledged nor sent again", conn: setUpConn().hello(name), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "evicted", conn: setUpConn().hello(name).acked().incomplete(flow.IncompleteEvicted), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"too many connections were open at once"}},
		{name: "no room for the hello", conn: setUpConn().partial(flow.IncompleteLimit).acked(), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"the handshake is longer than sniscope follows"}},
		{name: "split rejected", conn: setUpConn().bigHello(name).acked().rst(server), context: endpoint(split), code: SplitHelloRejected, severity: Error, confidence: Probable,
			says: []string{"every hello longer than one segment failed (3), and shorter ones went through (3)", "taken alone, this would be hello-reset"}},
		{name: "split rejected, once", conn: setUpConn().bigHello(name).acked().fin(server),
			context: endpoint(func(c *Counts) { c.Hellos[WithSNI][1].Failed, c.Hellos[WithSNI][0].Passed = 1, 3 }), code: SplitHelloRejected, severity: Error, confidence: Possible},
		{name: "long, and the host has no such connection", conn: setUpConn().bigHello(name).bareRST(server), context: endpoint(split), code: HelloReset, severity: Error, confidence: Certain,
			says: []string{"such a RST comes from a host that has no such connection", "this may also be split-hello-rejected"}, fix: "had no such connection any more: a load balancer"},
		{name: "long, in a connection that lay idle", conn: setUpConn().wait(2 * time.Second).bigHello(name).rst(server), context: endpoint(split), code: HelloReset, severity: Error, confidence: Certain,
			says: []string{"this may also be split-hello-rejected"}},
		{name: "long, in a connection that lay idle and is known all the same", conn: setUpConn().wait(2 * time.Second).bigHello(name).acked().rst(server), context: endpoint(split),
			code: SplitHelloRejected, severity: Error, confidence: Probable},
		{name: "long, and shorter ones with the name fail as well", conn: setUpConn().bigHello(name).acked().fin(server),
			context: Context{Endpoint: Counts{Hellos: [3][2]Outcomes{WithSNI: {{Passed: 1, Failed: 4}, {Failed: 1}}}}, Name: Outcomes{Failed: 5}},
			code:    SNIUnrecognized, severity: Error, confidence: Probable, says: []string{"every hello for"}, omits: []string{"split-hello-rejected"}},
		{name: "long ones pass too", conn: setUpConn().bigHello(name).acked().fin(server),
			context: endpoint(func(c *Counts) { split(c); c.Hellos[WithSNI][1].Passed = 1 }), code: HelloClosed, severity: Error, confidence: Certain},
		{name: "long without contrast", conn: setUpConn().bigHello(name).acked().fin(server), code: HelloClosed, severity: Error, confidence: Certain,
			says: []string{"this may also be split-hello-rejected"}},
		{name: "long without name, shorter with name pass", conn: setUpConn().bigHello("").acked().rst(server), context: endpoint(split), code: NoSNIReset, severity: Error, confidence: Probable},
		{name: "header expected", conn: setUpConn().hello(name).acked().rst(server), context: header, code: ProxyHeaderExpected, severity: Error, confidence: Probable,
			says: []string{"each of 4 hellos, 3 with server_name and 1 without"}},
		{name: "header expected, no name", conn: setUpConn().hello("").acked().rst(server), context: header, code: ProxyHeaderExpected, severity: Error, confidence: Probable},
		{name: "header expected, and others send it", conn: setUpConn().hello(name).acked().rst(server), context: headerToo, code: ProxyHeaderExpected, severity: Error, confidence: Certain,
			says: []string{`-byte ClientHello for "shop.example" with RST+ACK `, "after its end, while 2 handshakes with a PROXY header went through"}, omits: []string{"each of"}},
		{name: "one hello was not reset", conn: setUpConn().hello(name).acked().rst(server),
			context: endpoint(func(c *Counts) { c.Complete, c.Resets = [3]uint32{2, 3}, 4 }), code: HelloReset, severity: Error, confidence: Certain},
		{name: "only named hellos", conn: setUpConn().hello(name).acked().rst(server),
			context: endpoint(func(c *Counts) { c.Complete, c.Resets = [3]uint32{0, 4}, 4 }), code: HelloReset, severity: Error, confidence: Certain},
		{name: "late reset", conn: setUpConn().hello(name).acked().wait(2 * time.Second).rst(server), context: header, code: HelloReset, severity: Error, confidence: Certain},
		{name: "only this name fails", conn: setUpConn().hello(name).acked().rst(server), context: names, code: SNIUnrecognized, severity: Error, confidence: Probable,
			says: []string{`every hello for "shop.example" failed (2), and every one for another name went through (2)`}, fix: "whether its backend is up, and if all is well there, look for a proxy"},
		{name: "only this name fails, late", conn: setUpConn().hello(name).acked().wait(3 * time.Second).fin(server), context: names, code: HelloClosed, severity: Error, confidence: Certain,
			says: []string{"2 handshakes for other names went through there, so the backend of this name may be down"}},
		{name: "other names fail as well", conn: setUpConn().hello(name).acked().rst(server), context: otherNames, code: HelloReset, severity: Error, confidence: Certain},
		{name: "close_notify and FIN", conn: setUpConn().hello(name).acked().alertLevel(server, 2, 0).fin(server), code: HelloClosed, severity: Error, confidence: Certain,
			says: []string{"it sent no alert but close_notify"}, fix: "the listener speaks TLS"},
		{name: "close_notify and FIN, no name", conn: setUpConn().hello("").acked().alertLevel(server, 1, 0).fin(server), code: NoSNIClosed, severity: Error, confidence: Probable,
			says: []string{"it sent no alert but close_notify"}},
		{name: "closes behind its flight on a long hello", conn: setUpConn().bigHello(name).acked().flight13().fin(server), code: HelloClosed, severity: Error, confidence: Possible,
			omits: []string{"split-hello-rejected"}},
		{name: "server resets in the middle", conn: setUpConn().hello(name).flight13().rst(server), code: HelloReset, severity: Error, confidence: Possible,
			says: []string{"in the middle of the handshake: it had sent 3000 bytes of TLS and no alert"}},
		{name: "server's flight breaks off with an alert", conn: setUpConn().hello("").flight13().sealedAlert(server).fin(client), code: ServerAlert, severity: Error, confidence: Probable,
			says: []string{"an encrypted alert", "in the middle of the server's answer"}, fix: "key store"},
		{name: "server closes in the middle", conn: setUpConn().hello("").flight12(name).cert(conversation.CertSent).fin(server), code: ClientCertificateRejected, severity: Error, confidence: Possible,
			says: []string{"after the client's Certificate, without an alert; the client had sent a certificate"}, fix: "why it closed once it had the client's certificate"},
		{name: "and so much later", conn: setUpConn().hello("").flight12(name).cert(conversation.CertSent).wait(2 * time.Second).fin(server), code: HelloClosed, severity: Error, confidence: Possible,
			says: []string{"the client had sent a certificate"}},
	})
}

// A hello that is malformed was seen whole: the server's answer to it is told as it came, and never laid to a missing name.
func TestMalformedHello(t *testing.T) {
	bad := func() *conn { return setUpConn().hello("").malformed().acked() }
	fault := func() *conn {
		return setUpConn().hello(name).do(func(r *conversation.Record) { r.Hello.Fault = tlswire.Fault{Field: "extensions", Offset: 85} })
	}
	const words = "a 297-byte ClientHello that is malformed"
	runRules(t, []ruleTest{
		{name: "reset", conn: bad().rst(server), code: HelloReset, severity: Error, confidence: Certain, says: []string{words}},
		{name: "closed", conn: bad().fin(server), code: HelloClosed, severity: Error, confidence: Certain, says: []string{words}},
		{name: "alert", conn: bad().alert(server, tlswire.AlertHandshakeFailure), code: ServerAlert, severity: Error, confidence: Certain, says: []string{words}},
		{name: "unanswered", conn: bad().wait(time.Minute).fin(client).answers(server), code: HelloUnanswered, severity: Error, confidence: Certain, says: []string{words}},
		{name: "behind the name, alert 50", conn: fault().alert(server, 50), code: ServerAlert, severity: Error, confidence: Certain,
			says: []string{`for "shop.example", malformed at byte 85 (extensions)`}, fix: "breaks the format"},
		{name: "an invalid name, alert 50", conn: setUpConn().hello(name).badName().alert(server, 50), code: ServerAlert, severity: Error, confidence: Certain, fix: "send a DNS host name"},
		{name: "behind the name, alert 47", conn: fault().alert(server, 47), code: NoCommonParameters, severity: Error, confidence: Probable, fix: "breaks the format"},
		{name: "behind the name, alert 40", conn: fault().alert(server, 40), code: NoCommonParameters, severity: Error, confidence: Probable, fix: "align"},
		{name: "passed", conn: bad().flight13().through(), code: Healthy, severity: OK, confidence: Certain},
		{name: "others pass with a name", conn: bad().rst(server), context: endpoint(func(c *Counts) { c.Hellos[WithSNI][0].Passed = 9 }),
			code: HelloReset, severity: Error, confidence: Certain, omits: []string{"server_name"}},
	})
	if v := explained(bad().rst(server).Record, &noContext); !strings.Contains(v.Fix, "breaks the format") {
		t.Errorf("fix %q", v.Fix)
	}
}

func TestPathMTU(t *testing.T) {
	stalled := func(s flow.Side, n, length uint32) func(*conversation.Record) {
		return func(r *conversation.Record) {
			r.Sides[s].Retransmits = n
			r.Packets[s] += uint64(n)
			r.Sides[s].Stall = flow.Stall{Event: flow.Event{Frame: 90, Time: start + int64(6*time.Second)}, Length: length, Count: n}
			r.Ending.End = max(r.Ending.End, r.Sides[s].Stall.Time)
		}
	}
	duplicate := func(r *conversation.Record) { r.Packets[server]++ }
	tooBig := func(c *conn) *conn { c.icmp("10.0.0.1", 3, 4, false); c.ICMP.MTU = 1200; return c }
	swallowed := func(hole, behind uint64) *conn {
		c := setUpConn().hello(name).acked()
		c.data(server, hole+behind)
		c.Missed = hole
		c.packet(client) // which acknowledges nothing
		return c.incomplete(flow.IncompleteGap)
	}
	missed := func(hole, behind uint64) *conn {
		c := setUpConn()
		c.data(client, hole+behind)
		c.Missed = hole
		c.packet(server) // which acknowledges nothing
		return c.incomplete(flow.IncompleteGap)
	}
	runRules(t, []ruleTest{
		{name: "of the hello", conn: setUpConn().bigHello(name).do(stalled(client, 4, 1448)).do(duplicate), code: PathMTU, severity: Error, confidence: Probable,
			says: []string{"client 10.138.0.28:19432 sent a segment of 1448 bytes again 4 times"}},
		{name: "of the hello, no name", conn: setUpConn().bigHello("").do(stalled(client, 4, 1448)).do(duplicate), code: PathMTU, severity: Error, confidence: Probable},
		{name: "a router says so", conn: tooBig(setUpConn().bigHello(name).do(stalled(client, 3, 1448))), code: PathMTU, severity: Error, confidence: Certain,
			says: []string{"10.0.0.1 says that the next hop takes 1200 bytes"}},
		{name: "of the flight", conn: setUpConn().hello(name).flight12(name).do(stalled(server, 5, 1460)).do(func(r *conversation.Record) { r.Sides[server].Acked = 90 }).
			wait(7 * time.Second).fin(client), code: PathMTU, severity: Error, confidence: Probable},
		{name: "nothing is acknowledged", conn: setUpConn().bigHello(name).do(stalled(client, 4, 1448)), code: HelloUnanswered, severity: Error, confidence: Certain},
		{name: "not full-size", conn: setUpConn().hello(name).do(stalled(client, 4, 302)).do(duplicate), code: HelloUnanswered, severity: Error, confidence: Certain},
		{name: "twice only", conn: setUpConn().bigHello(name).do(stalled(client, 2, 1448)).do(duplicate), code: HelloUnanswered, severity: Error, confidence: Certain},
		{name: "of the flight, at the client", conn: swallowed(2896, 729).wait(7 * time.Second).unreadFIN(client), code: PathMTU, severity: Error, confidence: Probable,
			says: []string{"2896 bytes of the answer of server 10.0.0.5:443 never arrived at the client, while the 729 bytes after them did; nothing more came for 7.0 s, and then the client sent FIN"}},
		{name: "of the flight, and the client waits", conn: swallowed(2896, 729), code: PathMTU, severity: Error, confidence: Possible},
		{name: "of the flight, for a moment", conn: swallowed(2896, 729).wait(time.Second).unreadFIN(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "of the flight, what is small", conn: swallowed(1000, 729).wait(7 * time.Second).unreadFIN(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "of the flight, yet full-size ones came", conn: swallowed(2896, 1460).wait(7 * time.Second).unreadFIN(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "of the flight, which the client has", conn: swallowed(2896, 729).flightAcked().wait(7 * time.Second).unreadFIN(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "of the flight, and the server resets", conn: swallowed(2896, 729).wait(7 * time.Second).rst(server), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "of the hello, at the server", conn: missed(1448, 60), context: Context{EndpointTLS: true}, code: PathMTU, severity: Error, confidence: Probable,
			says: []string{"1448 bytes of what would be the ClientHello of client 10.138.0.28:19432 never arrived at the server, while the 60 bytes after them did; nothing more came for 60.0 s"}},
		{name: "of the hello, at the server, alone", conn: missed(1448, 60).wait(9 * time.Second).fin(client), code: PathMTU, severity: Error, confidence: Possible,
			says: []string{"for 9.0 s, and then the client sent FIN"}},
		{name: "of the hello, for a moment", conn: missed(1448, 60).wait(time.Second).fin(client), code: NotTLS, severity: OK, confidence: Probable},
		{name: "of something, on a port of something", conn: missed(1448, 60).do(func(r *conversation.Record) { r.Endpoints[server] = netip.MustParseAddrPort("10.0.0.5:22") }),
			code: NotTLS, severity: OK, confidence: Probable},
		{name: "of something, on a port with TLS among others", conn: missed(1448, 60).to("10.0.0.5:5432"), context: Context{EndpointTLS: true},
			code: NotTLS, severity: OK, confidence: Probable},
		{name: "of the hello, which the server has", conn: missed(1448, 60).acked(), code: NotTLS, severity: OK, confidence: Probable},
		{name: "the router alone", conn: tooBig(setUpConn().bigHello(name)).acked().flight13().through(), code: Healthy, severity: OK, confidence: Certain},
	})
}

// withSYN has the SYN carry a hello without a name (RFC 7413).
func withSYN(c *conn) *conn {
	at := c.SYN
	c.hello("")
	c.Packets[client]--
	c.frame--
	c.now = at.Time
	c.FirstData[client], c.Sides[client].LastData, c.Hello.Start, c.Hello.End, c.Ending.End = at, at, at, at, at.Time
	return c
}

// ackedByEnd has the server's end acknowledge all that the client sent, of which some was captured only then.
func ackedByEnd(c *conn) *conn {
	c.Sides[client].Acked, c.Sides[client].AckedAt = c.Sides[client].Sent, c.Terminator.Event
	return c
}

// heardByEnd has the client's end acknowledge all that the server sent, of which some was captured only then.
func heardByEnd(c *conn) *conn {
	c.Sides[server].Acked, c.Sides[server].AckedAt = c.Sides[server].Sent, c.Terminator.Event
	return c
}

// TestServerCapturedLate holds that what the server said before an end counts, though it was captured behind it.
func TestServerCapturedLate(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "alert behind the client's FIN that acknowledges it", conn: heardByEnd(setUpConn().hello("").acked().fin(client).alert(server, 112)),
			code: NoSNIAlert, severity: Error, confidence: Certain},
		{name: "alert behind a FIN of the client that does not", conn: setUpConn().hello("").acked().fin(client).alert(server, 112).
			do(func(r *conversation.Record) { r.Alerts[server].Late = true }),
			code: ClientAborted, severity: Warning, confidence: Certain, says: []string{"before any byte of the server"}},
		{name: "flight behind the server's own FIN", conn: setUpConn().hello(name).fin(server).flight(tlswire.VersionTLS12, name),
			code: HelloClosed, severity: Error, confidence: Possible, says: []string{"in the middle of the handshake"}},
	})
}

func TestBeforeHello(t *testing.T) {
	tls := Context{AnyTLS: true}
	busy := Context{AnyTLS: true, ServerSeen: true}
	lost := func(c *conn) *conn { c.Opening.Established = flow.Event{}; return c }
	runRules(t, []ruleTest{
		{name: "unreachable", conn: newConn().syn().icmp("10.0.0.1", 3, 13, true), code: DestinationUnreachable, severity: Error, confidence: Certain,
			says: []string{"10.0.0.1 answered", "ICMP 3/13 (administratively prohibited), as a firewall does"}, fix: "change the firewall's rule"},
		{name: "host unreachable", conn: newConn().syn().icmp("10.0.0.1", 3, 1, true), code: DestinationUnreachable, severity: Error, confidence: Certain,
			fix: "check whether the server's host is up"},
		{name: "unreachable, IPv6", conn: newConn().to("[2001:db8::1]:443").syn().icmp("2001:db8::2", 1, 4, true), code: DestinationUnreachable, severity: Error, confidence: Certain,
			says: []string{"ICMPv6 1/4 (port unreachable)"}},
		{name: "nothing listens on the UDP port", conn: newConn().over(flow.QUIC).hello(name).icmp("10.0.0.5", 3, 3, true), code: DestinationUnreachable, severity: Error, confidence: Certain,
			fix: "listens on that UDP port"},
		{name: "nothing listens on the UDP port, IPv6", conn: newConn().over(flow.DTLS).to("[2001:db8::1]:443").hello(name).icmp("2001:db8::1", 1, 4, true), code: DestinationUnreachable, severity: Error, confidence: Certain,
			fix: "listens on that UDP port"},
		{name: "a router rejects the UDP port", conn: newConn().over(flow.QUIC).hello(name).icmp("10.0.0.1", 3, 3, true), code: DestinationUnreachable, severity: Error, confidence: Certain,
			fix: "a rule of a firewall on the way"},
		{name: "the TCP port is rejected", conn: newConn().syn().icmp("10.0.0.5", 3, 3, true), code: DestinationUnreachable, severity: Error, confidence: Certain,
			fix: "answers TCP with RST"},
		{name: "unreachable, and answered after all", conn: newConn().syn().icmp("10.0.0.1", 3, 1, true).synack().ack().hello(name).flight13().through(), code: Healthy, severity: OK, confidence: Certain},
		{name: "too big is not unreachable", conn: newConn().syn().icmp("10.0.0.1", 3, 4, true), context: tls, code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "refused", conn: newConn().syn().refused(), code: ConnectionRefused, severity: Error, confidence: Certain, says: []string{"answered the SYN with RST in 0.10 ms"}},
		{name: "refused by a host that had a socket", conn: newConn().syn().rst(server), code: ConnectionRefused, severity: Error, confidence: Possible, says: []string{"the SYN-ACK may not have been captured"}},
		{name: "refused what was never captured", conn: newConn().syn().rst(server).do(func(r *conversation.Record) { r.Resets[0].Ack = 190 }),
			code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "refused, with a hello in the SYN", conn: withSYN(newConn().syn()).refused(), code: ConnectionRefused, severity: Error, confidence: Certain,
			says: []string{"answered the SYN with RST in 0.10 ms"}},
		{name: "reset, with a hello in the SYN, by what had a socket", conn: withSYN(newConn().syn()).rst(server), code: NoSNIReset, severity: Error, confidence: Probable},
		{name: "reset, with a hello for a name in the SYN, by what had a socket", conn: withSYN(newConn().syn()).rst(server).
			do(func(r *conversation.Record) { r.Hello.SNI, r.Hello.Name = tlswire.SNIPresent, name }), code: HelloReset, severity: Error, confidence: Probable},
		{name: "accepted and then reset, with a hello in the SYN", conn: withSYN(newConn().syn()).synack().ack().rst(server), code: NoSNIReset, severity: Error, confidence: Probable},
		{name: "unanswered, with a hello in the SYN", conn: withSYN(newConn().syn()).wait(time.Second).syn().wait(2 * time.Second).syn(), context: busy, code: SYNUnanswered, severity: Error, confidence: Certain,
			says: []string{"did not answer the SYN, sent 3 times"}},
		{name: "refused elsewhere", conn: newConn().to("10.0.0.5:1234").syn().refused(), context: tls, code: ConnectionRefused, severity: Info, confidence: Certain},
		{name: "refused where TLS is spoken", conn: newConn().to("10.0.0.5:1234").syn().refused(),
			context: Context{AnyTLS: true, EndpointTLS: true}, code: ConnectionRefused, severity: Error, confidence: Certain},
		{name: "refused and named", conn: newConn().to("10.0.0.5:1234").syn().refused(), context: Context{AnyTLS: true, Named: true}, code: ConnectionRefused, severity: Error, confidence: Certain},
		{name: "unanswered", conn: newConn().syn().wait(time.Second).syn().wait(2 * time.Second).syn(), context: busy, code: SYNUnanswered, severity: Error, confidence: Certain,
			says: []string{"server 10.0.0.5:443 did not answer the SYN, sent 3 times, in 18.0 s"}}, // then it is given up, and an answer begins another row
		{name: "unanswered until the capture ends", conn: newConn().syn().wait(time.Second).syn().wait(2 * time.Second).syn(), context: busy, after: 6 * time.Second, code: SYNUnanswered, severity: Error, confidence: Certain,
			says: []string{"sent 3 times, in 9.0 s"}},
		{name: "unanswered while the client still waits", conn: newConn().syn().wait(time.Second).syn(), context: busy, after: time.Second, code: SYNUnanswered, severity: Error, confidence: Probable,
			says: []string{"sent 2 times, in 2.0 s"}},
		{name: "unanswered by a server of which nothing was captured", conn: newConn().syn().wait(time.Second).syn().wait(2 * time.Second).syn(), context: tls, code: SYNUnanswered, severity: Error, confidence: Probable},
		{name: "two attempts, and nothing of the server", conn: newConn().syn().wait(44 * time.Millisecond).anew(), context: tls, code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "two attempts to a server that was seen", conn: newConn().syn().wait(44 * time.Millisecond).anew(), context: busy, code: SYNUnanswered, severity: Error, confidence: Possible,
			says: []string{"sent 2 times in 2 attempts with sequence numbers of their own, in"}, omits: []string{"gave up sooner"}},
		{name: "the client has the answer, which was not captured", conn: newConn().syn().wait(time.Second).syn().ack().fin(client).incomplete(flow.IncompleteOneSided), context: busy,
			code: IncompleteCapture, severity: Info, confidence: Certain, says: []string{"only one direction was seen"}},
		{name: "the same, and the client stays", conn: newConn().syn().wait(time.Second).syn().ack().incomplete(flow.IncompleteOneSided), context: busy, code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "unanswered elsewhere", conn: newConn().to("10.0.0.5:1234").syn().wait(time.Second).syn(), context: busy, code: SYNUnanswered, severity: Info, confidence: Certain},
		{name: "one SYN", conn: newConn().syn(), context: tls, code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "one SYN to a server that was seen", conn: newConn().syn(), context: busy, code: SYNUnanswered, severity: Error, confidence: Possible, says: []string{"sent once, in", "so the client gave up sooner"}},
		{name: "one SYN to a port that takes others", conn: newConn().syn(), context: Context{AnyTLS: true, ServerSeen: true, EndpointTLS: true}, code: SYNUnanswered, severity: Error, confidence: Possible,
			fix: "look at the client first, which gave up within a second"},
		{name: "one SYN at the end", conn: newConn().syn(), context: busy, after: 2 * time.Second, code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"the capture ended 2.0 s after the SYN"}},
		{name: "evicted", conn: newConn().syn().syn().incomplete(flow.IncompleteEvicted), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "reply lost", conn: lost(newConn().syn().synack().synack().wait(time.Second).syn().synack()), code: SYNUnanswered, severity: Error, confidence: Certain, says: []string{"the reply is lost"}},
		{name: "reply not acknowledged by a client that does not ask again", conn: lost(newConn().syn().synack().wait(time.Second).synack()), code: SYNUnanswered, severity: Error, confidence: Possible,
			says: []string{"it may have had the answer"}, omits: []string{"lost"}, fix: "drops what the client sends behind its SYN"},
		{name: "the server begins anew with each SYN", conn: lost(newConn().syn().synack().wait(time.Second).syn().synack().do(func(r *conversation.Record) { r.Ending.Retransmits-- })), code: SYNUnanswered, severity: Error, confidence: Possible,
			says: []string{"began anew in between"}, omits: []string{"lost"}, fix: "capture at the client"},
		{name: "the client begins anew, and the server with it", conn: lost(newConn().syn().synack().wait(time.Second).syn().synack().do(func(r *conversation.Record) { r.Ending.Retransmits -= 2 })), code: SYNUnanswered, severity: Error, confidence: Certain,
			says: []string{"the reply is lost"}, omits: []string{"anew"}},
		{name: "a RST of the client, and the server begins anew", conn: newConn().syn().synack().bareRST(client).wait(time.Second).synack().do(func(r *conversation.Record) { r.Ending.Retransmits-- }), code: ClientLeftBeforeHello, severity: Info, confidence: Probable},
		{name: "the server acknowledged what the client sent, which was not captured", conn: lost(newConn().syn().synack().wait(time.Second).syn().synack().do(func(r *conversation.Record) { r.Sides[client].Acked = 517 })),
			code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "reply lost, or the client's packets were not captured", conn: lost(newConn().synack().wait(time.Second).synack()), code: SYNUnanswered, severity: Error, confidence: Probable},
		{name: "the reply cannot reach the client", conn: newConn().syn().wait(time.Second).syn().wait(2*time.Second).bounces("10.0.0.5", 3, 1), code: SYNUnanswered, severity: Error, confidence: Certain,
			says: []string{"server 10.0.0.5:443 answered the SYN, sent 2 times, but could not reach 10.138.0.28: 10.0.0.5 says so with ICMP 3/1 (host unreachable)"}, omits: []string{"forged"}, fix: "check the way back to the client"},
		{name: "the reply cannot reach the client, IPv6", conn: newConn().from("2001:db8::9").to("[2001:db8::1]:443").syn().wait(time.Second).syn().bounces("2001:db8::1", 1, 3), code: SYNUnanswered, severity: Error, confidence: Certain,
			says: []string{"could not reach 2001:db8::9: 2001:db8::1 says so with ICMPv6 1/3 (address unreachable)"}, fix: "check the way back to the client"},
		{name: "a router cannot pass on the reply that was captured", conn: newConn().syn().synack().wait(time.Second).syn().bounces("10.0.0.1", 3, 0), code: SYNUnanswered, severity: Error, confidence: Certain,
			says: []string{"10.0.0.1 says so with ICMP 3/0"}, fix: "check the way back to the client"},
		{name: "a firewall rejects the reply", conn: newConn().syn().synack().wait(time.Second).syn().bounces("10.0.0.1", 3, 13), code: SYNUnanswered, severity: Error, confidence: Certain,
			fix: "rejects the server's answers"},
		{name: "the reply to one SYN cannot reach the client", conn: newConn().syn().wait(3*time.Second).bounces("10.0.0.5", 3, 1), code: SYNUnanswered, severity: Info, confidence: Certain,
			says: []string{"sent once", "the source address may be forged"}, fix: "nothing at the server, if these are forged"},
		{name: "the same, and the server is named", conn: newConn().syn().wait(3*time.Second).bounces("10.0.0.5", 3, 1), context: Context{AnyTLS: true, Named: true}, code: SYNUnanswered, severity: Error, confidence: Certain},
		{name: "the same at the end of the capture", conn: newConn().syn().synack().bounces("10.0.0.1", 3, 1), after: time.Second, code: SYNUnanswered, severity: Error, confidence: Probable,
			says: []string{"sent once"}, omits: []string{"forged"}, fix: "check the way back"},
		{name: "the reply cannot reach the client, and what is not TLS", conn: newConn().to("10.0.0.5:1234").syn().wait(time.Second).syn().bounces("10.0.0.5", 3, 1), context: tls, code: SYNUnanswered, severity: Info, confidence: Certain},
		{name: "the client left before the reply could not reach it", conn: newConn().syn().synack().rst(client).icmp("10.0.0.1", 3, 1, true).do(func(r *conversation.Record) { r.ICMP.Quoted = server }),
			code: ClientLeftBeforeHello, severity: Info, confidence: Certain},
		{name: "one SYN-ACK", conn: newConn().syn().synack(), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "half-open scan", conn: newConn().syn().synack().bareRST(client), code: ClientLeftBeforeHello, severity: Info, confidence: Certain},
		{name: "its host does not know who answers, and it asks again", conn: newConn().syn().synack().bareRST(client).signs(flow.SignDataAfter | flow.SignTTL).wait(time.Second).syn().synack().bareRST(client),
			code: SYNUnanswered, severity: Error, confidence: Probable, says: []string{"sent 2 times, and the client's host reset that answer and then asked again"}, omits: []string{"injected", "ended nothing", "did not answer", "fits as well"}, fix: "(hairpin NAT)"},
		{name: "the same, and the answer takes another way", conn: newConn().syn().bareRST(client).signs(flow.SignDataAfter).wait(time.Second).syn().bareRST(client),
			code: SYNUnanswered, severity: Error, confidence: Possible, says: []string{"was sent the SYN 2 times", "an answer that did not come through here"}, fix: "(hairpin NAT)"},
		{name: "an ACK of an older connection", conn: newConn().syn().acked().wait(time.Second).syn().acked(), code: SYNUnanswered, severity: Error, confidence: Probable,
			says: []string{"sent 2 times, with nothing but an ACK that is not of it in"}, omits: []string{"did not answer"}, fix: "drops the RST"},
		{name: "an ACK of an older connection, and the RST to it is lost", conn: oldReset(newConn().syn().acked()).wait(time.Second).syn().acked(), code: SYNUnanswered, severity: Error, confidence: Probable,
			says: []string{"its host still has an older connection"}, omits: []string{"ended nothing"}, fix: "drops the RST"},
		{name: "one ACK, of whatever, and the SYN-ACK may be missing", conn: newConn().syn().acked(), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "ACKs, and what they are of may be missing", conn: newConn().syn().wait(time.Second).syn().acked().do(func(r *conversation.Record) { r.Sides[client].Acked, r.Sides[client].Unseen = 517, 517 }), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "the SYN had to be sent again, and then a half-open scan", conn: newConn().syn().wait(time.Second).syn().synack().bareRST(client), code: ClientLeftBeforeHello, severity: Info, confidence: Certain},
		{name: "waits for a greeting", conn: setUpConn().wait(3 * time.Second).fin(client).fin(server), code: ClientLeftBeforeHello, severity: Info, confidence: Certain, fix: "waits for a greeting"},
		{name: "waits for a greeting, and the server says goodbye in TLS", conn: setUpConn().wait(3*time.Second).fin(client).alert(server, 50).fin(server),
			code: ClientLeftBeforeHello, severity: Info, confidence: Certain, fix: "waits for a greeting"},
		{name: "waits for a greeting where TLS is spoken", conn: setUpConn().wait(3*time.Second).fin(client).alert(server, 50).fin(server), code: ClientLeftBeforeHello, severity: Info, confidence: Certain,
			says: []string{"without a byte of payload; the server answered that in TLS, with alert 50 (decode_error)"}, fix: "the port speaks TLS"},
		{name: "the server's first word is an alert", conn: setUpConn().alert(server, 40).fin(server), code: ServerClosedBeforeHello, severity: Error, confidence: Certain, fix: "why its first word was an alert"},
		{name: "the same, of a server that waited", conn: setUpConn().wait(2*time.Second).alert(server, 40).fin(server), code: ServerClosedBeforeHello, severity: Info, confidence: Certain, fix: "look at the client"},
		{name: "its host did not know who answered, and did when it asked again", conn: newConn().syn().synack().bareRST(client).signs(flow.SignDataAfter).do(retracted).wait(time.Second).syn().synack().ack().fin(client),
			code: ClientLeftBeforeHello, severity: Info, confidence: Certain},
		{name: "health check at once", conn: setUpConn().fin(client), code: ClientLeftBeforeHello, severity: Info, confidence: Certain, fix: "nothing needs fixing"},
		{name: "health check", conn: setUpConn().fin(client).fin(server), code: ClientLeftBeforeHello, severity: Info, confidence: Certain, says: []string{"after the connection was set up, without a byte of payload"}},
		{name: "client's bytes were lost", conn: setUpConn().lost(client, 302).fin(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "seven of the client's bytes were lost", conn: setUpConn().lost(client, 7).fin(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "server closes at once", conn: setUpConn().fin(server), code: ServerClosedBeforeHello, severity: Error, confidence: Certain, says: []string{"sent FIN 0.10 ms after the connection was set up"}, fix: "a TCP proxy without a backend, or with one that closes on its PROXY header"},
		{name: "server closes an idle one", conn: setUpConn().wait(2 * time.Second).fin(server), code: ServerClosedBeforeHello, severity: Info, confidence: Certain, fix: "look at the client"},
		{name: "server closes, its SYN-ACK was not captured, and a hello crosses it", conn: newConn().syn().ack().fin(server).hello(name),
			code: ServerClosedBeforeHello, severity: Error, confidence: Probable},
		{name: "server closes upon what was not captured, and a hello crosses it", conn: setUpConn().fin(server).hello(name).incomplete(flow.IncompleteGap).
			do(func(r *conversation.Record) { r.Hello.EndOffset += 41 }), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "server closes upon what was not captured, and what crosses it is cut short", conn: setUpConn().fin(server).plain(client, "unknown", "\x17").incomplete(flow.IncompleteSnaplen),
			code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "server closes, and a hello crosses it that is cut short", conn: setUpConn().fin(server).hello(name).partial(flow.IncompleteSnaplen).do(cutOff),
			code: ServerClosedBeforeHello, severity: Error, confidence: Certain, says: []string{"a ClientHello was on its way"}},
		{name: "server closes upon what was not captured, and a hello crosses it that is cut short", conn: setUpConn().fin(server).hello(name).partial(flow.IncompleteSnaplen | flow.IncompleteGap).do(cutOff),
			code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "server closes, and a hello crosses it that is whole where packets were cut short", conn: setUpConn().fin(server).hello(name).incomplete(flow.IncompleteSnaplen),
			code: ServerClosedBeforeHello, severity: Error, confidence: Certain, says: []string{"a ClientHello was on its way"}},
		{name: "server closes an idle one, whose client is captured only then", conn: newConn().syn().synack().wait(2 * time.Second).fin(server).ack(),
			code: ServerClosedBeforeHello, severity: Info, confidence: Certain},
		{name: "server resets an idle one", conn: setUpConn().wait(2 * time.Second).rst(server), code: ServerClosedBeforeHello, severity: Info, confidence: Certain},
		{name: "hello sent after the FIN", conn: setUpConn().fin(server).hello(name).bareRST(server), code: ServerClosedBeforeHello, severity: Error, confidence: Certain,
			says: []string{"a ClientHello was on its way"}},
		{name: "hello sent long after the FIN", conn: setUpConn().wait(2 * time.Second).fin(server).wait(time.Second).hello(name).bareRST(server), code: ServerClosedBeforeHello, severity: Warning, confidence: Certain,
			says: []string{"reached it: a ClientHello came only 1.0 s later"}, fix: "give idle ones up before the server does"},
		{name: "hello that crosses the FIN to an idle one", conn: setUpConn().wait(2 * time.Second).fin(server).hello(name).bareRST(server), code: ServerClosedBeforeHello, severity: Warning, confidence: Certain,
			says: []string{"a ClientHello was on its way"}, fix: "give idle ones up before the server does"},
		{name: "plaintext that crosses the FIN to an idle one", conn: setUpConn().wait(2*time.Second).fin(server).plain(client, "smtp", "EHLO").bareRST(server), code: ServerClosedBeforeHello, severity: Info, confidence: Certain,
			says: []string{"plaintext (smtp) was on its way"}},
		{name: "plaintext sent after the FIN", conn: setUpConn().fin(server).plain(client, "smtp", "EHLO").bareRST(server), code: ServerClosedBeforeHello, severity: Error, confidence: Certain,
			says: []string{"plaintext (smtp) was on its way"}},
		{name: "hello sent before the FIN came", conn: setUpConn().hello(name).fin(server), code: ServerClosedBeforeHello, severity: Error, confidence: Certain},
		{name: "hello captured behind the FIN that acknowledges it", conn: ackedByEnd(setUpConn().fin(server).hello(name)), code: HelloClosed, severity: Error, confidence: Certain},
		{name: "nameless hello captured behind the FIN that acknowledges it", conn: ackedByEnd(setUpConn().fin(server).hello("")), code: NoSNIClosed, severity: Error, confidence: Probable},
		{name: "plaintext captured behind the FIN that acknowledges it", conn: ackedByEnd(setUpConn().fin(server).plain(client, "http", "GET / HTTP/1.1")),
			code: PlaintextToTLSPort, severity: Error, confidence: Possible},
		{name: "hello captured behind the late RST that acknowledges it", conn: ackedByEnd(setUpConn().wait(2 * time.Second).rst(server).hello(name)).
			do(func(r *conversation.Record) { r.Resets[0].Ack = helloEnd + 1 }), code: HelloReset, severity: Error, confidence: Certain},
		{name: "hello acknowledged before the FIN", conn: setUpConn().hello(name).acked().fin(server), code: HelloClosed, severity: Error, confidence: Certain},
		{name: "cut off, so what was acknowledged is not known", conn: setUpConn().plain(client, "unknown", "\x16\x03").incomplete(flow.IncompleteSnaplen).settled().fin(server),
			code: NotTLS, severity: OK, confidence: Certain},
		{name: "hello never acknowledged, FIN late", conn: setUpConn().hello(name).wait(10 * time.Second).fin(server), code: HelloClosed, severity: Error, confidence: Certain},
		{name: "reset at once", conn: setUpConn().wait(245 * time.Millisecond).bareRST(server), code: ResetBeforeHello, severity: Error, confidence: Probable,
			says: []string{"RST without ACK", "245 ms after the connection was set up", "answers a packet, and none was captured: it took another path"}},
		{name: "reset at once, two signs", conn: setUpConn().bareRST(server).signs(flow.SignTTL | flow.SignIPID), code: ResetInjected, severity: Error, confidence: Probable},
		{name: "reset at once, one sign", conn: setUpConn().bareRST(server).signs(flow.SignTTL), code: ResetBeforeHello, severity: Error, confidence: Possible},
		{name: "reset acknowledges what was not captured", conn: setUpConn().rst(server).do(func(r *conversation.Record) { r.Resets[0].Ack = 303 }),
			code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "handshake not captured", conn: newConn().synack().bareRST(server).incomplete(flow.IncompleteMid), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "nor the beginning of much data", conn: newConn().bareRST(client).incomplete(flow.IncompleteMid | flow.IncompleteLimit), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"the capture began in the middle"}, omits: []string{"longer than"}},
		{name: "nobody spoke", conn: setUpConn(), code: IncompleteCapture, severity: Info, confidence: Certain, says: []string{"nobody had sent a byte"}},
		{name: "server greets and client leaves", conn: setUpConn().plain(server, "smtp", "220 mail.example ESMTP\r\n").fin(client), code: NotTLS, severity: OK, confidence: Certain},
		{name: "server greets without an offer of TLS, and the client logs in", conn: setUpConn().plain(server, "mysql", "N\x00\x00\x00\n10.11").plain(client, "unknown", "\xcd\x00\x00\x01").fin(client),
			code: NotTLS, severity: OK, confidence: Certain, says: []string{"no TLS from either side: the first bytes are mysql"}},
	})
}

func TestPlaintext(t *testing.T) {
	http := func(c *conn) *conn { return c.plain(client, "http", "GET / HTTP/1.1\r\n\r\n") }
	speaks := endpoint(func(c *Counts) { c.TLS = 3 })
	refused := func(carrier, text string) *conn {
		return setUpConn().plain(client, "http", "x").plain(server, "http", text).carrier(carrier).do(func(r *conversation.Record) { r.CarrierRefused = text })
	}
	const (
		complaint = "HTTP/1.1 400 Bad Request\r\n"
		preface   = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
		settings  = "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00@\x00"
	)
	someProxied := endpoint(func(c *Counts) { c.Hellos[WithSNI][0], c.Proxied = Outcomes{Passed: 5, Failed: 1}, 3 })
	someProxied.Name = Outcomes{Failed: 1}
	proxied := endpoint(func(c *Counts) { c.Hellos[WithSNI][0].Passed, c.Proxied = 3, 3 })
	passedName := endpoint(func(c *Counts) { c.Hellos[WithSNI][0].Passed = 1 })
	passedName.Name.Passed = 1
	connect := func() *conn {
		return setUpConn().plain(client, "http", "CONNECT shop.example:8443 HTTP/1.1").tunnel("shop.example:8443")
	}
	runRules(t, []ruleTest{
		{name: "HTTP", conn: http(setUpConn()).plain(server, "http", "HTTP/1.1 200 OK\r\n").fin(server), code: NotTLS, severity: OK, confidence: Certain,
			says: []string{"the first bytes are http"}},
		{name: "unknown protocol reset", conn: setUpConn().plain(client, "unknown", "\x01\x02").rst(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "answered with an alert", conn: http(setUpConn()).alert(server, 70).fin(server), code: PlaintextToTLSPort, severity: Error, confidence: Certain,
			says: []string{"client 10.138.0.28:19432 sent plaintext (http)", "alert 70 (protocol_version)"}},
		{name: "answered with a page", conn: http(setUpConn()).plain(server, "http", complaint).do(complains).fin(server),
			code: PlaintextToTLSPort, severity: Error, confidence: Certain, says: []string{"it expects TLS"}},
		{name: "answered with a page, and others in plaintext", conn: http(setUpConn()).plain(server, "http", complaint).do(complains).fin(server), context: Context{EndpointPlain: true},
			code: PlaintextToTLSPort, severity: Error, confidence: Probable},
		{name: "answered with a page, and others in plaintext and in TLS", conn: http(setUpConn()).plain(server, "http", complaint).do(complains).fin(server), context: Context{EndpointPlain: true, Endpoint: Counts{TLS: 1}},
			code: PlaintextToTLSPort, severity: Error, confidence: Certain},
		{name: "another 400", conn: http(setUpConn()).plain(server, "http", complaint).fin(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "closed without a byte", conn: http(setUpConn()).acked().fin(server), code: PlaintextToTLSPort, severity: Error, confidence: Possible},
		{name: "closed after an answer that is only counted", conn: http(setUpConn()).settled().counted(server, 38).fin(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "reset, and TLS to others", conn: http(setUpConn()).acked().rst(server), context: speaks, code: PlaintextToTLSPort, severity: Error, confidence: Probable,
			says: []string{"the server spoke TLS in 3 connections of this capture"}},
		{name: "alert lost", conn: http(setUpConn()).acked().lost(server, 7).fin(server), code: PlaintextToTLSPort, severity: Error, confidence: Probable},
		{name: "answer lost", conn: http(setUpConn()).acked().lost(server, 700).fin(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "on HTTP's own port", conn: http(setUpConn().to("10.0.0.5:80")).acked().rst(server), context: speaks, code: NotTLS, severity: OK, confidence: Certain},
		{name: "client closed", conn: http(setUpConn()).acked().fin(client), code: NotTLS, severity: OK, confidence: Certain},
		{name: "STARTTLS granted, and the client's alert comes first", conn: setUpConn().plain(client, "smtp", "EHLO").plain(server, "smtp", "220").carrier("starttls-smtp").alert(client, 80).alert(server, 10),
			code: ClientAlert, severity: Error, confidence: Certain},
		{name: "a PROXY header, and the alert comes before the hello", conn: setUpConn().carrier("proxy-v1").alert(server, 40).fin(server).hello(name).bareRST(server),
			code: ProxyHeaderUnexpected, severity: Error, confidence: Probable},
		{name: "HTTP/2 answered in HTTP/1", conn: setUpConn().plain(client, "http2", preface).plain(server, "http", complaint).fin(server), code: PlaintextToTLSPort, severity: Error, confidence: Possible,
			says: []string{`answered in HTTP/1, "HTTP/1.1 400 Bad Request": it takes no HTTP/2 there, or only in TLS`}, fix: "if that port has no TLS, have the server take HTTP/2 without it"},
		{name: "HTTP/2 answered in HTTP/1, and TLS to others", conn: setUpConn().plain(client, "http2", preface).plain(server, "http", complaint).fin(server), context: speaks, code: PlaintextToTLSPort, severity: Error, confidence: Probable,
			says: []string{"the server spoke TLS in 3 connections of this capture"}, fix: "in gRPC TLS credentials"},
		{name: "HTTP/2 answered in HTTP/1 where no TLS is expected", conn: setUpConn().to("10.0.0.5:8080").plain(client, "http2", preface).plain(server, "http", complaint).fin(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "HTTP/2 answered with another version", conn: setUpConn().plain(client, "http2", preface).plain(server, "http", "HTTP/1.1 505 HTTP Version Not Supported\r\n").fin(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "HTTP/2 answered in HTTP/1 on HTTP's own port", conn: setUpConn().to("10.0.0.5:80").plain(client, "http2", preface).plain(server, "http", complaint).fin(server), context: speaks, code: NotTLS, severity: OK, confidence: Certain},
		{name: "HTTP/2 answered in HTTP/2", conn: setUpConn().plain(client, "http2", preface).plain(server, "http2", settings).fin(server), context: speaks, code: NotTLS, severity: OK, confidence: Certain},
		{name: "HTTP/2 closed without a byte", conn: setUpConn().plain(client, "http2", preface).acked().fin(server), code: PlaintextToTLSPort, severity: Error, confidence: Possible, fix: "in gRPC TLS credentials"},
		{name: "ssh", conn: setUpConn().plain(client, "ssh", "SSH-2.0-x\r\n").acked().fin(server), code: PlaintextToTLSPort, severity: Error, confidence: Possible},
		{name: "ssh, to a port that nothing says is for TLS", conn: setUpConn().to("10.0.0.5:2222").plain(client, "ssh", "SSH-2.0-x\r\n").acked().wait(5 * time.Second).rst(server), code: PlaintextToTLSPort, severity: Info, confidence: Possible,
			fix: "hosts.deny"},
		{name: "ssh, to a port with TLS", conn: setUpConn().to("10.0.0.5:2222").plain(client, "ssh", "SSH-2.0-x\r\n").acked().rst(server), context: speaks, code: PlaintextToTLSPort, severity: Error, confidence: Probable,
			fix: "this one is for TLS"},
		{name: "ssh, to a port that says it is for TLS", conn: setUpConn().to("10.0.0.5:2222").plain(client, "ssh", "SSH-2.0-x\r\n").alert(server, 50), code: PlaintextToTLSPort, severity: Error, confidence: Certain,
			fix: "this one is for TLS"},
		{name: "HTTP, to a port that nothing says is for TLS", conn: http(setUpConn()).to("10.0.0.5:8001").acked().rst(server), code: PlaintextToTLSPort, severity: Error, confidence: Possible,
			fix: "if that port is for TLS; else look in the server's log"},
		{name: "ZooKeeper", conn: setUpConn().plain(client, "zookeeper", "x").acked().fin(server), code: PlaintextToTLSPort, severity: Error, confidence: Possible, fix: "zookeeper.client.secure=true"},
		{name: "OpenWire", conn: setUpConn().plain(client, "openwire", "").alert(server, 10).fin(server), code: PlaintextToTLSPort, severity: Error, confidence: Certain, fix: "use ssl:// in the client"},
		{name: "LDAP that asks for TLS", conn: setUpConn().plain(client, "ldap", "x").carrier("starttls-ldap").acked().fin(server), code: PlaintextToTLSPort, severity: Error, confidence: Possible, fix: "ldaps://"},

		{name: "TLS answered in HTTP", conn: setUpConn().hello(name).plain(server, "http", complaint).fin(server), code: TLSToPlaintextPort, severity: Error, confidence: Certain,
			says: []string{`answered a 297-byte ClientHello for "shop.example" with plaintext (http), "HTTP/1.1 400 Bad Request"`}, fix: "else see whether a load balancer in front"},
		{name: "greeting first", conn: setUpConn().plain(server, "smtp", "220 mail.example\r\n").hello(name).fin(server), code: TLSToPlaintextPort, severity: Error, confidence: Certain,
			says: []string{"it expects STARTTLS, or no TLS"}, fix: "ask for TLS first"},
		{name: "TLS answered in XMPP", conn: setUpConn().hello(name).plain(server, "xmpp", "<?xml version='1.0'?>").fin(server), code: TLSToPlaintextPort, severity: Error, confidence: Certain, fix: "ask for TLS first"},
		{name: "greeting of OpenWire first", conn: setUpConn().plain(server, "openwire", "\x00\x00\x01R\x01ActiveMQ").hello(name).fin(server), code: TLSToPlaintextPort, severity: Error, confidence: Certain,
			says: []string{"plaintext (openwire)", "it expects no TLS"}, omits: []string{"STARTTLS"}, fix: "a connector with ssl://"},
		{name: "TLS answered in HTTP/2", conn: setUpConn().hello(name).plain(server, "http2", settings).rst(client), code: TLSToPlaintextPort, severity: Error, confidence: Certain,
			says: []string{`answered a 297-byte ClientHello for "shop.example" with HTTP/2 without TLS (h2c)`}, omits: []string{`\x00`}, fix: "h2c"},
		{name: "SETTINGS of HTTP/2 first", conn: setUpConn().plain(server, "http2", settings).hello(name).rst(server), code: TLSToPlaintextPort, severity: Error, confidence: Certain,
			says: []string{"had greeted, before the ClientHello came, with HTTP/2 without TLS (h2c): it expects no TLS"}, omits: []string{"STARTTLS"}, fix: "h2c"},
		{name: "a bad request before there was any", conn: setUpConn().plain(server, "http", complaint).hello(name).fin(server), code: TLSToPlaintextPort, severity: Error, confidence: Probable,
			says: []string{"servers of HTTP do not speak first, so that something in front, such as a load balancer"}, omits: []string{"STARTTLS"}, fix: "a PROXY header that its backend does not expect"},
		{name: "HTTP's time-out before the hello", conn: setUpConn().wait(time.Minute).plain(server, "http", "HTTP/1.0 408 Request Time-out\r\n").hello(name).fin(server), code: TLSToPlaintextPort, severity: Error, confidence: Certain,
			says: []string{"it expects no TLS"}, omits: []string{"STARTTLS"}, fix: "enable TLS on the listener"},
		{name: "TLS answered in HTTP, and who knows what came before the hello", conn: setUpConn().hello(name).plain(server, "http", complaint).fin(server).incomplete(flow.IncompleteMid),
			code: TLSToPlaintextPort, severity: Error, confidence: Probable},
		{name: "QUIC of which nothing can be read", conn: newConn().over(flow.QUIC).do(func(r *conversation.Record) {
			r.FirstData[client], r.Packets[client] = flow.Event{Frame: 1, Time: start}, 1
		}),
			code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "greeting, or the answer to what was not captured", conn: setUpConn().plain(server, "http", "HTTP/1.1 200 OK\r\n").hello(name).fin(server).incomplete(flow.IncompleteMid),
			code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "answered with who knows what", conn: setUpConn().hello(name).plain(server, "unknown", "??").fin(client), code: TLSToPlaintextPort, severity: Error, confidence: Probable},
		{name: "unknown bytes behind a gap", conn: setUpConn().hello(name).plain(server, "unknown", "??").incomplete(flow.IncompleteGap).fin(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "no name behind STARTTLS, alert 40", conn: setUpConn().carrier("starttls-smtp").hello("").alert(server, 40), code: NoSNIAlert, severity: Error, confidence: Possible},
		{name: "no name behind STARTTLS, alert 112", conn: setUpConn().carrier("starttls-smtp").hello("").alert(server, 112), code: NoSNIAlert, severity: Error, confidence: Certain},
		{name: "no name behind STARTTLS, alert 40, and with one others pass", conn: setUpConn().carrier("starttls-smtp").hello("").alert(server, 40), context: Context{Endpoint: Counts{Hellos: [3][2]Outcomes{WithSNI: {{Passed: 1}}}}}, code: NoSNIAlert, severity: Error, confidence: Probable},
		{name: "no name behind STARTTLS, and a close", conn: setUpConn().carrier("starttls-smtp").hello("").acked().fin(server), code: NoSNIClosed, severity: Error, confidence: Possible},
		{name: "after STARTTLS", conn: setUpConn().plain(server, "smtp", "220 x\r\n").carrier("starttls-smtp").hello(name).acked().rst(server), code: HelloReset, severity: Error, confidence: Certain},

		{name: "QUIC, another version, and nothing more", conn: declined(), after: 2 * time.Second, code: ProtocolVersion, severity: Error, confidence: Certain,
			says: []string{"declined the client's version of QUIC", "the server speaks v2"}, fix: "a version of QUIC in common"},
		{name: "QUIC, another version, and the capture ends", conn: declined(), after: 300 * time.Millisecond, code: ProtocolVersion, severity: Error, confidence: Possible,
			says: []string{"the capture ends there, so the client may have gone on"}},
		{name: "QUIC, in a version that is not read", conn: newConn().over(flow.QUIC).hello(name).stall(2, 1200).wait(3 * time.Second).do(func(r *conversation.Record) { r.Foreign = 0x709a50c5 }),
			code: IncompleteCapture, severity: Info, confidence: Certain, says: []string{"went on in version 0x709a50c5 of QUIC, which sniscope cannot read"}, omits: []string{"capture ended"}, fix: "would show no more"},
		{name: "QUIC, Retry lost", conn: newConn().over(flow.QUIC).hello(name).stall(2, 1200).wait(3 * time.Second).do(func(r *conversation.Record) { r.Retries = 3 }),
			code: HelloUnanswered, severity: Error, confidence: Certain,
			says: []string{"with nothing but 3 Retry packets, whose token the client never sent back"}, fix: "Retry packets do not reach the client"},
		{name: "QUIC, silence behind what the client answered", conn: newConn().over(flow.QUIC).hello(name).flight13().finished(),
			code: HandshakeStalled, severity: Warning, confidence: Probable, says: []string{"and then nothing came from either side for"}, fix: "in the client's log first"},
		{name: "QUIC, silence behind the flight", conn: newConn().over(flow.QUIC).hello(name).flight13(), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "QUIC, no certificate", conn: newConn().over(flow.QUIC).hello(name).flight13().cert(conversation.CertEmpty).finished().sealedAlert(server),
			code: ClientCertificateRequired, severity: Error, confidence: Possible, says: []string{"what looks like an encrypted CONNECTION_CLOSE", "too short for a certificate"}},
		{name: "QUIC, a certificate, and the capture ends", conn: newConn().over(flow.QUIC).hello(name).flight13().cert(conversation.CertSent).finished().sealedAlert(server),
			after: 20 * time.Millisecond, code: ClientCertificateRejected, severity: Error, confidence: Possible, says: []string{"the capture ends there, so the server may have gone on"}},
		{name: "QUIC, a certificate", conn: newConn().over(flow.QUIC).hello(name).flight13().cert(conversation.CertSent).finished().sealedAlert(server),
			code: ClientCertificateRejected, severity: Error, confidence: Probable, says: []string{"what looks like an encrypted CONNECTION_CLOSE"}},

		{name: "CONNECT refused", conn: refused("http-connect", "HTTP/1.1 403 Forbidden").do(func(r *conversation.Record) { r.ProxyTarget = "shop.example:8443" }),
			code: ProxyRefused, severity: Error, confidence: Certain, says: []string{`"HTTP/1.1 403 Forbidden" to the request for "shop.example:8443"`}},
		{name: "CONNECT unanswered", conn: connect().acked().wait(8 * time.Second).fin(client), code: ProxyRefused, severity: Error, confidence: Probable,
			says: []string{`did not answer the request for "shop.example:8443" in 8.0 s`}, fix: "the proxy's log"},
		{name: "CONNECT unanswered until the end", conn: connect().acked(), code: ProxyRefused, severity: Error, confidence: Probable},
		{name: "CONNECT unanswered, and the capture ends", conn: connect().acked(), after: 300 * time.Millisecond, code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "CONNECT not acknowledged", conn: connect().wait(8 * time.Second).fin(client), code: NotTLS, severity: OK, confidence: Certain},
		{name: "CONNECT given up at once", conn: connect().acked().fin(client), code: NotTLS, severity: OK, confidence: Certain},
		{name: "CONNECT reset", conn: connect().acked().rst(server), code: PlaintextToTLSPort, severity: Error, confidence: Possible, fix: "speak TLS to the proxy"},
		{name: "CONNECT reset where TLS is spoken", conn: connect().acked().rst(server), context: speaks, code: PlaintextToTLSPort, severity: Error, confidence: Probable},
		{name: "CONNECT, and a greeting before the hello", conn: connect().agreed().target("smtp", "220 mail").hello(name).fin(client), code: TLSToPlaintextPort, severity: Error, confidence: Certain,
			says: []string{`as the proxy to "shop.example:8443" had greeted, before the ClientHello came, with plaintext (smtp), "220 mail"`}, fix: "STARTTLS"},
		{name: "CONNECT, and a greeting in answer to the hello", conn: connect().agreed().hello(name).target("smtp", "220 mail").alert(client, 10), code: TLSToPlaintextPort, severity: Error, confidence: Certain,
			says: []string{`answered a 297-byte ClientHello for "shop.example" with plaintext (smtp), "220 mail"`}},
		{name: "CONNECT, and HTTP in answer to the hello", conn: connect().agreed().hello(name).target("http", "HTTP/1.1 400 Bad Request").fin(server), code: TLSToPlaintextPort, severity: Error, confidence: Certain,
			fix: "enable TLS on the listener"},
		{name: "CONNECT, and no more than the agreement", conn: connect().agreed().hello(name).fin(server), code: HelloClosed, severity: Error, confidence: Certain},
		{name: "CONNECT agreed to and reset", conn: asked(connect()).agreed().rst(server), code: ProxyRefused, severity: Error, confidence: Probable,
			says: []string{`agreed to the request for "shop.example:8443" and sent RST+ACK 0.10 ms later, before a byte of the client or of the target`}, fix: "why it did not reach the target"},
		{name: "CONNECT agreed to and closed", conn: asked(connect()).agreed().fin(server), code: ProxyRefused, severity: Error, confidence: Probable},
		{name: "CONNECT agreed to, and closed for want of use", conn: asked(connect()).agreed().wait(time.Minute).fin(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "CONNECT agreed to, and the client leaves", conn: asked(connect()).agreed().fin(client), code: NotTLS, severity: OK, confidence: Certain},
		{name: "CONNECT agreed to, used and reset", conn: asked(connect()).agreed().plain(client, "http", "ssh").rst(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "CONNECT agreed to, answered and reset", conn: asked(connect()).agreed().target("ssh", "SSH-2.0-x").rst(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "SOCKS unanswered", conn: setUpConn().plain(client, "socks5", "\x05\x01\x00").carrier("socks5").acked().rst(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "Redis", conn: setUpConn().plain(client, "redis", "*1").acked().rst(server), code: PlaintextToTLSPort, severity: Error, confidence: Possible},
		{name: "a request for TLS", conn: setUpConn().to("10.0.0.5:6432").plain(client, "postgresql", "\x00").carrier("starttls-postgresql").acked().rst(server), code: PlaintextToTLSPort, severity: Error, confidence: Possible,
			says: []string{"sent plaintext (postgresql)"}, fix: "begin TLS at once"},
		{name: "a request for TLS that the server had greeted for", conn: setUpConn().plain(server, "smtp", "220 mail").plain(client, "smtp", "EHLO").carrier("starttls-smtp").acked().rst(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "Kafka", conn: setUpConn().to("10.0.0.5:9093").plain(client, "kafka", "\x00").acked().fin(server), code: PlaintextToTLSPort, severity: Error, confidence: Possible},
		{name: "Kafka on its own port", conn: setUpConn().to("10.0.0.5:9092").plain(client, "kafka", "\x00").acked().fin(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "syslog", conn: setUpConn().to("10.0.0.5:6514").plain(client, "syslog", "<13>").acked().rst(server), code: PlaintextToTLSPort, severity: Error, confidence: Possible},
		{name: "syslog, which is never answered, and a restart", conn: setUpConn().to("10.0.0.5:5514").plain(client, "syslog", "<13>").acked().wait(time.Hour).fin(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "Redis on its own port", conn: setUpConn().to("10.0.0.5:6379").plain(client, "redis", "*1").acked().rst(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "MQTT on its own port", conn: setUpConn().to("10.0.0.5:1883").plain(client, "mqtt", "x").acked().rst(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "SOCKS refused", conn: refused("socks5", "SOCKS5: reply 2"), code: ProxyRefused, severity: Error, confidence: Certain, fix: "RFC 1928"},
		{name: "SOCKS refused for want of a password", conn: refused("socks5", "SOCKS5: no acceptable authentication method"), code: ProxyRefused, severity: Error, confidence: Certain,
			says: []string{"the request for a tunnel"}, fix: "a user name and a password that the proxy accepts"},
		{name: "STARTTLS refused", conn: refused("starttls-smtp", "454 TLS not available"), code: STARTTLSRefused, severity: Error, confidence: Certain,
			says: []string{`"454 TLS not available" to the request for TLS (starttls-smtp)`}},
		{name: "STARTTLS unknown", conn: refused("starttls-smtp", "502 5.5.1 not implemented").fin(client), code: STARTTLSRefused, severity: Error, confidence: Certain, fix: "enable TLS"},
		{name: "STARTTLS unknown, though offered", conn: refused("starttls-smtp", "500 5.5.2 Error: command not recognized").do(offered(conversation.OfferMade)), code: STARTTLSRefused, severity: Error, confidence: Probable,
			says: []string{"it had offered STARTTLS in its answer to EHLO"}, fix: "no inspect esmtp"},
		{name: "STARTTLS offered, and no TLS just then", conn: refused("starttls-smtp", "454 TLS not available").do(offered(conversation.OfferMade)), code: STARTTLSRefused, severity: Error, confidence: Certain,
			omits: []string{"EHLO"}, fix: "enable TLS"},
		{name: "STARTTLS unknown, and blanked out", conn: refused("starttls-smtp", "503 STARTTLS command used when not advertised").do(offered(conversation.OfferBlanked)), code: STARTTLSRefused, severity: Error, confidence: Probable,
			says: []string{"is blanked out with X"}, fix: "no inspect esmtp"},
		{name: "STARTTLS refused, and a hello all the same", conn: refused("starttls-smtp", "454 TLS not available").hello(name).fin(client), code: STARTTLSRefused, severity: Error, confidence: Certain,
			says: []string{`(starttls-smtp), and the client sent a ClientHello all the same`}},
		{name: "STARTTLS refused, and a hello without a name all the same", conn: refused("starttls-imap", ". BAD TLS support isn't enabled.").hello("").acked().fin(server), code: STARTTLSRefused, severity: Error, confidence: Certain,
			says: []string{"sent a ClientHello all the same"}, omits: []string{"fits as well"}},
		{name: "STARTTLS offered and refused, and it works without", conn: refused("starttls-smtp", "454 4.7.0 TLS not available due to local problem").do(func(r *conversation.Record) {
			r.Cleartext, r.Offer = conversation.CleartextWorks, conversation.OfferMade
		}).fin(client), code: STARTTLSRefused, severity: Error, confidence: Certain,
			fix: "enable TLS on that service"},
		{name: "not available just then, whatever was offered", conn: refused("starttls-smtp", "454 TLS not available").do(func(r *conversation.Record) { r.Cleartext = conversation.CleartextWorks }).fin(client), code: STARTTLSRefused, severity: Error, confidence: Certain},
		{name: "STARTTLS refused, and it works without", conn: refused("starttls-postgresql", "PostgreSQL: N").do(func(r *conversation.Record) { r.Cleartext = conversation.CleartextWorks }).fin(client), code: STARTTLSRefused, severity: Info, confidence: Certain,
			says: []string{"the client went on without, and the server went along"}, fix: "nothing, if the client may go without TLS"},
		{name: "STARTTLS refused, and the capture ends", conn: refused("starttls-postgresql", "PostgreSQL: N"), code: STARTTLSRefused, severity: Info, confidence: Certain,
			says: []string{"whether the client went on without was not captured"}, fix: "nothing, if the client may go without TLS"},
		{name: "STARTTLS refused, and what came then is missing", conn: refused("starttls-postgresql", "PostgreSQL: N").lost(client, 70).fin(client), code: STARTTLSRefused, severity: Info, confidence: Certain},
		{name: "STARTTLS refused, as is to go without", conn: refused("starttls-postgresql", "PostgreSQL: N").do(func(r *conversation.Record) { r.Cleartext = conversation.CleartextRefused }), code: STARTTLSRefused, severity: Error, confidence: Certain,
			omits: []string{"went on without"}, fix: "enable TLS"},
		{name: "STARTTLS refused, a hello all the same, and the capture ends", conn: refused("starttls-postgresql", "PostgreSQL: N").hello(name), code: STARTTLSRefused, severity: Error, confidence: Certain},
		{name: "STARTTLS refused, and who knows what then", conn: refused("starttls-smtp", "454 TLS not available").hello(name).lost(server, 90).fin(server), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "STARTTLS refused, and TLS all the same", conn: refused("starttls-smtp", "454 TLS not available").hello(name).alert(server, 80), code: ServerAlert, severity: Error, confidence: Certain},

		{name: "header answered with 400", conn: setUpConn().carrier("proxy-v1").hello(name).plain(server, "http", complaint).fin(server), code: ProxyHeaderUnexpected, severity: Error, confidence: Certain,
			says: []string{`PROXY header (proxy-v1) with "HTTP/1.1 400 Bad Request"`}, fix: "turn the PROXY header off"},
		{name: "header answered with 501", conn: setUpConn().carrier("proxy-v1").hello(name).plain(server, "http", "HTTP/1.1 501 Not Implemented\r\n").fin(server), code: ProxyHeaderUnexpected, severity: Error, confidence: Probable,
			says: []string{`"HTTP/1.1 501 Not Implemented"`}},
		{name: "header and hello answered with 400", conn: setUpConn().carrier("proxy-v1").hello(name).acked().plain(server, "http", complaint).fin(server), code: ProxyHeaderUnexpected, severity: Error, confidence: Probable,
			says: []string{"tls-to-plaintext-port fits as well"}, fix: "enable TLS there"},
		{name: "header reset", conn: setUpConn().carrier("proxy-v2").hello(name).acked().rst(server), code: ProxyHeaderUnexpected, severity: Error, confidence: Probable},
		{name: "header answered with an alert that was lost", conn: setUpConn().carrier("proxy-v1").hello(name).acked().lost(server, 7).fin(server), code: ProxyHeaderUnexpected, severity: Error, confidence: Probable,
			says: []string{"the length of one alert"}},
		{name: "header answered with alert 22", conn: setUpConn().carrier("proxy-v1").hello(name).alert(server, 22), code: ProxyHeaderUnexpected, severity: Error, confidence: Probable},
		{name: "header answered with alert 22, and no hello came", conn: setUpConn().headerOnly("proxy-v1").alert(server, 22).rst(server), code: ProxyHeaderUnexpected, severity: Error, confidence: Probable,
			says: []string{"sent alert 22 (record_overflow) to a client that began with a PROXY header (proxy-v1)"}},
		{name: "header answered with an alert, and who knows what the client sent", conn: setUpConn().headerOnly("proxy-v1").lost(client, 300).alert(server, 22).rst(server), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "header met silence", conn: setUpConn().carrier("proxy-v1").hello(name).acked().wait(4 * time.Second).fin(client).answers(server), code: HelloUnanswered, severity: Error, confidence: Certain,
			says: []string{`a 297-byte ClientHello for "shop.example" after a PROXY header (proxy-v1) and sent no TLS byte`, "(proxy-header-unexpected)"}, fix: "whether the listener expects a PROXY header"},
		{name: "header met silence, no name", conn: setUpConn().carrier("proxy-v2").hello("").acked().wait(4 * time.Second).fin(client).answers(server), code: NoSNIUnanswered, severity: Error, confidence: Probable,
			says: []string{"(proxy-header-unexpected)"}, fix: "whether the listener expects a PROXY header"},
		{name: "header met silence, others without one did not", conn: setUpConn().carrier("proxy-v1").hello(name).acked().wait(4 * time.Second).fin(client).answers(server),
			context: passedName, code: HelloUnanswered, severity: Error, confidence: Certain,
			says: []string{"yet 1 handshake for the same name went through there without a PROXY header"}, fix: "other connections went through there without one"},
		{name: "silence where the header is expected", conn: setUpConn().carrier("proxy-v1").hello(name).acked().wait(4 * time.Second).fin(client).answers(server),
			context: proxied, code: HelloUnanswered, severity: Error, confidence: Certain, omits: []string{"proxy-header-unexpected"}, fix: "check whether the router knows the name"},
		{name: "no header met silence, others with one did not", conn: setUpConn().hello(name).acked().wait(4 * time.Second).fin(client).answers(server), context: proxied, code: HelloUnanswered, severity: Error, confidence: Certain,
			says: []string{"yet 3 handshakes with a PROXY header went through there, and this client sent none"}, fix: "send the PROXY header"},
		{name: "no header, closed, others with one are not", conn: setUpConn().hello(name).acked().fin(server), context: proxied, code: ProxyHeaderExpected, severity: Error, confidence: Probable,
			says: []string{"; 3 handshakes with a PROXY header went through there, and this client sent none"}, fix: "send the PROXY header"},
		{name: "no header, closed, some without one are not", conn: setUpConn().hello(name).acked().fin(server),
			context: someProxied, code: SNIUnrecognized, severity: Error, confidence: Probable,
			omits: []string{"PROXY"}},
		{name: "no header, alert 10, others with one pass", conn: setUpConn().hello(name).acked().alert(server, 10), context: proxied, code: ServerAlert, severity: Error, confidence: Certain,
			says: []string{"3 handshakes with a PROXY header"}, fix: "send the PROXY header"},
		{name: "alert 10 for a hello", conn: setUpConn().hello(name).acked().alert(server, 10), code: ServerAlert, severity: Error, confidence: Certain, fix: "expects something before TLS, such as a PROXY header"},
		{name: "alert 10 behind a retry", conn: setUpConn().hello(name).retried().alert(server, 10), code: ServerAlert, severity: Error, confidence: Certain, fix: "what the alert means"},
		{name: "STARTTLS refused by a server of other domains", conn: refused("starttls-xmpp", "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"), code: STARTTLSRefused, severity: Error, confidence: Certain,
			says: []string{`answered "<stream:error><host-unknown `}, fix: "host the domain that the client names"},
		{name: "STARTTLS of a stream that ends", conn: refused("starttls-xmpp", "<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"), code: STARTTLSRefused, severity: Error, confidence: Certain,
			fix: "and may well have TLS"},
		{name: "STARTTLS refused for want of a header", conn: refused("starttls-smtp", "503 Command refused, required Proxy negotiation failed"), code: STARTTLSRefused, severity: Error, confidence: Certain,
			fix: "send the PROXY header"},
		{name: "STARTTLS refused, and others with a header pass", conn: refused("starttls-smtp", "503 no"), context: proxied, code: STARTTLSRefused, severity: Error, confidence: Certain,
			fix: "send the PROXY header"},
		{name: "header answered in HTTP before the hello", conn: setUpConn().headerOnly("proxy-v2").plain(server, "http", "HTTP/1.1 200 OK\r\n").fin(server).hello(name).bareRST(server),
			code: TLSToPlaintextPort, severity: Error, confidence: Certain,
			says: []string{`answered a PROXY header (proxy-v2), before the ClientHello came, with plaintext (http), "HTTP/1.1 200 OK"`}, omits: []string{"answered a 297-byte"}},
		{name: "header read, name missing", conn: setUpConn().carrier("proxy-v1").hello("").alert(server, 112), code: NoSNIAlert, severity: Error, confidence: Certain},
		{name: "header read from others, name missing", conn: setUpConn().carrier("proxy-v2").hello("").acked().rst(server),
			context: endpoint(func(c *Counts) { c.Proxied = 3 }), code: NoSNIReset, severity: Error, confidence: Probable},
		{name: "header and all is well", conn: setUpConn().carrier("proxy-v2").hello(name).flight13().through(), code: Healthy, severity: OK, confidence: Certain},
	})
}

// A plaintext protocol is at home on its own port: that a server there closes without an answer says nothing of TLS. On the
// same port another protocol is out of place.
func TestPlaintextAtHome(t *testing.T) {
	for port, protocols := range map[string][]string{
		"22": {"ssh"}, "25": {"smtp"}, "80": {"http", "http2"}, "389": {"ldap"}, "514": {"syslog"}, "587": {"smtp"}, "601": {"syslog"},
		"1080": {"socks4", "socks5"}, "1433": {"tds"}, "1883": {"mqtt"}, "3389": {"rdp"}, "5432": {"postgresql"}, "5672": {"amqp"},
		"6379": {"redis"}, "9092": {"kafka"}, "10050": {"zabbix"}, "10051": {"zabbix"}, "27017": {"mongodb"},
		"53": {"dns"}, "2181": {"zookeeper"}, "5222": {"xmpp"}, "5269": {"xmpp"}, "61616": {"openwire"},
	} {
		cut := func(protocol string) Code {
			c := setUpConn().to("10.0.0.5:"+port).plain(client, protocol, "x").acked().rst(server)
			return explained(c.Record, c.alone(time.Minute)).Code
		}
		for _, p := range protocols {
			if code := cut(p); code != NotTLS {
				t.Errorf("%s on port %s: %s", p, port, code)
			}
		}
		if code := cut("imap"); code != PlaintextToTLSPort {
			t.Errorf("imap on port %s: %s", port, code)
		}
	}
}

func TestAlerts(t *testing.T) {
	scsv := func(r *conversation.Record) { r.Hello.FallbackSCSV = true }
	old := func(r *conversation.Record) { r.Hello.MaxVersion = tlswire.VersionTLS10 }
	encrypts := func(r *conversation.Record) { r.AppData[client] = 1 }
	runRules(t, []ruleTest{
		{name: "70 over UDP", conn: newConn().over(flow.DTLS).hello(name).do(func(r *conversation.Record) { r.Hello.MaxVersion = tlswire.VersionDTLS10 }).alert(server, 70), code: ProtocolVersion, severity: Error, confidence: Certain,
			fix: "DTLS 1.2 is the least"},
		{name: "80 over UDP", conn: newConn().over(flow.DTLS).hello(name).do(func(r *conversation.Record) { r.Hello.MaxVersion = tlswire.VersionDTLS10 }).alert(server, 80), code: ProtocolVersion, severity: Error, confidence: Probable,
			fix: "DTLS 1.2 is the least"},
		{name: "86", conn: setUpConn().hello(name).alert(server, 86), code: InappropriateFallback, severity: Error, confidence: Certain},
		{name: "fallback closed", conn: setUpConn().hello(name).do(scsv).acked().fin(server), code: InappropriateFallback, severity: Error, confidence: Probable,
			says: []string{"that is a retry at a lower version (TLS_FALLBACK_SCSV)"}},
		{name: "fallback, alert lost", conn: setUpConn().hello("").do(scsv).acked().lost(server, 7).fin(server).rst(server), code: InappropriateFallback, severity: Error, confidence: Probable,
			says: []string{"the 7 bytes before the close were not captured", "no-sni-alert fits as well"}},
		{name: "fallback accepted", conn: setUpConn().hello(name).do(scsv).flight12(name).through(), code: Healthy, severity: OK, confidence: Certain},
		{name: "fallback, client leaves", conn: setUpConn().hello(name).do(scsv).flight12(name).fin(client), code: ClientAborted, severity: Warning, confidence: Certain},
		{name: "120", conn: setUpConn().hello("").do(func(r *conversation.Record) { r.Hello.ALPN = []string{"spdy/3"} }).alert(server, 120), code: ALPNMismatch, severity: Error, confidence: Certain,
			says: []string{`that offered "spdy/3"`}},
		{name: "120, and a long list", conn: setUpConn().hello(name).do(func(r *conversation.Record) { r.Hello.ALPN = []string{"a", "b", "c", "d", "e"} }).alert(server, 120), code: ALPNMismatch, severity: Error, confidence: Certain,
			says: []string{`that offered "a", "b", "c", "d", …`}},
		{name: "112, and an old offer", conn: setUpConn().hello("").do(old).alert(server, 112), code: NoSNIAlert, severity: Error, confidence: Certain, omits: []string{"TLS 1.0"}},
		{name: "121", conn: setUpConn().hello(name).flight13().alert(client, 121), code: ECHRequired, severity: Warning, confidence: Certain},
		{name: "70", conn: setUpConn().hello("").do(old).alert(server, 70), code: ProtocolVersion, severity: Error, confidence: Certain, says: []string{"offered at most TLS 1.0"}},
		{name: "70 for TLS 1.3 alone", conn: setUpConn().hello(name).do(func(r *conversation.Record) { r.Hello.Only13 = true }).alert(server, 70),
			code: ProtocolVersion, severity: Error, confidence: Certain, says: []string{"the client offered TLS 1.3 alone"}, fix: "let the client offer TLS 1.2 as well"},
		{name: "70 for TLS 1.3 and 1.2", conn: setUpConn().hello(name).alert(server, 70),
			code: ProtocolVersion, severity: Error, confidence: Certain, says: []string{"the client offered TLS 1.3 and earlier"}, fix: "enable TLS 1.2 or later on the server"},
		{name: "70 of the client", conn: setUpConn().hello(name).flight(tlswire.VersionTLS11, name).alert(client, 70), code: ProtocolVersion, severity: Error, confidence: Certain,
			says: []string{"the server chose TLS 1.1"}},
		{name: "70, hello cut", conn: setUpConn().hello(name).partial(flow.IncompleteSnaplen).alert(server, 70), code: ProtocolVersion, severity: Error, confidence: Certain},
		{name: "80 to an old client", conn: setUpConn().hello(name).do(old).alert(server, 80), code: ProtocolVersion, severity: Error, confidence: Probable},
		{name: "80 to an old client without name", conn: setUpConn().hello("").do(old).alert(server, 80), code: ProtocolVersion, severity: Error, confidence: Probable,
			says: []string{"no-sni-alert fits as well"}},
		{name: "40 to an old client with name", conn: setUpConn().hello(name).do(old).alert(server, 40), code: ProtocolVersion, severity: Error, confidence: Probable},
		{name: "40 to an old client without name", conn: setUpConn().hello("").do(old).alert(server, 40), code: NoSNIAlert, severity: Error, confidence: Probable},
		{name: "40 with name", conn: setUpConn().hello(name).alert(server, 40), code: NoCommonParameters, severity: Error, confidence: Probable},
		{name: "40 with name, others pass", conn: setUpConn().hello(name).alert(server, 40), context: endpoint(func(c *Counts) { c.Hellos[WithSNI][0] = Outcomes{2, 1} }),
			code: NoCommonParameters, severity: Error, confidence: Probable, says: []string{"2 handshakes for other names went through there, so the server may not know this name"}},
		{name: "40, hello cut", conn: setUpConn().hello(name).partial(flow.IncompleteSnaplen).alert(server, 40), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "47", conn: setUpConn().hello("").alert(server, 47), code: NoCommonParameters, severity: Error, confidence: Probable},
		{name: "71", conn: setUpConn().hello("").alert(server, 71), code: NoCommonParameters, severity: Error, confidence: Certain},
		{name: "112", conn: setUpConn().hello(name).alert(server, 112), code: SNIUnrecognized, severity: Error, confidence: Certain},
		{name: "112 for a bad name", conn: setUpConn().hello(name).badName().alert(server, 112), code: SNIInvalid, severity: Error, confidence: Certain},
		{name: "80", conn: setUpConn().hello(name).alert(server, 80), code: ServerAlert, severity: Error, confidence: Certain},
		{name: "40 after the ServerHello", conn: setUpConn().hello(name).flight12(name).alert(server, 40), code: ServerAlert, severity: Error, confidence: Certain},
		{name: "close_notify, and the client closes", conn: setUpConn().hello(name).acked().alertLevel(server, 1, 0).fin(client), code: HelloClosed, severity: Error, confidence: Certain,
			says: []string{`sent close_notify and nothing else 0.20 ms after a 297-byte ClientHello for "shop.example", and then the client sent FIN`}},
		{name: "close_notify, and nobody closes", conn: setUpConn().hello(name).acked().alertLevel(server, 1, 0), code: HelloClosed, severity: Error, confidence: Certain},
		{name: "the client left without what the server had sent long before", conn: setUpConn().hello(name).acked().flight13().wait(time.Second / 2).unreadFIN(client),
			code: ClientAborted, severity: Warning, confidence: Probable},
		{name: "the client said more than was captured, and so did the server", conn: setUpConn().hello(name).lost(client, 105).rst(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "bare RST long after, which answers what was not captured", conn: setUpConn().hello(name).acked().wait(4 * time.Second).bareRST(server),
			code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "bare RST long after, which answers the hello sent again", conn: setUpConn().hello(name).acked().wait(4 * time.Second).bareRST(server).do(func(r *conversation.Record) { r.Sides[client].Retransmits = 1 }),
			code: HelloReset, severity: Error, confidence: Certain},
		{name: "a RST and nothing else of the server", conn: newConn().hello(name).rst(server).incomplete(flow.IncompleteMid),
			code: HelloReset, severity: Error, confidence: Probable},
		{name: "close_notify behind the client's close", conn: setUpConn().hello(name).acked().fin(client).alertLevel(server, 1, 0), code: ClientAborted, severity: Warning, confidence: Certain},
		{name: "close_notify without name, and the client closes", conn: setUpConn().hello("").acked().alertLevel(server, 1, 0).fin(client), code: NoSNIClosed, severity: Error, confidence: Probable},
		{name: "close_notify alone", conn: setUpConn().hello(name).acked().alertLevel(server, 1, 0).fin(server), code: HelloClosed, severity: Error, confidence: Certain},
		{name: "80 of the client", conn: setUpConn().hello(name).flight12(name).alert(client, 80), code: ClientAlert, severity: Error, confidence: Certain},
		{name: "client's alert lost", conn: setUpConn().hello(name).flight12(name).lost(client, 7).fin(client), code: ClientAlert, severity: Error, confidence: Probable},
		{name: "or what an alert cannot be", conn: setUpConn().hello(name).flight12(name).do(encrypts).lost(client, 7).fin(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "or one of several losses", conn: setUpConn().hello(name).flight12(name).lost(client, 7).do(func(r *conversation.Record) { r.Missed = 7 + 500 }).fin(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "warning in TLS 1.3", conn: setUpConn().hello(name).flight13().alertLevel(client, 1, 48).fin(client), code: ClientRejectedCertificate, severity: Error, confidence: Certain},
		{name: "user_canceled", conn: setUpConn().hello(name).flight13().alertLevel(client, 1, 90).fin(client), code: ClientAborted, severity: Warning, confidence: Certain},
	})
}

// TestTrust expects the dates and the issuer of a certificate where they tell why it was not accepted.
func TestTrust(t *testing.T) {
	served := func(set func(*conversation.Answer)) *conn {
		return setUpConn().hello(name).flight12(name).do(func(r *conversation.Record) {
			r.Server.CertIssuer, r.Server.CertNotAfter, r.Server.CertValidity = "Lab CA", time.Unix(1_699_000_000, 0), conversation.Valid
			set(&r.Server)
		})
	}
	expired := func(a *conversation.Answer) { a.CertValidity = conversation.Expired }
	const since = "the server's certificate expired on 2023-11-03"
	sent := func(v conversation.Validity) *conn {
		return setUpConn().hello(name).flight12(name).cert(conversation.CertSent).do(func(r *conversation.Record) { r.Client.CertValidity = v })
	}
	runRules(t, []ruleTest{
		{name: "expired", conn: served(expired).alert(client, 42), code: ClientRejectedCertificate, severity: Error, confidence: Certain,
			says: []string{`issued by "Lab CA"; ` + since}, fix: "renew the server's certificate and see"},
		{name: "expired, and the client leaves", conn: served(expired).fin(client), code: ClientAborted, severity: Warning, confidence: Certain, says: []string{since}},
		{name: "expired, and the client goes on", conn: served(expired).through(), code: Healthy, severity: OK, confidence: Certain, says: []string{since}},
		{name: "valid, and the client goes on", conn: served(func(*conversation.Answer) {}).through(), code: Healthy, severity: OK, confidence: Certain, omits: []string{"expired"}},
		{name: "not valid yet", conn: served(func(a *conversation.Answer) { a.CertValidity = conversation.NotYetValid }).alert(client, 45),
			code: ClientRejectedCertificate, severity: Error, confidence: Certain, says: []string{"was not valid yet"}, fix: "look at the clocks"},
		{name: "45, and the leaf is valid", conn: served(func(*conversation.Answer) {}).alert(client, 45), code: ClientRejectedCertificate, severity: Error, confidence: Certain,
			omits: []string{"had expired"}, fix: "compare the client's clock with that of this capture"},
		{name: "45, and nobody knows whether the leaf is valid", conn: served(func(a *conversation.Answer) { a.CertValidity = conversation.ValidityUnknown }).alert(client, 45),
			code: ClientRejectedCertificate, severity: Error, confidence: Certain, fix: "renew the server's certificate"},
		{name: "42, and the leaf is valid", conn: served(func(*conversation.Answer) {}).alert(client, 42), code: ClientRejectedCertificate, severity: Error, confidence: Certain, fix: "at its clock"},
		{name: "self-signed", conn: served(func(a *conversation.Answer) { a.CertSelfIssued, a.CertAlone = true, true }).alert(client, 48),
			code: ClientRejectedCertificate, severity: Error, confidence: Certain, says: []string{"is self-signed"}, omits: []string{"intermediate"}, fix: "give the server a certificate of an authority"},
		{name: "self-signed, for another name", conn: served(func(a *conversation.Answer) {
			a.CertSelfIssued, a.CertAlone, a.CertNames, a.CertMatches = true, true, []string{"other.example"}, false
		}).alert(client, 48), code: ClientRejectedCertificate, severity: Error, confidence: Certain, fix: "give the server a certificate for this name"},
		{name: "alone", conn: served(func(a *conversation.Answer) { a.CertAlone = true }).alert(client, 48), code: ClientRejectedCertificate, severity: Error, confidence: Certain,
			says: []string{`issued by "Lab CA", and no intermediate certificate came with it`}, fix: "have the server send its chain"},
		{name: "with its chain", conn: served(func(*conversation.Answer) {}).alert(client, 48), code: ClientRejectedCertificate, severity: Error, confidence: Certain, omits: []string{"no intermediate"}},
		{name: "client's expired", conn: sent(conversation.Expired).alert(server, 42), code: ClientCertificateRejected, severity: Error, confidence: Certain,
			says: []string{"the client's certificate had expired"}, fix: "renew the client's certificate"},
		{name: "client's not valid yet, and a RST", conn: sent(conversation.NotYetValid).rst(server), code: ClientCertificateRejected, severity: Error, confidence: Possible,
			says: []string{"the client's certificate was not valid yet"}, fix: "look at the clocks of the server, and of whoever issued the client's"},
		{name: "client's expired, and a FIN", conn: sent(conversation.Expired).fin(server), code: ClientCertificateRejected, severity: Error, confidence: Possible,
			says: []string{"the client's certificate had expired"}, fix: "renew the client's certificate"},
		{name: "client's not valid yet, and 45", conn: sent(conversation.NotYetValid).alert(server, 45), code: ClientCertificateRejected, severity: Error, confidence: Certain,
			fix: "look at the clocks of the server, and of whoever issued the client's"},
		{name: "client's valid, and 45", conn: sent(conversation.Valid).alert(server, 45), code: ClientCertificateRejected, severity: Error, confidence: Certain, fix: "compare the server's clock with that of this capture"},
		{name: "client's revoked", conn: sent(conversation.Valid).alert(server, 44), code: ClientCertificateRejected, severity: Error, confidence: Certain, fix: "replace the client's certificate"},
		{name: "client's not for clients", conn: sent(conversation.Valid).alert(server, 43), code: ClientCertificateRejected, severity: Error, confidence: Certain, fix: "the key usage of a client"},
		{name: "client's valid", conn: sent(conversation.Valid).alert(server, 48), code: ClientCertificateRejected, severity: Error, confidence: Certain, omits: []string{"expired"}},
	})
}

func TestOfferedKey(t *testing.T) {
	offered := func(r *conversation.Record) { r.Hello.PreSharedKey = true }
	const says = "the hello offered a pre-shared key or a session to resume"
	runRules(t, []ruleTest{
		{name: "illegal_parameter", conn: setUpConn().hello(name).do(offered).alert(server, 47), code: NoCommonParameters, severity: Error, confidence: Probable, says: []string{says}},
		{name: "decrypt_error", conn: setUpConn().hello(name).do(offered).alert(server, 51), code: ServerAlert, severity: Error, confidence: Certain, says: []string{says}},
		{name: "none offered", conn: setUpConn().hello(name).alert(server, 47), code: NoCommonParameters, severity: Error, confidence: Probable, omits: []string{says}},
		{name: "handshake_failure", conn: setUpConn().hello(name).do(offered).alert(server, 40), code: NoCommonParameters, severity: Error, confidence: Probable, says: []string{says}, fix: "else align versions, cipher suites"},
		{name: "handshake_failure, no name", conn: setUpConn().hello("").do(offered).alert(server, 40), code: NoSNIAlert, severity: Error, confidence: Possible, says: []string{says}, fix: "else send server_name"},
		{name: "handshake_failure, no name, and with one it passes", conn: setUpConn().hello("").do(offered).alert(server, 40), context: Context{SameClient: [2]bool{WithSNI: true}, SameOffer: [2]bool{WithSNI: true}},
			code: NoSNIAlert, severity: Error, confidence: Certain, fix: "send server_name from the client, or give"},
	})
}

// begins13 is a ServerHello of TLS 1.3 and the beginning of what follows it.
func begins13(c *conn) *conn {
	c.flight13().LastRecordCut[server] = 900
	return c
}

func TestAfterFlight(t *testing.T) {
	empty, sent := conversation.CertEmpty, conversation.CertSent
	ended := func(c *conn) *conn { return c.errorRecord().fin(server) }
	unheard := func(r *conversation.Record) {
		r.Sides[server].Retransmits = 5
		r.Sides[server].Stall = flow.Stall{Event: r.Sides[server].LastData, Length: 760, Count: 5}
	}
	runRules(t, []ruleTest{
		{name: "certificate required, 116", conn: setUpConn().hello(name).flight12(name).alert(server, 116), code: ClientCertificateRequired, severity: Error, confidence: Certain},
		{name: "certificate required, 40", conn: setUpConn().hello(name).flight12(name).cert(empty).alert(server, 40), code: ClientCertificateRequired, severity: Error, confidence: Certain,
			says: []string{"had been asked for a certificate and had sent none"}},
		{name: "certificate required, 42", conn: setUpConn().hello(name).flight12(name).cert(empty).alert(server, 42), code: ClientCertificateRequired, severity: Error, confidence: Certain},
		{name: "certificate required, 46", conn: setUpConn().hello(name).flight12(name).cert(empty).alert(server, 46), code: ClientCertificateRequired, severity: Error, confidence: Certain},
		{name: "certificate required, inferred", conn: ended(setUpConn().hello(name).flight13().cert(empty)), code: ClientCertificateRequired, severity: Error, confidence: Probable},
		{name: "certificate required, no name", conn: ended(setUpConn().hello("").flight13().cert(empty)), code: ClientCertificateRequired, severity: Error, confidence: Probable},
		{name: "a certificate, and the server closes without another record", conn: setUpConn().hello(name).flight13().cert(conversation.CertSent).fin(server),
			code: ClientCertificateRejected, severity: Error, confidence: Possible, says: []string{"0.10 ms after the client's Finished, without another record; the client had sent a certificate, which some programs"}},
		{name: "a certificate, TLS 1.2, and the server closes instead of its Finished", conn: setUpConn().hello(name).flight12(name).cert(conversation.CertSent).finished().fin(server),
			code: ClientCertificateRejected, severity: Error, confidence: Possible},
		{name: "a certificate, TLS 1.2, and the server closes late", conn: setUpConn().hello(name).flight12(name).cert(conversation.CertSent).finished().wait(3 * time.Second).fin(server),
			code: HelloClosed, severity: Error, confidence: Possible},
		{name: "no certificate, TLS 1.2, and the server closes before the rest", conn: setUpConn().hello(name).flight12(name).cert(conversation.CertEmpty).fin(server),
			code: ClientCertificateRequired, severity: Error, confidence: Possible, says: []string{"0.10 ms after the client's Certificate, without an alert; the client had been asked for a certificate and had sent none"}},
		{name: "no certificate, TLS 1.2, and the server closes late", conn: setUpConn().hello(name).flight12(name).cert(conversation.CertEmpty).wait(3 * time.Second).fin(server),
			code: HelloClosed, severity: Error, confidence: Possible},
		{name: "no certificate, and alert 50", conn: setUpConn().hello(name).flight12(name).cert(conversation.CertEmpty).finished().alert(server, 50),
			code: ClientCertificateRequired, severity: Error, confidence: Probable},
		{name: "no certificate, and the same", conn: setUpConn().hello(name).flight13().cert(conversation.CertEmpty).rst(server),
			code: ClientCertificateRequired, severity: Error, confidence: Possible},
		{name: "certificate rejected, 48", conn: setUpConn().hello(name).flight12(name).cert(sent).alert(server, 48), code: ClientCertificateRejected, severity: Error, confidence: Certain},
		{name: "certificate rejected, 40", conn: setUpConn().hello(name).flight12(name).cert(sent).alert(server, 40), code: ClientCertificateRejected, severity: Error, confidence: Probable,
			says: []string{"the client had sent a certificate"}, fix: "the trust store on the server's side"},
		{name: "certificate rejected, 51", conn: setUpConn().hello(name).flight12(name).cert(sent).alert(server, 51), code: ClientCertificateRejected, severity: Error, confidence: Certain},
		{name: "certificate rejected, TLS 1.2, sealed", conn: setUpConn().hello(name).flight12(name).cert(sent).finished().sealedAlert(server), code: ClientCertificateRejected, severity: Error, confidence: Probable,
			says: []string{"sent an encrypted alert 0."}, omits: []string{"length"}},
		{name: "certificate rejected, inferred", conn: ended(setUpConn().hello(name).flight13().cert(sent)), code: ClientCertificateRejected, severity: Error, confidence: Probable},
		{name: "certificate sent, and alert 80 that had not seen it", conn: setUpConn().hello(name).flight12(name).alert(server, 80).cert(sent), code: ServerAlert, severity: Error, confidence: Certain},
		{name: "a RST for want of a connection, and the client went on", conn: setUpConn().hello(name).flight13().bareRST(client).bareRST(server), code: ClientAborted, severity: Warning, confidence: Probable,
			says: []string{"such a RST comes from a host that has no such connection", "and the client went on after it"}, fix: "look for a NAT"},
		{name: "the same, and nothing of the server was captured", conn: setUpConn().hello(name).acked().bareRST(client), code: ClientAborted, severity: Warning, confidence: Probable, fix: "look at the firewall's rules on the server's host"},
		{name: "the same, and the server aborted", conn: setUpConn().hello(name).flight13().bareRST(client).rst(server), code: ClientAborted, severity: Warning, confidence: Probable,
			says: []string{"such a RST comes from a host that has no such connection"}, omits: []string{"went on"}},
		{name: "the same, twice", conn: setUpConn().hello(name).flight13().bareRST(client).bareRST(client), code: ClientAborted, severity: Warning, confidence: Probable, omits: []string{"went on"}},
		{name: "the same, behind a RST of a connection before", conn: setUpConn().do(staleRST).hello(name).flight13().bareRST(client), code: ClientAborted, severity: Warning, confidence: Probable, omits: []string{"went on"}},
		{name: "the same of a program", conn: setUpConn().hello(name).flight13().rst(client).bareRST(server), code: ClientAborted, severity: Warning, confidence: Certain, omits: []string{"no such connection"}},
		{name: "an alert, and the FIN is missing", conn: setUpConn().hello(name).alert(server, 40).lost(server, 1), code: NoCommonParameters, severity: Error, confidence: Probable},
		{name: "a byte is missing, and no alert was there", conn: setUpConn().hello(name).acked().lost(server, 1).fin(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "certificate sent, another alert", conn: setUpConn().hello(name).flight12(name).cert(sent).alert(server, 10), code: ServerAlert, severity: Error, confidence: Certain,
			says: []string{"the client had sent a certificate"}},
		{name: "mismatch and 42", conn: setUpConn().hello(name).flight12("other.example").alert(client, 42), code: CertificateNameMismatch, severity: Error, confidence: Certain,
			says: []string{"and the client sent alert 42", "client-rejected-certificate fits as well"}},
		{name: "mismatch and FIN", conn: setUpConn().hello(name).flight12("other.example").fin(client), code: CertificateNameMismatch, severity: Error, confidence: Probable},
		{name: "mismatch and 48", conn: setUpConn().hello(name).flight12("other.example").alert(client, 48), code: ClientRejectedCertificate, severity: Error, confidence: Certain},
		{name: "mismatch and 44", conn: setUpConn().hello(name).flight12("other.example").alert(client, 44), code: ClientRejectedCertificate, severity: Error, confidence: Certain},
		{name: "mismatch and 45", conn: setUpConn().hello(name).flight12("other.example").alert(client, 45), code: ClientRejectedCertificate, severity: Error, confidence: Certain},
		{name: "mismatch and the server's alert", conn: setUpConn().hello(name).flight12("other.example").alert(server, 80), code: ServerAlert, severity: Error, confidence: Certain},
		{name: "rejected, 48", conn: setUpConn().hello(name).flight12(name).alert(client, 48).fin(server).rst(client), code: ClientRejectedCertificate, severity: Error, confidence: Certain},
		{name: "rejected, sealed, with ECH", conn: setUpConn().hello(name).flight13().sealedAlert(client).do(func(r *conversation.Record) { r.Hello.ECH = true }),
			code: ClientRejectedCertificate, severity: Error, confidence: Probable, says: []string{"the alert may also be ech_required"}},
		{name: "rejected, sealed", conn: setUpConn().hello(name).flight13().sealedAlert(client), code: ClientRejectedCertificate, severity: Error, confidence: Probable,
			says: []string{"an encrypted alert (known by its record's length)"}},
		{name: "rejected, 45, of a flight that the capture cut short", conn: setUpConn().hello(name).partial(flow.IncompleteSnaplen).acked().do(func(r *conversation.Record) { r.TLSBytes[server] = 42 }).alert(client, 45),
			code: ClientRejectedCertificate, severity: Error, confidence: Probable, says: []string{"alert 45 (certificate_expired)"}},
		{name: "server's FIN first", conn: setUpConn().hello(name).acked().fin(server).alert(client, 50).do(func(r *conversation.Record) { r.Alerts[client].Late = true }),
			code: HelloClosed, severity: Error, confidence: Certain},
		{name: "aborted before any byte", conn: setUpConn().hello(name).acked().wait(200 * time.Millisecond).rst(client), code: ClientAborted, severity: Warning, confidence: Certain,
			says: []string{"before any byte of the server"}},
		{name: "left after the ServerHello and 1 s", conn: begins13(setUpConn().hello(name)).flightAcked().wait(3 * time.Second).fin(client), code: HandshakeStalled, severity: Warning, confidence: Certain,
			says: []string{"did not send the rest of its answer"}},
		{name: "the same of rustls, which says at once that it had that", conn: begins13(setUpConn().hello(name)).said(client, changeCipherSpecLen).acked().wait(3 * time.Second).fin(client), code: HandshakeStalled, severity: Warning, confidence: Certain,
			says: []string{"did not send the rest of its answer"}},
		{name: "the same, and the client said more", conn: begins13(setUpConn().hello(name)).said(client, changeCipherSpecLen+80).acked().wait(3 * time.Second).unreadFIN(client), code: ClientAborted, severity: Warning, confidence: Probable},
		{name: "aborted after the flight", conn: setUpConn().hello(name).flight13().fin(client), code: ClientAborted, severity: Warning, confidence: Certain},
		{name: "aborted, and an answer to that", conn: func() *conn {
			c := setUpConn().hello(name).flight13().flightAcked().wait(time.Millisecond).fin(client)
			c.tls(server, 24)
			return c
		}(), code: ClientAborted, severity: Warning, confidence: Certain, says: []string{"1.20 ms after the server's answer began"}, omits: []string{"under way"}},
		{name: "aborted soon after the first hello that was captured", conn: newConn().hello(name).acked().incomplete(flow.IncompleteMid).fin(client),
			code: IncompleteCapture, severity: Info, confidence: Certain, says: []string{"the capture began in the middle of the connection"}},
		{name: "aborted after the flight, in a capture that begins with the hello", conn: newConn().hello(name).flight13().incomplete(flow.IncompleteMid).fin(client),
			code: ClientAborted, severity: Warning, confidence: Certain},
		{name: "surplus", conn: setUpConn().hello(name).flight13().fin(client), context: Context{SameClientName: true, SameOfferName: true}, code: ClientAborted, severity: Info, confidence: Certain},
		{name: "not surplus, of another program", conn: setUpConn().hello(name).flight13().fin(client), context: Context{SameClientName: true}, code: ClientAborted, severity: Warning, confidence: Certain, fix: "trusts the server's certificate"},
		{name: "no surplus: its host had no such connection", conn: setUpConn().hello(name).flight13().bareRST(client), context: Context{SameClientName: true, SameOfferName: true}, code: ClientAborted, severity: Warning, confidence: Probable,
			says: []string{"comes from a host that has no such connection"}, omits: []string{"another connection of this client", "went on"}, fix: "did not translate the server's packet back"},
		{name: "its host had no such connection, and a FIN may be missing", conn: setUpConn().hello(name).flight13().bareRST(client).do(func(r *conversation.Record) { r.Missed = 31 }), code: ClientAborted, severity: Warning, confidence: Possible},
		{name: "its host had no such connection, and it named no server", conn: setUpConn().hello("").flight12().bareRST(client), code: ClientAborted, severity: Warning, confidence: Probable, fix: "did not translate the server's packet back"},
		{name: "its host had no such connection, and the certificate is another's", conn: setUpConn().hello(name).flight12("other.example").bareRST(client), code: CertificateNameMismatch, severity: Error, confidence: Possible},
		{name: "its address moved, and the client goes on", conn: setUpConn().hello(name).acked().bareRST(client).bareRST(server).do(func(r *conversation.Record) {
			r.Terminator = flow.Terminator{Event: r.Resets[0].Event, By: client, Kind: flow.CloseRST, RST: flow.RSTNoSocket}
		}),
			code: ClientAborted, severity: Warning, confidence: Probable, says: []string{"and the client went on after it"}, fix: "or that moved to it"},
		{name: "waited too long", conn: setUpConn().hello(name).acked().wait(1500 * time.Millisecond).fin(client).answers(server), code: HelloUnanswered, severity: Error, confidence: Certain},
		{name: "waited too long, and nothing of the server since", conn: setUpConn().hello(name).acked().wait(1500 * time.Millisecond).fin(client), code: HelloUnanswered, severity: Error, confidence: Probable},
		{name: "nothing behind the flight was captured", conn: setUpConn().hello(name).flight13(), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "stalled, sent again and again", conn: setUpConn().hello(name).flight13().do(keepAlive).
			do(func(r *conversation.Record) { r.Sides[server].Retransmits, r.Sides[server].Stall.Count = 4, 4 }), code: HandshakeStalled, severity: Warning, confidence: Probable},
		{name: "stalled, sent again", conn: setUpConn().hello(name).flight13().do(keepAlive).do(func(r *conversation.Record) { r.Sides[server].Retransmits = 2 }),
			code: HandshakeStalled, severity: Warning, confidence: Certain},
		{name: "stalled", conn: setUpConn().hello(name).flight13().flightAcked(), code: HandshakeStalled, severity: Warning, confidence: Probable,
			says: []string{"server 10.0.0.5:443 answered the hello, and then nothing came from either side for 60.0 s"}},
		{name: "silent where the client would have sent its Finished again", conn: setUpConn().hello(name).flight12(name).flightAcked().finished(),
			code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "as it did", conn: setUpConn().hello(name).flight12(name).flightAcked().finished().again(client),
			code: HandshakeStalled, severity: Warning, confidence: Probable},
		{name: "stalled, and the server's time-out", conn: setUpConn().hello(name).flight13().flightAcked().wait(time.Minute).fin(server), code: HandshakeStalled, severity: Warning, confidence: Certain},
		{name: "stalled, the flight never arrives", conn: setUpConn().hello(name).flight13().do(unheard).wait(4 * time.Second).unreadFIN(client),
			code: HandshakeStalled, severity: Warning, confidence: Probable, fix: "the path from the server to the client",
			says: []string{"sent its answer to the hello again 5 times, and the client did not acknowledge it for 4.0 s, until the client sent FIN"}},
		{name: "stalled, the flight never arrives, no name", conn: setUpConn().hello("").flight12("other.example").do(unheard).wait(4 * time.Second).unreadFIN(client),
			code: HandshakeStalled, severity: Warning, confidence: Probable},
		{name: "stalled, the flight never arrives and the server gives up", conn: setUpConn().hello(name).flight13().do(unheard).wait(time.Minute).fin(server),
			code: HandshakeStalled, severity: Warning, confidence: Probable, fix: "the path from the server to the client"},
		{name: "stalled, the flight arrived late", conn: setUpConn().hello(name).flight13().do(unheard).flightAcked().wait(4 * time.Second).fin(client),
			code: ClientAborted, severity: Warning, confidence: Probable},
		{name: "stalled, the server owes its Finished", conn: setUpConn().hello(name).flight12(name).flightAcked().finished().acked().wait(4 * time.Second).fin(client),
			code: HandshakeStalled, severity: Warning, confidence: Certain, says: []string{"did not send its Finished: it acknowledged the client's and sent nothing for 4.0 s, until the client sent FIN"}},
		{name: "stalled, the server owes its Finished and the certificate fits nothing", conn: setUpConn().hello(name).flight12("other.example").flightAcked().finished().acked().wait(4 * time.Second).fin(client),
			code: HandshakeStalled, severity: Warning, confidence: Certain},
		{name: "stalled, the server owes its Finished, no name", conn: setUpConn().hello("").flight12(name).flightAcked().finished().acked().wait(4 * time.Second).fin(client),
			code: HandshakeStalled, severity: Warning, confidence: Certain},
		{name: "the server owes its Finished, but not for long", conn: setUpConn().hello(name).flight12(name).flightAcked().finished().acked().wait(500 * time.Millisecond).fin(client),
			code: ClientAborted, severity: Warning, confidence: Certain},
		{name: "the client's Finished may have been lost", conn: setUpConn().hello(name).flight12(name).flightAcked().finished().wait(4 * time.Second).fin(client),
			code: ClientAborted, severity: Warning, confidence: Certain},
		{name: "it was the client's turn", conn: setUpConn().hello(name).flight12(name).flightAcked().wait(4 * time.Second).fin(client),
			code: ClientAborted, severity: Warning, confidence: Certain},
		{name: "stalled, the server owes a ServerHello", conn: setUpConn().hello(name).retried().acked().wait(4 * time.Second).rst(client),
			code: HandshakeStalled, severity: Warning, confidence: Certain, says: []string{"did not send its ServerHello", "second ClientHello"}},
		{name: "stalled, the server's flight breaks off", conn: setUpConn().hello(name).flight12(name).flightAcked().do(func(r *conversation.Record) {
			r.Server.Flight, r.Server.Certificate, r.LastRecordCut[server] = flow.Event{}, flow.Event{}, 800
		}).wait(4 * time.Second).fin(client), code: HandshakeStalled, severity: Warning, confidence: Certain, says: []string{"did not send the rest of its answer"}},
		{name: "the server's flight may have been lost", conn: setUpConn().hello(name).flight12(name).flightAcked().do(func(r *conversation.Record) { r.Server.Flight = flow.Event{} }).
			incomplete(flow.IncompleteGap).wait(4 * time.Second).fin(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "no name, and the server resets behind its answer", conn: setUpConn().hello("").flight13().rst(server), code: HelloReset, severity: Error, confidence: Possible,
			says: []string{"in the middle of the handshake"}},
		{name: "no name, and the server closes behind its answer", conn: setUpConn().hello("").flight13().fin(server), code: HelloClosed, severity: Error, confidence: Possible,
			says: []string{"in the middle of the handshake"}},
		{name: "the client's host knows of no such connection", conn: setUpConn().hello(name).flight13().bareRST(client), code: ClientAborted, severity: Warning, confidence: Probable},
		{name: "not yet stalled", conn: setUpConn().hello(name).flight13().flightAcked(), after: 4 * time.Second, code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "gap in the flight", conn: setUpConn().hello(name).flight12(name).incomplete(flow.IncompleteGap).fin(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "gap that the client never received", conn: setUpConn().hello(name).flight12(name).incomplete(flow.IncompleteGap).wait(4 * time.Second).unreadFIN(client), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"the client never received them: it had acknowledged 0 of 3000 bytes of the server 4.0 s after"}},
		{name: "gap that the client did receive", conn: setUpConn().hello(name).flight12(name).flightAcked().incomplete(flow.IncompleteGap).wait(4 * time.Second).fin(client), code: IncompleteCapture, severity: Info, confidence: Certain,
			omits: []string{"never received"}},
		{name: "gap, yet an alert", conn: setUpConn().hello(name).flight12(name).incomplete(flow.IncompleteGap).alert(client, 48), code: ClientRejectedCertificate, severity: Error, confidence: Certain},
		{name: "one direction", conn: newConn().syn().hello(name).incomplete(flow.IncompleteOneSided).fin(client), code: IncompleteCapture, severity: Info, confidence: Certain,
			says: []string{"only one direction was seen"}},
		{name: "no beginning", conn: newConn().do(func(r *conversation.Record) { r.TLSBytes[client] = 100; r.FirstData[client].Frame = 1 }).incomplete(flow.IncompleteMid),
			code: IncompleteCapture, severity: Info, confidence: Certain},
	})
}

// A server that has sent TLS needs no advice to enable it.
func TestServerLeavesMidway(t *testing.T) {
	part := func() *conn {
		return setUpConn().hello(name).acked().do(func(r *conversation.Record) { r.TLSBytes[server], r.Protocol[server] = 60, "tls" })
	}
	begun := func() *conn { c := part(); c.data(server, 60); return c }
	for _, tc := range []struct {
		name string
		conn *conn
		code Code
		says string
	}{
		{"reset after the flight", setUpConn().hello(name).flight12(name).rst(server), HelloReset, "3000 bytes of TLS and no alert"},
		{"closed after the flight", setUpConn().hello(name).flight13().fin(server), HelloClosed, "3000 bytes of TLS and no alert"},
		{"closed after HelloRetryRequest", setUpConn().hello(name).retried().acked().fin(server), HelloClosed, "99 bytes of TLS"},
		{"closed in the first record", begun().fin(server), HelloClosed, "60 bytes of TLS, less than a record, and no alert"},
		{"reset in the first record", begun().rst(server), HelloReset, "60 bytes of TLS, less than a record, and no alert"},
	} {
		v := explained(tc.conn.Record, tc.conn.alone(time.Minute))
		if v.Code != tc.code || v.Confidence != Possible || !strings.Contains(v.Detail, tc.says) || !strings.HasPrefix(v.Fix, "look in the server's log") {
			t.Errorf("%s: %s, %s: %s; fix: %s", tc.name, v.Code, v.Confidence, v.Detail, v.Fix)
		}
	}
	others := endpoint(func(c *Counts) { c.Hellos[WithSNI][0].Passed = 2 })
	if v := explained(setUpConn().hello(name).flight13().fin(server).Record, &others); v.Code != HelloClosed || v.Confidence != Possible {
		t.Errorf("in the middle of the handshake, and other names go through: %s, %s: %s", v.Code, v.Confidence, v.Detail)
	}
	c := begun().flightAcked().wait(4 * time.Second).fin(client)
	if v := explained(c.Record, c.alone(time.Minute)); v.Code != HandshakeStalled || !strings.Contains(v.Detail, "did not send the rest of its answer") {
		t.Errorf("half a record, and silence: %s: %s", v.Code, v.Detail)
	}
}

// Who captured all there was is not told to capture again.
func TestNothingMissing(t *testing.T) {
	for _, tc := range []struct {
		name   string
		conn   *conn
		detail string
		fix    string
	}{
		{"the client left in the hello", setUpConn().hello(name).partial(0).fin(client), "ended too early to tell", "nothing is missing from the capture"},
		{"the capture cut the hello", setUpConn().hello(name).partial(flow.IncompleteSnaplen).rst(server), "with it the server_name", "capture again"},
		{"the capture ended in the hello", setUpConn().hello(name).partial(0), "not enough was captured", "capture again"},
		{"the capture lacks what came before the RST", setUpConn().hello(name).partial(0).lost(server, 100).rst(server), "not enough was captured", "capture again"},
	} {
		c := Context{End: tc.conn.now}
		v := explained(tc.conn.Record, &c)
		if v.Code != IncompleteCapture || !strings.Contains(v.Detail, tc.detail) || !strings.HasPrefix(v.Fix, tc.fix) {
			t.Errorf("%s: %s: %s; fix: %s", tc.name, v.Code, v.Detail, v.Fix)
		}
	}
}

// declined is a QUIC client whose version the server does not speak.
func declined() *conn {
	c := newConn().over(flow.QUIC).hello(name)
	c.Declined, c.Versions = c.packet(server), "v2"
	c.FirstData[server] = c.Declined
	return c
}

// withChaCha selects a cipher suite whose records are 21 bytes longer than what they hold.
func withChaCha(r *conversation.Record) { r.Server.Cipher = 0xcca8 }

// requested is the client's request, in packets that were looked into.
func requested(r *conversation.Record) {
	r.AppData[client] = 1
	r.Bytes[client] += 100
	r.Sides[client].Sent += 100
	r.Sides[client].LastData = flow.Event{Frame: r.EstablishedAt.Frame + 1, Time: r.EstablishedAt.Time}
}

// ticketed is one record of the server behind the handshake, as of a session ticket.
func ticketed(r *conversation.Record) {
	r.AppData[server], r.Server.RecordsAfterDone = 1, 1
	r.Server.TicketLen, r.Server.Tickets = 250, 1
	r.Bytes[server] += 255
	r.Sides[server].Sent += 255
}

// retracted has a RST end nothing, for who sent it went on.
func retracted(r *conversation.Record) {
	r.Terminator, r.Resets[0].Accepted = flow.Terminator{By: flow.Nobody}, false
}

// oldReset is a RST of the client that is outside this connection, whose sequence numbers it has nothing to do with.
func oldReset(c *conn) *conn {
	e := c.packet(client)
	c.Resets = append(c.Resets, flow.Reset{Event: e, By: client, Flags: decode.RST, Seq: 0xdeadbeef, Signs: flow.SignWindow})
	return c
}
