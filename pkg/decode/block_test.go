package decode

import (
	"testing"

	"github.com/sniscope/sniscope/pkg/capture"
)

// BenchmarkBlock decodes the same packets as they are, and in VXLAN.
func BenchmarkBlock(b *testing.B) {
	plain := ordinary(600)
	for _, c := range []struct {
		name, encap string
		in          *capture.Block
	}{{"plain", "", plain}, {"vxlan", "vxlan", inVXLAN(plain)}} {
		b.Run(c.name, func(b *testing.B) {
			d, out, packets := NewDecoder(), new(Batch), 0
			for b.Loop() {
				out.Reset()
				d.Block(c.in, out)
				packets += len(c.in.Packets)
			}
			if d.Skipped() != (Counts{}) || out.Encaps[len(out.Encaps)-1] != c.encap {
				b.Fatalf("decoded to %q, skipped %v", out.Encaps, d.Skipped())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(packets), "ns/packet")
		})
	}
}

// inVXLAN sends each frame of a block through a tunnel.
func inVXLAN(in *capture.Block) *capture.Block {
	var packets [][]byte
	for _, p := range in.Packets {
		datagram := udpDatagram(51000, portVXLAN, cat([]byte("\x08\x00\x00\x00\x00\x00\x2a\x00"), in.Data[p.Offset:p.Offset+p.CapLen]))
		packets = append(packets, ethFrame(etherIPv4, v4{src: "10.0.0.1", dst: "10.0.0.2", protocol: protoUDP}.bytes(datagram)))
	}
	return block(capture.LinkEthernet, packets...)
}
