package main

import (
	"encoding/binary"
	"net/netip"
)

var be = binary.BigEndian

// TCP flags (RFC 9293, Section 3.1).
const (
	fin = 0x01
	syn = 0x02
	rst = 0x04
	psh = 0x08
	ack = 0x10
)

const (
	protoTCP = 6
	protoUDP = 17
)

// header is what varies in an IP header.
type header struct {
	src, dst netip.Addr
	protocol byte
	ttl      byte
	id       uint16
}

// ip prepends an IPv4 or IPv6 header to payload.
func (h header) ip(payload []byte) []byte {
	if h.src.Is6() {
		b := []byte{0x60, 0, 0, 0}
		b = be.AppendUint16(b, uint16(len(payload)))
		b = append(b, h.protocol, h.ttl)
		b = append(append(b, h.src.AsSlice()...), h.dst.AsSlice()...)
		return append(b, payload...)
	}
	b := []byte{0x45, 0}
	b = be.AppendUint16(b, uint16(20+len(payload)))
	b = be.AppendUint16(b, h.id)
	b = append(b, 0x40, 0, h.ttl, h.protocol, 0, 0) // DF
	b = append(append(b, h.src.AsSlice()...), h.dst.AsSlice()...)
	be.PutUint16(b[10:], fold(sum(0, b)))
	return append(b, payload...)
}

// checksum is that of a TCP or UDP segment under this header, with its pseudo header.
func (h header) checksum(segment []byte) uint16 {
	pseudo := append(h.src.AsSlice(), h.dst.AsSlice()...)
	pseudo = be.AppendUint32(pseudo, uint32(len(segment)))
	pseudo = be.AppendUint32(pseudo, uint32(h.protocol))
	return fold(sum(sum(0, pseudo), segment))
}

func sum(s uint32, b []byte) uint32 {
	for i := 0; i+1 < len(b); i += 2 {
		s += uint32(be.Uint16(b[i:]))
	}
	if len(b)%2 == 1 {
		s += uint32(b[len(b)-1]) << 8
	}
	return s
}

// fold ends an Internet checksum (RFC 1071).
func fold(s uint32) uint16 {
	for s>>16 != 0 {
		s = s&0xffff + s>>16
	}
	return ^uint16(s)
}

// segment is one TCP segment.
type segment struct {
	header
	sport, dport uint16
	seq, ack     uint32
	flags        byte
	window       uint16
	options      []byte
	payload      []byte
}

// packet returns the segment in its IP packet.
func (s segment) packet() []byte {
	b := be.AppendUint16(nil, s.sport)
	b = be.AppendUint16(b, s.dport)
	b = be.AppendUint32(b, s.seq)
	b = be.AppendUint32(b, s.ack)
	b = append(b, byte(5+len(s.options)/4)<<4, s.flags)
	b = be.AppendUint16(b, s.window)
	b = append(b, 0, 0, 0, 0) // checksum, urgent pointer
	b = append(append(b, s.options...), s.payload...)
	be.PutUint16(b[16:], s.checksum(b))
	return s.ip(b)
}

// udp returns a datagram in its IP packet.
func udp(src, dst netip.AddrPort, payload []byte) []byte {
	h := header{src: src.Addr(), dst: dst.Addr(), protocol: protoUDP, ttl: 64}
	b := be.AppendUint16(nil, src.Port())
	b = be.AppendUint16(b, dst.Port())
	b = be.AppendUint16(b, uint16(8+len(payload)))
	b = append(append(b, 0, 0), payload...)
	be.PutUint16(b[6:], h.checksum(b))
	return h.ip(b)
}

// etherType of an IP packet.
func etherType(packet []byte) uint16 {
	if packet[0]>>4 == 6 {
		return 0x86dd
	}
	return 0x0800
}

var (
	macClient = []byte{0x02, 0, 0, 0, 0, 1}
	macServer = []byte{0x02, 0, 0, 0, 0, 2}
)

// eth prepends an Ethernet header with the given type.
func eth(kind uint16, fromClient bool, payload []byte) []byte {
	src, dst := macServer, macClient
	if fromClient {
		src, dst = macClient, macServer
	}
	b := append(append([]byte(nil), dst...), src...)
	return append(be.AppendUint16(b, kind), payload...)
}
