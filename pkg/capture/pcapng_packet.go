package capture

import (
	"fmt"
	"math/bits"
)

// Sizes of what precedes the data in the body of a packet block.
const (
	ngPacketFields       = 20
	ngSimplePacketFields = 4
	ngMinEnhanced        = ngMinBlock + ngPacketFields
)

// enhancedPackets appends the packets of the consecutive Enhanced Packet Blocks (Section 4.3) of a little-endian section
// that begin at off, and returns where it stopped: at a block that is of another type, not whole or malformed, or where
// b.Packets has no more room. The caller finds out which. It exists because nearly every block is of this type: this
// loop is what a packet costs.
func (n *pcapng) enhancedPackets(b *Block, off int) int {
	ifaces, section := n.ifaces[n.section:], n.section
	data, at := b.Data[:len(b.Data):len(b.Data)], len(b.Packets)
	packets := b.Packets[:cap(b.Packets)]
	for at < len(packets) && len(data)-off >= ngMinEnhanced {
		h := data[off : off+8+ngPacketFields]
		length, id, captured := littleEndian.uint32(h[4:]), littleEndian.uint32(h[8:]), littleEndian.uint32(h[20:])
		end := off + int(length)
		if littleEndian.uint32(h) != ngEnhancedPacket || length < ngMinEnhanced || length%4 != 0 ||
			uint64(length) > uint64(len(data)-off) || captured > length-ngMinEnhanced || uint64(id) >= uint64(len(ifaces)) ||
			littleEndian.uint32(data[end-ngTrailer:end:end]) != length {
			break
		}
		iface, x := &ifaces[id], &packets[at]
		x.Time = iface.clock.nanos(bits.RotateLeft64(littleEndian.uint64(h[12:]), 32)) // the upper half comes first
		x.Offset, x.CapLen, x.Len = uint32(off+8+ngPacketFields), captured, littleEndian.uint32(h[24:])
		x.Link, x.Iface, x.Digits = iface.Link, uint16(section+int(id)), iface.Digits
		at++
		off = end
	}
	b.Packets = packets[:at]
	return off
}

// chain implements chained for Enhanced Packet Blocks of a little-endian section.
func (n *pcapng) chain([]byte) (chain, bool) {
	return chain{[]byte{ngEnhancedPacket, 0, 0, 0}, 0, 4, 0, plausibleEnhanced}, n.order == littleEndian
}

// plausibleEnhanced reports whether a whole Enhanced Packet Block seems to begin at an offset.
func plausibleEnhanced(data []byte, off int) bool {
	if uint(off) >= uint(len(data)) || len(data)-off < ngMinEnhanced {
		return false
	}
	length := littleEndian.uint32(data[off+4:])
	return length >= ngMinEnhanced && uint64(length) <= uint64(len(data)-off) &&
		littleEndian.uint32(data[off+int(length)-ngTrailer:]) == length
}

// enhancedPacket appends the packet of an Enhanced Packet Block (Section 4.3).
func (n *pcapng) enhancedPacket(b *Block, off int, body []byte) (problem string) {
	if len(body) < ngPacketFields {
		return fmt.Sprintf("packet block: %d bytes are too few", len(body))
	}
	return n.timedPacket(b, off, body, n.order.uint32(body))
}

// obsoletePacket appends the packet of a Packet Block (Appendix A), which shares its 16-bit interface number
// with a drop count that nobody defined well enough to use.
func (n *pcapng) obsoletePacket(b *Block, off int, body []byte) (problem string) {
	if len(body) < ngPacketFields {
		return fmt.Sprintf("packet block: %d bytes are too few", len(body))
	}
	return n.timedPacket(b, off, body, uint32(n.order.uint16(body)))
}

// timedPacket reads what those two blocks have in common.
func (n *pcapng) timedPacket(b *Block, off int, body []byte, id uint32) (problem string) {
	if id >= uint32(len(n.ifaces)-n.section) {
		return n.unknownInterface(id)
	}
	index := n.section + int(id)
	captured := n.order.uint32(body[12:])
	if int64(captured) > int64(len(body)-ngPacketFields) {
		return fmt.Sprintf("packet block: captured length %d exceeds the %d bytes in the block",
			captured, len(body)-ngPacketFields)
	}
	iface := &n.ifaces[index]
	b.Packets = append(b.Packets, Packet{
		Time:   iface.clock.nanos(uint64(n.order.uint32(body[4:]))<<32 | uint64(n.order.uint32(body[8:]))),
		Offset: uint32(off + 8 + ngPacketFields),
		CapLen: captured,
		Len:    n.order.uint32(body[16:]),
		Link:   iface.Link,
		Iface:  uint16(index),
		Digits: iface.Digits,
	})
	return ""
}

// simplePacket appends the packet of a Simple Packet Block (Section 4.4). It is always of the section's first
// interface and has neither a time nor a captured length, which follows from the interface's limit.
func (n *pcapng) simplePacket(b *Block, off int, body []byte) (problem string) {
	if len(body) < ngSimplePacketFields {
		return fmt.Sprintf("simple packet block: %d bytes are too few", len(body))
	}
	if n.section >= len(n.ifaces) {
		return n.unknownInterface(0)
	}
	iface := &n.ifaces[n.section]
	length, room := n.order.uint32(body), len(body)-ngSimplePacketFields
	captured := length
	if iface.SnapLen != 0 {
		captured = min(captured, iface.SnapLen)
	}
	if int64(captured) > int64(room) {
		return fmt.Sprintf("simple packet block: captured length %d exceeds the %d bytes in the block", captured, room)
	}
	b.Packets = append(b.Packets, Packet{
		Offset: uint32(off + 8 + ngSimplePacketFields),
		CapLen: captured,
		Len:    length,
		Link:   iface.Link,
		Iface:  uint16(n.section),
	})
	return ""
}

func (n *pcapng) unknownInterface(id uint32) string {
	return fmt.Sprintf("packet block: interface %d of %d in this section", id, len(n.ifaces)-n.section)
}
