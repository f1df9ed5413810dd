package diagnosis

import (
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// TestLeftUnread has clients leave whose last acknowledgment tells how much of the server's answer they had.
func TestLeftUnread(t *testing.T) {
	const none, rejected, timeOut = "it had acknowledged none of that", "once it had the server's answer", "look at the client: a time-out"
	late := func(sni string) *conn { // row 18 of nDPI's webex.pcap
		return setUpConn().hello(sni).acked().wait(1900 * time.Millisecond).flight12("other.example").wait(time.Second)
	}
	half := func() *conn { // and row 14: the certificate ends in the second packet
		c := setUpConn().hello("").flight12("other.example").flightAcked()
		e := c.tls(server, 1065)
		c.Server.Certificate, c.Server.Flight = e, e
		return c
	}
	tail := func() *conn { // the certificate ends in the first
		c := setUpConn().hello("").flight12("other.example").flightAcked()
		c.Server.Flight = c.tls(server, 338)
		return c
	}
	acks := func(n uint32) func(*conn) *conn {
		return func(c *conn) *conn {
			c.rst(client)
			c.Resets[len(c.Resets)-1].Ack = n + 1
			return c
		}
	}
	runRules(t, []ruleTest{
		{name: "without any of the answer", conn: late("").unreadFIN(client), code: ClientAborted, severity: Warning, confidence: Probable, says: []string{none}, fix: timeOut},
		{name: "without any of it, at once", conn: setUpConn().hello("").flight13().unreadFIN(client), code: ClientAborted, severity: Warning, confidence: Certain, says: []string{none}, fix: timeOut},
		{name: "with a name", conn: setUpConn().hello(name).flight13().unreadFIN(client), code: ClientAborted, severity: Warning, confidence: Certain, says: []string{none}, fix: timeOut},
		{name: "with all of it", conn: late("").fin(client), code: NoSNIClientRejected, severity: Error, confidence: Probable, says: []string{rejected}},
		{name: "without the end of the certificate", conn: half().wait(time.Second).unreadFIN(client), code: ClientAborted, severity: Warning, confidence: Probable,
			says: []string{"it had acknowledged 3000 of 4065 bytes of the server"}},
		{name: "with the certificate, and not the end of the flight", conn: tail().unreadFIN(client), code: NoSNIClientRejected, severity: Error, confidence: Possible},
		{name: "a RST that acknowledges nothing", conn: acks(0)(late("")), code: ClientAborted, severity: Warning, confidence: Probable, says: []string{none}},
		{name: "a RST that acknowledges all", conn: acks(3000)(late("")), code: NoSNIClientRejected, severity: Error, confidence: Probable},
		{name: "captured out of order", conn: late("").unreadFIN(client).do(func(r *conversation.Record) { r.Sides[server].Late = true }), code: NoSNIClientRejected, severity: Error, confidence: Possible},
		{name: "over QUIC, which does not tell", conn: newConn().over(flow.QUIC).hello("").flight13().unreadFIN(client), code: NoSNIClientRejected, severity: Error, confidence: Probable},
		{name: "a certificate for another name", conn: late(name).unreadFIN(client), code: CertificateNameMismatch, severity: Error, confidence: Possible},
		{name: "a certificate for another name, which it had", conn: late(name).fin(client), code: CertificateNameMismatch, severity: Error, confidence: Probable},
	})
}
