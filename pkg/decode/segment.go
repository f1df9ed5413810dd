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
	BitIPv6    Bits = 1 << iota // addresses are 16 bytes, else 4
	BitSrcHigh                  // the source is the higher of the two endpoints: side 1, else side 0
	BitOptions                  // the TCP header carries options
	BitICMP                     // an ICMP error: the segment describes the packet that it quotes
	BitUDP                      // a UDP datagram
)

// Segment is one TCP segment, UDP datagram or ICMP error, without pointers: it refers to the bytes of
// its Batch by offset, so that millions of them cost the garbage collector nothing.
//
// For an ICMP error, addresses, ports, Seq and Hash are those of the quoted packet (so that it meets the
// connection it speaks of); Flags holds the ICMP type, Window its code, and Ack the arena offset of
// the address (of the same family) that sent the error.
type Segment struct {
	Hash     uint64 // of the unordered 5-tuple; its top six bits are the shard
	Time     int64  // nanoseconds since the Unix epoch, UTC
	Seq, Ack uint32 // RFC 9293, Section 3.1
	Payload  uint32 // arena offset of the payload
	Captured uint32 // payload bytes in the arena
	Length   uint32 // payload bytes on the wire; more than Captured where the capture cut the packet
	// Addr are the IPv4 addresses of source and destination, so that the packet itself need not be looked at again for
	// most segments. Under IPv6 Addr[0] is the arena offset of the source address, which the destination's follows.
	Addr    [2]uint32
	Frame   uint32 // index of the packet within its block
	SrcPort uint16
	DstPort uint16
	Window  uint16 // as in the header, unscaled; the code of an ICMP error
	IPID    uint16 // IPv4 Identification; 0 under IPv6
	MSS     uint16 // of a SYN, 0 where it has none; next-hop MTU of an ICMP "too big"
	Iface   uint8  // tells interfaces of one capture apart, for recognising duplicates
	Scale   uint8  // see WindowScale and Digits
	TTL     uint8  // IPv4 TTL or IPv6 Hop Limit
	Flags   TCPFlags
	Bits    Bits
	Encap   uint8 // index into Batch.Encaps
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
func (s *Segment) Side() int {
	if s.Bits&BitSrcHigh != 0 {
		return 1
	}
	return 0
}

// Shard is the logical shard that the segment's connection lives in.
func (s *Segment) Shard() int { return int(s.Hash >> 58) }

// Endpoints returns source and destination.
func (s *Segment) Endpoints(arena []byte) (src, dst netip.AddrPort) {
	if s.Bits&BitIPv6 == 0 {
		return netip.AddrPortFrom(addrOf(s.Addr[0]), s.SrcPort), netip.AddrPortFrom(addrOf(s.Addr[1]), s.DstPort)
	}
	at := s.Addr[0]
	a, b := netip.AddrFrom16([16]byte(arena[at:at+16])), netip.AddrFrom16([16]byte(arena[at+16:at+32]))
	return netip.AddrPortFrom(a, s.SrcPort), netip.AddrPortFrom(b, s.DstPort)
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
	// Lists are the segments in capture order, dealt out by shard: a segment of shard s is in list s % len(Lists).
	Lists [][]Segment
	// Encaps are the outer layers that segments of this batch came in, each from outside in, joined
	// with ";". Encaps[0] is always "". There are at most 255; the last one is then "…" and stands for
	// all further ones.
	Encaps []string
	// Fragments are the fragments of IP datagrams, in capture order. A Defragmenter turns them into
	// segments.
	Fragments []Fragment
	// Joined says which fragments the datagrams came in that the Defragmenter put together.
	Joined []Joined
}

// Joined is a datagram that was put together.
type Joined struct {
	Frame uint32 // index within the block of the packet with the last fragment; the segment has it as well
	// Before are the other fragments, in the order in which they came, numbered over all batches from 1 as they stand
	// in Batch.Fragments. There may be more than are listed.
	Before []uint64
}

// Reset empties the batch for n lists and keeps its memory.
func (b *Batch) Reset(n int) {
	for len(b.Lists) < n {
		b.Lists = append(b.Lists, nil)
	}
	b.Lists = b.Lists[:n]
	for i := range b.Lists {
		b.Lists[i] = b.Lists[i][:0]
	}
	b.Arena = nil
	b.Encaps = append(b.Encaps[:0], "")
	b.Fragments, b.Joined = b.Fragments[:0], b.Joined[:0]
}

// Add deals a segment to its list.
func (b *Batch) Add(s Segment) { *b.slot(s.Hash) = s }

// slot makes room for a segment with the given hash in its list. Whatever was there before still is: a large
// part of what a segment costs is to copy it, so the fast path writes each field of it here, once.
func (b *Batch) slot(hash uint64) *Segment {
	list := &b.Lists[uint32(hash>>58)%uint32(len(b.Lists))]
	n := len(*list)
	if n == cap(*list) {
		*list = append(*list, Segment{})
	} else {
		*list = (*list)[:n+1]
	}
	return &(*list)[n]
}

// hashSeed and hashMul are odd constants with well-mixed bits; they are fixed because the shard of a
// connection must not differ from run to run.
const (
	hashSeed = 0x9e3779b97f4a7c15
	hashMul  = 0xd6e8feb86659fd93
)

func mix(h, v uint64) uint64 {
	h = (h ^ v) * hashMul
	return h ^ h>>32
}

// SetEndpoints fills in what follows from the addresses that lie at offset addr of the arena, the source's
// first, and from the ports: the hash, and which of the two is the higher.
func (s *Segment) SetEndpoints(arena []byte, addr uint32, v6 bool, src, dst uint16) {
	s.Addr, s.SrcPort, s.DstPort = addresses(arena, addr, v6), src, dst
	s.Hash, s.Bits = hashEndpoints(arena, addr, v6, src, dst, s.Bits)
}

// addresses is what stands in Segment.Addr for the addresses at that offset.
func addresses(arena []byte, addr uint32, v6 bool) [2]uint32 {
	if v6 {
		return [2]uint32{addr}
	}
	a := arena[addr : addr+8 : addr+8]
	return [2]uint32{binary.BigEndian.Uint32(a), binary.BigEndian.Uint32(a[4:])}
}

// hashEndpoints is SetEndpoints apart from a segment: it returns the hash, and the bits with those set
// that say of which family the addresses are and which is the higher.
func hashEndpoints(arena []byte, addr uint32, v6 bool, src, dst uint16, bits Bits) (uint64, Bits) {
	bits &^= BitIPv6 | BitSrcHigh
	var lo, hi endpoint
	if v6 {
		bits |= BitIPv6
		a := arena[addr : addr+32 : addr+32]
		lo = endpoint{binary.BigEndian.Uint64(a), binary.BigEndian.Uint64(a[8:]), src}
		hi = endpoint{binary.BigEndian.Uint64(a[16:]), binary.BigEndian.Uint64(a[24:]), dst}
	} else {
		a := arena[addr : addr+8 : addr+8]
		lo = endpoint{0, uint64(binary.BigEndian.Uint32(a)), src}
		hi = endpoint{0, uint64(binary.BigEndian.Uint32(a[4:])), dst}
	}
	if hi.less(lo) {
		lo, hi = hi, lo
		bits |= BitSrcHigh
	}
	h := mix(hashSeed, lo.top)
	h = mix(h, lo.bottom)
	h = mix(h, hi.top)
	h = mix(h, hi.bottom)
	h = mix(h, uint64(lo.port)<<24|uint64(hi.port)<<8|uint64(bits&BitUDP))
	return mix(h, hashSeed), bits
}

// endpoint is an address as two big-endian halves, so that both families compare and hash alike.
type endpoint struct {
	top, bottom uint64
	port        uint16
}

func (e endpoint) less(o endpoint) bool {
	switch {
	case e.top != o.top:
		return e.top < o.top
	case e.bottom != o.bottom:
		return e.bottom < o.bottom
	}
	return e.port < o.port
}
