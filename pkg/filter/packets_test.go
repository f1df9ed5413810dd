package filter

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// The network-layer packets that every capture carries, and what they are made of.

func be16(v int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(v)) }

func be32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

func address(text string) []byte { return netip.MustParseAddr(text).AsSlice() }

// ip4 describes an IPv4 packet by what differs from a plain one.
type ip4 struct {
	src, dst string
	proto    int
	tos, ttl int
	id, frag int // frag is the whole flags and offset field
	options  []byte
	payload  []byte
}

func (p ip4) bytes() []byte {
	if p.ttl == 0 {
		p.ttl = 64
	}
	head := 20 + len(p.options)
	return slices.Concat([]byte{byte(0x40 | head/4), byte(p.tos)}, be16(head+len(p.payload)), be16(p.id), be16(p.frag),
		[]byte{byte(p.ttl), byte(p.proto), 0, 0}, address(p.src), address(p.dst), p.options, p.payload)
}

// ip6 describes an IPv6 packet; next names its first header.
type ip6 struct {
	src, dst string
	next     int
	hops     int
	payload  []byte
}

func (p ip6) bytes() []byte {
	return slices.Concat([]byte{0x60, 0, 0, 0}, be16(len(p.payload)), []byte{byte(p.next), byte(p.hops)},
		address(p.src), address(p.dst), p.payload)
}

func tcp(src, dst, flags int, options, payload []byte) []byte {
	return slices.Concat(be16(src), be16(dst), be32(1000), be32(0), []byte{byte((20 + len(options)) / 4 << 4), byte(flags)},
		be16(0xffff), []byte{0, 0, 0, 0}, options, payload)
}

func udp(src, dst int, payload []byte) []byte {
	return slices.Concat(be16(src), be16(dst), be16(8+len(payload)), []byte{0, 0}, payload)
}

func sctp(src, dst int) []byte {
	return slices.Concat(be16(src), be16(dst), be32(7), be32(0), []byte{1, 0, 0, 4})
}

// extension is an IPv6 extension header of 8*(units+1) bytes.
func extension(next, units int, payload []byte) []byte {
	return slices.Concat([]byte{byte(next), byte(units)}, make([]byte, 6+8*units), payload)
}

// authentication is an authentication header with a 12-byte check value.
func authentication(next int, payload []byte) []byte {
	return slices.Concat([]byte{byte(next), 4, 0, 0}, be32(1), be32(2), make([]byte, 12), payload)
}

func arp(operation int, sender, target string) []byte {
	return slices.Concat(be16(1), be16(0x0800), []byte{6, 4}, be16(operation),
		[]byte{2, 0, 0, 0, 0, 1}, address(sender), []byte{2, 0, 0, 0, 0, 2}, address(target))
}

// packet is a network-layer packet and its EtherType.
type packet struct {
	etherType int
	bytes     []byte
}

func packets4() []packet {
	hello := slices.Concat([]byte{0x16, 3, 1, 0, 40, 1, 0, 0, 36}, make([]byte, 36))
	timestamps := []byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}
	list := []ip4{
		{src: "10.0.0.1", dst: "10.0.0.2", proto: 6, payload: tcp(40000, 443, 0x02, nil, nil)},
		{src: "10.0.0.2", dst: "10.0.0.1", proto: 6, payload: tcp(443, 40000, 0x12, nil, nil)},
		{src: "10.0.0.1", dst: "10.0.0.2", proto: 6, frag: 0x4000, payload: tcp(40000, 443, 0x18, nil, hello)},
		{src: "10.0.0.1", dst: "10.0.0.2", proto: 6, payload: tcp(40000, 443, 0x18, timestamps, hello)},
		{src: "10.0.0.1", dst: "10.0.0.2", proto: 6, options: make([]byte, 8), payload: tcp(40000, 443, 0x18, timestamps, hello)},
		{src: "10.0.0.2", dst: "10.0.0.1", proto: 6, ttl: 61, payload: tcp(443, 40000, 0x14, nil, nil)},
		{src: "10.0.0.2", dst: "10.0.0.1", proto: 6, payload: tcp(443, 40000, 0x04, nil, nil)},
		{src: "10.0.0.1", dst: "192.168.1.20", proto: 6, tos: 0xb8, payload: tcp(40001, 8443, 0xc2, nil, nil)},
		{src: "192.168.1.20", dst: "10.0.0.9", proto: 6, payload: tcp(80, 40002, 0x11, nil, []byte("GET / HTTP/1.1\r\n\r\n"))},
		{src: "172.16.5.4", dst: "10.0.0.9", proto: 6, payload: tcp(22, 22, 0x10, nil, make([]byte, 1400))},
		{src: "10.1.0.7", dst: "10.1.0.8", proto: 6, payload: tcp(443, 443, 0x20, nil, nil)},
		{src: "10.0.0.1", dst: "10.0.0.53", proto: 17, payload: udp(40001, 53, make([]byte, 30))},
		{src: "10.0.0.53", dst: "10.0.0.1", proto: 17, payload: udp(53, 40001, make([]byte, 90))},
		{src: "10.0.0.53", dst: "10.0.0.54", proto: 17, options: make([]byte, 40), payload: udp(53, 53, nil)},
		{src: "10.0.0.1", dst: "10.0.0.2", proto: 17, payload: udp(40003, 443, slices.Concat([]byte{0xc3, 0, 0, 0, 1}, make([]byte, 1195)))},
		{src: "10.0.0.1", dst: "224.0.0.251", proto: 17, payload: udp(5353, 5353, make([]byte, 20))},
		{src: "0.0.0.0", dst: "255.255.255.255", proto: 17, payload: udp(68, 67, make([]byte, 240))},
		{src: "10.0.0.1", dst: "10.0.0.2", proto: 132, payload: sctp(9899, 9899)},
		{src: "10.0.0.1", dst: "10.0.0.2", proto: 1, payload: slices.Concat([]byte{8, 0, 0, 0}, be32(1))},
		{src: "10.0.0.2", dst: "10.0.0.1", proto: 1, payload: slices.Concat([]byte{0, 0, 0, 0}, be32(1))},
		{src: "10.0.0.2", dst: "10.0.0.1", proto: 1, payload: slices.Concat([]byte{3, 3, 0, 0}, be32(0), make([]byte, 28))},
		{src: "10.0.0.3", dst: "10.0.0.1", proto: 1, payload: slices.Concat([]byte{11, 0, 0, 0}, be32(0), make([]byte, 28))},
		{src: "10.0.0.1", dst: "224.0.0.22", proto: 2, ttl: 1, options: []byte{0x94, 4, 0, 0}, payload: []byte{0x16, 0, 0, 0, 224, 0, 0, 9}},
		{src: "10.0.0.1", dst: "10.0.0.2", proto: 6, id: 7, frag: 0x2000, payload: tcp(40000, 443, 0x18, nil, make([]byte, 20))},
		{src: "10.0.0.1", dst: "10.0.0.2", proto: 6, id: 7, frag: 0x0005, payload: tcp(443, 443, 0x02, nil, nil)},
		{src: "10.0.0.1", dst: "10.0.0.2", proto: 17, id: 8, frag: 0x20b9, payload: udp(53, 53, nil)},
		{src: "10.0.0.1", dst: "10.0.0.2", proto: 51, payload: authentication(6, tcp(40000, 443, 0x02, nil, nil))},
		{src: "10.0.0.1", dst: "10.0.0.2", proto: 50, payload: make([]byte, 40)},
		{src: "10.0.0.1", dst: "10.0.0.2", proto: 47, payload: slices.Concat([]byte{0, 0, 8, 0}, make([]byte, 20))},
		{src: "10.0.0.1", dst: "224.0.0.13", proto: 103, payload: []byte{0x20, 0, 0, 0}},
		{src: "10.0.0.1", dst: "224.0.0.18", proto: 112, payload: []byte{0x21, 1, 100, 1, 0, 0, 0, 0}},
		{src: "10.0.0.1", dst: "224.0.0.5", proto: 89, payload: make([]byte, 24)},
		{src: "10.0.0.1", dst: "10.0.0.2", proto: 9, payload: make([]byte, 4)},
		{src: "10.0.0.1", dst: "10.0.0.2", proto: 255, tos: 5},
		{src: "127.0.0.1", dst: "0.0.0.10", proto: 6, payload: tcp(1, 65535, 0x10, nil, nil)},
		{src: "0.0.0.0", dst: "0.0.0.0", proto: 0, payload: tcp(0, 0, 0, nil, nil)},
	}
	var packets []packet
	for _, p := range list {
		packets = append(packets, packet{0x0800, p.bytes()})
	}
	return packets
}

func packets6() []packet {
	a, b := "2001:db8::1", "2001:db8::2"
	syn := tcp(40000, 443, 0x02, nil, nil)
	list := []ip6{
		{src: a, dst: b, next: 6, hops: 64, payload: syn},
		{src: b, dst: a, next: 6, hops: 64, payload: tcp(443, 40000, 0x14, nil, nil)},
		{src: a, dst: "2001:db8:8000::3", next: 6, hops: 64, payload: tcp(40001, 8443, 0x18, nil, make([]byte, 100))},
		{src: a, dst: a, next: 6, hops: 64, payload: tcp(22, 22, 0x10, nil, nil)},
		{src: a, dst: b, next: 17, hops: 64, payload: udp(40000, 53, make([]byte, 30))},
		{src: b, dst: a, next: 17, hops: 64, payload: udp(443, 40003, make([]byte, 1200))},
		{src: "fe80::1", dst: "ff02::fb", next: 17, hops: 255, payload: udp(5353, 5353, make([]byte, 20))},
		{src: a, dst: b, next: 132, hops: 64, payload: sctp(9899, 9899)},
		{src: a, dst: b, next: 58, hops: 64, payload: slices.Concat([]byte{128, 0, 0, 0}, be32(1))},
		{src: b, dst: a, next: 58, hops: 64, payload: slices.Concat([]byte{129, 0, 0, 0}, be32(1))},
		{src: "fe80::1", dst: "ff02::1:ff00:2", next: 58, hops: 255, payload: slices.Concat([]byte{135, 0, 0, 0}, be32(0), address(b))},
		{src: "fe80::9", dst: a, next: 58, hops: 64, payload: slices.Concat([]byte{2, 0, 0, 0}, be32(1280), make([]byte, 48))},
		{src: "::", dst: "ff02::16", next: 0, hops: 1, payload: extension(58, 0, slices.Concat([]byte{143, 0, 0, 0}, be32(1)))},
		{src: a, dst: b, next: 0, hops: 64, payload: extension(6, 0, syn)},
		{src: a, dst: b, next: 60, hops: 64, payload: extension(6, 2, syn)},
		{src: a, dst: b, next: 0, hops: 64, payload: extension(43, 1, extension(60, 0, extension(17, 0, udp(40000, 53, nil))))},
		{src: a, dst: b, next: 44, hops: 64, payload: slices.Concat([]byte{6, 0, 0, 1}, be32(9), syn)},
		{src: a, dst: b, next: 44, hops: 64, payload: slices.Concat([]byte{17, 0, 5, 0}, be32(9), make([]byte, 40))},
		{src: a, dst: b, next: 44, hops: 64, payload: slices.Concat([]byte{58, 0, 0, 1}, be32(9), make([]byte, 40))},
		{src: a, dst: b, next: 59, hops: 64, payload: make([]byte, 8)},
		{src: a, dst: b, next: 60, hops: 64, payload: extension(59, 0, nil)},
		{src: a, dst: b, next: 50, hops: 64, payload: make([]byte, 40)},
		{src: a, dst: "ff02::d", next: 103, hops: 1, payload: []byte{0x20, 0, 0, 0}},
		{src: "::1", dst: "::ffff:10.0.0.1", next: 6, hops: 64, payload: syn},
		{src: "1:2:3:4:5:6:7:8", dst: "::", next: 255, hops: 0},
	}
	var packets []packet
	for _, p := range list {
		packets = append(packets, packet{0x86dd, p.bytes()})
	}
	return packets
}

func packetsOther() []packet {
	return []packet{
		{0x0806, arp(1, "10.0.0.1", "10.0.0.2")},
		{0x0806, arp(2, "10.0.0.2", "10.0.0.1")},
		{0x0806, arp(1, "192.168.1.20", "192.168.1.1")},
		{0x8035, arp(3, "10.0.0.1", "10.0.0.2")},
		{0x88cc, make([]byte, 30)},
		{0x9000, make([]byte, 46)},
	}
}
