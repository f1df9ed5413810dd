package decode

import (
	"encoding/binary"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/capture"
)

// What is found behind link layers that gopacket does not know is what tshark finds there.
func TestLinkLayersAgainstTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed: nothing to compare with")
	}
	little := binary.NativeEndian.Uint16([]byte{1, 0}) == 1 // tshark takes NFLOG to be of this machine
	for _, b := range []*capture.Block{
		block(linkENC, encFrame(2, helloV4), encFrame(24, helloV6)),
		block(linkPKTAP, pktap1(1, 1, ethFrame(0x0800, helloV4)), pktap1(1, 1, ethFrame(0x8100, vlanTag(0x86dd, helloV6)))),
		block(linkJuniper, juniperFrame(0, "", ethFrame(0x0800, helloV4)), juniperFrame(0x81, "\x00\x04\x01\x02\x00\x8a", ethFrame(0x86dd, helloV6)),
			juniperFrame(2, "\x02\x00\x00\x00", helloV4)),
		block(linkNFLOG, nflogFrame(nfIPv4, !little, helloV4), nflogFrame(nfIPv6, !little, helloV6)),
		block(linkPPPSerial, cat([]byte("\xff\x03\x00\x21"), helloV4), cat([]byte("\x0f\x00\x86\xdd"), helloV6)),
		block(linkPPPoE, cat([]byte("\x11\x00\x00\x01"), be16(len(helloV4)+2), []byte("\x00\x21"), helloV4)),
	} {
		file := filepath.Join(t.TempDir(), "link.pcapng")
		writeBlock(t, file, b)
		fields := []string{"-r", file, "-T", "fields"}
		for _, f := range []string{"ip.src", "ipv6.src", "tcp.srcport", "tcp.seq_raw", "tcp.payload"} {
			fields = append(fields, "-e", f)
		}
		out, err := exec.Command(tshark, fields...).Output()
		if err != nil {
			t.Fatal(err)
		}
		r := decodeBlock(b)
		var want []string
		for _, s := range segments(&r.batch) {
			src, _ := s.Endpoints(r.batch.Arena)
			cells := []string{src.Addr().String(), "", fmt.Sprint(src.Port()), fmt.Sprint(s.Seq), fmt.Sprintf("%x", r.batch.Arena[s.Payload:s.Payload+s.Captured])}
			if src.Addr().Is6() {
				cells[0], cells[1] = cells[1], cells[0]
			}
			want = append(want, strings.Join(cells, "\t"))
		}
		got := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		slices.Sort(got)
		slices.Sort(want)
		if len(want) != len(b.Packets) || !slices.Equal(got, want) {
			t.Errorf("link type %d: tshark finds\n%q, not\n%q", b.Packets[0].Link, got, want)
		}
	}
}

// writeBlock writes the packets of a block, all of one link type.
func writeBlock(t *testing.T, file string, b *capture.Block) {
	t.Helper()
	w, err := capture.CreateFile(file, capture.Rotation{})
	if err == nil {
		_, err = w.AddInterface(capture.Interface{Link: b.Packets[0].Link, Digits: 6})
	}
	for _, p := range b.Packets {
		if err == nil {
			err = w.WritePacket(0, p, b.Data[p.Offset:p.Offset+p.CapLen], "")
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}
