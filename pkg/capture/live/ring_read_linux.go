//go:build !libpcap || !cgo

package live

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/sniscope/sniscope/pkg/capture"
)

// Sizes of headers (linux/if_packet.h, linux/if_vlan.h).
const (
	addressAt    = unix.SizeofTpacket3Hdr // of the sockaddr_ll behind a packet's header
	packetHeader = addressAt + unix.SizeofSockaddrLinklayer
	cookedHeader = 20 // LINKTYPE_LINUX_SLL2
	vlanTag      = 4
	macAddresses = 12 // what precedes the type of an Ethernet frame, and its tag
	macHeader    = 14
)

// errRing says that the kernel wrote something else into the ring than it documents.
var errRing = errors.New("the kernel's packet ring is not as expected")

// mapMemory makes the ring, smaller than asked if the kernel has not that much memory: then that is the warning.
func (r *ring) mapMemory(want int) (warning, err error) {
	if want <= 0 {
		want = defaultRing
	}
	want = min(max(want, minRing), maxRing)
	if err := unix.SetsockoptInt(r.socket, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return nil, fmt.Errorf("packet socket: this kernel has no TPACKET_V3: %w", err)
	}
	for size := want; ; size = max(size/2, minRing) {
		err := r.mapBytes(size)
		switch {
		case err == nil && size < want:
			return fmt.Errorf("the kernel has memory for a ring of %d KiB only, not %d: packets may be lost sooner",
				size>>10, want>>10), nil
		case err == nil:
			return nil, nil
		case !errors.Is(err, unix.ENOMEM) || size == minRing:
			return nil, fmt.Errorf("packet ring of %d KiB: %w", size>>10, err)
		}
	}
}

func (r *ring) mapBytes(size int) error {
	blocks := uint32(size / ringBlock)
	const frame = 2048 // of no consequence in TPACKET_V3, but checked
	request := unix.TpacketReq3{Block_size: ringBlock, Block_nr: blocks, Frame_size: frame,
		Frame_nr: blocks * (ringBlock / frame), Retire_blk_tov: uint32(retire.Milliseconds())}
	if err := unix.SetsockoptTpacketReq3(r.socket, unix.SOL_PACKET, unix.PACKET_RX_RING, &request); err != nil {
		return err
	}
	memory, err := unix.Mmap(r.socket, 0, int(blocks)*ringBlock, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil { // then there may be a smaller ring if there is none
		return errors.Join(err, unix.SetsockoptTpacketReq3(r.socket, unix.SOL_PACKET, unix.PACKET_RX_RING, &unix.TpacketReq3{}))
	}
	r.memory = memory
	return nil
}

func (r *ring) read(b *capture.Block, wait time.Duration) error {
	var failed error
	if !r.ready() {
		failed = r.poll(wait)
	}
	// A block of the ring holds less than ringBlock when its headers are taken away and ours added.
	b.Data = slices.Grow(b.Data[:0], capture.BlockSize+ringBlock)
	if failed == nil {
		failed = r.drain(b)
	}
	if failed == unix.ENETDOWN {
		failed = errPause
	}
	// The kernel says that an interface is down on the way to removing it, and nothing more if it was down before.
	if len(b.Packets) == 0 && failed != errBusy && r.removed() {
		failed = ErrWentDown
	}
	return failed
}

// drain takes the blocks that the kernel has handed over. A filter that runs in this process may select next to nothing of
// them, and be slower than the kernel, so that there is no end to them.
func (r *ring) drain(b *capture.Block) error {
	for begun := time.Now(); r.ready() && len(b.Data) < capture.BlockSize; {
		if err := r.take(b); err != nil {
			return err
		}
		switch late := time.Since(begun) > tick; {
		case late && len(b.Packets) == 0:
			return errBusy
		case late:
			return nil
		}
	}
	return nil
}

// removed reports whether the interface that the socket is bound to is gone.
func (r *ring) removed() bool {
	address, _ := unix.Getsockname(r.socket)
	bound, ok := address.(*unix.SockaddrLinklayer)
	return ok && bound.Ifindex < 0
}

// header is the block that is read next.
func (r *ring) header() (block []byte, h *unix.TpacketHdrV1) {
	block = r.memory[r.next*ringBlock:][:ringBlock]
	return block, (*unix.TpacketHdrV1)(unsafe.Pointer(&block[unsafe.Offsetof(unix.TpacketBlockDesc{}.Hdr)]))
}

// ready reports whether the kernel has handed over the next block.
func (r *ring) ready() bool {
	_, h := r.header()
	return atomic.LoadUint32(&h.Block_status)&unix.TP_STATUS_USER != 0
}

// take copies the packets of the next block and gives it back to the kernel.
func (r *ring) take(b *capture.Block) error {
	block, h := r.header()
	at := uint64(h.Offset_to_first_pkt)
	var err error
	for range h.Num_pkts {
		if at%8 != 0 || at+packetHeader > uint64(len(block)) {
			err = errRing
			break
		}
		packet := (*unix.Tpacket3Hdr)(unsafe.Pointer(&block[at]))
		if err = r.packet(b, packet, block[at:]); err != nil {
			break
		}
		at += uint64(packet.Next_offset)
	}
	atomic.StoreUint32(&h.Block_status, unix.TP_STATUS_KERNEL)
	r.next = (r.next + 1) % (len(r.memory) / ringBlock)
	return err
}

// packet appends the packet with header h, which data begins with, in the form in which libpcap hands it out.
func (r *ring) packet(b *capture.Block, h *unix.Tpacket3Hdr, data []byte) error {
	begin, end := uint64(h.Mac), uint64(h.Mac)+uint64(h.Snaplen)
	if end > uint64(len(data)) || h.Snaplen > h.Len {
		return errRing
	}
	start, length := len(b.Data), h.Len
	from := (*unix.RawSockaddrLinklayer)(unsafe.Pointer(&data[addressAt]))
	if r.view != ethernet {
		b.Data = appendCooked(b.Data, from)
		link := r.linkLayer(h, from)
		begin += uint64(link)
		length += cookedHeader - link
	}
	b.Data = append(b.Data, data[begin:end]...)
	if r.match != nil && !(r.matched && r.view.filtered(from.Hatype)) && !r.matches(b.Data[start:], length, h) {
		b.Data = b.Data[:start]
		return nil
	}
	if h.Status&unix.TP_STATUS_VLAN_VALID != 0 && len(b.Data)-start >= macAddresses {
		b.Data = r.insertTag(b.Data, start, h)
		length += vlanTag
	}
	b.Packets = append(b.Packets, capture.Packet{
		Time:   int64(h.Sec)*1e9 + int64(h.Nsec),
		Offset: uint32(start),
		CapLen: uint32(len(b.Data) - start), // less than maxSnapLen, as a block is no larger
		Len:    length,
		Link:   r.link(),
		Digits: 9,
	})
	return nil
}

// matches applies the filter to a packet whose VLAN tag is not back in its place yet.
func (r *ring) matches(data []byte, length uint32, h *unix.Tpacket3Hdr) bool {
	if h.Status&unix.TP_STATUS_VLAN_VALID != 0 {
		return r.match.MatchTagged(data, int(length), uint16(h.Hv1.Vlan_tci))
	}
	return r.match.Match(data, int(length))
}

// linkLayer is how many captured bytes precede the payload. The kernel's own idea of that does not count the tags of
// an outgoing Ethernet frame to the payload.
func (r *ring) linkLayer(h *unix.Tpacket3Hdr, from *unix.RawSockaddrLinklayer) uint32 {
	switch {
	case r.view != mixed || h.Net < h.Mac:
		return 0
	case isEthernet(from.Hatype):
		return min(macHeader, h.Snaplen)
	}
	return min(uint32(h.Net-h.Mac), h.Snaplen)
}

// appendCooked appends the header that stands for the link layer
// (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html).
func appendCooked(data []byte, from *unix.RawSockaddrLinklayer) []byte {
	data = binary.NativeEndian.AppendUint16(data, from.Protocol) // in network order already
	data = append(data, 0, 0)
	data = binary.BigEndian.AppendUint32(data, uint32(from.Ifindex))
	data = binary.BigEndian.AppendUint16(data, from.Hatype)
	data = append(data, from.Pkttype, from.Halen)
	address := from.Addr
	clear(address[min(int(from.Halen), len(address)):]) // what was there before
	return append(data, address[:]...)
}

// insertTag puts the VLAN tag, which the kernel takes out of every packet, back to where it was: behind the addresses
// of an Ethernet frame, or as the protocol of a cooked packet with what it says in front of the payload.
func (r *ring) insertTag(data []byte, start int, h *unix.Tpacket3Hdr) []byte {
	tpid := uint16(unix.ETH_P_8021Q)
	if h.Status&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
		tpid = h.Hv1.Vlan_tpid
	}
	tci := uint16(h.Hv1.Vlan_tci)
	if r.view == ethernet {
		return slices.Insert(data, start+macAddresses, byte(tpid>>8), byte(tpid), byte(tci>>8), byte(tci))
	}
	frame := data[start:]
	protocol := [2]byte(frame)
	binary.BigEndian.PutUint16(frame, tpid)
	return slices.Insert(data, start+cookedHeader, byte(tci>>8), byte(tci), protocol[0], protocol[1])
}
