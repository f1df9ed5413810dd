package diagnosis

import (
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
)

// asked has the server ask for a second handshake behind the client's request, and answered the client answer.
func (c *conn) asked() *conn {
	c.tls(client, 110)
	c.Second.Asked = c.tls(server, 33)
	return c
}

func (c *conn) answered(k conversation.ClientCert) *conn {
	c.Second.Answered, c.Second.Cert = c.tls(client, 300), k
	return c
}

func TestSecondHandshake(t *testing.T) {
	empty, sent, unknown := conversation.CertEmpty, conversation.CertSent, conversation.CertNotSeen
	first := func() *conn { return setUpConn().hello(name).flight12(name).through() }
	const fix = "in the first handshake"
	runRules(t, []ruleTest{
		{name: "declined", conn: first().asked().sealedAlert(client).fin(server), code: ClientAlert, severity: Error, confidence: Probable,
			says: []string{"no new ClientHello"}, fix: fix},
		{name: "broken off", conn: first().asked().answered(unknown).sealedAlert(client), code: ClientAlert, severity: Error, confidence: Probable,
			says: []string{"in the middle of another handshake"}, fix: "what the client printed"},
		{name: "no certificate", conn: first().asked().answered(empty).sealedAlert(server), code: ClientCertificateRequired, severity: Error, confidence: Probable,
			says: []string{"had answered without a certificate"}, fix: "give the client a certificate"},
		{name: "no certificate, and no alert", conn: first().asked().answered(empty).rst(server), code: ClientCertificateRequired, severity: Error, confidence: Possible,
			says: []string{"had answered without a certificate"}, fix: "give the client a certificate"},
		{name: "a certificate", conn: first().asked().answered(sent).sealedAlert(server), code: ClientCertificateRejected, severity: Error, confidence: Probable,
			says: []string{"had answered with a certificate"}, fix: "trust store"},
		{name: "a certificate, and no alert", conn: first().asked().answered(sent).fin(server), code: ClientCertificateRejected, severity: Error, confidence: Possible,
			says: []string{"had answered with a certificate"}, fix: "trust store"},
		{name: "who knows what", conn: first().asked().answered(unknown).sealedAlert(server), code: ClientCertificateRequired, severity: Error, confidence: Possible,
			says: []string{"renegotiation"}, fix: fix},
		{name: "not answered", conn: first().asked().wait(time.Minute).fin(server), code: ClientCertificateRequired, severity: Error, confidence: Possible,
			says: []string{"60.0 s after its request: after the first handshake, which went through, the server had asked for a second one (renegotiation), as servers do that want a client certificate for some paths only, which the client did not answer"}, fix: fix},
		{name: "the server hangs, and closes much later", conn: first().asked().answered(sent).wait(time.Minute).fin(server), code: Healthy, severity: OK, confidence: Certain,
			says: []string{"no data of the server came after that"}},
		{name: "the client leaves", conn: first().asked().answered(sent).fin(client), code: Healthy, severity: OK, confidence: Certain,
			says: []string{"the client left before any data of the server came"}},
		{name: "TLS 1.3", conn: setUpConn().hello(name).flight13().through().asked().answered(empty).sealedAlert(server), code: ClientCertificateRequired, severity: Error, confidence: Probable,
			says: []string{"post-handshake authentication"}, fix: "give the client a certificate"},
	})
}
