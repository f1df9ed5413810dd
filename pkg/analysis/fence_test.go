package analysis_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/analysis/internal/synth"
	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/report"
)

// handshakesFile writes a capture of so many handshakes.
func handshakesFile(t *testing.T, n int) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "handshakes.pcap")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := synth.Write(f, synth.Handshakes, n, 1); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

// openFile opens a capture that Run may look at where it lies.
func openFile(t *testing.T, name string, blockSize int) *capture.Reader {
	t.Helper()
	r, err := capture.Open(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	r.SetBlockSize(blockSize)
	return r
}

// TestInvarianceInPlace reads captures as files, which are looked at where the page cache has them.
func TestInvarianceInPlace(t *testing.T) {
	long := handshakesFile(t, 1000)
	inputs := repositoryCaptures(t)
	b, err := os.ReadFile(long)
	if err != nil {
		t.Fatal(err)
	}
	inputs = append(inputs, input{long, b})
	t.Chdir("../../pcaps")
	for _, in := range inputs {
		want := reportOf(t, plain, in)
		for _, v := range []variation{{2, capture.BlockSize, nil}, {2, 4 << 10, nil}} {
			compare(t, in.name+", in place", reportOn(t, v, openFile(t, in.name, v.blockSize)), want)
		}
	}
}

// TestAFileIsCutWhileItIsRead has a capture become shorter at any moment while packets of it are looked at, as one of a
// tcpdump that writes its files in turn does. What is left of it is reported, as if it had been so short.
func TestAFileIsCutWhileItIsRead(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only on Linux captures are looked at in place")
	}
	const conns = 300
	whole, err := os.ReadFile(handshakesFile(t, conns))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	const name = "cut.pcap"
	for _, hold := range []analysis.Hold{analysis.HoldNothing, analysis.HoldAll} {
		for _, left := range []int{len(whole) / 3, len(whole) / 50, 24} {
			want, _ := cutRows(t, hold, whole[:left], nil)
			for packet := uint64(1); packet < 3000; packet += 250 {
				var seen atomic.Uint64
				cut := func(*capture.Packet, []byte) bool {
					if seen.Add(1) == packet {
						if err := os.Truncate(name, int64(left)); err != nil {
							t.Error(err)
						}
					}
					return true
				}
				if err := os.WriteFile(name, whole, 0o600); err != nil {
					t.Fatal(err)
				}
				got, warnings := cutFile(t, hold, name, cut)
				if seen.Load() < packet {
					t.Fatalf("%d packets were seen", seen.Load())
				}
				if left < 1000 && !slices.Contains(warnings, analysis.ErrChanged) {
					t.Errorf("cut at packet %d: warnings %v", packet, warnings)
				}
				if !bytes.Equal(got, want) && !bytes.HasPrefix(got, want) {
					t.Errorf("cut to %d bytes at packet %d: %d lines, want %d", left, packet,
						bytes.Count(got, []byte("\n")), bytes.Count(want, []byte("\n")))
				}
			}
		}
	}
}

// cutRows is the report, as CSV, on a capture in memory.
func cutRows(t *testing.T, hold analysis.Hold, data []byte, keep func(*capture.Packet, []byte) bool) ([]byte, []error) {
	t.Helper()
	r, err := capture.NewReader("cut.pcap", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return cutReport(t, hold, r, keep)
}

// cutFile is cutRows for a file.
func cutFile(t *testing.T, hold analysis.Hold, name string, keep func(*capture.Packet, []byte) bool) ([]byte, []error) {
	t.Helper()
	return cutReport(t, hold, openFile(t, name, 64<<10), keep)
}

func cutReport(t *testing.T, hold analysis.Hold, r *capture.Reader, keep func(*capture.Packet, []byte) bool) ([]byte, []error) {
	t.Helper()
	var out bytes.Buffer
	s := &sink{
		csv: report.NewCSV(&out), jsonl: report.NewJSONLines(io.Discard), summary: report.NewSummary(),
		table: report.NewTable(io.Discard, report.Options{Width: 120}),
	}
	config := analysis.Config{Workers: 2, Hold: hold, Filter: keep}
	result, err := analysis.Run(context.Background(), config, []analysis.Source{r}, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.csv.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), result.Warnings
}
