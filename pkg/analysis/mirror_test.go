package analysis_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
)

// TestMirrorOfBothSidesOfARouter captures each packet once more behind a router, at once or a while later, and loses some, as a mirror
// does that is given more than it can carry, or ends anywhere. No copy shows that a packet was sent again, and none that is missing that
// something on the way made the other: nobody is accused who is not by the direct capture.
func TestMirrorOfBothSidesOfARouter(t *testing.T) {
	const rounds = 30
	overCaptures(t, func(t *testing.T, l *lane, packets []taken, whole []found) {
		if slices.ContainsFunc(packets, func(p taken) bool { return !p.ethernet() }) {
			return // of all interfaces: what passes through is there twice already
		}
		known := byEndpoints(whole)
		rng := rand.New(rand.NewPCG(uint64(len(packets)), 2))
		for _, late := range []int64{2e3, 12e6} {
			twice := mirrored(packets, late)
			for range rounds {
				seed, share, end := rng.Uint64(), rng.Uint64N(4), rng.IntN(2*len(twice)) // of ten packets
				some := loss{drop: func(p *taken) bool { return p.place > end || mixed(seed, p.place)%10 < share }}
				for _, got := range l.run(t, some.rest(twice)) {
					same := known[endpointsOf(&got.record)]
					if !slices.ContainsFunc(same, func(want *found) bool { return bearsOut(want, &got.verdict) }) {
						t.Errorf("copies %d ms later, %d of ten lost, %d packets: %v is %s: %s",
							late/1e6, share, end+1, got.record.Endpoints, concluded(&got.verdict), got.verdict.Detail)
					}
				}
			}
		}
	})
}

// TestSYNACKBehindALoss loses the beginning of a connection as far as the client's first bytes, but for a copy of the SYN-ACK that comes
// behind what follows them: it shows that they were there.
func TestSYNACKBehindALoss(t *testing.T) {
	overCaptures(t, func(t *testing.T, l *lane, packets []taken, whole []found) {
		known := byEndpoints(whole)
		for i := range whole {
			e, r := whole[i].record.Endpoints, &whole[i].record
			answer := slices.IndexFunc(packets, func(p taken) bool { return p.flag(decode.SYN) && p.from == e[flow.Server] && p.to == e[flow.Client] })
			spoke := slices.IndexFunc(packets, func(p taken) bool {
				return p.tcp() && p.segment.Length > 0 && p.from == e[flow.Client] && p.to == e[flow.Server]
			})
			if r.Transport != flow.TCP || answer < 0 || spoke < answer {
				continue
			}
			late := packets[answer]
			for at := spoke + 2; at <= len(packets); at++ {
				late.Time = packets[at-1].Time
				for _, got := range l.run(t, slices.Insert(slices.Clone(packets[spoke+1:]), at-spoke-1, late)) {
					same := known[endpointsOf(&got.record)]
					if got.record.Endpoints == e && !slices.ContainsFunc(same, func(want *found) bool { return accused(want, &got) == "" }) {
						t.Errorf("behind packet %d: %v is %s: %s", at, e, concluded(&got.verdict), got.verdict.Detail)
					}
				}
			}
		}
	})
}

// bearsOut reports whether a verdict accuses nobody whom the one on the whole capture does not, which may have one sign that a RST was forged.
func bearsOut(whole *found, got *diagnosis.Verdict) bool {
	want := &whole.verdict
	if got.Code == diagnosis.ResetInjected {
		return want.Code == got.Code || slices.ContainsFunc(whole.record.Resets, func(r flow.Reset) bool { return r.Signs != 0 })
	}
	return want.Severity.IsFinding() || !got.Severity.IsFinding() || got.Confidence == diagnosis.Possible || want.Code == got.Code
}

// ethernet reports whether a frame holds IPv4 or IPv6 right behind its header.
func (p *taken) ethernet() bool {
	return len(p.data) > 22 && (p.data[12] == 8 && p.data[13] == 0 || p.data[12] == 0x86 && p.data[13] == 0xdd)
}

// mirrored has each packet again, with a TTL that is lower by one, so much later.
func mirrored(packets []taken, late int64) []taken {
	all := slices.Clone(packets)
	for _, p := range packets {
		p.Time += late
		p.data = slices.Clone(p.data)
		if p.data[12] == 8 {
			p.data[22]--
		} else {
			p.data[21]--
		}
		all = append(all, p)
	}
	slices.SortStableFunc(all, func(a, b taken) int { return cmp.Compare(a.Time, b.Time) })
	for i := range all {
		all[i].place = i
	}
	return all
}
