package diagnosis

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// port gives the client another port, and the hello another random.
func (c *conn) port(port uint16) *conn {
	c.Endpoints[client] = netip.AddrPortFrom(c.Endpoints[client].Addr(), port)
	c.Hello.Random[0] = byte(port)
	return c
}

// begins moves the start of a connection, which is all that tells when it was.
func (c *conn) begins(d time.Duration) *conn {
	c.Start += int64(d)
	return c
}

// regulars are connections that went through, before and after the time of others.
func regulars(n int, end func() *conn) (all []*conn) {
	for i := range n {
		when := time.Duration(i-n/2) * time.Second
		all = append(all, end().hello(name).port(uint16(1000+i)).flight13().through().begins(when+time.Millisecond))
	}
	return all
}

// everySecond leaves out the others.
func everySecond(all []*conn) (some []*conn) {
	for i := 0; i < len(all); i += 2 {
		some = append(some, all[i])
	}
	return some
}

// judgedIn is what becomes of a connection of the first of two captures, whichever of them is read first.
func judgedIn(first bool, c *conn, captures ...[]*conn) Verdict {
	tally, place := talliedIn(first, c, captures...)
	return judgedAt(tally, place, c)
}

func judgedAt(tally *Tally, place int, c *conn) Verdict {
	var ctx Context
	tally.Context(&ctx, c.Record, Timeline{Capture: place, End: c.now + int64(time.Minute)}, false)
	return explained(c.Record, &ctx)
}

// talliedIn is what is known then, and where the connection is.
func talliedIn(first bool, c *conn, captures ...[]*conn) (*Tally, int) {
	captures[0] = append(captures[0], c)
	place := 0
	if !first {
		slices.Reverse(captures)
		place = 1
	}
	workers := [...]*Tally{NewTally(), NewTally()}
	for w, tally := range workers {
		tally.CompareCaptures()
		for _, conns := range captures {
			for _, c := range conns {
				if int(c.Endpoints[client].Port())%len(workers) == w {
					tally.Add(c.Record)
				}
			}
			tally.NextCapture()
		}
	}
	tally := workers[0]
	tally.Merge(workers[1])
	tally.MatchCaptures()
	return tally, place
}

// TestWhatTheServerNeverSaw has a client's capture with a connection of which the server's has nothing, though it has the client's others.
func TestWhatTheServerNeverSaw(t *testing.T) {
	const nothing = "a capture nearer to the server has no packet of it, though it has nearly all that went through: "
	const somebody = nothing + "something on the way answered in the server's name, or another host or interface with its address"
	beyondIt := func() *conn { return atServer().from("192.0.2.1") }
	reset := func() *conn { return atClient().hello(name).port(7).acked().rst(server) }
	for _, tc := range []struct {
		name             string
		conn             *conn
		atClient, beyond []*conn
		code             Code
		confidence       Confidence
		says             string
	}{
		{"a RST in its name", reset(), regulars(4, atClient), regulars(4, atServer), ResetInjected, Possible, "something on the way may have sent it; " + somebody},
		{"a FIN", atClient().hello(name).port(7).acked().fin(server), regulars(4, atClient), regulars(4, atServer), HelloClosed, Possible, somebody},
		{"an alert", atClient().hello(name).port(7).alert(server, 112), regulars(4, atClient), regulars(4, atServer), SNIUnrecognized, Possible, somebody},
		{"silence", atClient().hello(name).port(7).acked().wait(2 * time.Second).fin(client), regulars(4, atClient), regulars(4, atServer), HelloUnanswered, Possible, somebody},
		{"a certificate", atClient().hello(name).port(7).flight12("other.example").alert(client, 42), regulars(4, atClient), regulars(4, atServer), CertificateNameMismatch, Possible, somebody},
		{"refused", newConn().syn().numbered(1).port(7).refused(), regulars(4, atClient), regulars(4, atServer), ConnectionRefused, Possible, somebody},
		{"no answer to the SYN", newConn().syn().wait(time.Second).syn().numbered(1).port(7), regulars(4, atClient), regulars(4, atServer), SYNUnanswered, Certain, nothing + "it was dropped on the way"},
		{"the client's own doing", atClient().hello(name).port(7).flight13().alert(client, 48), regulars(4, atClient), regulars(4, atServer), ClientRejectedCertificate, Possible, somebody},

		{"beyond a NAT", reset(), regulars(4, atClient), regulars(4, beyondIt), ResetInjected, Possible, somebody},

		{"too few others", reset(), regulars(2, atClient), regulars(2, atServer), HelloReset, Certain, ""},
		{"others are not there either", reset(), regulars(9, atClient), everySecond(regulars(9, atServer)), HelloReset, Certain, ""},
		{"it was over", reset().begins(time.Hour), regulars(4, atClient), regulars(4, atServer), HelloReset, Certain, ""},
		{"it had not begun", reset().begins(-time.Hour), regulars(4, atClient), regulars(4, atServer), HelloReset, Certain, ""},
		{"it is the one nearer to the client", atServer().hello(name).port(7).acked().rst(server), regulars(4, atServer), regulars(4, atClient), HelloReset, Certain, ""},
		{"of one place", reset(), regulars(4, atClient), regulars(4, atClient), HelloReset, Certain, ""},
		{"of one place, by most of the others", reset(), regulars(4, atClient), append(regulars(4, atClient)[1:], regulars(4, atServer)[0]), HelloReset, Certain, ""},
		{"it is there", reset(), regulars(4, atClient), append(regulars(4, atServer), atServer().hello(name).port(7).acked().rst(server)), HelloReset, Certain, ""},
		{"it is there, without its beginning", reset(), regulars(4, atClient), append(regulars(4, atServer), newConn().port(7).rst(server)), HelloReset, Certain, ""},
		{"it went through there", reset(), regulars(4, atClient), append(regulars(4, atServer), atServer().hello(name).port(7).flight13().through()), HelloReset, Certain, ""},
		{"it went through there, beyond a NAT", reset(), regulars(4, atClient), append(regulars(4, beyondIt), beyondIt().hello(name).port(7).flight13().through()), HelloReset, Certain, ""},
		{"it went through there, and this capture lacks what came of its SYN", newConn().syn().wait(time.Second).syn().numbered(1).port(7), regulars(4, atClient),
			append(regulars(4, atServer), atServer().hello(name).port(7).flight13().through()), SYNUnanswered, Certain, "sent 2 times, in 11.0 s"},
		{"of other clients", reset(), regulars(4, atClient), regulars(4, func() *conn { return atServer().numbered(9) })[:1], HelloReset, Certain, ""},
		{"it is there beyond a NAT, without its hello", atClient().hello(name).port(7).acked().rst(server), regulars(4, atClient), append(regulars(4, beyondIt), beyondIt().port(7)), HelloReset, Certain, ""},
		{"of clients of another network", reset().from("10.77.0.1").port(7), regulars(4, atClient), regulars(4, atServer), HelloReset, Certain, ""},
		{"refused beyond a NAT", newConn().syn().numbered(1).port(7).refused(), regulars(4, atClient), regulars(4, beyondIt), ConnectionRefused, Certain, ""},
		{"it is there, beyond a NAT", reset(), regulars(4, atClient), append(regulars(4, beyondIt), beyondIt().hello(name).port(7).acked().rst(server)), HelloReset, Certain, ""},
	} {
		for _, first := range []bool{true, false} {
			v := judgedIn(first, tc.conn, slices.Clone(tc.atClient), slices.Clone(tc.beyond))
			if nowhere := strings.Contains(tc.says, nothing); nowhere != strings.Contains(v.Detail, nothing) || nowhere != v.Absent {
				t.Errorf("%s, read first %v: %v, %q", tc.name, first, v.Absent, v.Detail)
			}
			if v.Code != tc.code || v.Confidence != tc.confidence || !strings.Contains(v.Detail, tc.says) {
				t.Errorf("%s, read first %v: %s, %s, %q; want %s, %s, %q", tc.name, first, v.Code, v.Confidence, v.Detail, tc.code, tc.confidence, tc.says)
			}
			if between := strings.Contains(v.Fix, "between the two places"); between != (v.Confidence == Possible) {
				t.Errorf("%s: fix %q", tc.name, v.Fix)
			}
		}
	}
}

// Of more captures than are compared nothing is concluded.
func TestManyCapturesAreNotSearched(t *testing.T) {
	c := atClient().hello(name).port(7).acked().rst(server)
	captures := [][]*conn{regulars(4, atClient)}
	for range captureSetLen - 1 {
		captures = append(captures, nil)
	}
	captures = append(captures, regulars(4, atServer))
	if v := judgedIn(true, c, captures...); v.Code != HelloReset || v.Confidence != Certain {
		t.Error(v.Code, v.Confidence, v.Detail)
	}
}

// What is concluded of a capture is not concluded of one far behind it, whatever its number is in few bits.
func TestFarCapturesAreNotSearched(t *testing.T) {
	c := atClient().hello(name).port(7).acked().rst(server)
	tally, place := talliedIn(true, c, regulars(4, atClient), regulars(4, atServer))
	if v := judgedAt(tally, place, c); v.Code != ResetInjected {
		t.Error(v.Code, v.Detail)
	}
	if v := judgedAt(tally, place+256, c); v.Code != HelloReset {
		t.Error(v.Code, v.Detail)
	}
}

// A handshake that more captures show than are kept of it may be in any of the others as well.
func TestWentThroughInManyCaptures(t *testing.T) {
	through := func() *conn { return atServer().from("192.0.2.1").hello(name).port(7).flight13().through() }
	beyond := append(regulars(4, func() *conn { return atServer().from("192.0.2.1") }), through())
	captures := [][]*conn{regulars(4, atClient)}
	for range len(sightings{}) {
		captures = append(captures, []*conn{through()})
	}
	if v := judgedIn(true, atClient().hello(name).port(7).acked().rst(server), append(captures, beyond)...); v.Code != HelloReset {
		t.Error(v.Code, v.Confidence, v.Detail)
	}
}
