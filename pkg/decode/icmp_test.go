package decode

import (
	"net/netip"
	"testing"
)

func TestICMP(t *testing.T) {
	const quoted4 = ` tcp 192.0.2.1:40000 > 198.51.100.2:443 seq 1000 `
	const quoted6 = ` tcp [2001:db8::1]:40000 > [2001:db8:ffff::2]:443 seq 1000 `
	from4 := func(message string, quote []byte) []byte {
		return v4{src: "203.0.113.9", dst: "192.0.2.1", protocol: 1}.bytes(cat([]byte(message), quote))
	}
	from6 := func(message string, quote []byte) []byte {
		return v6{src: "2001:db8::9", dst: "2001:db8::1", next: 58}.bytes(cat([]byte(message), quote))
	}
	query := v4{protocol: protoUDP}.bytes(udpDatagram(5353, 53, []byte("query")))
	unreachable, tooBig := "\x03\x0d\x00\x00\x00\x00\x00\x00", "\x03\x04\x00\x00\x00\x00\x05\x78"
	const end4, end6 = ` id 0 ttl 61 ""`, ` id 0 ttl 57 ""`
	runCases(t, []decodeCase{
		{"unreachable", block(101, from4(unreachable, helloV4)), "icmp 3/13" + quoted4 + "mtu 0" + end4},
		{"fragmentation needed", block(101, from4(tooBig, helloV4)), "icmp 3/4" + quoted4 + "mtu 1400" + end4},
		{"time exceeded, eight bytes", block(101, from4("\x0b\x00\x00\x00\x00\x00\x05\x78", helloV4[:28])), "icmp 11/0" + quoted4 + "mtu 0" + end4},
		{"source quench", block(101, from4("\x04\x00\x00\x00\x00\x00\x00\x00", helloV4)), "icmp 4/0" + quoted4 + "mtu 0" + end4},
		{"parameter problem", block(101, from4("\x0c\x00\x00\x00\x00\x00\x00\x00", helloV4)), "icmp 12/0" + quoted4 + "mtu 0" + end4},
		{"quoted udp", block(101, from4(unreachable, query)), "icmp 3/13 udp 192.0.2.1:5353 > 198.51.100.2:53 seq 13 mtu 0" + end4},
		{"quoted length in the wrong byte order", block(101, from4(unreachable, cat(helloV4[:2], []byte{0x01, 0x00}, helloV4[4:]))), "icmp 3/13" + quoted4 + "mtu 0" + end4},
		{"seven bytes", block(101, from4(unreachable, helloV4[:27])), "icmp 1"},
		{"a later fragment", block(101, from4(unreachable, v4{protocol: protoTCP, fragment: 9}.bytes(hello))), "icmp 1"},
		{"a first fragment", block(101, from4(unreachable, v4{protocol: protoTCP, fragment: 0x2000}.bytes(hello))), "icmp 3/13" + quoted4 + "mtu 0" + end4},
		{"a quoted echo", block(101, from4(unreachable, v4{protocol: 1}.bytes(make([]byte, 8)))), "icmp 1"},
		{"no quote", block(101, from4(unreachable, nil)), "icmp 1"},
		{"garbage for a quote", block(101, from4(unreachable, make([]byte, 28))), "icmp 1"},
		{"quote cut", snap(block(101, from4(unreachable, helloV4)), 20+8+20+7), "truncated 1"},
		{"echo, redirect", block(101, from4("\x08\x00\x00\x00\x00\x00\x00\x00", nil), from4("\x05\x00\x00\x00\x00\x00\x00\x00", helloV4)), "icmp 2"},
		{"message too short", block(101, from4("\x03\x00\x00", nil)), "malformed 1"},
		{"icmpv6 unreachable", block(101, from6("\x01\x04\x00\x00\x00\x00\x00\x00", helloV6)), "icmp 1/4" + quoted6 + "mtu 0" + end6},
		{"packet too big", block(101, from6("\x02\x00\x00\x00\x00\x00\x05\x00", helloV6[:48])), "icmp 2/0" + quoted6 + "mtu 1280" + end6},
		{"packet too big, absurdly", block(101, from6("\x02\x00\x00\x00\x00\x10\x00\x00", helloV6)), "icmp 2/0" + quoted6 + "mtu 65535" + end6},
		{"icmpv6, behind options", block(101, from6("\x03\x00\x00\x00\x00\x00\x00\x00", v6{next: 0}.bytes(cat([]byte("\x06\x00\x01\x04\x00\x00\x00\x00"), hello)))), "icmp 3/0" + quoted6 + "mtu 0" + end6},
		{"neighbor discovery", block(101, from6("\x87\x00\x00\x00\x00\x00\x00\x00", make([]byte, 16))), "icmp 1"},
		{"icmp in the wrong family", block(101, v6{next: 1}.bytes(cat([]byte(unreachable), helloV4))), "other-ip-protocol 1"},
	})
}

// An ICMP error meets the connection that it speaks of, and names its sender.
func TestICMPMeetsItsConnection(t *testing.T) {
	message := []byte("\x03\x01\x00\x00\x00\x00\x00\x00")
	r := decodeBlock(block(101, helloV4,
		v4{src: "203.0.113.9", dst: "192.0.2.1", protocol: 1}.bytes(cat(message, helloV4)),
		v4{src: "198.51.100.2", dst: "192.0.2.1", protocol: protoTCP}.bytes(tcpHead{src: 443, dst: 40000}.bytes(nil))))
	all := segments(&r.batch)
	if len(all) != 3 {
		t.Fatalf("%d segments, not 3", len(all))
	}
	if all[0].Hash != all[1].Hash || all[0].Hash != all[2].Hash {
		t.Error("the segments of one connection differ in their hash")
	}
	if all[0].Side() != all[1].Side() || all[0].Side() == all[2].Side() {
		t.Error("the sides are mixed up")
	}
	from, _ := netip.AddrFromSlice(r.batch.Arena[all[1].Ack : all[1].Ack+4])
	if from != netip.MustParseAddr("203.0.113.9") {
		t.Errorf("the error was sent by %v", from)
	}
}
