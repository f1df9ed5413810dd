package flow

import (
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

func TestFirstTerminatorCounts(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.fin(S)
	w.send(C, 5, "alert")
	w.bareRST(S)
	f := w.end(t)
	want(t, "kind", f.Terminator.Kind, CloseFIN)
	want(t, "by", f.Terminator.By, Server)
	want(t, "RSTs", len(f.Resets), 1)
	want(t, "RST accepted", f.Resets[0].Accepted, true)
	want(t, "state", f.State, StateRSTR)
}

func TestAbortiveRST(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.rst(S)
	f := w.end(t)
	want(t, "terminator", f.Terminator, Terminator{Event: f.Terminator.Event, By: Server, Kind: CloseRST, RST: RSTAbortive})
	r := f.Resets[0]
	want(t, "frame", r.Frame, 5)
	want(t, "seq", r.Seq, 1)
	want(t, "ack", r.Ack, 6)
	want(t, "window", r.Window, 65000)
	want(t, "options", r.Options, true)
	want(t, "TTL", r.TTL, 64)
	want(t, "acked by the RST", f.Sides[Client].Acked, 5)
	want(t, "incomplete", f.Incomplete, 0)
	want(t, "state", f.State, StateRSTR)
}

// TestFINThatAcknowledgesTheOther has the server's FIN captured before the client's, which it acknowledges.
func TestFINThatAcknowledgesTheOther(t *testing.T) {
	for name, ack := range map[Side]uint32{Client: 6, Server: 5} {
		w := newWire()
		w.handshake()
		w.send(C, 0, "hello")
		w.packet(S, decode.FIN|decode.ACK, 0, "", rawAck(w.isn[C]+1+ack))
		w.packet(C, decode.FIN|decode.ACK, 5, "")
		f := w.end(t)
		want(t, "by", f.Terminator.By, name)
		want(t, "FIN", f.Terminator.Kind, CloseFIN)
	}
}

// TestFINBehindTheAnswerToIt has the client's FIN captured behind the server's, which came behind its acknowledgment.
func TestFINBehindTheAnswerToIt(t *testing.T) {
	for name, acked := range map[Side]bool{Client: true, Server: false} {
		w := newWire()
		w.handshake()
		if acked {
			w.packet(S, decode.ACK, 0, "", rawAck(w.isn[C]+2))
		}
		w.packet(S, decode.FIN|decode.ACK, 0, "", rawAck(w.isn[C]+1+uint32(name^1)))
		w.packet(C, decode.FIN|decode.ACK, 0, "")
		want(t, "by", w.end(t).Terminator.By, name)
	}
}

// TestFINOfAStreamWithoutABeginning has nothing of the client before its FIN, which the server acknowledged behind its own.
func TestFINOfAStreamWithoutABeginning(t *testing.T) {
	w := newWire()
	w.send(S, 0, "answer")
	w.packet(S, decode.FIN|decode.ACK, 6, "")
	w.packet(S, decode.ACK, 7, "", rawAck(w.isn[C]+2))
	w.packet(C, decode.FIN|decode.ACK, 0, "")
	w.log.says = w.raw(C)
	want(t, "kind", w.end(t).Terminator.Kind, CloseFIN)
	want(t, "by", w.log.ended[0].Terminator.By, Server)
}

// TestFINAcknowledgedBeforeItWasCaptured has the server's last bytes and its FIN captured behind the client's acknowledgments of both:
// the first of these is of all its bytes.
func TestFINAcknowledgedBeforeItWasCaptured(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.packet(C, decode.ACK, 5, "", rawAck(w.isn[S]+1+7))
	w.packet(C, decode.FIN|decode.ACK, 5, "", rawAck(w.isn[S]+1+8))
	w.send(S, 0, "refusal")
	w.packet(S, decode.FIN|decode.ACK, 7, "")
	f := w.end(t)
	want(t, "acked", f.Sides[Server].Acked, 7)
	want(t, "acked at", f.Sides[Server].AckedAt.Frame, 5)
	want(t, "by", f.Terminator.By, Server)
}

// TestFINsOfASideCapturedLate has all packets of the server captured behind those of the client, whose FIN acknowledges the server's or
// does not.
func TestFINsOfASideCapturedLate(t *testing.T) {
	for name, fin := range map[Side]uint32{Client: 0, Server: 1} {
		w := newWire()
		w.packet(C, decode.SYN, 0, "")
		w.packet(C, decode.ACK, 0, "", rawAck(w.isn[S]+1))
		w.send(C, 0, "request")
		w.packet(C, decode.FIN|decode.ACK, 7, "", rawAck(w.isn[S]+1+fin))
		w.packet(S, decode.SYN|decode.ACK, 0, "", rawAck(w.isn[C]+1))
		w.packet(S, decode.FIN|decode.ACK, 0, "", rawAck(w.isn[C]+1+7+uint32(name^1)))
		f := w.end(t)
		want(t, "kind", f.Terminator.Kind, CloseFIN)
		want(t, "by", f.Terminator.By, name)
	}
}

func TestNoSocketRST(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.bareRST(S)
	want(t, "kind", w.end(t).Terminator.RST, RSTNoSocket)
}

// TestNoSocketRSTAfterALoss leaves out the server's ACK: where the client is then follows from what it sent.
func TestNoSocketRSTAfterALoss(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.bareRST(C)
	want(t, "kind", w.end(t).Terminator.RST, RSTNoSocket)
}

// TestKindOfRST holds that a RST is one for want of a socket only if it has neither window nor options, and the sequence number that
// the segment which it answers asked for (RFC 9293, Section 3.5.2).
func TestKindOfRST(t *testing.T) {
	const ack = decode.RST | decode.ACK
	for _, tc := range []struct {
		name  string
		flags decode.TCPFlags
		off   int
		opts  []option
		want  RSTKind
	}{
		{"where the client is", decode.RST, 0, []option{plain, window(0)}, RSTNoSocket},
		{"where the server is", decode.RST, 6, []option{plain, window(0)}, RSTNoSocket},
		{"elsewhere in the window", decode.RST, 100, []option{plain, window(0)}, RSTUnknown},
		{"with options", decode.RST, 0, []option{window(0)}, RSTUnknown},
		{"with a window", decode.RST, 0, []option{plain}, RSTUnknown},
		{"with ACK", ack, 6, []option{plain, window(0)}, RSTUnknown},
		{"with ACK and a window", ack, 6, []option{plain}, RSTAbortive},
	} {
		w := newWire()
		w.handshake()
		w.send(C, 0, "hello")
		w.send(S, 0, "answer") // which the client has not acknowledged
		w.packet(S, tc.flags, tc.off, "", tc.opts...)
		want(t, tc.name, w.end(t).Terminator.RST, tc.want)
	}
	for name, tc := range map[string]struct {
		opts []option
		want RSTKind
	}{
		"answer to the SYN":                         {[]option{rawSeq(0), plain, window(0)}, RSTNoSocket},
		"answer to the SYN, with options":           {[]option{rawSeq(0), window(0)}, RSTUnknown},
		"answer to the SYN, with a window":          {[]option{rawSeq(0), plain}, RSTAbortive},
		"answer to the SYN, with a sequence number": {[]option{rawSeq(77), plain, window(0)}, RSTUnknown},
	} {
		w := newWire()
		w.syn()
		w.packet(S, ack, 0, "", tc.opts...)
		want(t, name, w.end(t).Terminator.RST, tc.want)
	}
}

func TestRefusedConnection(t *testing.T) {
	w := newWire()
	w.syn()
	w.packet(S, decode.RST|decode.ACK, 0, "", rawSeq(0), plain, window(0))
	f := w.end(t)
	want(t, "state", f.State, StateREJ)
	want(t, "by", f.Terminator.By, Server)
	want(t, "kind", f.Terminator.RST, RSTNoSocket)
	want(t, "ack", f.Resets[0].Ack, 1)
	want(t, "one-sided", f.Incomplete, 0)
}

func TestRSTThatDoesNotAnswerTheSYNEndsNothing(t *testing.T) {
	w := newWire()
	w.syn()
	w.packet(S, decode.RST|decode.ACK, 0, "", rawAck(w.isn[C]+7))
	w.packet(S, decode.RST, 0, "")
	f := w.end(t)
	want(t, "kind", f.Terminator.Kind, NotClosed)
	want(t, "RSTs", len(f.Resets), 2)
	want(t, "accepted", f.Resets[0].Accepted || f.Resets[1].Accepted, false)
	want(t, "signs", f.Resets[0].Signs&SignWindow, 0)
}

func TestRSTOutsideTheWindowEndsNothing(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.packet(S, decode.RST, 70000, "")
	w.packet(S, decode.RST, -1, "")
	w.sent[S] = 0
	w.send(S, 0, "answer")
	f := w.end(t)
	want(t, "kind", f.Terminator.Kind, NotClosed)
	want(t, "in window", f.Resets[0].InWindow || f.Resets[1].InWindow, false)
	want(t, "sign", f.Resets[0].Signs, SignWindow)
	w.wantTrace(t, `C 0 "hello"`, `S 0 "answer"`)
}

func TestRSTInsideTheScaledWindowIsAccepted(t *testing.T) {
	w := newWire()
	w.syn(scale(7))
	w.synack(scale(7))
	w.ack(C)
	w.packet(S, decode.RST, 70000, "")
	want(t, "kind", w.end(t).Terminator.Kind, CloseRST)

	w = newWire() // the window of a SYN is never scaled
	w.syn(scale(7))
	w.synack(scale(7))
	w.packet(C, decode.RST, 70000, "")
	want(t, "kind", w.end(t).Terminator.Kind, NotClosed)

	w = newWire() // scaling counts only if both offer it
	w.syn(scale(7))
	w.synack()
	w.ack(C)
	w.packet(S, decode.RST, 70000, "")
	want(t, "kind", w.end(t).Terminator.Kind, NotClosed)
}

func TestRSTFollowedByNewDataIsTakenBack(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.rst(S)
	want(t, "over", w.table.conns.at(1).is(bitOver), true)
	w.send(S, 0, "answer")
	w.fin(S)
	f := w.end(t)
	w.wantTrace(t, `C 0 "hello"`, `S 0 "answer"`)
	want(t, "accepted", f.Resets[0].Accepted, false)
	want(t, "in window", f.Resets[0].InWindow, true)
	want(t, "sign", f.Resets[0].Signs&SignDataAfter, SignDataAfter)
	want(t, "terminator", f.Terminator.Kind, CloseFIN)
	want(t, "frame", f.Terminator.Frame, 7)
	want(t, "state", f.State, StateS3)
}

func TestDataCapturedLateDoesNotTakeARSTBack(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(S, 0, "aa")
	w.packet(S, decode.RST|decode.ACK, 4, "")
	w.now -= int64(10*time.Millisecond) - 200_000
	w.send(S, 2, "bb")
	f := w.end(t)
	want(t, "accepted", f.Resets[0].Accepted, true)
	want(t, "kind", f.Terminator.Kind, CloseRST)
}

func TestForgedRSTsAheadOfTheirSenderAreTakenBack(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	for _, off := range []int{0, 1460, 2920} {
		w.packet(S, decode.RST|decode.ACK, off, "")
	}
	w.sent[S] = 0
	w.ack(S)
	w.now -= int64(10*time.Millisecond) - 90_000
	w.send(S, 0, "answer")
	f := w.end(t)
	for i := range f.Resets {
		want(t, "accepted", f.Resets[i].Accepted, false)
		want(t, "sign", f.Resets[i].Signs, SignDataAfter)
	}
	want(t, "kind", f.Terminator.Kind, NotClosed)
	want(t, "unseen", f.Sides[Server].Unseen, 0)
	want(t, "missed", f.Missed, 0)
}

func TestNextTerminatorAfterARSTThatIsTakenBack(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.rst(S)
	w.fin(C)
	w.send(S, 0, "answer")
	f := w.end(t)
	want(t, "kind", f.Terminator.Kind, CloseFIN)
	want(t, "by", f.Terminator.By, Client)
	want(t, "frame", f.Terminator.Frame, 6)
}

func TestSYNACKTakesTheRSTOfItsSenderBack(t *testing.T) {
	w := newWire()
	w.syn()
	w.packet(S, decode.RST|decode.ACK, 0, "", rawSeq(0))
	w.synack()
	w.ack(C)
	w.send(C, 0, "x")
	f := w.end(t)
	want(t, "kind", f.Terminator.Kind, NotClosed)
	want(t, "state", f.State, StateS1)
}

func TestRSTOfASettledConnectionIsTakenBack(t *testing.T) {
	w := newWire()
	w.log.settleAt = 1
	w.handshake()
	w.send(C, 0, "a")
	w.rst(S)
	w.send(S, 0, "b")
	f := w.end(t)
	want(t, "kind", f.Terminator.Kind, NotClosed)
	want(t, "state", f.State, StateS1)
}

func TestFINBeyondAGapProvesUnseenBytes(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.packet(S, decode.FIN|decode.ACK, 7, "")
	f := w.end(t)
	want(t, "kind", f.Terminator.Kind, CloseFIN)
	want(t, "unseen", f.Sides[Server].Unseen, 7)
	want(t, "acked", f.Sides[Server].Acked, 0)
	want(t, "sent", f.Sides[Server].Sent, 0)
	want(t, "missed", f.Missed, 7)
}

// TestACKCapturedBeforeTheFINProvesNoByte has the two come the other way round: the ACK's number is the one behind the FIN's.
func TestACKCapturedBeforeTheFINProvesNoByte(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.send(S, 0, "answer")
	w.packet(S, decode.ACK, 7, "")
	w.packet(S, decode.FIN|decode.ACK, 6, "")
	f := w.end(t)
	want(t, "unseen", f.Sides[Server].Unseen, 0)
	want(t, "missed", f.Missed, 0)
	want(t, "incomplete", f.Incomplete&IncompleteGap, 0)
}

func TestAcknowledgmentProvesUnseenBytes(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.ack(C, rawAck(w.isn[S]+1+9))
	f := w.end(t)
	want(t, "unseen", f.Sides[Server].Unseen, 9)
	want(t, "acked", f.Sides[Server].Acked, 9)
}

// TestPureACKTellsWhereAStreamWas leaves the SYN-ACK out, so that nothing but an ACK tells where the server's bytes begin.
func TestPureACKTellsWhereAStreamWas(t *testing.T) {
	for _, test := range []struct {
		name   string
		rest   func(w *wire)
		unseen uint64
		by     Side
	}{
		{"FIN behind lost bytes", func(w *wire) { w.sent[S] = 7; w.fin(S); w.ack(C) }, 7, Server},
		{"FIN", func(w *wire) { w.fin(S); w.ack(C) }, 0, Server},
		{"FIN captured after the ACK behind it", func(w *wire) { w.packet(S, decode.FIN|decode.ACK, -1, "") }, 0, Server},
		{"acknowledgment", func(w *wire) { w.sent[S] = 1143; w.fin(C) }, 1143, Client},
		{"RST", func(w *wire) { w.sent[S] = 9; w.rst(S) }, 9, Server},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.syn()
			w.send(C, 0, "hello")
			w.ack(S)
			test.rest(w)
			f := w.end(t)
			want(t, "unseen", f.Sides[Server].Unseen, test.unseen)
			want(t, "missed", f.Missed, test.unseen)
			want(t, "terminator", f.Terminator.By, test.by)
		})
	}
}

func TestRSTBeyondAGapProvesUnseenBytes(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.packet(S, decode.RST|decode.ACK, 7, "")
	want(t, "unseen", w.end(t).Sides[Server].Unseen, 7)
}

func TestRSTAfterFINProvesNoUnseenBytes(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.fin(S)
	w.rst(S)
	f := w.end(t)
	want(t, "unseen", f.Sides[Server].Unseen, 0)
	want(t, "kind", f.Terminator.Kind, CloseFIN)
}

func TestFINOutOfPlaceEndsNothing(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(S, 0, "answer")
	w.packet(S, decode.FIN|decode.ACK, 2, "")
	want(t, "kind", w.end(t).Terminator.Kind, NotClosed)
}

func TestRetransmittedFINIsCounted(t *testing.T) {
	w := newWire()
	w.handshake()
	w.fin(C)
	w.packet(C, decode.FIN|decode.ACK, 0, "")
	f := w.end(t)
	want(t, "retransmits", f.Retransmits, 1)
	want(t, "terminator", f.Terminator.Frame, 4)
}

func TestDataBeyondTheFINIsDescribed(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "a")
	w.fin(C)
	w.send(C, 1, "bc")
	f := w.end(t)
	w.wantTrace(t, `C 0 "a"`, `C 1 "bc"`)
	want(t, "kind", f.Terminator.Kind, CloseFIN)
	want(t, "unseen", f.Sides[Client].Unseen, 0)
}

func TestRSTsAfterTheTerminatorAreListed(t *testing.T) {
	w := newWire()
	w.handshake()
	w.rst(C)
	for range 12 {
		w.bareRST(S)
	}
	f := w.end(t)
	want(t, "RSTs", len(f.Resets), maxResets)
	want(t, "terminator", f.Terminator.Frame, 4)
	want(t, "second by", f.Resets[1].By, Server)
	want(t, "packets", f.Packets[Server], 13)
}

func TestClientPacketsBeforeTheFirstRST(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.send(C, 0, "hello")
	w.rst(S)
	w.send(C, 5, "more")
	want(t, "client packets", w.end(t).ClientPackets, 1)
}

func TestRSTOfASideThatSentNoByte(t *testing.T) {
	w := newWire()
	w.send(C, 0, "middle")
	w.ack(S)
	w.rst(S)
	w.packet(S, decode.RST, 40, "", rawAck(0))
	f := w.end(t)
	want(t, "seq", f.Resets[0].Seq, 1)
	want(t, "ack", f.Resets[0].Ack, 7)
	want(t, "second seq", f.Resets[1].Seq, 41)
	want(t, "second ack", f.Resets[1].Ack, 0)
}

// TestLaterSequenceNumberProvesUnseenBytes acknowledges with the number behind bytes that were not captured, and then with that
// behind bytes that come after all.
func TestLaterSequenceNumberProvesUnseenBytes(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.packet(S, decode.ACK, 9, "")
	want(t, "unseen", w.end(t).Sides[Server].Unseen, 9)

	w = newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.packet(S, decode.ACK, 6, "")
	w.send(S, 0, "answer")
	want(t, "unseen", w.end(t).Sides[Server].Unseen, 0)

	w = newWire()
	w.handshake()
	w.packet(S, decode.ACK, leapUnsettled+1, "") // of something else
	want(t, "unseen", w.end(t).Sides[Server].Unseen, 0)
}

// TestBurstOfResets: a middlebox sends several RSTs that run ahead of the sequence numbers, in case one is too late. The first ended
// the connection, so the others prove no bytes; where the first itself runs ahead, those before it were sent.
func TestBurstOfResets(t *testing.T) {
	for first, unseen := range map[int]uint64{0: 0, 1460: 2920} {
		w := newWire()
		w.handshake()
		w.send(C, 0, "hello")
		w.ack(S)
		for _, ahead := range []int{first, first + 1460} {
			w.packet(S, decode.RST|decode.ACK, ahead, "")
		}
		want(t, "bytes of the server that were not captured", w.end(t).Sides[Server].Unseen, unseen)
	}
}

// TestTheSYNComesAgainBehindItsRST has a host reset a SYN-ACK that it does not know the connection of, and its program ask again.
func TestTheSYNComesAgainBehindItsRST(t *testing.T) {
	for _, tc := range []struct {
		name            string
		pause           time.Duration
		resets, packets int
	}{
		{"too soon", 50 * time.Microsecond, 1, 3}, // copies
		{"after a second", 1030 * time.Millisecond, 3, 9},
		{"after three", 3 * time.Second, 3, 9},
		{"another connection's time", 5 * time.Second, 1, 3},
	} {
		w := newWire()
		for i := range uint32(3) {
			if i > 0 {
				w.after(tc.pause)
			}
			w.packet(C, decode.SYN, -1, "")
			if tc.pause < time.Millisecond && i > 0 {
				continue
			}
			w.isn[S] += 16_000_000
			w.packet(S, decode.SYN|decode.ACK, -1, "")
			w.packet(C, decode.RST, 0, "", rawAck(0), window(0), plain)
			if tc.pause < time.Millisecond {
				w.now -= int64(20 * time.Millisecond)
			}
		}
		for range 20 { // which sweeps
			w.after(time.Second)
			w.table.Tick(w.now)
		}
		w.flush()
		f := w.log.ended[0]
		want(t, tc.name+": RSTs", len(f.Resets), tc.resets)
		want(t, tc.name+": packets", f.Packets[C]+f.Packets[S], uint64(tc.packets))
		want(t, tc.name+": the last one ends it", f.Terminator, Terminator{Event: f.Resets[len(f.Resets)-1].Event, By: C, Kind: CloseRST, RST: RSTNoSocket})
		for _, x := range f.Resets[:len(f.Resets)-1] {
			want(t, tc.name+": sign", x.Signs&SignDataAfter, SignDataAfter)
		}
	}
}
