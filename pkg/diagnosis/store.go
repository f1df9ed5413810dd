package diagnosis

// storePart is how many values of a store lie together.
const storePart = 256

// store is a table of values that are so large that its free slots would take more room than they do, and moving them to
// twice as many slots three times as much.
type store[V any] struct {
	keys  table[uint32] // which of the values is that of a key, from 1
	parts [][]V
	n     int // of the values
}

func newStore[V any](max int) store[V] { return store[V]{keys: newTable[uint32](max)} }

// at is table.at.
func (s *store[V]) at(key uint64) *V {
	limit := s.keys.limit
	i := s.keys.at(key)
	if s.keys.limit != limit {
		s.compact()
		i = s.keys.get(key)
	}
	if i == nil {
		return nil
	}
	if *i == 0 {
		*i = s.another()
	}
	return s.value(*i)
}

// get is table.get, of a key that is not 0.
func (s *store[V]) get(key uint64) *V {
	if i := s.keys.get(key); i != nil {
		return s.value(*i)
	}
	return nil
}

// another makes room for one more value.
func (s *store[V]) another() uint32 {
	if s.n == len(s.parts)*storePart {
		s.parts = append(s.parts, make([]V, storePart))
	}
	s.n++
	return uint32(s.n)
}

func (s *store[V]) value(i uint32) *V { return &s.parts[(i-1)/storePart][(i-1)%storePart] }

// compact drops the values whose keys are no longer kept.
func (s *store[V]) compact() {
	old := *s
	s.parts, s.n = nil, 0
	for i := range s.keys.slots {
		if e := &s.keys.slots[i]; e.val != 0 {
			from := old.value(e.val)
			e.val = s.another()
			*s.value(e.val) = *from
		}
	}
}

// merge is table.merge.
func (s *store[V]) merge(o *store[V], add func(into, from *V)) {
	limit := s.keys.limit
	s.keys.merge(&o.keys, func(_, _ *uint32) {})
	if s.keys.limit != limit {
		s.compact()
	}
	for i := range o.keys.slots {
		if e := &o.keys.slots[i]; e.key != 0 {
			if v := s.at(e.key); v != nil {
				add(v, o.value(e.val))
			}
		}
	}
}
