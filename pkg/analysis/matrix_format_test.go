package analysis_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// format is a kind of capture file.
type format struct {
	name     string
	ethernet bool // holds link type 1 only
	untimed  bool // cannot carry the times, or not all of them
	timeless bool // has no times at all
	lies     bool // does not tell the length of every packet on the wire
	write    func(kind uint32, frames []frame) []byte
}

// pcap describes a variant of pcap.
type pcap struct {
	order   binary.AppendByteOrder
	magic   uint32
	minor   uint16
	snaplen uint32
	nanos   bool                             // the fraction of the timestamps
	extra   int                              // bytes behind each record header
	lengths func(n uint32) (a, b uint32)     // as stored; nil stores the length twice
	link    func(kind uint32) (value uint32) // as stored; nil stores the kind
}

const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34
	magicIxia     = 0x1c0001ac
	snaplen       = 262144
)

func (p pcap) write(kind uint32, frames []frame) []byte {
	o, link := p.order, kind
	if p.link != nil {
		link = p.link(kind)
	}
	b := o.AppendUint16(o.AppendUint16(o.AppendUint32(nil, p.magic), 2), p.minor)
	b = o.AppendUint32(o.AppendUint32(append(b, make([]byte, 8)...), p.snaplen), link)
	if p.magic == magicIxia {
		b = append(b, 1, 2, 3, 4) // the size of all records, which nobody reads
	}
	unit := int64(1000)
	if p.nanos {
		unit = 1
	}
	for _, f := range frames {
		first, second := uint32(len(f.data)), f.length()
		if p.lengths != nil {
			first, second = p.lengths(first)
		}
		b = o.AppendUint32(o.AppendUint32(b, uint32(f.time/1e9)), uint32(f.time%1e9/unit))
		b = o.AppendUint32(o.AppendUint32(b, first), second)
		b = append(append(b, "\x00\x00\x00\x02\x08\x00\x00\x00\x00\x00\x00\x00"[:p.extra]...), f.data...)
	}
	return b
}

// writeSnoop writes a file of Solaris' snoop (RFC 1761).
func writeSnoop(_ uint32, frames []frame) []byte {
	o := binary.BigEndian
	b := o.AppendUint32(o.AppendUint32([]byte("snoop\x00\x00\x00"), 2), 4)
	for _, f := range frames {
		pad := -len(f.data) & 3
		b = o.AppendUint32(o.AppendUint32(b, f.length()), uint32(len(f.data)))
		b = o.AppendUint32(o.AppendUint32(b, uint32(24+len(f.data)+pad)), 0)
		b = o.AppendUint32(o.AppendUint32(b, uint32(f.time/1e9)), uint32(f.time%1e9/1000))
		b = append(append(b, f.data...), make([]byte, pad)...)
	}
	return b
}

func formats() []format {
	return append(pcapFormats(), pcapngFormats()...)
}

func pcapFormats() (list []format) {
	le, be := binary.LittleEndian, binary.BigEndian
	add := func(name string, p pcap) { list = append(list, format{name: name, write: p.write}) }
	add("pcap", pcap{order: le, magic: magicMicro, minor: 4, snaplen: snaplen})
	add("pcap big-endian", pcap{order: be, magic: magicMicro, minor: 4, snaplen: snaplen})
	add("pcap nanoseconds", pcap{order: le, magic: magicNano, minor: 4, snaplen: snaplen, nanos: true})
	add("pcap nanoseconds big-endian", pcap{order: be, magic: magicNano, minor: 4, snaplen: snaplen, nanos: true})
	add("pcap modified", pcap{order: le, magic: magicModified, minor: 4, snaplen: snaplen, extra: 8})
	add("pcap modified big-endian", pcap{order: be, magic: magicModified, minor: 4, snaplen: snaplen, extra: 8})
	add("pcap of SuSE 6.3", pcap{order: le, magic: magicModified, minor: 4, snaplen: snaplen, extra: 12})
	add("pcap of Red Hat 6.1", pcap{order: le, magic: magicMicro, minor: 4, snaplen: snaplen, extra: 8})
	add("pcap of Nokia", pcap{order: be, magic: magicMicro, minor: 4, snaplen: snaplen, extra: 4})
	add("pcap of Ixia", pcap{order: le, magic: magicIxia, minor: 4, snaplen: snaplen})
	add("pcap snaplen 0", pcap{order: le, magic: magicMicro, minor: 4})
	add("pcap absurd snaplen", pcap{order: be, magic: magicMicro, minor: 4, snaplen: ^uint32(0)})
	add("pcap longer than its snaplen", pcap{order: le, magic: magicMicro, minor: 4, snaplen: 40})
	add("pcap captured more than there was", pcap{order: le, magic: magicMicro, minor: 4, snaplen: snaplen,
		lengths: func(n uint32) (captured, length uint32) { return n, n - 1 }})
	old := pcap{order: le, magic: magicMicro, minor: 1, snaplen: snaplen,
		lengths: func(n uint32) (length, captured uint32) { return n + 7, n }}
	either := pcap{order: le, magic: magicMicro, minor: 3, snaplen: snaplen,
		lengths: func(n uint32) (a, b uint32) { return n + n%2, n + 1 - n%2 }}
	aix := pcap{order: be, magic: magicMicro, minor: 2, snaplen: snaplen, nanos: true, link: func(uint32) uint32 { return 6 }}
	return append(list,
		format{name: "pcap 2.1, lengths swapped", lies: true, write: old.write},
		format{name: "pcap 2.3, lengths either way", lies: true, write: either.write},
		format{name: "pcap of AIX", ethernet: true, write: aix.write},
		format{name: "snoop", ethernet: true, write: writeSnoop})
}

// compression is one way to pack a file.
type compression struct {
	name string
	open func(io.Writer) (io.WriteCloser, error)
}

func compressions() []compression {
	return []compression{
		{"gzip", func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }},
		{"zstd", func(w io.Writer) (io.WriteCloser, error) {
			return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<16))
		}},
		{"xz", func(w io.Writer) (io.WriteCloser, error) { return xz.WriterConfig{DictCap: 1 << 16}.NewWriter(w) }},
	}
}

func (c compression) pack(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := c.open(&out)
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
