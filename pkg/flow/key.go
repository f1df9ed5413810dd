package flow

import (
	"encoding/binary"
	"math"
	"math/bits"
	"net/netip"

	"github.com/sniscope/sniscope/pkg/decode"
)

// key is an unordered pair of endpoints: those of side 0 and of side 1, the lower one first.
type key struct {
	name      // its addresses are those of IPv4, else of no meaning
	v6   bool // the addresses are in wide, as those of IPv6 and of legs are; otherwise it is of no meaning
	wide wide
}

// name is what an entry holds of its key: all of it under IPv4, in as few bytes as possible. Under IPv6, and of a leg, addr[0] is
// beyond all, and addr[1] is where in Table.wides the addresses are: what would be a pair in the wrong order tells the families
// apart, and is not what a segment holds in their place.
type name struct {
	addr [2]uint32
	port [2]uint16
}

// nobody are addresses that no name has, of either family.
var nobody = [2]uint32{2, 1}

// wide is a pair of addresses, as two big-endian halves each.
type wide struct {
	addr      [2][2]uint64
	v4        bool // the addresses are of IPv4, in the second halves
	leg       leg
	initiator Side // of a leg, else 0
}

func (n *name) v6() bool { return n.addr[0] > n.addr[1] }

// of reports whether a name is that of a segment of IPv4.
func (n *name) of(s *decode.Segment) bool { return n.addr == s.Addr && n.port == s.Port }

// setNarrow makes k the key of a segment of IPv4.
func (k *key) setNarrow(s *decode.Segment) { k.addr, k.port, k.v6 = s.Addr, s.Port, false }

// setWide makes k the key of a segment of IPv6.
func (k *key) setWide(s *decode.Segment, arena []byte) {
	from := s.Side()
	a := arena[s.Addr[0] : s.Addr[0]+32 : s.Addr[0]+32]
	src, dst := &k.wide.addr[from&1], &k.wide.addr[from&1^1]
	k.addr, k.port, k.v6 = nobody, s.Port, true
	k.wide.v4, k.wide.leg, k.wide.initiator = false, noLeg, 0
	src[0], src[1] = binary.BigEndian.Uint64(a), binary.BigEndian.Uint64(a[8:])
	dst[0], dst[1] = binary.BigEndian.Uint64(a[16:]), binary.BigEndian.Uint64(a[24:])
}

// endpoint is one side of the pair.
func (k *key) endpoint(side Side) netip.AddrPort {
	if !k.v6 {
		return endpoint4(k.addr[side], k.port[side])
	}
	a := &k.wide.addr[side]
	if k.wide.v4 {
		return endpoint4(uint32(a[1]), k.port[side])
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], a[0])
	binary.BigEndian.PutUint64(b[8:], a[1])
	return netip.AddrPortFrom(netip.AddrFrom16(b), k.port[side])
}

func endpoint4(addr uint32, port uint16) netip.AddrPort {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], addr)
	return netip.AddrPortFrom(netip.AddrFrom4(b), port)
}

// equal compares in full.
func (k *key) equal(o *key) bool {
	if k.port != o.port || k.v6 != o.v6 {
		return false
	}
	if k.v6 {
		return k.wide == o.wide
	}
	return k.addr == o.addr
}

// hash mixes the key with a secret seed. The hash in the segment decides on the shard and is the same in every
// run, so whoever writes the packets can make any number of connections share it; this one nobody can foresee.
func (k *key) hash(seed *[3]uint64) uint32 {
	if !k.v6 {
		addrs, ports := numbers(&k.addr, &k.port)
		return hashOf(addrs, ports, seed)
	}
	ports := uint64(k.wide.leg)<<32 | uint64(k.port[0])<<16 | uint64(k.port[1])
	w := &k.wide.addr
	a := fold(w[0][0]^seed[0], w[0][1]^seed[1])
	b := fold(w[1][0]^seed[1], w[1][1]^seed[2])
	return uint32(fold(a^seed[2], b^ports<<32^ports^seed[0]))
}

// numbers are the addresses and the ports of a pair of IPv4 as one number each.
func numbers(addr *[2]uint32, port *[2]uint16) (addrs uint64, ports uint32) {
	return uint64(addr[0]) | uint64(addr[1])<<32, uint32(port[0]) | uint32(port[1])<<16
}

// hashOf is the hash of a key of IPv4.
func hashOf(addrs uint64, ports uint32, seed *[3]uint64) uint32 {
	return uint32(fold(fold(addrs^seed[0], uint64(ports)^seed[1])^seed[2], addrs^seed[1]))
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// nameOf is what a new entry holds of a key. Its last holder forgets it.
func (t *Table) nameOf(k *key) name {
	n := k.name
	if k.v6 {
		i, w := t.wides.alloc()
		*w, n.addr = k.wide, [2]uint32{math.MaxUint32, i}
		if w.leg != noLeg {
			t.holdLeg(k, 1)
		}
	}
	return n
}

// forget gives back what a name holds beyond itself.
func (t *Table) forget(n *name) {
	if n.v6() {
		w := t.wides.at(n.addr[1])
		if w.leg != noLeg {
			k := t.keyOf(n)
			t.holdLeg(&k, -1)
		}
		t.wides.release(n.addr[1], w)
	}
}

// keyOf is the key that a name stands for.
func (t *Table) keyOf(n *name) (k key) {
	if k.name = *n; n.v6() {
		k.v6, k.wide = true, *t.wides.at(n.addr[1])
	}
	return k
}

// names reports whether a name stands for a key.
func (t *Table) names(n *name, k *key) bool {
	return *n == k.name || k.v6 && t.widely(n, k)
}

// widely is names for IPv6.
func (t *Table) widely(n *name, k *key) bool {
	return n.port == k.port && n.v6() && *t.wides.at(n.addr[1]) == k.wide
}
