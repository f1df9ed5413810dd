package analysis

import (
	"bytes"
	"testing"
)

// TestOpeningsAreBounded opens connections for long, of which few end.
func TestOpeningsAreBounded(t *testing.T) {
	o := openings{known: make(map[uint64][]byte)}
	open := bytes.Repeat([]byte{7}, 300)
	for first := uint64(1); first <= 1_000_000; first++ {
		o.put(first, open)
		if first%4 == 0 && o.take(first) == nil {
			t.Fatalf("connection %d is gone", first)
		}
		for o.held > 1<<20 {
			if _, b, ok := o.oldest(); !ok || len(b) != 300 {
				t.Fatalf("%d bytes are held of nothing", o.held)
			}
		}
	}
	if len(o.order) > 10_000 || len(o.known) > 1<<20/300 || o.known[999_999] == nil {
		t.Errorf("%d in order, %d known", len(o.order), len(o.known))
	}
}

// TestTheWindowForgets judges by between one and two lengths of the past.
func TestTheWindowForgets(t *testing.T) {
	var w window
	w.at(1000)
	first := w.older
	w.at(1000 + int64(windowLength) - 1)
	if w.older != first {
		t.Error("it turned too soon")
	}
	second := w.younger
	w.at(1000 + int64(windowLength))
	if w.older != second || w.younger == second {
		t.Error("the younger did not take the place of the older")
	}
	w.at(0) // a clock that is set back changes nothing
	if w.older != second {
		t.Error("it turned back")
	}
}
