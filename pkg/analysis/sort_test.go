package analysis

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSorterAgrees sorts keys that lie close together and far apart, some of them twice, with one sorter.
func TestSorterAgrees(t *testing.T) {
	var s sorter
	r := rand.New(rand.NewPCG(1, 2))
	for _, spread := range []uint64{1, 100, 1 << 11, 1 << 22, 1<<22 + 1, 1 << 40, 1 << 62} {
		for _, n := range []int{0, 1, 2, 5000, 300} {
			base := r.Uint64N(1 << 62)
			got := make([]entry, n)
			for i := range got {
				got[i] = entry{base + r.Uint64N(spread), uint32(i), 1}
			}
			want := slices.Clone(got)
			slices.SortStableFunc(want, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
			if got = s.sort(got); !slices.Equal(got, want) {
				t.Fatalf("%d keys within %d are not in order", n, spread)
			}
		}
	}
}
