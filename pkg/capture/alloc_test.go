package capture

import (
	"bytes"
	"strings"
	"testing"
)

func TestReadingBlocksIntoTheSameMemoryAllocatesNothing(t *testing.T) {
	f := pcapFile(le, 0xa1b2c3d4, 4, 65535, 1)
	for i := range uint32(4000) {
		f.record(i, i, 66, 66, "", strings.Repeat("x", 66))
	}
	r, err := NewReader("", bytes.NewReader(f.data))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBlockSize(1 << 10)
	var b Block
	packets := 0
	next := func() {
		if err := r.Next(&b); err != nil {
			t.Fatal(err)
		}
		packets += len(b.Packets)
	}
	for range 10 {
		next()
	}
	if n := testing.AllocsPerRun(200, next); n != 0 {
		t.Errorf("%v allocations per block", n)
	}
	if packets < 2000 {
		t.Errorf("only %d packets", packets)
	}
}
