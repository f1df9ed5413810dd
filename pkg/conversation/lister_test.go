package conversation

import (
	"fmt"
	"slices"
	"testing"
)

func TestListerKeepsListsApart(t *testing.T) {
	var l lister
	long := fmt.Sprintf("%0300d", 1)
	lists := [][]string{{"h2", "http/1.1"}, {"h2"}, {"h2http/1.1"}, {"http/1.1", "h2"}, {"", "h2"}, {"h2", ""}, {long, "h2"}}
	for i := range 3 * listed { // beyond what it remembers
		lists = append(lists, []string{fmt.Sprint(i)})
	}
	for range 2 {
		for _, want := range lists {
			var items []byte
			for _, s := range want {
				items = appendItem(items, s)
			}
			if got := l.get(items, len(want)); !slices.Equal(got, want) {
				t.Fatalf("%q, want %q", got, want)
			}
		}
	}
	if l.get(nil, 0) != nil {
		t.Error("no list is one")
	}
}

func TestListerAllocatesNothingForWhatItKnows(t *testing.T) {
	var l lister
	items := appendItem(appendItem(nil, "h2"), "http/1.1")
	if n := testing.AllocsPerRun(100, func() {
		if len(l.get(items, 2)) != 2 {
			t.Fatal("it gives something else")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Texts that differ in one byte, wherever it is, seldom fall on one place.
func TestHashesAreSpread(t *testing.T) {
	for _, n := range []int{1, 4, 7, 8, 9, 16, 17, 36, 100} {
		for at := range n {
			places := make(map[uint64]bool)
			for x := range 256 {
				b := make([]byte, n)
				b[at] = byte(x)
				places[hashOf(b)%4096] = true
			}
			if len(places) < 200 { // at random it is 248
				t.Errorf("byte %d of %d: 256 texts have %d places", at, n, len(places))
			}
		}
	}
}
