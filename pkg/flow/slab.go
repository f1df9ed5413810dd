package flow

// slabChunk is how many items are allocated at a time: few, because most tables of a small capture hold a
// handful of connections.
const slabChunk = 32

// slab holds items of one type by index, from 1. Items never move. The zero value is empty.
type slab[T any] struct {
	chunks  []*[slabChunk]T
	free    []uint32
	used    uint32 // highest index given out so far
	retired bool
}

// alloc returns a zero item.
func (s *slab[T]) alloc() (uint32, *T) {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		return i, s.at(i)
	}
	s.used++
	if int(s.used/slabChunk) >= len(s.chunks) {
		s.grow()
	}
	return s.used, s.at(s.used)
}

// grow adds a chunk, and writes to it before anything reads it: a page that was read first costs a second page
// fault when it is written, and that one interrupts every processor.
func (s *slab[T]) grow() {
	chunk := new([slabChunk]T)
	s.chunks = append(s.chunks, chunk)
	clear(chunk[:])
}

func (s *slab[T]) at(i uint32) *T { return &s.chunks[i/slabChunk][i%slabChunk] }

// release gives an item back, which is at i.
func (s *slab[T]) release(i uint32, item *T) {
	var zero T
	*item = zero
	if !s.retired {
		s.free = append(s.free, i)
	}
}

// retire says that the slab is about to be reset: what is given back until then is not used again, so no list of it is
// made, which would be long.
func (s *slab[T]) retire() { s.retired = true }

// live is how many items are in use.
func (s *slab[T]) live() int { return int(s.used) - len(s.free) }

// reset empties the slab and gives its memory back.
func (s *slab[T]) reset() { *s = slab[T]{} }
