package capture

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// compressors make compressed files. Each piece is flushed, so that what was written before a cut can be read.
var compressors = []struct {
	name     string
	compress func(t testing.TB, pieces ...[]byte) []byte
}{
	{"gzip", compressGzip},
	{"gzip", compressGzipMembers},
	{"zstd", compressZstd},
	{"zstd", compressZstdFrames},
	{"xz", compressXz},
	{"xz", compressXzStreams},
}

type flusher interface {
	io.WriteCloser
	Flush() error
}

func writeFlushed(t testing.TB, w flusher, pieces [][]byte) {
	t.Helper()
	for _, piece := range pieces {
		if _, err := w.Write(piece); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func compressGzip(t testing.TB, pieces ...[]byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Name = "capture.pcap"
	writeFlushed(t, w, pieces)
	return out.Bytes()
}

func compressGzipMembers(t testing.TB, pieces ...[]byte) (out []byte) {
	for _, piece := range pieces {
		out = append(out, compressGzip(t, piece)...)
	}
	return append(out, 0, 0, 0) // as padding to the size of a tape's block
}

func compressZstd(t testing.TB, pieces ...[]byte) []byte {
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	writeFlushed(t, w, pieces)
	return out.Bytes()
}

func compressZstdFrames(t testing.TB, pieces ...[]byte) []byte {
	out := []byte{0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4} // a skippable frame first, as from pzstd
	for _, piece := range pieces {
		out = append(out, compressZstd(t, piece)...)
	}
	return out
}

// compressXz makes a block of each piece.
func compressXz(t testing.TB, pieces ...[]byte) []byte {
	return writeXz(t, xz.WriterConfig{CheckSum: xz.SHA256, BlockSize: int64(len(pieces[0]))}, bytes.Join(pieces, nil))
}

func compressXzStreams(t testing.TB, pieces ...[]byte) (out []byte) {
	for i, piece := range pieces {
		check := []byte{xz.None, xz.CRC32, xz.CRC64}[i%3]
		out = append(out, writeXz(t, xz.WriterConfig{CheckSum: check, NoCheckSum: check == xz.None}, piece)...)
		out = append(out, 0, 0, 0, 0)
	}
	return out
}

func writeXz(t testing.TB, config xz.WriterConfig, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := config.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// toolOutputs is one capture as the usual tools compress it, in base64.
var toolOutputs = map[string]string{
	"gzip -9":                 "H4sICLeuAGsCA3QucGNhcAC7cnjTQiYGFgYY+P+fgYGRAYJBQAOKHYkE6PqciATo+pyJBACWgcu1wAAAAA==",
	"zstd -19":                "KLUv/STAfQEA4NTDsqECAAQA//8AAAEAAAABAAAAAAAAAChBQkMHILB0PCglArS8HQmWG7dezgUU+1zB",
	"zstd --long=27":          "KLUv/STATQEAkNTDsqECAAQA//8AAAEAKEFCQwkAcKUABODK2woJuHI7Z7DsDhcCcAEU+1zB",
	"xz -T2 --block-size=100": "/Td6WFoAAATm1rRGAsAmZCEBFgCCZ4lT4ABjAB5dAGow0ch9i/gJm62US4ry//oqVNKTDFWGSYw2DgRwAAAAAOvomWuRUWEuAsAXXCEBFgDNQP4N4ABbAA9dACFuHgEAad+kvKIs+jeA4AAAOnL2uiGKUzsAAjpkK1wAAO3EeymxxGf7AgAAAAAEWVo=",
	"xz --check=sha256":       "/Td6WFoAAArh+wyhAgAhARYAAAB0L+Wj4AC/ACJdAGow0ch9i/gJm62US4ry//oqVNKTDFWGSYw3vmiVS5AyH2YAAABdqZrcCy39vQvELpSjJb+swrd1fVbz4oVq5uaEAI6xfAABVsABAAAAibArSLbp3xwCAAAAAApZWg==",
}

// xzWithX86Filter is the same capture behind a filter that is not supported.
const xzWithX86Filter = "/Td6WFoAAATm1rRGAgEEACEBFgANhjUf4AC/ACJdAGow0ch9i/gJm62US4ry//oqVNKTDFWGSYw3vmiVS5AyH2YAAAC7H3BMx8ah1AABPsABAAAAvj2MrLHEZ/sCAAAAAARZWg=="

func TestCompressedByTools(t *testing.T) {
	var want []packet
	for i, letter := range "ABC" {
		want = append(want, pkt(uint64(i)+1, 1e9, strings.Repeat(string(letter), 40)))
	}
	for tool, encoded := range toolOutputs {
		data, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			t.Fatal(err)
		}
		got, err := collectBytes(t, data, 0)
		if err != io.EOF {
			t.Errorf("%s: %v", tool, err)
		}
		samePackets(t, got, want)
	}
	data, err := base64.StdEncoding.DecodeString(xzWithX86Filter)
	if err != nil {
		t.Fatal(err)
	}
	_, err = collectBytes(t, data, 0)
	text := "test: malformed at byte 0 of the decompressed xz stream: the xz stream cannot be decompressed: xz block header: filters other than LZMA2 are not supported"
	if err == nil || err.Error() != text {
		t.Errorf("x86 filter: %v", err)
	}
}

func TestCompressed(t *testing.T) {
	for _, c := range compressors {
		for _, v := range variants() {
			half := len(v.file.data) / 2
			data := c.compress(t, v.file.data[:half], v.file.data[half:])
			r, err := NewReader("-", &dribble{data: data})
			if err != nil {
				t.Fatalf("%s of %s: %v", c.name, v.name, err)
			}
			got, err := collect(t, r, 1000)
			if err != io.EOF {
				t.Errorf("%s of %s: %v", c.name, v.name, err)
			}
			samePackets(t, got, v.want)
			if r.BytesRead() != int64(len(data)) {
				t.Errorf("%s of %s: %d of %d bytes read", c.name, v.name, r.BytesRead(), len(data))
			}
			r.Close()
		}
	}
}

// TestManyEmptyMembers has more empty gzip members in a row than a Reader may return nothing for.
func TestManyEmptyMembers(t *testing.T) {
	pieces := make([][]byte, 1000)
	pieces[500] = bytes.Repeat([]byte("packet"), 100)
	r, err := openGzip(bytes.NewReader(compressGzipMembers(t, pieces...)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(bufio.NewReader(r))
	if err != nil || !bytes.Equal(got, pieces[500]) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestCompressedTruncatedAtEveryByte cuts the compressed stream. What is between two of its parts (gzip members,
// zstd frames, xz streams) cannot be told from its end, and then the packets tell.
func TestCompressedTruncatedAtEveryByte(t *testing.T) {
	f := header(4, 1).record(1, 0, 40, 40, "", strings.Repeat("a", 40)).record(2, 0, 4, 4, "", "bbbb").record(3, 0, 6, 6, "", "cccccc")
	want := mustCollect(t, f.data)
	half := f.records[1].end + 3
	for i, c := range compressors {
		first := len(c.compress(t, f.data[:half])) - []int{0, 3, 0, 0, 0, 4}[i] // padding
		data := c.compress(t, f.data[:half], f.data[half:])
		for cut := 12; cut < len(data); cut++ {
			got, err := collectBytes(t, data[:cut], 0)
			if len(got) > len(want) {
				t.Fatalf("%s cut at %d: %d packets", c.name, cut, len(got))
			}
			samePackets(t, got, want[:len(got)])
			if cut > first && len(got) == 0 {
				t.Errorf("%s cut at %d: nothing of the first %d bytes", c.name, cut, first)
			}
			var short *TruncatedError
			if !errors.As(err, &short) {
				if len(got) == len(want) && err == io.EOF && len(bytes.TrimRight(data[cut:], "\x00")) == 0 {
					continue // only padding is missing
				}
				if cut == 12 && errors.Is(err, ErrEmpty) && i == 3 {
					continue // only the skippable frame is there
				}
				t.Fatalf("%s cut at %d of %d: %d packets, %v", c.name, cut, len(data), len(got), err)
			}
			if n, at := f.expected(int(short.Offset + short.Have)); n != len(got) || at >= 0 && at != short.Offset {
				t.Errorf("%s cut at %d: %d packets, %+v", c.name, cut, len(got), short)
			}
			if short.Compression != c.name {
				t.Errorf("compression %q, want %q", short.Compression, c.name)
			}
		}
	}
}

func TestCompressedDamaged(t *testing.T) {
	f := manyPackets()
	want := mustCollect(t, f.data)
	for _, c := range compressors {
		data := c.compress(t, f.data[:3000], f.data[3000:])
		for at := 6; at < len(data); at += 41 {
			bad := clone(data)
			bad[at] ^= 0x55
			got, err := collectBytes(t, bad, 0) // must return
			if err == io.EOF {
				// Bytes of a file name or a time are covered by no check.
				samePackets(t, got, want)
			}
		}
	}
	for name, data := range map[string][]byte{
		"wrong gzip check": flip(compressGzip(t, f.data), -8),
		"wrong zstd check": flip(compressZstd(t, f.data), -1),
		"wrong xz check":   flip(compressXz(t, f.data), -30),
		"wrong xz footer":  flip(compressXz(t, f.data), -1),
		"gzip and garbage": append(compressGzip(t, f.data), "garbage"...),
		"zstd and garbage": append(compressZstd(t, f.data), "garbage"...),
		"xz and garbage":   append(compressXz(t, f.data), "garbage behind"...),
	} {
		got, err := collectBytes(t, data, 0)
		var fault *FormatError
		if !errors.As(err, &fault) || fault.Err == nil || !strings.Contains(err.Error(), "stream cannot be decompressed") {
			t.Errorf("%s: %v", name, err)
		}
		samePackets(t, got, want)
	}
}

func flip(data []byte, at int) []byte {
	data[len(data)+at] ^= 1
	return data
}

func TestCompressedReadError(t *testing.T) {
	bad := errors.New("bad sector")
	f := header(4, 1).record(1, 0, 40, 40, "", strings.Repeat("a", 40))
	for _, c := range compressors {
		data := c.compress(t, f.data, f.data[24:])
		r, err := NewReader("test", &failing{data[:len(data)-8], bad})
		if err == nil {
			_, err = collect(t, r, 0)
		}
		var read *ReadError
		if !errors.As(err, &read) || !errors.Is(err, bad) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestWindowIsBounded reads streams whose headers ask for more memory than is granted.
func TestWindowIsBounded(t *testing.T) {
	// A frame header with a window of 512 MiB (RFC 8878, Section 3.1.1.1.2) and an empty raw block.
	big := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 19 << 3, 0x01, 0x00, 0x00}
	_, err := collectBytes(t, big, 0)
	if err == nil || !strings.Contains(err.Error(), "window size exceeded") {
		t.Errorf("zstd: %v", err)
	}
	// The dictionary is the fifth byte of the block header, which its check follows.
	data := writeXz(t, xz.WriterConfig{}, header(4, 1).data)
	block := data[xzHeader:][:12]
	block[4] = 33 // 384 MiB
	binary.LittleEndian.PutUint32(block[8:], crc32.ChecksumIEEE(block[:8]))
	_, err = collectBytes(t, data, 0)
	if err == nil || !strings.Contains(err.Error(), "dictionary of 402653184 bytes exceeds 134217728") {
		t.Errorf("xz: %v", err)
	}
}

// TestBombNeedsNoMemory reads 240 MB of packets of zeros from a few kilobytes.
func TestBombNeedsNoMemory(t *testing.T) {
	zeros := string(make([]byte, 60000))
	f := header(4, 1)
	for range 1000 {
		f.record(1, 0, 60000, 60000, "", zeros)
	}
	data := append(compressZstd(t, f.data), bytes.Repeat(compressZstd(t, f.data[24:]), 3)...)
	r, err := NewReader("bomb", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, zeros = nil, ""
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var b Block
	packets := 0
	for err = r.Next(&b); err == nil; err = r.Next(&b) {
		packets += len(b.Packets)
	}
	runtime.ReadMemStats(&after)
	if err != io.EOF || packets != 4000 {
		t.Errorf("%d packets, %v", packets, err)
	}
	if grown := int64(after.TotalAlloc - before.TotalAlloc); grown > 64<<20 {
		t.Errorf("%d bytes allocated", grown)
	}
}

// TestCloseEndsDecompression leaves a Reader in the middle of a stream.
func TestCloseEndsDecompression(t *testing.T) {
	before := runtime.NumGoroutine()
	f := manyPackets()
	data := compressGzip(t, bytes.Repeat(f.data, 200))
	for range 10 {
		r := readerOf(t, data)
		if err := r.Next(new(Block)); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestDecompressorPanics(t *testing.T) {
	d := decompress(compression{open: func(io.Reader) (io.ReadCloser, error) { panic("oops") }}, nil)
	defer d.Close()
	if _, err := d.Read(make([]byte, 1)); err == nil || err.Error() != "decompressor failed: oops" {
		t.Errorf("error %v", err)
	}
}

func TestNoAllocationsWhenCompressed(t *testing.T) {
	f := header(4, 1)
	for range 40_000 {
		f.record(1, 0, 1000, 1000, "", strings.Repeat("x", 1000))
	}
	for _, c := range compressors[:3] {
		if c.name == "gzip" && testing.Short() {
			continue
		}
		data := c.compress(t, f.data)
		r := readerOf(t, data)
		var b Block
		for range 20 {
			if err := r.Next(&b); err != nil {
				t.Fatal(err)
			}
		}
		n := testing.AllocsPerRun(20, func() {
			if err := r.Next(&b); err != nil {
				t.Fatal(err)
			}
		})
		if n > 1 { // the decompressors may allocate a little
			t.Errorf("%s: %v allocations per block", c.name, n)
		}
		r.Close()
	}
}
