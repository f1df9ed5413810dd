package decode

import (
	"testing"

	"github.com/sniscope/sniscope/pkg/capture"
)

// checkPaths decodes one packet by either path and reports where they disagree, or where the packet is counted
// other than once. It returns whether the fast path took it.
func checkPaths(t *testing.T, b *capture.Block) bool {
	t.Helper()
	var fast, general Batch
	fast.Reset()
	general.Reset()
	fast.Arena, general.Arena = b.Data, b.Data
	f, g := NewDecoder(), NewDecoder()
	took := f.fast(b.Packets[:1], 0, &fast) == 1
	g.general(&b.Packets[0], 0, &general)
	if n := len(segments(&general)) + len(general.Fragments) + int(sum(g.skipped)); n != 1 {
		t.Errorf("the general path accounts for %d packets instead of 1", n)
	}
	if !took {
		if len(segments(&fast)) != 0 || f.skipped != (Counts{}) {
			t.Error("the fast path gives up and leaves something behind")
		}
		return false
	}
	s := segments(&fast)
	if o := segments(&general); len(s) != 1 || len(o) != 1 || s[0] != o[0] || fast.Encaps[s[0].Encap] != general.Encaps[s[0].Encap] {
		t.Errorf("the paths differ:\nfast    %+v\ngeneral %+v (skipped %v)", s, o, g.skipped)
	}
	checkBounds(t, &s[0], &fast)
	return true
}

func checkBounds(t *testing.T, s *Segment, b *Batch) {
	t.Helper()
	if s.Captured > s.Length || int(s.Payload)+int(s.Captured) > len(b.Arena) {
		t.Errorf("payload %d+%d (of %d) is not within the %d bytes of the arena", s.Payload, s.Captured, s.Length, len(b.Arena))
	}
	s.Endpoints(b.Arena)
}

// Each ordinary shape must take the fast path, and come out the same as by the general one.
func TestFastPathTakes(t *testing.T) {
	for name, b := range map[string]*capture.Block{
		"ethernet v4":  block(1, ethFrame(0x0800, helloV4)),
		"ethernet v6":  block(1, ethFrame(0x86dd, helloV6)),
		"ethernet pad": block(1, ethFrame(0x0800, cat(helloV4, []byte("pad")))),
		"bare ack":     block(1, ethFrame(0x0800, v4{protocol: protoTCP}.bytes(tcpHead{flags: ACK}.bytes(nil)))),
		"syn":          block(1, ethFrame(0x0800, v4{protocol: protoTCP}.bytes(syn))),
		"vlan":         block(1, ethFrame(0x8100, vlanTag(0x0800, helloV4))),
		"qinq":         block(1, ethFrame(0x88a8, vlanTag(0x8100, vlanTag(0x86dd, helloV6)))),
		"sll":          block(113, sllFrame(0x0800, helloV4)),
		"sll2":         block(276, sll2Frame(0x86dd, 7, helloV6)),
		"raw":          block(101, helloV4),
		"raw 12":       block(12, helloV6),
		"raw 14":       block(14, helloV4),
		"ipv4":         block(228, helloV4),
		"ipv6":         block(229, helloV6),
		"null":         block(0, cat([]byte{2, 0, 0, 0}, helloV4)),
		"loop":         block(108, cat([]byte{0, 0, 0, 30}, helloV6)),
		"snapped":      snap(block(1, ethFrame(0x0800, helloV4)), 14+20+32+2),
		"udp":          block(1, ethFrame(0x0800, v4{protocol: protoUDP}.bytes(udpDatagram(5353, 443, []byte("twelve bytes"))))),
		"udp v6":       block(229, v6{next: protoUDP}.bytes(udpDatagram(5353, 443, []byte("twelve bytes")))),
	} {
		t.Run(name, func(t *testing.T) {
			if !checkPaths(t, b) {
				t.Error("took the general path")
			}
		})
	}
}

// What hardly occurs is left to the general path, and nothing of it stays behind.
func TestFastPathLeaves(t *testing.T) {
	for name, b := range map[string]*capture.Block{
		"ip options":     block(1, ethFrame(0x0800, v4{protocol: protoTCP, options: []byte("\x94\x04\x00\x00")}.bytes(hello))),
		"bad ip options": block(1, ethFrame(0x0800, v4{protocol: protoTCP, options: []byte("\x94\x00\x00\x00")}.bytes(hello))),
		"short udp":      block(101, v4{protocol: protoUDP}.bytes(udpDatagram(5353, 443, []byte("short")))),
		"udp cut":        snap(block(1, ethFrame(0x0800, v4{protocol: protoUDP}.bytes(udpDatagram(5353, 443, make([]byte, 100))))), 14+20+8+4),
		"tcp cut":        snap(block(1, ethFrame(0x0800, helloV4)), 14+20+20+2),
		"tcp cut v6":     snap(block(1, ethFrame(0x86dd, helloV6)), 14+40+20+2),
		"total of 0":     block(1, ethFrame(0x0800, v4{protocol: protoTCP, total: -1}.bytes(hello))),
		"total too low":  block(1, ethFrame(0x0800, v4{protocol: protoTCP, total: 12}.bytes(hello))),
		"length of 0":    block(1, ethFrame(0x86dd, v6{next: protoTCP, length: -1}.bytes(hello))),
		"fragment":       block(1, ethFrame(0x0800, v4{protocol: protoTCP, fragment: 0x2000}.bytes(hello))),
		"later fragment": block(1, ethFrame(0x0800, v4{protocol: protoTCP, fragment: 3}.bytes(hello))),
		"short offset":   block(1, ethFrame(0x0800, v4{protocol: protoTCP}.bytes(tcpHead{offset: 4}.bytes(hello)))),
		"long offset":    block(1, ethFrame(0x0800, v4{protocol: protoTCP}.bytes(tcpHead{offset: 15}.bytes([]byte("hello"))))),
		"icmp":           block(1, ethFrame(0x0800, v4{protocol: protoICMPv4}.bytes(hello))),
		"hop by hop":     block(1, ethFrame(0x86dd, v6{next: 0}.bytes(cat([]byte("\x06\x00\x01\x04\x00\x00\x00\x00"), hello)))),
		"three tags":     block(1, ethFrame(0x8100, vlanTag(0x8100, vlanTag(0x8100, vlanTag(0x0800, helloV4))))),
		"a tunnel":       block(1, ethFrame(0x0800, v4{protocol: protoUDP}.bytes(udpDatagram(1, portVXLAN, make([]byte, 20))))),
		"udp length":     block(1, ethFrame(0x0800, v4{protocol: protoUDP}.bytes(cat(be16(1), be16(2), be16(7), make([]byte, 20))))),
		"udp too long":   block(1, ethFrame(0x0800, v4{protocol: protoUDP}.bytes(cat(be16(1), be16(2), be16(99), make([]byte, 20))))),
	} {
		t.Run(name, func(t *testing.T) {
			if checkPaths(t, b) {
				t.Error("took the fast path")
			}
		})
	}
}

func FuzzPaths(f *testing.F) {
	for _, c := range fuzzSeeds() {
		p := c.Packets[0]
		f.Add(c.Data[p.Offset:p.Offset+p.CapLen], uint16(p.Link), p.Len)
	}
	f.Fuzz(func(t *testing.T, packet []byte, link uint16, length uint32) {
		b := block(capture.LinkType(link), packet)
		b.Packets[0].Len = length
		checkPaths(t, b)
	})
}

func TestFastPathAllocatesNothing(t *testing.T) {
	d, out, b := NewDecoder(), new(Batch), ordinary(200)
	n := testing.AllocsPerRun(100, func() {
		out.Reset()
		d.Block(b, out)
	})
	if n != 0 {
		t.Errorf("%v allocations for each block", n)
	}
}

// ordinary is a block of n packets such as a capture of TLS consists of.
func ordinary(n int) *capture.Block {
	payload := make([]byte, 1200)
	var packets [][]byte
	for i := range n {
		h := tcpHead{src: 40000 + i%500, dst: 443, seq: uint32(i), flags: ACK, window: 500, options: stamps}
		if i%3 == 0 {
			packets = append(packets, ethFrame(0x0800, v4{protocol: protoTCP}.bytes(h.bytes(nil))))
		} else {
			packets = append(packets, ethFrame(0x0800, v4{protocol: protoTCP}.bytes(h.bytes(payload))))
		}
	}
	return block(1, packets...)
}

func BenchmarkFast(b *testing.B) {
	benchmarkPath(b, func(d *Decoder, packets []capture.Packet, out *Batch) {
		if d.fast(packets, 0, out) < len(packets) {
			b.Fatal("not an ordinary packet")
		}
	})
}

func BenchmarkGeneral(b *testing.B) {
	benchmarkPath(b, func(d *Decoder, packets []capture.Packet, out *Batch) {
		for i := range packets {
			d.general(&packets[i], uint32(i), out)
		}
	})
}

func benchmarkPath(b *testing.B, path func(*Decoder, []capture.Packet, *Batch)) {
	d, out, in := NewDecoder(), new(Batch), ordinary(600)
	packets := 0
	for b.Loop() {
		out.Reset()
		out.Arena = in.Data
		path(d, in.Packets, out)
		packets += len(in.Packets)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(packets), "ns/packet")
}
