package flow

import (
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// in and out are where packets of a side come in and leave.
func in(side Side) option {
	return func(s *decode.Segment) { s.Iface, s.Bits = uint8(side)+1, s.Bits|decode.BitIncoming }
}

func out(side Side) option {
	return func(s *decode.Segment) { s.Iface, s.TTL, s.Bits = uint8(side)+11, 63, s.Bits|decode.BitOutgoing }
}

// through is a conversation up to the hello, all of which passes a host, but what held says of the hello.
func through(w *wire, held bool) {
	w.syn(in(C))
	w.syn(out(C))
	w.synack(in(S))
	w.synack(out(S))
	w.ack(C, in(C))
	w.ack(C, out(C))
	w.send(C, 0, "hello", in(C))
	if !held {
		w.send(C, 0, "hello", out(C))
	}
}

// SignOutgoing is of a RST that was captured as it left, and not as it came in.
func TestSignOutgoing(t *testing.T) {
	other := func(s *decode.Segment) { s.Iface, s.Bits = 9, s.Bits|decode.BitIncoming }
	for _, test := range []struct {
		name string
		rsts func(w *wire)
		sign Signs // of the last one
	}{
		{"made here", func(w *wire) { w.rst(S, out(S)) }, SignOutgoing},
		{"made here, by another interface than others left", func(w *wire) { w.rst(S, out(S), iface(12)) }, SignOutgoing},
		{"made here, of a host without the connection", func(w *wire) { w.bareRST(S, out(S)) }, SignOutgoing},
		{"passes", func(w *wire) { w.rst(S, in(S)); w.rst(S, out(S)) }, 0},
		{"passes, with another sequence number", func(w *wire) { w.rst(S, in(S)); w.packet(S, decode.RST, 7, "", out(S)) }, 0},
		{"passes, and then one is made here", func(w *wire) { w.rst(S, in(S)); w.rst(S, out(S)); w.packet(S, decode.RST, 7, "", out(S)) }, 0},
		{"comes in", func(w *wire) { w.rst(S, in(S)) }, 0},
		{"comes in by another way", func(w *wire) { w.rst(S, other) }, 0},
		{"in no direction", func(w *wire) { w.rst(S, iface(9)) }, 0},
		{"of the client", func(w *wire) { w.rst(C, out(C)) }, SignOutgoing},
	} {
		w := newWire()
		through(w, false)
		test.rsts(w)
		f := w.end(t)
		if last := &f.Resets[len(f.Resets)-1]; last.Signs&SignOutgoing != test.sign {
			t.Errorf("%s: signs %b, want %b", test.name, last.Signs, test.sign)
		}
	}
}

// Nothing follows from where a RST is of a host whose packets do not pass through: it is on the host of the capture, or that changes
// addresses, or the capture tells no direction.
func TestNoSignOutgoingWhereNothingPasses(t *testing.T) {
	for _, test := range []struct {
		name   string
		client option
		server option
		rst    option
	}{
		{"no direction", iface(1), iface(1), iface(1)},
		{"no direction, two interfaces", iface(1), iface(2), iface(1)},
		{"the server's host", in(C), out(S), out(S)},
		{"the client's host", out(C), in(S), out(S)},
	} {
		w := newWire()
		w.syn(test.client)
		w.synack(test.server)
		w.ack(C, test.client)
		w.send(C, 0, "hello", test.client)
		w.rst(S, test.rst)
		if f := w.end(t); f.Resets[0].Signs != 0 {
			t.Errorf("%s: signs %b", test.name, f.Resets[0].Signs)
		}
	}
}

func TestPassage(t *testing.T) {
	again := func(w *wire) {
		w.after(300 * time.Millisecond)
		w.send(C, 0, "hello", in(C))
	}
	for _, test := range []struct {
		name           string
		do             func(w *wire)
		client, server Passage
	}{
		{"all of it passes", func(w *wire) { through(w, false) }, PassageData, PassageThrough},
		{"the hello is held", func(w *wire) { through(w, true); again(w) }, PassageThrough, PassageThrough},
		{"the hello is captured twice as it comes in, as on a bridge", func(w *wire) { through(w, true); w.send(C, 0, "hello", in(C), iface(7)) }, PassageThrough, PassageThrough},
		{"of the hello only how it leaves is captured", func(w *wire) { through(w, true); w.send(C, 5, "more", out(C)) }, PassageData, PassageThrough},
		{"the SYN-ACK is held", func(w *wire) {
			w.syn(in(C))
			w.syn(out(C))
			w.synack(in(S))
			w.after(time.Second)
			w.synack(in(S))
		}, PassageThrough, PassageIn},
		{"nothing answers", func(w *wire) { w.syn(in(C)); w.syn(out(C)); w.after(time.Second); w.syn(in(C)) }, PassageThrough, PassageUnknown},
		{"nothing goes on", func(w *wire) { w.syn(in(C)); w.syn(in(C), iface(7)) }, PassageIn, PassageUnknown},
		{"from the SYN-ACK on", func(w *wire) { w.synack(in(S)); w.synack(out(S)); w.ack(C, in(C)) }, PassageIn, PassageThrough},
		{"from the ACK on", func(w *wire) { w.ack(C, in(C)); w.ack(C, out(C)); w.send(C, 0, "hello", in(C)) }, PassageIn, PassageUnknown},
		{"from the hello on", func(w *wire) { w.send(C, 0, "hello", in(C)); w.send(C, 0, "hello", out(C)) }, PassageData, PassageUnknown},
		{"the server's host", func(w *wire) {
			w.syn(in(C))
			w.synack(out(S))
			w.ack(C, in(C))
			w.send(C, 0, "hello", in(C))
			w.send(S, 0, "hi", out(S))
		}, PassageIn, PassageOut},
		{"no direction", func(w *wire) {
			w.syn(iface(1))
			w.syn(iface(2))
			w.synack(iface(2))
			w.synack(iface(1))
			w.ack(C, iface(1))
		}, PassageUnknown, PassageUnknown},
	} {
		w := newWire()
		test.do(w)
		if f := w.end(t); f.Sides[Client].Passage != test.client || f.Sides[Server].Passage != test.server {
			t.Errorf("%s: %d and %d, want %d and %d", test.name, f.Sides[Client].Passage, f.Sides[Server].Passage, test.client, test.server)
		}
	}
}

// SignOnce is of a RST in a capture at two hops that has it at one of them, as where the other copy was lost: its TTL is no second sign then.
func TestSignOnce(t *testing.T) {
	id := uint16(0)
	hops := func(send func(...option)) {
		id++
		send(ttl(64), ipid(id))
		send(ttl(63), ipid(id))
	}
	for _, test := range []struct {
		name    string
		prepare func(w *wire)
		rst     func(w *wire)
		sign    Signs
	}{
		{"at one hop", func(w *wire) { hops(w.synack) }, func(w *wire) { w.rst(S) }, SignOnce},
		{"at both", func(w *wire) { hops(w.synack) }, func(w *wire) { hops(func(o ...option) { w.rst(S, o...) }) }, 0},
		{"at one, and an ACK shows that there are two", func(w *wire) { w.synack(); hops(func(o ...option) { w.ack(S, o...) }) }, func(w *wire) { w.rst(S) }, SignOnce},
		{"captured twice at one", func(w *wire) { w.synack(ipid(9)); w.synack(ipid(9)) }, func(w *wire) { w.rst(S) }, 0},
		{"a RST is captured twice at one, with a TTL of its own", func(w *wire) { w.synack(ttl(63)) }, func(w *wire) { w.rst(S, ipid(9)); w.rst(S, ipid(9)); w.rst(S, ipid(10)) }, SignTTL},
		{"only the client's packets are captured at two", func(w *wire) { w.synack() }, func(w *wire) { w.rst(S) }, 0},
		{"on another interface", func(w *wire) { hops(w.synack) }, func(w *wire) { w.rst(S, iface(9)) }, 0},
		{"at the other hop", func(w *wire) { hops(w.synack) }, func(w *wire) { w.rst(S, ttl(63)) }, SignOnce},
		{"at the other hop, which an ACK shows", func(w *wire) { w.synack(); hops(func(o ...option) { w.ack(S, o...) }) }, func(w *wire) { w.rst(S, ttl(63)) }, SignOnce},
		{"at one hop, with a TTL of its own", func(w *wire) { hops(w.synack) }, func(w *wire) { w.rst(S, ttl(128)) }, SignOnce | SignTTL},
	} {
		w := newWire()
		hops(w.syn)
		test.prepare(w)
		hops(func(o ...option) { w.ack(C, o...) })
		hops(func(o ...option) { w.send(C, 0, "hello", o...) })
		test.rst(w)
		f := w.end(t)
		if last := &f.Resets[len(f.Resets)-1]; last.Signs&(SignOnce|SignTTL) != test.sign {
			t.Errorf("%s: signs %b, want %b", test.name, last.Signs, test.sign)
		}
	}
}
