package diagnosis

import (
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// checked makes a hello that of HAProxy's option ssl-hello-chk.
func checked(r *conversation.Record) {
	copy(r.Hello.Random[4:], "HAPROXYSSLCHK\nHAPROXYSSLCHK\n")
	r.Hello.MaxVersion = tlswire.VersionSSL3
}

// A health check that takes an alert for health has found none ill; to end without a byte of TLS is what it calls down.
func TestHelloChecks(t *testing.T) {
	for _, tc := range []struct {
		name     string
		conn     *conn
		code     Code
		severity Severity
	}{
		{"an alert", setUpConn().hello("").do(checked).alert(server, tlswire.AlertHandshakeFailure), NoSNIAlert, Info},
		{"of its version", setUpConn().hello("").do(checked).alert(server, tlswire.AlertProtocolVersion), ProtocolVersion, Info},
		{"a RST", setUpConn().hello("").do(checked).acked().rst(server), NoSNIReset, Error},
		{"not such a check", setUpConn().hello("").alert(server, tlswire.AlertProtocolVersion), ProtocolVersion, Error},
	} {
		v := explained(tc.conn.Record, &Context{End: tc.conn.now + int64(patience)})
		passes := tc.severity == Info
		if v.Code != tc.code || v.Severity != tc.severity || strings.Contains(v.Detail, "health check") != passes || strings.HasPrefix(v.Fix, "nothing") != passes {
			t.Errorf("%s: %s, %s: %s; fix: %s", tc.name, v.Code, v.Severity, v.Detail, v.Fix)
		}
	}
	tally := NewTally()
	tally.Add(setUpConn().hello("").do(checked).alert(server, tlswire.AlertHandshakeFailure).Record)
	c := setUpConn().hello(name)
	if ctx := contextOf(tally, c, c.now); ctx.Endpoint.BySNI(WithoutSNI).Failed != 0 {
		t.Error("a check counts as a client without a name that failed")
	}
}
