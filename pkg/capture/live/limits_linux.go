//go:build !libpcap || !cgo

package live

const (
	// ringBlock is the piece of the ring that the kernel hands over at a time: it must hold the largest packet
	// that segmentation offload makes (64 KiB and its headers; more where BIG TCP is on), and is the memory
	// that is contiguous in the kernel.
	ringBlock = 256 << 10

	// defaultRing holds a quarter of a second of a full gigabit link, which covers a garbage collection and a slow
	// disk. It is half of what Wireshark's dumpcap takes at most for pcap.
	defaultRing = 32 << 20

	// minRing is the least that works at all: one block being filled, one being read, two to spare.
	minRing = 4 * ringBlock

	// maxRing is memory that the kernel cannot swap out.
	maxRing = 1 << 30
)
