package tlswire

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestFingerprinterAgrees shuffles hellos, so that digests are found, and pushed out by others.
func TestFingerprinterAgrees(t *testing.T) {
	p, r := NewFingerprinter(), rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		h := ja4Example()
		h.CipherSuites = h.CipherSuites[:2*r.IntN(h.CipherSuites.Len()+1)]
		h.Extensions = h.Extensions[:r.IntN(len(h.Extensions)+1)]
		r.Shuffle(len(h.Extensions), func(i, j int) {
			h.Extensions[i], h.Extensions[j] = h.Extensions[j], h.Extensions[i]
		})
		switch r.IntN(8) {
		case 0: // an extension twice
			h.Extensions = append(h.Extensions, h.Extensions...)
		case 1: // more than a few large ones, and GREASE
			h.Extensions = append(h.Extensions, 0x4469, 0x0a0a, 0xff01, 0xfe0d, 0x7550, 0x44cd, 0x0a0a)
		case 2:
			h.SignatureAlgorithms = h.SignatureAlgorithms[:2*r.IntN(h.SignatureAlgorithms.Len())]
		case 3:
			h.CipherSuites = slices.Repeat(h.CipherSuites, 20)
		case 4: // GREASE where browsers put it, and where they do not
			h.CipherSuites = slices.Insert(slices.Clone(h.CipherSuites), 2*r.IntN(2)*r.IntN(h.CipherSuites.Len()+1), 0x1a, 0x1a)
		case 5:
			h.SupportedGroups = values(0x0a0a*uint16(r.IntN(2)), 29, 23+uint16(r.IntN(2)))
			h.Version, h.PointFormats = 0x0300+uint16(r.IntN(4)), make([]byte, 400*r.IntN(2))
		}
		ja3, ja4 := p.Fingerprints(&h, 't')
		if got, want := fmt.Sprintf("%x", ja3), ja3Of(&h); got != want {
			t.Fatalf("JA3 %s, want %s", got, want)
		}
		if got, want := ja4, h.JA4('t'); got != want {
			t.Fatalf("JA4 %s, want %s", got, want)
		}
	}
}

func TestFingerprinterAllocatesNothingForWhatItKnows(t *testing.T) {
	p, h := NewFingerprinter(), ja4Example()
	if n := testing.AllocsPerRun(100, func() {
		p.Fingerprints(&h, 't')
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
