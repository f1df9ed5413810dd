package analysis_test

import (
	"context"
	"io"
	"testing"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/analysis/internal/synth"
	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/report"
)

// csvSink renders every row as CSV and throws it away.
type csvSink struct {
	csv  *report.CSV
	rows int
}

func (s *csvSink) Streams() int { return 1 }
func (s *csvSink) Append(_ int, dst []byte, row *analysis.Row) []byte {
	return s.csv.AppendRow(dst, row)
}
func (s *csvSink) Write(_ int, b []byte) error { return s.csv.Write(b) }
func (s *csvSink) Collect(*analysis.Row)       { s.rows++ }

// BenchmarkRun analyses synthetic captures from file to CSV.
func BenchmarkRun(b *testing.B) {
	for kind, n := range map[synth.Kind]int{
		synth.Handshakes: 20_000, synth.Bulk: 300, synth.Flood: 200_000, synth.Tiny: 100_000,
		synth.IPv6: 20_000, synth.Cooked: 20_000, synth.Slow: 20_000,
	} {
		b.Run(string(kind), func(b *testing.B) { benchmarkKind(b, kind, n) })
	}
}

func benchmarkKind(b *testing.B, kind synth.Kind, n int) {
	name := syntheticFile(b, kind, n)
	var packets uint64
	b.ReportAllocs()
	for b.Loop() {
		c, err := capture.Open(name, nil)
		if err != nil {
			b.Fatal(err)
		}
		sink := &csvSink{csv: report.NewCSV(io.Discard)}
		r, err := analysis.Run(context.Background(), analysis.Config{Workers: 2}, []analysis.Source{c}, sink)
		if err != nil || sink.rows < n { // where timeouts fire, later packets begin connections of their own
			b.Fatalf("%d rows of %d: %v", sink.rows, n, err)
		}
		packets = r.Packets
		c.Close()
	}
	per := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	b.ReportMetric(per/float64(packets), "ns/packet")
	b.ReportMetric(per/float64(n), "ns/conn")
}
