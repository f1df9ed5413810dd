package capture

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// mapped opens a file with these bytes to be read in place.
func mapped(t *testing.T, data []byte) (r *Reader, name string) {
	t.Helper()
	r, name = opened(t, data)
	r.name = "fuzz" // as readAll has it
	r.Map()
	return r, name
}

// inPlace skips a test where the file system does not tell what is in the cache.
func inPlace(t *testing.T) {
	t.Helper()
	r, _ := mapped(t, longCapture())
	if !cached(r.pages.file, 0) {
		t.Skip("files cannot be read in place here")
	}
}

// packetsOfLength returns a capture of so many records of 16 and n bytes.
func packetsOfLength(count, n int) []byte {
	f := header(4, 1)
	for i := range uint32(count) {
		f.record(1000+i/100, i, uint32(n), uint32(n), "", strings.Repeat("x", n-4)+string(f.fields(i)))
	}
	return f.data
}

// randomPackets is packetsOfLength of what does not become shorter when it is compressed.
func randomPackets(count, n int) []byte {
	f, random := header(4, 1), rand.NewChaCha8([32]byte{})
	data := make([]byte, n)
	for i := range uint32(count) {
		random.Read(data)
		f.record(1000, i, uint32(n), uint32(n), "", string(data))
	}
	return f.data
}

// blocksOfLength is packetsOfLength for pcapng.
func blocksOfLength(count, n int) []byte {
	f := ngFile(le).iface(1, 0)
	for i := range uint32(count) {
		f.enhanced(0, uint64(i), uint32(n), strings.Repeat("x", n-4)+string(f.fields(i)))
	}
	return f.data
}

// TestInPlaceIsAsCopied reads captures of all formats, sound, malformed and cut, in place: the same comes of them.
func TestInPlaceIsAsCopied(t *testing.T) {
	inPlace(t)
	all := [][]byte{packetsOfLength(300, 700), blocksOfLength(300, 700), packetsOfLength(3, 100_000)}
	all = append(all, compressors[0].compress(t, randomPackets(500, 700)))
	for _, v := range variants() {
		all = append(all, v.file.data, append(packetsOfLength(15, 700), v.file.data...))
	}
	for _, m := range malformedFiles() {
		all = append(all, m.file.data, append(packetsOfLength(15, 700), m.file.data...))
	}
	for _, data := range all {
		for _, size := range []int{64, 4 << 10, 64 << 10} {
			for _, cut := range []int{0, 50} {
				data := data[:max(len(data)-cut, 0)]
				want := readAll(t, bytes.NewReader(data), size)
				if want.packets == nil {
					continue // it cannot be opened
				}
				r, _ := mapped(t, data)
				got := readRest(t, r, size)
				if got.err != want.err || !slices.Equal(got.interfaces, want.interfaces) {
					t.Fatalf("%d bytes, block size %d:\n got %q\nwant %q", len(data), size, got.err, want.err)
				}
				samePackets(t, got.packets, want.packets)
			}
		}
	}
}

// TestInPlaceHasNoMemoryOfItsOwn sees that blocks are parts of the file, and that what was mapped is given back.
func TestInPlaceHasNoMemoryOfItsOwn(t *testing.T) {
	inPlace(t)
	data := packetsOfLength(40_000, 700)
	r, _ := mapped(t, data)
	blocks, viewed := make([]Block, 3), 0
	var pieces []*piece
	for i := 0; ; i++ {
		b := &blocks[i%len(blocks)]
		if err := r.Next(b); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if b.piece == nil {
			continue
		}
		viewed += len(b.Data)
		if len(pieces) == 0 || pieces[len(pieces)-1] != b.piece {
			pieces = append(pieces, b.piece)
		}
		if held := len(pieces) - 3; held >= 0 && pieces[held].data != nil {
			t.Fatal("a piece is held that no block is made of")
		}
	}
	if viewed < len(data)*9/10 || len(pieces) < len(data)/pieceSize {
		t.Errorf("%d bytes of %d were read in place, in %d pieces", viewed, len(data), len(pieces))
	}
	if r.BytesRead() != r.Size() || !r.sparse {
		t.Errorf("%d bytes of %d are said to be read; sparse %v", r.BytesRead(), r.Size(), r.sparse)
	}
	for i := range blocks {
		blocks[i].Reset()
	}
	r.Close()
	for i, p := range pieces {
		if p.data != nil {
			t.Errorf("piece %d is still mapped", i)
		}
	}
}

// TestInPlaceAFileThatChanges goes on with what a file has, and begins again.
func TestInPlaceAFileThatChanges(t *testing.T) {
	inPlace(t)
	data := packetsOfLength(2000, 700)
	half := pcapFileHeader + 1000*716
	r, name := mapped(t, data[:half])
	var b Block
	if err := r.Next(&b); err != nil {
		t.Fatal(err)
	}
	got := b.appendTo(nil)
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(data[half:]); err != nil {
		t.Fatal(err)
	}
	f.Close()
	for err = r.Next(&b); err == nil; err = r.Next(&b) {
		got = b.appendTo(got)
	}
	if err != io.EOF {
		t.Error(err)
	}
	samePackets(t, got, mustCollect(t, data))
	if err := os.Truncate(name, int64(half)); err != nil {
		t.Fatal(err)
	}
	r.Again()
	if got, err = collect(t, r, 0); err != io.EOF {
		t.Error(err)
	}
	samePackets(t, got, mustCollect(t, data[:half]))
}

// TestInPlaceAFileThatShrinks takes away all that is not read yet, and some of what is.
func TestInPlaceAFileThatShrinks(t *testing.T) {
	inPlace(t)
	r, name := mapped(t, packetsOfLength(2000, 700))
	var b Block
	if err := r.Next(&b); err != nil {
		t.Fatal(err)
	}
	b.Reset()
	if err := os.Truncate(name, 1000); err != nil {
		t.Fatal(err)
	}
	var read *ReadError
	if err := r.Next(&b); !errors.As(err, &read) || !errors.Is(err, ErrShrunk) {
		t.Errorf("error %v", err)
	}
}

// TestAgain begins a capture again at any time, in whatever way it was read before.
func TestAgain(t *testing.T) {
	plain := packetsOfLength(2000, 700)
	for _, data := range [][]byte{plain, compressors[0].compress(t, randomPackets(2000, 700)), header(4, 1).data} {
		want := mustCollect(t, data)
		for blocks := range 4 {
			for _, inPlace := range []bool{false, true} {
				r, _ := opened(t, data)
				if inPlace {
					r.Map()
				}
				var b Block
				for range blocks {
					r.Next(&b)
				}
				b.Reset()
				r.Again()
				if r.BytesRead() != 0 {
					t.Errorf("%d bytes are said to be read", r.BytesRead())
				}
				if first, ok := r.FirstTime(); ok != (len(want) > 0) || ok && first != want[0].Time {
					t.Errorf("FirstTime = %d, %v", first, ok)
				}
				var got []packet
				var err error
				for err = r.Next(&b); err == nil; err = r.Next(&b) {
					if b.piece != nil {
						t.Fatal("a block is a part of the file")
					}
					got = b.appendTo(got)
				}
				if err != io.EOF {
					t.Error(err)
				}
				samePackets(t, got, want)
			}
		}
	}
}

// TestInPlaceAfterRest looks at a capture in place that has rested, as it is now: nothing that can be mapped, perhaps.
func TestInPlaceAfterRest(t *testing.T) {
	inPlace(t)
	data := packetsOfLength(2000, 700)
	r, _ := mapped(t, data)
	r.Rest()
	var b Block
	if err := r.Next(&b); err != nil || b.piece == nil {
		t.Errorf("error %v, a part of the file: %v", err, b.piece != nil)
	}
	b.Reset()
	r, name := mapped(t, data)
	r.Rest()
	if err := os.WriteFile(name, compressors[0].compress(t, data), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := collect(t, r, 0)
	if err != io.EOF {
		t.Error(err)
	}
	samePackets(t, got, mustCollect(t, data))
}

// TestInPlaceLargeBlocks has blocks that are larger than a piece usually is.
func TestInPlaceLargeBlocks(t *testing.T) {
	inPlace(t)
	data := packetsOfLength(3000, 10_000)
	r, _ := mapped(t, data)
	r.SetBlockSize(2 * pieceSize)
	var b Block
	viewed := 0
	for err := r.Next(&b); err != io.EOF; err = r.Next(&b) {
		if err != nil {
			t.Fatal(err)
		}
		if b.piece != nil {
			viewed += len(b.Data)
		}
	}
	if viewed < pieceSize {
		t.Errorf("%d bytes were read in place", viewed)
	}
}

// TestPages asks for what is in the cache, for what is not, and for more than there is.
func TestPages(t *testing.T) {
	inPlace(t)
	r, _ := mapped(t, packetsOfLength(2000, 700))
	for _, c := range []struct {
		at, n int
		ok    bool
	}{{0, 100, true}, {5000, 100_000, true}, {int(r.Size()) - 100, 100, true}, {int(r.Size()) - 100, 101, false}, {int(r.Size()), 1, false}} {
		data, piece := r.pages.at(int64(c.at), c.n)
		if (data != nil) != c.ok || c.ok && (len(data) != c.n || cap(data) != c.n || piece == nil) {
			t.Errorf("%d bytes from %d on: %d, %d", c.n, c.at, len(data), cap(data))
		}
	}
	r.pages.faults -= maxFaults + 1 // as if so many had come since
	if data, _ := r.pages.at(0, 100); data != nil {
		t.Error("pages are looked at that do not stay in the cache")
	}
}

// TestInPlaceEndsWithTheContext is TestAFileEndsWithTheContext in place.
func TestInPlaceEndsWithTheContext(t *testing.T) {
	inPlace(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, name := mapped(t, packetsOfLength(2000, 700))
	r, err := OpenContext(ctx, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.Map()
	var b Block
	if err := r.Next(&b); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := r.Next(&b); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestWarm finds a record in every lane, of any packets that are long enough for it to matter.
func TestWarm(t *testing.T) {
	for name, data := range map[string][]byte{"pcap": packetsOfLength(400, 700), "pcapng": blocksOfLength(400, 700)} {
		r, err := NewReader(name, bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		var b Block
		if err := r.Next(&b); err != nil {
			t.Fatal(err)
		}
		begins := map[int]bool{}
		overhead := int(b.Packets[1].Offset) - int(b.Packets[0].Offset+b.Packets[0].CapLen)
		for _, p := range b.Packets {
			begins[int(p.Offset)-min(overhead, 28)] = true
		}
		first := int(b.Packets[0].Offset) - min(overhead, 28)
		c, ok := r.framer.(chained).chain(b.Data[first:])
		if !ok {
			t.Fatalf("%s: no chain", name)
		}
		for i := range lanes {
			if at := c.find(b.Data, len(b.Data)/lanes*i+first); !begins[at] || !begins[c.follow(b.Data, at)] {
				t.Errorf("%s: lane %d begins at %d", name, i, at)
			}
		}
	}
}

// TestWarmOfAnything looks ahead in what is no capture at all, or seems to be one.
func TestWarmOfAnything(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, sound := range [][]byte{packetsOfLength(100, 700), blocksOfLength(100, 700)} {
		r := readerOf(t, sound)
		if err := r.Next(new(Block)); err != nil {
			t.Fatal(err)
		}
		for range 200 {
			data := slices.Clone(sound)
			for range random.IntN(2000) {
				data[random.IntN(len(data))] = byte(random.Uint32() >> (random.IntN(4) * 8))
			}
			r.warm(data[random.IntN(1000):])
		}
	}
}
