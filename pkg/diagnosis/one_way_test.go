package diagnosis

import (
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
)

// TestNobodyHeard has hellos that were sent again and not answered, in captures that have no packet of any server, and in others.
func TestNobodyHeard(t *testing.T) {
	const oneWay, bothWays = "the capture may have one direction only", "see that the capture has both directions"
	silent := func() *conn { return quic().hello(name).again(client).again(client) }
	for _, tc := range []struct {
		name       string
		conns      []*conn
		confidence Confidence
		oneWay     bool
	}{
		{"QUIC alone", []*conn{silent()}, Possible, true},
		{"DTLS alone", []*conn{dtls().again(client)}, Possible, true},
		{"other QUIC, and SYNs, as alone", []*conn{silent(), silent().from("10.1.1.1"), newConn().from("10.1.1.2").syn()}, Possible, true},
		{"while the client's TCP is answered", []*conn{silent(), passed(name).to("10.0.0.9:443")}, Probable, false},
		{"while another server of QUIC answers", []*conn{silent(), quic().to("10.0.0.9:443").hello(name).flight13()}, Probable, false},
		{"while a router answers", []*conn{silent().bounces("10.0.0.1", 3, 13)}, Certain, false},
		{"until the client gave up", []*conn{silent().ends(client, flow.CloseQUIC)}, Possible, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := judged(tc.conns...)[0]
			if v.Code != HelloUnanswered || v.Severity != Error || v.Confidence != tc.confidence || strings.Contains(v.Detail, oneWay) != tc.oneWay || strings.HasPrefix(v.Fix, bothWays) != tc.oneWay {
				t.Errorf("%s, %s: %s; %s", v.Code, v.Confidence, v.Detail, v.Fix)
			}
		})
	}
}
