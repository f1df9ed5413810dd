package flow

import (
	"encoding/binary"
	"math/bits"
	"net/netip"

	"github.com/sniscope/sniscope/pkg/decode"
)

// key is an unordered pair of endpoints: those of side 0 and of side 1, the lower one first. Addresses are in
// their 16-byte form, as two big-endian halves each.
type key struct {
	addr [2][2]uint64
	port [2]uint16
	v6   bool
}

// mappedPrefix marks an IPv4 address in 16-byte form (RFC 4291, Section 2.5.5.2).
const mappedPrefix = 0xffff << 32

// set makes k the key of a segment and returns the side that sent it.
func (k *key) set(s *decode.Segment, arena []byte) (from Side) {
	from = Side(s.Side())
	src, dst := &k.addr[from], &k.addr[from^1]
	k.port[from], k.port[from^1] = s.SrcPort, s.DstPort
	if s.Bits&decode.BitIPv6 == 0 {
		src[0], src[1] = 0, mappedPrefix|uint64(s.Addr[0])
		dst[0], dst[1] = 0, mappedPrefix|uint64(s.Addr[1])
		k.v6 = false
		return from
	}
	a := arena[s.Addr[0] : s.Addr[0]+32 : s.Addr[0]+32]
	src[0], src[1] = binary.BigEndian.Uint64(a), binary.BigEndian.Uint64(a[8:])
	dst[0], dst[1] = binary.BigEndian.Uint64(a[16:]), binary.BigEndian.Uint64(a[24:])
	k.v6 = true
	return from
}

// endpoint is one side of the pair.
func (k *key) endpoint(side Side) netip.AddrPort {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], k.addr[side][0])
	binary.BigEndian.PutUint64(b[8:], k.addr[side][1])
	a := netip.AddrFrom16(b)
	if !k.v6 {
		a = a.Unmap()
	}
	return netip.AddrPortFrom(a, k.port[side])
}

// equal compares in full, without the call that == on so large a type makes.
func (k *key) equal(o *key) bool {
	return k.addr[0][1] == o.addr[0][1] && k.addr[1][1] == o.addr[1][1] && k.port == o.port &&
		k.addr[0][0] == o.addr[0][0] && k.addr[1][0] == o.addr[1][0] && k.v6 == o.v6
}

// hash mixes the key with a secret seed. The hash in the segment decides on the shard and is the same in every
// run, so whoever writes the packets can make any number of connections share it; this one nobody can foresee.
func (k *key) hash(seed *[3]uint64) uint32 {
	a := fold(k.addr[0][0]^seed[0], k.addr[0][1]^seed[1])
	b := fold(k.addr[1][0]^seed[1], k.addr[1][1]^seed[2])
	ports := uint64(k.port[0])<<16 | uint64(k.port[1])
	return uint32(fold(a^seed[2], b^ports<<32^ports^seed[0]))
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

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
