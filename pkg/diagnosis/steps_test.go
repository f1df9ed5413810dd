package diagnosis

import (
	"math/rand/v2"
	"testing"
)

func TestStepsAreThoseThatNeedNoMore(t *testing.T) {
	if n := len(precedence); n > 64 {
		t.Fatalf("%d steps do not fit into a word", n)
	}
	if certificateAsked >= 1<<(factGroup*factGroups) {
		t.Fatal("there are more facts than the groups hold")
	}
	check := func(f facts) {
		may := f.steps()
		for _, r := range precedence {
			if r.needs&^f != 0 {
				continue
			}
			if may == 0 {
				t.Fatalf("%s is left out by %b", r.code, f)
			}
			if next := may.next(); next != r {
				t.Fatalf("%s comes before %s by %b", next.code, r.code, f)
			}
		}
		if may != 0 {
			t.Fatalf("%b left by %b", may, f)
		}
	}
	for _, r := range precedence {
		check(r.needs)
		check(^r.needs)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for range 10_000 {
		check(facts(rng.Uint32() | rng.Uint32()))
	}
}
