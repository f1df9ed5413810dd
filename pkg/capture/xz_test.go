package capture

import (
	"bytes"
	"errors"
	"io"
	"math/rand"
	"testing"

	"github.com/ulikunitz/xz"
)

// TestXzCut gives what was decompressed of a chunk whose end is missing, whether or not it goes round in the ring
// buffer of the library.
func TestXzCut(t *testing.T) {
	digits := make([]byte, 30_000) // of which two make a byte
	random := rand.New(rand.NewSource(1))
	for i := range digits {
		digits[i] = "0123456789abcdef"[random.Intn(16)]
	}
	for _, dictionary := range []int{4 << 10, 1 << 20} {
		data := writeXz(t, xz.WriterConfig{DictCap: dictionary}, digits)
		for cut := 24; cut < len(data); cut += 97 {
			x, err := openXz(bytes.NewReader(data[:cut]))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(x)
			if !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.HasPrefix(digits, got) {
				t.Fatalf("cut at %d: %d bytes, which are others, or %v", cut, len(got), err)
			}
			if want := min(cut-100, len(digits)); len(got) < want {
				t.Fatalf("cut at %d: %d bytes, want %d at least", cut, len(got), want)
			}
		}
	}
}
