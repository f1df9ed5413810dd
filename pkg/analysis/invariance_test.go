package analysis_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/report"
)

// Same packets in, same bytes out: whatever the number of workers, the size of the blocks, the way in which the bytes
// arrive, and the format that holds them.

// variation is a way to run that must not make a difference.
type variation struct {
	workers   int
	blockSize int
	arrives   func(io.Reader) io.Reader
}

var plain = variation{1, capture.BlockSize, whole}

func whole(r io.Reader) io.Reader { return r }

// pipe gives bytes as a pipe does: without a size, and no more than a few at a time.
func pipe(r io.Reader) io.Reader { return iotest.HalfReader(r) }

// variations are all but plain.
func variations() (all []variation) {
	for _, workers := range []int{1, 2, 8} {
		for _, blockSize := range []int{1, 4 << 10, capture.BlockSize} {
			if workers != plain.workers || blockSize != plain.blockSize {
				all = append(all, variation{workers, blockSize, whole})
			}
		}
	}
	return append(all, variation{2, 4 << 10, pipe}, variation{2, capture.BlockSize, iotest.OneByteReader})
}

func (v variation) String() string {
	return fmt.Sprintf("%d workers, blocks of %d bytes", v.workers, v.blockSize)
}

func TestInvariance(t *testing.T) {
	for _, in := range repositoryCaptures(t) {
		t.Run(in.name, func(t *testing.T) {
			t.Parallel()
			want := reportOf(t, plain, in)
			for _, v := range variations() {
				compare(t, v.String(), reportOf(t, v, in), want)
			}
			compare(t, "gzip", reportOf(t, plain, file{in.name, compressions()[0].pack(t, in.data)}), want)
			packets := readPackets(t, in)
			compare(t, "pcapng", reportOf(t, plain, file{in.name, packets.pcapng()}), want)
			if converted, ok := packets.pcap(); ok {
				compare(t, "pcap", reportOf(t, plain, file{in.name, converted}), want)
			}
		})
	}
}

// TestInvarianceTogether reads all captures in one run: connections of one meet those of others in the tallies.
func TestInvarianceTogether(t *testing.T) {
	all := repositoryCaptures(t)
	want := reportOf(t, plain, all...)
	for _, v := range variations() {
		compare(t, v.String(), reportOf(t, v, all...), want)
	}
}

// TestConnectionsAreNumbered counts the connections of all captures together, which take many batches.
func TestConnectionsAreNumbered(t *testing.T) {
	rows, _, err := rowsOf(repositoryCaptures(t)...)
	if err != nil || len(rows) < 300 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, r := range rows {
		if r["conn"] != float64(i+1) {
			t.Fatalf("row %d is connection %v", i+1, r["conn"])
		}
	}
}

func repositoryCaptures(t *testing.T) (all []file) {
	t.Helper()
	names, err := filepath.Glob("../../pcaps/*.pcap*")
	if err != nil || len(names) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, file{filepath.Base(name), b})
	}
	return all
}

// sink renders three formats.
type sink struct {
	csv     *report.CSV
	jsonl   *report.JSONLines
	table   *report.Table
	summary *report.Summary
}

func newSink(csv, jsonl, table io.Writer) *sink {
	return &sink{
		csv: report.NewCSV(csv), jsonl: report.NewJSONLines(jsonl), summary: report.NewSummary(false),
		table: report.NewTable(table, report.Options{Width: 120, All: true}),
	}
}

func (s *sink) Streams() int { return 2 }

func (s *sink) Append(stream int, dst []byte, row *analysis.Row) []byte {
	if stream == 0 {
		return s.csv.AppendRow(dst, row)
	}
	return s.jsonl.AppendRow(dst, row)
}

func (s *sink) Write(stream int, b []byte) error {
	if stream == 0 {
		return s.csv.Write(b)
	}
	return s.jsonl.Write(b)
}

func (s *sink) Collect(row *analysis.Row) {
	s.summary.Add(row)
	s.table.Add(row)
}

// reportOf runs the captures and returns CSV, JSON Lines, the table and what was counted.
func reportOf(t *testing.T, v variation, files ...file) [][]byte {
	t.Helper()
	return reportOn(t, v, opened(t, v, files...)...)
}

// opened are captures that Run may read, as the variation has it.
func opened(t *testing.T, v variation, files ...file) (captures []analysis.Source) {
	t.Helper()
	for _, f := range files {
		c, err := capture.NewReader(f.name, v.arrives(bytes.NewReader(f.data)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.SetBlockSize(v.blockSize)
		captures = append(captures, c)
	}
	return captures
}

// reportOn is reportOf of captures that are open.
func reportOn(t *testing.T, v variation, captures ...analysis.Source) [][]byte {
	t.Helper()
	var csv, jsonl, table bytes.Buffer
	s := newSink(&csv, &jsonl, &table)
	result, err := analysis.Run(context.Background(), analysis.Config{Workers: v.workers}, captures, s)
	if err == nil {
		err = errors.Join(s.csv.Close(), s.jsonl.Close(), s.table.Close(s.summary))
	}
	if err != nil || len(result.Warnings) > 0 {
		t.Fatal(err, result.Warnings)
	}
	counts := fmt.Appendf(nil, "%d packets\n", result.Packets)
	for reason, n := range result.Skipped.All() {
		counts = fmt.Appendf(counts, "%v %d\n", reason, n)
	}
	for reason, n := range result.Flow.All() {
		counts = fmt.Appendf(counts, "%v %d\n", reason, n)
	}
	return [][]byte{csv.Bytes(), jsonl.Bytes(), table.Bytes(), counts}
}

// compare shows the first line that differs.
func compare(t *testing.T, what string, got, want [][]byte) {
	t.Helper()
	for i := range want {
		if bytes.Equal(got[i], want[i]) {
			continue
		}
		g, w := bytes.Split(got[i], []byte("\n")), bytes.Split(want[i], []byte("\n"))
		for n := range max(len(g), len(w)) {
			if n >= len(g) || n >= len(w) || !bytes.Equal(g[n], w[n]) {
				t.Fatalf("%s: line %d of %s differs\ngot:  %s\nwant: %s", what, n+1,
					[]string{"CSV", "JSON Lines", "the table", "the counts"}[i], lineAt(g, n), lineAt(w, n))
			}
		}
	}
}

func lineAt(lines [][]byte, n int) []byte {
	if n < len(lines) {
		return lines[n]
	}
	return []byte("(none)")
}

// packets are what a capture holds, to be written in another format.
type packets struct {
	all    []capture.Packet
	frames []frame
}

func readPackets(t *testing.T, in file) (p packets) {
	t.Helper()
	var b capture.Block
	for c := opened(t, plain, in)[0]; c.Next(&b) == nil; { // a capture that is cut ends early, as it does in the run
		for _, x := range b.Packets {
			p.all = append(p.all, x)
			p.frames = append(p.frames, frame{time: x.Time, data: slices.Clone(b.Data[x.Offset:][:x.CapLen]), wire: int(x.Len)})
		}
	}
	return p
}

// pcap writes the packets as big-endian pcap; ok is false where that format cannot say what they have.
func (p packets) pcap() (out []byte, ok bool) {
	first, as := p.all[0], pcap{order: binary.BigEndian, magic: magicMicro, minor: 4, snaplen: snaplen}
	if first.Digits == 9 {
		as.magic, as.nanos = magicNano, true
	}
	for _, x := range p.all {
		if x.Link != first.Link || x.Iface != 0 || x.Digits != first.Digits || x.Digits != 6 && x.Digits != 9 {
			return nil, false
		}
	}
	return as.write(uint32(first.Link), p.frames), true
}

// pcapng writes the packets as big-endian pcapng, each interface described when its first packet comes.
func (p packets) pcapng() []byte {
	var out pcapng
	out.section(binary.BigEndian)
	described := -1
	for i, x := range p.all {
		for described < int(x.Iface) {
			described++
			at := slices.IndexFunc(p.all, func(x capture.Packet) bool { return int(x.Iface) == described })
			of := p.all[max(at, 0)]
			out.iface(uint32(of.Link), 0, out.option(9, []byte{of.Digits}))
		}
		out.packet(uint32(x.Iface), clock{resolution: x.Digits}.ticks(x.Time), p.frames[i])
	}
	return out.out
}
