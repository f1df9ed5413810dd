package conversation

import (
	"encoding/binary"
	"hash/maphash"
)

// interner keeps one copy of strings that many connections share, such as server names: of each place in its
// table, the latest. The zero value is ready for use.
type interner struct {
	seed  maphash.Seed
	table []string
}

// get returns b as a string, the same one as before where it is still known.
func (in *interner) get(b []byte) string {
	if len(b) == 0 || len(b) > longestKept {
		return string(b)
	}
	if in.table == nil {
		in.seed, in.table = maphash.MakeSeed(), make([]string, interned)
	}
	s := &in.table[maphash.Bytes(in.seed, b)%interned]
	if *s != string(b) {
		*s = string(b)
	}
	return *s
}

// lister keeps one copy of lists of strings that many connections share, such as protocols offered. Nobody may
// change them. The zero value is ready for use.
type lister struct {
	seed  maphash.Seed
	table []list
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
		l.seed, l.table = maphash.MakeSeed(), make([]list, listed)
	}
	e := &l.table[maphash.Bytes(l.seed, items)%listed]
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
