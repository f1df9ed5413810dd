package flow

import (
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// unreach is an ICMP error of the given kind about a datagram of the client, or of the server, from the host that was to take
// it or from a router.
func (w *udpWire) unreach(ofClient, byHost bool, at time.Duration, code uint16, opts ...option) {
	client, server, router := []byte{192, 0, 2, 1}, []byte{192, 0, 2, 2}, []byte{198, 51, 100, 1}
	src, dst, from, to := uint16(40000), uint16(443), client, server
	if !ofClient {
		src, dst, from, to = dst, src, to, from
	}
	reporter := router
	if byHost {
		reporter = to
	}
	arena := append(append(append([]byte(nil), from...), to...), reporter...)
	s := decode.Segment{Time: int64(at), Bits: decode.BitUDP | decode.BitICMP, Payload: 12, Ack: 8, Flags: 3, Window: code}
	s.SetEndpoints(arena, 0, false, src, dst)
	for _, o := range opts {
		o(&s)
	}
	w.frame++
	w.t.Segment(&s, &decode.Batch{Arena: arena, Encaps: []string{""}}, w.frame)
}

// TestQuotedDatagramsThatWereNotCaptured has a host say that nobody has the port to which a datagram went: one that the capture
// has, or another, with which the handshake may have gone through.
func TestQuotedDatagramsThatWereNotCaptured(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []string
		quoted  uint32 // length in the UDP header
		want    Incomplete
	}{
		{"the last", []string{"Q flight", "Q short"}, 8 + 7, 0},
		{"one before", []string{"Q flight", "Q short"}, 8 + 8, 0},
		{"another", []string{"Q flight"}, 8 + 53, IncompleteGap},
		{"what may be several in one", []string{string(make([]byte, 4000))}, 8 + 1200, 0},
		{"no length", []string{"Q flight"}, 0, 0},
		{"nothing of that side was captured", nil, 8 + 53, IncompleteOneSided},
	} {
		w := newUDPWire()
		w.send(true, 0, "Q1", 0)
		for i, text := range c.answers {
			w.send(false, int64ms(1+i), text, 0)
		}
		w.unreach(false, true, int64ms(9), icmpNoPort, func(s *decode.Segment) { s.Seq = c.quoted })
		w.t.Flush(int64(time.Minute), false)
		want(t, c.name, w.log.ended[0].Incomplete, c.want)
	}
}

// TestHostsWithoutThePort has hosts and routers say that a datagram could not be delivered, once the server has answered.
func TestHostsWithoutThePort(t *testing.T) {
	for _, c := range []struct {
		name             string
		ofClient, byHost bool
		code             uint16
		by               Side
	}{
		{"the client's program is gone", false, true, icmpNoPort, Client},
		{"the server's program is gone", true, true, icmpNoPort, Server},
		{"a router says so", true, false, icmpNoPort, Nobody},
		{"the host means something else", true, true, icmpFragNeeded, Nobody},
	} {
		w := newUDPWire()
		w.send(true, 0, "Q1", 0)
		w.send(false, int64ms(1), "answer", 0)
		w.unreach(true, false, int64ms(2), icmpFragNeeded) // the first ICMP error is not the one that ends it
		w.unreach(c.ofClient, c.byHost, int64ms(3), c.code)
		w.t.Flush(int64(time.Second), true)
		f := w.log.ended[0]
		if f.Terminator.By != c.by || (c.by != Nobody) != (f.Terminator.Kind == CloseICMP) {
			t.Errorf("%s: ended by %+v", c.name, f.Terminator)
		}
		if c.by != Nobody && f.ICMP.Event != f.Terminator.Event {
			t.Errorf("%s: ICMP error %+v", c.name, f.ICMP)
		}
	}
}

// TestReachedAfterAll has a datagram come from a host of which it was said that it cannot be reached.
func TestReachedAfterAll(t *testing.T) {
	w := newUDPWire()
	w.send(true, 0, "Q1", 0)
	w.unreach(true, true, int64ms(1), icmpNoPort)
	w.send(true, int64ms(1000), "Q2", 0)
	w.send(false, int64ms(1001), "answer", 0)
	w.t.Flush(int64(2*time.Second), true)
	if f := w.log.ended[0]; len(w.log.ended) != 1 || f.Terminator.Kind != NotClosed {
		t.Errorf("%d connections, ended by %+v", len(w.log.ended), f.Terminator)
	}
}

// TestServerGoesOnForALongTime has a server send its flight again to a client that is gone.
func TestServerGoesOnForALongTime(t *testing.T) {
	w := newUDPWire()
	w.send(true, 0, "Q1", 0)
	w.send(false, int64ms(1), "Q flight", 0)
	w.unreach(false, true, int64ms(2), icmpNoPort)
	w.send(false, 32*time.Second, "Q flight", 0)
	w.t.Flush(int64(time.Minute), true)
	want(t, "connections", len(w.log.ended), 1)
	want(t, "ended by", w.log.ended[0].Terminator.By, Client)
}
