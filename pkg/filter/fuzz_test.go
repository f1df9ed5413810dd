package filter

import (
	"errors"
	"strconv"
	"testing"

	"golang.org/x/net/bpf"
)

// FuzzCompile checks that no expression crashes the compiler, that what it
// writes is valid, and that the two virtual machines agree on it.
func FuzzCompile(f *testing.F) {
	numbers := []uint32{1, 0, 12, 14, 101, 108, 113, 228, 229, 276, 2}
	var frames [][]byte
	for _, c := range captures() {
		frames = append(frames, c.records[2].frame, c.records[len(c.records)-1].frame)
	}
	for i, expr := range expressions(f) {
		f.Add(expr, uint8(0), frames[i%len(frames)])
		f.Add(expr, uint8(i), []byte{})
	}
	f.Fuzz(func(t *testing.T, expr string, link uint8, frame []byte) {
		linkType := numbers[int(link)%len(numbers)]
		p, err := Compile(expr, linkType, 0)
		if err != nil {
			var located *Error
			if !errors.As(err, &located) || located.Error() == "" || located.Column < 0 || located.Column > len(expr)+1 {
				t.Fatalf("%q: %#v", expr, err)
			}
			return
		}
		if err := Parse(expr); err != nil {
			t.Fatalf("compiles but does not parse: %v", err)
		}
		if raw, err := p.Raw(); err != nil || len(raw) > maxInstructions {
			t.Fatalf("%d instructions, %v", len(raw), err)
		}
		if strconv.IntSize == 32 { // where bpf.VM takes an offset of 1<<31 and more for a negative one, and panics
			return
		}
		vm, err := bpf.NewVM(p.Instructions())
		if err != nil {
			t.Fatal(err)
		}
		for _, packet := range append(frames, frame) {
			want, err := vm.Run(packet)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Match(packet, len(packet)); got != (want != 0) {
				t.Fatalf("%x: Match %v, bpf.VM %d", packet, got, want)
			}
		}
	})
}
