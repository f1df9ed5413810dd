package flow

import (
	"testing"

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
