package tlswire

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestFingerprinterAgrees shuffles hellos, so that digests are found, and pushed out by others.
func TestFingerprinterAgrees(t *testing.T) {
	p, r := NewFingerprinter(), rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		h := ja4Example()
		h.CipherSuites = h.CipherSuites[:r.IntN(len(h.CipherSuites)+1)]
		h.Extensions = h.Extensions[:r.IntN(len(h.Extensions)+1)]
		r.Shuffle(len(h.Extensions), func(i, j int) {
			h.Extensions[i], h.Extensions[j] = h.Extensions[j], h.Extensions[i]
		})
		if got, want := fmt.Sprintf("%x", p.JA3(&h)), h.JA3(); got != want {
			t.Fatalf("JA3 %s, want %s", got, want)
		}
		if got, want := string(p.AppendJA4(nil, &h, 't')), h.JA4('t'); got != want {
			t.Fatalf("JA4 %s, want %s", got, want)
		}
	}
}

func TestFingerprinterAllocatesNothingForWhatItKnows(t *testing.T) {
	p, h, dst := NewFingerprinter(), ja4Example(), make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() {
		p.JA3(&h)
		p.AppendJA4(dst, &h, 't')
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
