package analysis_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
)

// verdicts keeps what was concluded of each connection, by its client's and server's address and port.
type verdicts map[string]diagnosis.Verdict

func (verdicts) Streams() int                                     { return 0 }
func (verdicts) Append(_ int, dst []byte, _ *analysis.Row) []byte { return dst }
func (verdicts) Write(int, []byte) error                          { return nil }
func (v verdicts) Collect(row *analysis.Row) {
	e := row.Record.Endpoints
	v[e[flow.Client].String()+" "+e[flow.Server].String()] = *row.Verdict
}

func verdictsOf(t *testing.T, files ...input) verdicts {
	t.Helper()
	var captures []analysis.Source
	for _, in := range files {
		c, err := capture.NewReader(in.name, bytes.NewReader(in.bytes))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		captures = append(captures, c)
	}
	v := verdicts{}
	if _, err := analysis.Run(context.Background(), analysis.Config{Workers: len(files)}, captures, v); err != nil {
		t.Fatal(err)
	}
	return v
}

// packetsOf returns where the packets of a little-endian pcap file begin and where they end; nil for other files.
func packetsOf(file []byte) (cuts [][2]int) {
	if m := binary.LittleEndian.Uint32(file); m != 0xa1b2c3d4 && m != 0xa1b23c4d {
		return nil
	}
	for at := 24; at+16 <= len(file); {
		end := at + 16 + int(binary.LittleEndian.Uint32(file[at+8:]))
		if end > len(file) {
			break
		}
		cuts = append(cuts, [2]int{at, end})
		at = end
	}
	return cuts
}

// refusedQUIC is a capture of a QUIC connection whose hello takes two datagrams, and which the server closes with an alert.
func refusedQUIC(t *testing.T) []byte {
	t.Helper()
	recorded, err := os.ReadFile("../quic/testdata/recorded/alert-112.hex")
	if err != nil {
		t.Fatal(err)
	}
	file := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	file = append(file, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0) // raw IP
	for line := range strings.Lines(string(recorded)) {
		who, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
		payload, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		p := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x9c, 0x40, 1, 0xbb, 0, 0, 0, 0}
		if who == "S" {
			p[15], p[19] = 2, 1
			copy(p[20:], []byte{1, 0xbb, 0x9c, 0x40})
		}
		binary.BigEndian.PutUint16(p[2:], uint16(len(p)+len(payload)))
		binary.BigEndian.PutUint16(p[24:], uint16(8+len(payload)))
		p = append(p, payload...)
		for _, v := range []uint32{1_700_000_000, uint32(len(file)), uint32(len(p)), uint32(len(p))} {
			file = binary.LittleEndian.AppendUint32(file, v)
		}
		file = append(file, p...)
	}
	return file
}

// TestALostQUICHello removes either packet of a hello: what the server's alert is about then is unknown, for want of a packet.
func TestALostQUICHello(t *testing.T) {
	file := refusedQUIC(t)
	cuts := packetsOf(file)
	want := map[int]diagnosis.Code{0: diagnosis.IncompleteCapture, 1: diagnosis.IncompleteCapture, 3: diagnosis.SNIUnrecognized}
	for lost, code := range want {
		rest := file
		if lost < len(cuts) {
			rest = append(append([]byte(nil), file[:cuts[lost][0]]...), file[cuts[lost][1]:]...)
		}
		verdicts := verdictsOf(t, input{"quic", rest})
		if len(verdicts) != 1 {
			t.Errorf("without packet %d: %d connections", lost+1, len(verdicts))
		}
		for _, v := range verdicts {
			if v.Code != code || code == diagnosis.IncompleteCapture && !strings.HasPrefix(v.Fix, "capture again") {
				t.Errorf("without packet %d: %s, %q, %q", lost+1, v.Code, v.Detail, v.Fix)
			}
		}
	}
}
