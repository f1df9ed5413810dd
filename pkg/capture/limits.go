package capture

import "time"

const (
	// maxRecord bounds one record (packet and framing) that must be held whole. It is libpcap's limit for
	// a block of pcapng. No Ethernet-like link comes near it, USB and D-Bus may; and it makes a garbage
	// length an error before it is memory.
	maxRecord = 16 << 20

	// pieceSize is how much of a file is mapped at once: enough that mapping costs nothing, and little to hold beside the
	// blocks that are at work.
	pieceSize = 8 << 20

	// maxFaults is how often pages of a file may have left the cache before they were looked at: more often than a program
	// that was not in the cache either has to wait for pages of its own.
	maxFaults = 64

	// minBlockSize keeps the smallest pieces of every format (24 bytes) well inside a block.
	minBlockSize = 64

	// keepBlock is the memory that a block may keep once an oversized record made it grow beyond its
	// ordinary size; more is given back at its next use, or a few hostile records would pin
	// maxRecord in each block in flight.
	keepBlock = 2 << 20

	// sniffSize is how much of the input is looked at to tell one format from another: enough for
	// the first two or three record headers of ordinary packets.
	sniffSize = 4 << 10

	// aheadSize is the block that FirstTime reads ahead: of most of many files it is read again when their turn comes, and
	// pipes, which cannot be, all keep it until then.
	aheadSize = 16 << 10

	// maxEmptyReads is how often a reader may return nothing and no error, as in package bufio.
	maxEmptyReads = 100

	// maxInterfaces follows from Packet.Iface, which has 16 bits.
	maxInterfaces = 1 << 16

	// maxInterfaceName is far above any operating system's (Linux 15 bytes, Windows about 60), and
	// keeps maxInterfaces of them at a few megabytes.
	maxInterfaceName = 128

	// maxWindow bounds the memory that a compressed stream makes its decompressor hold. It is what zstd -d
	// itself accepts (--long=27, --ultra -22), and twice what xz -9 needs.
	maxWindow = 128 << 20

	// chunkSize and chunkCount bound what is decompressed ahead: enough to keep the decompressor at work
	// while a block is being dealt with.
	chunkSize  = 128 << 10
	chunkCount = 8

	// compressedBuffer is how much of a compressed file is read at a time.
	compressedBuffer = 128 << 10

	// streamBlocks is how many blocks of a Stream wait for each other: what is read while one is dealt with.
	streamBlocks = 4

	// streamTick is how long Stream.Next waits for packets, so that is how late time may go by.
	streamTick = 100 * time.Millisecond

	// streamLatency is what packets may take from where they are captured to here: more than the round trips of a
	// slow way, with one segment lost.
	streamLatency = 2 * time.Second

	// streamRest is how long what was sent before an interrupt is waited for: a tcpdump that got the same one writes
	// what it has, and ends.
	streamRest = time.Second

	// writeBuffer is how much of a file is kept back to be written at once: enough that a write costs
	// little per packet, and little to lose if the machine goes down.
	writeBuffer = 64 << 10

	// maxComment is what the length of an option can say (draft-ietf-opsawg-pcapng, Section 3.5).
	maxComment = 1<<16 - 1

	// maxWritePacket keeps a packet with the longest comment within what a Reader takes for one record.
	maxWritePacket = maxRecord - 128<<10
)
