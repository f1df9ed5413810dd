package diagnosis

import (
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// proxied are the two connections of a transparent proxy on the host of the capture: the client's, and the one to the server.
func proxied() (outer, inner *conn) {
	paired := func(r *conversation.Record) { r.Paired = true }
	outer = newConn().syn().synack().wait(away).ack().numbered(1).passes(client, flow.PassageIn).passes(server, flow.PassageOut).do(paired)
	inner = newConn().wait(away).syn().wait(away).synack().ack().numbered(2).renewed().passes(client, flow.PassageOut).passes(server, flow.PassageIn).do(paired)
	return outer, inner
}

func TestOfATransparentProxysConnections(t *testing.T) {
	const took, opened = "a transparent proxy on the host of this capture accepted the connection", "a transparent proxy on the host of this capture opened the connection in the client's name"
	const itsOwn = "the connection that a transparent proxy on the host of this capture opened to the server"
	const late = 3 * away
	for _, tc := range []struct {
		name       string
		legs       func(outer, inner *conn) []*conn // the first is asked about
		code       Code
		confidence Confidence
		says       string
		proxy      bool // it is to be looked at
	}{
		{"the proxy resets both", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().wait(late).rst(server), b.hello(name).acked().rst(client)}
		}, ResetInjected, Certain,
			"the transparent proxy on the host of this capture sent it; its connection to the server has no RST of the server, and a RST of the client that is not in this one", true},
		{"of the client's name", func(a, b *conn) []*conn {
			return []*conn{b.hello(name).acked().wait(late).rst(client), a.hello(name).acked().wait(late).rst(server)}
		}, ResetInjected, Certain,
			"its connection to the client has no RST of the client", true},
		{"the proxy resets the client only", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().wait(late).rst(server), b.hello(name).acked()}
		}, ResetInjected, Probable,
			"the transparent proxy on the host of this capture probably sent it; its connection to the server has no RST of the server", true},
		{"the proxy closes", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().wait(late).fin(server), b.hello(name).acked().fin(client)}
		}, HelloClosed, Possible,
			itsOwn + " has no FIN of the server", true},
		{"the proxy closes both, and the server answers that", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().wait(late).fin(server), b.hello(name).acked().fin(client).also(server)}
		}, HelloClosed, Possible, itsOwn + " was ended by the proxy itself", true},
		{"the server closes later", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().fin(server), b.hello(name).acked().wait(late).fin(server)}
		}, HelloClosed, Possible, itsOwn + " was not ended by the server before that", true},
		{"the other connection is not there", func(a, _ *conn) []*conn { return []*conn{a.hello(name).acked().wait(late).fin(server)} }, HelloClosed, Possible, took, true},
		{"nor is it of a silent server", func(a, _ *conn) []*conn { return []*conn{a.hello(name).acked().wait(3 * time.Second).fin(client)} }, HelloUnanswered, Possible, took, true},
		{"the server is silent", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().wait(3 * time.Second).fin(client), b.hello(name).acked().wait(3 * time.Second).fin(client)}
		}, HelloUnanswered, Probable, took, false},
		{"the proxy leaves the server", func(a, b *conn) []*conn {
			return []*conn{b.hello(name).acked().wait(late).fin(client), a.hello(name).acked().wait(late).fin(server)}
		}, ClientAborted, Possible, "took from the client has no FIN of the client", true},
		{"a silent server, which the proxy leaves", func(a, b *conn) []*conn {
			return []*conn{b.hello(name).acked().wait(3 * time.Second).fin(client), a.hello(name).acked().wait(3 * time.Second).fin(server)}
		}, HelloUnanswered, Probable, "has no FIN of the client", false},
		{"not all was captured", func(a, b *conn) []*conn {
			return []*conn{b.hello(name).acked().lost(server, 500).fin(client), a.hello(name).acked().fin(server)}
		}, IncompleteCapture, Certain, "has no FIN of the client", false},
		{"the server resets", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().wait(late).rst(server), b.hello(name).acked().rst(server)}
		}, HelloReset, Certain,
			took + " in the server's name, and opened another one to the server in the client's name, which the server ended with RST", false},
		{"of the server's RST itself", func(a, b *conn) []*conn {
			return []*conn{b.hello(name).acked().rst(server), a.hello(name).acked().wait(late).rst(server)}
		}, HelloReset, Certain, opened, false},
		{"the server resets, and the proxy closes", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().wait(late).fin(server), b.hello(name).acked().rst(server)}
		}, HelloClosed, Certain,
			"which the server ended with RST", false},
		{"the server closes, and the proxy resets", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().wait(late).rst(server), b.hello(name).acked().fin(server)}
		}, HelloReset, Certain,
			"which the server ended with FIN or alert", false},
		{"the server answers, and the proxy resets", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().wait(late).rst(server), b.hello(name).flight13().rst(server)}
		}, HelloReset, Possible,
			itsOwn + " has what it answered, and none of that came here", true},
		{"the proxy keeps the answer", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().wait(3 * time.Second).fin(client), b.hello(name).flight13()}
		}, HelloUnanswered, Possible, itsOwn + " has what it answered", true},
		{"the client leaves", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().rst(client), b.hello(name).acked().fin(client)}
		}, ClientAborted, Certain, took, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := oneCapture(time.Minute, tc.legs(proxied())...)
			if v.Code != tc.code || v.Confidence != tc.confidence || !strings.Contains(v.Detail, tc.says) {
				t.Errorf("%s, %s, %q; want %s, %s, %q", v.Code, v.Confidence, v.Detail, tc.code, tc.confidence, tc.says)
			}
			if n := strings.Count(v.Detail, "transparent proxy"); n != 1 {
				t.Errorf("it names the proxy %d times: %q", n, v.Detail)
			}
			if strings.Contains(v.Detail, "NAT") || strings.Contains(v.Fix, "transparent proxy") != tc.proxy {
				t.Errorf("%q, fix %q", v.Detail, v.Fix)
			}
		})
	}
}

// What one client's proxied connection could not reach says nothing of another's.
func TestATransparentProxysAttemptIsOfOneConnection(t *testing.T) {
	for _, same := range []bool{true, false} {
		outer, inner := newConn(), newConn().wait(2*time.Millisecond).syn().refused()
		outer.syn().synack().ack().wait(20*time.Millisecond).passes(client, flow.PassageIn).passes(server, flow.PassageOut).hello(name).acked().fin(server)
		inner.passes(client, flow.PassageOut)
		inner.Paired, outer.Paired = true, true
		if !same {
			inner.from("192.0.2.77")
		}
		tally := NewTally()
		tally.Add(outer.Record)
		tally.Add(inner.Record)
		if ctx := contextOf(tally, outer, outer.now+int64(time.Minute)); (ctx.Onward.How == OnwardRefused) != same {
			t.Errorf("of the same endpoints %v: %+v", same, ctx.Onward)
		}
	}
}

// also has the other side close as well.
func (c *conn) also(s flow.Side) *conn {
	c.Sides[s].Fin = c.packet(s)
	return c
}
