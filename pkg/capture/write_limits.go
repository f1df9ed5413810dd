package capture

const (
	// writeBuffer is how much of a file is kept back to be written at once: enough that a write costs
	// little per packet, and little to lose if the machine goes down.
	writeBuffer = 64 << 10

	// maxComment is what the length of an option can say (draft-ietf-opsawg-pcapng, Section 3.5).
	maxComment = 1<<16 - 1

	// maxWritePacket keeps a packet with the longest comment within what a Reader takes for one record.
	maxWritePacket = maxRecord - 128<<10
)
