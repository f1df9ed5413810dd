package decode

import (
	"testing"

	"github.com/sniscope/sniscope/pkg/capture"
)

func TestIPv4(t *testing.T) {
	udp := udpDatagram(5353, 443, []byte("datagram"))
	jumbo := tcpHead{src: 1, dst: 2, flags: ACK}.bytes(make([]byte, 70000))
	big := block(101, v4{protocol: protoTCP, total: -1}.bytes(jumbo))
	runCases(t, []decodeCase{
		{"options", block(101, v4{protocol: protoTCP, id: 7, options: []byte("\x94\x04\x00\x00")}.bytes(hello)), hello4},
		{"malformed options", block(101, v4{protocol: protoTCP, id: 7, options: []byte("\x94\x33\x00\x00")}.bytes(hello)), hello4},
		{"udp", block(101, v4{protocol: protoUDP}.bytes(udp)),
			`udp 192.0.2.1:5353 > 198.51.100.2:443 id 0 ttl 61 "datagram"`},
		{"udp shorter than ip", block(101, v4{protocol: protoUDP}.bytes(cat(udp, []byte("option")))),
			`udp 192.0.2.1:5353 > 198.51.100.2:443 id 0 ttl 61 "datagram"`},
		{"udp longer than ip", block(101, v4{protocol: protoUDP}.bytes(udp[:15])), "malformed 1"},
		{"udp of length 0", block(101, v4{protocol: protoUDP}.bytes(cat(udp[:4], []byte{0, 0}, udp[6:]))),
			`udp 192.0.2.1:5353 > 198.51.100.2:443 id 0 ttl 61 "datagram"`},
		{"udp cut behind its length", snap(block(101, v4{protocol: protoUDP}.bytes(udp)), 20+6),
			`udp 192.0.2.1:5353 > 198.51.100.2:443 id 0 ttl 61 "" of 8`},
		{"length 0: segmentation offload", block(101, v4{protocol: protoTCP, id: 7, total: -1}.bytes(hello)), hello4},
		{"length 0 and cut", snap(big, 20+20+3), `tcp 192.0.2.1:1 > 198.51.100.2:2 flags 0x10 seq 0 ack 0 win 0 id 0 ttl 61 "\x00\x00\x00" of 70000`},
		{"longer than the packet", block(101, v4{protocol: protoTCP, id: 7, total: 20 + len(hello) + 5}.bytes(hello)), hello4 + " of 10"},
		{"shorter than its header", block(101, v4{protocol: protoTCP, total: 19}.bytes(hello)), "malformed 1"},
		{"no header length", block(101, cat([]byte{0x44}, helloV4[1:])), "malformed 1"},
		{"wrong version", block(1, ethFrame(0x0800, helloV6)), "malformed 1"},
		{"authentication header", block(101, v4{protocol: protoAH, id: 7}.bytes(cat([]byte{6, 4}, make([]byte, 22), hello))), hello4},
		{"esp", block(101, v4{protocol: 50}.bytes(make([]byte, 40))), "encrypted 1"},
		{"sctp", block(101, v4{protocol: 132}.bytes(make([]byte, 40))), "sctp 1"},
		{"igmp", block(101, v4{protocol: 2}.bytes(make([]byte, 8))), "other-ip-protocol 1"},
	})
}

func TestIPv6(t *testing.T) {
	udp := udpDatagram(5353, 443, []byte("datagram"))
	options := []byte("\x06\x00\x01\x04\x00\x00\x00\x00")
	final := v6{dst: "2001:db8:ffff::2", next: 43}
	via := v6{dst: "2001:db8:7::7", next: 43}
	segments := func(left byte, first string) []byte {
		a := v6{src: first}.bytes(nil)[8:24]
		return cat([]byte{6, 4, 4, left, 1, 0, 0, 0}, a, a, hello)
	}
	runCases(t, []decodeCase{
		{"udp", block(229, v6{next: protoUDP}.bytes(udp)),
			`udp [2001:db8::1]:5353 > [2001:db8:ffff::2]:443 id 0 ttl 57 "datagram"`},
		{"hop-by-hop", block(229, v6{next: 0}.bytes(cat(options, hello))), hello6},
		{"hop-by-hop and padding", block(1, ethFrame(0x86dd, cat(v6{next: 0}.bytes(cat(options, hello)), []byte("pad")))), hello6},
		{"options, routing, authentication", block(229, v6{next: 60}.bytes(cat(
			[]byte("\x2b\x00\x01\x04\x00\x00\x00\x00"), []byte("\x33\x00\x05\x00\x00\x00\x00\x00"),
			[]byte{6, 4}, make([]byte, 22), hello))), hello6},
		{"atomic fragment", block(229, v6{next: 44}.bytes(cat([]byte("\x06\x00\x00\x00\x00\x00\x00\x07"), hello))), hello6},
		{"length 0: segmentation offload", block(229, v6{next: protoTCP, length: -1}.bytes(hello)), hello6},
		{"jumbogram", block(229, v6{next: 0, length: -1}.bytes(cat(
			[]byte{6, 0, 0xc2, 4, 0, 0, 0, byte(8 + len(hello))}, hello, []byte("more")))), hello6},
		{"jumbogram behind other options", block(229, v6{next: 0, length: -1}.bytes(cat(
			[]byte{6, 1, 0, 1, 1, 0, 5, 2, 0, 0, 0xc2, 4, 0, 0, 0, byte(16 + len(hello))}, hello, []byte("more")))), hello6},
		{"options that end before the last says", block(229, v6{next: 0, length: -1}.bytes(cat([]byte{6, 0, 5, 9, 0, 0, 0, 0}, hello))), hello6},
		{"jumbo option in a packet with a length", block(229, v6{next: 0}.bytes(cat([]byte{6, 0, 0xc2, 4, 0, 0, 0, 9}, hello))), hello6},
		{"jumbogram shorter than its header", block(229, v6{next: 0, length: -1}.bytes(cat([]byte{6, 0, 0xc2, 4, 0, 0, 0, 7}, hello))), "malformed 1"},
		{"segment routing, before the last", block(229, via.bytes(segments(1, "2001:db8:ffff::2"))), hello6},
		{"segment routing, at the last", block(229, final.bytes(segments(0, "2001:db8:7::7"))), hello6},
		{"source route, before the last", block(229, via.bytes(cat([]byte{6, 4, 0, 1, 0, 0, 0, 0}, make([]byte, 16), final.bytes(nil)[24:40], hello))), hello6},
		{"source route longer than its header", block(229, final.bytes(cat([]byte{6, 2, 0, 9, 0, 0, 0, 0}, make([]byte, 16), hello))), hello6},
		{"no next header", block(229, v6{next: 59}.bytes(nil)), "other-ip-protocol 1"},
		{"extension beyond the packet", block(229, v6{next: 60}.bytes([]byte("\x06\x09\x00\x00\x00\x00\x00\x00"))), "malformed 1"},
		{"extension cut", snap(block(229, v6{next: 60}.bytes(cat(options, hello))), 45), "truncated 1"},
		{"nothing but extensions", block(229, v6{next: 60}.bytes(manyOptions(100))), "malformed 1"},
	})
}

// manyOptions is n destination options headers, each followed by another.
func manyOptions(n int) []byte {
	var b []byte
	for range n {
		b = append(b, 60, 0, 1, 4, 0, 0, 0, 0)
	}
	return b
}

func TestTCP(t *testing.T) {
	const ends = `tcp 192.0.2.1:1 > 198.51.100.2:2 `
	packet := func(h tcpHead, payload string) []byte {
		h.src, h.dst = 1, 2
		return v4{protocol: protoTCP}.bytes(h.bytes([]byte(payload)))
	}
	with := func(options string) []byte { return packet(tcpHead{flags: SYN, options: []byte(options)}, "x") }
	const synText = ends + `flags 0x02 seq 0 ack 0 win 0 `
	const rest = ` id 0 ttl 61 "x"`
	whole := packet(tcpHead{seq: 5, ack: 6, flags: PSH | ACK, window: 7, options: stamps}, "hello")
	const cut = ends + `flags 0x18 seq 5 ack 6 win `
	runCases(t, []decodeCase{
		{"no options", block(101, with("")), synText + "mss 0 scale 15,false" + rest},
		{"mss and scale", block(101, with(string(synOpts))), synText + "mss 1460 scale 7,true" + rest},
		{"scale beyond 14", block(101, with("\x03\x03\xff\x00")), synText + "mss 0 scale 14,true" + rest},
		{"the first of two", block(101, with("\x02\x04\x01\x00\x02\x04\x02\x00\x03\x03\x01\x01\x03\x03\x02\x00")), synText + "mss 256 scale 1,true" + rest},
		{"behind the end", block(101, with("\x00\x01\x01\x01\x02\x04\x02\x00")), synText + "mss 0 scale 15,false" + rest},
		{"option of length 0", block(101, with("\x02\x04\x01\x00\x03\x00\x02\x00")), synText + "mss 256 scale 15,false" + rest},
		{"option beyond the header", block(101, with("\x01\x01\x02\x04")), synText + "mss 0 scale 15,false" + rest},
		{"option without length", block(101, with("\x01\x01\x01\x02")), synText + "mss 0 scale 15,false" + rest},
		{"mss of another length", block(101, with("\x02\x03\x05\x01")), synText + "mss 0 scale 15,false" + rest},
		{"all flags", block(101, packet(tcpHead{flags: 0xfd}, "x")), ends + "flags 0xfd seq 0 ack 0 win 0" + rest},
		{"offset below 5", block(101, packet(tcpHead{offset: 4}, "x")), "malformed 1"},
		{"offset beyond the packet", block(101, packet(tcpHead{offset: 6}, "xyz")), "malformed 1"},
		{"header longer than ip says", block(101, v4{protocol: protoTCP, total: 39}.bytes(hello)), "malformed 1"},
		{"cut in the payload", snap(block(101, whole), 20+32+2), cut + `7 id 0 ttl 61 "he" of 5`},
		{"cut in the options", snap(block(101, whole), 20+25), cut + `7 id 0 ttl 61 "" of 5`},
		{"cut behind the window", snap(block(101, whole), 20+16), cut + `7 id 0 ttl 61 "" of 5`},
		{"cut behind the flags", snap(block(101, whole), 20+14), cut + `0 id 0 ttl 61 "" of 5`},
		{"cut before the flags", snap(block(101, whole), 20+13), "truncated 1"},
		{"cut in the ip header", snap(block(101, whole), 19), "truncated 1"},
	})
}

// A RST without options is told from one with them, even where the capture cut them off.
func TestOptionsBit(t *testing.T) {
	for name, c := range map[string]struct {
		in   *capture.Block
		want bool
	}{
		"none":         {block(101, v4{protocol: protoTCP}.bytes(tcpHead{flags: RST}.bytes([]byte("x")))), false},
		"some":         {block(101, helloV4), true},
		"cut off":      {snap(block(101, helloV4), 20+14), true},
		"none, cut":    {snap(block(101, v4{protocol: protoTCP}.bytes(tcpHead{flags: RST}.bytes(nil))), 20+14), false},
		"udp":          {block(101, v4{protocol: protoUDP}.bytes(udpDatagram(1, 2, []byte("x")))), false},
		"general path": {block(101, v4{protocol: protoTCP, total: -1}.bytes(tcpHead{flags: RST}.bytes(nil))), false},
	} {
		r := decodeBlock(c.in)
		if s := segments(&r.batch); len(s) != 1 || s[0].Bits&BitOptions != 0 != c.want {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// A packet whose wire length in the file is smaller than what was captured, or whose bytes the block lacks, is not
// to lead outside the arena.
func TestLyingFile(t *testing.T) {
	b := block(101, helloV4)
	b.Packets[0].Len = 3
	if got := decodeBlock(b).String(); got != hello4 {
		t.Errorf("decoded to %s", got)
	}
	b.Packets[0].CapLen = 1 << 31
	if got := decodeBlock(b).String(); got != "malformed 1" {
		t.Errorf("decoded to %s", got)
	}
}
