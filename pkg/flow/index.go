package flow

// ref names a connection in one of the two slabs; 0 names none.
type ref uint32

func embryoRef(i uint32) ref        { return ref(i<<1 | 1) }
func connRef(i uint32) ref          { return ref(i << 1) }
func (r ref) embryo() bool          { return r&1 != 0 }
func (r ref) index() uint32         { return uint32(r >> 1) }
func slotOf(h uint32, r ref) uint64 { return uint64(h)<<32 | uint64(r) }

// index finds connections by key: open addressing with linear probing over slots of hash and ref.
type index struct {
	slots []uint64
	used  int
}

// minSlots is the size of an index that holds anything.
const minSlots = 16

func (x *index) mask() uint32 { return uint32(len(x.slots) - 1) }

// insert adds a key that is not there yet, and makes room.
func (x *index) insert(h uint32, r ref) {
	if (x.used+1)*4 > len(x.slots)*3 {
		x.grow()
	}
	x.used++
	x.put(slotOf(h, r))
}

func (x *index) put(slot uint64) {
	mask := x.mask()
	i := uint32(slot>>32) & mask
	for x.slots[i] != 0 {
		i = (i + 1) & mask
	}
	x.slots[i] = slot
}

func (x *index) grow() {
	old := x.slots
	x.slots = make([]uint64, max(minSlots, 2*len(old)))
	clear(x.slots) // see slab.grow
	for _, slot := range old {
		if slot != 0 {
			x.put(slot)
		}
	}
}

// behind returns the first ref with a hash that is not where the search for it begins, 0 if there is none.
func (x *index) behind(h uint32) ref {
	slots := x.slots
	if len(slots) == 0 {
		return 0
	}
	for i := uint(h) + 1; ; i++ {
		if slot := slots[i&uint(len(slots)-1)]; slot == 0 || uint32(slot>>32) == h {
			return ref(slot)
		}
	}
}

// home reads where the search for a hash begins.
func (x *index) home(h uint32) uint64 {
	slots := x.slots
	if len(slots) == 0 {
		return 0
	}
	return slots[uint(h)&uint(len(slots)-1)]
}

// find returns where the given ref is; it must be there.
func (x *index) find(h uint32, r ref) uint32 {
	mask, want := x.mask(), slotOf(h, r)
	i := h & mask
	for x.slots[i] != want {
		i = (i + 1) & mask
	}
	return i
}

// replace puts another ref in the place of one.
func (x *index) replace(h uint32, old, with ref) { x.slots[x.find(h, old)] = slotOf(h, with) }

// remove takes a ref out and closes the gap, so that probing needs no tombstones.
func (x *index) remove(h uint32, r ref) {
	mask := x.mask()
	gap := x.find(h, r)
	for i := (gap + 1) & mask; x.slots[i] != 0; i = (i + 1) & mask {
		home := uint32(x.slots[i]>>32) & mask
		if (i-home)&mask >= (i-gap)&mask {
			x.slots[gap] = x.slots[i]
			gap = i
		}
	}
	x.slots[gap] = 0
	x.used--
}
