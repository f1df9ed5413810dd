package diagnosis

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func TestLower8(t *testing.T) {
	for c := range 256 {
		b := []byte{byte(c), 'A', 0xff, byte(c), '@', '[', byte(c), 0x80 | 'Z'}
		want := bytes.Clone(b)
		for i, x := range want {
			if 'A' <= x && x <= 'Z' {
				want[i] = x + 'a' - 'A'
			}
		}
		if got := lower8(binary.LittleEndian.Uint64(b)); got != binary.LittleEndian.Uint64(want) {
			t.Errorf("%q becomes %x", b, got)
		}
	}
}

func TestNamesThatDifferHashApart(t *testing.T) {
	seen := map[uint64]string{}
	for _, name := range []string{
		"a", "b", "ab", "ba", "example", "example.", "example.com", "example.org", "a.example.com", "b.example.com",
		"\x00", "\x00\x00", "a\x00", "\x00a", "aaaaaaaa", "aaaaaaaaa", "aaaaaaaaaaaaaaaa",
	} {
		h := mixName(name)
		if other, ok := seen[h]; ok {
			t.Errorf("%q and %q hash alike", name, other)
		}
		seen[h] = name
	}
	if mixName("Gateway.Example.COM") != mixName("gateway.example.com") {
		t.Error("case matters")
	}
}
