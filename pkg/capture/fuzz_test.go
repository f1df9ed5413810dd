package capture

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// fuzzLimit is how much of what a small compressed input expands to is read.
const fuzzLimit = 8 << 20

// reading is all that a Reader says about an input.
type reading struct {
	packets    []packet
	interfaces []Interface
	err        string
	stopped    bool // at fuzzLimit
}

func readAll(t *testing.T, in io.Reader, size int) (all reading) {
	t.Helper()
	r, err := NewReader("fuzz", in)
	if err != nil {
		return reading{err: err.Error()}
	}
	return readRest(t, r, size)
}

// readRest is all that a Reader says that has just been opened.
func readRest(t *testing.T, r *Reader, size int) (all reading) {
	t.Helper()
	defer r.Close()
	r.SetBlockSize(size)
	var err error
	var b Block
	total, frames := 0, uint64(0)
	for err = r.Next(&b); err == nil; err = r.Next(&b) {
		if len(b.Packets) == 0 || b.First <= frames {
			t.Fatalf("%d packets, the first is %d, after %d", len(b.Packets), b.First, frames)
		}
		all.packets = b.appendTo(all.packets)
		frames += b.Frames()
		if last := all.packets[len(all.packets)-1].frame; last > frames || len(b.Others) == 0 && last < frames {
			t.Fatalf("the last packet is %d of %d", last, frames)
		}
		if total += len(b.Data); total > fuzzLimit {
			return reading{stopped: true}
		}
	}
	all.interfaces, all.err = allOf(r), err.Error()
	for _, p := range all.packets {
		if int(p.Iface) >= len(all.interfaces) || all.interfaces[p.Iface].Link != p.Link {
			t.Fatalf("packet of interface %d: %+v", p.Iface, all.interfaces)
		}
	}
	return all
}

// checkReading reads data in blocks of several sizes, as a file and as a pipe. All must agree.
func checkReading(t *testing.T, data []byte) {
	t.Helper()
	want := readAll(t, bytes.NewReader(data), 32<<10)
	for _, size := range []int{64, 200} {
		for _, in := range []io.Reader{bytes.NewReader(data), &dribble{data: data}} {
			got := readAll(t, in, size)
			if got.stopped || want.stopped {
				continue
			}
			if got.err != want.err || !slices.Equal(got.interfaces, want.interfaces) {
				t.Fatalf("block size %d:\n got %q\nwant %q", size, got.err, want.err)
			}
			samePackets(t, got.packets, want.packets)
		}
	}
}

// captureSeeds calls add for every hand-made file, and for the captures of the repository if they are there.
func captureSeeds(f *testing.F, add func([]byte)) {
	for _, v := range variants() {
		add(v.file.data)
	}
	for _, m := range malformedFiles() {
		add(m.file.data)
	}
	names, err := filepath.Glob("../../pcaps/*.pcap*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		add(data[:min(len(data), 16<<10)])
	}
}

// FuzzReader reads anything.
func FuzzReader(f *testing.F) {
	captureSeeds(f, func(data []byte) { f.Add(data) })
	small := header(4, 1).record(1, 0, 4, 4, "", "data").record(1, 0, 4, 4, "", "data").data
	for _, c := range compressors {
		f.Add(c.compress(f, small[:40], small[40:]))
	}
	f.Fuzz(checkReading)
}

// FuzzPcap reads anything behind a sound file header.
func FuzzPcap(f *testing.F) {
	captureSeeds(f, func(data []byte) {
		if _, order, ok := pcapMagic(data); ok && len(data) >= pcapFileHeader {
			f.Add(order.uint32(data), order.uint16(data[6:]), order.uint32(data[20:]), bool(order), data[pcapFileHeader:])
		}
	})
	f.Fuzz(func(t *testing.T, magic uint32, minor uint16, link uint32, big bool, records []byte) {
		o := le
		if big {
			o = be
		}
		checkReading(t, append(pcapFile(o, magic, minor, 0, link).data, records...))
	})
}

// FuzzPcapng reads anything behind a sound section header and an interface.
func FuzzPcapng(f *testing.F) {
	captureSeeds(f, func(data []byte) {
		if isPcapng(data) && len(data) >= ngMinSection {
			big := bigEndian.uint32(data[8:]) == ngByteOrderMagic
			f.Add(big, byte(6), int64(0), data[ngMinSection:])
		}
	})
	f.Fuzz(func(t *testing.T, big bool, resolution byte, offset int64, blocks []byte) {
		file := ngFile(le)
		if big {
			file = ngFile(be)
		}
		file.iface(1, 0, file.option(9, resolution), file.option(14, uint64(offset)))
		checkReading(t, append(file.data, blocks...))
	})
}
