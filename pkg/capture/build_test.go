package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"
)

// order is what the builders need of a byte order.
type order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

var (
	le order = binary.LittleEndian
	be order = binary.BigEndian
)

// packet is what a test expects of, or has got for, one packet.
type packet struct {
	Packet
	frame uint64
	data  string
}

// file is a capture under construction, with what a reader should find in it.
type file struct {
	order   order
	data    []byte
	records []record
}

// record is a piece of a file that is either whole or cut; the file header counts as one.
type record struct {
	start, end int
	packets    int // packets up to and including this record
}

// add appends a record, and the packet in it if there is one.
func (f *file) add(raw []byte) {
	packets := 0
	if len(f.records) > 0 {
		packets = f.records[len(f.records)-1].packets
	}
	f.records = append(f.records, record{len(f.data), len(f.data) + len(raw), packets})
	f.data = append(f.data, raw...)
}

func (f *file) addPacket(raw []byte) {
	f.add(raw)
	f.records[len(f.records)-1].packets++
}

// fields concatenates integers in the file's byte order, and bytes as they are.
func (f *file) fields(values ...any) []byte {
	var b []byte
	for _, v := range values {
		switch v := v.(type) {
		case byte:
			b = append(b, v)
		case uint16:
			b = f.order.AppendUint16(b, v)
		case uint32:
			b = f.order.AppendUint32(b, v)
		case int:
			b = f.order.AppendUint32(b, uint32(v))
		case uint64:
			b = f.order.AppendUint64(b, v)
		case string:
			b = append(b, v...)
		case []byte:
			b = append(b, v...)
		default:
			panic("field of unknown type")
		}
	}
	return b
}

// pcapFile returns a file with just its header.
func pcapFile(o order, magic uint32, minor uint16, snaplen, network uint32) *file {
	f := &file{order: o}
	f.add(f.fields(magic, uint16(2), minor, uint32(0), uint32(0), snaplen, network))
	return f
}

// record appends a pcap record whose header ends with extra.
func (f *file) record(sec, fraction, captured, length uint32, extra, data string) *file {
	f.addPacket(f.fields(sec, fraction, captured, length, extra, data))
	return f
}

// block appends a pcapng block.
func (f *file) block(kind uint32, values ...any) *file {
	f.add(f.rawBlock(kind, values...))
	return f
}

// packetBlock appends a pcapng block with a packet.
func (f *file) packetBlock(kind uint32, values ...any) *file {
	f.addPacket(f.rawBlock(kind, values...))
	return f
}

func (f *file) rawBlock(kind uint32, values ...any) []byte {
	body := f.fields(values...)
	body = append(body, make([]byte, -len(body)&3)...)
	return f.fields(kind, len(body)+12, body, len(body)+12)
}

// section appends a section header block; its byte order is that of all that follows.
func (f *file) section(o order) *file {
	f.order = o
	return f.block(ngSection, uint32(ngByteOrderMagic), uint16(1), uint16(0), ^uint64(0))
}

// iface appends an interface description block.
func (f *file) iface(link uint16, snaplen uint32, options ...any) *file {
	return f.block(ngInterface, link, uint16(0), snaplen, f.fields(options...))
}

// option returns a pcapng option.
func (f *file) option(code uint16, values ...any) []byte {
	value := f.fields(values...)
	return f.fields(code, uint16(len(value)), value, make([]byte, -len(value)&3))
}

// enhanced appends an enhanced packet block.
func (f *file) enhanced(iface uint32, timestamp uint64, length uint32, data string) *file {
	return f.packetBlock(ngEnhancedPacket, iface, uint32(timestamp>>32), uint32(timestamp), len(data), length,
		data, make([]byte, -len(data)&3), f.option(1, "comment"), uint32(0))
}

func ngFile(o order) *file { return new(file).section(o) }

// collect reads all packets, with blocks of the given size (0 for the ordinary one), and returns them and the
// error that ended them.
func collect(t testing.TB, r *Reader, size int) ([]packet, error) {
	t.Helper()
	if size != 0 {
		r.SetBlockSize(size)
	}
	var all []packet
	var b Block
	for {
		err := r.Next(&b)
		if err != nil {
			if len(b.Packets) != 0 || len(b.Data) != 0 {
				t.Fatalf("Next returned %d packets and the error %v", len(b.Packets), err)
			}
			if again := r.Next(&b); again != err {
				t.Fatalf("Next returned %v, then %v", err, again)
			}
			return all, err
		}
		if len(b.Packets) == 0 {
			t.Fatal("Next returned neither a packet nor an error")
		}
		all = b.appendTo(all)
	}
}

// appendTo appends the packets of a block.
func (b *Block) appendTo(all []packet) []packet {
	frame, others := b.First, b.Others
	for i, p := range b.Packets {
		if len(others) > 0 && others[0].Before == i {
			if i > 0 {
				frame += others[0].Count
			}
			others = others[1:]
		}
		data := string(b.Data[p.Offset:][:p.CapLen])
		p.Offset = 0
		all = append(all, packet{p, frame, data})
		frame++
	}
	return all
}

// readerOf opens a capture given as bytes.
func readerOf(t testing.TB, data []byte) *Reader {
	t.Helper()
	r, err := NewReader("test", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// collectBytes reads all packets of a capture given as bytes. Errors of opening it are returned, too.
func collectBytes(t testing.TB, data []byte, size int) ([]packet, error) {
	t.Helper()
	r, err := NewReader("test", bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return collect(t, r, size)
}

// mustCollect is collectBytes for a capture without faults.
func mustCollect(t testing.TB, data []byte) []packet {
	t.Helper()
	all, err := collectBytes(t, data, 0)
	if err != io.EOF {
		t.Fatal(err)
	}
	return all
}

// samePackets compares packets, and shows the first that differs.
func samePackets(t *testing.T, got, want []packet) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("packet %d\n got %+v\nwant %+v", i, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d packets, want %d", len(got), len(want))
	}
}

// dribble returns its bytes in pieces of changing size, as a pipe may.
type dribble struct {
	data []byte
	n    int
}

func (d *dribble) Read(p []byte) (int, error) {
	if len(d.data) == 0 {
		return 0, io.EOF
	}
	d.n = d.n%97 + 1
	n := copy(p[:min(len(p), d.n)], d.data)
	d.data = d.data[n:]
	return n, nil
}

// errorText is the text of the error at the end, and empty for io.EOF.
func errorText(err error) string {
	if err == nil || errors.Is(err, io.EOF) {
		return ""
	}
	return err.Error()
}

func clone(b []byte) []byte { return slices.Clone(b) }
