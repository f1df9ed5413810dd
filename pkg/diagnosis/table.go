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
	slots []slot[V]
	n     int
	max   int
	limit uint64 // keys above it are not kept
}

// slot is a key and its sum, which lie in one line of the cache where the sum is small.
type slot[V any] struct {
	val V      // first: an empty one takes no room there
	key uint64 // 0 in a free slot
}

func newTable[V any](max int) table[V] { return table[V]{max: max, limit: noLimit} }

// at returns the sum of a key to add to, nil when the key is not kept. It is valid until the next call.
func (t *table[V]) at(key uint64) *V {
	if key > t.limit {
		return nil
	}
	if 4*(t.n+1) > 3*len(t.slots) {
		t.rehash(max(fewKeys, 2*len(t.slots)))
	}
	e := t.slot(key)
	if e.key == 0 {
		if t.n == t.max {
			t.lower()
			return t.at(key)
		}
		e.key = key
		t.n++
	}
	return &e.val
}

// get returns the sum of a key, nil when there is none.
func (t *table[V]) get(key uint64) *V {
	if len(t.slots) == 0 {
		return nil
	}
	if e := t.slot(key); e.key == key {
		return &e.val
	}
	return nil
}

// home is the key where the search for one begins, or 0.
func (t *table[V]) home(key uint64) uint64 {
	if len(t.slots) == 0 {
		return 0
	}
	return t.slots[int(key)&(len(t.slots)-1)].key
}

// slot is where a key is or would be.
func (t *table[V]) slot(key uint64) *slot[V] {
	mask := len(t.slots) - 1
	for i := int(key) & mask; ; i = (i + 1) & mask {
		if e := &t.slots[i]; e.key == key || e.key == 0 {
			return e
		}
	}
}

// lower halves the limit and forgets the keys above it.
func (t *table[V]) lower() {
	t.limit >>= 1
	t.rehash(len(t.slots))
}

func (t *table[V]) rehash(size int) {
	old := t.slots
	t.slots, t.n = make([]slot[V], size), 0
	clear(t.slots) // a page that is read before it is written costs two page faults
	for i := range old {
		if k := old[i].key; k != 0 && k <= t.limit {
			*t.slot(k) = old[i]
			t.n++
		}
	}
}

// reserve makes room for n keys beyond those that there are.
func (t *table[V]) reserve(n int) {
	size := max(fewKeys, len(t.slots))
	for n = min(t.n+n, t.max); 4*(n+1) > 3*size; size *= 2 {
	}
	if size > len(t.slots) {
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
	for i := range o.slots {
		from := &o.slots[i]
		if from.key == 0 {
			continue
		}
		if v := t.at(from.key); v != nil {
			add(v, &from.val)
		}
	}
}
