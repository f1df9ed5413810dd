package flow

import (
	"fmt"
	"net/netip"
	"testing"
)

func TestICMPUnreachableEndsAnAttempt(t *testing.T) {
	w := newWire()
	w.syn()
	w.icmp(C, 3, 13, 0, w.isn[C])
	f := w.end(t)
	want(t, "terminator", f.Terminator, Terminator{Event: Event{2, epoch + 10_000_000}, By: Path, Kind: CloseICMP})
	want(t, "from", f.ICMP.From, netip.MustParseAddr("192.0.2.1"))
	want(t, "type", f.ICMP.Type, 3)
	want(t, "code", f.ICMP.Code, 13)
	want(t, "quotes the SYN", f.ICMP.QuotesSYN, true)
	want(t, "state", f.State, StateS0)
	want(t, "incomplete", f.Incomplete, 0)
	want(t, "packets", f.Packets, [2]uint64{1, 0})
}

// A host that cannot reach the client says so of its own SYN-ACK, also where that was never sent, since the neighbour did not answer.
func TestICMPKeepsWhosePacketItQuotes(t *testing.T) {
	for _, test := range []struct {
		name   string
		begin  func(w *wire)
		quoted Side
	}{
		{"the SYN", func(w *wire) { w.syn() }, Client},
		{"the SYN-ACK", func(w *wire) { w.syn(); w.synack() }, Server},
		{"a SYN-ACK that was not captured", func(w *wire) { w.syn() }, Server},
	} {
		for _, clientLower := range []bool{true, false} { // in the table the lower endpoint is side 0
			t.Run(fmt.Sprintf("%s, client lower %v", test.name, clientLower), func(t *testing.T) {
				w := newWire()
				if low := w.pair[C].Addr().Less(w.pair[S].Addr()); low != clientLower {
					w.pair[C], w.pair[S] = w.pair[S], w.pair[C]
					w.log.client = w.raw(C)
				}
				test.begin(w)
				from := C
				if test.quoted == Server {
					from = S
				}
				w.icmp(from, 3, 1, 0, w.isn[from])
				f := w.end(t)
				want(t, "quoted", f.ICMP.Quoted, test.quoted)
				want(t, "quotes the SYN", f.ICMP.QuotesSYN, true)
				want(t, "terminator", f.Terminator.Kind, CloseICMP)
			})
		}
	}
}

func TestICMPIsTakenBackWhenTheConnectionIsSetUp(t *testing.T) {
	w := newWire()
	w.syn()
	w.icmp(C, 3, 1, 0, w.isn[C])
	w.synack()
	w.ack(C)
	f := w.end(t)
	want(t, "terminator", f.Terminator.Kind, NotClosed)
	want(t, "still recorded", f.ICMP.Frame, 2)
}

// An error that quotes what was sent behind the SYN shows that the connection had been set up, though the capture lacks how.
func TestICMPBehindTheSYNEndsNothing(t *testing.T) {
	w := newWire()
	w.syn()
	w.icmp(C, 3, 13, 0, w.isn[C]+1)
	f := w.end(t)
	want(t, "terminator", f.Terminator.Kind, NotClosed)
	want(t, "recorded", f.ICMP.Frame, 2)
	want(t, "quotes the SYN", f.ICMP.QuotesSYN, false)
}

func TestICMPOnAnEstablishedConnectionEndsNothing(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.icmp(C, 3, 1, 0, w.isn[C]+1)
	w.icmp(C, 3, 4, 1400, w.isn[C]+1)
	w.icmp(C, 11, 0, 0, w.isn[C]+1)
	f := w.end(t)
	want(t, "terminator", f.Terminator.Kind, NotClosed)
	want(t, "the one that says most", f.ICMP.Frame, 6)
	want(t, "MTU", f.ICMP.MTU, 1400)
	want(t, "quotes the SYN", f.ICMP.QuotesSYN, false)
}

func TestPacketTooBigEndsNoAttempt(t *testing.T) {
	w := newWire()
	w.pair = [2]netip.AddrPort{netip.MustParseAddrPort("[2001:db8::2]:40000"), netip.MustParseAddrPort("[2001:db8::3]:443")}
	w.log.client = w.raw(C)
	w.syn()
	w.icmp(C, 2, 0, 1280, w.isn[C])
	f := w.end(t)
	want(t, "terminator", f.Terminator.Kind, NotClosed)
	want(t, "MTU", f.ICMP.MTU, 1280)
	want(t, "from", f.ICMP.From, netip.MustParseAddr("2001:db8::1"))
}

func TestICMPv6UnreachableEndsAnAttempt(t *testing.T) {
	w := newWire()
	w.pair = [2]netip.AddrPort{netip.MustParseAddrPort("[2001:db8::2]:40000"), netip.MustParseAddrPort("[2001:db8::3]:443")}
	w.syn()
	w.icmp(C, 1, 4, 0, w.isn[C])
	want(t, "terminator", w.end(t).Terminator.Kind, CloseICMP)
}

func TestNoPort(t *testing.T) {
	for _, test := range []struct {
		from       string
		kind, code uint8
		want       bool
	}{
		{"192.0.2.1", 3, 3, true}, {"192.0.2.1", 3, 1, false}, {"192.0.2.1", 11, 3, false},
		{"2001:db8::1", 1, 4, true}, {"2001:db8::1", 1, 3, false}, {"2001:db8::1", 3, 4, false},
	} {
		e := ICMPError{From: netip.MustParseAddr(test.from), Type: test.kind, Code: test.code}
		want(t, test.from, e.NoPort(), test.want)
	}
}

func TestICMPNeverOpens(t *testing.T) {
	w := newWire()
	w.icmp(C, 3, 1, 0, 0)
	w.flush()
	want(t, "connections", len(w.log.ended), 0)
	want(t, "counted", w.table.Counts()[StrayICMP], 1)
}

func TestICMPWithAForgedQuoteIsIgnored(t *testing.T) {
	for _, test := range []struct {
		name  string
		about Side
		begin func(w *wire)
	}{
		{"SYN", C, func(w *wire) { w.syn() }},
		{"SYN and SYN-ACK, about the client", C, func(w *wire) { w.syn(); w.synack() }},
		{"SYN and SYN-ACK, about the server", S, func(w *wire) { w.syn(); w.synack() }},
		{"SYN-ACK", S, func(w *wire) { w.synack() }},
		{"SYN-ACK, about the client", C, func(w *wire) { w.synack() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			test.begin(w)
			for _, off := range []uint32{1_000_000, ^uint32(1)} {
				w.icmp(test.about, 3, 1, 0, w.isn[test.about]+1+off)
			}
			want(t, "counted", w.table.Counts()[Implausible], 2)
			want(t, "handshakes", w.table.handshakes.live(), 0)
			w.icmp(test.about, 3, 1, 0, w.isn[test.about])
			want(t, "handshakes after a true one", w.table.handshakes.live(), 1)
			f := w.end(t)
			want(t, "terminator", f.Terminator.Kind, CloseICMP)
			want(t, "counted in the end", w.table.Counts()[Implausible], 2)
		})
	}
}
