package capture

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Sizes of the pcap headers (draft-ietf-opsawg-pcap, Sections 4 and 5).
const (
	pcapFileHeader   = 24
	pcapRecordHeader = 16
)

// pcapVariant is what a magic number says about a file.
type pcapVariant struct {
	fileHeader   int   // bytes before the first record
	recordHeader int   // bytes before the data of a record
	fraction     int64 // nanoseconds per unit of the timestamp's fraction
	digits       uint8 // of that fraction
}

// pcapVariants are the magic numbers that libpcap or Wireshark accept.
var pcapVariants = map[uint32]pcapVariant{
	0xa1b2c3d4: {pcapFileHeader, pcapRecordHeader, 1000, 6},
	0xa1b23c4d: {pcapFileHeader, pcapRecordHeader, 1, 9},
	// Kuznetzov's patches for Linux: interface index, protocol and packet type after each header.
	0xa1b2cd34: {pcapFileHeader, pcapRecordHeader + 8, 1000, 6},
	// Ixia's lcap, from software and hardware: the size of all records follows the file header. Wireshark
	// takes the fractions of both for microseconds.
	0x1c0001ab: {pcapFileHeader + 4, pcapRecordHeader, 1000, 6},
	0x1c0001ac: {pcapFileHeader + 4, pcapRecordHeader, 1000, 6},
}

// How the two lengths of a record are stored: before version 2.3 in the other order, in 2.3 in either.
const (
	lengthsInOrder = iota
	lengthsSwapped
	lengthsEither
)

// pcap frames a pcap file.
type pcap struct {
	pcapVariant
	order   byteOrder
	lengths int
	plain   bool // little-endian, with lengths in order and nothing behind the standard header: what nearly every file is
	start   int  // where the first record begins in the next block: behind the file header in the first
	iface   Interface
}

// pcapMagic looks for a pcap magic number in either byte order.
func pcapMagic(head []byte) (pcapVariant, byteOrder, bool) {
	if len(head) < 4 {
		return pcapVariant{}, littleEndian, false
	}
	if v, ok := pcapVariants[binary.LittleEndian.Uint32(head)]; ok {
		return v, littleEndian, true
	}
	v, ok := pcapVariants[binary.BigEndian.Uint32(head)]
	return v, bigEndian, ok
}

// isPcapHeader reports whether head begins as a pcap file does: with a magic number and version 2.
func isPcapHeader(head []byte) bool {
	_, order, ok := pcapMagic(head)
	return ok && order.uint16(head[4:]) == 2
}

// newPcap reads the file header, and looks at what follows it in head.
func newPcap(variant pcapVariant, order byteOrder, head []byte) (*pcap, error) {
	if len(head) < variant.fileHeader {
		return nil, shortHeader(variant.fileHeader)
	}
	p := &pcap{pcapVariant: variant, order: order, start: variant.fileHeader}
	major, minor := order.uint16(head[4:]), order.uint16(head[6:])
	switch {
	case major == 2 && minor > 4, major != 2 && !(major == 543 && minor == 0):
		return nil, fmt.Errorf("%w: pcap version %d.%d", ErrUnsupported, major, minor)
	case major == 543, minor < 3: // 543.0 is what DG/UX wrote
		p.lengths = lengthsSwapped
	case minor == 3:
		p.lengths = lengthsEither
	}
	p.iface = Interface{
		Link:    LinkType(order.uint32(head[20:])), // the upper half holds the length of the FCS
		SnapLen: order.uint32(head[16:]),
		Digits:  variant.digits,
	}
	p.correctVariant(head, minor)
	p.plain = order == littleEndian && p.lengths == lengthsInOrder && p.recordHeader == pcapRecordHeader
	return p, nil
}

func (p *pcap) described(number int) (Interface, bool) { return p.iface, number == 0 }

func (p *pcap) scan(b *Block, base int64) (stop rest, fault *FormatError) {
	order, header, packets := p.order, p.recordHeader, b.Packets
	data, off := b.Data, p.start
	p.start = 0
	stop.need = header
	for {
		if p.plain {
			off, packets = p.plainRecords(data, off, packets)
		}
		if len(data)-off < header {
			break
		}
		h := data[off : off+pcapRecordHeader]
		captured, length := p.recordLengths(h)
		if captured > maxRecord || captured == 0 {
			if problem := p.impossible(h, captured); problem != "" {
				fault = &FormatError{Offset: base + int64(off), Problem: problem}
				break
			}
		}
		end := off + header + int(captured)
		if end > len(data) {
			stop.need = end - off
			break
		}
		packets = extend(packets)
		x := &packets[len(packets)-1]
		// Broken writers store fractions that are negative or exceed a second.
		x.Time = int64(order.uint32(h))*1e9 + int64(int32(order.uint32(h[4:])))*p.fraction
		x.Offset, x.CapLen, x.Len = uint32(off+header), captured, length
		x.Link, x.Iface, x.Digits = p.iface.Link, 0, p.digits
		off = end
	}
	b.Packets = packets
	stop.next, stop.record = int64(off), base+int64(off)
	return stop, fault
}

// anotherFile is the problem of files that were joined by putting one behind the other.
const anotherFile = "another capture file begins here (give both by name, or join them with mergecap)"

// impossible says what is wrong with a record of that captured length, which is too much or nothing. A file header looks
// like a packet of no bytes, and of a time that would be the end of the capture.
func (p *pcap) impossible(header []byte, captured uint32) (problem string) {
	if captured == 0 {
		if isPcapHeader(header) && p.order.uint32(header[12:]) == 0 {
			return anotherFile
		}
		return ""
	}
	if isPcapng(header) && (captured == ngByteOrderMagic || captured == bits.ReverseBytes32(ngByteOrderMagic)) {
		return anotherFile
	}
	return fmt.Sprintf("packet header: captured length %d exceeds %d", captured, maxRecord)
}

// plainRecords appends the packets of the consecutive records that begin at off of a plain file, and returns where it
// stopped: at a record that is not whole or not plausible, or for which packets has no more room. The caller finds out
// which. It exists because this loop is what a packet costs.
func (p *pcap) plainRecords(data []byte, off int, packets []Packet) (int, []Packet) {
	link, digits, fraction := p.iface.Link, p.digits, p.fraction
	data = data[:len(data):len(data)]
	n := len(packets)
	packets = packets[:cap(packets)]
	for n < len(packets) && off >= 0 && off <= len(data)-pcapRecordHeader { // off is never negative: that spares a check
		h := (*[pcapRecordHeader]byte)(data[off:])
		times, lengths := binary.LittleEndian.Uint64(h[:]), binary.LittleEndian.Uint64(h[8:])
		captured := uint32(lengths)
		end := off + pcapRecordHeader + int(captured)
		if captured-1 >= maxRecord || end > len(data) { // the caller knows what a record of nothing is
			break
		}
		x := &packets[n]
		x.Time = int64(uint32(times))*1e9 + int64(times)>>32*fraction
		x.Offset, x.CapLen, x.Len = uint32(off+pcapRecordHeader), captured, uint32(lengths>>32)
		x.Link, x.Iface, x.Digits = link, 0, digits
		n++
		off = end
	}
	return off, packets[:n]
}

// chain implements chained for plain files. Records near each other in time have all but the lowest byte of their seconds
// in common.
func (p *pcap) chain(data []byte) (chain, bool) {
	return chain{data[1:4], 1, 8, pcapRecordHeader, plausibleRecord}, p.plain
}

// plausibleRecord reports whether a record of a plain file seems to begin at an offset.
func plausibleRecord(data []byte, off int) bool {
	if uint(off) >= uint(len(data)) || len(data)-off < pcapRecordHeader {
		return false
	}
	h := data[off : off+pcapRecordHeader]
	captured, length := littleEndian.uint32(h[8:]), littleEndian.uint32(h[12:])
	return littleEndian.uint32(h[4:]) < 1e9 && captured <= length && length < maxRecord
}

// recordLengths returns how many bytes of the packet were captured and how many there were on the wire.
func (p *pcap) recordLengths(header []byte) (captured, length uint32) {
	captured, length = p.order.uint32(header[8:]), p.order.uint32(header[12:])
	if p.lengths != lengthsInOrder && (p.lengths == lengthsSwapped || captured > length) {
		return length, captured
	}
	return captured, length
}
