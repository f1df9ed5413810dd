package diagnosis

import (
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
)

// behindNAT is the address of a server whose clients ask another one.
const behindNAT = "10.0.7.7:8443"

// begun is a connection with these initial sequence numbers.
func (c *conn) begun(client, server uint32) *conn {
	c.Sides[0].InitialSeq, c.Sides[1].InitialSeq = client, server
	return c
}

// midway is a connection of which the capture has no SYN.
func midwayOf(c *conn) *conn {
	c.Sides[client].ISN, c.Sides[server].ISN = false, false
	return c.incomplete(flow.IncompleteMid)
}

// late has a connection begin behind all others.
func (c *conn) late() *conn {
	c.Opening.First = lateFrame
	return c
}

const lateFrame = 1000

// strayAnswer is a SYN-ACK without a SYN, and strayFlight the server's flight without either. The client's host resets them.
func strayAnswer() *conn { return newConn().to(behindNAT).synack().bareRST(client) }
func strayFlight() *conn { return midwayOf(newConn().to(behindNAT).flight13().bareRST(client)) }

func TestOfAnswersFromAnotherAddress(t *testing.T) {
	asked := func() *conn { return newConn().syn().wait(time.Second).syn().begun(1000, 0) }
	greeted := func() *conn {
		return setUpConn().hello(name).acked().wait(3*time.Second).fin(client).answers(server).begun(1000, 500_000)
	}
	for _, tc := range []struct {
		name  string
		conn  *conn
		other *conn
		code  Code
		says  string // "" where the other is none of it
	}{
		{"SYN-ACK", asked(), strayAnswer().begun(1000, 77), SYNUnanswered, "sent 2 times, in 11.0 s: the SYN-ACK to it came from 10.0.7.7:8443 instead, an address that the client had not connected to, and its host reset that"},
		{"SYN-ACK that is sent again, and not reset", asked(), newConn().to(behindNAT).synack().wait(time.Second).synack().begun(1000, 77), SYNUnanswered, "came from 10.0.7.7:8443 instead, an address that the client had not connected to"},
		{"SYN-ACK to another SYN", asked(), strayAnswer().begun(1001, 77), SYNUnanswered, ""},
		{"SYN-ACK to another client", asked(), strayAnswer().from("10.1.1.1").begun(1000, 77), SYNUnanswered, ""},
		{"flight", greeted(), strayFlight().begun(1302, 500_000), HelloUnanswered, "an answer of the server came from 10.0.7.7:8443 instead"},
		{"flight, of which only the server's numbers are known", greeted(), strayFlight().begun(0, 501_000), HelloUnanswered, "an answer of the server came from 10.0.7.7:8443 instead"},
		{"flight of another server", greeted(), strayFlight().begun(1302, 400_000), HelloUnanswered, ""},
		{"flight to another connection", greeted(), strayFlight().begun(999, 500_000), HelloUnanswered, ""},
		{"flight, captured before the SYN", greeted(), strayFlight().begun(1302, 500_000).to("10.0.0.5:443"), HelloUnanswered, ""},
		{"a part of the answer", setUpConn().hello(name).acked().wait(2*time.Second).incomplete(flow.IncompleteGap).lost(server, 300).fin(client).begun(1000, 500_000), strayFlight().begun(1302, 500_000), IncompleteCapture, "an answer of the server came from 10.0.7.7:8443 instead"},
		{"SYN-ACK, and one came from the server as well", greeted(), strayAnswer().begun(1000, 77), HelloUnanswered, ""},
		{"flight, when the client had left", greeted(), strayFlight().begun(1302, 500_000).late(), HelloUnanswered, ""},
		{"the server ended it", setUpConn().hello(name).acked().rst(server).begun(1000, 500_000), strayFlight().begun(1302, 500_000), HelloReset, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.other.Opening.First < lateFrame {
				tc.other.Opening.First = 2
			}
			alone, v := judged(tc.conn)[0], judged(tc.conn, tc.other)[0]
			if v.Code != tc.code || v.Severity != alone.Severity {
				t.Errorf("%s, %s; want %s, %s\n%s", v.Code, v.Severity, tc.code, alone.Severity, v.Detail)
			}
			if v2 := judged(tc.other, tc.conn)[1]; v2.Detail != v.Detail || v2.Fix != v.Fix {
				t.Errorf("in another order: %s", v2.Detail)
			}
			if tc.says == "" {
				if strings.Contains(v.Detail, "instead") || v.Fix == fixAstray {
					t.Errorf("detail %q, fix %q", v.Detail, v.Fix)
				}
				return
			}
			if !strings.Contains(v.Detail, tc.says) || v.Fix != fixAstray {
				t.Errorf("detail %q does not say %q; fix %q", v.Detail, tc.says, v.Fix)
			}
			checkShape(t, &v)
		})
	}
}

// What came astray looks from its own side as if the client had left, or the capture had begun too late.
func TestOfWhatCameAstrayItself(t *testing.T) {
	for _, tc := range []struct {
		conn *conn
		code Code
	}{
		{strayAnswer(), ClientLeftBeforeHello},
		{strayFlight(), IncompleteCapture},
	} {
		v := explained(tc.conn.Record, nil)
		if v.Code != tc.code || v.Severity != Info || !strings.Contains(v.Detail, "the capture has no SYN of it either") || !strings.Contains(v.Fix, "to another address") {
			t.Errorf("%s, %s: %q, %q", v.Code, v.Severity, v.Detail, v.Fix)
		}
	}
}

// TestTheGatewayHasBothLegs has a capture of all interfaces of the gateway, which saw the answer come in and leave as it was.
func TestTheGatewayHasBothLegs(t *testing.T) {
	asked := func() *conn { return newConn().syn().wait(time.Second).syn().begun(1000, 0) }
	greeted := func() *conn {
		return setUpConn().hello(name).acked().wait(3*time.Second).fin(client).answers(server).begun(1000, 500_000)
	}
	turned := func() *conn { return newConn().to(behindNAT).syn().synack().bareRST(client).syn().begun(1000, 77) }
	flight := func() *conn {
		return setUpConn().to(behindNAT).hello(name).flight13().bareRST(client).begun(1000, 500_000)
	}
	for _, tc := range []struct {
		name  string
		conn  *conn
		leg   *conn
		found bool
	}{
		{"SYN-ACK", asked(), turned().passes(server, flow.PassageThrough), true},
		{"SYN-ACK on a bridge", asked(), turned(), true},
		{"SYN-ACK that was translated", asked(), turned().passes(server, flow.PassageIn), false},
		{"SYN-ACK to another SYN", asked(), turned().passes(server, flow.PassageThrough).begun(1001, 77), false},
		{"flight", greeted(), flight().passes(server, flow.PassageData), true},
		{"flight that was translated", greeted(), flight().passes(server, flow.PassageIn), false},
		{"flight in another connection", greeted(), flight().passes(server, flow.PassageData).begun(1000, 400_000), false},
		{"flight that the client refused", greeted(), setUpConn().to(behindNAT).hello(name).flight13().rst(client).begun(1000, 500_000).passes(server, flow.PassageData), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.leg.Resets[0].Frame = 2
			if v := judged(tc.conn, tc.leg)[0]; tc.found != (v.Fix == fixAstray) || tc.found != strings.Contains(v.Detail, "came from 10.0.7.7:8443 instead") {
				t.Errorf("%s: %s; %s", v.Code, v.Detail, v.Fix)
			}
		})
	}
	// What goes through a router as it is has its RST in other captures, too.
	through := func() *conn { return atServer().hello(name).flight13().bareRST(client) }
	if v := compared(t, time.Minute, through().passes(server, flow.PassageData), through()); strings.Contains(v[1].Detail, "another capture has this RST") {
		t.Errorf("%s: %s", v[1].Code, v[1].Detail)
	}
}

// TestTheRSTIsInAnotherCapture has a capture at the client show the RST with the address that the client had not asked.
func TestTheRSTIsInAnotherCapture(t *testing.T) {
	ended := func() *conn { return atServer().hello(name).flight13().bareRST(client) }
	asked := func() *conn {
		return atClient().to("10.0.0.1:443").hello(name).acked().wait(3 * time.Second).fin(client)
	}
	stray := midwayOf(newConn().flight13().bareRST(client)).begun(4_000_000_302, 77)
	v := compared(t, time.Minute, asked(), ended(), stray)
	if v[1].Code != ClientAborted || v[1].Severity != Warning || !strings.Contains(v[1].Detail, "another capture has this RST, to 10.0.0.5:443") || v[1].Fix != fixAstray {
		t.Errorf("%s, %s: %s; %s", v[1].Code, v[1].Severity, v[1].Detail, v[1].Fix)
	}
	if v = compared(t, time.Minute, asked().to("10.0.0.5:443"), ended()); v[1].Code != ResetInjected {
		t.Errorf("without it: %s", v[1].Code)
	}
}

// A capture of one direction, or of what a flood of forged SYNs brings back, is full of what has no SYN.
func TestWhatIsNotKeptAsAstray(t *testing.T) {
	tally := NewTally()
	for _, c := range []*conn{newConn().synack(), midwayOf(newConn().flight13()), midwayOf(newConn().hello(name).flight13().bareRST(client)), setUpConn().hello(name).flight13().bareRST(client)} {
		tally.Add(c.Record)
	}
	if n := tally.strays.n; n != 0 {
		t.Errorf("%d are kept", n)
	}
}

func TestStraysAreMerged(t *testing.T) {
	var a, b, all strays
	for i, frame := range []uint64{9, 4, 7, 2} {
		s := stray{Astray: Astray{Event: flow.Event{Frame: frame}}}
		all.add(s)
		if i%2 == 0 {
			a.add(s)
		} else {
			b.add(s)
		}
	}
	if a.merge(&b); a != all || a[0].Event.Frame != 2 || a[1].Event.Frame != 4 {
		t.Errorf("%v, %v", a, all)
	}
}
