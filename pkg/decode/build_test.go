package decode

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"github.com/sniscope/sniscope/pkg/capture"
)

// The builders below put headers in front of a payload, so that a packet reads from outside in.

func be16(v int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(v)) }

func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func ethFrame(ether int, payload []byte) []byte {
	return cat([]byte("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02"), be16(ether), payload)
}

func vlanTag(ether int, payload []byte) []byte { return cat([]byte{0x20, 0x0a}, be16(ether), payload) }

func sllFrame(ether int, payload []byte) []byte {
	return cat([]byte("\x00\x00\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00"), be16(ether), payload)
}

func sll2Frame(ether int, index uint32, payload []byte) []byte {
	return cat(be16(ether), be16(0), binary.BigEndian.AppendUint32(nil, index),
		[]byte("\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00"), payload)
}

func encFrame(family byte, payload []byte) []byte {
	return cat([]byte{family, 0, 0, 0}, []byte("\x00\x00\x10\x01\x02\x00\x00\x00"), payload)
}

// pktap1 is Apple's header of version 1 on interface en0.
func pktap1(record byte, dlt uint32, payload []byte) []byte {
	h := make([]byte, 156)
	h[0], h[4] = 156, record
	binary.LittleEndian.PutUint32(h[8:], dlt)
	copy(h[12:], "en0")
	h[36] = 1
	return append(h, payload...)
}

// pktap2 is Apple's header of version 2 on interface en0.
func pktap2(dlt uint16, payload []byte) []byte {
	h := make([]byte, 48)
	h[0], h[3] = 48, 40
	binary.LittleEndian.PutUint16(h[6:], dlt)
	binary.LittleEndian.PutUint32(h[36:], pktapVersion2|1)
	copy(h[40:], "en0")
	return append(h, payload...)
}

// juniperFrame is a packet as Junos writes it, with what the flags say is there.
func juniperFrame(flags byte, extra string, payload []byte) []byte {
	return cat([]byte{'M', 'G', 'C', flags}, []byte(extra), payload)
}

// nflogFrame is what a netfilter rule logs of a packet from interface 3 to 5, on a host of either byte order.
func nflogFrame(family byte, big bool, payload []byte) []byte {
	order := binary.AppendByteOrder(binary.LittleEndian)
	if big {
		order = binary.BigEndian
	}
	frame := []byte{family, 0, 0, 30}
	for _, a := range []struct {
		kind  uint16
		value string
	}{{nflogHeader, "\x08\x00\x02\x00"}, {nflogInput, "\x00\x00\x00\x03"}, {10, "log"}, {nflogPayload, string(payload)}} {
		frame = order.AppendUint16(order.AppendUint16(frame, uint16(4+len(a.value))), a.kind)
		frame = append(append(frame, a.value...), make([]byte, -len(a.value)&3)...)
	}
	return frame
}

// v4 is an IPv4 header; the zero value of what is not given is replaced by what is right.
type v4 struct {
	src, dst string
	protocol uint8
	options  []byte
	id       uint16
	fragment uint16 // flags and offset as on the wire
	total    int    // -1 writes 0
}

func (h v4) bytes(payload []byte) []byte {
	size := 20 + len(h.options)
	switch h.total {
	case 0:
		h.total = size + len(payload)
	case -1:
		h.total = 0
	}
	src, dst := netip.MustParseAddr(or(h.src, "192.0.2.1")).As4(), netip.MustParseAddr(or(h.dst, "198.51.100.2")).As4()
	return cat([]byte{0x40 | byte(size/4), 0}, be16(h.total), be16(int(h.id)), be16(int(h.fragment)),
		[]byte{61, h.protocol, 0, 0}, src[:], dst[:], h.options, payload)
}

// v6 is an IPv6 header, like v4.
type v6 struct {
	src, dst string
	next     uint8
	length   int // -1 writes 0
}

func (h v6) bytes(payload []byte) []byte {
	switch h.length {
	case 0:
		h.length = len(payload)
	case -1:
		h.length = 0
	}
	src, dst := netip.MustParseAddr(or(h.src, "2001:db8::1")).As16(), netip.MustParseAddr(or(h.dst, "2001:db8:ffff::2")).As16()
	return cat([]byte{0x60, 0, 0, 0}, be16(h.length), []byte{h.next, 57}, src[:], dst[:], payload)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// tcpHead is a TCP header; options must be a multiple of four bytes long.
type tcpHead struct {
	src, dst int
	seq, ack uint32
	flags    TCPFlags
	window   int
	options  []byte
	offset   int // in words; 0 writes what is right
}

func (h tcpHead) bytes(payload []byte) []byte {
	if h.offset == 0 {
		h.offset = 5 + len(h.options)/4
	}
	b := cat(be16(h.src), be16(h.dst))
	b = binary.BigEndian.AppendUint32(b, h.seq)
	b = binary.BigEndian.AppendUint32(b, h.ack)
	return cat(b, []byte{byte(h.offset) << 4, byte(h.flags)}, be16(h.window), be16(0), be16(0), h.options, payload)
}

func udpDatagram(src, dst int, payload []byte) []byte {
	return cat(be16(src), be16(dst), be16(8+len(payload)), be16(0), payload)
}

// block makes a block of packets of one link type, with bytes between them as a file has.
func block(link capture.LinkType, packets ...[]byte) *capture.Block {
	b := &capture.Block{First: 1}
	for i, p := range packets {
		b.Data = append(b.Data, "record header..."...)
		b.Packets = append(b.Packets, capture.Packet{
			Time: int64(i+1) * 1e6, Offset: uint32(len(b.Data)), CapLen: uint32(len(p)), Len: uint32(len(p)),
			Link: link, Digits: 6,
		})
		b.Data = append(b.Data, p...)
	}
	return b
}

// snap cuts the last packet of a block to n captured bytes, as a snap length does.
func snap(b *capture.Block, n int) *capture.Block {
	p := &b.Packets[len(b.Packets)-1]
	b.Data = b.Data[:int(p.Offset)+n]
	p.CapLen = uint32(n)
	return b
}

// sum is the number of packets counted, whatever the reason.
func sum(c Counts) (n uint64) {
	for _, packets := range c.All() {
		n += packets
	}
	return n
}
