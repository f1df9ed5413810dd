package flow

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// proxied are the two connections of a transparent proxy on the host of the capture.
type proxied struct {
	*wire
	other wire // what the wire has of the inner one
}

func newProxied(family int) *proxied {
	p := &proxied{wire: newWire()}
	if family == 6 {
		p.pair = [2]netip.AddrPort{netip.MustParseAddrPort("[2001:db8::2]:40000"), netip.MustParseAddrPort("[2001:db8::3]:443")}
		p.log.client = p.raw(C)
	}
	p.other.isn = [2]uint32{7000, 900000}
	return p
}

// inner does something on the connection that the proxy opens.
func (p *proxied) inner(do func()) {
	swap := func() { p.isn, p.sent, p.other.isn, p.other.sent = p.other.isn, p.other.sent, p.isn, p.sent }
	swap()
	do()
	swap()
}

func way(b decode.Bits) option { return func(s *decode.Segment) { s.Bits |= b } }

var comes, leaves = way(decode.BitIncoming), way(decode.BitOutgoing)

// opens is the proxy's handshake with both. answers says that the server answers it.
func (p *proxied) opens(answers bool) {
	p.syn(comes)
	p.synack(leaves)
	p.inner(func() { p.syn(leaves) })
	p.ack(C, comes)
	if answers {
		p.inner(func() { p.synack(comes); p.ack(C, leaves) })
	}
}

func TestATransparentProxysConnectionsAreTwo(t *testing.T) {
	for _, family := range []int{4, 6} {
		for _, late := range []bool{false, true} { // whether the outer one had gone beyond its handshake by then
			p := newProxied(family)
			if late {
				p.syn(comes)
				p.synack(leaves)
				p.ack(C, comes)
				p.send(C, 0, "hello", comes)
				p.ack(S, leaves)
				p.inner(func() { p.syn(leaves); p.synack(comes); p.ack(C, leaves); p.send(C, 0, "HELLO", leaves) })
			} else {
				p.opens(true)
				p.send(C, 0, "hello", comes)
				p.inner(func() { p.send(C, 0, "HELLO", leaves) })
				p.ack(S, leaves)
			}
			p.inner(func() { p.ack(S, comes); p.send(S, 0, "no", comes); p.rst(S, comes) })
			p.send(S, 0, "nay", leaves)
			p.fin(S, leaves)
			p.flush()
			if len(p.log.ended) != 2 {
				t.Fatalf("IPv%d: %d connections", family, len(p.log.ended))
			}
			slices.SortFunc(p.log.ended, func(a, b Facts) int { return int(a.First) - int(b.First) })
			for i, f := range p.log.ended {
				name := fmt.Sprintf("IPv%d, %v, %d: ", family, late, i)
				want(t, name+"endpoints", f.Endpoints, p.pair)
				want(t, name+"paired", f.Paired, true)
				want(t, name+"set up", f.Opening.Established.Happened(), true)
				want(t, name+"bytes of the client", f.Bytes[Client], 5)
				want(t, name+"bytes of the server", f.Bytes[Server], uint64(3-i))
				want(t, name+"retransmits", f.Retransmits, 0)
				want(t, name+"incomplete", f.Incomplete&^IncompleteEndOfCapture, 0)
				want(t, name+"ISN", f.Sides[Client].InitialSeq, []uint32{1000, 7000}[i])
				want(t, name+"ended by RST", f.Terminator.Kind == CloseRST, i == 1)
			}
			want(t, "duplicates", p.table.Counts()[Duplicate], 0)
			want(t, "strays", p.table.Counts()[Stray], 0)
		}
	}
}

// An excerpt has one connection behind the other.
func TestATransparentProxysConnectionsOneByOne(t *testing.T) {
	for _, innerFirst := range []bool{false, true} {
		for _, end := range []string{"reset", "refused", "unanswered", "answered"} {
			p := newProxied(4)
			out := func() {
				p.syn(comes)
				p.synack(leaves)
				p.ack(C, comes)
				p.send(C, 0, "hello", comes)
				p.fin(S, leaves)
				p.fin(C, comes)
				p.ack(S, leaves)
			}
			in := func() {
				p.syn(leaves)
				switch end {
				case "refused":
					p.rst(S, comes, rawAck(p.isn[C]+1))
				case "answered":
					p.synack(comes)
				case "reset":
					p.synack(comes)
					p.ack(C, leaves)
					p.send(C, 0, "hello", leaves)
					p.rst(S, comes)
				}
			}
			if innerFirst {
				p.after(40 * time.Millisecond)
				p.inner(in)
				p.after(-100 * time.Millisecond)
				out()
			} else {
				out()
				p.after(-40 * time.Millisecond)
				p.inner(in)
			}
			p.flush()
			want(t, "connections", len(p.log.ended), 2)
			bytes := uint64(0)
			for _, f := range p.log.ended {
				want(t, end+", paired", f.Paired, true)
				bytes += f.Bytes[Client]
			}
			want(t, "bytes", bytes, map[string]uint64{"reset": 10, "refused": 5, "unanswered": 5, "answered": 5}[end])
			want(t, "legs", len(p.table.legs), 0)
		}
	}
}

// The error is about the SYN of the connection whose packets leave, if it came in.
func TestICMPOfATransparentProxysConnections(t *testing.T) {
	p := newProxied(4)
	p.opens(false)
	p.inner(func() { p.icmpBits(decode.BitIncoming) })
	p.flush()
	slices.SortFunc(p.log.ended, func(a, b Facts) int { return int(a.First) - int(b.First) })
	want(t, "outer", p.log.ended[0].Terminator.Kind, NotClosed)
	want(t, "inner", p.log.ended[1].Terminator.Kind, CloseICMP)
}

// icmpBits is an error about the client's SYN.
func (p *proxied) icmpBits(b decode.Bits) {
	src, dst := p.pair[C], p.pair[S]
	arena := slices.Concat(src.Addr().AsSlice(), dst.Addr().AsSlice(), []byte{192, 0, 2, 1})
	s := decode.Segment{Time: p.now, Flags: 3, Window: 1, Seq: p.isn[C], Bits: decode.BitICMP | b, Ack: 8}
	s.SetEndpoints(arena, 0, false, src.Port(), dst.Port())
	p.frame++
	p.table.Segment(&s, &decode.Batch{Arena: arena, Encaps: []string{""}}, p.frame)
}

// Nothing is kept of legs whose connections are forgotten, and the same endpoints may be used again.
func TestLegsAreForgotten(t *testing.T) {
	for _, family := range []int{4, 6} {
		legsAreForgotten(t, newProxied(family))
	}
}

func legsAreForgotten(t *testing.T, p *proxied) {
	for range 3 {
		p.opens(true)
		want(t, "legs", len(p.table.legs), 1)
		p.rst(C, comes)
		p.inner(func() { p.rst(C, leaves) })
		p.after(10 * time.Minute)
		p.table.Tick(p.now)
		for range 100 {
			p.after(time.Second)
			p.table.Tick(p.now)
		}
		want(t, "legs", len(p.table.legs), 0)
		want(t, "entries", p.table.conns.live()+p.table.embryos.live()+p.table.wides.live(), 0)
		p.isn[C], p.other.isn[C] = p.isn[C]+1<<20, p.other.isn[C]+1<<20
		p.sent, p.other.sent = [2]uint32{}, [2]uint32{}
	}
	want(t, "connections", len(p.log.ended), 6)
	p.flush()
	want(t, "connections", len(p.log.ended), 6)
}

// What is no transparent proxy's: one connection takes the place of another.
func TestOtherSYNsAreNoLegs(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(p *proxied)
	}{
		{"the same port again", func(p *proxied) { p.syn(comes); p.synack(leaves); p.ack(C, comes); p.inner(func() { p.syn(comes) }) }},
		{"what passes through", func(p *proxied) { p.syn(comes); p.syn(leaves); p.synack(comes); p.inner(func() { p.syn(leaves) }) }},
		{"whose answer comes in as well", func(p *proxied) { p.syn(comes); p.synack(comes); p.ack(C, comes); p.inner(func() { p.syn(leaves) }) }},
		{"of the host itself", func(p *proxied) { p.syn(leaves); p.synack(comes); p.ack(C, leaves); p.inner(func() { p.syn(leaves) }) }},
		{"no directions", func(p *proxied) { p.syn(); p.synack(); p.ack(C); p.inner(func() { p.syn() }) }},
		{"the same SYN", func(p *proxied) { p.syn(comes); p.synack(leaves); p.syn(leaves) }},
		{"a SYN-ACK", func(p *proxied) { p.syn(comes); p.synack(leaves); p.inner(func() { p.synack(leaves) }) }},
		{"the server's SYN", func(p *proxied) {
			p.syn(comes)
			p.synack(leaves)
			p.inner(func() { p.packet(S, decode.SYN, 0, "", leaves) })
		}},
		{"of the host itself, and one comes in", func(p *proxied) { p.syn(leaves); p.synack(comes); p.ack(C, leaves); p.inner(func() { p.syn(comes) }) }},
		{"of the host itself, half open, and one comes in", func(p *proxied) { p.syn(leaves); p.inner(func() { p.syn(comes) }) }},
		{"what passes through, and one that came before", func(p *proxied) {
			p.syn(comes)
			p.syn(leaves)
			p.synack(comes)
			p.synack(leaves)
			p.ack(C, comes)
			p.after(-time.Second)
			p.inner(func() { p.syn(comes) })
		}},
		{"a server's, and one that came before", func(p *proxied) {
			p.syn(comes)
			p.synack(leaves)
			p.ack(C, comes)
			p.after(-time.Second)
			p.inner(func() { p.syn(comes) })
		}},
		{"of the host itself, and the same that came before", func(p *proxied) {
			p.syn(leaves)
			p.synack(comes)
			p.ack(C, leaves)
			p.after(-time.Second)
			p.syn(comes)
		}},
		{"without the SYN", func(p *proxied) { p.send(C, 0, "hello", comes); p.ack(S, leaves); p.inner(func() { p.syn(leaves) }) }},
		{"one that is over", func(p *proxied) {
			p.syn(comes)
			p.synack(leaves)
			p.ack(C, comes)
			p.rst(C, comes)
			p.inner(func() { p.syn(leaves) })
		}},
	} {
		p := newProxied(4)
		test.do(p)
		want(t, test.name, len(p.table.legs), 0)
		p.flush()
		for _, f := range p.log.ended {
			want(t, test.name, f.Paired, false)
		}
	}
}

// TestLookingUpLegsAheadChangesNothing has connections divided, and ended, when later segments of both were already looked up.
func TestLookingUpLegsAheadChangesNothing(t *testing.T) {
	run := func(ahead int) []string {
		p := newProxied(4)
		var held []heldSegment
		p.held = &held
		for i := range 600 {
			p.port(1000 + i*7%45)
			p.other.sent = [2]uint32{}
			p.isn[C], p.other.isn[C] = uint32(i)<<12, uint32(i)<<12+77
			p.opens(i%2 == 0)
			p.send(C, 0, "hello", comes)
			p.inner(func() { p.send(C, 0, "hello", leaves); p.send(S, 0, "nay", comes) })
			if i%3 == 0 {
				p.inner(func() { p.rst(S, comes) })
				p.rst(S, leaves)
			}
			p.syn(comes) // again
		}
		p.takeAhead(held, ahead, Limits{Connections: 30, Handshakes: 12, Pages: 8})
		return p.log.lines
	}
	sameAhead(t, run)
}

// A full table has the one of them forgotten when the other is opened.
func TestALegIsEvictedForTheOther(t *testing.T) {
	p := newProxied(4)
	p.table.limits.Connections = 1
	p.opens(true)
	p.send(C, 0, "hello", comes)
	p.inner(func() { p.send(C, 0, "hello", leaves) })
	p.flush()
	for _, f := range p.log.ended {
		want(t, "endpoints", f.Endpoints, p.pair)
		want(t, "evicted or the last", f.Incomplete&(IncompleteEvicted|IncompleteEndOfCapture) != 0, true)
	}
	want(t, "legs", len(p.table.legs), 0)
}
