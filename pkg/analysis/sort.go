package analysis

// digitBits is how much of a key is looked at in one round of sorting.
const digitBits = 11

// sorter sorts entries. Keys of a chunk lie close together, so that two or three rounds over them are enough, where
// comparing them takes a dozen.
type sorter struct {
	spare []entry
	at    [1 << digitBits]uint32
}

// sort orders the entries by key, and returns them; their array may be that of an earlier call.
func (s *sorter) sort(entries []entry) []entry {
	low, high := keyRange(entries)
	for shift := 0; shift < 64 && (high-low)>>shift > 0; shift += digitBits {
		if cap(s.spare) < len(entries) {
			s.spare = make([]entry, cap(entries))
		}
		into := s.spare[:len(entries)]
		s.round(into, entries, low, shift)
		entries, s.spare = into, entries
	}
	return entries
}

// round orders the entries by the digit at shift, and keeps the order of those in which it is the same.
func (s *sorter) round(into, entries []entry, low uint64, shift int) {
	const mask = 1<<digitBits - 1
	clear(s.at[:])
	for i := range entries {
		s.at[(entries[i].key-low)>>shift&mask]++
	}
	sum := uint32(0)
	for i, n := range s.at {
		s.at[i], sum = sum, sum+n
	}
	for i := range entries {
		at := &s.at[(entries[i].key-low)>>shift&mask]
		into[*at] = entries[i]
		*at++
	}
}

// keyRange is the lowest and the highest key.
func keyRange(entries []entry) (low, high uint64) {
	if len(entries) == 0 {
		return 0, 0
	}
	low = entries[0].key
	for i := range entries {
		low, high = min(low, entries[i].key), max(high, entries[i].key)
	}
	return low, high
}
