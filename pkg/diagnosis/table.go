package diagnosis

import "math"

// noLimit is the limit of a table that has never been full.
const noLimit uint64 = math.MaxUint64

// fewKeys is how many slots a table has at first.
const fewKeys = 16

// table sums values by 64-bit key, in open addressing. It is bounded by keeping the keys below a limit that
// falls as the table fills: a key that is there at the end was there from its first sum on, so a kept sum is
// always complete, and what is kept depends on the set of keys alone, not on their order.
type table[V any] struct {
	keys  []uint64 // 0 is a free slot
	vals  []V
	n     int
	max   int
	limit uint64 // keys above it are not kept
}

func newTable[V any](max int) table[V] { return table[V]{max: max, limit: noLimit} }

// at returns the sum of a key to add to, nil when the key is not kept. It is valid until the next call.
func (t *table[V]) at(key uint64) *V {
	if key > t.limit {
		return nil
	}
	if 4*(t.n+1) > 3*len(t.keys) {
		t.rehash(max(fewKeys, 2*len(t.keys)))
	}
	i := t.slot(key)
	if t.keys[i] == 0 {
		if t.n == t.max {
			t.lower()
			return t.at(key)
		}
		t.keys[i] = key
		t.n++
	}
	return &t.vals[i]
}

// get returns the sum of a key, nil when there is none.
func (t *table[V]) get(key uint64) *V {
	if len(t.keys) == 0 {
		return nil
	}
	if i := t.slot(key); t.keys[i] == key {
		return &t.vals[i]
	}
	return nil
}

// home is the key where the search for one begins, or 0.
func (t *table[V]) home(key uint64) uint64 {
	if len(t.keys) == 0 {
		return 0
	}
	return t.keys[int(key)&(len(t.keys)-1)]
}

// slot is where a key is or would be.
func (t *table[V]) slot(key uint64) int {
	mask := len(t.keys) - 1
	for i := int(key) & mask; ; i = (i + 1) & mask {
		if k := t.keys[i]; k == key || k == 0 {
			return i
		}
	}
}

// lower halves the limit and forgets the keys above it.
func (t *table[V]) lower() {
	t.limit >>= 1
	t.rehash(len(t.keys))
}

func (t *table[V]) rehash(size int) {
	keys, vals := t.keys, t.vals
	t.keys, t.vals, t.n = make([]uint64, size), make([]V, size), 0
	clear(t.keys) // a page that is read before it is written costs two page faults
	clear(t.vals)
	for i, k := range keys {
		if k == 0 || k > t.limit {
			continue
		}
		j := t.slot(k)
		t.keys[j], t.vals[j] = k, vals[i]
		t.n++
	}
}

// reserve makes room for n keys beyond those that there are.
func (t *table[V]) reserve(n int) {
	size := max(fewKeys, len(t.keys))
	for n = min(t.n+n, t.max); 4*(n+1) > 3*size; size *= 2 {
	}
	if size > len(t.keys) {
		t.rehash(size)
	}
}

// merge adds the sums of o. Its keys come in the order of their slots, which is that of t's slots too: without room for
// all of them beforehand they would fill one end of t first, and look for a free slot through ever longer runs of taken ones.
func (t *table[V]) merge(o *table[V], add func(into, from *V)) {
	for t.limit > o.limit {
		t.lower()
	}
	t.reserve(o.n)
	for i, k := range o.keys {
		if k == 0 {
			continue
		}
		if v := t.at(k); v != nil {
			add(v, &o.vals[i])
		}
	}
}
