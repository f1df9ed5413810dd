package diagnosis

import (
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/conversation"
)

// requesting is a client that asks for TLS first, and refusing and agreeing are what it is answered.
func requesting() *conn {
	return asked(setUpConn().plain(client, "postgresql", "").carrier("starttls-postgresql"))
}

func refusing() *conn {
	return requesting().plain(server, "unknown", "N").do(func(r *conversation.Record) { r.CarrierRefused = "PostgreSQL: N" })
}

func agreeing(sni string) *conn { return requesting().plain(server, "unknown", "S").hello(sni) }

// TestTLSAtOnceWhereItIsAskedFor begins TLS with the first byte at a server that has its clients ask for it, as the same capture shows.
func TestTLSAtOnceWhereItIsAskedFor(t *testing.T) {
	const other = "www.example"
	const owes = "and this client sent no such request"
	upgraded := func(sni string) *conn { return agreeing(sni).flight13().through() }
	for _, tc := range []struct {
		name       string
		conns      []*conn
		code       Code
		confidence Confidence
		says, fix  string // of the first
	}{
		{"nobody asks", []*conn{closed("")}, NoSNIClosed, Probable, "", "send server_name"},
		{"a request is refused", []*conn{closed(""), refusing()}, NoSNIClosed, Possible, "refused TLS there when a client asked for it first, as with STARTTLS, " + owes, "enable TLS on that service"},
		{"a request is refused, and the hello has a name", []*conn{closed(name), refusing()}, HelloClosed, Certain, "refused TLS there", "ask for it first"},
		{"a request is agreed to, in vain", []*conn{closed(""), agreeing(name).fin(server)}, NoSNIClosed, Possible, "agreed to TLS there when a client asked for it first, as with STARTTLS, " + owes, fixAskFirst},
		{"a request is answered in TLS", []*conn{closed(""), requesting().alert(server, 10).fin(server)}, NoSNIClosed, Probable, "", "send server_name"},
		{"a request goes unanswered", []*conn{closed(""), requesting().fin(server)}, NoSNIClosed, Probable, "", "send server_name"},
		{"a request is refused, and others speak TLS there", []*conn{closed(""), refusing(), setUpConn().hello(name).alert(server, 40)}, NoSNIClosed, Possible, "so a name alone may not help", ""},
		{"a request is refused elsewhere", []*conn{closed(""), refusing().to("10.0.0.6:443")}, NoSNIClosed, Probable, "", "send server_name"},
		{"a request is refused by the target of a tunnel", []*conn{closed(""), refusing().tunnel("db.example:5432").carrier("starttls-postgresql")}, NoSNIClosed, Probable, "", ""},
		{"a request to HTTP is refused", []*conn{closed(""), refusing().carrier("starttls-http")}, NoSNIClosed, Probable, "", "send server_name"},
		{"the same client went through behind a request, with a name", []*conn{closed(""), upgraded(name)}, NoSNIClosed, Possible, "1 handshake went through there after a request for TLS", fixAskFirst},
		{"the same, and another went through without asking", []*conn{closed(""), upgraded(name), passed(name)}, NoSNIClosed, Certain, "", ""},
		{"another name went through behind a request", []*conn{closed(name), upgraded(other)}, HelloClosed, Certain, "1 handshake went through there after a request for TLS", fixAskFirst},
		{"another name went through", []*conn{closed(name), passed(other)}, SNIUnrecognized, Probable, "", ""},
		{"the server has the hello and answers it", []*conn{setUpConn().hello("").flight13().alert(client, 46), refusing()}, NoSNIClientRejected, Probable, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := judged(tc.conns...)[0]
			if v.Code != tc.code || v.Confidence != tc.confidence || !strings.Contains(v.Detail, tc.says) || !strings.Contains(v.Fix, tc.fix) {
				t.Errorf("%s, %s: %q; fix: %q", v.Code, v.Confidence, v.Detail, v.Fix)
			}
			if tc.says == "" && strings.Contains(v.Detail, owes) {
				t.Errorf("detail %q", v.Detail)
			}
			checkShape(t, &v)
		})
	}
}
