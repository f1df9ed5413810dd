package diagnosis

import (
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// passing is a connection whose SYN and SYN-ACK a capture of several interfaces shows twice.
func passing() *conn {
	return newConn().syn().wait(away).synack().ack().passes(client, false).passes(server, false)
}

// passes says what of a side was captured on two interfaces.
func (c *conn) passes(s flow.Side, data bool) *conn {
	c.Sides[s].Passed, c.Sides[s].PassedData = true, data
	return c
}

func TestOfWhatPassesThroughTheHostOfTheCapture(t *testing.T) {
	const here = "the host of this capture"
	for _, tc := range []struct {
		name       string
		conn       *conn
		code       Code
		confidence Confidence
		says, fix  string
	}{
		{"a rule rejects a name", passing().hello(name).bareRST(server).signs(flow.SignInterface), ResetInjected, Certain,
			"it was made between the interfaces of this capture, for it left towards the client and never came in from the server, and not a byte of what the client sent went on", here},
		{"a rule rejects a hello without a name", passing().hello("").bareRST(server).signs(flow.SignInterface), ResetInjected, Certain, "between the interfaces", here},
		{"when the server could have answered", passing().hello(name).wait(2 * away).bareRST(server).signs(flow.SignInterface), ResetInjected, Probable,
			"and not a byte of what the client sent went on", here},
		{"the SYN was sent twice", newConn().syn().wait(time.Second).syn().synack().ack().passes(client, false).passes(server, false).hello(name).bareRST(server).signs(flow.SignInterface), ResetInjected, Probable,
			"and not a byte of what the client sent went on", here},
		{"a RST to a hello that went on", passing().passes(client, true).hello(name).acked().rst(server).signs(flow.SignInterface), ResetInjected, Probable,
			"it left towards the client and never came in from the server; taken alone", here},
		{"a RST to each side", passing().passes(client, true).hello(name).rst(server).signs(flow.SignInterface).rst(client).signs(flow.SignInterface), ResetInjected, Certain,
			"as did one in the name of the client the other way", here},
		{"a RST in the client's name", passing().passes(client, true).hello(name).rst(client).signs(flow.SignInterface), ResetInjected, Probable,
			"it left towards the server and never came in from the client", here},
		{"before the hello", passing().rst(server).signs(flow.SignInterface), ResetInjected, Probable, "after the connection was set up", here},
		{"the server's own RST", passing().passes(client, true).hello(name).acked().rst(server), HelloReset, Certain, "", ""},
		{"the server's own RST, and the capture lacks where the hello left", passing().hello(name).acked().rst(server), HelloReset, Certain, "", ""},
		{"a rule drops a name", passing().hello(name).wait(2*time.Second).stall(2, helloEnd), HelloUnanswered, Certain,
			"what opened the connection for the client went on to another interface of this capture, and not a byte of what it sent then did", here},
		{"a rule drops a hello without a name", passing().hello("").wait(2*time.Second).stall(2, helloEnd), HelloUnanswered, Certain, "not a byte of what it sent then did", here},
		{"a server that is silent", passing().passes(client, true).hello(name).wait(2*time.Second).stall(2, helloEnd), HelloUnanswered, Certain, "", ""},
		{"a server that is silent to what it has", passing().hello(name).acked().wait(2 * time.Second), HelloUnanswered, Probable, "", ""},
		{"what the server answers is dropped", passing().passes(client, true).hello(name).acked().flight13().do(func(r *conversation.Record) { r.Sides[server].Retransmits, r.Sides[server].Stall.Count = 4, 4 }).wait(5 * time.Second), HandshakeStalled, Probable,
			"what opened the connection for the server went on to another interface of this capture", here},
		{"a rule drops the SYN-ACK", newConn().syn().wait(time.Second).syn().synack().wait(time.Second).synack().passes(client, false), SYNUnanswered, Certain,
			"the SYN went on to another interface of this capture, and its answer came in there and did not go back", here},
		{"the SYN-ACK passes, and nothing acknowledges it", newConn().syn().wait(time.Second).syn().synack().wait(time.Second).synack().passes(client, false).passes(server, false), SYNUnanswered, Certain, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := compared(t, time.Minute, tc.conn)[0]
			if v.Code != tc.code || v.Confidence != tc.confidence || !strings.Contains(v.Detail, tc.says) || !strings.Contains(v.Fix, tc.fix) {
				t.Errorf("%s, %s, %q, fix %q; want %s, %s, %q, fix %q", v.Code, v.Confidence, v.Detail, v.Fix, tc.code, tc.confidence, tc.says, tc.fix)
			}
			if tc.says == "" && (strings.Contains(v.Detail, "interface") || strings.Contains(v.Fix, here)) {
				t.Errorf("%q, fix %q speak of interfaces", v.Detail, v.Fix)
			}
		})
	}
}
