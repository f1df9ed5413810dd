// Package capture reads packets from capture files and streams: pcap, pcapng and snoop, plain or compressed.
//
// It knows nothing of what is inside a packet. Packets are handed on in blocks so that the cost of a
// packet is the cost of reading its bytes: no allocation, no copy, no call per packet.
package capture

// BlockSize is how many bytes of input a block usually holds. It is large enough that handing a block
// from one goroutine to another costs nothing per packet, and small enough that a few of them in flight
// stay in the processor's second-level cache.
const BlockSize = 512 << 10

// Packet locates one captured packet inside a Block.
type Packet struct {
	Time   int64    // nanoseconds since the Unix epoch, UTC; 0 with Digits 0 if the file gives none (Simple Packet Block)
	Offset uint32   // of its first byte in Block.Data
	CapLen uint32   // bytes captured, all of them in Block.Data
	Len    uint32   // bytes on the wire; less than CapLen only in files that lie
	Link   LinkType // link type of the interface it was captured on
	Iface  uint16   // number of that interface within the file, 0 in a pcap file
	Digits uint8    // decimal digits of a second that the file's timestamps resolve, 0 to 9
}

// LinkType is a LINKTYPE_ value as found in files (https://www.tcpdump.org/linktypes.html), not a
// DLT_ value of some platform.
type LinkType uint16

// The link types of the usual captures. Package decode knows more of them.
const (
	LinkNull      LinkType = 0
	LinkEthernet  LinkType = 1
	LinkRaw       LinkType = 101
	LinkLoop      LinkType = 108
	LinkLinuxSLL  LinkType = 113
	LinkIPv4      LinkType = 228
	LinkIPv6      LinkType = 229
	LinkLinuxSLL2 LinkType = 276
)

// Block is a run of consecutive packets of one file.
type Block struct {
	Data    []byte   // the packets' bytes and what stood between them in the file; after Reader.Map perhaps read-only
	Packets []Packet // in file order
	First   uint64   // 1-based frame number of Packets[0] in its file, as other tools number it
	Others  []Others // what has frame numbers between the packets, in file order; nearly always nothing

	piece *piece // of the file, that Data is a part of; nil where the block has memory of its own
}

// Others are records of a file that are no packets, and that Wireshark numbers all the same.
type Others struct {
	Before int // index of the packet that they stand before; that of the block's last and one where they stand behind it
	Count  uint64
}

// Reset empties the block. It keeps memory of its own, and lets go of a file's.
func (b *Block) Reset() {
	b.leave()
	b.Data, b.Packets, b.Others, b.First = b.Data[:0], b.Packets[:0], b.Others[:0], 0
}

// lie makes the block's bytes those of a piece of the file.
func (b *Block) lie(data []byte, p *piece) {
	b.leave()
	b.Data, b.piece = data, p.hold()
}

// leave is the end of what lie began.
func (b *Block) leave() {
	if b.piece != nil {
		b.piece.release()
		b.Data, b.piece = nil, nil
	}
}

// Frames is how many frame numbers the block takes up.
func (b *Block) Frames() uint64 {
	n := uint64(len(b.Packets))
	for _, o := range b.Others {
		n += o.Count
	}
	return n
}

// other notes a record that is no packet, behind the packets so far.
func (b *Block) other() {
	if n := len(b.Others); n == 0 || b.Others[n-1].Before != len(b.Packets) {
		b.Others = append(b.Others, Others{Before: len(b.Packets)})
	}
	b.Others[len(b.Others)-1].Count++
}

// extend makes room for one more packet, whose fields are yet to be written: to write them in place is cheaper than to
// copy a whole Packet.
func extend(packets []Packet) []Packet {
	if n := len(packets); n < cap(packets) {
		return packets[:n+1]
	}
	return append(packets, Packet{})
}
