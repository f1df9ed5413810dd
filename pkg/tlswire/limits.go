package tlswire

const (
	// MaxRecordPayload is the largest record payload taken for TLS: 2^14 bytes
	// of plaintext and 2048 of expansion by compression and encryption
	// (RFC 5246, Section 6.2.3; TLS 1.3 allows less). A larger length means that
	// the bytes are no record header.
	MaxRecordPayload = 16384 + 2048

	// MaxBuffered bounds the bytes that a Deframer holds of one handshake
	// message, header included. It is the most that is reassembled of a stream's
	// handshake, so nothing longer could arrive whole.
	MaxBuffered = 64 << 10

	// MaxNames bounds the names kept of one certificate. Certificates of content
	// networks list hundreds, and nobody reads them in a table cell.
	MaxNames = 32

	// maxRetained bounds the buffers that are kept for the next message: room for
	// any usual flight of certificates, so that these are not allocated again and
	// again, but not for 64 KiB after one long message.
	maxRetained = 16 << 10

	// maxFree is how many buffers a Room keeps. Of messages in one direction few
	// are under way at a time, for they come in a burst.
	maxFree = 4

	// leastBuffer is how much of a message a Room always takes: more than the
	// header, so that it is known what is given up.
	leastBuffer = 64

	// maxSessionID is the length of the longest legacy_session_id (RFC 8446,
	// Section 4.1.2).
	maxSessionID = 32

	// maxProtocols bounds the ALPN names kept. A body of 64 KiB has room for
	// 32,000 of one byte, each of which would cost a 24-byte slice header.
	maxProtocols = 64

	// maxFragments bounds the record boundaries remembered of one message. Eight
	// cover hellos cut into records of a few hundred bytes.
	maxFragments = 8

	// maxServerName is the length of the longest DNS name in text form
	// (RFC 1035, Section 2.3.4: 255 octets with the length bytes).
	maxServerName = 253

	// maxLabel is the length of the longest label of a DNS name (RFC 1035,
	// Section 2.3.4).
	maxLabel = 63

	// rememberedDigests is how many digests a Fingerprinter remembers, and
	// rememberedLists how many lists of cipher suites and sets of extensions: the
	// clients of a network are of a few dozen kinds, and one that puts its
	// extensions in another order each time pushes none of them out for long.
	rememberedDigests = 128
	rememberedLists   = 64

	// maxPieces bounds the pieces that an Assembly keeps behind a hole. Clients
	// that scatter their hello on purpose send a dozen; fragments of the shortest
	// path MTU (RFC 6347, Section 4.1.1.1) make 250 of 64 KiB.
	maxPieces = 256

	// leastPieces is for how many pieces there is room at first.
	leastPieces = 4

	// dtlsWindow is how many handshake messages a DTLSReader tells apart. A flight
	// has at most seven in the clear, and only one flight is under way.
	dtlsWindow = 8
)
