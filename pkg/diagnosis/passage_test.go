package diagnosis

import (
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// passing is a connection whose SYN and SYN-ACK a capture of all interfaces shows coming in and leaving.
func passing() *conn {
	return setUpConn().passes(client, flow.PassageThrough).passes(server, flow.PassageThrough)
}

// passes says how a side's packets go through the host of the capture.
func (c *conn) passes(s flow.Side, w flow.Passage) *conn {
	c.Sides[s].Passage = w
	return c
}

// sentAgain is what a side sent, sent again and again.
func (c *conn) sentAgain(s flow.Side) *conn {
	c.Sides[s].Retransmits, c.Sides[s].Stall.Count = 4, 4
	return c
}

func TestOfWhatPassesThroughTheHostOfTheCapture(t *testing.T) {
	const here = "what the host of this capture does"
	asked := func() *conn {
		return newConn().syn().wait(time.Second).syn().synack().passes(client, flow.PassageThrough).passes(server, flow.PassageIn)
	}
	late := func(r *conversation.Record) { r.Resets[1].Signs = 0 }
	for _, tc := range []struct {
		name       string
		conn       *conn
		code       Code
		confidence Confidence
		says, fix  string
	}{
		{"a rule rejects a name", passing().hello(name).bareRST(server).signs(flow.SignOutgoing), ResetInjected, Probable,
			"the host of this capture probably sent it: it was captured leaving towards the client, and not coming in from the server, as its other packets were; nothing that the client sent was captured leaving, either", here},
		{"a rule rejects a hello without a name", passing().hello("").bareRST(server).signs(flow.SignOutgoing), ResetInjected, Probable, "the host of this capture probably sent it", here},
		{"a rule rejects the flight", passing().passes(client, flow.PassageData).hello(name).flight13().rst(client).signs(flow.SignOutgoing), ResetInjected, Probable,
			"captured leaving towards the server, and not coming in from the client", here},
		{"a RST to a hello that went on", passing().passes(client, flow.PassageData).hello(name).acked().rst(server).signs(flow.SignOutgoing), HelloReset, Possible,
			"the RST was possibly injected: it was captured leaving, and not coming in as others of the server were", here},
		{"the same without a name", passing().passes(client, flow.PassageData).hello("").acked().rst(server).signs(flow.SignOutgoing), NoSNIReset, Possible, "possibly injected", here},
		{"a RST to each side", passing().passes(client, flow.PassageData).hello(name).rst(server).signs(flow.SignOutgoing).rst(client).signs(flow.SignOutgoing), ResetInjected, Certain,
			"the host of this capture sent it: it was captured leaving towards the client, and not coming in from the server, as its other packets were, and so was one in the name of the client the other way", here},
		{"a RST to one side, and the other's own", passing().passes(client, flow.PassageData).hello(name).rst(server).signs(flow.SignOutgoing).rst(client).do(late), HelloReset, Possible, "possibly injected", here},
		{"the server's own RST, and one that is made here", passing().passes(client, flow.PassageData).hello(name).rst(server).bareRST(server).signs(flow.SignOutgoing), HelloReset, Possible, "", ""},
		{"in the client's name", passing().passes(client, flow.PassageData).hello(name).rst(client).signs(flow.SignOutgoing), ClientAborted, Possible, "possibly injected", here},
		{"before the hello", passing().rst(server).signs(flow.SignOutgoing), ResetBeforeHello, Possible, "possibly injected", here},
		{"long before the hello", passing().wait(5 * time.Second).rst(server).signs(flow.SignOutgoing), ServerClosedBeforeHello, Possible, "possibly injected", here},
		{"the server's own RST", passing().passes(client, flow.PassageData).hello(name).acked().rst(server), HelloReset, Certain, "", ""},
		{"the server's own RST, and the capture lacks how the hello left", passing().hello(name).acked().rst(server), HelloReset, Certain, "", ""},
		{"a rule drops a name at the server's host", setUpConn().passes(client, flow.PassageIn).passes(server, flow.PassageOut).hello(name).wait(2*time.Second).stall(2, helloEnd), HelloUnanswered, Certain,
			"", "the firewall of this capture's host"},
		{"a rule drops a name beyond the client's host", setUpConn().passes(client, flow.PassageOut).passes(server, flow.PassageIn).hello(name).wait(2*time.Second).stall(2, helloEnd), HelloUnanswered, Certain,
			"", "a capture at the server shows which"},
		{"a rule drops a name", passing().hello(name).wait(2*time.Second).stall(2, helloEnd), HelloUnanswered, Certain,
			"the first packets of the client were captured coming in and leaving, and what it sent after them, again and again, only coming in", here},
		{"a rule drops a hello without a name", passing().hello("").wait(2*time.Second).stall(2, helloEnd), HelloUnanswered, Certain, "only coming in", here},
		{"a hello that was captured once", passing().hello(name).wait(2 * time.Second), IncompleteCapture, Certain, "", ""},
		{"a server that is silent", passing().passes(client, flow.PassageData).hello(name).wait(2*time.Second).stall(2, helloEnd), HelloUnanswered, Certain, "", ""},
		{"a server that is silent to what it has", passing().hello(name).acked().wait(2 * time.Second).sentAgain(client), HelloUnanswered, Probable, "", ""},
		{"what the server answers is dropped", passing().passes(client, flow.PassageData).hello(name).acked().flight13().sentAgain(server).wait(5 * time.Second), HandshakeStalled, Probable,
			"the first packets of the server were captured coming in and leaving", here},
		{"a rule drops the SYN-ACK", asked().wait(time.Second).synack(), SYNUnanswered, Certain,
			"the SYN was captured coming in and leaving, and the SYN-ACK only coming in: the host of this capture dropped it", here},
		{"the SYN-ACK passes, and nothing acknowledges it", asked().wait(time.Second).synack().passes(server, flow.PassageThrough), SYNUnanswered, Certain, "", ""},
		{"the SYN-ACK does not pass, and the client resets it", asked().wait(time.Second).synack().rst(client), ClientLeftBeforeHello, Certain, "", ""},
		{"on the server's host", asked().passes(client, flow.PassageIn).passes(server, flow.PassageOut).wait(time.Second).synack(), SYNUnanswered, Certain, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := compared(t, time.Minute, tc.conn)[0]
			if v.Code != tc.code || v.Confidence != tc.confidence || !strings.Contains(v.Detail, tc.says) || !strings.Contains(v.Fix, tc.fix) {
				t.Errorf("%s, %s, %q, fix %q; want %s, %s, %q, fix %q", v.Code, v.Confidence, v.Detail, v.Fix, tc.code, tc.confidence, tc.says, tc.fix)
			}
			if tc.says == "" && (strings.Contains(v.Detail, "host of this capture") || strings.Contains(v.Fix, here)) {
				t.Errorf("%q, fix %q speak of the capture's host", v.Detail, v.Fix)
			}
		})
	}
}
