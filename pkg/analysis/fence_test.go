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
	"sync/atomic"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/analysis/internal/synth"
	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/decode"
)

// syntheticFile writes a capture of so many connections.
func syntheticFile(t testing.TB, kind synth.Kind, n int) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "synthetic.pcap")
	f, err := os.Create(name)
	if err == nil {
		err = errors.Join(synth.Write(f, kind, n, 1), f.Close())
	}
	if err != nil {
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
	long := syntheticFile(t, synth.Handshakes, 1000)
	inputs := repositoryCaptures(t)
	b, err := os.ReadFile(long)
	if err != nil {
		t.Fatal(err)
	}
	inputs = append(inputs, file{long, b})
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
	name := syntheticFile(t, synth.Handshakes, 300)
	if !openFile(t, name, capture.BlockSize).Map() {
		t.Skip("files cannot be read in place here")
	}
	ethernet, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for name, whole := range map[string][]byte{
		"Ethernet":  ethernet,
		"PPP":       remade(t, ethernet, 9, overPPP),       // which takes the general path
		"fragments": remade(t, ethernet, 1, intoFragments), // which are put together between the two
	} {
		for _, hold := range []analysis.Hold{analysis.HoldNothing, analysis.HoldAll} {
			for _, left := range []int{len(whole) / 3, len(whole) / 50, 24} {
				want, _ := cutRows(t, hold, opened(t, plain, file{"cut.pcap", whole[:left]})[0], nil)
				for packet := uint64(1); packet < 3000; packet += 500 {
					checkCutWhileRead(t, fmt.Sprintf("%s, cut to %d bytes at packet %d", name, left, packet), hold, whole, left, packet, want)
				}
			}
		}
	}
}

// checkCutWhileRead reads a capture that is cut when a packet is looked at. Every other time it waits before, so that whoever is behind
// has done what there was to do.
func checkCutWhileRead(t *testing.T, what string, hold analysis.Hold, whole []byte, left int, packet uint64, want []byte) {
	t.Helper()
	const name = "cut.pcap"
	var seen atomic.Uint64
	cut := func(*capture.Packet, []byte) bool {
		if seen.Add(1) == packet {
			time.Sleep(time.Duration(packet/500%2) * 5 * time.Millisecond)
			if err := os.Truncate(name, int64(left)); err != nil {
				t.Error(err)
			}
		}
		return true
	}
	if err := os.WriteFile(name, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	before := mappings(t, name)
	got, result := cutRows(t, hold, openFile(t, name, 64<<10), cut)
	if seen.Load() < packet {
		t.Fatalf("%s: %d packets were seen", what, seen.Load())
	}
	if left < 1000 && !slices.Contains(result.Warnings, analysis.ErrChanged) {
		t.Errorf("%s: warnings %v", what, result.Warnings)
	}
	if n := result.Skipped[decode.Malformed]; n > 0 {
		t.Errorf("%s: %d packets are malformed", what, n)
	}
	if !bytes.HasPrefix(got, want) {
		t.Errorf("%s: %d lines, want %d", what, bytes.Count(got, []byte("\n")), bytes.Count(want, []byte("\n")))
	}
	if after := mappings(t, name); after != before {
		t.Errorf("%s: %d pieces of it are still mapped", what, after-before)
	}
}

// mappings counts the pieces of a file that are mapped.
func mappings(t *testing.T, name string) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(b, []byte("/"+name))
}

// remade is a capture of another link type, each packet of which is made of one of Ethernet.
func remade(t *testing.T, data []byte, link uint32, remake func(packet []byte) [][]byte) []byte {
	t.Helper()
	var made []frame
	for _, f := range readPackets(t, file{"test", data}).frames {
		for _, packet := range remake(f.data) {
			made = append(made, frame{time: f.time, data: packet})
		}
	}
	return pcapFormats()[0].write(link, made)
}

// overPPP puts a PPP header in the place of that of Ethernet (RFC 1662, Section 3.1).
func overPPP(packet []byte) [][]byte {
	return [][]byte{append([]byte{0xff, 0x03, 0x00, 0x21}, packet[14:]...)}
}

// intoFragments makes two fragments of what IPv4 carries.
func intoFragments(packet []byte) [][]byte {
	const head, first, more = 14 + 20, 16, 0x20
	ip := packet[14:]
	a, b := slices.Clone(packet[:head+first]), append(slices.Clone(packet[:head]), packet[head+first:]...)
	binary.BigEndian.PutUint16(a[16:], 20+first)
	binary.BigEndian.PutUint16(b[16:], uint16(int(binary.BigEndian.Uint16(ip[2:]))-first))
	a[20], a[21] = more, 0
	b[20], b[21] = 0, first/8
	return [][]byte{a, b}
}

// cutRows is the report, as CSV, on a capture.
func cutRows(t *testing.T, hold analysis.Hold, source analysis.Source, keep func(*capture.Packet, []byte) bool) ([]byte, *analysis.Result) {
	t.Helper()
	var out bytes.Buffer
	s := newSink(&out, io.Discard, io.Discard)
	result, err := analysis.Run(context.Background(), analysis.Config{Workers: 2, Hold: hold, Filter: keep}, []analysis.Source{source}, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.csv.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), result
}
