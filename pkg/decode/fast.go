package decode

import (
	"encoding/binary"

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

// maxTags is how many VLAN tags the fast path strips.
const maxTags = 2

// network is where the link layer ends, and what it said.
type network struct {
	at    int    // of the IP header within the packet
	ether uint16 // etherIPv4 or etherIPv6
	tags  uint8  // VLAN tags stripped
	iface uint8
}

// fast decodes a whole, unfragmented TCP or UDP packet right after a common link layer, reading the headers
// where they lie. It reports false, having done nothing, for every packet that it is not sure of; what it
// accepts the general path decodes to the same segment.
func (d *Decoder) fast(p *capture.Packet, frame uint32, out *Batch) bool {
	start, end := uint64(p.Offset), uint64(p.Offset)+uint64(p.CapLen)
	if end > uint64(len(out.Arena)) {
		return false
	}
	pkt := out.Arena[start:end:end]
	var n network
	var ip plain
	if !n.link(pkt, p) || !ip.read(pkt, &n) {
		return false
	}
	t := pkt[n.at+ip.size : min(n.at+ip.total, len(pkt))] // what is behind is Ethernet padding
	head, length, bits := 8, ip.total-ip.size, Bits(0)
	if ip.protocol == protoTCP {
		if len(t) < 20 {
			return false
		}
		head = int(t[12]>>4) * 4
		if head < 20 || head > len(t) {
			return false
		}
	} else {
		datagram := int(binary.BigEndian.Uint16(t[4:]))
		if datagram < 8 || datagram > length || tunnelPorts(binary.BigEndian.Uint16(t), binary.BigEndian.Uint16(t[2:])) {
			return false
		}
		length, bits = datagram, BitUDP
		t = t[:min(len(t), length)]
	}
	at := uint32(start) + uint32(n.at)
	src, dst := binary.BigEndian.Uint16(t), binary.BigEndian.Uint16(t[2:])
	hash, bits := hashEndpoints(out.Arena, at+ip.addr, n.ether == etherIPv6, src, dst, bits)
	s := out.slot(hash)
	s.Hash, s.Time, s.Frame, s.Iface = hash, p.Time, frame, n.iface
	s.Addr, s.SrcPort, s.DstPort, s.Bits = addresses(out.Arena, at+ip.addr, n.ether == etherIPv6), src, dst, bits
	s.Payload, s.Captured, s.Length = at+uint32(ip.size+head), uint32(len(t)-head), uint32(length-head)
	s.IPID, s.TTL, s.Encap, s.MSS = ip.id, ip.ttl, 0, 0
	if n.tags > 0 {
		s.Encap = d.tagged(n.tags, out)
	}
	if bits&BitUDP != 0 {
		s.Seq, s.Ack, s.Window, s.Flags = 0, 0, 0, 0
		s.SetScale(0, false, p.Digits)
		return true
	}
	s.Seq, s.Ack = binary.BigEndian.Uint32(t[4:]), binary.BigEndian.Uint32(t[8:])
	s.Flags, s.Window = TCPFlags(t[13]), binary.BigEndian.Uint16(t[14:])
	s.setOptions(t[20:head], p.Digits)
	return true
}

// plain is what the fast path needs of an IP header.
type plain struct {
	size, total int    // bytes of the header, and of the packet by its own account
	addr        uint32 // where in the header the addresses are
	id          uint16
	ttl         uint8
	protocol    uint8
}

// read reads the IP header of an unfragmented TCP or UDP packet of which at least eight bytes of transport
// header were captured. It reports false for any other.
func (ip *plain) read(pkt []byte, n *network) bool {
	if len(pkt) < n.at+20+8 {
		return false
	}
	h := pkt[n.at:]
	if n.ether == etherIPv4 {
		ip.size = int(h[0]&0x0f) * 4
		if h[0]>>4 != 4 || ip.size < 20 || binary.BigEndian.Uint16(h[6:])&0x3fff != 0 {
			return false
		}
		ip.total, ip.protocol, ip.addr = int(binary.BigEndian.Uint16(h[2:])), h[9], 12
		ip.id, ip.ttl = binary.BigEndian.Uint16(h[4:]), h[8]
	} else {
		if h[0]>>4 != 6 {
			return false
		}
		ip.size, ip.total = 40, 40+int(binary.BigEndian.Uint16(h[4:]))
		ip.protocol, ip.addr, ip.ttl = h[6], 8, h[7]
	}
	if ip.protocol != protoTCP && ip.protocol != protoUDP {
		return false
	}
	return ip.total >= ip.size+8 && len(h) >= ip.size+8
}

// link finds the IP header behind the link types that the fast path knows. It reports false where there
// is none, or the packet ends first.
func (n *network) link(pkt []byte, p *capture.Packet) bool {
	switch p.Link {
	case capture.LinkEthernet:
		if len(pkt) < 14 {
			return false
		}
		n.at, n.ether = 14, binary.BigEndian.Uint16(pkt[12:])
	case capture.LinkLinuxSLL2:
		if len(pkt) < 20 || !plainARPHRD(binary.BigEndian.Uint16(pkt[8:])) {
			return false
		}
		n.at, n.ether = 20, binary.BigEndian.Uint16(pkt)
		n.iface = interfaceTag(p.Iface, binary.BigEndian.Uint32(pkt[4:]))
		return n.untag(pkt)
	case capture.LinkLinuxSLL:
		if len(pkt) < 16 || !plainARPHRD(binary.BigEndian.Uint16(pkt[2:])) {
			return false
		}
		n.at, n.ether = 16, binary.BigEndian.Uint16(pkt[14:])
	case capture.LinkNull, capture.LinkLoop:
		if len(pkt) < 4 {
			return false
		}
		n.at, n.ether = 4, familyEther(pkt)
	case capture.LinkRaw, capture.LinkIPv4, capture.LinkIPv6, linkRawBSD, linkRawOpenBSD:
		if len(pkt) == 0 {
			return false
		}
		n.ether = versionEther(pkt[0])
	default:
		return false
	}
	if p.Iface != 0 {
		n.iface = interfaceTag(p.Iface, 0)
	}
	return n.untag(pkt)
}

// untag strips VLAN tags and reports whether IP follows.
func (n *network) untag(pkt []byte) bool {
	if n.ether == etherIPv4 || n.ether == etherIPv6 {
		return true
	}
	for n.tags < maxTags && isVLAN(n.ether) && len(pkt) >= n.at+4 {
		n.ether = binary.BigEndian.Uint16(pkt[n.at+2:])
		n.at += 4
		n.tags++
	}
	return n.ether == etherIPv4 || n.ether == etherIPv6
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
