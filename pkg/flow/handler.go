package flow

// Chunk is a run of in-order bytes of one side.
type Chunk struct {
	Side     Side // 0 or 1, not yet oriented
	Data     []byte
	Offset   uint64 // of Data[0] in the side's stream; 0 is the first byte after the SYN, or the first seen
	At       Event  // the packet that made the bytes deliverable
	Segments int    // packets that they came in
	// Acked works out how far the side has acknowledged the other's stream by then, also beyond what was captured of that; 0
	// where unknown. It is asked for seldom, and only before Stream.Bytes returns.
	Acked func() uint64
}

// Follower follows what one connection carries, until its handshake is settled.
type Follower interface {
	// Settled reports that nothing that the connection may still carry would change what is known of it.
	Settled() bool
	// Client is the side that the bytes show to be the client, or Nobody.
	Client() Side
	// Waits reports whether a ClientHello was sent, and the handshake has not gone through.
	Waits() bool
}

// Stream follows a TCP connection. It keeps nothing of a chunk after Bytes returns but what it copied.
type Stream interface {
	Follower
	// Bytes takes the next bytes of one side, in order.
	Bytes(c *Chunk)
	// Gap says that the next n bytes of one side were never captured, and why: IncompleteSnaplen, IncompleteGap,
	// or IncompleteLimit, after which the side delivers nothing more.
	Gap(side Side, n uint64, why Incomplete, at Event)
	// Passed reports whether the handshake went through and is known, so that what is still followed may add to it: nothing is
	// missing of it where the rest cannot be had, or not without effort. What was cut off packets is told all the
	// same, and of a connection where that had begun before, what comes too early waits.
	Passed() bool
	// Touch reads what Settle and End will need of it, so that it is in the processor's cache by then, and returns
	// something of no meaning.
	Touch() uint64
}

// Datagrams follows a connection over UDP. It keeps nothing of the data after Datagram returns but what it copied.
type Datagrams interface {
	Follower
	// Datagram takes the next datagram of one side: what was captured of it, and its length on the wire.
	Datagram(side Side, data []byte, length uint32, at Event)
	// Closed says how a side has ended the connection in words that can be read; Kind is NotClosed where none has.
	Closed() Terminator
}

// Handler is given every connection of a table. Facts are oriented: index Client and index Server, whatever
// the sides were called while the bytes went by; they are valid only during the call.
type Handler interface {
	// Facts returns where the tables write what Settle and End are about: it is what the Handler keeps of a connection,
	// so that nothing need be copied. Whoever calls Settle or End has filled it in, whatever was in it.
	Facts() *Facts
	// Open returns the follower of a new TCP connection that has begun to carry bytes. initiator is the side that
	// sent the SYN, or the one that the SYN-ACK went to, or Nobody.
	Open(initiator Side) Stream
	// Begins reports whether a datagram, of the given length on the wire, begins a connection over UDP, and of which
	// kind.
	Begins(data []byte, length uint32) (Transport, bool)
	// BeginsAnew reports whether one of the client's begins another, where the handshake between the same endpoints is
	// settled: what belongs to that may come again.
	BeginsAnew(data []byte, length uint32) bool
	// OpenDatagrams returns the follower of a new connection over UDP.
	OpenDatagrams(t Transport) Datagrams
	// Settle is called once a Follower is settled: what it learned and the opening are final. The ending is not valid.
	// The Follower is given back.
	Settle(f Follower)
	// End is called when the connection is over. f is nil where it never carried a byte or was settled before;
	// the opening is complete only if it was not settled before: else only First, Transport and ClientSide
	// are valid.
	End(f Follower)
}
