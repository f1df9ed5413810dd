package capture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// blockSizes run from one that holds a record at most to one that holds every test file.
var blockSizes = []int{64, 65, 100, 127, 128, 1000, 4096, 64 << 10, 1 << 20}

// expected returns what a file that is cut at offset cut should give: the packets before, and where the record
// begins that is cut, or -1 if the cut is between two.
func (f *file) expected(cut int) (packets int, at int64) {
	for _, r := range f.records {
		switch {
		case cut == r.start:
			return packets, -1
		case cut < r.end:
			return packets, int64(r.start)
		}
		packets = r.packets
	}
	return packets, -1
}

func TestTruncatedAtEveryByte(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			for cut := max(4, v.ambiguous); cut < len(v.file.data); cut++ {
				n, at := v.file.expected(cut)
				for _, size := range []int{64, 4096} {
					got, err := collectBytes(t, v.file.data[:cut], size)
					samePackets(t, got, v.want[:n])
					checkCut(t, err, cut, at)
				}
			}
		})
	}
}

// checkCut checks the error of a stream that ends at offset cut, within the record that begins at offset at.
func checkCut(t *testing.T, err error, cut int, at int64) {
	t.Helper()
	if at < 0 {
		if err != io.EOF {
			t.Fatalf("cut at %d, between two records: %v", cut, err)
		}
		return
	}
	var short *TruncatedError
	if !errors.As(err, &short) {
		t.Fatalf("cut at %d: %v", cut, err)
	}
	if short.Offset != at || short.Have != int64(cut)-at || short.Need <= short.Have || short.Name != "test" {
		t.Fatalf("cut at %d, in the record at %d: %+v", cut, at, short)
	}
}

func TestBlockSizesAndPipesAgree(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			for _, size := range blockSizes {
				got, err := collectBytes(t, v.file.data, size)
				if err != io.EOF {
					t.Fatalf("block size %d: %v", size, err)
				}
				samePackets(t, got, v.want)

				pipe, err := NewReader("-", &dribble{data: v.file.data})
				if err != nil {
					t.Fatal(err)
				}
				got, err = collect(t, pipe, size)
				if err != io.EOF {
					t.Fatalf("pipe, block size %d: %v", size, err)
				}
				samePackets(t, got, v.want)
			}
		})
	}
}

func TestFile(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "capture.txt") // the name says nothing
			if err := os.WriteFile(name, v.file.data, 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := Open(name, nil)
			if err != nil {
				t.Fatal(err)
			}
			if r.Name() != name || r.Size() != int64(len(v.file.data)) {
				t.Errorf("name %q, size %d", r.Name(), r.Size())
			}
			got, err := collect(t, r, 0)
			if err != io.EOF {
				t.Fatal(err)
			}
			samePackets(t, got, v.want)
			if r.BytesRead() != r.Size() {
				t.Errorf("%d of %d bytes read", r.BytesRead(), r.Size())
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestStdin(t *testing.T) {
	v := variants()[0]
	name := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(name, append([]byte("read before"), v.file.data...), 0o600); err != nil {
		t.Fatal(err)
	}
	stdin, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if _, err := stdin.Seek(int64(len("read before")), io.SeekStart); err != nil {
		t.Fatal(err)
	}
	r, err := Open("-", stdin)
	if err != nil {
		t.Fatal(err)
	}
	if r.Size() != int64(len(v.file.data)) || r.Name() != "-" {
		t.Errorf("name %q, size %d of a redirected file, want %d", r.Name(), r.Size(), len(v.file.data))
	}
	got, err := collect(t, r, 0)
	if err != io.EOF {
		t.Fatal(err)
	}
	samePackets(t, got, v.want)
	if r.Close(); stdin.Close() != nil {
		t.Error("Close closed standard input")
	}
}

func TestFirstTime(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			r := readerOf(t, v.file.data)
			first, ok := r.FirstTime()
			if want := len(v.want) > 0 && v.want[0].Time != 0; ok != want || ok && first != v.want[0].Time {
				t.Errorf("FirstTime = %d, %v", first, ok)
			}
			got, err := collect(t, r, 0)
			if err != io.EOF {
				t.Fatal(err)
			}
			samePackets(t, got, v.want)
			if again, _ := r.FirstTime(); again != first {
				t.Errorf("FirstTime = %d at the end, %d before", again, first)
			}
		})
	}
}

func TestFirstTimeLeavesFault(t *testing.T) {
	f := header(4, 1).record(1, 0, 1, 1, "", "x")
	r := readerOf(t, append(f.data, 0))
	if first, ok := r.FirstTime(); first != 1e9 || !ok {
		t.Errorf("FirstTime = %d, %v", first, ok)
	}
	got, err := collect(t, r, 0)
	samePackets(t, got, []packet{pkt(1, 1e9, "x")})
	checkCut(t, err, len(f.data)+1, int64(len(f.data)))
}

// failing gives its bytes and then an error.
type failing struct {
	data []byte
	err  error
}

func (f *failing) Read(p []byte) (int, error) {
	n := copy(p, f.data)
	f.data = f.data[n:]
	if n == 0 {
		return 0, f.err
	}
	return n, nil
}

func TestReadError(t *testing.T) {
	bad := errors.New("bad sector")
	f := header(4, 1).record(1, 0, 1, 1, "", "x").record(1, 0, 1, 1, "", "y")
	r, err := NewReader("disk.pcap", &failing{f.data[:len(f.data)-1], bad})
	if err != nil {
		t.Fatal(err)
	}
	got, err := collect(t, r, 0)
	samePackets(t, got, []packet{pkt(1, 1e9, "x")})
	var read *ReadError
	if !errors.As(err, &read) || !errors.Is(err, bad) || read.Offset != 24+17 {
		t.Fatalf("error %v", err)
	}
	if want := "disk.pcap: read failed in the record at byte 41: bad sector"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

func TestReadErrorWithinTheHeader(t *testing.T) {
	bad := errors.New("bad sector")
	var open *OpenError
	if _, err := NewReader("disk.pcap", &failing{header(4, 1).data[:20], bad}); !errors.As(err, &open) || err.Error() != "disk.pcap: bad sector" {
		t.Errorf("error %v", err)
	}
}

// TestAFileEndsWithTheContext interrupts the reading of a file.
func TestAFileEndsWithTheContext(t *testing.T) {
	name := filepath.Join(t.TempDir(), "long.pcap")
	if err := os.WriteFile(name, longCapture(), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r, err := OpenContext(ctx, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cancel()
	var read *ReadError
	if _, err := collect(t, r, 0); !errors.As(err, &read) || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// silent never returns anything.
type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

func TestReaderWithoutProgress(t *testing.T) {
	_, err := NewReader("test", silent{})
	if !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("error %v", err)
	}
}

// endless repeats a record for ever, as a pipe from a live capture would.
type endless struct {
	head, record []byte
	at           int
}

func (e *endless) Read(p []byte) (n int, err error) {
	n = copy(p, e.head)
	e.head = e.head[n:]
	for n < len(p) {
		k := copy(p[n:], e.record[e.at:])
		n, e.at = n+k, (e.at+k)%len(e.record)
	}
	return n, nil
}

func TestNoAllocationsInSteadyState(t *testing.T) {
	pcap := header(4, 1).record(1, 2, 66, 66, "", string(make([]byte, 66)))
	ng := ngFile(le).iface(1, 0).enhanced(0, ngTime, 66, string(make([]byte, 66)))
	for name, f := range map[string]*file{"pcap": pcap, "pcapng": ng} {
		last := f.records[len(f.records)-1].start
		r, err := NewReader(name, &endless{head: clone(f.data[:last]), record: f.data[last:]})
		if err != nil {
			t.Fatal(err)
		}
		var b Block
		next := func() {
			if err := r.Next(&b); err != nil {
				t.Fatal(err)
			}
		}
		next()
		next()
		if n := testing.AllocsPerRun(20, next); n != 0 {
			t.Errorf("%s: %v allocations per block", name, n)
		}
		if len(b.Data) < BlockSize-len(f.data) || cap(b.Data) > BlockSize {
			t.Errorf("%s: block of %d bytes in %d", name, len(b.Data), cap(b.Data))
		}
	}
}

func TestLargeRecordsGrowTheBlock(t *testing.T) {
	const size = 5 << 20
	f := header(4, 1).record(1, 0, 1, 1, "", "a").record(1, 0, size, size, "", string(make([]byte, size))).record(1, 0, 1, 1, "", "b")
	r := readerOf(t, f.data)
	var b Block
	for i, want := range []uint32{1, size, 1} {
		if err := r.Next(&b); err != nil || len(b.Packets) != 1 || b.Packets[0].CapLen != want || b.First != uint64(i)+1 {
			t.Fatalf("block %d: %v, %v", i, err, b.Packets)
		}
	}
	if cap(b.Data) > keepBlock {
		t.Errorf("the block keeps %d bytes", cap(b.Data))
	}
}

// TestClaimedLengthIsNotAllocated reads records that claim to be as large as is allowed, and of which only a block is there.
func TestClaimedLengthIsNotAllocated(t *testing.T) {
	block := string(make([]byte, BlockSize))
	pcap := header(4, 1).record(1, 0, maxRecord, maxRecord, "", block)
	ng := ngFile(le).iface(1, 0)
	ng.add(ng.fields(uint32(ngEnhancedPacket), maxRecord, block))
	for name, f := range map[string]*file{"pcap": pcap, "pcapng": ng} {
		r := readerOf(t, f.data)
		var b Block
		var short *TruncatedError
		if err := r.Next(&b); !errors.As(err, &short) {
			t.Errorf("%s: %v", name, err)
		}
		if cap(b.Data) > 4*BlockSize {
			t.Errorf("%s: %d bytes allocated for a record of %d", name, cap(b.Data), len(f.data))
		}
	}
}

func TestClosed(t *testing.T) {
	r := readerOf(t, variants()[0].file.data)
	r.Close()
	if err := r.Next(new(Block)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Next after Close: %v", err)
	}
}

func ExampleReader() {
	f := header(4, 1).record(0, 5, 3, 60, "", "abc")
	r, err := NewReader("example.pcap", bytes.NewReader(f.data))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	var b Block
	for err = r.Next(&b); err == nil; err = r.Next(&b) {
		for _, p := range b.Packets {
			fmt.Printf("%d ns, %d of %d bytes: %s\n", p.Time, p.CapLen, p.Len, b.Data[p.Offset:][:p.CapLen])
		}
	}
	fmt.Println(err)
	// Output:
	// 5000 ns, 3 of 60 bytes: abc
	// EOF
}
