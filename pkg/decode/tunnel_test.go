package decode

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/capture"
)

func TestTunnels(t *testing.T) {
	frame := ethFrame(0x0800, helloV4)
	over := func(protocol uint8, payload ...[]byte) *capture.Block {
		return block(101, v4{src: "10.0.0.1", dst: "10.0.0.2", protocol: protocol}.bytes(cat(payload...)))
	}
	vxlanTo := func(port int, header string, inner []byte) *capture.Block {
		return over(protoUDP, udpDatagram(51000, port, cat([]byte(header), inner)))
	}
	const vni = "\x08\x00\x00\x00\x00\x00\x2a\x00"
	tagged := v4{protocol: protoUDP}.bytes(udpDatagram(51000, 4789, cat([]byte(vni), ethFrame(0x8100, vlanTag(0x86dd, helloV6)))))
	runCases(t, []decodeCase{
		{"ipip", over(protoIPv4, helloV4), hello4 + " in ipip"},
		{"6in4", over(protoIPv6, helloV6), hello6 + " in 6in4"},
		{"4in6", block(229, v6{next: protoIPv4}.bytes(helloV4)), hello4 + " in 4in6"},
		{"6in6", block(229, v6{next: protoIPv6}.bytes(helloV6)), hello6 + " in 6in6"},
		{"gre", over(protoGRE, []byte("\x00\x00\x08\x00"), helloV4), hello4 + " in gre"},
		{"gre with checksum, key and sequence", over(protoGRE, []byte("\xb0\x00\x86\xdd"), make([]byte, 12), helloV6), hello6 + " in gre"},
		{"gre of ethernet", over(protoGRE, []byte("\x20\x00\x65\x58\x00\x00\x00\x01"), frame), hello4 + " in gre"},
		{"pptp", over(protoGRE, []byte("\x30\x81\x88\x0b"), make([]byte, 12), []byte("\xff\x03\x00\x21"), helloV4), hello4 + " in gre;ppp"},
		{"pptp, an acknowledgment alone", over(protoGRE, []byte("\x20\x81\x88\x0b"), make([]byte, 8)), "other-ip-protocol 1"},
		{"pptp, with a sequence number and nothing else", over(protoGRE, []byte("\x30\x01\x88\x0b"), make([]byte, 8)), "malformed 1"},
		{"wccp", over(protoGRE, []byte("\x00\x00\x88\x3e"), helloV4), hello4 + " in gre"},
		{"wccp version 2", over(protoGRE, []byte("\x00\x00\x88\x3e\x00\x5a\x01\x00"), helloV4), hello4 + " in gre"},
		{"wccp version 2, alternative bucket", over(protoGRE, []byte("\x00\x00\x88\x3e\x40\x5a\x01\x02"), helloV4), hello4 + " in gre"},
		{"wccp version 2, cut", over(protoGRE, []byte("\x00\x00\x88\x3e\x00\x5a")), "malformed 1"},
		{"gre with routing", over(protoGRE, []byte("\x40\x00\x08\x00"), helloV4), "unknown-tunnel 1"},
		{"gre cut", snap(over(protoGRE, []byte("\xb0\x00\x08\x00"), make([]byte, 12), helloV4), 20+9), "truncated 1"},
		{"gre too short", over(protoGRE, []byte("\xb0\x00\x08\x00\x00")), "malformed 1"},
		{"vxlan", vxlanTo(4789, vni, frame), hello4 + " in vxlan"},
		{"vxlan and vlan", block(1, ethFrame(0x8100, vlanTag(0x0800, tagged))), hello6 + " in vlan;vxlan;vlan"},
		{"vxlan of pppoe", vxlanTo(4789, vni, ethFrame(0x8864, cat([]byte("\x11\x00\x00\x07"), be16(2+len(helloV4)), []byte("\x00\x21"), helloV4))), hello4 + " in vxlan;pppoe"},
		{"geneve of a tag 9100", vxlanTo(6081, "\x00\x00\x65\x58\x00\x00\x2a\x00", ethFrame(0x9100, vlanTag(0x86dd, helloV6))), hello6 + " in geneve;vlan"},
		{"vxlan-gpe of upstream labels", vxlanTo(4790, "\x0c\x00\x00\x03\x00\x00\x2a\x00", ethFrame(0x8848, cat([]byte("\x00\x02\x01\x40"), helloV4))), hello4 + " in vxlan-gpe;mpls"},
		{"arp in vxlan", vxlanTo(4789, vni, ethFrame(0x0806, make([]byte, 28))), "arp 1"},
		{"something else on that port", vxlanTo(4789, "not vxlan", nil), `udp 10.0.0.1:51000 > 10.0.0.2:4789 id 0 ttl 61 "not vxlan"`},
		{"no frame in it", vxlanTo(4789, vni, make([]byte, 13)),
			`udp 10.0.0.1:51000 > 10.0.0.2:4789 id 0 ttl 61 "\b\x00\x00\x00\x00\x00*\x00` + strings.Repeat(`\x00`, 13) + `"`},
		{"vxlan on the port of linux", vxlanTo(8472, vni, frame), hello4 + " in vxlan"},
		{"vxlan on the ports of azure", over(protoUDP, udpDatagram(51000, 10801, cat([]byte("\x08\x00\x00\x00\x00\x03\x21\x00"), frame))), hello4 + " in vxlan"},
		{"vxlan on the other port of azure", vxlanTo(10800, vni, frame), hello4 + " in vxlan"},
		{"something else on that port of azure", vxlanTo(10800, "x", nil), `udp 10.0.0.1:51000 > 10.0.0.2:10800 id 0 ttl 61 "x"`},
		{"vxlan-gpe", vxlanTo(4790, "\x0c\x00\x00\x03\x00\x00\x2a\x00", frame), hello4 + " in vxlan-gpe"},
		{"vxlan-gpe of ip", vxlanTo(4790, "\x0c\x00\x00\x01\x00\x00\x2a\x00", helloV4), hello4 + " in vxlan-gpe"},
		{"vxlan-gpe of ipv6", vxlanTo(4790, "\x0c\x00\x00\x02\x00\x00\x2a\x00", helloV6), hello6 + " in vxlan-gpe"},
		{"vxlan-gpe of something else", vxlanTo(4790, "\x0c\x00\x00\x04\x00\x00\x2a\x00", []byte("x")),
			`udp 10.0.0.1:51000 > 10.0.0.2:4790 id 0 ttl 61 "\f\x00\x00\x04\x00\x00*\x00x"`},
		{"geneve", vxlanTo(6081, "\x00\x00\x65\x58\x00\x00\x2a\x00", frame), hello4 + " in geneve"},
		{"geneve with options, of ip", vxlanTo(6081, "\x02\x40\x86\xdd\x00\x00\x2a\x00\x01\x02\x03\x01\x00\x00\x00\x00", helloV6), hello6 + " in geneve"},
		{"geneve of something else", vxlanTo(6081, "\x00\x00\x88\xb5\x00\x00\x2a\x00", []byte("x")),
			`udp 10.0.0.1:51000 > 10.0.0.2:6081 id 0 ttl 61 "\x00\x00\x88\xb5\x00\x00*\x00x"`},
		{"geneve of another version", vxlanTo(6081, "\x40\x00\x08\x00\x00\x00\x2a\x00", helloV4[:1]),
			`udp 10.0.0.1:51000 > 10.0.0.2:6081 id 0 ttl 61 "@\x00\b\x00\x00\x00*\x00E"`},
		{"geneve, reserved bits", vxlanTo(6081, "\x00\x01\x08\x00\x00\x00\x2a\x00", helloV4[:1]),
			`udp 10.0.0.1:51000 > 10.0.0.2:6081 id 0 ttl 61 "\x00\x01\b\x00\x00\x00*\x00E"`},
		{"gtp, too short", vxlanTo(2152, "\x30\xff\x00\x00\x00\x00\x00\x01", nil),
			`udp 10.0.0.1:51000 > 10.0.0.2:2152 id 0 ttl 61 "0\xff\x00\x00\x00\x00\x00\x01"`},
		{"geneve, options beyond the datagram", vxlanTo(6081, "\x3f\x00\x08\x00\x00\x00\x2a\x00", nil),
			`udp 10.0.0.1:51000 > 10.0.0.2:6081 id 0 ttl 61 "?\x00\b\x00\x00\x00*\x00"`},
		{"gtp", vxlanTo(2152, "\x30\xff"+string(be16(len(helloV4)))+"\x00\x00\x00\x01", helloV4), hello4 + " in gtp"},
		{"gtp with extensions", vxlanTo(2152, "\x34\xff"+string(be16(8+len(helloV6)))+"\x00\x00\x00\x01\x00\x00\x00\x85\x01\x00\x09\x00", helloV6), hello6 + " in gtp"},
		{"gtp, sequence number", vxlanTo(2152, "\x32\xff"+string(be16(4+len(helloV6)))+"\x00\x00\x00\x01\x00\x01\x00\x85", helloV6), hello6 + " in gtp"},
		{"gtp, extension of no length", vxlanTo(2152, "\x34\xff"+string(be16(8+len(helloV6)))+"\x00\x00\x00\x01\x00\x00\x00\x85\x00\x00\x09\x00", helloV6), "malformed 1"},
		{"gtp echo", vxlanTo(2152, "\x32\x01\x00\x04\x00\x00\x00\x00", []byte("\x00\x01\x00\x00")),
			`udp 10.0.0.1:51000 > 10.0.0.2:2152 id 0 ttl 61 "2\x01\x00\x04\x00\x00\x00\x00\x00\x01\x00\x00"`},
		{"erspan i", over(protoGRE, []byte("\x00\x00\x88\xbe"), frame), hello4 + " in gre;erspan"},
		{"erspan ii", over(protoGRE, []byte("\x10\x00\x88\xbe\x00\x00\x00\x01\x10\x00\x00\x00\x00\x00\x00\x00"), frame), hello4 + " in gre;erspan"},
		{"erspan iii", over(protoGRE, []byte("\x10\x00\x22\xeb\x00\x00\x00\x01\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), frame), hello4 + " in gre;erspan"},
		{"erspan iii, of ip, with more", over(protoGRE, []byte("\x10\x00\x22\xeb\x00\x00\x00\x01\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08\x01"), make([]byte, 8), helloV6), hello6 + " in gre;erspan"},
		{"erspan of another version", over(protoGRE, []byte("\x10\x00\x88\xbe\x00\x00\x00\x01\x70\x00\x00\x00\x00\x00\x00\x00"), frame), "unknown-tunnel 1"},
		{"mpls", block(1, ethFrame(0x8847, cat([]byte("\x00\x01\x00\x40\x00\x02\x01\x40"), helloV6))), hello6 + " in mpls"},
		{"mpls in ip", over(137, []byte("\x00\x02\x01\x40"), helloV4), hello4 + " in mpls"},
		{"pseudowire", block(1, ethFrame(0x8847, cat([]byte("\x00\x02\x01\x40\x00\x00\x00\x00"), frame))), hello4 + " in mpls"},
		{"pseudowire without control word", block(1, ethFrame(0x8847, cat([]byte("\x00\x02\x01\x40"), frame))), hello4 + " in mpls"},
		{"pseudowire to a virtual router", block(1, ethFrame(0x8847, cat([]byte("\x00\x02\x01\x40\x00\x00\x5e\x00\x01\x07"), frame[6:]))), hello4 + " in mpls"},
		{"pseudowire to an address like an ip header", block(1, ethFrame(0x8847, cat([]byte("\x00\x02\x01\x40\x48\x00\x5e\x00\x01\x07"), frame[6:]))), hello4 + " in mpls"},
		{"pseudowire, arp", block(1, ethFrame(0x8847, cat([]byte("\x00\x02\x01\x40\x00\x00\x00\x00"), ethFrame(0x0806, make([]byte, 28))))), "arp 1"},
		{"mpls of ip whose source looks like an ethertype, with an fcs", block(1, ethFrame(0x8847, cat([]byte("\x00\x02\x01\x40"),
			v4{src: "129.0.0.1", protocol: protoTCP, id: 7}.bytes(hello), []byte("FCS?")))), strings.Replace(hello4, "192.0.2.1", "129.0.0.1", 1) + " in mpls"},
		{"mpls in udp", vxlanTo(6635, "\x00\x01\x00\x40\x00\x02\x01\x40", helloV6), hello6 + " in mpls"},
		{"mpls in udp, pseudowire", vxlanTo(6635, "\x00\x02\x01\x40\x00\x00\x00\x00", frame), hello4 + " in mpls"},
		{"mpls in udp, pseudowire without control word", vxlanTo(6635, "\x00\x02\x01\x40", frame), hello4 + " in mpls"},
		{"mpls in udp, no ip", vxlanTo(6635, "\x00\x02\x01\x40", []byte("Ex")),
			`udp 10.0.0.1:51000 > 10.0.0.2:6635 id 0 ttl 61 "\x00\x02\x01@Ex"`},
		{"mpls in udp, no end", vxlanTo(6635, "\x00\x02\x00\x40", nil),
			`udp 10.0.0.1:51000 > 10.0.0.2:6635 id 0 ttl 61 "\x00\x02\x00@"`},
		{"etherip", over(protoEtherIP, []byte("\x30\x00"), frame), hello4 + " in etherip"},
		{"etherip, another version", over(protoEtherIP, []byte("\x40\x00"), frame), "unknown-tunnel 1"},
		{"mpls of something else", block(1, ethFrame(0x8847, cat([]byte("\x00\x02\x01\x40\x10\x00\x00\x00"), frame))), "unknown-tunnel 1"},
		{"mpls without an end", block(1, ethFrame(0x8847, bytes.Repeat([]byte{1, 2, 0, 4}, 50))), "malformed 1"},
		{"pppoe", block(1, ethFrame(0x8864, cat([]byte("\x11\x00\x00\x07"), be16(2+len(helloV4)), []byte("\x00\x21"), helloV4, []byte("pad")))), hello4 + " in pppoe"},
		{"pppoe, compressed protocol", block(1, ethFrame(0x8864, cat([]byte("\x11\x00\x00\x07"), be16(1+len(helloV6)), []byte("\x57"), helloV6))), hello6 + " in pppoe"},
		{"pppoe, lcp", block(1, ethFrame(0x8864, []byte("\x11\x00\x00\x07\x00\x06\xc0\x21\x09\x01\x00\x04"))), "not-ip 1"},
		{"pppoe, longer than the frame", block(1, ethFrame(0x8864, cat([]byte("\x11\x00\x00\x07\x40\x00\x00\x21"), helloV4))), "malformed 1"},
		{"ppp link", block(9, cat([]byte("\xff\x03\x00\x21"), helloV4), cat([]byte("\x21"), helloV4)), hello4 + "\n" + hello4},
		{"cisco hdlc link", block(104, cat([]byte("\x0f\x00\x08\x00"), helloV4)), hello4},
		{"icmp error in a tunnel", over(protoIPv4, v4{src: "203.0.113.9", protocol: 1}.bytes(cat([]byte("\x03\x01\x00\x00\x00\x00\x00\x00"), helloV4))),
			`icmp 3/1 tcp 192.0.2.1:40000 > 198.51.100.2:443 seq 1000 mtu 0 id 0 ttl 61 "" in ipip`},
	})
}

func TestTunnelDepth(t *testing.T) {
	packet := helloV4
	for range maxEncap {
		packet = v4{protocol: protoIPv4}.bytes(packet)
	}
	if got := decodeBlock(block(101, packet)).String(); got != hello4+" in ipip"+strings.Repeat(";ipip", maxEncap-1) {
		t.Errorf("decoded to %s", got)
	}
	if got := decodeBlock(block(101, v4{protocol: protoIPv4}.bytes(packet))).String(); got != "too-deep 1" {
		t.Errorf("one tunnel more is decoded to %s", got)
	}
}

// Encap has eight bits: chains that come too late share an entry instead of taking another's.
func TestManyEncapsulations(t *testing.T) {
	layers := []func([]byte) []byte{
		func(p []byte) []byte { return v4{protocol: protoIPv4}.bytes(p) },
		func(p []byte) []byte { return v4{protocol: protoGRE}.bytes(cat([]byte("\x00\x00\x08\x00"), p)) },
	}
	var packets [][]byte
	var want []string
	for i := range 1 << maxEncap {
		packet, chain := helloV4, []string{}
		for bit := range maxEncap {
			packet = layers[i>>bit&1](packet)
			chain = append([]string{[]string{"ipip", "gre"}[i>>bit&1]}, chain...)
		}
		packets = append(packets, packet)
		want = append(want, strings.Join(chain, ";"))
	}
	r := decodeBlock(block(101, packets...))
	if len(r.batch.Encaps) != maxEncaps {
		t.Fatalf("%d encapsulations, not %d", len(r.batch.Encaps), maxEncaps)
	}
	for i, s := range segments(&r.batch) {
		expect := want[i]
		if i >= maxEncaps-2 {
			expect = "…"
		}
		if got := r.batch.Encaps[s.Encap]; got != expect {
			t.Errorf("packet %d came in %s, not %s", i, got, expect)
		}
	}
}

// The frames of wireless captures are decoded by gopacket up to their IP header.
func TestForeignLinks(t *testing.T) {
	snap := cat([]byte("\xaa\xaa\x03\x00\x00\x00\x08\x00"), helloV4, []byte("FCS?"))
	data := cat([]byte("\x08\x01\x00\x00"), make([]byte, 20), snap)
	radiotap := []byte("\x00\x00\x08\x00\x00\x00\x00\x00")
	beacon := cat([]byte("\x80\x00\x00\x00"), make([]byte, 32))
	runCases(t, []decodeCase{
		{"802.11", block(105, data), hello4},
		{"radiotap", block(127, cat(radiotap, data)), hello4},
		{"pf log", block(117, cat([]byte{61, 2}, make([]byte, 62), helloV4)), hello4},
		{"prism", block(119, cat([]byte("\x44\x00\x00\x00\x90\x00\x00\x00"), make([]byte, 136), data)), hello4},
		{"beacon", block(105, beacon), "not-ip 1"},
		{"fddi", block(10, cat([]byte("\x50"), make([]byte, 12), snap)), hello4},
		{"fddi, nothing", block(10, []byte{0x50}), "not-ip 1"},
	})
}

func TestCounts(t *testing.T) {
	var c Counts
	c.Add(Counts{ARP: 2, Malformed: 1})
	c.Add(Counts{ARP: 1, UnknownTunnel: 5})
	var got string
	for reason, n := range c.All() {
		got += fmt.Sprintf("%v=%d ", reason, n)
	}
	if got != "malformed=1 arp=3 unknown-tunnel=5 " {
		t.Error(got)
	}
	for r := range numReasons {
		if r.String() == "" {
			t.Errorf("reason %d has no name", r)
		}
	}
}
