package diagnosis

import (
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// away is how far the two ends are from each other.
const away = 10 * time.Millisecond

// atClient and atServer are a connection as it is captured at either end, set up.
func atClient() *conn { return newConn().syn().wait(away).synack().ack().numbered(1) }
func atServer() *conn { return newConn().syn().synack().wait(away).ack().numbered(2) }

// between is the same as captured in the middle.
func between() *conn {
	return newConn().syn().wait(away / 2).synack().wait(away / 2).ack().numbered(3)
}

// twiceAsked is a SYN that was sent twice.
func twiceAsked(first uint64) *conn { return newConn().syn().wait(time.Second).syn().numbered(first) }

// numbered gives a connection its number and sequence numbers, and the other end's clock.
func (c *conn) numbered(first uint64) *conn {
	c.Opening.First = first * 1000
	c.Sides[client].InitialSeq, c.Sides[server].InitialSeq = 4_000_000_000, 77
	return c
}

// renewed is a connection whose sequence numbers somebody in between made.
func (c *conn) renewed() *conn {
	c.Sides[client].InitialSeq, c.Sides[server].InitialSeq = 5, 6
	return c
}

func (c *conn) random(b byte) *conn {
	c.Hello.Random[0] = b
	return c
}

// compared is what becomes of connections of several captures, each of which goes on for so long.
func compared(t *testing.T, lasts time.Duration, conns ...*conn) (out []Verdict) {
	t.Helper()
	tally := NewTally()
	tally.CompareCaptures()
	for i, c := range conns {
		other := NewTally()
		other.CompareCaptures()
		for range i {
			other.NextCapture()
		}
		other.Add(c.Record)
		for range len(conns) - 1 - i {
			other.NextCapture()
		}
		tally.Merge(other)
	}
	for i, c := range conns {
		var ctx Context
		tally.Context(&ctx, c.Record, Timeline{Capture: i, End: c.now + int64(lasts)}, false)
		for side := range ctx.Elsewhere {
			ctx.Elsewhere[side].End = c.now + int64(lasts)
		}
		out = append(out, explained(c.Record, &ctx))
	}
	return out
}

func TestOfWhatTwoCapturesShow(t *testing.T) {
	const minute = time.Minute
	for _, tc := range []struct {
		name       string
		conns      []*conn // the first is asked about
		lasts      time.Duration
		code       Code
		confidence Confidence
		says       string
	}{
		{"each end has a RST that the other did not send, at the client", []*conn{atClient().hello(name).rst(server), atServer().hello(name).rst(client)}, minute,
			ResetInjected, Certain, "something on the way sent it; a capture nearer to the server has no RST of the server, and a RST of the client that is not in this one"},
		{"the same, at the server", []*conn{atServer().hello(name).rst(client), atClient().hello(name).rst(server)}, minute,
			ResetInjected, Certain, "a capture nearer to the client has no RST of the client, and a RST of the server that is not in this one"},
		{"the same, by a RST for want of a socket", []*conn{atServer().hello(name).bareRST(client), atClient().hello(name).bareRST(server)}, minute,
			ResetInjected, Certain, "a RST of the server that is not in this one"},
		{"the same, before the hello", []*conn{atClient().rst(server), atServer().rst(client)}, minute, ResetInjected, Certain, "after the connection was set up"},
		{"the same, before the hello, at the server", []*conn{atServer().rst(client), atClient().rst(server)}, minute, ResetInjected, Certain, "a RST in the name of client"},
		{"the same, in the midst of three", []*conn{atClient().hello(name).rst(server), between().hello(name).rst(server), atServer().hello(name).rst(client)}, minute,
			ResetInjected, Certain, "nearer to the server"},
		{"the same, and bytes are missing", []*conn{atClient().hello(name).rst(server).do(func(r *conversation.Record) { r.Missed = 5 }), atServer().hello(name).rst(client)}, minute,
			ResetInjected, Probable, ""},
		{"a proxy that neither end sees", []*conn{atClient().hello(name).random(7).rst(server), atServer().hello(name).random(7).renewed().rst(client)}, minute,
			ResetInjected, Certain, "and other sequence numbers, so a proxy in between speaks to each end in the name of the other"},
		{"another connection with the same addresses", []*conn{atClient().hello(name).random(7).rst(server), atServer().hello(name).random(8).renewed().rst(client)}, minute,
			HelloReset, Certain, ""},
		{"a NAT is in between", []*conn{atClient().hello(name).rst(server), atServer().hello(name).from("192.0.2.1").rst(client)}, minute, ResetInjected, Certain, ""},
		{"a NAT is in between, and each capture tells the directions at its host", []*conn{
			atClient().hello(name).passes(client, flow.PassageOut).passes(server, flow.PassageIn).rst(server),
			atServer().hello(name).from("192.0.2.1").passes(client, flow.PassageIn).passes(server, flow.PassageOut).rst(client)}, minute, ResetInjected, Certain, ""},
		{"the same, at the server", []*conn{
			atServer().hello(name).from("192.0.2.1").passes(client, flow.PassageIn).passes(server, flow.PassageOut).rst(client),
			atClient().hello(name).passes(client, flow.PassageOut).passes(server, flow.PassageIn).rst(server)}, minute, ResetInjected, Certain, ""},
		{"a NAT is in between, and the server's host lost the connection", []*conn{
			atServer().hello(name).from("192.0.2.1").bareRST(client), atClient().hello(name).bareRST(server)}, minute, ResetInjected, Certain, ""},
		{"a NAT is in between, and did not translate the answer", []*conn{
			atServer().hello(name).flight13().bareRST(client), atClient().to("10.0.0.1:443").hello(name).acked().wait(3 * time.Second).fin(client)}, minute, ClientAborted, Probable, "and not from a program that leaves"},
		{"a proxy with an address of its own is in between", []*conn{atClient().hello(name).random(7).rst(server), atServer().hello(name).random(7).from("192.0.2.1").renewed().rst(client)}, minute,
			HelloReset, Certain, ""},
		{"the server knows of no RST, and the hello did not get there", []*conn{atClient().hello(name).acked().rst(server), atServer()}, minute,
			ResetInjected, Probable, "a capture nearer to the server has no RST of the server, nor a byte of what the client sent"},
		{"the other capture was over by then", []*conn{atClient().hello(name).acked().rst(server), atServer()}, time.Millisecond, HelloReset, Certain, ""},
		{"the other capture was over by then, and yet shows how it ended", []*conn{atClient().hello(name).acked().rst(server), atServer().fin(server)}, time.Millisecond,
			ResetInjected, Probable, "no RST of the server"},
		{"the server did send it", []*conn{atClient().hello(name).acked().rst(server), atServer().hello(name).acked().rst(server)}, minute, HelloReset, Certain, ""},
		{"the server's RST was lost on the way to the client", []*conn{atServer().hello(name).acked().rst(server), atClient().hello(name).fin(client)}, minute, HelloReset, Certain, ""},
		{"both sent a RST that was lost on the way", []*conn{atServer().hello(name).acked().rst(server), atClient().hello(name).rst(client)}, minute, HelloReset, Certain, ""},
		{"both were captured at the same place, and their times differ by a little", []*conn{atClient().hello(name).rst(server), newConn().syn().wait(away - away/20).synack().wait(time.Microsecond).ack().numbered(4).hello(name).rst(client)}, minute, HelloReset, Certain, ""},
		{"both were captured at the same place", []*conn{atClient().hello(name).rst(server), atClient().numbered(4).hello(name).rst(client)}, minute, HelloReset, Certain, ""},
		{"a proxy closes in the server's name", []*conn{atClient().hello(name).random(7).acked().fin(server), atServer().hello(name).random(7).renewed().fin(client)}, minute,
			HelloClosed, Possible, "a capture nearer to the server has no FIN of the server, and other sequence numbers"},
		{"the same, at the server", []*conn{atServer().hello(name).random(7).renewed().acked().fin(client), atClient().hello(name).random(7).fin(server)}, minute,
			ClientAborted, Possible, "a capture nearer to the client has no FIN of the client, and other sequence numbers"},
		{"an alert in the server's name", []*conn{atClient().hello(name).alert(server, 112), atServer().fin(client)}, minute,
			SNIUnrecognized, Possible, "a capture nearer to the server has no alert of the server, nor a byte of what the client sent"},
		{"silence, and the hello did not get there", []*conn{atClient().hello(name).wait(2*time.Second).stall(2, helloEnd), atServer()}, minute,
			HelloUnanswered, Certain, "a capture nearer to the server has not a byte of what the client sent: it was lost or dropped on the way"},
		{"silence, and the answer did not get here", []*conn{atClient().hello(name).acked().wait(2 * time.Second).fin(client), atServer().hello(name).flight13()}, minute,
			HelloUnanswered, Possible, "a capture nearer to the server has what it answered, and none of that came here: it was lost or dropped on the way back"},
		{"the server's answer to the SYN is lost", []*conn{twiceAsked(1), twiceAsked(2).synack().wait(time.Second).synack()}, minute,
			SYNUnanswered, Certain, "a capture nearer to the server has its SYN-ACK, which was lost or dropped on the way back"},
		{"the same, at the server", []*conn{twiceAsked(2).synack().wait(time.Second).synack(), twiceAsked(1)}, minute,
			SYNUnanswered, Certain, "a capture nearer to the client has no SYN-ACK"},
		{"the SYN is lost beyond a place of capture", []*conn{twiceAsked(1), twiceAsked(2)}, minute, SYNUnanswered, Probable, ""},
		{"refused in the name of a server that accepts", []*conn{newConn().syn().numbered(1).refused(), twiceAsked(2).synack().rst(client)}, minute,
			ConnectionRefused, Possible, "a capture nearer to the server has no RST of the server"},
		{"the hello did not get here", []*conn{atServer().fin(server), atClient().hello(name).fin(server)}, minute,
			ServerClosedBeforeHello, Certain, "a capture nearer to the client has what it sent"},
		{"silence, and the server's end did not get here", []*conn{givenUp(), atServer().hello(name).acked().fin(server)}, minute,
			HelloUnanswered, Possible, "a capture nearer to the server has its FIN or alert, which did not come here"},
		{"the same, and bytes are missing", []*conn{givenUp().do(lacksBytes), atServer().hello(name).acked().fin(server)}, minute, HelloUnanswered, Probable, ""},
		{"the server leaves behind the client", []*conn{givenUp(), atServer().hello(name).acked().wait(10 * time.Second).fin(server)}, minute, HelloUnanswered, Probable, ""},
		{"silence, the answer did not get here, and bytes are missing", []*conn{givenUp().do(lacksBytes), atServer().hello(name).flight13()}, minute, HelloUnanswered, Probable, ""},
		{"silence to a hello without a name, and the answer did not get here", []*conn{atClient().hello("").acked().wait(2 * time.Second).fin(client), atServer().hello("").flight13()}, minute,
			NoSNIUnanswered, Possible, "has what it answered, and none of that came here"},
		{"the client leaves at once, and the answer did not get here", []*conn{atClient().hello(name).acked().fin(client), atServer().hello(name).flight13()}, minute,
			ClientAborted, Certain, "has what it answered, and none of that came here"},
		{"the client knows of no RST, and has one of the server that is here too", []*conn{atServer().hello(name).rst(client).rst(server), atClient().hello(name).rst(server)}, minute,
			ResetInjected, Probable, "a capture nearer to the client has no RST of the client; "},
		{"both ends have the server's FIN", []*conn{atClient().hello(name).acked().fin(server), atServer().hello(name).acked().fin(server)}, minute, HelloClosed, Certain, ""},
		{"a NAT is in between, and the client knows of no RST", []*conn{atServer().hello(name).from("192.0.2.1").rst(client), atClient().hello(name).fin(server)}, minute,
			ResetInjected, Probable, "a capture nearer to the client has no RST of the client"},
		{"a NAT is in between, and the client knows of no FIN", []*conn{atServer().hello(name).from("192.0.2.1").fin(client), atClient().hello(name).fin(server)}, minute,
			ClientAborted, Possible, "a capture nearer to the client has no FIN of the client"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := compared(t, tc.lasts, tc.conns...)[0]
			if v.Code != tc.code || v.Confidence != tc.confidence || !strings.Contains(v.Detail, tc.says) {
				t.Errorf("%s, %s, %q; want %s, %s, %q", v.Code, v.Confidence, v.Detail, tc.code, tc.confidence, tc.says)
			}
			if tc.says == "" && strings.Contains(v.Detail, "capture nearer") && v.Code != ResetInjected {
				t.Errorf("%q speaks of another capture", v.Detail)
			}
		})
	}
}

// lacksBytes says that bytes of a connection were not captured.
func lacksBytes(r *conversation.Record) { r.Missed = 5 }

// givenUp is a connection in which the client waited for two seconds.
func givenUp() *conn { return atClient().hello(name).acked().wait(2 * time.Second).fin(client) }

// TestLookBetween looks between two captures where what one of them lacks made the finding, and not where it only is so.
func TestLookBetween(t *testing.T) {
	answered := func() *conn { return atServer().hello(name).flight13() }
	for _, tc := range []struct {
		name    string
		here    *conn
		there   *conn
		code    Code
		between bool
	}{
		{"the flight did not get there", answered().flightAcked().wait(10 * time.Second), atClient().hello(name).acked(), HandshakeStalled, true},
		{"the same, and who knows whether it was acknowledged", answered().wait(10 * time.Second), atClient().hello(name).acked(), IncompleteCapture, false},
		{"the client did not wait for whether the hello got there", atClient().hello(name).fin(client), atServer(), ClientAborted, false},
	} {
		if v := compared(t, time.Minute, tc.here, tc.there)[0]; v.Code != tc.code || (v.Fix == fixPlaces) != tc.between {
			t.Errorf("%s: %s, %q", tc.name, v.Code, v.Fix)
		}
	}
}

// In however many captures a connection is, and in whatever order they are added up, what is found nearest is the same.
func TestPlacesAreASum(t *testing.T) {
	all := []*conn{atClient().hello(name).rst(server), between().hello(name).rst(server), atServer().hello(name).rst(client)}
	want := compared(t, time.Minute, all...)
	got := compared(t, time.Minute, all[2], all[1], all[0])
	for i := range want {
		if w, g := want[i], got[len(got)-1-i]; w.Code != g.Code || w.Detail != g.Detail {
			t.Errorf("%d: %s, %q; in another order %s, %q", i, w.Code, w.Detail, g.Code, g.Detail)
		}
	}
}

// With one capture nothing is kept to compare.
func TestOneCaptureIsNotCompared(t *testing.T) {
	tally := NewTally()
	tally.Add(atClient().hello(name).rst(server).Record)
	if tally.places.n != 0 {
		t.Error("a connection was kept")
	}
}

// beyondNAT are the two legs of a connection that a capture of a host shows which changes addresses, and the time that the host takes.
func beyondNAT() (near, far *conn) {
	const host = 3 * time.Microsecond
	near = newConn().syn().wait(away).synack().ack().numbered(1).passes(client, flow.PassageIn).passes(server, flow.PassageOut)
	far = newConn().wait(host).syn().wait(away - 2*host).synack().wait(2 * host).ack().from("192.0.2.1").numbered(2)
	return near, far.passes(client, flow.PassageOut).passes(server, flow.PassageIn)
}

// oneCapture is what becomes of the first of connections of one capture, which goes on for so long.
func oneCapture(lasts time.Duration, conns ...*conn) Verdict {
	tally := NewTally()
	for _, c := range conns {
		tally.Add(c.Record)
	}
	c := conns[0]
	ctx := contextOf(tally, c, c.now+int64(lasts))
	for side := range ctx.Elsewhere {
		if e := &ctx.Elsewhere[side]; e.First != 0 {
			e.End = c.now + int64(lasts)
		}
	}
	return explained(c.Record, &ctx)
}

func TestOfWhatOneCaptureShowsBeyondANAT(t *testing.T) {
	const here, minute = "on the host of this capture", time.Minute
	stalled := func(c *conn) *conn { return c.wait(2*time.Second).stall(2, helloEnd) }
	for _, tc := range []struct {
		name       string
		legs       func(near, far *conn) []*conn // the first is asked about
		lasts      time.Duration
		code       Code
		confidence Confidence
		says, fix  string
	}{
		{"a rule rejects a name", func(a, b *conn) []*conn { return []*conn{a.hello(name).bareRST(server), b} }, minute, ResetInjected, Probable,
			"something on the way probably sent it; this capture, beyond a NAT and nearer to the server, has no RST of the server, nor a byte of what the client sent", here},
		{"the hello went on", func(a, b *conn) []*conn { return []*conn{a.hello(name).bareRST(server), b.hello(name)} }, minute, ResetInjected, Possible,
			"nearer to the server, has no RST of the server; taken alone", here},
		{"and the capture ends", func(a, b *conn) []*conn { return []*conn{a.hello(name).bareRST(server), b} }, 0, ResetInjected, Probable,
			"nearer to the server, has no RST of the server, nor a byte of what the client sent", here},
		{"both legs are of the same times", func(a, b *conn) []*conn {
			b.SYN.Time, b.SYNACK.Time, b.Opening.Established.Time = a.SYN.Time, a.SYNACK.Time, a.Opening.Established.Time
			return []*conn{a.hello(name).bareRST(server), b}
		}, minute, ResetInjected, Probable, "nearer to the server, has no RST", here},
		{"the capture tells no directions", func(a, b *conn) []*conn {
			a.passes(client, 0).passes(server, 0)
			return []*conn{a.hello(name).bareRST(server), b.passes(client, 0).passes(server, 0)}
		}, minute, HelloReset, Certain, "", ""},
		{"what passes is no leg of a NAT", func(a, b *conn) []*conn {
			a.passes(client, flow.PassageThrough).passes(server, flow.PassageThrough)
			return []*conn{a.hello(name).acked().rst(server), b}
		}, minute, HelloReset, Certain, "", ""},
		{"bytes are missing beyond the NAT", func(a, b *conn) []*conn { return []*conn{a.hello(name).bareRST(server), b.do(lacksBytes)} }, minute, HelloReset, Certain, "", ""},
		{"bytes are missing", func(a, b *conn) []*conn { return []*conn{a.hello(name).bareRST(server).do(lacksBytes), b} }, minute, HelloReset, Probable,
			"has not a byte of what the client sent", ""},
		{"the host forgot the connection", func(a, b *conn) []*conn {
			return []*conn{b.hello(name).acked().flight13().bareRST(client), a.hello(name).acked()}
		}, minute, ResetInjected, Probable, "this capture, beyond a NAT and nearer to the client, has no RST of the client", here},
		{"and reset the server too, when it was told so long after", func(a, b *conn) []*conn {
			return []*conn{b.hello(name).acked().bareRST(client), a.hello(name).acked().wait(5 * time.Second).rst(server)}
		}, minute, ResetInjected, Possible, "has no RST of the client; taken", here},
		{"and the server at once", func(a, b *conn) []*conn {
			return []*conn{b.hello(name).acked().bareRST(client), a.hello(name).acked().rst(server)}
		}, minute, ResetInjected, Certain, "something on the way sent it; this capture, beyond a NAT and nearer to the client, has no RST of the client, and a RST of the server that is not in this one", here},
		{"a rule drops a name", func(a, b *conn) []*conn { return []*conn{stalled(a.hello(name)), b} }, minute, HelloUnanswered, Certain,
			"this capture, beyond a NAT and nearer to the server, has not a byte of what the client sent", here},
		{"the capture ends behind the hello", func(a, b *conn) []*conn { return []*conn{a.hello(name), b} }, 0, IncompleteCapture, Certain, "", ""},
		{"the hello came in, and the capture ends", func(a, b *conn) []*conn { return []*conn{b, a.hello(name)} }, 0, IncompleteCapture, Certain, "", ""},
		{"the hello is acknowledged, and not captured beyond", func(a, b *conn) []*conn { return []*conn{stalled(a.hello(name).acked()), b} }, minute, HelloUnanswered, Certain, "", ""},
		{"what the server answers is dropped", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().wait(2 * time.Second).fin(client), b.hello(name).flight13()}
		}, minute, HelloUnanswered, Possible, "this capture, beyond a NAT and nearer to the server, has what it answered, and none of that came here", here},
		{"the server answers when the client has left", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().wait(2 * time.Second).fin(client), b.hello(name).acked().wait(3 * time.Second).flight13()}
		}, minute, HelloUnanswered, Probable, "", ""},
		{"the server's RST is dropped", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().wait(2 * time.Second).fin(client), b.hello(name).acked().rst(server)}
		}, minute, HelloUnanswered, Possible, "nearer to the server, has its RST, which did not come here", here},
		{"the server's FIN is dropped", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().wait(2 * time.Second).fin(client), b.hello(name).acked().fin(server)}
		}, minute, HelloUnanswered, Possible, "nearer to the server, has its FIN or alert, which did not come here", here},
		{"a health check, which the server answers by its own FIN", func(a, b *conn) []*conn {
			return []*conn{a.fin(client).do(closesToo), b.fin(client).do(closesToo)}
		}, minute, ClientLeftBeforeHello, Certain, "", ""},
		{"the server's own RST", func(a, b *conn) []*conn {
			return []*conn{a.hello(name).acked().rst(server), b.hello(name).acked().rst(server)}
		}, minute, HelloReset, Certain, "", ""},
		{"the server's own silence", func(a, b *conn) []*conn { return []*conn{stalled(a.hello(name)), stalled(b.hello(name))} }, minute, HelloUnanswered, Certain, "", ""},
		{"another connection of the client", func(a, b *conn) []*conn { return []*conn{a.hello(name).acked().rst(server), b.renewed()} }, minute, HelloReset, Certain, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			near, far := beyondNAT()
			v := oneCapture(tc.lasts, tc.legs(near, far)...)
			if v.Code != tc.code || v.Confidence != tc.confidence || !strings.Contains(v.Detail, tc.says) || !strings.Contains(v.Fix, tc.fix) {
				t.Errorf("%s, %s, %q, fix %q; want %s, %s, %q, fix %q", v.Code, v.Confidence, v.Detail, v.Fix, tc.code, tc.confidence, tc.says, tc.fix)
			}
			if tc.says == "" && strings.Contains(v.Detail, "NAT and") {
				t.Errorf("%q speaks of a NAT", v.Detail)
			}
		})
	}
}

// closesToo has the server answer a FIN by its own.
func closesToo(r *conversation.Record) {
	r.Sides[server].Fin = flow.Event{Frame: r.Terminator.Frame + 1, Time: r.Terminator.Time + int64(time.Microsecond)}
}

// Only legs that a NAT may have made are looked for, of connections that were set up: a flood of SYNs brings millions of others.
func TestFewAreKeptToLookBeyondANAT(t *testing.T) {
	near, far := beyondNAT()
	tally := NewTally()
	tally.Add(twiceAsked(1).passes(client, flow.PassageIn).passes(server, flow.PassageOut).Record)
	tally.Add(setUpConn().hello(name).rst(server).Record)
	tally.Add(near.through().Record)
	if tally.places.n != 0 {
		t.Errorf("%d kept", tally.places.n)
	}
	if tally.Add(far.Record); tally.places.n != 1 {
		t.Errorf("%d kept of a leg", tally.places.n)
	}
}

// What to do follows from where the capture was made that contradicts, of several.
func TestFixOfWhatHappensBetweenTwoPlaces(t *testing.T) {
	near, far := beyondNAT()
	end := atServer().from("192.0.2.1").numbered(2)
	end.SYN.Time -= int64(time.Millisecond)
	tally := NewTally()
	tally.CompareCaptures()
	tally.Add(near.hello(name).Record)
	tally.Add(far.hello(name).bareRST(server).Record)
	tally.NextCapture()
	tally.Add(end.Record)
	ctx := contextOf(tally, far, far.now+int64(time.Minute))
	for side := range ctx.Elsewhere {
		ctx.Elsewhere[side].End = far.now + int64(time.Minute)
	}
	if v := explained(far.Record, &ctx); v.Code != ResetInjected || !strings.Contains(v.Fix, "the two places of capture") {
		t.Errorf("%s, fix %q", v.Code, v.Fix)
	}
}
