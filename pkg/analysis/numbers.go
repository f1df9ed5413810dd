package analysis

import (
	"math/bits"
	"math/rand/v2"
)

// numbers maps hashes to numbers of connections, in open addressing: looking one up reads one place of memory that is in
// no cache, where a map reads several.
type numbers struct {
	slots []number
	n     int
	// mul scatters hashes over the slots. It is random, so that nobody can choose client randoms that end up in one place.
	mul uint64
}

// number is a slot. A hash of 0 marks a free one.
type number struct{ hash, conn uint64 }

// fewNumbers is how many slots there are at first, a power of two.
const fewNumbers = 1 << 10

// newNumbers makes room for so many hashes.
func newNumbers(expected int) *numbers {
	slots := fewNumbers
	for 4*expected > 3*slots {
		slots *= 2
	}
	return &numbers{slots: freshNumbers(slots), mul: rand.Uint64() | 1}
}

// freshNumbers makes slots, and writes to them before anything reads them: a page that was read first costs a second page
// fault when it is written, and that one interrupts every processor.
func freshNumbers(n int) []number {
	slots := make([]number, n)
	clear(slots)
	return slots
}

// get returns the number of a hash that is not 0, or 0.
func (m *numbers) get(hash uint64) uint64 { return m.slot(hash).conn }

// add puts in a hash that is not there yet.
func (m *numbers) add(hash, conn uint64) {
	if m.n++; 4*m.n > 3*len(m.slots) {
		m.grow()
	}
	*m.slot(hash) = number{hash, conn}
}

// home is where the search for a hash begins.
func (m *numbers) home(hash uint64) *number { return &m.slots[m.place(hash)] }

func (m *numbers) place(hash uint64) int {
	return int(hash * m.mul >> (64 - bits.Len(uint(len(m.slots)-1))))
}

// slot is where a hash is or would be.
func (m *numbers) slot(hash uint64) *number {
	mask := len(m.slots) - 1
	for at := m.place(hash); ; at++ {
		if s := &m.slots[at&mask]; s.hash == hash || s.hash == 0 {
			return s
		}
	}
}

func (m *numbers) grow() {
	old := m.slots
	m.slots = freshNumbers(2 * len(old))
	for _, s := range old {
		if s.hash != 0 {
			*m.slot(s.hash) = s
		}
	}
}

// clear forgets all and keeps the memory.
func (m *numbers) clear() {
	clear(m.slots)
	m.n = 0
}
