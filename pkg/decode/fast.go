package decode

import (
	"encoding/binary"
	"math/bits"

	"github.com/sniscope/sniscope/pkg/capture"
)

// EtherTypes (IEEE 802 Numbers, IANA).
const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
	etherVLAN = 0x8100 // 802.1Q
	etherQinQ = 0x88a8 // 802.1ad
	etherQOld = 0x9100 // QinQ before 802.1ad
)

// network is where the link layer ends, and what it said. The zero network is none.
type network struct {
	at    int    // of the IP header within the packet
	ether uint16 // etherIPv4 or etherIPv6
	tags  uint8  // VLAN tags stripped
	iface uint8
	way   Bits // BitIncoming, BitOutgoing, or neither
}

// What the fast path reads of a packet in one piece: an IP header without options or extensions, and a TCP header, of
// which a datagram of UDP has to be as long.
const (
	tcpHeader     = 20
	udpHeader     = 8
	ipv4Header    = 20
	headersOfIPv4 = ipv4Header + tcpHeader
	headersOfIPv6 = 40 + tcpHeader
	plainHeaders  = 14 + headersOfIPv4 // with that of Ethernet
)

// fast decodes the packets from number i on as long as each is a whole, unfragmented TCP or UDP packet right after a
// common link layer, reading the headers where they lie. It returns the number of the first packet that it is not sure
// of, with which it has done nothing; what it accepts the general path decodes to the same segment.
func (d *Decoder) fast(packets []capture.Packet, i int, out *Batch) int {
	for i = out.plain(packets, i); i < len(packets) && d.known(&packets[i], uint32(i), out); {
		i = out.plain(packets, i+1)
	}
	return i
}

// plain is fast for what nearly every packet is: TCP over IPv4 without options, right behind Ethernet. It exists because
// this loop is what a packet costs.
func (b *Batch) plain(packets []capture.Packet, i int) int {
	arena := b.Arena[:len(b.Arena):len(b.Arena)]
	for ; i < len(packets); i++ {
		p := &packets[i]
		start, size := int(p.Offset), int(p.CapLen)
		if p.Link != capture.LinkEthernet || size < plainHeaders || start >= len(arena) || size > len(arena)-start {
			break
		}
		h := (*[plainHeaders]byte)(arena[start:])
		if binary.LittleEndian.Uint32(h[12:])&0xffffff != 0x450008 || // EtherType, version and header length
			binary.LittleEndian.Uint32(h[20:])&0xff00ff3f != protoTCP<<24 { // a fragment, protocol
			break
		}
		words := binary.BigEndian.Uint32(h[46:])
		total := int(binary.BigEndian.Uint16(h[16:])) - 20
		head, captured := int(words>>28)*4, min(total, size-34)
		if head < tcpHeader || head > captured {
			break
		}
		addrs, ports := binary.BigEndian.Uint64(h[26:]), binary.BigEndian.Uint32(h[34:])
		src, dst := endpoints4(addrs, ports)
		hash := hashPair(src, dst, 0)
		s := b.slot(hash)
		s.Hash = hash
		_, higher := bits.Sub64(dst, src, 0)
		s.setPair(addrs, ports, higher)
		control := words&controlMask | uint32(higher)*uint32(BitSrcHigh)<<24
		if head > tcpHeader {
			control |= uint32(BitOptions) << 24
		}
		s.setControl(control)
		s.Payload, s.Captured, s.Length = uint32(start+34+head), uint32(captured-head), uint32(total-head)
		s.setNumbers(binary.BigEndian.Uint64(h[38:]))
		s.setPacket(p, uint32(i))
		s.IPID, s.TTL = binary.BigEndian.Uint16(h[18:]), h[22]
		if s.Flags&SYN != 0 {
			s.setOptions(arena, s.Payload-uint32(head-tcpHeader), head-tcpHeader)
		}
	}
	return i
}

// known decodes a packet that fast knows, and reports whether it does.
func (d *Decoder) known(p *capture.Packet, frame uint32, out *Batch) bool {
	start, end := uint64(p.Offset), uint64(p.Offset)+uint64(p.CapLen)
	if end > uint64(len(out.Arena)) {
		return false
	}
	pkt := out.Arena[start:end:end]
	switch ether := plainEther(p, pkt); {
	case ether == etherIPv4 && len(pkt) >= 14+headersOfIPv4:
		return out.ipv4(p, frame, (*[headersOfIPv4]byte)(pkt[14:]), 14) != nil
	case ether == etherIPv6 && len(pkt) >= 14+headersOfIPv6:
		return out.ipv6(p, frame, (*[headersOfIPv6]byte)(pkt[14:]), 14) != nil
	}
	return d.behind(p, frame, out, pkt)
}

// plainEther is the EtherType of a packet on Ethernet, else 0.
func plainEther(p *capture.Packet, pkt []byte) uint16 {
	if p.Link != capture.LinkEthernet || len(pkt) < 14 {
		return 0
	}
	return binary.BigEndian.Uint16(pkt[12:])
}

// behind decodes a packet of any of the link layers, and reports whether it was sure of it.
func (d *Decoder) behind(p *capture.Packet, frame uint32, out *Batch, pkt []byte) bool {
	n := findNetwork(p, pkt)
	var s *Segment
	switch room := len(pkt) - n.at; {
	case n.ether == etherIPv4 && room >= headersOfIPv4:
		s = out.ipv4(p, frame, (*[headersOfIPv4]byte)(pkt[n.at:]), uint32(n.at))
	case n.ether == etherIPv6 && room >= headersOfIPv6:
		s = out.ipv6(p, frame, (*[headersOfIPv6]byte)(pkt[n.at:]), uint32(n.at))
	}
	if s == nil {
		return false
	}
	s.Iface = n.iface
	s.Bits |= n.way
	if n.tags > 0 {
		s.Encap = d.tagged(n.tags, out)
	}
	return true
}

// ipv4 adds the segment in a packet whose headers, at that offset from where it was captured, are those of IPv4 without
// options and of TCP or UDP. It returns nil, having done nothing, where it is not sure that these are whole.
func (b *Batch) ipv4(p *capture.Packet, frame uint32, h *[headersOfIPv4]byte, at uint32) *Segment {
	if h[0] != 0x45 || binary.BigEndian.Uint16(h[6:])&0x3fff != 0 { // version and header length; a fragment
		return nil
	}
	t := (*[tcpHeader]byte)(h[20:])
	addrs, ports := binary.BigEndian.Uint64(h[12:]), binary.BigEndian.Uint32(t[:])
	head, total, set := 20+int(t[12])>>4*4, int(binary.BigEndian.Uint16(h[2:])), Bits(0)
	if h[9] != protoTCP {
		head, total, set = udpExtent(ports, t, h[9], 20, total)
	} else if head < headersOfIPv4 {
		return nil
	}
	captured := min(total, int(p.CapLen-at)) // what is behind is Ethernet padding
	if head > captured {
		return nil
	}
	if head > headersOfIPv4 {
		set |= BitOptions
	}
	src, dst := endpoints4(addrs, ports)
	_, higher := bits.Sub64(dst, src, 0)
	set |= Bits(higher) * BitSrcHigh
	hash := hashPair(src, dst, set)
	s := b.slot(hash)
	s.Hash = hash
	s.setPair(addrs, ports, higher)
	s.IPID, s.TTL = binary.BigEndian.Uint16(h[4:]), h[8]
	s.setPacket(p, frame)
	s.Payload, s.Captured, s.Length = p.Offset+at+uint32(head), uint32(captured-head), uint32(total-head)
	s.setTransport(t, set)
	if s.Flags&SYN != 0 {
		s.setOptions(b.Arena, s.Payload-uint32(head-headersOfIPv4), head-headersOfIPv4)
	}
	return s
}

// ipv6 is ipv4 for IPv6 without extension headers.
func (b *Batch) ipv6(p *capture.Packet, frame uint32, h *[headersOfIPv6]byte, at uint32) *Segment {
	if h[0]>>4 != 6 {
		return nil
	}
	t := (*[tcpHeader]byte)(h[40:])
	head, total, set := 40+int(t[12])>>4*4, 40+int(binary.BigEndian.Uint16(h[4:])), Bits(0)
	if h[6] != protoTCP {
		head, total, set = udpExtent(binary.BigEndian.Uint32(t[:]), t, h[6], 40, total)
	} else if head < headersOfIPv6 {
		return nil
	}
	captured := min(total, int(p.CapLen-at))
	if head > captured {
		return nil
	}
	if head > headersOfIPv6 {
		set |= BitOptions
	}
	ports := binary.BigEndian.Uint32(t[:])
	hash, set := endpoints6((*[32]byte)(h[8:]), ports, set)
	s := b.slot(hash)
	s.Hash = hash
	s.setWide(p.Offset+at+8, ports, set)
	s.IPID, s.TTL = 0, h[7]
	s.setPacket(p, frame)
	s.Payload, s.Captured, s.Length = p.Offset+at+uint32(head), uint32(captured-head), uint32(total-head)
	s.setTransport(t, set)
	if s.Flags&SYN != 0 {
		s.setOptions(b.Arena, s.Payload-uint32(head-headersOfIPv6), head-headersOfIPv6)
	}
	return s
}

// udpExtent returns how long the headers are of a UDP packet with an IP header of that size, how long it is with them, and
// BitUDP. Where it is not sure, the headers are longer than the packet.
func udpExtent(ports uint32, t *[tcpHeader]byte, protocol uint8, size, total int) (int, int, Bits) {
	n := int(binary.BigEndian.Uint16(t[4:]))
	if protocol != protoUDP || size+n > total || tunnelPorts(uint16(ports>>16), uint16(ports)) {
		return 1, 0, 0
	}
	return size + udpHeader, size + n, BitUDP
}

// setPacket fills in what the record of the packet says, and what an ordinary segment lacks.
func (s *Segment) setPacket(p *capture.Packet, frame uint32) {
	s.Time, s.Frame, s.Iface = p.Time, frame, interfaceTag(p.Iface, 0)
	s.Encap, s.MSS = 0, 0
	s.Scale = p.Digits<<4 | noScale
}

// setTransport fills in the bits and what the TCP or UDP header says, apart from ports and options.
func (s *Segment) setTransport(t *[tcpHeader]byte, set Bits) {
	numbers, words := binary.BigEndian.Uint64(t[4:]), binary.BigEndian.Uint32(t[12:])
	if set&BitUDP != 0 {
		numbers, words = 0, 0
	}
	s.setNumbers(numbers)
	s.setControl(words&controlMask | uint32(set)<<24)
}

// setNumbers fills in the sequence number, given in the upper half, and the acknowledgment.
func (s *Segment) setNumbers(numbers uint64) {
	numbers = bits.RotateLeft64(numbers, 32)
	s.Seq, s.Ack = uint32(numbers), uint32(numbers>>32)
}

// controlMask selects flags and window from the word of the TCP header that they are in.
const controlMask = 0xffffff

// setControl fills in flags, window and bits: these are in that word, in the place of the length of the header.
func (s *Segment) setControl(word uint32) {
	s.Window, s.Flags, s.Bits = uint16(word), TCPFlags(word>>16), Bits(word>>24)
}

// findNetwork finds the IP header behind the link types that the fast path knows. It returns the zero network where there
// is none, or the packet ends first.
func findNetwork(p *capture.Packet, pkt []byte) (n network) {
	switch p.Link {
	case capture.LinkEthernet:
		if len(pkt) < 14 {
			return network{}
		}
		n.at, n.ether = 14, binary.BigEndian.Uint16(pkt[12:])
	case capture.LinkLinuxSLL2:
		if len(pkt) < 20 || !plainARPHRD(binary.BigEndian.Uint16(pkt[8:])) {
			return network{}
		}
		n = network{at: 20, ether: binary.BigEndian.Uint16(pkt)}
		n.iface, n.way = cooked(p.Iface, binary.BigEndian.Uint32(pkt[4:]), uint16(pkt[10]))
		return n.untag(pkt)
	case capture.LinkLinuxSLL:
		if len(pkt) < 16 || !plainARPHRD(binary.BigEndian.Uint16(pkt[2:])) {
			return network{}
		}
		n = network{at: 16, ether: binary.BigEndian.Uint16(pkt[14:])}
		n.iface, n.way = cooked(p.Iface, 0, binary.BigEndian.Uint16(pkt))
		return n.untag(pkt)
	case capture.LinkNull, capture.LinkLoop:
		if len(pkt) < 4 {
			return network{}
		}
		n.at, n.ether = 4, familyEther(pkt)
	case capture.LinkRaw, capture.LinkIPv4, capture.LinkIPv6, linkRawBSD, linkRawOpenBSD:
		if len(pkt) == 0 {
			return network{}
		}
		n.ether = versionEther(pkt[0])
	default:
		return network{}
	}
	n.iface = interfaceTag(p.Iface, 0)
	return n.untag(pkt)
}

// untag strips VLAN tags.
func (n network) untag(pkt []byte) network {
	for n.tags < maxTags && isVLAN(n.ether) && len(pkt) >= n.at+4 {
		n.ether = binary.BigEndian.Uint16(pkt[n.at+2 : n.at+4])
		n.at += 4
		n.tags++
	}
	return n
}

func isVLAN(ether uint16) bool {
	return ether == etherVLAN || ether == etherQinQ || ether == etherQOld
}

// tagged is the index of the encapsulation that consists of so many VLAN tags.
func (d *Decoder) tagged(tags uint8, out *Batch) uint8 {
	e := &d.vlan[tags]
	if !e.known {
		e.index, e.known = out.encap([]byte("vlan;vlan")[:5*int(tags)-1]), true
	}
	return e.index
}
