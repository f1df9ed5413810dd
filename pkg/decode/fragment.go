package decode

import "math"

// Fragment is one fragment of an IP datagram, without pointers like Segment. It waits in its Batch for a
// Defragmenter.
type Fragment struct {
	time     int64
	addr     uint32 // arena offset of the source address, followed by the destination's
	id       uint32
	payload  uint32 // arena offset
	captured uint32 // bytes in the arena
	length   uint32 // bytes on the wire
	frame    uint32
	offset   uint16 // of the payload within the datagram's, in bytes
	protocol uint8  // of the payload, which counts in the first fragment only
	ttl      uint8
	iface    uint8
	digits   uint8
	encap    uint8
	depth    uint8 // of the datagram within others, counting this one
	v6       bool
	more     bool
}

// Packet is the index within the block of the packet that the fragment came in.
func (f *Fragment) Packet() uint32 { return f.frame }

// maxDatagram is the payload of the largest datagram there can be (RFC 791, Section 3.1).
const maxDatagram = math.MaxUint16

// setAside ends the walk with a fragment.
func (w *walk) setAside() step {
	ip, length := &w.ip, w.wire-w.pos
	switch {
	case ip.part.offset+length > maxDatagram, length == 0, ip.part.more && length%8 != 0:
		return w.skip(Malformed)
	case w.depth == maxEncap:
		return w.skip(TooDeep)
	}
	f := Fragment{
		time: w.p.Time, frame: w.frame, iface: w.iface, digits: w.p.Digits, depth: uint8(w.depth) + 1,
		addr: uint32(ip.addr), v6: ip.v6, protocol: ip.protocol, ttl: ip.ttl,
		id: ip.part.id, offset: uint16(ip.part.offset), more: ip.part.more,
		payload: uint32(w.pos), captured: uint32(w.end - w.pos), length: uint32(length),
	}
	if len(w.chain) > 0 {
		f.encap = w.out.encap(w.chain)
	}
	w.out.Fragments = append(w.out.Fragments, f)
	w.done = true
	return nil
}
