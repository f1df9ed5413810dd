package flow

import (
	"fmt"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// TestPlantedIsReplayed compares what hatching does at once with a SYN and the SYN-ACK to it with what tcp makes of them.
func TestPlantedIsReplayed(t *testing.T) {
	for bits := range 1 << 6 {
		set := func(i int) uint32 { return uint32(bits>>i) & 1 }
		syn := decode.Segment{
			Time: epoch, Seq: set(0) * 0xffffffff, Flags: decode.SYN, Window: 64240, TTL: 64, IPID: uint16(set(1)) * 77,
			MSS: uint16(set(2)) * 1460, Iface: uint8(set(3)) * 9,
		}
		syn.SetScale(7, set(4) != 0, 6)
		synack := syn
		synack.Time, synack.Flags, synack.Seq, synack.Ack = epoch+5e6, decode.SYN|decode.ACK, 4711, syn.Seq+1
		synack.SetScale(9, set(5) != 0, 6)

		var conns [2]conn
		var shakes [2]handshake
		for way := range conns {
			table := NewPool().NewTable(&silent{}, DefaultLimits)
			i, c, h := table.newConn(name{}, Event{1, epoch}, 1, 0, 6)
			for n, s := range []*decode.Segment{&syn, &synack} {
				p := packet{Segment: s, conn: i, at: Event{uint64(n) + 1, s.Time}, side: Side(n ^ 1)}
				if way == 0 {
					table.tcp(c, &p)
				} else {
					table.replay(i, c, h, s, p.at, p.side, 1, s.Time)
				}
				h.asked = epoch
			}
			conns[way], shakes[way] = *c, *h
			shakes[way].resets = nil
		}
		if conns[0] != conns[1] {
			t.Errorf("%06b: step by step\n%+v\nat once\n%+v", bits, conns[0], conns[1])
		}
		for side := range shakes[0].sides {
			a, b := &shakes[0].sides[side], &shakes[1].sides[side]
			if *a != *b {
				t.Errorf("%06b, side %d: step by step\n%+v\nat once\n%+v", bits, side, a, b)
			}
		}
		if a, b := &shakes[0], &shakes[1]; a.syn != b.syn || a.synack != b.synack || a.established != b.established {
			t.Errorf("%06b: %+v, %+v", bits, a, b)
		}
	}
}

// A SYN with another sequence number is not sent again, whether the connection has hatched or not.
func TestSYNWithAnotherSequenceNumberIsNoRetransmission(t *testing.T) {
	for _, test := range []struct {
		name string
		seqs []uint32 // behind the first
		want uint64
	}{
		{"again", []uint32{0, 0}, 2},
		{"another", []uint32{77}, 0},
		{"another, which is sent again", []uint32{77, 77, 77}, 2},
		{"two others", []uint32{77, 99}, 0},
	} {
		for _, hatched := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, hatched %v", test.name, hatched), func(t *testing.T) {
				w := newWire()
				w.syn()
				if hatched {
					w.icmp(C, 11, 0, 0, w.isn[C])
				}
				for _, seq := range test.seqs {
					w.after(time.Second)
					w.packet(C, decode.SYN, 0, "", rawSeq(w.isn[C]+seq))
				}
				f := w.end(t)
				want(t, "retransmits", f.Retransmits, test.want)
				want(t, "SYNs", f.Sides[Client].SYNs, uint32(len(test.seqs)+1))
				want(t, "packets", f.Packets, [2]uint64{uint64(len(test.seqs) + 1), 0})
				want(t, "initial sequence number", f.Sides[Client].InitialSeq, w.isn[C]+test.seqs[len(test.seqs)-1])
			})
		}
	}
}
