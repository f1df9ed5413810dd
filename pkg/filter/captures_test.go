package filter

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// record is a captured packet: frame may have been cut to fewer bytes than length.
type record struct {
	frame  []byte
	length int
}

func whole(parts ...[]byte) record {
	frame := slices.Concat(parts...)
	return record{frame, len(frame)}
}

// capture is a file in memory.
type capture struct {
	name     string
	linkType uint32
	order    binary.ByteOrder
	records  []record
}

// pcap returns the capture as a file in which the time of a packet is its index.
func (c capture) pcap() []byte {
	var file bytes.Buffer
	write := func(fields ...uint32) {
		for _, field := range fields {
			_ = binary.Write(&file, c.order, field)
		}
	}
	write(0xa1b2c3d4)
	_ = binary.Write(&file, c.order, []uint16{2, 4})
	write(0, 0, defaultSnaplen, c.linkType)
	for i, r := range c.records {
		write(uint32(i), 0, uint32(len(r.frame)), uint32(r.length))
		file.Write(r.frame)
	}
	return file.Bytes()
}

// captures holds the same traffic on every link type that tcpdump reads too.
func captures() []capture {
	le, be := binary.LittleEndian, binary.BigEndian
	v4, v6, other := packets4(), packets6(), packetsOther()
	ip := slices.Concat(v4, v6)
	both := slices.Concat(ip, other)
	return []capture{
		{"ethernet", 1, le, append(onLink(both, ethernetHeader), ethernetOnly()...)},
		{"raw", 101, le, onLink(ip, noHeader)},
		{"null-le", 0, le, onLink(ip, nullHeader(le))},
		{"null-be", 0, be, onLink(ip, nullHeader(be))},
		{"loop", 108, le, onLink(ip, nullHeader(be))},
		{"ipv4", 228, le, onLink(v4, noHeader)},
		{"ipv6", 229, le, onLink(v6, noHeader)},
		{"sll", 113, le, append(onLink(both, cookedHeader), llcOverCooked())},
		{"sll2", 276, be, onLink(both, cooked2Header)},
		{"ppp", 9, le, onLink(ip, pppHeader(0xff, 0x03))},
		{"ppp-serial", 50, le, onLink(ip, pppHeader(0xff, 0x03))},
		{"pppoe", 51, le, onLink(ip, pppHeader(0x11, 0, 0, 1, 0, 60))},
		{"pppd", 166, le, onLink(ip, pppHeader(0, 0x03))},
		{"hdlc", 104, le, onLink(both, func(_ int, p packet) []byte { return slices.Concat([]byte{0x0f, 0}, be16(p.etherType)) })},
		{"enc", 109, le, onLink(ip, encHeader)},
	}
}

// oddCaptures holds packets that were cut off or damaged.
func oddCaptures() []capture {
	var odd []capture
	for _, c := range captures()[:2] {
		c.name, c.records = c.name+"-odd", append(cut(c.records), damaged(c.records)...)
		odd = append(odd, c)
	}
	return odd
}

func onLink(packets []packet, header func(i int, p packet) []byte) []record {
	var records []record
	for i, p := range packets {
		records = append(records, whole(header(i, p), p.bytes))
	}
	return records
}

// cut returns some of the packets, cut off around the end of every field of interest.
func cut(records []record) []record {
	var list []record
	for i := 0; i < len(records); i += 4 {
		for _, n := range []int{0, 1, 4, 13, 14, 15, 20, 23, 24, 30, 34, 35, 37, 38, 40, 47, 48, 54, 55, 58, 67} {
			if n < len(records[i].frame) {
				list = append(list, record{records[i].frame[:n], records[i].length})
			}
		}
	}
	return list
}

// damaged returns two variants of each packet with a few bytes changed, the same in every run.
func damaged(records []record) []record {
	state := uint64(1)
	random := func(n int) int {
		state = state*6364136223846793005 + 1442695040888963407
		return int(state>>33) % n
	}
	var list []record
	for _, r := range slices.Concat(records, records) {
		frame := slices.Clone(r.frame)
		for range 4 {
			frame[random(min(len(frame), 80))] ^= 1 << random(8)
		}
		list = append(list, record{frame, r.length})
	}
	return list
}

func noHeader(int, packet) []byte { return nil }

func nullHeader(order binary.ByteOrder) func(int, packet) []byte {
	return func(i int, p packet) []byte {
		family := uint32(2)
		if p.etherType == 0x86dd {
			family = []uint32{30, 24, 28, 10}[i%4] // the last is Linux's, which is not expected in a file
		}
		header := make([]byte, 4)
		order.PutUint32(header, family)
		return header
	}
}

// pppHeader is a PPP protocol behind the given bytes. Some packets have 1 as their first byte, as pppd writes, or 0xff.
func pppHeader(front ...byte) func(int, packet) []byte {
	return func(i int, p packet) []byte {
		head := slices.Clone(front)
		if head[0] == 0 {
			head[0] = []byte{0, 1, 0xff}[i%3]
		}
		if p.etherType == 0x86dd {
			return append(head, 0, 0x57)
		}
		return append(head, 0, 0x21)
	}
}

func encHeader(i int, p packet) []byte {
	return append(nullHeader(binary.LittleEndian)(i, p), 0, 0, 0x10, 1, 2, 0, 0, 0)
}

func ethernetHeader(i int, p packet) []byte {
	to, from := []byte{2, 0, 0, 0, 0, 2}, []byte{2, 0, 0, 0, 0, 1}
	switch i % 5 {
	case 1:
		to, from = from, to
	case 2:
		to = []byte{2, 0, 0, 0, 0, 3}
	case 3:
		to = []byte{1, 0, 0x5e, 0, 0, 0xfb}
	case 4:
		to = []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	}
	return slices.Concat(to, from, be16(p.etherType))
}

// cookedHeader gives the packets each type from "to us" (0) to "outgoing" (4).
func cookedHeader(i int, p packet) []byte {
	return slices.Concat(be16(i%5), be16(1), be16(6), []byte{2, 0, 0, 0, 0, 1, 0, 0}, be16(p.etherType))
}

func cooked2Header(i int, p packet) []byte {
	return slices.Concat(be16(p.etherType), be16(0), be32(3), be16(1), []byte{byte(i % 5), 6, 2, 0, 0, 0, 0, 1, 0, 0})
}

func llcOverCooked() record {
	return whole(cookedHeader(0, packet{etherType: 4}), []byte{0x42, 0x42, 3}, make([]byte, 35))
}

// ethernetOnly holds what needs an Ethernet header: tags, labels and LLC frames.
func ethernetOnly() []record {
	var records []record
	tagged := func(p packet, tags ...int) { // pairs of TPID and TCI, outermost first
		frame := ethernetHeader(len(records), packet{etherType: tags[0]})
		for i := 1; i < len(tags); i += 2 {
			next := p.etherType
			if i+1 < len(tags) {
				next = tags[i+1]
			}
			frame = slices.Concat(frame, be16(tags[i]), be16(next))
		}
		records = append(records, whole(frame, p.bytes))
	}
	v4, v6, other := packets4(), packets6(), packetsOther()
	for _, p := range slices.Concat(v4[:5], v4[11:13], v4[18:19], v4[23:25], v6[:5], v6[8:9], v6[15:16], other[:2]) {
		tagged(p, 0x8100, 100)
	}
	tagged(v4[0], 0x8100, 0xe000|200)
	tagged(v4[0], 0x8100, 0)
	tagged(v4[1], 0x88a8, 100)
	tagged(v4[1], 0x9100, 4095)
	for _, p := range slices.Concat(v4[:4], v6[:2], other[:1]) {
		tagged(p, 0x8100, 100, 0x8100, 200)
		tagged(p, 0x88a8, 200, 0x8100, 100)
	}
	tagged(v4[0], 0x88a8, 1, 0x8100, 2, 0x8100, 3)
	tagged(packet{0x8847, slices.Concat(be32(16<<12|0x1ff), v4[0].bytes)}, 0x8100, 100)
	labelled := func(p packet, labels ...uint32) {
		var stack []byte
		for i, l := range labels {
			entry := l<<12 | 64
			if i == len(labels)-1 {
				entry |= 0x100
			}
			stack = append(stack, be32(entry)...)
		}
		records = append(records, whole(ethernetHeader(len(records), packet{etherType: 0x8847}), stack, p.bytes))
	}
	for _, p := range slices.Concat(v4[:3], v6[:2], other[:1]) {
		labelled(p, 16)
		labelled(p, 100000)
		labelled(p, 16, 17)
		labelled(p, 16, 17, 18)
	}
	session := func(p packet, id int) []byte {
		protocol := map[int]int{0x0800: 0x21, 0x86dd: 0x57, 0x8847: 0x0281}[p.etherType]
		return slices.Concat([]byte{0x11, 0}, be16(id), be16(2+len(p.bytes)), be16(protocol), p.bytes)
	}
	for _, p := range slices.Concat(v4[:5], v6[:5]) {
		tagged(packet{0x8864, session(p, 5)}, 0x8100, 100)
		records = append(records, whole(ethernetHeader(len(records), packet{etherType: 0x8864}), session(p, 7)))
	}
	labels := packet{0x8847, slices.Concat(be32(16<<12|0x100), v4[0].bytes)}
	records = append(records, whole(ethernetHeader(0, packet{etherType: 0x8864}), session(labels, 7)),
		whole(ethernetHeader(0, packet{etherType: 0x8863}), []byte("\x11\x09\x00\x00\x00\x04\x01\x01\x00\x00")))
	for _, sap := range []byte{0x42, 0x06, 0xfe, 0xf0, 0xdc} {
		records = append(records, whole(ethernetHeader(0, packet{etherType: 38}), []byte{sap, sap, 3}, make([]byte, 43)))
	}
	return append(records, whole(ethernetHeader(0, packet{etherType: 38}), []byte{0x42, 0x43, 3}, make([]byte, 43)))
}
