package analysis_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/sniscope/sniscope/pkg/capture"
)

// hostile is a file that claims more than it has.
type hostile struct {
	name    string
	data    []byte
	packets uint64 // before the fault
	cut     bool   // the fault is that the file ends too soon
	sound   bool   // there is no fault
	cost    int    // what a run may allocate in all, garbage included, in MiB, where 4 are not enough
}

// patched sets four bytes, counted from the end, in the byte order of the file.
func patched(data []byte, fromEnd int, order binary.ByteOrder, value uint32) []byte {
	data = bytes.Clone(data)
	order.PutUint32(data[len(data)-fromEnd:], value)
	return data
}

func hostiles(t *testing.T) []hostile {
	le, be := binary.LittleEndian, binary.BigEndian
	frames := plainFrames(turns(t))[:2]
	last := len(frames[1].data)
	little, big := pcapFormats()[0].write(1, frames), pcapFormats()[1].write(1, frames)
	record := last + 8 // from the captured length to the end of the file
	block := 8 + 20 + (last+3)&^3 + 4
	ng, snoop := plainPcapng(le)(1, frames), writeSnoop(1, frames)
	snoopLength := (last+3)&^3 + 16
	skipped := append(bytes.Clone(ng), "\xad\x0b\x00\x00\xf0\xff\xff\xff then nothing"...)
	return []hostile{
		{name: "pcap, packet of 4 GiB", data: patched(little, record, le, ^uint32(0)), packets: 1},
		{name: "pcap big-endian, packet of 2 GiB", data: patched(big, record, be, 1<<31), packets: 1},
		{name: "pcap, packet of 16 MiB", data: patched(little, record, le, 16<<20), packets: 1, cut: true},
		{name: "pcap, packet of 16 MiB of which 64 KiB are there", packets: 1, cut: true,
			data: append(patched(little, record, le, 16<<20), make([]byte, 64<<10)...)},
		{name: "pcap, a gigabyte on the wire", data: patched(little, record-4, le, 1<<30), packets: 2, sound: true},
		{name: "pcapng, packet block of 4 GiB", data: patched(ng, block-4, le, ^uint32(0)&^3), packets: 1},
		{name: "pcapng, packet block of 16 MiB", data: patched(ng, block-4, le, 16<<20), packets: 1, cut: true},
		{name: "pcapng, packet of 4 GiB in its block", data: patched(ng, block-20, le, ^uint32(0)), packets: 1},
		{name: "pcapng, unknown block of 4 GiB", data: skipped, packets: 2, cut: true},
		{name: "pcapng, more interfaces than there can be", data: manyInterfaces(200_000), cost: 48},
		{name: "pcapng, a hundred thousand sections", data: manySections(100_000, frames[0]), packets: 1, sound: true},
		{name: "snoop, record of 4 GiB", data: patched(snoop, snoopLength, be, ^uint32(0)), packets: 1},
		{name: "bomb of empty packets", data: bomb(t, little, nil), packets: 2 + bombSize/16, sound: true, cost: 32},
		{name: "bomb of large packets", data: bomb(t, little, frames[0].data), packets: 2 + bombSize/bombPacket, sound: true, cost: 32},
	}
}

func manyInterfaces(n int) []byte {
	var p pcapng
	p.section(binary.LittleEndian)
	for range n {
		p.iface(1, 0)
	}
	return p.out
}

func manySections(n int, f frame) []byte {
	var p pcapng
	for range n {
		p.section(binary.BigEndian)
	}
	p.iface(1, 0)
	p.packet(0, uint64(f.time/microseconds), f)
	return p.out
}

// bombSize is how much a bomb holds, and bombPacket how much of it is one large packet with its header.
const (
	bombSize   = 64 << 20
	bombPacket = 1 << 16
)

// bomb is a pcap file that is followed by very many packets, which compress to nearly nothing: empty ones, or large
// ones that begin with the given bytes.
func bomb(t *testing.T, pcap, begin []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	unit := make([]byte, bombPacket)
	if begin != nil {
		copy(unit, pcap[24:32])
		binary.LittleEndian.PutUint32(unit[8:], bombPacket-16)
		binary.LittleEndian.PutUint32(unit[12:], bombPacket-16)
		copy(unit[16:], begin)
	}
	if _, err := w.Write(pcap); err != nil {
		t.Fatal(err)
	}
	for range bombSize / bombPacket {
		if _, err := w.Write(unit); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestHostileLengths measures what files cost that claim lengths and numbers which they do not have.
func TestHostileLengths(t *testing.T) {
	for _, h := range hostiles(t) {
		t.Run(h.name, func(t *testing.T) {
			cost := allocated(func() { checkHostile(t, h) })
			if limit := uint64(max(h.cost, 4) << 20); cost > limit {
				t.Errorf("%d bytes allocated for a file of %d, more than %d", cost, len(h.data), limit)
			}
		})
	}
}

func checkHostile(t *testing.T, h hostile) {
	t.Helper()
	_, result, err := rowsOf(file{"hostile", h.data})
	if err != nil {
		t.Fatal(err)
	}
	if result.Packets != h.packets {
		t.Errorf("%d packets, want %d", result.Packets, h.packets)
	}
	var short *capture.TruncatedError
	var malformed *capture.FormatError
	switch {
	case h.sound && len(result.Problems) == 0:
	case !h.sound && len(result.Problems) == 1 && h.cut && errors.As(result.Problems[0], &short):
	case !h.sound && len(result.Problems) == 1 && !h.cut && errors.As(result.Problems[0], &malformed):
	default:
		t.Errorf("problems %v", result.Problems)
	}
}

// allocated is how many bytes f allocates, whether or not it keeps them.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
