package diagnosis

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// gateway is where the clients of these tests go, and backend what is behind it.
const gateway, backend = "192.0.2.9", "10.0.0.77:8443"

// toGateway is a client's connection to the gateway, set up, in a capture of the gateway.
func toGateway() *conn {
	return newConn().to(gateway + ":443").syn().synack().wait(20 * time.Millisecond).ack()
}

// onTo begins an attempt of the gateway's, so long after the first packet of the client's connection.
func onTo(after time.Duration) *conn {
	c := newConn().from(gateway).to(backend).wait(after).syn()
	c.frame += 5000
	c.SYN.Frame += 5000
	c.Opening.First = c.SYN.Frame
	return c
}

// here is toGateway in a capture of all interfaces of the gateway, which tells directions.
func here() *conn {
	return newConn().to(gateway+":443").syn().wait(20*time.Millisecond).synack().ack().passes(client, flow.PassageIn).passes(server, flow.PassageOut)
}

// byAnother is an attempt from another address, with this initial sequence number and in that direction.
func byAnother(seq uint32, w flow.Passage) *conn {
	c := onTo(21*time.Millisecond).from("10.0.0.1").passes(client, w)
	c.Sides[client].InitialSeq = seq
	return c.refused()
}

func TestOfWhatTheServersHostFailedToReach(t *testing.T) {
	const meanwhile = 21 * time.Millisecond // after the first packet
	for _, tc := range []struct {
		name       string
		conn       *conn
		attempts   []*conn
		code       Code
		confidence Confidence
		says       string
	}{
		{"refused", toGateway().hello(name).acked().wait(time.Millisecond).fin(server), []*conn{onTo(meanwhile).refused()}, HelloClosed, Certain,
			"in the meantime, 0.80 ms after the connection was set up, the server's host tried 10.0.0.77:8443, which refused"},
		{"refused, a hello without a name", toGateway().hello("").acked().wait(time.Millisecond).fin(server), []*conn{onTo(meanwhile).refused()}, NoSNIClosed, Possible, "which refused"},
		{"refused, and then a RST", toGateway().hello(name).acked().wait(time.Millisecond).rst(server), []*conn{onTo(meanwhile).refused()}, HelloReset, Certain, "which refused"},
		{"before the hello", toGateway().wait(time.Millisecond).fin(server), []*conn{onTo(meanwhile).refused()}, ServerClosedBeforeHello, Certain, "which refused"},
		{"no answer", toGateway().hello(name).acked().wait(3 * time.Second).fin(server), []*conn{onTo(meanwhile).wait(time.Second).syn()}, HelloClosed, Certain, "10.0.0.77:8443, which did not answer"},
		{"no route", toGateway().hello(name).acked().wait(50 * time.Millisecond).fin(server), []*conn{onTo(meanwhile).icmp("10.0.0.1", 3, 1, true).do(func(r *conversation.Record) {
			r.Terminator = flow.Terminator{Event: r.ICMP.Event, By: flow.Path, Kind: flow.CloseICMP}
		})}, HelloClosed, Certain, "10.0.0.77:8443, which was unreachable"},
		{"no way back", toGateway().hello(name).acked().wait(3 * time.Second).fin(server), []*conn{onTo(meanwhile).wait(time.Second).syn().bounces("10.0.0.77", 3, 1)}, HelloClosed, Certain,
			"10.0.0.77:8443, which did not answer"},
		{"no way back for the answer to one SYN", toGateway().hello(name).acked().wait(50 * time.Millisecond).fin(server), []*conn{onTo(meanwhile).bounces("10.0.0.77", 3, 1)}, HelloClosed, Certain, ""},
		{"over the loopback", toGateway().hello(name).acked().wait(time.Millisecond).fin(server), []*conn{onTo(meanwhile).from("127.0.0.1").to("127.0.0.1:8443").refused()}, HelloClosed, Certain,
			"the server's host tried 127.0.0.1:8443, which refused"},
		{"two servers, of which it may be either", toGateway().hello(name).acked().wait(5 * time.Millisecond).fin(server),
			[]*conn{onTo(meanwhile + 3*time.Millisecond).to("10.0.0.78:8443").refused(), onTo(meanwhile).refused()}, HelloClosed, Certain, ""},
		{"one server, again and again", toGateway().hello(name).acked().wait(3500 * time.Millisecond).fin(server),
			[]*conn{onTo(meanwhile).refused(), onTo(meanwhile + time.Second).refused(), onTo(meanwhile + 3490*time.Millisecond).refused()}, HelloClosed, Certain, "the server's host tried 10.0.0.77:8443, which refused"},
		{"refused long before the end", toGateway().hello(name).acked().wait(300 * time.Millisecond).fin(server), []*conn{onTo(meanwhile).refused()}, HelloClosed, Certain, ""},
		{"no answer in five seconds", toGateway().hello(name).acked().wait(5 * time.Second).fin(server), []*conn{onTo(meanwhile).wait(time.Second).syn()}, HelloClosed, Certain, "which did not answer"},
		{"captured leaving only, and its answer coming in and leaving", here().hello(name).acked().wait(5 * time.Millisecond).fin(server),
			[]*conn{byAnother(7, flow.PassageOut).passes(server, flow.PassageThrough)}, HelloClosed, Certain, ""},
		{"of three, the one that is in time", toGateway().hello(name).acked().wait(5 * time.Millisecond).fin(server),
			[]*conn{onTo(meanwhile - 2*time.Millisecond).to("10.0.0.78:8443").refused(), onTo(meanwhile).refused()}, HelloClosed, Certain, "10.0.0.77:8443"},

		{"from another address of the capture's host", here().hello(name).acked().wait(5 * time.Millisecond).fin(server), []*conn{byAnother(7, flow.PassageOut), byAnother(8, flow.PassageIn).from("198.51.100.1")}, HelloClosed, Certain,
			"in the meantime, 0.80 ms after the connection was set up, the server's host tried 10.0.0.77:8443, which refused"},
		{"over the loopback, however far the client is", here().hello(name).acked().wait(5 * time.Millisecond).fin(server), []*conn{byAnother(7, flow.PassageIn).from("127.0.0.1").to("127.0.0.1:8443")}, HelloClosed, Certain, "127.0.0.1:8443"},
		{"from the address of the gateway to another of its host's", here().hello(name).acked().wait(5 * time.Millisecond).fin(server), []*conn{byAnother(7, flow.PassageIn).from(gateway)}, HelloClosed, Certain, "10.0.0.77:8443"},
		{"from one of its addresses to the same", here().hello(name).acked().wait(5 * time.Millisecond).fin(server), []*conn{byAnother(7, flow.PassageIn).from("10.0.0.77")}, HelloClosed, Certain, "10.0.0.77:8443"},

		{"what the capture's host passed on, with other addresses", here().hello(name).acked().wait(5 * time.Millisecond).fin(server),
			[]*conn{byAnother(7, flow.PassageOut).from(gateway), byAnother(7, flow.PassageIn).from("198.51.100.1").to(gateway + ":443")}, HelloClosed, Certain, ""},
		{"what came in to the capture's host", here().hello(name).acked().wait(5 * time.Millisecond).fin(server), []*conn{byAnother(7, flow.PassageIn)}, HelloClosed, Certain, ""},
		{"what passed through it", here().hello(name).acked().wait(5 * time.Millisecond).fin(server), []*conn{byAnother(7, flow.PassageThrough)}, HelloClosed, Certain, ""},
		{"by the capture's host, for another one", toGateway().passes(client, flow.PassageThrough).passes(server, flow.PassageThrough).hello(name).acked().wait(5 * time.Millisecond).fin(server),
			[]*conn{byAnother(7, flow.PassageOut)}, HelloClosed, Certain, ""},
		{"refused, and then silence", toGateway().hello(name).acked().wait(3 * time.Second).fin(client), []*conn{onTo(meanwhile).refused()}, HelloUnanswered, Probable, ""},
		{"no answer, and silence", toGateway().hello(name).acked().wait(3 * time.Second).fin(client), []*conn{onTo(meanwhile).wait(time.Second).syn()}, HelloUnanswered, Probable, "which did not answer"},
		{"refused, and an alert that speaks of the name", toGateway().hello(name).acked().wait(time.Millisecond).alert(server, 112).fin(server), []*conn{onTo(meanwhile).refused()}, SNIUnrecognized, Certain, ""},
		{"in plaintext", toGateway().to(gateway+":8001").plain(client, "http", "GET / HTTP/1.1").acked().wait(time.Millisecond).rst(server), []*conn{onTo(meanwhile).refused()}, PlaintextToTLSPort, Possible, "which refused"},
		{"in plaintext, and the server says that it expects TLS", toGateway().plain(client, "http", "GET / HTTP/1.1").alert(server, 10), []*conn{onTo(meanwhile).refused()}, PlaintextToTLSPort, Certain, ""},
		{"refused before", toGateway().hello(name).acked().wait(time.Millisecond).fin(server), []*conn{onTo(time.Millisecond).refused()}, HelloClosed, Certain, ""},
		{"refused after", toGateway().hello(name).acked().wait(time.Millisecond).fin(server), []*conn{onTo(time.Second).refused()}, HelloClosed, Certain, ""},
		{"begun in time, refused after", toGateway().hello(name).acked().wait(time.Millisecond).fin(server), []*conn{onTo(meanwhile).wait(time.Second).refused()}, HelloClosed, Certain, ""},
		{"no answer yet", toGateway().hello(name).acked().wait(time.Millisecond).fin(server), []*conn{onTo(meanwhile).wait(time.Second).syn()}, HelloClosed, Certain, ""},
		{"one SYN", toGateway().hello(name).acked().wait(3 * time.Second).fin(server), []*conn{onTo(meanwhile)}, HelloClosed, Certain, ""},
		{"two SYNs with sequence numbers of their own", toGateway().hello(name).acked().wait(3 * time.Second).fin(server), []*conn{onTo(meanwhile).wait(time.Second).anew()}, HelloClosed, Certain, ""},
		{"accepted", toGateway().hello(name).acked().wait(time.Millisecond).fin(server), []*conn{onTo(meanwhile).synack().rst(server)}, HelloClosed, Certain, ""},
		{"by another host", toGateway().hello(name).acked().wait(time.Millisecond).fin(server), []*conn{onTo(meanwhile).from("192.0.2.10").refused()}, HelloClosed, Certain, ""},
		{"over the loopback of the client's host", newConn().to(gateway + ":443").syn().wait(20 * time.Millisecond).synack().ack().hello(name).acked().wait(time.Millisecond).fin(server),
			[]*conn{onTo(meanwhile).from("127.0.0.1").to("127.0.0.1:8443").refused()}, HelloClosed, Certain, ""},
		{"the server had begun the handshake", toGateway().hello(name).flight13().flightAcked().wait(time.Millisecond).fin(server), []*conn{onTo(meanwhile).refused()}, HelloClosed, Possible, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			conns := append([]*conn{tc.conn}, tc.attempts...)
			for range 2 { // in whatever order they are added
				tally := NewTally()
				for _, c := range conns {
					other := NewTally()
					other.Add(c.Record)
					tally.Merge(other)
				}
				slices.Reverse(conns)
				ctx := contextOf(tally, tc.conn, tc.conn.now+int64(time.Minute))
				v := explained(tc.conn.Record, &ctx)
				if v.Code != tc.code || v.Confidence != tc.confidence || !strings.Contains(v.Detail, tc.says) {
					t.Errorf("%s, %s, %q; want %s, %s, %q", v.Code, v.Confidence, v.Detail, tc.code, tc.confidence, tc.says)
				}
				said := strings.Contains(v.Detail, "meantime") || strings.Contains(v.Fix, "could not reach")
				if shown := slices.ContainsFunc(v.Evidence, func(f uint64) bool { return f > 5000 }); shown != (tc.says != "") || said != shown {
					t.Errorf("evidence %v, %q, fix %q", v.Evidence, v.Detail, v.Fix)
				}
			}
		})
	}
}

// TestServedFromNowhere is of handshakes that went through, and of servers that had nothing behind them to answer with.
func TestServedFromNowhere(t *testing.T) {
	const meanwhile = 21 * time.Millisecond
	tls12 := func() *conn { return toGateway().hello(name).acked().flight12(name).finished().through().settled() }
	tls13 := func() *conn { return toGateway().hello(name).acked().flight13().through().settled() }
	behind := func(c *conn, n uint64) *conn { // as what comes once nobody looks into it anymore
		c.wait(time.Millisecond)
		c.Bytes[server] += n
		c.AppData[server]++
		return c
	}
	for _, tc := range []struct {
		name string
		conn *conn
		says string
	}{
		{"TLS 1.2", tls12().wait(time.Millisecond).rst(server), ", which refused, and the server sent no data: look at what it could not reach"},
		{"TLS 1.3", tls13().wait(time.Millisecond).rst(server), ", which refused, and the server sent no data: look at"},
		{"TLS 1.3, tickets and an alert", behind(tls13().do(ticketed), 279).fin(server), ", which refused, and the server sent no data but session tickets: look at"},
		{"the client closes once it heard an alert", tls12().wait(time.Millisecond).sealedAlert(server).fin(client), "which refused"},
		{"the client closes", tls12().wait(time.Millisecond).fin(client), ""},
		{"an answer behind a ticket", behind(tls13().do(ticketed), 200).fin(server), ""},
		{"a ticket, or an answer", behind(tls13().do(ticketed), 0).fin(server), ""},
		{"an answer of TLS 1.2", behind(tls12(), 60).fin(server), ""},
		{"later", tls12().wait(time.Second).rst(server), ""},
	} {
		tally := NewTally()
		tally.Add(tc.conn.Record)
		tally.Add(onTo(meanwhile).refused().Record)
		ctx := contextOf(tally, tc.conn, tc.conn.now+int64(time.Minute))
		v := explained(tc.conn.Record, &ctx)
		if v.Code != Healthy || v.Confidence != Certain || !strings.Contains(v.Detail, tc.says) || (tc.says != "") != (v.Use == Deserted) {
			t.Errorf("%s: %s, %s, %d, %q", tc.name, v.Code, v.Confidence, v.Use, v.Detail)
		}
		if said := strings.Contains(v.Detail, "10.0.0.77:8443"); said != (tc.says != "") || said != slices.ContainsFunc(v.Evidence, func(f uint64) bool { return f > 5000 }) {
			t.Errorf("%s: evidence %v, %q", tc.name, v.Evidence, v.Detail)
		}
	}
}

// Of several captures nobody knows which are of the same host; of each its own attempts are known, whatever others there are.
func TestSeveralCapturesHaveNoHostInCommon(t *testing.T) {
	for _, of := range []int{0, 1} {
		tally, c := NewTally(), here().hello(name).acked().wait(5*time.Millisecond).fin(server)
		tally.CompareCaptures()
		tally.Add(byAnother(7, flow.PassageOut).Record)
		tally.NextCapture()
		var ctx Context
		if tally.Context(&ctx, c.Record, Timeline{Capture: of}, false); (ctx.Onward.How == OnwardNone) != (of == 1) {
			t.Errorf("capture %d: %+v", of, ctx.Onward)
		}
	}
}

// What the host of the capture passes on to another one is not its own to pass on.
func TestWhatALegBeyondANATDidNotReachIsNotOfTheCapturesHost(t *testing.T) {
	near, far := beyondNAT()
	tally := NewTally()
	for _, c := range []*conn{near.hello(name).acked().wait(away * 2).fin(server), far.hello(name).acked().wait(away * 2).fin(server), byAnother(9, flow.PassageOut)} {
		tally.Add(c.Record)
	}
	if ctx := contextOf(tally, near, near.now+int64(time.Minute)); ctx.Onward.How != OnwardNone || ctx.Elsewhere[server].First == 0 {
		t.Errorf("%+v", ctx)
	}
}

// A flood of SYNs is no part of it.
func TestNothingIsKeptOfFloodsToLookForBackends(t *testing.T) {
	tally := NewTally()
	tally.Add(onTo(0).Record)
	if tally.onward.n != 0 {
		t.Errorf("%d kept", tally.onward.n)
	}
}

// Two tickets, or four, are alike; so are many records of a stream of answers.
func TestManyRecordsOfOneLengthAreNoTickets(t *testing.T) {
	for n, want := range map[uint64]bool{0: false, 1: true, 3: true, 2: false, 4: false, 9: false} {
		c := setUpConn().hello(name).flight13().through().do(ticketed)
		c.Bytes[server] += n * 255
		if got := unserved(c.Record); got != want {
			t.Errorf("%d more: %v", n, got)
		}
	}
}
