package capture

import "fmt"

// Block types of pcapng (draft-ietf-opsawg-pcapng, Section 11.1) that matter here. All others are skipped
// unread: name resolution, decryption secrets and those yet to come; of some it counts how many there are.
const (
	ngSection        = 0x0a0d0d0a // the same in either byte order
	ngInterface      = 1
	ngPacket         = 2 // obsolete
	ngSimplePacket   = 3
	ngStatistics     = 5
	ngEnhancedPacket = 6
	ngJournal        = 9 // an entry of systemd's journal
	ngCustom         = 0x0bad
	ngCustomNoCopy   = 0x40000bad
)

const (
	ngByteOrderMagic = 0x1a2b3c4d
	ngTrailer        = 4  // the length again, at the end of a block
	ngMinBlock       = 12 // type, length, trailer
	ngMinSection     = 28
)

// pcapng frames a pcapng file of any number of sections.
type pcapng struct {
	order   byteOrder
	ifaces  []ngIface // of all sections, in file order
	section int       // index in ifaces of the first interface of this section
	record  int64     // where the block at hand begins in the stream

	// skipping is the length of the block at hand if it is being passed over without being held in memory:
	// of it only the trailer is still to come. Otherwise 0.
	skipping uint32
}

// ngIface is an interface and what its packets need.
type ngIface struct {
	Interface
	clock clock
}

// isPcapng reports whether head begins with the type of a section header block.
func isPcapng(head []byte) bool {
	return len(head) >= 4 && littleEndian.uint32(head) == ngSection
}

// newPcapng looks at the first section header block, as far as the byte order goes. All else is read by scan.
func newPcapng(head []byte) (*pcapng, error) {
	if len(head) < ngMinBlock {
		return nil, shortHeader(ngMinBlock)
	}
	n := new(pcapng)
	if _, _, problem := n.header(head); problem != "" {
		return nil, fmt.Errorf("%w: %s", ErrNotCapture, problem)
	}
	return n, nil
}

func (n *pcapng) described(number int) (i Interface, ok bool) {
	if uint(number) < uint(len(n.ifaces)) {
		i, ok = n.ifaces[number].Interface, true
	}
	return i, ok
}

func (n *pcapng) scan(b *Block, base int64) (rest, *FormatError) {
	for off := int64(0); ; {
		if n.skipping == 0 {
			if n.order == littleEndian {
				off = int64(n.enhancedPackets(b, int(off)))
			}
			n.record = base + off
		}
		used, need, problem := n.next(b, int(off))
		if problem != "" {
			return rest{next: off}, &FormatError{Offset: n.record, Problem: problem}
		}
		off += used
		if off > int64(len(b.Data)) {
			need = ngTrailer
		}
		if need != 0 {
			return rest{next: off, need: need, record: n.record}, nil
		}
	}
}

// next handles the block at off, and returns how many bytes of it are done with, perhaps more than there are; or
// how many it needs to have before anything can be done.
func (n *pcapng) next(b *Block, off int) (used int64, need int, problem string) {
	data := b.Data[off:]
	if n.skipping != 0 {
		return n.endSkipped(data)
	}
	if len(data) < ngMinBlock {
		return 0, ngMinBlock, ""
	}
	kind, length, problem := n.header(data)
	switch {
	case problem != "":
		return 0, 0, problem
	case kind == ngSection && len(data) < ngMinSection:
		return 0, ngMinSection, ""
	case kind == ngSection:
		problem = n.startSection(data, length)
		fallthrough
	case !ngHeld(kind):
		if isPcapHeader(data) {
			return 0, 0, anotherFile
		}
		if ngNumbered(kind) {
			b.other()
		}
		n.skipping = length
		return int64(length) - ngTrailer, 0, problem
	case int(length) > len(data):
		return 0, int(length), ""
	}
	if problem = n.checkTrailer(data[length-ngTrailer:], length); problem == "" {
		problem = n.block(b, kind, off, data[8:length-ngTrailer])
	}
	return int64(length), 0, problem
}

// endSkipped handles what is left of a skipped block: its last 4 bytes.
func (n *pcapng) endSkipped(data []byte) (used int64, need int, problem string) {
	if len(data) < ngTrailer {
		return 0, ngTrailer, ""
	}
	problem = n.checkTrailer(data, n.skipping)
	n.skipping = 0
	return ngTrailer, 0, problem
}

// header reads the type of the block at the start of data, and its length with padding.
func (n *pcapng) header(data []byte) (kind, length uint32, problem string) {
	kind = n.order.uint32(data)
	if kind == ngSection { // only its body says in which order its length is
		switch uint32(ngByteOrderMagic) {
		case littleEndian.uint32(data[8:]):
			n.order = littleEndian
		case bigEndian.uint32(data[8:]):
			n.order = bigEndian
		default:
			return 0, 0, fmt.Sprintf("section header block: byte-order magic %#x", n.order.uint32(data[8:]))
		}
	}
	stored := n.order.uint32(data[4:])
	length = ngRound(stored)
	switch {
	case length < ngMinBlock:
		problem = fmt.Sprintf("block of type %#x: total length %d is impossible", kind, stored)
	case length > maxRecord && ngHeld(kind):
		problem = fmt.Sprintf("block of type %#x: total length %d exceeds %d", kind, stored, maxRecord)
	}
	return kind, length, problem
}

// ngRound returns a block's true length, which is a multiple of 4 (0 if the stored one is too large for that).
// Some writers pad the block and store its length without the padding. Wireshark reads those.
func ngRound(stored uint32) uint32 { return (stored + 3) &^ 3 }

// ngHeld reports whether blocks of that type are held whole in memory to be read.
func ngHeld(kind uint32) bool {
	switch kind {
	case ngEnhancedPacket, ngSimplePacket, ngPacket, ngInterface, ngStatistics:
		return true
	}
	return false
}

// ngNumbered reports whether blocks of that type, which hold no packets, have frame numbers in Wireshark. Tools that trace
// a kernel, or proxies that decrypt, put what they know of packets into custom blocks between them.
func ngNumbered(kind uint32) bool {
	return kind == ngCustom || kind == ngCustomNoCopy || kind == ngJournal
}

// checkTrailer compares the length at the end of a block with the one at its start. Where they differ one of
// them is wrong, and with it the place of the next block.
func (n *pcapng) checkTrailer(trailer []byte, length uint32) (problem string) {
	if last := n.order.uint32(trailer); ngRound(last) != length {
		return fmt.Sprintf("block: total lengths differ, %d at its start and %d at its end", length, last)
	}
	return ""
}

// startSection handles a section header block (Section 4.1); its section length is not needed.
func (n *pcapng) startSection(data []byte, length uint32) (problem string) {
	if length < ngMinSection {
		return fmt.Sprintf("section header block: total length %d is less than %d", length, ngMinSection)
	}
	if major, minor := n.order.uint16(data[12:]), n.order.uint16(data[14:]); major != 1 {
		return fmt.Sprintf("section header block: version %d.%d is not known", major, minor)
	}
	n.section = len(n.ifaces)
	return ""
}

// block handles a whole block that begins at off in b.Data; body is what stands between its lengths.
func (n *pcapng) block(b *Block, kind uint32, off int, body []byte) (problem string) {
	switch kind {
	case ngEnhancedPacket:
		return n.enhancedPacket(b, off, body)
	case ngPacket:
		return n.obsoletePacket(b, off, body)
	case ngSimplePacket:
		return n.simplePacket(b, off, body)
	case ngInterface:
		return n.describeInterface(body)
	default:
		return n.statistics(body)
	}
}
