package decode

import (
	"maps"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/capture"
)

func TestLinkLayers(t *testing.T) {
	runCases(t, []decodeCase{
		{"ethernet", block(1, ethFrame(0x0800, helloV4), ethFrame(0x86dd, helloV6)), hello4 + "\n" + hello6},
		{"ethernet padding", block(1, ethFrame(0x0800, append(helloV4[:len(helloV4):len(helloV4)], "padding"...))), hello4},
		{"vlan", block(1, ethFrame(0x8100, vlanTag(0x0800, helloV4))), hello4 + " in vlan"},
		{"802.1ad", block(1, ethFrame(0x88a8, vlanTag(0x8100, vlanTag(0x86dd, helloV6)))), hello6 + " in vlan;vlan"},
		{"old qinq", block(1, ethFrame(0x9100, vlanTag(0x9100, vlanTag(0x0800, helloV4)))), hello4 + " in vlan;vlan"},
		{"three tags", block(1, ethFrame(0x88a8, vlanTag(0x88a8, vlanTag(0x8100, vlanTag(0x0800, helloV4))))), hello4 + " in vlan;vlan;vlan"},
		{"snap", block(1, ethFrame(8+len(helloV4), cat([]byte("\xaa\xaa\x03\x00\x00\x00\x08\x00"), helloV4, []byte("pad")))), hello4},
		{"spanning tree", block(1, ethFrame(38, cat([]byte("\x42\x42\x03"), make([]byte, 43)))), "not-ip 1"},
		{"arp, rarp", block(1, ethFrame(0x0806, make([]byte, 28)), ethFrame(0x8035, make([]byte, 28))), "arp 2"},
		{"lldp", block(1, ethFrame(0x88cc, make([]byte, 46))), "not-ip 1"},
		{"runt", block(1, []byte("\x02\x00\x00")), "malformed 1"},
		{"cut in the ethernet header", snap(block(1, ethFrame(0x0800, helloV4)), 13), "truncated 1"},
		{"sll", block(113, sllFrame(0x0800, helloV4), sllFrame(0x86dd, helloV6)), hello4 + "\n" + hello6},
		{"sll vlan", block(113, sllFrame(0x8100, vlanTag(0x0800, helloV4))), hello4 + " in vlan"},
		{"sll netlink", block(113, cat([]byte("\x00\x04\x03\x38"), sllFrame(0x0800, helloV4)[4:])), "not-ip 1"},
		{"sll2", block(276, sll2Frame(0x0800, 3, helloV4), sll2Frame(0x86dd, 3, helloV6)), hello4 + "\n" + hello6},
		{"sll2 netlink", block(276, cat(sll2Frame(0x0800, 3, nil)[:8], []byte("\x03\x38"), sll2Frame(0, 0, helloV4)[10:])), "not-ip 1"},
		{"sll2 runt", block(276, sll2Frame(0x0800, 3, nil)[:12]), "malformed 1"},
		{"raw", block(101, helloV4, helloV6, []byte("\x00junk"), nil), hello4 + "\n" + hello6 + "\nmalformed 1\nnot-ip 1"},
		{"raw, numbers of BSD", cat12and14(), hello4 + "\n" + hello6},
		{"ipv4 and ipv6", block(228, helloV4), hello4},
		{"ipv6", block(229, helloV6), hello6},
		{"null, little endian", block(0,
			cat([]byte{2, 0, 0, 0}, helloV4), cat([]byte{24, 0, 0, 0}, helloV6), cat([]byte{28, 0, 0, 0}, helloV6),
			cat([]byte{30, 0, 0, 0}, helloV6), cat([]byte{10, 0, 0, 0}, helloV6), cat([]byte{7, 0, 0, 0}, helloV4)),
			hello4 + "\n" + hello6 + "\n" + hello6 + "\n" + hello6 + "\n" + hello6 + "\nnot-ip 1"},
		{"null, big endian", block(0, cat([]byte{0, 0, 0, 2}, helloV4), cat([]byte{0, 0, 0, 30}, helloV6)), hello4 + "\n" + hello6},
		{"loop", block(108, cat([]byte{0, 0, 0, 2}, helloV4), cat([]byte{0, 0, 0, 24}, helloV6)), hello4 + "\n" + hello6},
		{"enc", block(109, encFrame(2, helloV4), encFrame(24, helloV6), encFrame(28, helloV6), encFrame(7, helloV4)),
			hello4 + "\n" + hello6 + "\n" + hello6 + "\nnot-ip 1"},
		{"enc, big endian", block(109, cat([]byte{0, 0, 0, 2}, make([]byte, 8), helloV4)), hello4},
		{"ppp of pppd", block(166, cat([]byte("\x00\x03\x00\x21"), helloV4), cat([]byte("\x01\x03\x57"), helloV6), cat([]byte("\x00\x21"), helloV4), []byte("\x01")),
			hello4 + "\n" + hello6 + "\n" + hello4 + "\nmalformed 1"},
		{"pktap", block(258, pktap1(1, 1, ethFrame(0x0800, helloV4)), pktap1(1, 12, helloV6), pktap1(1, 0, cat([]byte{30, 0, 0, 0}, helloV6))),
			hello4 + "\n" + hello6 + "\n" + hello6},
		{"pktap 2", block(258, pktap2(1, ethFrame(0x0800, helloV4)), pktap2(12, helloV6)), hello4 + "\n" + hello6},
		{"pktap without a packet, of itself, of what is not known", block(258, pktap1(0, 1, nil), pktap1(1, 258, pktap1(1, 12, helloV4)),
			pktap1(1, 1<<16|1, ethFrame(0x0800, helloV4)), pktap1(1, 147, helloV4)), "malformed 2\nnot-ip 1\nunknown-link-type 1"},
		{"pktap with lengths that lie", block(258, cat([]byte{107}, pktap1(1, 12, helloV4)[1:]), cat([]byte{0, 0, 1}, pktap1(1, 12, helloV4)[3:]),
			cat([]byte{39}, pktap2(12, helloV4)[1:]), pktap1(1, 12, nil)[:39]), "malformed 4"},
		{"juniper", block(178, juniperFrame(0, "", ethFrame(0x0800, helloV4)), juniperFrame(1, "", ethFrame(0x8100, vlanTag(0x86dd, helloV6)))),
			hello4 + "\n" + hello6 + " in vlan"},
		{"juniper with a list", block(178, juniperFrame(0x81, "\x00\x07\x03\x01\x0e\x01\x02\x00\x8a", ethFrame(0x0800, helloV4))), hello4},
		{"juniper without ethernet", block(178, juniperFrame(2, "\x02\x00\x00\x00", helloV4), juniperFrame(0x82, "\x00\x00\x1c\x00\x00\x00", helloV6)),
			hello4 + "\n" + hello6},
		{"juniper with another number, a list that is too long, no address family", block(178, cat([]byte("MGB\x00"), ethFrame(0x0800, helloV4)),
			juniperFrame(0x80, "\x40\x00", ethFrame(0x0800, helloV4)), juniperFrame(2, "\x02", nil)), "malformed 3"},
		{"juniper, cut", snap(block(178, juniperFrame(0x80, "\x00\x04abcd", ethFrame(0x0800, helloV4))), 8), "truncated 1"},
		{"nflog", block(239, nflogFrame(nfIPv4, false, helloV4), nflogFrame(nfIPv6, true, helloV6), nflogFrame(nfInet, true, helloV4), nflogFrame(nfBridge, false, helloV6),
			nflogFrame(3, false, make([]byte, 28))), hello4 + "\n" + hello6 + "\n" + hello4 + "\n" + hello6 + "\nnot-ip 1"},
		{"nflog of the first bytes", block(239, nflogFrame(nfIPv4, false, helloV4[:55]), nflogFrame(nfIPv6, true, helloV6[:75])),
			strings.Replace(hello4, `"hello"`, `"hel" of 5`, 1) + "\n" + strings.Replace(hello6, `"hello"`, `"hel" of 5`, 1)},
		{"nflog of less than a header", block(239, nflogFrame(nfIPv4, false, helloV4[:12]), nflogFrame(nfIPv6, true, helloV6[:12])), "truncated 2"},
		{"nflog, cut", snap(block(239, nflogFrame(nfIPv4, false, helloV4)), 20), "truncated 1"},
		{"nflog of nothing, and with lengths that lie", block(239, nflogFrame(nfIPv4, false, nil)[:28], []byte("\x02\x00\x00\x00\x03\x00\x01\x00"),
			[]byte("\x02\x00\x00\x00\x05\x00\x09\x00"), []byte("\x02\x01\x00\x00"), []byte("\x02")), "malformed 4\ntruncated 1"},
		{"unknown", block(147, helloV4), "unknown-link-type 1"},
	})
}

// The same packet on another interface, or logged by a rule at another place, is told apart.
func TestInterfacesInHeaders(t *testing.T) {
	name, other := pktap1(1, 12, helloV4), pktap1(1, 12, helloV4)
	copy(other[12:], "utun3")
	name2, other2 := pktap2(12, helloV4), pktap2(12, helloV4)
	copy(other2[40:], "utun3")
	rule, hook, out := nflogFrame(nfIPv4, false, helloV4), nflogFrame(nfIPv4, false, helloV4), nflogFrame(nfIPv4, false, helloV4)
	hook[10], out[19] = 4, 9
	for _, b := range []*capture.Block{block(258, name, name, other), block(258, name2, name2, other2), block(239, rule, rule, hook, out)} {
		r := decodeBlock(b)
		seen := map[uint8]int{}
		for _, s := range segments(&r.batch) {
			seen[s.Iface]++
		}
		if len(seen) != len(b.Packets)-1 {
			t.Errorf("link type %d: %v", b.Packets[0].Link, seen)
		}
	}
}

func cat12and14() *capture.Block {
	b := block(12, helloV4, helloV6)
	b.Packets[1].Link = 14
	return b
}

// Packets whose link type is not decoded are counted by it.
func TestUnknownLinks(t *testing.T) {
	b := block(147, helloV4, helloV4, helloV4, helloV4)
	b.Packets[1].Link, b.Packets[2].Link = 189, 1
	d, out := NewDecoder(), new(Batch)
	out.Reset()
	d.Block(b, out)
	total := d.UnknownLinks()
	total.Add(Links{189: 4, 3: 1})
	if want := (Links{147: 2, 189: 5, 3: 1}); !maps.Equal(total, want) {
		t.Errorf("counted %v, want %v", total, want)
	}
}

// Interfaces are told apart by their number in the file and, with SLL2, by the kernel's index.
func TestInterfaces(t *testing.T) {
	b := block(276, sll2Frame(0x0800, 1, helloV4), sll2Frame(0x0800, 2, helloV4), sll2Frame(0x0800, 2, helloV4),
		ethFrame(0x0800, helloV4), ethFrame(0x0800, helloV4), sllFrame(0x0800, helloV4))
	b.Packets[2].Iface = 1
	b.Packets[3].Link, b.Packets[4].Link, b.Packets[5].Link = 1, 1, 113
	b.Packets[4].Iface = 1
	r := decodeBlock(b)
	list := r.batch.Lists[segments(&r.batch)[0].Shard()]
	if len(list) != 6 {
		t.Fatalf("%d segments, not 6", len(list))
	}
	seen := map[uint8]int{}
	for _, s := range list[:5] {
		seen[s.Iface]++
	}
	if len(seen) != 5 {
		t.Errorf("five interfaces have only %d tags: %v", len(seen), seen)
	}
	if list[3].Iface != 0 || list[5].Iface != 0 {
		t.Errorf("the first interface without an index has tags %d and %d, not 0", list[3].Iface, list[5].Iface)
	}
}

// segments returns all segments of a batch.
func segments(b *Batch) []Segment {
	var all []Segment
	for _, list := range b.Lists {
		all = append(all, list...)
	}
	return all
}

// Linux "cooked" headers tell directions, which the fast way and the general one, which three VLAN tags take, both say.
func TestDirections(t *testing.T) {
	tagged := vlanTag(0x8100, vlanTag(0x8100, vlanTag(0x0800, helloV4)))
	for _, test := range []struct {
		link  capture.LinkType
		frame []byte
		at    int // of the last byte of the packet type
	}{
		{113, sllFrame(0x0800, helloV4), 1},
		{113, sllFrame(0x8100, tagged), 1},
		{276, sll2Frame(0x0800, 3, helloV4), 10},
		{276, sll2Frame(0x8100, 3, tagged), 10},
	} {
		b := block(test.link, test.frame, test.frame, test.frame, test.frame, test.frame)
		for packetType, p := range b.Packets {
			b.Data[int(p.Offset)+test.at] = byte(packetType)
		}
		r := decodeBlock(b)
		all := segments(&r.batch)
		if len(all) != len(b.Packets) {
			t.Fatalf("link type %d: %v", test.link, r)
		}
		for packetType, s := range all {
			way, out := BitIncoming, packetType == packetOutgoing
			if out {
				way = BitOutgoing
			}
			if s.Bits&(BitIncoming|BitOutgoing) != way || (s.Iface == all[0].Iface) == out {
				t.Errorf("link type %d, packet type %d: bits %b, tag %d", test.link, packetType, s.Bits, s.Iface)
			}
		}
	}
	if r := decodeBlock(block(1, ethFrame(0x0800, helloV4))); segments(&r.batch)[0].Bits&(BitIncoming|BitOutgoing) != 0 {
		t.Error("Ethernet tells a direction")
	}
}
