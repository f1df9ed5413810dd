package decode

import (
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"github.com/sniscope/sniscope/pkg/capture"
)

// Every TCP segment that gopacket finds in the captures of this repository is found here too, and the same.
func TestAgainstGopacket(t *testing.T) {
	names, err := filepath.Glob("../../pcaps/*.pcap*")
	if err != nil || len(names) == 0 {
		t.Fatalf("no captures to compare with: %v", err)
	}
	compared := 0
	for _, name := range names {
		r, err := capture.Open(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		for b := new(capture.Block); ; {
			if err := r.Next(b); err != nil {
				if cut := new(capture.TruncatedError); err != io.EOF && !errors.As(err, &cut) {
					t.Error(err)
				}
				break
			}
			compared += compareBlock(t, name, b)
		}
		r.Close()
	}
	if compared < 1000 {
		t.Errorf("only %d segments to compare", compared)
	}
}

// compareBlock returns how many segments it has compared.
func compareBlock(t *testing.T, name string, b *capture.Block) (compared int) {
	t.Helper()
	r := decodeBlock(b)
	byFrame := map[uint32]Segment{}
	for _, s := range segments(&r.batch) {
		byFrame[s.Frame] = s
	}
	for i := range b.Packets {
		p := &b.Packets[i]
		tcp, payload := oracle(p, b.Data[p.Offset:p.Offset+p.CapLen])
		if tcp == nil {
			continue
		}
		compared++
		s, ok := byFrame[uint32(i)]
		same := ok && s.Seq == tcp.Seq && s.Ack == tcp.Ack && s.Window == tcp.Window &&
			s.Port[s.Side()] == uint16(tcp.SrcPort) && s.Port[s.Side()^1] == uint16(tcp.DstPort) &&
			s.Flags == TCPFlags(tcp.Contents[13]) &&
			string(payload) == string(r.batch.Arena[s.Payload:s.Payload+s.Captured])
		if !same {
			t.Errorf("%s, packet %d: %+v, not %+v", name, b.First+uint64(i), s, tcp)
		}
	}
	return compared
}

// oracle returns the innermost TCP layer of a packet and its payload, nil where gopacket finds none that can
// be trusted.
func oracle(p *capture.Packet, data []byte) (*layers.TCP, []byte) {
	var first gopacket.Decoder = layers.LinkType(p.Link)
	if p.Link == capture.LinkLinuxSLL2 { // which gopacket does not know
		first, data = layers.EthernetType(binary.BigEndian.Uint16(data)), data[20:]
	} else if p.Link == capture.LinkIPv4 {
		first = layers.LayerTypeIPv4
	} else if p.Link == capture.LinkIPv6 {
		first = layers.LayerTypeIPv6
	}
	packet := gopacket.NewPacket(data, first, gopacket.Default)
	var tcp *layers.TCP
	for _, l := range packet.Layers() {
		switch l := l.(type) {
		case *layers.TCP:
			tcp = l
		case *layers.ICMPv4, *layers.ICMPv6:
			return nil, nil
		}
	}
	if tcp == nil {
		return nil, nil
	}
	return tcp, tcp.Payload
}
