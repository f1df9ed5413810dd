package capture

import (
	"fmt"
	"strings"
	"testing"
)

// variant is a hand-made file, what it is called and what is in it.
type variant struct {
	name string
	file *file
	want []packet
	// Cut before this byte, the file looks like something else: the variant is told by what precedes it.
	ambiguous int
}

// pkt is a packet of link type Ethernet, on the first interface, with microseconds, unless with changes that.
func pkt(frame uint64, time int64, data string, with ...func(*Packet)) packet {
	p := Packet{Time: time, CapLen: uint32(len(data)), Len: uint32(len(data)), Link: LinkEthernet, Digits: 6}
	for _, change := range with {
		change(&p)
	}
	return packet{p, frame, data}
}

func length(n uint32) func(*Packet)            { return func(p *Packet) { p.Len = n } }
func digits(n uint8) func(*Packet)             { return func(p *Packet) { p.Digits = n } }
func iface(n uint16, l LinkType) func(*Packet) { return func(p *Packet) { p.Iface, p.Link = n, l } }
func onLink(l LinkType) func(*Packet)          { return func(p *Packet) { p.Link = l } }
func header(minor uint16, network uint32) *file {
	return pcapFile(le, 0xa1b2c3d4, minor, 65535, network)
}

const second = int64(1_700_000_000) // a whole second in 2023

// variants returns one of every kind of file that is read.
func variants() []variant {
	return append(pcapVariantFiles(), pcapngVariantFiles()...)
}

func pcapVariantFiles() []variant {
	const s = uint32(second)
	var list []variant
	add := func(v variant) { list = append(list, v) }
	for name, o := range map[string]order{"little-endian": le, "big-endian": be} {
		add(variant{name: "pcap " + name,
			file: pcapFile(o, 0xa1b2c3d4, 4, 65535, 1).record(s, 7, 3, 3, "", "abc").record(s, 999999, 0, 60, "", ""),
			want: []packet{pkt(1, second*1e9+7000, "abc"), pkt(2, second*1e9+999999000, "", length(60))}})
		add(variant{name: "pcap nanoseconds " + name,
			file: pcapFile(o, 0xa1b23c4d, 4, 65535, 113).record(s, 999999999, 1, 1, "", "x"),
			want: []packet{pkt(1, second*1e9+999999999, "x", digits(9), onLink(LinkLinuxSLL))}})
		add(variant{name: "modified pcap " + name,
			file: pcapFile(o, 0xa1b2cd34, 4, 65535, 1).record(s, 1, 2, 2, "eeeeeeee", "ab").record(s, 2, 2, 2, "eeeeeeee", "cd"),
			want: []packet{pkt(1, second*1e9+1000, "ab"), pkt(2, second*1e9+2000, "cd")}})
	}
	add(variant{name: "pcap without packets", file: header(4, 1)})
	add(variant{name: "pcap snaplen 0", file: pcapFile(le, 0xa1b2c3d4, 4, 0, 1).record(s, 0, 1, 1, "", "x"),
		want: []packet{pkt(1, second*1e9, "x")}})
	add(variant{name: "pcap snaplen absurd", file: pcapFile(le, 0xa1b2c3d4, 4, ^uint32(0), 1).record(s, 0, 1, 1, "", "x"),
		want: []packet{pkt(1, second*1e9, "x")}})
	add(variant{name: "pcap longer than snaplen", file: pcapFile(le, 0xa1b2c3d4, 4, 2, 1).record(s, 0, 4, 9, "", "long"),
		want: []packet{pkt(1, second*1e9, "long", length(9))}})
	add(variant{name: "pcap captured more than there was", file: header(4, 1).record(s, 0, 4, 2, "", "more"),
		want: []packet{pkt(1, second*1e9, "more", length(2))}})
	add(variant{name: "pcap link type 276", file: header(4, 276).record(s, 0, 1, 1, "", "x"),
		want: []packet{pkt(1, second*1e9, "x", onLink(LinkLinuxSLL2))}})
	add(variant{name: "pcap with FCS length", file: header(4, 0x24000001).record(s, 0, 1, 1, "", "x"),
		want: []packet{pkt(1, second*1e9, "x")}})
	add(variant{name: "pcap fractions out of range",
		file: header(4, 1).record(s, ^uint32(4), 0, 0, "", "").record(s, 1_500_000, 0, 0, "", "").record(^uint32(0), 999999, 0, 0, "", ""),
		want: []packet{pkt(1, second*1e9-5000, ""), pkt(2, second*1e9+1_500_000_000, ""), pkt(3, 4294967295_999999000, "")}})
	add(variant{name: "pcap 2.2, lengths swapped", file: header(2, 1).record(s, 0, 60, 2, "", "ab").record(s, 0, 6, 2, "", "cd").record(s, 0, 6, 6, "", "longer"),
		want: []packet{pkt(1, second*1e9, "ab", length(60)), pkt(2, second*1e9, "cd", length(6)), pkt(3, second*1e9, "longer")}})
	add(variant{name: "pcap 2.3, lengths either way", file: header(3, 1).record(s, 0, 60, 2, "", "ab").record(s, 0, 2, 60, "", "cd"),
		want: []packet{pkt(1, second*1e9, "ab", length(60)), pkt(2, second*1e9, "cd", length(60))}})
	add(variant{name: "aix pcap", file: header(2, 6).record(s, 123456789, 60, 2, "", "ab"),
		want: []packet{pkt(1, second*1e9+123456789, "ab", length(60), digits(9))}})
	for extra, name := range map[string]string{"nnnn": "nokia", "eeeeeeee": "ss990417"} {
		add(variant{name: name, ambiguous: 24 + 2*(16+len(extra)) + 40,
			file: header(4, 1).record(s, 1, 40, 40, extra, strings.Repeat("a", 40)).record(s, 2, 2, 2, extra, "cd"),
			want: []packet{pkt(1, second*1e9+1000, strings.Repeat("a", 40)), pkt(2, second*1e9+2000, "cd")}})
	}
	add(variant{name: "ss990915", ambiguous: 24 + 2*28 + 40,
		file: pcapFile(le, 0xa1b2cd34, 4, 65535, 1).record(s, 1, 40, 40, "eeeeeeee1234", strings.Repeat("a", 40)).record(s, 2, 2, 2, "eeeeeeee1234", "cd"),
		want: []packet{pkt(1, second*1e9+1000, strings.Repeat("a", 40)), pkt(2, second*1e9+2000, "cd")}})
	for _, magic := range []uint32{0x1c0001ab, 0x1c0001ac} {
		f := pcapFile(le, magic, 4, 65535, 1)
		f.data = append(f.data, 20, 0, 0, 0) // the size of all records
		f.records[0].end = len(f.data)
		add(variant{name: fmt.Sprintf("ixia %#x", magic), file: f.record(s, 5, 2, 2, "", "ab"),
			want: []packet{pkt(1, second*1e9+5000, "ab")}})
	}
	add(variant{name: "snoop", file: snoopFile(), ambiguous: len(snoopMagic),
		want: []packet{pkt(1, second*1e9+7000, "abcde", length(60)), pkt(2, second*1e9+8000, "fg")}})
	add(variant{name: "many", file: manyPackets(), want: manyWanted()})
	return list
}

// snoopFile has a record with padding, and cumulative drops.
func snoopFile() *file {
	f := &file{order: be}
	f.add(f.fields(snoopMagic, uint32(2), uint32(4)))
	f.addPacket(f.fields(60, 5, 24+8, 0, uint32(second), 7, "abcde", "\x00\x00\x00"))
	f.addPacket(f.fields(2, 2, 24+2, 3, uint32(second), 8, "fg"))
	return f
}

// manyPackets is a file that spans many small blocks, with a packet larger than the smaller of them.
func manyPackets() *file {
	f := header(4, 1)
	for _, p := range manyWanted() {
		f.record(uint32(p.Time/1e9), 0, p.CapLen, p.Len, "", p.data)
	}
	return f
}

func manyWanted() (list []packet) {
	for i := range 120 {
		size := i * 7 % 150
		if i == 60 {
			size = 5000
		}
		list = append(list, pkt(uint64(i)+1, (second+int64(i))*1e9, strings.Repeat(string(rune('a'+i%26)), size)))
	}
	return list
}

func TestVariants(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			samePackets(t, mustCollect(t, v.file.data), v.want)
		})
	}
}

// TestLengthsInEitherOrder has packets of 256 bytes, which are 65536 in the other byte order, and as many behind them.
func TestLengthsInEitherOrder(t *testing.T) {
	var want []packet
	for i := range 8 {
		want = append(want, pkt(uint64(i)+1, second*1e9, strings.Repeat("x", 256)))
	}
	want = append(want, pkt(9, second*1e9, strings.Repeat("x", 1<<17)))
	for _, o := range []order{le, be} {
		pcap, ng := pcapFile(o, 0xa1b2c3d4, 4, 65535, 1), ngFile(o).iface(1, 0)
		for _, p := range want {
			pcap.record(uint32(second), 0, p.CapLen, p.Len, "", p.data)
			ng.enhanced(0, ngTime, p.Len, p.data)
		}
		samePackets(t, mustCollect(t, pcap.data), want)
		samePackets(t, mustCollect(t, ng.data), want)
	}
}
