package analysis_test

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
)

// collector is a sink that renders nothing.
type collector func(*analysis.Row)

func (collector) Streams() int                                     { return 0 }
func (collector) Append(_ int, dst []byte, _ *analysis.Row) []byte { return dst }
func (collector) Write(int, []byte) error                          { return nil }
func (c collector) Collect(row *analysis.Row)                      { c(row) }

// verdicts are what was concluded of each connection, by its client's and server's address and port.
type verdicts map[string]diagnosis.Verdict

func (v verdicts) add(r *conversation.Record, verdict *diagnosis.Verdict) {
	v[r.Endpoints[flow.Client].String()+" "+r.Endpoints[flow.Server].String()] = *verdict
}

func verdictsOf(t *testing.T, files ...file) verdicts {
	t.Helper()
	v := verdicts{}
	collect := collector(func(row *analysis.Row) { v.add(row.Record, row.Verdict) })
	if _, err := analysis.Run(context.Background(), analysis.Config{Workers: len(files)}, opened(t, plain, files...), collect); err != nil {
		t.Fatal(err)
	}
	return v
}

// refusedQUIC is a QUIC connection, in raw IP, whose hello takes two datagrams, and which the server closes with an alert.
func refusedQUIC(t *testing.T) (frames []frame) {
	t.Helper()
	recorded, err := os.ReadFile("../quic/testdata/recorded/alert-112.hex")
	if err != nil {
		t.Fatal(err)
	}
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
		frames = append(frames, frame{time: 1_700_000_000e9 + int64(len(frames))*1e6, data: append(p, payload...)})
	}
	return frames
}

// TestALostQUICHello removes either packet of a hello: what the server's alert is about then is unknown, for want of a packet.
func TestALostQUICHello(t *testing.T) {
	want := map[int]diagnosis.Code{0: diagnosis.IncompleteCapture, 1: diagnosis.IncompleteCapture, 3: diagnosis.SNIUnrecognized}
	for lost, code := range want {
		rest := refusedQUIC(t)
		if lost < len(rest) {
			rest = slices.Delete(rest, lost, lost+1)
		}
		verdicts := verdictsOf(t, file{"quic", pcapFormats()[0].write(101, rest)})
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
