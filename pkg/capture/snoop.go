package capture

import (
	"fmt"
)

// Sizes of the headers of a snoop file (RFC 1761), which is big-endian throughout.
const (
	snoopFileHeader   = 16
	snoopRecordHeader = 24
	snoopVersion      = 2
)

// snoopMagic is the identification pattern of RFC 1761, Section 4.
const snoopMagic = "snoop\x00\x00\x00"

// snoopLinks are the datalink types of RFC 1761, Section 4, that have a link type here, and those that Solaris
// added for IP over InfiniBand and for its loopback.
var snoopLinks = map[uint32]LinkType{
	0:  LinkEthernet,
	2:  6, // token ring
	4:  LinkEthernet,
	8:  10, // FDDI
	26: 242,
	31: 226,
}

// snoop frames a file of Solaris' snoop.
type snoop struct {
	start int // as in pcap
	iface Interface
}

// newSnoop reads the file header.
func newSnoop(head []byte) (*snoop, error) {
	if len(head) < snoopFileHeader {
		return nil, shortHeader(snoopFileHeader)
	}
	if v := bigEndian.uint32(head[8:]); v != snoopVersion {
		return nil, fmt.Errorf("%w: snoop version %d", ErrUnsupported, v)
	}
	kind := bigEndian.uint32(head[12:])
	link, ok := snoopLinks[kind]
	if !ok {
		return nil, fmt.Errorf("%w: snoop datalink type %d", ErrUnsupported, kind)
	}
	return &snoop{start: snoopFileHeader, iface: Interface{Link: link, Digits: 6}}, nil
}

func (s *snoop) described(number int) (Interface, bool) { return s.iface, number == 0 }

func (s *snoop) scan(b *Block, base int64) (rest, *FormatError) {
	data, off := b.Data, s.start
	s.start = 0
	for len(data)-off >= snoopRecordHeader {
		h := data[off : off+snoopRecordHeader]
		length, captured, record := bigEndian.uint32(h), bigEndian.uint32(h[4:]), bigEndian.uint32(h[8:])
		if record > maxRecord || int64(record) < snoopRecordHeader+int64(captured) {
			return rest{next: int64(off)}, &FormatError{Offset: base + int64(off),
				Problem: fmt.Sprintf("packet record: length %d, captured length %d", record, captured)}
		}
		end := off + int(record)
		if end > len(data) {
			return rest{next: int64(off), need: int(record), record: base + int64(off)}, nil
		}
		b.Packets = append(b.Packets, Packet{
			Time:   int64(bigEndian.uint32(h[16:]))*1e9 + int64(int32(bigEndian.uint32(h[20:])))*1000,
			Offset: uint32(off + snoopRecordHeader),
			CapLen: captured,
			Len:    length,
			Link:   s.iface.Link,
			Digits: s.iface.Digits,
		})
		s.iface.HasDrops, s.iface.DroppedByHost = true, uint64(bigEndian.uint32(h[12:]))
		off = end
	}
	return rest{next: int64(off), need: snoopRecordHeader, record: base + int64(off)}, nil
}
