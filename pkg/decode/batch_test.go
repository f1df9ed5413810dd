package decode

import "testing"

// A batch that sees one shard after the other fill a block does not end with lists of that length for each, and what a block
// takes that is like the one before stays.
func TestBatchKeepsWhatBlocksNeed(t *testing.T) {
	const packets = 7000
	var b Batch
	fill := func(shard func(i int) uint64) {
		b.Reset()
		for i := range packets {
			b.Add(Segment{Hash: shard(i) << 58})
		}
	}
	for full := range uint64(2 * Shards) {
		fill(func(int) uint64 { return full % Shards })
	}
	room := 0
	for _, list := range b.Lists {
		room += cap(list)
	}
	if room > 2*keepSegments {
		t.Errorf("room for %d segments after blocks of %d", room, packets)
	}
	for name, shard := range map[string]func(i int) uint64{
		"in one shard":   func(int) uint64 { return 5 },
		"in all of them": func(i int) uint64 { return uint64(i % Shards) },
	} {
		fill(shard) // behind it, what the blocks before left goes, and is made anew for those that need it
		fill(shard)
		if n := testing.AllocsPerRun(10, func() { fill(shard) }); n != 0 {
			t.Errorf("a block of segments %s, as the one before, allocates %v times", name, n)
		}
	}
}
