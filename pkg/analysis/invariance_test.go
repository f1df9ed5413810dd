package analysis_test

import (
	"bytes"
	"compress/gzip"
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

// input is a capture in memory.
type input struct {
	name  string
	bytes []byte
}

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
			compare(t, "gzip", reportOf(t, plain, input{in.name, compressed(t, in.bytes)}), want)
			packets := readPackets(t, in)
			compare(t, "pcapng", reportOf(t, plain, input{in.name, packets.pcapng()}), want)
			if converted, ok := packets.pcap(); ok {
				compare(t, "pcap", reportOf(t, plain, input{in.name, converted}), want)
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
	var files []file
	for _, in := range repositoryCaptures(t) {
		files = append(files, file{in.name, in.bytes})
	}
	rows, _, err := rowsOf(files...)
	if err != nil || len(rows) < 300 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, r := range rows {
		if r["conn"] != float64(i+1) {
			t.Fatalf("row %d is connection %v", i+1, r["conn"])
		}
	}
}

func repositoryCaptures(t *testing.T) (all []input) {
	t.Helper()
	files, err := filepath.Glob("../../pcaps/*.pcap*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, input{filepath.Base(file), b})
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
func reportOf(t *testing.T, v variation, inputs ...input) [][]byte {
	t.Helper()
	var captures []analysis.Source
	for _, in := range inputs {
		c, err := capture.NewReader(in.name, v.arrives(bytes.NewReader(in.bytes)))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetBlockSize(v.blockSize)
		captures = append(captures, c)
	}
	return reportOn(t, v, captures...)
}

// reportOn is reportOf of captures that are open.
func reportOn(t *testing.T, v variation, captures ...analysis.Source) [][]byte {
	t.Helper()
	var csv, jsonl, table bytes.Buffer
	s := &sink{
		csv: report.NewCSV(&csv), jsonl: report.NewJSONLines(&jsonl),
		table:   report.NewTable(&table, report.Options{Width: 120, All: true}),
		summary: report.NewSummary(false),
	}
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

func compressed(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// packets are what a capture holds, to be written in another format.
type packets struct {
	all  []capture.Packet
	data [][]byte
}

func readPackets(t *testing.T, in input) (p packets) {
	t.Helper()
	c, err := capture.NewReader(in.name, bytes.NewReader(in.bytes))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var b capture.Block
	for c.Next(&b) == nil { // a capture that is cut ends early, as it does in the run
		for _, x := range b.Packets {
			p.all = append(p.all, x)
			p.data = append(p.data, slices.Clone(b.Data[x.Offset:x.Offset+x.CapLen]))
		}
	}
	return p
}

// pcap writes the packets as big-endian pcap; ok is false where that format cannot say what they have.
func (p packets) pcap() (out []byte, ok bool) {
	first, magic, unit := p.all[0], uint32(0xa1b2c3d4), int64(1000)
	if first.Digits == 9 {
		magic, unit = 0xa1b23c4d, 1
	}
	be := binary.BigEndian
	out = be.AppendUint32(out, magic)
	out = append(out, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0)
	out = be.AppendUint32(out, uint32(first.Link))
	for i, x := range p.all {
		if x.Link != first.Link || x.Iface != 0 || x.Digits != first.Digits || x.Digits != 6 && x.Digits != 9 {
			return nil, false
		}
		out = be.AppendUint32(out, uint32(x.Time/1e9))
		out = be.AppendUint32(out, uint32(x.Time%1e9/unit))
		out = be.AppendUint32(out, x.CapLen)
		out = be.AppendUint32(out, x.Len)
		out = append(out, p.data[i]...)
	}
	return out, true
}

// pcapng writes the packets as big-endian pcapng, each interface described when its first packet comes.
func (p packets) pcapng() []byte {
	be := binary.BigEndian
	out := block(nil, 0x0a0d0d0a, be.AppendUint64(be.AppendUint32(be.AppendUint32(nil, 0x1a2b3c4d), 1<<16), ^uint64(0)))
	described := -1
	for i, x := range p.all {
		for described < int(x.Iface) {
			described++
			out = block(out, 1, p.describe(described))
		}
		ticks := uint64(x.Time)
		for range 9 - x.Digits {
			ticks /= 10
		}
		body := be.AppendUint32(nil, uint32(x.Iface))
		body = be.AppendUint64(body, ticks) // high half first: as big-endian is
		body = be.AppendUint32(body, x.CapLen)
		body = be.AppendUint32(body, x.Len)
		out = block(out, 6, append(body, p.data[i]...))
	}
	return out
}

// describe is the body of an Interface Description Block with if_tsresol.
func (p packets) describe(iface int) []byte {
	i := slices.IndexFunc(p.all, func(x capture.Packet) bool { return int(x.Iface) == iface })
	x := p.all[max(i, 0)]
	body := binary.BigEndian.AppendUint16(nil, uint16(x.Link))
	return append(body, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, x.Digits, 0, 0, 0, 0, 0, 0, 0)
}

// block appends a block of pcapng.
func block(out []byte, kind uint32, body []byte) []byte {
	body = append(body, make([]byte, -len(body)&3)...)
	length := uint32(12 + len(body))
	out = binary.BigEndian.AppendUint32(out, kind)
	out = binary.BigEndian.AppendUint32(out, length)
	out = append(out, body...)
	return binary.BigEndian.AppendUint32(out, length)
}
