package tlswire

const (
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
