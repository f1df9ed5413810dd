package decode

// encapIndex remembers where in Batch.Encaps a common encapsulation stands.
type encapIndex struct {
	index uint8
	known bool
}

// otherEncap stands for all encapsulations beyond maxEncaps.
const otherEncap = "…"

// encap returns the index of the given chain of outer layers in Encaps, adding it if need be. The
// last of maxEncaps indices is shared by all chains that do not fit, and named "…".
func (b *Batch) encap(chain []byte) uint8 {
	for i, e := range b.Encaps {
		if e == string(chain) {
			return uint8(i)
		}
	}
	switch n := len(b.Encaps); {
	case n < maxEncaps-1:
		b.Encaps = append(b.Encaps, string(chain))
		return uint8(n)
	case n == maxEncaps-1:
		b.Encaps = append(b.Encaps, otherEncap)
	}
	return maxEncaps - 1
}
