package conversation

import (
	"encoding/binary"
	"math/bits"
)

// lister keeps one copy of lists of strings that many connections share, such as protocols offered. Nobody may
// change them. The zero value is ready for use.
type lister struct {
	table *[listed]list
}

// list is a list, and its items as appendItem writes them.
type list struct {
	items string
	list  []string
}

// appendItem appends an item as lister takes it.
func appendItem[T ~string | ~[]byte](dst []byte, item T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(item))), item...)
}

// get returns the list of n items that appendItem wrote, the same one as before where it is still known.
func (l *lister) get(items []byte, n int) []string {
	if n == 0 {
		return nil
	}
	if len(items) > longestKept {
		return newList(string(items), n).list
	}
	if l.table == nil {
		l.table = new([listed]list)
	}
	e := &l.table[hashOf(items)%listed]
	if len(e.list) != n || e.items != string(items) {
		*e = newList(string(items), n)
	}
	return e.list
}

// newList cuts the items, which share their bytes.
func newList(items string, n int) list {
	l := list{items: items, list: make([]string, 0, n)}
	for len(items) > 0 {
		size, k := uvarint(items)
		l.list = append(l.list, items[k:k+size])
		items = items[k+size:]
	}
	return l
}

// uvarint reads the length that appendItem wrote.
func uvarint(s string) (n, bytes int) {
	v, k := binary.Uvarint([]byte(s[:min(len(s), binary.MaxVarintLen64)]))
	return int(v), k
}

// hashOf mixes b into 64 bits. It resists nobody: what is looked up by it is compared, and who wants two session ids
// to look alike need only send the same.
func hashOf(b []byte) uint64 {
	h := uint64(len(b))
	if len(b) < 8 {
		for _, c := range b {
			h = h<<8 | uint64(c)
		}
		return mix(h)
	}
	last := binary.LittleEndian.Uint64(b[len(b)-8:]) // overlaps with what is before where it must
	for ; len(b) > 16; b = b[16:] {
		high, low := bits.Mul64(h^binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])^factor)
		h = high ^ low
	}
	if len(b) > 8 {
		h = mix(h ^ binary.LittleEndian.Uint64(b))
	}
	return mix(h ^ last)
}

// mix spreads every bit of h over all. The upper half of the product is what brings the last bytes of a text, which are
// the highest of their word, down to the bits that choose a place.
func mix(h uint64) uint64 {
	high, low := bits.Mul64(h, factor)
	return high ^ low
}

const factor = 0x9e3779b97f4a7c15
