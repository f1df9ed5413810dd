package analysis_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/diagnosis"
)

// TestAPauseIsNoSilence stops a capture anywhere and goes on a day later: nothing is concluded of that day.
func TestAPauseIsNoSilence(t *testing.T) {
	const rounds = 12
	collectSeldom(t)
	for _, in := range repositoryCaptures(t) {
		t.Run(in.name, func(t *testing.T) {
			t.Parallel()
			all := readPackets(t, in)
			rng := rand.New(rand.NewPCG(uint64(len(all.all)), 3))
			for range rounds {
				n := 1 + rng.IntN(len(all.all))
				stopped := packets{slices.Clone(all.all[:n]), slices.Clone(all.frames[:n])}
				want := verdictsOf(t, file{in.name, stopped.pcapng()})
				stopped.goesOn(24 * time.Hour)
				got := verdictsOf(t, file{in.name, stopped.pcapng()})
				same := func(a, b diagnosis.Verdict) bool { return concluded(&a) == concluded(&b) && a.Frame == b.Frame }
				if !maps.EqualFunc(got, want, same) {
					t.Errorf("stopped behind packet %d:\n%+v; want\n%+v", n, got, want)
				}
			}
		})
	}
}

// goesOn adds a packet of which nothing can be read, a while later.
func (p *packets) goesOn(after time.Duration) {
	last := p.all[len(p.all)-1]
	for _, x := range p.all {
		last.Time = max(last.Time, x.Time)
	}
	last.Time += int64(after)
	p.all = append(p.all, last)
	p.frames = append(p.frames, frame{time: last.Time, data: []byte{0}, wire: 1})
}
