package flow

import (
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// router shows the packets of a side on the interface where they come in, and then on the one where they leave.
func router(side Side) (in, out option) {
	return iface(uint8(side) + 1), iface(2 - uint8(side))
}

// through is a conversation up to the hello, all of which passes a host, but what held says of the hello.
func through(w *wire, held bool) {
	cin, cout := router(C)
	sin, sout := router(S)
	w.syn(cin)
	w.syn(cout, ttl(63))
	w.synack(sin)
	w.synack(sout, ttl(63))
	w.ack(C, cin)
	w.ack(C, cout, ttl(63))
	w.send(C, 0, "hello", cin)
	if !held {
		w.send(C, 0, "hello", cout, ttl(63))
	}
}

// SignInterface is of a RST that is nowhere but on the interface where its sender's packets leave.
func TestSignInterface(t *testing.T) {
	in, out := router(S)
	for _, test := range []struct {
		name string
		rsts func(w *wire)
		sign Signs
	}{
		{"made here", func(w *wire) { w.rst(S, out) }, SignInterface},
		{"made here, of a host without the connection", func(w *wire) { w.bareRST(S, out) }, SignInterface},
		{"passes", func(w *wire) { w.rst(S, in); w.rst(S, out) }, 0},
		{"passes, captured as it leaves first", func(w *wire) { w.rst(S, out); w.rst(S, in) }, 0},
		{"passes, and is sent again", func(w *wire) { w.rst(S, out); w.after(100 * time.Millisecond); w.rst(S, in) }, 0},
		{"comes in", func(w *wire) { w.rst(S, in) }, 0},
		{"by another way", func(w *wire) { w.rst(S, iface(9)) }, 0},
	} {
		w := newWire()
		through(w, false)
		test.rsts(w)
		if f := w.end(t); f.Resets[0].Signs != test.sign {
			t.Errorf("%s: signs %b, want %b", test.name, f.Resets[0].Signs, test.sign)
		}
	}
}

// A capture of one interface, or of a server's own host, has no packet twice: nothing follows from where its RST is.
func TestNoSignInterfaceWhereNothingPasses(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.rst(S, iface(1))
	f := w.end(t)
	want(t, "signs", f.Resets[0].Signs, 0)
	for side, s := range f.Sides {
		want(t, []string{"client", "server"}[side]+" passed", s.Passed || s.PassedData, false)
	}
}

// A client's RST is known by its ACK, since of its SYN no more is kept than that it passed.
func TestSignInterfaceOfAClient(t *testing.T) {
	in, out := router(C)
	w := newWire()
	through(w, false)
	w.rst(C, out)
	want(t, "signs", w.end(t).Resets[0].Signs, SignInterface)

	w = newWire()
	w.syn(in)
	w.syn(out)
	w.synack(iface(2))
	w.send(C, 0, "hello", in)
	w.rst(C, out)
	want(t, "signs, nothing but the SYN passed", w.end(t).Resets[0].Signs, 0)
}

func TestPassed(t *testing.T) {
	in, out := router(C)
	sin, sout := router(S)
	passed := func(name string, f Facts, wanted [2][2]bool) {
		t.Helper()
		for i, s := range f.Sides {
			if got := [2]bool{s.Passed, s.PassedData}; got != wanted[i] {
				t.Errorf("%s: side %d passed %v, want %v", name, i, got, wanted[i])
			}
		}
	}
	w := newWire()
	through(w, false)
	passed("the hello passes", w.end(t), [2][2]bool{{true, true}, {true, false}})

	w = newWire()
	through(w, true)
	w.after(300 * time.Millisecond)
	w.send(C, 0, "hello", in)
	passed("the hello is held", w.end(t), [2][2]bool{{true, false}, {true, false}})

	w = newWire()
	w.syn(in)
	w.syn(out)
	w.synack(sin)
	w.after(time.Second)
	w.synack(sin)
	passed("the SYN-ACK is held", w.end(t), [2][2]bool{{true, false}, {}})

	w = newWire()
	w.synack(sin)
	w.synack(sout)
	w.packet(C, decode.ACK, 0, "", in)
	passed("a SYN-ACK comes first", w.end(t), [2][2]bool{{}, {true, false}})
}

// SignOnce is of a RST in a capture at two hops that has it at one of them.
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
		{"a RST is captured twice at one, with a TTL of its own", func(w *wire) { w.synack(ttl(63)) }, func(w *wire) { w.rst(S, ipid(9)); w.rst(S, ipid(9)); w.rst(S, ipid(10)) }, 0},
		{"only the client's packets are captured at two", func(w *wire) { w.synack() }, func(w *wire) { w.rst(S) }, 0},
		{"on another interface", func(w *wire) { hops(w.synack) }, func(w *wire) { w.rst(S, iface(9)) }, 0},
	} {
		w := newWire()
		hops(w.syn)
		test.prepare(w)
		hops(func(o ...option) { w.ack(C, o...) })
		hops(func(o ...option) { w.send(C, 0, "hello", o...) })
		test.rst(w)
		f := w.end(t)
		if last := &f.Resets[len(f.Resets)-1]; last.Signs&SignOnce != test.sign {
			t.Errorf("%s: signs %b, want %b", test.name, last.Signs, test.sign)
		}
	}
}
