package diagnosis

import (
	"slices"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// twoMarks are enough to say that a RST was not its apparent sender's.
const twoMarks = flow.SignTTL | flow.SignIPID

// wrote is TLS of a side of which no more is known.
func (c *conn) wrote(s flow.Side, n uint64) *conn {
	c.tls(s, n)
	return c
}

// withName is of a server where so many handshakes with a name went through, and so many were refused.
func withName(passed, failed uint32) (c Counts) {
	c.Hellos[WithSNI][0] = Outcomes{passed, failed}
	return c
}

// TestTLSWithoutItsBeginning has TLS and no hello: whose word came first, and whether it is all, decides what is said.
func TestTLSWithoutItsBeginning(t *testing.T) {
	unknown := func(name string, c *conn) ruleTest {
		return ruleTest{name: name, conn: c, code: IncompleteCapture, severity: Info, confidence: Certain}
	}
	runRules(t, []ruleTest{
		{name: "an alert answers the client's FIN", conn: setUpConn().fin(client).alert(server, 40), code: ClientLeftBeforeHello, severity: Info, confidence: Certain,
			says: []string{"the server answered that in TLS"}},
		unknown("the same, and the beginning is missing", newConn().synack().ack().fin(client).alert(server, 40)),
		unknown("TLS behind the server's RST", setUpConn().rst(server).wrote(server, 100)),
		unknown("an alert that nobody can read", setUpConn().sealedAlert(client).fin(client)),
		unknown("an alert, and the setup is missing", newConn().alert(server, 80).fin(server)),
		unknown("an alert, and bytes of the client are missing", setUpConn().lost(client, 300).alert(client, 80).fin(client)),
		unknown("an alert, and bytes of the server are missing", setUpConn().lost(server, 300).alert(server, 80).fin(server)),
		unknown("an alert behind the server's TLS", setUpConn().wrote(server, 100).alert(client, 80).fin(client)),
		unknown("an alert behind the client's TLS", setUpConn().wrote(client, 100).alert(client, 80).fin(client)),
	})
}

// TestMissingAlert loses as many bytes as an alert has.
func TestMissingAlert(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "before a byte of either side", conn: setUpConn().lost(server, 7).fin(server), code: ServerAlert, severity: Error, confidence: Probable},
		{name: "and bytes of the client", conn: setUpConn().hello(name).flight13().lost(client, 5).lost(server, 7).fin(server), code: ServerAlert, severity: Error, confidence: Probable},
		{name: "of the client, and packets before it", conn: setUpConn().hello(name).incomplete(flow.IncompleteGap).flight13().lost(client, 7).fin(client), code: ClientAlert, severity: Error, confidence: Probable},
		{name: "more than that, and the client gives up", conn: setUpConn().hello(name).acked().lost(server, 300).wait(3*time.Second).alert(client, 80), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "more than that behind a goodbye", conn: setUpConn().hello(name).alertLevel(server, tlswire.AlertLevelWarning, tlswire.AlertCloseNotify).lost(server, 300).wait(3*time.Second).alert(client, 80),
			code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "by what a forged RST says", conn: setUpConn().hello("").acked().lost(server, 7).rst(server).signs(twoMarks), code: ResetInjected, severity: Error, confidence: Probable},
		{name: "before a FIN, and a strange RST follows", conn: setUpConn().lost(server, 300).fin(server).rst(server).signs(twoMarks), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "a record as long as one, without the client's Finished", conn: setUpConn().hello(name).flight13().errorRecord().fin(server), code: HelloClosed, severity: Error, confidence: Possible},
		{name: "one direction, of a side that was captured", conn: setUpConn().plain(client, "http", "GET / HTTP/1.1").incomplete(flow.IncompleteOneSided).alert(server, 10), code: PlaintextToTLSPort, severity: Error, confidence: Certain},
		{name: "nothing, though the table was full then", conn: setUpConn().hello("").incomplete(flow.IncompleteEvicted).acked().rst(server), code: NoSNIReset, severity: Error, confidence: Probable},
	})
}

// TestEndBeforeTheHelloCame has the server leave about when the hello comes.
func TestEndBeforeTheHelloCame(t *testing.T) {
	const idle = 2 * time.Second
	crossed := func(name string, c *conn, s Severity, sure Confidence) ruleTest {
		return ruleTest{name: name, conn: c, code: ServerClosedBeforeHello, severity: s, confidence: sure, says: []string{"a ClientHello was on its way"}}
	}
	runRules(t, []ruleTest{
		crossed("without the SYN", newConn().synack().ack().fin(server).hello(name), Error, Certain),
		crossed("behind other bytes", setUpConn().wait(idle).fin(server).said(client, 50).hello(name), Warning, Certain),
		crossed("bytes are missing, and none before it", setUpConn().fin(server).hello(name).incomplete(flow.IncompleteGap), Error, Probable),
		crossed("acknowledged later", setUpConn().fin(server).hello(name).acked(), Error, Certain),
		{name: "sent again by then", conn: setUpConn().hello(name).do(func(r *conversation.Record) { r.Sides[client].Retransmits = 1 }).fin(server), code: HelloClosed, severity: Error, confidence: Certain},
		{name: "answered by a host that has no such connection", conn: setUpConn().wait(idle).hello(name).bareRST(server), code: HelloReset, severity: Error, confidence: Certain},
		{name: "acknowledged with the RST", conn: setUpConn().wait(idle).rst(server).do(func(r *conversation.Record) { r.Resets[0].Ack = helloEnd + 1 }).hello(name), code: HelloReset, severity: Error, confidence: Certain},
		{name: "not at all, while the server waited", conn: setUpConn().wait(idle).rst(server), code: ServerClosedBeforeHello, severity: Info, confidence: Certain, omits: []string{"fits as well"}},
		{name: "not at all, by what a router says", conn: setUpConn().icmp("10.0.0.1", 3, 1, false).do(func(r *conversation.Record) {
			r.Terminator = flow.Terminator{Event: r.ICMP.Event, By: flow.Path, Kind: flow.CloseICMP}
		}), code: IncompleteCapture, severity: Info, confidence: Certain, says: []string{"an ICMP error came"}},
		{name: "not at all, and the SYN is missing", conn: newConn().synack().ack().rst(server), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "not at all, and the setup is missing", conn: newConn().syn().fin(server), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "not at all, and all but the ACK is missing", conn: newConn().ack().fin(server), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "not at all, and bytes of the server are missing", conn: setUpConn().lost(server, 300).rst(server), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "not at all, behind a greeting", conn: setUpConn().plain(server, "unknown", "hello").rst(server), code: NotTLS, severity: OK, confidence: Certain},
		{name: "not at all, and a RST of the client acknowledges more", conn: setUpConn().fin(server).rst(client).do(func(r *conversation.Record) { r.Resets[0].Ack = 500 }), code: ServerClosedBeforeHello, severity: Error, confidence: Certain},
	})
}

// TestClientLeavesEarly says how long it had waited, for what, and what else is known of the server.
func TestClientLeavesEarly(t *testing.T) {
	left := func(name string, c *conn, sure Confidence) ruleTest {
		return ruleTest{name: name, conn: c, code: ClientLeftBeforeHello, severity: Info, confidence: sure}
	}
	since := func(r ruleTest, says string) ruleTest { r.says = []string{says}; return r }
	advice := func(r ruleTest, fix string) ruleTest { r.fix, r.omits = fix, []string{"in TLS"}; return r }
	busy := left("at once, of a server that others wait for", setUpConn().fin(client), Certain)
	busy.context.Endpoint.Waited, busy.omits = 3, []string{"3 hellos"}
	runRules(t, []ruleTest{
		since(left("behind its SYN", newConn().syn().fin(client), Probable), "0.10 ms after its SYN"),
		since(left("and nothing of the setup was captured", newConn().fin(client), Certain), "0.10 ms after the first packet"),
		since(left("by a bare RST behind its SYN", newConn().syn().bareRST(client), Probable), "sent RST without ACK"),
		advice(left("and the server says nothing", setUpConn().wait(2*time.Second).fin(client), Certain), "if the client waits for a greeting"),
		advice(left("and the server says what is no alert", setUpConn().wait(2*time.Second).fin(client).wrote(server, 100), Certain), "if the client waits for a greeting"),
		advice(left("and the server says what nobody can read", setUpConn().wait(2*time.Second).fin(client).sealedAlert(server), Certain), "if the client waits for a greeting"),
		busy,
	})
}

// TestHowSureOfTheClientsCertificate asks what the server's word, and its silence, says of that.
func TestHowSureOfTheClientsCertificate(t *testing.T) {
	asked := func(k conversation.ClientCert) *conn {
		return setUpConn().hello(name).flight12(name).flightAcked().cert(k)
	}
	sent, none := func() *conn { return asked(conversation.CertSent) }, func() *conn { return asked(conversation.CertEmpty) }
	over := func(k conversation.ClientCert) *conn {
		return setUpConn().over(flow.QUIC).hello(name).flight13().cert(k)
	}
	runRules(t, []ruleTest{
		{name: "access_denied", conn: sent().alert(server, tlswire.AlertAccessDenied), code: ClientCertificateRejected, severity: Error, confidence: Certain},
		{name: "illegal_parameter", conn: sent().alert(server, tlswire.AlertIllegalParameter), code: ClientCertificateRejected, severity: Error, confidence: Certain},
		{name: "internal_error", conn: sent().alert(server, tlswire.AlertInternalError), code: ClientCertificateRejected, severity: Error, confidence: Probable},
		{name: "a certificate that is known by its length", conn: setUpConn().hello(name).flight13().flightAcked().cert(conversation.CertSent).alert(server, 46), code: ClientCertificateRejected, severity: Error, confidence: Probable},
		{name: "what may be an alert", conn: none().errorRecord().fin(server), code: ClientCertificateRequired, severity: Error, confidence: Probable},
		{name: "what may be an alert, and the client left", conn: setUpConn().hello(name).flight13().flightAcked().cert(conversation.CertSent).errorRecord().fin(client), code: ClientAborted, severity: Warning, confidence: Certain},
		{name: "an alert behind the server's Finished", conn: none().finished().acked().sealedAlert(server).fin(server), code: ClientCertificateRequired, severity: Error, confidence: Possible},
		{name: "a close behind a Finished that came late", conn: none().acked().wait(1500 * time.Millisecond).finished().acked().fin(server), code: ClientCertificateRequired, severity: Error, confidence: Possible,
			says: []string{"0.20 ms after the client's Finished"}},
		{name: "an alert of QUIC in the clear, as the capture ends", conn: over(conversation.CertSent).alert(server, 42), after: -1, code: ClientCertificateRejected, severity: Error, confidence: Probable,
			omits: []string{"the capture ends there"}},
		{name: "an alert of QUIC in the clear, for want of one", conn: over(conversation.CertEmpty).alert(server, 40), code: ClientCertificateRequired, severity: Error, confidence: Probable},
	})
}

// TestHelloThatNobodyTook has the server say goodbye, or nothing, and what is made of an invalid name.
func TestHelloThatNobodyTook(t *testing.T) {
	goodbye := func(sni string) *conn {
		return setUpConn().hello(sni).alertLevel(server, tlswire.AlertLevelWarning, tlswire.AlertCloseNotify)
	}
	datagram := func() *conn {
		return newConn().over(flow.DTLS).hello(name).do(func(r *conversation.Record) { r.Hello.EndOffset, r.Sides[client].Retransmits = 1, 3 })
	}
	runRules(t, []ruleTest{
		{name: "goodbye", conn: goodbye(name), code: HelloClosed, severity: Error, confidence: Certain, omits: []string{"and then"}, fix: "whether the server has this name"},
		{name: "goodbye, where other names go through", conn: goodbye(name).fin(client), context: Context{Endpoint: withName(3, 0)}, code: HelloClosed, severity: Error, confidence: Certain,
			says: []string{"and then the client sent FIN"}, fix: "check whether TLS is enabled"},
		{name: "goodbye, without a name", conn: goodbye("").fin(client), code: NoSNIClosed, severity: Error, confidence: Probable, fix: "default backend"},
		{name: "goodbye behind more", conn: setUpConn().hello(name).wrote(server, 50).alertLevel(server, tlswire.AlertLevelWarning, tlswire.AlertCloseNotify).fin(client), code: ClientAborted, severity: Warning, confidence: Certain},
		{name: "goodbye behind more, and it closes", conn: setUpConn().hello(name).wrote(server, 50).alertLevel(server, tlswire.AlertLevelWarning, tlswire.AlertCloseNotify).fin(server), code: HelloClosed, severity: Error, confidence: Possible,
			says: []string{"in the middle of the handshake"}},
		{name: "nothing, for half a second since its last packet", conn: setUpConn().hello(name).do(func(r *conversation.Record) {
			r.Hello.End.Frame, r.Hello.End.Time = r.Hello.End.Frame+1, r.Hello.End.Time+int64(1500*time.Millisecond)
		}).acked().wait(2 * time.Second).fin(client), code: ClientAborted, severity: Warning, confidence: Certain},
		{name: "a RST of neither kind", conn: setUpConn().hello(name).rst(server).do(func(r *conversation.Record) {
			r.Terminator.RST, r.Resets[0].Kind = flow.RSTUnknown, flow.RSTUnknown
		}), code: HelloReset, severity: Error, confidence: Certain, says: []string{"sent RST 0.10 ms after"}},
		{name: "decode_error, to what is malformed", conn: setUpConn().hello(name).malformed().do(func(r *conversation.Record) {
			r.Hello.Fault = tlswire.Fault{Offset: 9, Field: "extensions"}
		}).alert(server, tlswire.AlertDecodeError), code: ServerAlert, severity: Error, confidence: Certain, says: []string{"that is malformed at byte 9 (extensions)"}},
		{name: "nothing, and its host has no such connection", conn: setUpConn().hello(name).stall(3, helloEnd).bareRST(server), code: HelloReset, severity: Error, confidence: Certain},
		{name: "nothing, over DTLS", conn: datagram(), code: HelloUnanswered, severity: Error, confidence: Probable, omits: []string{"datagram", "did not send it again"}},
		{name: "nothing, over DTLS, until the client left", conn: datagram().wait(3*time.Second).alert(client, tlswire.AlertUserCanceled), code: HelloUnanswered, severity: Error, confidence: Certain,
			says: []string{"until the client sent alert 90"}},
		{name: "an alert in the middle of it", conn: setUpConn().hello("").partial(0).wait(2*time.Second).alert(server, 80), code: ServerAlert, severity: Error, confidence: Possible,
			omits: []string{"sent none"}},
		{name: "decode_error to a proper name", conn: setUpConn().hello(name).alert(server, tlswire.AlertDecodeError), code: ServerAlert, severity: Error, confidence: Certain, fix: "look in the server's log"},
		{name: "another alert to an invalid name", conn: setUpConn().hello(name).badName().alert(server, 46), code: ServerAlert, severity: Error, confidence: Certain, fix: "look in the server's log"},
		{name: "an offer of SSL 3.0", conn: setUpConn().hello(name).do(func(r *conversation.Record) { r.Hello.MaxVersion = tlswire.VersionSSL3 }).alert(server, tlswire.AlertProtocolVersion),
			code: ProtocolVersion, severity: Error, confidence: Certain, says: []string{"at most SSL 3.0"}},
		{name: "an offer of SSL 2.0", conn: setUpConn().hello(name).do(func(r *conversation.Record) { r.Hello.MaxVersion = tlswire.VersionSSL2 }).alert(server, tlswire.AlertProtocolVersion),
			code: ProtocolVersion, severity: Error, confidence: Certain, says: []string{"at most SSL 2.0"}},
	})
}

// TestHowSureOfTheName has other connections, and other signs, speak against a name that is missing.
func TestHowSureOfTheName(t *testing.T) {
	same := Context{SameClient: [2]bool{WithSNI: true}, SameOffer: [2]bool{WithSNI: true}, Endpoint: withName(3, 0)}
	nameless := func() *conn { return setUpConn().hello("") }
	answered := func() *conn { return nameless().flight12(name).flightAcked() }
	runRules(t, []ruleTest{
		{name: "a hello that may be too long", conn: setUpConn().bigHello("").acked().rst(server), context: same, code: NoSNIReset, severity: Error, confidence: Probable},
		{name: "the same, by a RST that may be forged", conn: setUpConn().bigHello("").acked().rst(server).signs(flow.SignTTL), context: same, code: NoSNIReset, severity: Error, confidence: Possible},
		{name: "an alert that nobody can read", conn: nameless().flight13().flightAcked().sealedAlert(client).fin(client), context: same, code: NoSNIClientRejected, severity: Error, confidence: Probable},
		{name: "an alert that may be about anything in the certificate", conn: answered().alert(client, tlswire.AlertBadCertificate).fin(client), context: same, code: NoSNIClientRejected, severity: Error, confidence: Probable},
		{name: "names are refused as well", conn: answered().alert(client, tlswire.AlertUnknownCA), context: Context{Endpoint: withName(0, 3)}, code: NoSNIClientRejected, severity: Error, confidence: Possible,
			fix: "have the server send its chain"},
		{name: "the certificate for a name is refused as well", conn: answered().fin(client), context: Context{Endpoint: Counts{Untrusted: 2}}, code: NoSNIClientRejected, severity: Error, confidence: Possible,
			fix: "look at the client's trust store, and at the chain"},
		{name: "internal_error behind the client's Finished", conn: answered().finished().alert(server, tlswire.AlertInternalError), context: Context{Endpoint: withName(3, 0)}, code: ServerAlert, severity: Error, confidence: Certain},
		{name: "no answer to speak of, and the client leaves", conn: nameless().wrote(server, 100).fin(client), code: ClientAborted, severity: Warning, confidence: Certain},
		{name: "an alert shows that a certificate came", conn: nameless().wrote(server, 100).incomplete(flow.IncompleteGap).alert(client, tlswire.AlertBadCertificate).fin(client), code: NoSNIClientRejected, severity: Error, confidence: Probable},
	})
}

// TestMarksOfWhoseRST holds that the marks of one side's RST say nothing of the other's, nor of a FIN before it.
func TestMarksOfWhoseRST(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "behind a FIN", conn: setUpConn().hello(name).acked().fin(server).rst(server).signs(flow.SignTTL), code: HelloClosed, severity: Error, confidence: Certain, omits: []string{"injected"}},
		{name: "of the server, behind the client's", conn: setUpConn().hello(name).acked().bareRST(client).rst(server).signs(twoMarks), code: ClientAborted, severity: Warning, confidence: Probable},
		{name: "of the server, that the client did not have to accept", conn: setUpConn().hello(name).acked().do(func(r *conversation.Record) {
			r.Resets = []flow.Reset{{Event: r.Sides[client].AckedAt, By: server, Signs: twoMarks}}
		}).bareRST(client), code: ClientAborted, severity: Warning, confidence: Probable},
		{name: "of the server, which has the connection in no other capture", conn: setUpConn().hello(name).acked().rst(server).signs(twoMarks), context: Context{Absent: true}, code: ResetInjected, severity: Error, confidence: Probable,
			says: []string{"probably sent it"}},
		{name: "of the server", conn: setUpConn().hello(name).acked().rst(server).signs(twoMarks), code: ResetInjected, severity: Error, confidence: Probable, omits: []string{"no longer knew it"}},
	})
}

// TestEvidenceOfTheSideThatEndedIt holds which packets are shown of it, and which one decides.
func TestEvidenceOfTheSideThatEndedIt(t *testing.T) {
	for _, tc := range []struct {
		name     string
		conn     *conn
		frame    uint64
		evidence []uint64
	}{
		{"the server's RST with marks, and no other RST", setUpConn().hello(name).acked().rst(server).signs(twoMarks).rst(server).rst(client).signs(flow.SignTTL), 6, []uint64{4, 6}},
		{"its goodbye, and the client's FIN", setUpConn().hello(name).alertLevel(server, tlswire.AlertLevelWarning, tlswire.AlertCloseNotify).fin(client), 5, []uint64{4, 5, 6}},
	} {
		if v := explained(tc.conn.Record, tc.conn.alone(time.Minute)); v.Frame != tc.frame || !slices.Equal(v.Evidence, tc.evidence) {
			t.Errorf("%s: frame %d, evidence %v; want %d, %v", tc.name, v.Frame, v.Evidence, tc.frame, tc.evidence)
		}
	}
}
