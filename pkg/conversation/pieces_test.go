package conversation

import (
	"bytes"
	"testing"
)

// What was made stays what it is, however much is made after it, and from whatever memory it was made.
func TestTextsOfOnePieceAreApart(t *testing.T) {
	var p Pieces
	var want []string
	var got []string
	for i := range 3 * pieceSize {
		b := bytes.Repeat([]byte{byte(i)}, i%(2*pieceSize))
		want, got = append(want, string(b)), append(got, p.Text(b, pieceSize))
		clear(b)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("text %d of %d bytes became %q", i, len(want[i]), got[i])
		}
	}
}

func TestTextsShareMemory(t *testing.T) {
	var p Pieces
	name := []byte("gateway.example")
	if n := testing.AllocsPerRun(1000, func() { p.Text(name, pieceSize) }); n != 0 {
		t.Errorf("%v allocations each", n)
	}
}
