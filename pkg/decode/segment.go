// Package decode turns captured packets into transport segments: it strips link layers, VLAN tags,
// tunnels and IP down to TCP, UDP, or an ICMP error with the 5-tuple that it quotes. What it cannot
// decode it counts, by reason.
//
// The ordinary packet takes a fast path that reads its headers in place; every other one walks the general
// path, one header at a time, of which the rarer link layers are gopacket's. Both are stateless, so blocks
// can be decoded in any order and in parallel. Fragments are put aside for a Defragmenter, which is not.
package decode

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// Shards is the number of logical shards that connections are divided into. It is fixed, so that
// nothing in the report depends on how many workers share them.
const Shards = 64

// TCPFlags are the control bits of RFC 9293, Section 3.1, FIN being the lowest.
type TCPFlags uint8

// The control bits that matter here.
const (
	FIN TCPFlags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
)

// Has reports whether all of the given bits are set.
func (f TCPFlags) Has(bits TCPFlags) bool { return f&bits == bits }

// Bits say how the other fields of a Segment are to be read.
type Bits uint8

// The bits of a Segment.
const (
	BitIPv6     Bits = 1 << iota // addresses are 16 bytes, else 4
	BitSrcHigh                   // the source is the higher of the two endpoints: side 1, else side 0
	BitOptions                   // the TCP header carries options
	BitICMP                      // an ICMP error: the segment describes the packet that it quotes
	BitUDP                       // a UDP datagram
	BitIncoming                  // the capture says that the packet came in at its host
	BitOutgoing                  // or that its host sent it, or sent it on
)

// side is the side of the source.
func (b Bits) side() int { return int(b / BitSrcHigh & 1) }

// Segment is one TCP segment, UDP datagram or ICMP error, without pointers: it refers to the bytes of
// its Batch by offset, so that millions of them cost the garbage collector nothing.
//
// For an ICMP error, addresses, ports, Seq and Hash are those of the quoted packet (so that it meets the
// connection it speaks of), where Seq of UDP is the length that its header says; Flags holds the ICMP type, Window
// its code, and Ack the arena offset of the address (of the same family) that sent the error.
type Segment struct {
	Hash     uint64 // of the unordered 5-tuple; its top six bits are the shard
	Time     int64  // nanoseconds since the Unix epoch, UTC
	Seq, Ack uint32 // RFC 9293, Section 3.1
	Payload  uint32 // arena offset of the payload
	Captured uint32 // payload bytes in the arena
	Length   uint32 // payload bytes on the wire; more than Captured where the capture cut the packet
	// Addr are the IPv4 addresses of sides 0 and 1, so that the packet itself need not be looked at again for most
	// segments. Under IPv6 Addr[0] is the arena offset of the source address, which the destination's follows.
	Addr   [2]uint32
	Port   [2]uint16 // of sides 0 and 1
	Frame  uint32    // index of the packet within its block
	Window uint16    // as in the header, unscaled; the code of an ICMP error
	Flags  TCPFlags
	Bits   Bits
	IPID   uint16 // IPv4 Identification; 0 under IPv6
	MSS    uint16 // of a SYN, 0 where it has none; next-hop MTU of an ICMP "too big"
	Iface  uint8  // tells interfaces of one capture apart, for recognising duplicates
	Scale  uint8  // see WindowScale and Digits
	TTL    uint8  // IPv4 TTL or IPv6 Hop Limit
	Encap  uint8  // index into Batch.Encaps
}

// noScale marks a SYN without a window scale option.
const noScale = 0x0f

// WindowScale is the shift of a SYN's window scale option (RFC 7323, Section 2.2); ok is false where the
// segment carries none.
func (s *Segment) WindowScale() (shift uint8, ok bool) {
	shift = s.Scale & 0x0f
	return shift, shift != noScale
}

// Digits is the number of decimal digits of a second that the capture resolves.
func (s *Segment) Digits() uint8 { return s.Scale >> 4 }

// SetScale stores what WindowScale and Digits return. A shift above 14 counts as 14 (RFC 7323, Section 2.3).
func (s *Segment) SetScale(shift uint8, ok bool, digits uint8) {
	switch {
	case !ok:
		shift = noScale
	case shift > 14:
		shift = 14
	}
	s.Scale = digits<<4 | shift
}

// Side is 0 when the source is the lower of the two endpoints, else 1.
func (s *Segment) Side() int { return s.Bits.side() }

// Shard is the logical shard that the segment's connection lives in.
func (s *Segment) Shard() int { return int(s.Hash >> 58) }

// Endpoints returns source and destination.
func (s *Segment) Endpoints(arena []byte) (src, dst netip.AddrPort) {
	me := s.Side()
	peer := me ^ 1
	if s.Bits&BitIPv6 == 0 {
		return netip.AddrPortFrom(addrOf(s.Addr[me]), s.Port[me]), netip.AddrPortFrom(addrOf(s.Addr[peer]), s.Port[peer])
	}
	at := s.Addr[0]
	a, b := netip.AddrFrom16([16]byte(arena[at:at+16])), netip.AddrFrom16([16]byte(arena[at+16:at+32]))
	return netip.AddrPortFrom(a, s.Port[me]), netip.AddrPortFrom(b, s.Port[peer])
}

func addrOf(a uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], a)
	return netip.AddrFrom4(b)
}

// Batch is what one block of packets decodes to.
type Batch struct {
	// Arena holds the bytes that segments refer to: the block's data, and behind it what had to be
	// rebuilt, such as a datagram from its fragments.
	Arena []byte
	// Lists are the segments of each shard in capture order.
	Lists [Shards][]Segment
	// Encaps are the outer layers that segments of this batch came in, each from outside in, joined
	// with ";". Encaps[0] is always "". There are at most 255; the last one is then "…" and stands for
	// all further ones.
	Encaps []string
	// Fragments are the fragments of IP datagrams, in capture order. A Defragmenter turns them into
	// segments.
	Fragments []Fragment
	// Joined says which fragments the datagrams came in that the Defragmenter put together.
	Joined []Joined

	spare []byte // memory for an arena that has no room behind the block's data
}

// Joined is a datagram that was put together.
type Joined struct {
	Frame uint32 // index within the block of the packet with the last fragment; the segment has it as well
	// Before are the other fragments, in the order in which they came, numbered over all batches from 1 as they stand
	// in Batch.Fragments. There may be more than are listed.
	Before []uint64
}

// Reset empties the batch and keeps its memory, as far as another block is likely to need it.
func (b *Batch) Reset() {
	b.shrink()
	for i := range b.Lists {
		b.Lists[i] = b.Lists[i][:0]
	}
	b.Arena = nil
	if cap(b.spare) > keepArena {
		b.spare = nil
	}
	b.Encaps = append(b.Encaps[:0], "")
	b.Fragments, b.Joined = b.Fragments[:0], b.Joined[:0]
}

// shrink lets go of lists that the last block hardly used, where all together take too much: a connection that fills a block
// leaves a list as long as that, and in time each shard has had one.
func (b *Batch) shrink() {
	room := 0
	for i := range b.Lists {
		room += cap(b.Lists[i])
	}
	if room <= keepSegments {
		return
	}
	for i, list := range b.Lists {
		if 4*len(list) < cap(list) {
			b.Lists[i] = nil
		}
	}
}

// reserve makes room for n bytes behind those of the arena, in memory that is kept from block to block: a block that is a
// part of a file has none.
func (b *Batch) reserve(n int) {
	if cap(b.Arena)-len(b.Arena) >= n {
		return
	}
	if need := len(b.Arena) + n; cap(b.spare) < need {
		b.spare = make([]byte, 0, need+need/4)
	}
	b.spare = append(b.spare[:0], b.Arena...)
	b.Arena = b.spare
}

// Add deals a segment to its list.
func (b *Batch) Add(s Segment) { *b.slot(s.Hash) = s }

// slot makes room for a segment with the given hash in its list. Whatever was there before still is: a large
// part of what a segment costs is to copy it, so the fast path writes each field of it here, once.
func (b *Batch) slot(hash uint64) *Segment {
	list := &b.Lists[hash>>58]
	n, room := len(*list), (*list)[:cap(*list)]
	if n >= len(room) {
		return another(list)
	}
	*list = (*list)[:n+1]
	return &room[n]
}

// another makes room for one more segment in a list that is full.
func another(list *[]Segment) *Segment {
	*list = append(*list, Segment{})
	return &(*list)[len(*list)-1]
}

// hashSeed and hashMul are odd constants with well-mixed bits; they are fixed because the shard of a
// connection must not differ from run to run.
const (
	hashSeed = 0x9e3779b97f4a7c15
	hashMul  = 0xd6e8feb86659fd93
)

// SetEndpoints fills in the addresses that lie at offset addr of the arena, the source's first, the ports, and what follows
// from them: the hash, and which of the two is the higher.
func (s *Segment) SetEndpoints(arena []byte, addr uint32, v6 bool, src, dst uint16) {
	ports := uint32(src)<<16 | uint32(dst)
	s.Bits &^= BitSrcHigh | BitIPv6
	if v6 {
		s.Hash, s.Bits = endpoints6((*[32]byte)(arena[addr:]), ports, s.Bits)
		s.setWide(addr, ports, s.Bits)
		return
	}
	addrs := binary.BigEndian.Uint64(arena[addr:])
	from, to := endpoints4(addrs, ports)
	_, higher := bits.Sub64(to, from, 0)
	s.Bits |= Bits(higher) * BitSrcHigh
	s.Hash = hashPair(from, to, s.Bits)
	s.setPair(addrs, ports, higher)
}

// setPair fills in IPv4 addresses and ports, the source's in the upper half of either. higher is 1 where its endpoint is
// the higher, else 0.
func (s *Segment) setPair(addrs uint64, ports uint32, higher uint64) {
	addrs = bits.RotateLeft64(bits.RotateLeft64(addrs, 32), int(higher<<5))
	ports = bits.RotateLeft32(bits.RotateLeft32(ports, 16), int(higher<<4))
	s.Addr[0], s.Addr[1] = uint32(addrs), uint32(addrs>>32)
	s.Port[0], s.Port[1] = uint16(ports), uint16(ports>>16)
}

// setWide fills in where the IPv6 addresses are, and the ports, the source's in the upper half. The bits say which is
// which.
func (s *Segment) setWide(addr, ports uint32, set Bits) {
	s.Addr[0], s.Addr[1] = addr, 0
	ports = bits.RotateLeft32(ports, 16-16*set.side())
	s.Port[0], s.Port[1] = uint16(ports), uint16(ports>>16)
}

// endpoints4 returns two IPv4 endpoints, given the source's in the upper halves of addresses and ports: each is an address
// above a port.
func endpoints4(addrs uint64, ports uint32) (src, dst uint64) {
	return addrs>>32<<32 | uint64(ports>>16), addrs<<32 | uint64(uint16(ports))
}

// endpoints6 returns the hash of two IPv6 addresses and ports, the source's in the upper half of either. It adds the bits
// that say which endpoint is the higher, and the family.
func endpoints6(addrs *[32]byte, ports uint32, set Bits) (uint64, Bits) {
	src := endpoint{binary.BigEndian.Uint64(addrs[:]), binary.BigEndian.Uint64(addrs[8:]), uint16(ports >> 16)}
	dst := endpoint{binary.BigEndian.Uint64(addrs[16:]), binary.BigEndian.Uint64(addrs[24:]), uint16(ports)}
	_, less := bits.Sub64(uint64(dst.port), uint64(src.port), 0)
	_, less = bits.Sub64(dst.bottom, src.bottom, less)
	_, less = bits.Sub64(dst.top, src.top, less)
	set |= Bits(less)*BitSrcHigh | BitIPv6
	return hashPair(src.number(), dst.number(), set), set
}

// hashPair hashes two endpoints, each a number of its own, and the protocol. A product does not mind which is which.
func hashPair(a, b uint64, set Bits) uint64 {
	return (fold(a^hashSeed, b^hashSeed) ^ uint64(set&BitUDP)) * hashMul
}

// endpoint is an IPv6 address as two big-endian halves, and a port.
type endpoint struct {
	top, bottom uint64
	port        uint16
}

// number is the endpoint as one number, which another hardly ever shares. The port goes where addresses differ least.
func (e endpoint) number() uint64 { return fold(e.top^uint64(e.port)<<48^hashMul, e.bottom^hashSeed) }

// fold multiplies two numbers to one that depends on every bit of both.
func fold(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}
