package flow

import (
	"strings"
	"testing"
	"time"
)

func TestReorderedSegmentsAreDeliveredInOrder(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 6, "cc")
	w.send(C, 4, "bb")
	w.send(C, 8, "dd")
	w.send(C, 0, "aaaa")
	w.send(C, 10, "ee")
	f := w.end(t)
	w.wantTrace(t, `C 0 "aaaa"`, `C 4 "bb"`, `C 6 "cc"`, `C 8 "dd"`, `C 10 "ee"`)
	want(t, "missed", f.Missed, 0)
	want(t, "retransmits", f.Retransmits, 0)
	want(t, "bytes", f.Bytes[Client], 12)
	want(t, "incomplete", f.Incomplete, IncompleteEndOfCapture)
	w.wantNothingLeft(t)
}

func TestHoleIsGivenUpWhenThePeerAcknowledgedPastIt(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "aa")
	w.send(C, 5, "bb")
	w.ack(S, rawAck(w.isn[C]+1+4))
	w.wantTrace(t, `C 0 "aa"`)
	w.ack(S)
	w.wantTrace(t, `C 0 "aa"`, `C gap 3 gap`, `C 5 "bb"`)
	f := w.end(t)
	want(t, "missed", f.Missed, 3)
	want(t, "bytes", f.Bytes[Client], 4)
	want(t, "incomplete", f.Incomplete, IncompleteGap|IncompleteEndOfCapture)
}

func TestHoleIsGivenUpWhenTheConnectionIsOver(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 3, "bb")
	w.rst(C)
	w.wantTrace(t, `C gap 3 gap`, `C 3 "bb"`)
	w.wantNothingLeft(t)
}

func TestHoleIsGivenUpAtTheEnd(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 3, "bb")
	w.send(C, 9, "cc")
	w.send(S, 1, "dd", rawAck(w.isn[C]+1))
	w.end(t)
	w.wantTraceSides(t, C, `C gap 3 gap`, `C 3 "bb"`, `C gap 4 gap`, `C 9 "cc"`)
	w.wantTraceSides(t, S, `S gap 1 gap`, `S 1 "dd"`)
	w.wantNothingLeft(t)
}

func TestHoleIsGivenUpWhenTooMuchWaits(t *testing.T) {
	w := newWire()
	w.handshake()
	for i := range 40 {
		w.send(C, 100+i*1400, strings.Repeat("x", 1400))
	}
	want(t, "given up", w.table.Counts()[GivenUp], 1)
	want(t, "first line", w.log.lines[0], "C gap 100 gap")
	f := w.end(t)
	want(t, "delivered", w.log.bytes[C].Len(), 40*1400)
	want(t, "incomplete", f.Incomplete, IncompleteGap|IncompleteLimit|IncompleteEndOfCapture)
}

func TestSegmentThatFitsNoQueueIsDeliveredBehindAGap(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 10, strings.Repeat("x", 62000))
	want(t, "first line", w.log.lines[0], "C gap 10 gap")
	want(t, "delivered", w.log.bytes[C].Len(), 62000)
	w.end(t)
	w.wantNothingLeft(t)
}

func TestTruncatedSegmentsLeaveAGap(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "abcdef", captured(2))
	w.send(C, 6, "gh")
	w.send(C, 12, "mnop", captured(1))
	w.send(C, 8, "ijkl", captured(0))
	w.send(C, 16, "q")
	f := w.end(t)
	w.wantTrace(t, `C 0 "ab"`, `C gap 4 snaplen`, `C 6 "gh"`, `C gap 4 snaplen`, `C 12 "m"`, `C gap 3 snaplen`, `C 16 "q"`)
	want(t, "incomplete", f.Incomplete, IncompleteSnaplen|IncompleteEndOfCapture)
	want(t, "bytes", f.Bytes[Client], 17)
	want(t, "missed", f.Missed, 11)
}

func TestAtMostStreamLimitIsDelivered(t *testing.T) {
	w := newWire()
	w.handshake()
	for off := 0; off < 200000; off += 1000 {
		w.send(C, off, strings.Repeat("x", 1000))
	}
	w.send(S, 0, "still")
	f := w.end(t)
	want(t, "delivered", w.log.bytes[C].Len(), streamLimit)
	want(t, "other side", w.log.bytes[S].String(), "still")
	want(t, "gap", w.log.lines[len(w.log.lines)-3], "C gap 464 limit")
	want(t, "missed", f.Missed, 0)
	want(t, "bytes", f.Bytes[Client], 200000)
	want(t, "incomplete", f.Incomplete, IncompleteLimit|IncompleteEndOfCapture)
}

func TestLimitBehindAHole(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, strings.Repeat("x", 60000))
	w.send(C, 60010, strings.Repeat("x", 5000))
	w.send(C, 65010, strings.Repeat("x", 5000))
	w.send(C, 70010, strings.Repeat("x", 5000))
	w.send(C, 60000, strings.Repeat("x", 10))
	w.end(t)
	want(t, "delivered", w.log.bytes[C].Len(), streamLimit)
	want(t, "gap", w.log.lines[len(w.log.lines)-2], "C gap 9474 limit")
	w.wantNothingLeft(t)
}

func TestNewestWinsWhileQueuedOldestOnceDelivered(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 4, "OLD!")
	w.send(C, 4, "new!")
	w.send(C, 0, "head")
	w.send(C, 0, "HEAD")
	f := w.end(t)
	w.wantTrace(t, `C 0 "head"`, `C 4 "new!"`)
	want(t, "retransmits", f.Retransmits, 2)
}

func TestKeepAlivesAndProbesAreNoRetransmissions(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, -1, "\x00") // before any data
	w.send(C, 0, "data")
	w.ack(S)
	w.send(C, 3, "\x00")
	w.packet(C, 16, 3, "")
	w.ack(S)
	w.ack(S)
	w.ack(S, window(0))
	w.send(C, 4, "m") // zero-window probe with the next byte
	w.ack(S, window(0), rawAck(w.isn[C]+1+4))
	w.send(C, 4, "more")
	f := w.end(t)
	w.wantTrace(t, `C 0 "data"`, `C 4 "m"`, `C 5 "ore"`)
	want(t, "retransmits", f.Retransmits, 0)
	want(t, "missed", f.Missed, 0)
	want(t, "bytes", f.Bytes[Client], 8)
}

func TestSettledConnectionIsOnlyCounted(t *testing.T) {
	w := newWire()
	w.log.settleAt = 5
	w.handshake()
	w.send(C, 0, "hello")
	w.wantTrace(t, `C 0 "hello"`, "settle")
	want(t, "handshakes", w.table.handshakes.live(), 0)
	w.send(S, 0, "answer")
	w.send(C, 9, "lost four")
	w.send(C, 18, "x", captured(0))
	w.send(C, 9, "lost four")
	w.fin(C)
	f := w.end(t)
	w.wantTrace(t, `C 0 "hello"`, "settle")
	o := w.log.settled[0]
	want(t, "opening", o.Established.Frame, 3)
	want(t, "roles", o.Roles, RolesSYN)
	want(t, "settled", f.Settled, true)
	want(t, "bytes", f.Bytes, [2]uint64{15, 6})
	want(t, "missed", f.Missed, 5)
	want(t, "retransmits", f.Retransmits, 1)
	want(t, "incomplete", f.Incomplete, 0)
	want(t, "state", f.State, StateS2)
	want(t, "name", f.First, o.First)
	want(t, "nothing of the handshake", f.Sides[Client].SYNs, 0)
	want(t, "streams", w.log.streams, 0)
}

func TestHoleOfASettledConnectionIsFilledByARetransmission(t *testing.T) {
	w := newWire()
	w.log.settleAt = 1
	w.handshake()
	w.send(C, 0, "a")
	w.send(C, 5, "fghij")
	w.send(C, 2, "cd")
	w.send(C, 10, "k")
	w.send(C, 0, "abcdefg")
	f := w.end(t)
	want(t, "missed", f.Missed, 0)
	want(t, "bytes", f.Bytes[Client], 11)
	want(t, "retransmits", f.Retransmits, 1)
}

func TestSettleWhileSegmentsWait(t *testing.T) {
	w := newWire()
	w.log.settleAt = 4
	w.handshake()
	w.send(C, 6, "ghi")
	w.send(C, 3, "def")
	w.send(C, 20, "waits")
	w.send(C, 0, "abc")
	w.wantTrace(t, `C 0 "abc"`, `C 3 "def"`, "settle")
	w.wantNothingLeft(t)
	w.end(t)
}

// TestWhatHasPassedWaitsForNothing has streams that would take more bytes, and are settled where some of these are missing or too
// early: nothing is missing of what they are about.
func TestWhatHasPassedWaitsForNothing(t *testing.T) {
	for name, more := range map[string]func(*wire){
		"too early":  func(w *wire) { w.send(C, 9, "later"); w.send(C, 3, "def") },
		"never seen": func(w *wire) { w.send(C, 9, "k"); w.ack(S, rawAck(w.isn[C]+11)) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire()
			w.log.passedAt = 3
			w.handshake()
			w.send(C, 0, "abc")
			want(t, "goes on", len(w.log.settled), 0)
			more(w)
			want(t, "settled", len(w.log.settled), 1)
			f := w.end(t)
			want(t, "incomplete", f.Incomplete&^IncompleteEndOfCapture, 0)
			w.wantNothingLeft(t)
		})
	}
}

// TestWhatHasPassedHearsWhatWasCutOff has a stream that would take more bytes, and is told that the rest of a packet was not captured.
func TestWhatHasPassedHearsWhatWasCutOff(t *testing.T) {
	w := newWire()
	w.log.passedAt = 3
	w.handshake()
	w.send(C, 0, "abc")
	w.send(C, 3, "def", captured(2))
	w.send(C, 6, "g")
	w.wantTrace(t, `C 0 "abc"`, `C 3 "de"`, "C gap 1 snaplen", `C 6 "g"`)
	want(t, "settled", len(w.log.settled), 0)
	f := w.end(t)
	want(t, "incomplete", f.Incomplete&^IncompleteEndOfCapture, 0)
	w.wantNothingLeft(t)
}

func TestDataIsDeliveredBeforeTheFINOfItsPacketIsNoted(t *testing.T) {
	w := newWire()
	w.log.settleAt = 3
	w.handshake()
	w.packet(C, 16|1, 0, "abc")
	f := w.end(t)
	want(t, "FIN in the opening", w.log.settled[0].Sides[Client].Fin.Happened(), false)
	want(t, "terminator", f.Terminator.Frame, 4)
}

func TestForgedSegmentFarAheadIsNotBelieved(t *testing.T) {
	w := newWire()
	w.handshake()
	w.packet(C, 16, 900_000_000, "forged", rawAck(w.isn[S]+1))
	w.sent[C] = 0
	w.send(C, 0, "hello")
	w.ack(S)
	f := w.end(t)
	w.wantTrace(t, `C 0 "hello"`)
	want(t, "implausible", w.table.Counts()[Implausible], 1)
	want(t, "missed", f.Missed, 0)
	want(t, "bytes", f.Bytes[Client], 5)
}

func TestSenderThatGoesOnFarAheadIsBelieved(t *testing.T) {
	w := newWire()
	w.log.settleAt = 1
	w.handshake()
	w.send(C, 0, "a")
	w.send(C, 10_000_000, "bb")
	w.send(C, 10_000_002, "cc")
	f := w.end(t)
	want(t, "bytes", f.Bytes[Client], 3)
	want(t, "missed", f.Missed, 10_000_001)
}

func TestStallIsARunOfOneSegmentNeverAcknowledged(t *testing.T) {
	w := newWire()
	w.handshake()
	big := strings.Repeat("x", 1460)
	for range 4 {
		w.send(C, 0, big)
		w.after(time.Second)
	}
	w.send(C, 1460, "tail")
	w.send(C, 1460, "tail")
	w.send(C, 0, big)
	f := w.end(t)
	stall := f.Sides[Client].Stall
	want(t, "count", stall.Count, 4)
	want(t, "length", stall.Length, 1460)
	want(t, "last", stall.Frame, 10)
	want(t, "retransmits", f.Sides[Client].Retransmits, 5)

	w = newWire()
	w.handshake()
	w.send(C, 0, big)
	w.send(C, 0, big)
	w.ack(S)
	want(t, "acknowledged", w.end(t).Sides[Client].Stall.Count, 0)
}

// wantNothingLeft checks that the reassembly forgot all that it was given.
func (w *wire) wantNothingLeft(t *testing.T) {
	t.Helper()
	p := w.table.pool
	if p.live != 0 || w.table.pages != 0 || len(w.table.queues) != 0 {
		t.Errorf("%d streams, %d pages, %d queues left", p.live, w.table.pages, len(w.table.queues))
	}
	if p.assembler != nil {
		if d := p.assembler.Dump(); !strings.HasPrefix(d, "pageCache: used: 0,") {
			t.Errorf("pages left in the reassembly: %s", d)
		}
	}
}

func (w *wire) wantTraceSides(t *testing.T, side Side, lines ...string) {
	t.Helper()
	var got []string
	for _, l := range w.log.lines {
		if strings.HasPrefix(l, w.log.name(side^w.log.client)) {
			got = append(got, l)
		}
	}
	if strings.Join(got, "\n") != strings.Join(lines, "\n") {
		t.Errorf("trace of %d:\n%s\nwant:\n%s", side, strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
}

func TestCutSegmentThatWaitsIsReplacedByAWholeOne(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 4, "abcdefgh", captured(2))
	w.send(C, 4, "abcdefgh", captured(6))
	w.send(C, 0, "head")
	w.end(t)
	w.wantTrace(t, `C 0 "head"`, `C 4 "abcdef"`, `C gap 2 snaplen`)
}
