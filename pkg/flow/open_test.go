package flow

import (
	"fmt"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

func TestLoneACKFINAndRSTAreStrays(t *testing.T) {
	w := newWire()
	w.ack(C)
	w.fin(S)
	w.rst(C)
	w.packet(S, decode.RST, 0, "reason")
	want(t, "strays", w.table.Counts()[Stray], 4)
	w.flush()
	want(t, "connections", len(w.log.ended), 0)
}

func TestSYNOnlyConnectionHasNoHandshake(t *testing.T) {
	w := newWire()
	w.syn()
	w.after(time.Second)
	w.syn()
	want(t, "handshakes", w.table.handshakes.live(), 0)
	want(t, "conns", w.table.conns.live(), 0)
	w.after(time.Second)
	w.synack()
	w.after(time.Second)
	w.synack()
	want(t, "handshakes after the answer", w.table.handshakes.live(), 0)
	f := w.end(t)
	want(t, "state", f.State, StateS1)
	want(t, "SYN", f.SYN, Event{1, epoch})
	want(t, "SYN-ACK", f.SYNACK.Frame, 3)
	want(t, "SYNs", f.Sides[Client].SYNs, 2)
	want(t, "SYN-ACKs", f.Sides[Server].SYNs, 2)
	want(t, "packets", f.Packets, [2]uint64{2, 2})
	want(t, "retransmits", f.Retransmits, 2)
	want(t, "retransmitted segments", f.Sides[Client].Retransmits, 0)
	want(t, "end", f.End, w.now-int64(10*time.Millisecond))
	want(t, "established", f.Established.Happened(), false)
	want(t, "incomplete", f.Incomplete, IncompleteEndOfCapture)
}

func TestUnansweredSYN(t *testing.T) {
	w := newWire()
	w.syn()
	w.after(time.Second)
	w.syn()
	f := w.end(t)
	want(t, "state", f.State, StateS0)
	want(t, "roles", f.Roles, RolesSYN)
	want(t, "client", f.Endpoints[Client], w.pair[C])
	want(t, "one-sided", f.Incomplete&IncompleteOneSided, 0)
}

func TestSYNWithAnotherISNBeforeAnAnswerIsTheSameAttempt(t *testing.T) {
	w := newWire()
	w.syn()
	w.isn[C] = 77000
	w.syn()
	w.synack()
	w.ack(C)
	w.send(C, 0, "x")
	f := w.end(t)
	want(t, "SYNs", f.Sides[Client].SYNs, 2)
	w.wantTrace(t, `C 0 "x"`)
	want(t, "state", f.State, StateS1)
	want(t, "ISN", f.Sides[Client].ISN, true)
	want(t, "initial sequence number, client", f.Sides[Client].InitialSeq, 77000)
	want(t, "initial sequence number, server", f.Sides[Server].InitialSeq, 500000)
}

func TestSYNWithAnotherISNAfterTheAnswerIsTheSameAttempt(t *testing.T) {
	w := newWire()
	w.syn()
	w.synack()
	w.isn[C], w.isn[S] = 77000, 99000
	w.syn()
	w.synack()
	w.ack(C)
	w.send(C, 0, "x")
	w.send(S, 0, "y")
	f := w.end(t)
	w.wantTrace(t, `C 0 "x"`, `S 0 "y"`)
	want(t, "established", f.Established.Frame, 5)
	want(t, "missed", f.Missed, 0)
}

func TestSYNWithAnotherISNAfterDataIsANewConnection(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "first")
	w.isn, w.sent = [2]uint32{77000, 99000}, [2]uint32{}
	w.syn()
	want(t, "ended at the SYN", len(w.log.ended), 1)
	w.synack()
	w.ack(C)
	w.send(C, 0, "second")
	w.flush()
	w.wantTrace(t, `C 0 "first"`, `C 0 "second"`)
	want(t, "connections", len(w.log.ended), 2)
	want(t, "first of the second", w.log.ended[1].First, 5)
	want(t, "first is incomplete", w.log.ended[0].Incomplete, 0)
}

func TestRetransmittedSYNAfterDataChangesNothing(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "data")
	w.after(time.Second)
	w.syn()
	w.synack()
	w.send(C, 4, "more")
	f := w.end(t)
	w.wantTrace(t, `C 0 "data"`, `C 4 "more"`)
	want(t, "SYNs", f.Sides[Client].SYNs, 2)
	want(t, "retransmits", f.Retransmits, 2)
}

func TestPortReuseAfterOneSidedRSTIsANewConnection(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "a")
	w.rst(C)
	w.isn, w.sent = [2]uint32{900, 800}, [2]uint32{}
	w.handshake()
	w.send(C, 0, "b")
	w.send(S, 0, "c")
	w.flush()
	w.wantTrace(t, `C 0 "a"`, `C 0 "b"`, `S 0 "c"`)
	want(t, "connections", len(w.log.ended), 2)
	want(t, "first", w.log.ended[0].State, StateRSTO)
	want(t, "second", w.log.ended[1].State, StateS1)
}

func TestLateSYNACKWithAnotherISNDoesNotSplitAConnection(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.packet(S, decode.SYN|decode.ACK, 0, "", rawSeq(123456), rawAck(w.isn[C]+1))
	w.send(S, 0, "answer")
	w.end(t)
	w.wantTrace(t, `C 0 "hello"`, `S 0 "answer"`)
}

// The RST that refuses a SYN may be lost on its way, so that the same SYN comes again, and finds a server.
func TestSYNThatWasRefusedAndComesAgain(t *testing.T) {
	for _, test := range []struct {
		pause       time.Duration
		connections int
	}{{time.Second, 1}, {1060 * time.Millisecond, 1}, {2 * time.Second, 2}, {linger - time.Second, 2}, {2 * linger, 2}} {
		w := newWire()
		w.syn()
		w.refuse()
		w.after(test.pause)
		w.handshake()
		w.send(C, 0, "hello")
		w.send(S, 0, "answer")
		w.flush()
		w.wantTrace(t, `C 0 "hello"`, `S 0 "answer"`)
		want(t, "connections", len(w.log.ended), test.connections)
		last := &w.log.ended[test.connections-1]
		want(t, "kind", last.Terminator.Kind, NotClosed)
		want(t, "state", last.State, StateS1)
		want(t, "late", w.table.Counts()[Late], 0)
		if test.connections > 1 {
			want(t, "refused", w.log.ended[0].State, StateREJ)
		}
	}
}

// refuse answers a SYN with the RST of a host at which nobody listens.
func (w *wire) refuse() { w.packet(S, decode.RST|decode.ACK, 0, "", rawSeq(0), plain, window(0)) }

// A client that the RST never reaches sends the same SYN after longer and longer pauses: that is one attempt, whatever becomes of it.
func TestRefusalThatNeverArrives(t *testing.T) {
	for name, pauses := range map[string][]time.Duration{
		"doubling":           {1, 2, 4, 8, 16, 32},
		"linear, as Linux 6": {1, 1, 1, 1, 1, 2, 4, 8, 16, 32},
	} {
		for _, end := range []string{"timeout", "another attempt", "accepted"} {
			w := newWire()
			w.syn()
			w.refuse()
			for _, pause := range pauses {
				w.after(pause * 1010 * time.Millisecond)
				w.table.Tick(w.now)
				want(t, name+": reported while it asks", len(w.log.ended), 0)
				w.syn()
				w.refuse()
			}
			connections := 1
			switch w.after(64 * time.Second); end {
			case "another attempt":
				connections = 2
				w.isn[C] += 77000
				w.syn()
				w.refuse()
			case "accepted":
				w.handshake()
				w.send(C, 0, "hello")
				w.send(S, 0, "answer")
			}
			w.table.Tick(w.now + int64(halfOpenIdle+departMargin))
			w.table.Tick(w.now + int64(halfOpenIdle+linger+2*sweepMargin))
			if end != "accepted" {
				want(t, name+", "+end+": left", w.table.conns.live(), 0)
			}
			w.flush()
			want(t, name+", "+end+": connections", len(w.log.ended), connections)
			f := &w.log.ended[0]
			want(t, name+", "+end+": late", w.table.Counts()[Late], 0)
			if end == "accepted" {
				want(t, name+": state", f.State, StateS1)
				want(t, name+": SYNs", int(f.Sides[Client].SYNs), len(pauses)+2)
				for i := range f.Resets {
					want(t, name+": ended nothing", f.Resets[i].Accepted, false)
					want(t, name+": signs", f.Resets[i].Signs, 0)
				}
				continue
			}
			want(t, name+", "+end+": state", f.State, StateREJ)
			want(t, name+", "+end+": retransmits", int(f.Retransmits), len(pauses))
			want(t, name+", "+end+": terminator", f.Terminator.Frame, 2)
		}
	}
}

// The refusal that reaches the client is reported after patience, however often the client had asked in vain before it.
func TestRefusalThatArrivesIsReportedInTime(t *testing.T) {
	for _, pauses := range [][]time.Duration{nil, {1, 2, 4, 8}} {
		w := newWire()
		w.syn()
		for _, pause := range pauses {
			w.after(pause * time.Second)
			w.syn()
		}
		w.refuse()
		w.table.Tick(w.now + int64(patience+2*departMargin))
		want(t, "reported", len(w.log.ended), 1)
	}
}

// A SYN that is captured late, as by a mirror, opens no connection where the server had answered it, or the client reset it as well.
func TestLateSYNOfWhatWasNotRefused(t *testing.T) {
	for name, send := range map[string]func(*wire){
		"a SYN-ACK":           func(w *wire) { w.syn(); w.synack(); w.rst(S) },
		"an answer":           func(w *wire) { w.syn(); w.send(S, 0, "answer"); w.rst(S) },
		"a FIN":               func(w *wire) { w.syn(); w.fin(S); w.rst(S) },
		"bytes of the client": func(w *wire) { w.packet(C, decode.SYN, 0, "hello"); w.refuse() },
		"a RST of the client": func(w *wire) { w.syn(); w.refuse(); w.bareRST(C) },
	} {
		w := newWire()
		send(w)
		w.after(linger / 2)
		w.syn()
		w.flush()
		want(t, name+": connections", len(w.log.ended), 1)
		want(t, name+": late", w.table.Counts()[Late], 1)
	}
}

// A host that lost a half-open connection by a RST answers the next SYN with another sequence number. Of that SYN the capture has nothing.
func TestSYNACKWithAnotherISNBehindARSTProvesNoBytes(t *testing.T) {
	w := newWire()
	w.syn()
	w.synack()
	w.bareRST(C)
	w.after(time.Second)
	w.packet(S, decode.SYN|decode.ACK, 0, "", rawSeq(w.isn[S]+16_000_000), rawAck(w.isn[C]+1))
	f := w.end(t)
	want(t, "unseen", f.Sides[Server].Unseen, 0)
	want(t, "missed", f.Missed, 0)
	want(t, "incomplete", f.Incomplete, 0)
}

func TestFastOpenDeliversThePayloadOfTheSYN(t *testing.T) {
	w := newWire()
	w.packet(C, decode.SYN, 0, "hello")
	w.synack()
	w.ack(C)
	w.send(C, 5, "more")
	f := w.end(t)
	w.wantTrace(t, `C 0 "hello"`, `C 5 "more"`)
	want(t, "retransmits", f.Retransmits, 0)
	want(t, "acked", f.Sides[Client].Acked, 5)
}

func TestFastOpenRefusedByTheServerDeliversNoByteTwice(t *testing.T) {
	w := newWire()
	w.packet(C, decode.SYN, 0, "hello")
	w.synack(rawAck(w.isn[C] + 1))
	w.send(C, 0, "hello")
	f := w.end(t)
	w.wantTrace(t, `C 0 "hello"`)
	want(t, "retransmits", f.Retransmits, 1)
	want(t, "bytes", f.Bytes[Client], 5)
}

func TestMidstreamBeginsWithTheFirstByteSeen(t *testing.T) {
	w := newWire()
	w.send(C, 70000, "middle", rawAck(0))
	w.send(S, 0, "x")
	w.send(C, 70006, "next")
	f := w.end(t)
	w.wantTrace(t, `C 0 "middle"`, `S 0 "x"`, `C 6 "next"`)
	want(t, "ISN", f.Sides[Client].ISN, false)
	want(t, "number before its first byte", f.Sides[Client].InitialSeq, w.isn[C]+70000)
	want(t, "incomplete", f.Incomplete, IncompleteMid|IncompleteEndOfCapture)
	want(t, "state", f.State, StateOTH)
	want(t, "established", f.Established.Frame, 1)
}

// TestStreamBeginsWhereAnACKSaysSo leaves out the SYN-ACK and the first bytes of the server: an ACK before them, of either
// side, says where they were. A keep-alive lies one byte before what follows, and misses nothing.
func TestStreamBeginsWhereAnACKSaysSo(t *testing.T) {
	for _, tc := range []struct {
		name   string
		first  func(w *wire)
		missed uint64
	}{
		{"the client's", func(w *wire) { w.ack(C); w.send(C, 0, "hello") }, 254},
		{"the server's", func(w *wire) { w.send(C, 0, "hello", rawAck(0)); w.ack(S) }, 254},
		{"none", func(w *wire) { w.send(C, 0, "hello", rawAck(0)) }, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWire()
			tc.first(w)
			w.send(S, 254, "rest")
			want(t, tc.name, w.end(t).Missed, tc.missed)
		})
	}
	w := newWire()
	w.ack(C)
	w.send(C, 0, "hello")
	w.send(S, 100_000, "rest")
	f := w.end(t)
	want(t, "far behind", f.Missed, 100_000)
	want(t, "far behind, incomplete", f.Incomplete&IncompleteGap, IncompleteGap)
	w = newWire()
	w.send(C, 0, "hello", rawAck(0))
	w.packet(S, decode.ACK, -1, "")
	w.send(S, 0, "answer")
	want(t, "behind a keep-alive", w.end(t).Missed, 0)
}

// TestServerOfWhichOnlyTheEndWasCaptured leaves out all of a server but the last packet: the client's first ACK says where its
// bytes began, so those in between are missing, whatever that packet is and however many they are.
func TestServerOfWhichOnlyTheEndWasCaptured(t *testing.T) {
	for name, f := range map[string]decode.TCPFlags{"FIN": decode.FIN | decode.ACK, "RST": decode.RST | decode.ACK, "ACK": decode.ACK} {
		for _, length := range []int{254, 1 << 20} {
			t.Run(fmt.Sprint(name, length), func(t *testing.T) {
				w := newWire()
				w.syn()
				w.ack(C)
				w.send(C, 0, "hello")
				w.sent[S] = uint32(length)
				w.ack(C)
				w.packet(S, f, length, "")
				want(t, "unseen", w.end(t).Sides[Server].Unseen, uint64(length))
			})
		}
	}
}

// TestAcknowledgedByARSTOnly leaves out a server but for an ACK: what it sent is acknowledged by the client's RST.
func TestAcknowledgedByARSTOnly(t *testing.T) {
	w := newWire()
	w.syn()
	w.ack(C)
	w.send(C, 0, "hello")
	w.ack(S)
	w.sent[S] = 1985
	w.packet(C, decode.RST|decode.ACK, 5, "")
	want(t, "unseen", w.end(t).Sides[Server].Unseen, 1985)
}

func TestOneDirectionNeverCaptured(t *testing.T) {
	w := newWire()
	w.syn()
	w.ack(C, rawAck(5001))
	w.send(C, 0, "hello", rawAck(5001))
	f := w.end(t)
	want(t, "incomplete", f.Incomplete, IncompleteOneSided|IncompleteEndOfCapture)
	want(t, "established", f.Established.Frame, 2)

	w = newWire()
	w.synack()
	w.send(S, 0, "answer", rawAck(w.isn[C]+1+517))
	f = w.end(t)
	want(t, "incomplete", f.Incomplete, IncompleteOneSided|IncompleteEndOfCapture)
	want(t, "roles", f.Roles, RolesSYNACK)
	want(t, "acked", f.Sides[Client].Acked, 517)
	want(t, "unseen", f.Sides[Client].Unseen, 517)
	want(t, "missed", f.Missed, 517)
	want(t, "established", f.Established.Happened(), false)
}

func TestSYNWithFINOrRSTIsDescribed(t *testing.T) {
	w := newWire()
	w.packet(C, decode.SYN|decode.FIN, 0, "")
	f := w.end(t)
	want(t, "state", f.State, StateSH)
	want(t, "terminator", f.Terminator.Kind, CloseFIN)

	w = newWire()
	w.packet(C, decode.SYN|decode.RST, 0, "")
	f = w.end(t)
	want(t, "state", f.State, StateRSTOS0)
	want(t, "by", f.Terminator.By, Client)
}

func TestUDPIsCounted(t *testing.T) {
	w := newWire()
	w.packet(C, 0, 0, "quic", func(s *decode.Segment) { s.Bits |= decode.BitUDP })
	want(t, "UDP", w.table.Counts()[UDP], 1)
	w.flush()
	want(t, "connections", len(w.log.ended), 0)
}

func TestIPv6AndMappedIPv4AreNotMixedUp(t *testing.T) {
	w := newWire()
	w.syn()
	w.pair = [2]netip.AddrPort{
		netip.MustParseAddrPort("[::ffff:10.0.0.9]:40000"), netip.MustParseAddrPort("[::ffff:10.0.0.1]:443"),
	}
	w.syn()
	w.pair = [2]netip.AddrPort{netip.MustParseAddrPort("[2001:db8::9]:40000"), netip.MustParseAddrPort("[2001:db8::1]:443")}
	w.handshake()
	w.flush()
	want(t, "connections", len(w.log.ended), 3)
	want(t, "third client", w.log.ended[2].Endpoints[Client], w.pair[C])
	want(t, "second client", w.log.ended[1].Endpoints[Client].Addr().Is4In6(), true)
}

// TestMadeUpEncapsulationsAreNotNamed bounds what somebody takes who sends each connection through another tunnel.
func TestMadeUpEncapsulationsAreNotNamed(t *testing.T) {
	w := newWire()
	for i := range maxEncaps + 2 {
		w.encap = "vlan" + strconv.Itoa(i)
		w.port(1 + i)
		w.syn()
	}
	w.encap = "vlan7"
	w.port(maxEncaps + 3)
	w.syn()
	w.flush()
	want(t, "not named", w.table.Counts()[UnnamedEncap], 2)
	for _, f := range w.log.ended {
		switch p := f.Endpoints[Client].Port(); {
		case p == maxEncaps+3:
			want(t, "of a known one", f.Encapsulation, "vlan7")
		case p > maxEncaps:
			want(t, "of one too many", f.Encapsulation, "")
		default:
			want(t, "of the others", f.Encapsulation, "vlan"+strconv.Itoa(int(p)-1))
		}
	}
}

func TestEncapsulationIsThatOfTheFirstPacket(t *testing.T) {
	w := newWire()
	w.encap = "vlan;vxlan"
	w.handshake()
	w.encap = ""
	w.send(C, 0, "x")
	want(t, "encapsulation", w.end(t).Encapsulation, "vlan;vxlan")
}

func TestBothEndpointsTheSame(t *testing.T) {
	w := newWire()
	w.pair[S] = w.pair[C]
	w.log.client = 0
	w.handshake()
	w.send(C, 0, "x")
	w.rst(S)
	w.end(t)
}

func TestChallengeACKIsNotTakenForTheAnswer(t *testing.T) {
	for _, ack := range []uint32{2_000_000_000, 1_000_000} {
		challenge(t, ack)
	}
}

// challenge has the server answer a SYN with an ACK of another connection (RFC 5961, Section 4).
func challenge(t *testing.T, ack uint32) {
	w := newWire()
	w.isn[C] = 1_500_000
	w.syn()
	w.packet(S, decode.ACK, 0, "", rawSeq(3_000_000_000), rawAck(ack))
	w.packet(C, decode.RST, 0, "", rawSeq(ack))
	w.after(time.Second)
	w.syn()
	w.synack()
	w.ack(C)
	w.send(C, 0, "hello")
	w.send(S, 0, "answer")
	f := w.end(t)
	w.wantTrace(t, `C 0 "hello"`, `S 0 "answer"`)
	want(t, "terminator", f.Terminator.Kind, NotClosed)
	want(t, "signs", f.Resets[0].Signs, 0)
	want(t, "established", f.Established.Frame, 6)
	want(t, "acked", f.Sides[Client].Acked, 5)
	want(t, "missed", f.Missed, 0)
	want(t, "state", f.State, StateS1)
}

func TestSYNWithAnotherISNAfterAChallengeIsTheSameAttempt(t *testing.T) {
	w := newWire()
	w.syn()
	w.packet(S, decode.ACK, 0, "", rawSeq(3_000_000_000), rawAck(2_000_000_000))
	w.isn[C] = 77000
	w.handshake()
	f := w.end(t)
	want(t, "SYNs", f.Sides[Client].SYNs, 2)
	want(t, "established", f.Established.Frame, 5)
}
