package flow

import (
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// signsOf sends a RST of the server after an ordinary hello, and returns its signs.
func signsOf(t *testing.T, prepare func(w *wire), opts ...option) Signs {
	t.Helper()
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	if prepare != nil {
		prepare(w)
	}
	w.rst(S, opts...)
	return w.end(t).Resets[0].Signs
}

func TestSignTTL(t *testing.T) {
	want(t, "same TTL", signsOf(t, nil), 0)
	want(t, "other TTL", signsOf(t, nil, ttl(63)), SignTTL)
	want(t, "TTL used once", signsOf(t, func(w *wire) { w.ack(S, ttl(63)) }, ttl(63)), 0)
	want(t, "on another interface", signsOf(t, nil, ttl(63), iface(5)), 0)
	want(t, "sender with many TTLs", signsOf(t, func(w *wire) {
		for i := range uint8(6) {
			w.ack(S, ttl(100+i))
		}
	}, ttl(63)), 0)
}

func TestSignIPID(t *testing.T) {
	count := func(ids ...uint16) func(w *wire) {
		return func(w *wire) {
			for _, id := range ids {
				w.ack(S, ipid(id))
			}
		}
	}
	want(t, "steady, far", signsOf(t, count(100, 101, 103), ipid(40000)), SignIPID)
	want(t, "steady, next", signsOf(t, count(100, 101, 103), ipid(104)), 0)
	want(t, "steady across the wrap", signsOf(t, count(65534, 65535, 0, 1), ipid(3)), 0)
	want(t, "steady, zero", signsOf(t, count(100, 101, 103), ipid(0)), 0)
	want(t, "random", signsOf(t, count(100, 9000, 41000), ipid(20000)), 0)
	want(t, "too few", signsOf(t, count(100, 101), ipid(20000)), 0)
	want(t, "all zero", signsOf(t, count(0, 0, 0), ipid(20000)), 0)
	want(t, "SYN-ACK alone", signsOf(t, nil, ipid(20000)), 0)
}

func TestSignAcks(t *testing.T) {
	signs := func(acks ...uint32) (s []Signs) {
		w := newWire()
		w.handshake()
		w.send(C, 0, "hello")
		w.send(C, 5, "more")
		for _, a := range acks {
			w.rst(S, rawAck(w.isn[C]+1+a))
		}
		for _, r := range w.end(t).Resets {
			s = append(s, r.Signs)
		}
		return s
	}
	got := signs(5, 9)
	want(t, "each answers a segment", got[0]|got[1], 0)
	got = signs(9, 9)
	want(t, "the same", got[0]|got[1], 0)
	got = signs(9, 9+1460, 9+2920)
	want(t, "first answers", got[0], 0)
	want(t, "second does not", got[1], SignAcks)
	want(t, "third does not", got[2], SignAcks)
}

// TestRSTsMayAnswerWhatWasCutOff captures less of segments than what the RSTs acknowledge.
func TestRSTsMayAnswerWhatWasCutOff(t *testing.T) {
	for _, n := range []uint32{0, 2} {
		w := newWire()
		w.handshake()
		w.send(C, 0, "hello", captured(n))
		w.send(C, 5, "more", captured(n))
		w.send(C, 9, "and more", captured(n))
		w.rst(S, rawAck(w.isn[C]+1+5))
		w.rst(S, rawAck(w.isn[C]+1+9))
		f := w.end(t)
		want(t, "RSTs", len(f.Resets), 2)
		want(t, "signs", f.Resets[0].Signs|f.Resets[1].Signs, 0)
	}
}

func TestSignTooSoon(t *testing.T) {
	rst := func(rtt, answer time.Duration, ack uint32) Signs {
		w := newWire()
		w.syn()
		w.after(rtt - 10*time.Millisecond)
		w.synack()
		w.ack(C)
		w.send(C, 0, "hello")
		w.after(answer - 10*time.Millisecond)
		w.rst(S, rawAck(w.isn[C]+1+ack))
		return w.end(t).Resets[0].Signs
	}
	ms := time.Millisecond
	want(t, "too soon", rst(40*ms, 5*ms, 5), SignTooSoon)
	want(t, "in time", rst(40*ms, 25*ms, 5), 0)
	want(t, "short round trip", rst(2*ms, 0, 5), 0)
	want(t, "acknowledges nothing of it", rst(40*ms, 5*ms, 0), 0)
	want(t, "captured before it", rst(40*ms, -ms/2, 5), SignTooSoon)
	want(t, "the clock was set back", rst(40*ms, -time.Second, 5), 0)
}

func TestNoSignsOnceSettled(t *testing.T) {
	w := newWire()
	w.log.settleAt = 5
	w.handshake()
	w.send(C, 0, "hello")
	w.rst(S, ttl(1))
	f := w.end(t)
	want(t, "RSTs", len(f.Resets), 0)
	want(t, "terminator", f.Terminator.Kind, CloseRST)
}

func TestScenarioOfBareRSTAfterSilence(t *testing.T) {
	w := newWire()
	w.syn()
	w.synack(ttl(61))
	w.ack(C)
	w.after(245 * time.Millisecond)
	w.packet(S, decode.RST, 0, "", ttl(61), plain, window(0))
	f := w.end(t)
	want(t, "signs", f.Resets[0].Signs, 0)
	want(t, "kind", f.Terminator.RST, RSTNoSocket)
	want(t, "acked", f.Sides[Client].Acked, 0)
	want(t, "state", f.State, StateRSTR)
}

func TestSignTooSoonWithASYNSentAgainAfterTheAnswer(t *testing.T) {
	w := newWire()
	w.syn()
	w.after(30 * time.Millisecond)
	w.synack()
	w.after(time.Second)
	w.syn()
	w.synack()
	w.ack(C)
	w.send(C, 0, "hello")
	w.rst(S)
	want(t, "sign", w.end(t).Resets[0].Signs, SignTooSoon)
}
