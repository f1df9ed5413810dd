package decode

import (
	"github.com/sniscope/sniscope/pkg/capture"
)

// Decoder turns blocks of packets into batches of segments. It keeps nothing from one packet to the
// next but counts and memory to reuse; use one for each goroutine.
type Decoder struct {
	skipped Counts
	links   Links
	vlan    [maxTags + 1]encapIndex // of "", "vlan" and "vlan;vlan" in the current batch
	walk    walk
}

// NewDecoder returns a Decoder that has counted nothing yet.
func NewDecoder() *Decoder {
	return &Decoder{}
}

// Skipped counts, over all blocks so far, the packets that became neither a segment nor a fragment put
// aside for a Defragmenter.
func (d *Decoder) Skipped() Counts { return d.skipped }

// UnknownLinks counts the packets among them that were skipped as UnknownLink, by link type.
func (d *Decoder) UnknownLinks() Links { return d.links }

// Block decodes the packets of b into out, which the caller has Reset. Each of them becomes exactly one
// of: a segment in out.Lists, a fragment in out.Fragments, or one in Skipped.
//
// out.Arena shares the memory of b.Data. Where bytes had to be rebuilt they stand behind those of b,
// and b.Data then lies in the same, larger memory.
func (d *Decoder) Block(b *capture.Block, out *Batch) {
	out.Arena = b.Data
	d.vlan = [maxTags + 1]encapIndex{}
	for i := d.fast(b.Packets, 0, out); i < len(b.Packets); i = d.fast(b.Packets, i+1, out) {
		d.general(&b.Packets[i], uint32(i), out)
	}
	b.Data = out.Arena[:len(b.Data)]
}

// interfaceTag folds what tells interfaces apart into 8 bits: the number of the interface within its
// file, and the kernel's index where the link layer records one. Equal interfaces have equal tags;
// different ones nearly always have different tags, the first of a file without an index has 0.
func interfaceTag(number uint16, index uint32) uint8 {
	return uint8((uint32(number)*0x9e3779b1 + index*0x85ebca77) >> 24)
}
