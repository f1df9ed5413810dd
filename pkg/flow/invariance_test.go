package flow

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/sniscope/sniscope/pkg/decode"
)

// sending is one segment of a conversation: bytes of one side at an offset.
type sending struct {
	from Side
	off  int
	data string
	opts []option
}

// turns is a conversation: who sends how many bytes, in turn.
var turns = []struct {
	from Side
	n    int
}{{C, 517}, {S, 4000}, {C, 80}, {S, 51}, {C, 300}}

// text is what a side sends.
func text(from Side, off, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte((off+i)*7 + int(from)*31 + (off+i)>>8)
	}
	return string(b)
}

// cut makes segments of at most size bytes; the first of each turn has first bytes.
func cut(first, size int) (turnsOut [][]sending) {
	var at [2]int
	for _, turn := range turns {
		var out []sending
		end := at[turn.from] + turn.n
		for n := first; at[turn.from] < end; n = size {
			n = min(n, end-at[turn.from])
			out = append(out, sending{from: turn.from, off: at[turn.from], data: text(turn.from, at[turn.from], n)})
			at[turn.from] += n
		}
		turnsOut = append(turnsOut, out)
	}
	return turnsOut
}

// outcome is what must not depend on how the bytes were cut into packets.
type outcome struct {
	bytes             [2]string
	roles             Roles
	state             ConnState
	kind              CloseKind
	by                Side
	sent              [2]uint64
	missed            uint64
	incomplete        Incomplete
	sides             [2]SideFacts
	established, left int
}

// converse plays turns and returns the outcome and the facts.
func converse(t *testing.T, isn [2]uint32, turns [][]sending) (outcome, Facts) {
	t.Helper()
	w := newWire()
	w.isn = isn
	w.handshake()
	for _, turn := range turns {
		for _, s := range turn {
			acked := w.sent[s.from^1]
			w.packet(s.from, decode.ACK|decode.PSH, s.off, s.data, append(s.opts, rawAck(w.isn[s.from^1]+1+acked))...)
		}
	}
	w.fin(C)
	w.fin(S)
	w.ack(C)
	f := w.end(t)
	w.wantNothingLeft(t)
	o := outcome{
		bytes: [2]string{w.log.bytes[C].String(), w.log.bytes[S].String()},
		roles: f.Roles, state: f.State, kind: f.Terminator.Kind, by: f.Terminator.By, sent: f.Bytes, missed: f.Missed,
		incomplete: f.Incomplete, sides: f.Sides, established: int(f.Established.Frame), left: w.log.streams,
	}
	for i := range o.sides { // which packet it was, and how often, may differ
		s := &o.sides[i]
		s.LastData, s.Fin, s.AckedAt, s.Retransmits, s.Stall = Event{}, Event{}, Event{}, 0, Stall{}
		s.InitialSeq -= isn[i]
	}
	return o, f
}

func TestDeliveryDoesNotDependOnSegmentation(t *testing.T) {
	isn := [2]uint32{1000, 2000}
	want, _ := converse(t, isn, cut(1460, 1460))
	if want.bytes[C] != text(C, 0, 897) || want.bytes[S] != text(S, 0, 4051) || want.state != StateSF {
		t.Fatalf("the plain conversation is wrong: %+v", want)
	}
	check := func(name string, isn [2]uint32, turns [][]sending) Facts {
		t.Helper()
		got, f := converse(t, isn, turns)
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Fatalf("%s:\n%+v\nwant\n%+v", name, got, want)
		}
		return f
	}
	for n := 1; n <= 600; n++ {
		f := check(fmt.Sprintf("cut after %d", n), isn, cut(n, 1460))
		if f.Retransmits != 0 {
			t.Fatalf("cut after %d: %d retransmits", n, f.Retransmits)
		}
	}
	for back := uint32(0); back <= 4100; back += 13 {
		check(fmt.Sprintf("wrap %d before the end of the space", back), [2]uint32{-back / 4, -back}, cut(200, 700))
	}
	for seed := range 300 {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		turns := cut(1+r.IntN(900), 100+r.IntN(900))
		window := 2 + r.IntN(4)
		for _, turn := range turns {
			reorder(r, turn, window)
		}
		wrapped := [2]uint32{-uint32(r.IntN(900)), -uint32(r.IntN(4000))}
		if f := check(fmt.Sprintf("reordered %d", seed), wrapped, turns); f.Retransmits != 0 {
			t.Fatalf("reordered %d: %d retransmits", seed, f.Retransmits)
		}
		check(fmt.Sprintf("overlapped %d", seed), wrapped, overlap(r, turns))
		f := check(fmt.Sprintf("copied %d", seed), wrapped, copies(r, turns))
		if f.Retransmits != 0 {
			t.Fatalf("copied %d: %d retransmits", seed, f.Retransmits)
		}
	}
}

// reorder moves segments by less than window places.
func reorder(r *rand.Rand, turn []sending, window int) {
	for i := 0; i+window <= len(turn); i += window {
		r.Shuffle(window, func(a, b int) { turn[i+a], turn[i+b] = turn[i+b], turn[i+a] })
	}
}

// overlap sends ranges again that begin and end anywhere, before and after the first sending.
func overlap(r *rand.Rand, turns [][]sending) (out [][]sending) {
	var end [2]int
	for _, turn := range turns {
		var with []sending
		for _, s := range turn {
			end[s.from] = max(end[s.from], s.off+len(s.data))
		}
		for _, s := range turn {
			for range r.IntN(3) {
				off := max(0, s.off-r.IntN(400))
				n := min(1+r.IntN(900), end[s.from]-off)
				with = append(with, sending{from: s.from, off: off, data: text(s.from, off, n)})
			}
			with = append(with, s)
		}
		out = append(out, with)
	}
	return out
}

// copies captures packets on a second interface as well, some of them after others went by.
func copies(r *rand.Rand, turns [][]sending) (out [][]sending) {
	for _, turn := range turns {
		var with, later []sending
		for _, s := range turn {
			copied := s
			copied.opts = []option{iface(7), ttl(3)}
			with = append(with, s)
			if r.IntN(3) > 0 {
				later = append(later, copied)
			}
			if r.IntN(2) == 0 {
				with, later = append(with, later...), nil
			}
		}
		out = append(out, append(with, later...))
	}
	return out
}
