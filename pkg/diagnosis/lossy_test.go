package diagnosis

import (
	"testing"
	"time"
)

// Silence after which the capture is known to have lost packets.
func TestSilenceThatTheCaptureMayHaveMade(t *testing.T) {
	const dropped = "the kernel dropped packets of the capture after that"
	lossy := Context{Lossy: true, ServerSeen: true, EndpointTLS: true}
	runRules(t, []ruleTest{
		{name: "no answer", conn: setUpConn().hello(name).acked(), context: lossy, after: 7 * time.Second, code: HelloUnanswered, severity: Error, confidence: Possible,
			says: []string{dropped}, fix: "lose no packets"},
		{name: "no answer without a name", conn: setUpConn().hello("").acked(), context: lossy, after: 7 * time.Second, code: NoSNIUnanswered, severity: Error, confidence: Possible,
			says: []string{dropped}, fix: "lose no packets"},
		{name: "nothing more", conn: setUpConn().hello(name).flight13().flightAcked(), context: lossy, after: 7 * time.Second, code: HandshakeStalled, severity: Warning, confidence: Possible,
			says: []string{dropped}, fix: "lose no packets"},
		{name: "the server reset it", conn: setUpConn().hello("").rst(server), context: lossy, after: 7 * time.Second, code: NoSNIReset, severity: Error, confidence: Probable,
			omits: []string{dropped}},
		{name: "the client still waited a while later", conn: setUpConn().hello(name).acked().wait(3 * time.Second).acked(), context: lossy, after: 7 * time.Second,
			code: HelloUnanswered, severity: Error, confidence: Certain, omits: []string{dropped}},
		{name: "it went through", conn: setUpConn().hello(name).flight13().flightAcked().through(), context: lossy, after: 7 * time.Second, code: Healthy, severity: OK, confidence: Certain,
			omits: []string{dropped}},
	})
}
