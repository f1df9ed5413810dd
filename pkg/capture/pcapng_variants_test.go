package capture

import "strings"

// ngTime is second in microseconds.
var ngTime = uint64(second) * 1e6

func pcapngVariantFiles() []variant {
	us := second * 1e9
	list := []variant{
		{name: "pcapng little-endian", file: ngFile(le).iface(1, 0).enhanced(0, ngTime+7, 60, "abc").enhanced(0, ngTime, 4, "abcd"),
			want: []packet{pkt(1, us+7000, "abc", length(60)), pkt(2, us, "abcd")}},
		{name: "pcapng big-endian", file: ngFile(be).iface(1, 0).enhanced(0, ngTime+7, 60, "abc"),
			want: []packet{pkt(1, us+7000, "abc", length(60))}},
		{name: "pcapng without packets", file: ngFile(le)},
		{name: "pcapng section with options", file: (&file{order: le}).block(ngSection, uint32(ngByteOrderMagic), uint16(1), uint16(2),
			uint64(4), (&file{order: le}).option(2, strings.Repeat("hardware", 40))).iface(1, 0).enhanced(0, ngTime, 1, "x"),
			want: []packet{pkt(1, us, "x")}},
		{name: "pcapng skipped blocks", file: skippedBlocks(),
			want: []packet{pkt(1, us, "x"), pkt(2, us, "y")}},
		{name: "pcapng numbered blocks", file: numberedBlocks(),
			want: []packet{pkt(3, us, "x"), pkt(4, us, "y"), pkt(6, us, "z")}},
		{name: "pcapng obsolete packet block", file: ngFile(be).iface(1, 0).iface(113, 0).
			packetBlock(ngPacket, uint16(1), uint16(9), uint32(ngTime>>32), uint32(ngTime), 2, 60, "ab"),
			want: []packet{pkt(1, us, "ab", length(60), iface(1, LinkLinuxSLL))}},
		{name: "pcapng simple packet block", file: ngFile(le).iface(1, 4).
			packetBlock(ngSimplePacket, 60, "abcd").packetBlock(ngSimplePacket, 2, "ef"),
			want: []packet{pkt(1, 0, "abcd", length(60), digits(0)), pkt(2, 0, "ef", digits(0))}},
		{name: "pcapng simple packet block, no snaplen", file: ngFile(le).iface(1, 0).packetBlock(ngSimplePacket, 5, "abcde"),
			want: []packet{pkt(1, 0, "abcde", digits(0))}},
		{name: "pcapng sections and interfaces", file: sections(), want: []packet{
			pkt(1, us, "a", iface(1, LinkLinuxSLL2), digits(9)),
			pkt(2, us, "b"),
			pkt(3, us, "c", iface(2, LinkRaw)),
			pkt(4, us, "d", iface(2, LinkRaw), digits(0), func(p *Packet) { p.Time = 0 })}},
		{name: "pcapng lengths without padding", file: unpaddedLengths(), want: []packet{pkt(1, us, "abc"), pkt(2, us, "y")}},
		{name: "pcapng many", file: manyBlocks(), want: manyWanted()},
	}
	return list
}

// skippedBlocks has blocks of every type that is not read, one of them larger than most blocks of the tests.
func skippedBlocks() *file {
	f := ngFile(le).block(4, "names").iface(1, 0).block(0x0bac, strings.Repeat("what", 6000)).enhanced(0, ngTime, 1, "x")
	f.block(10, "secrets").block(0x7fffffff).block(ngStatistics, 0, uint64(0)).block(ngStatistics, 77, uint64(0))
	return f.enhanced(0, ngTime, 1, "y").block(0x80000001, "end")
}

// numberedBlocks has custom blocks and an entry of a journal before, between and behind its packets.
func numberedBlocks() *file {
	f := ngFile(le).block(0x0bad, strings.Repeat("custom", 4000)).iface(1, 0).block(0x40000bad, "one more").enhanced(0, ngTime, 1, "x")
	f.enhanced(0, ngTime, 1, "y").block(9, "__REALTIME_TIMESTAMP=1700000000000000\n").enhanced(0, ngTime, 1, "z")
	return f.block(0x0bad, "end")
}

// sections has two sections of different byte order; the interfaces of the second are others than those of the
// first.
func sections() *file {
	f := ngFile(le).iface(1, 0)
	f.iface(276, 0, f.option(2, "any"), f.option(9, byte(9)), uint32(0))
	f.enhanced(1, uint64(second)*1e9, 1, "a").enhanced(0, ngTime, 1, "b")
	f.section(be).iface(101, 0).enhanced(0, ngTime, 1, "c").packetBlock(ngSimplePacket, 1, "d")
	return f
}

// unpaddedLengths has blocks that are padded and say how long they would be if they were not.
func unpaddedLengths() *file {
	f := ngFile(le).iface(1, 0)
	f.addPacket(f.fields(uint32(ngEnhancedPacket), 35, 0, uint32(ngTime>>32), uint32(ngTime), 3, 3, "abc", byte(0), 35))
	f.add(f.fields(uint32(99), 13, "x\x00\x00\x00", 13))
	return f.enhanced(0, ngTime, 1, "y")
}

func manyBlocks() *file {
	f := ngFile(le).iface(1, 0)
	for _, p := range manyWanted() {
		f.enhanced(0, uint64(p.Time/1000), p.Len, p.data)
	}
	return f
}
