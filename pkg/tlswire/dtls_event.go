package tlswire

// DTLSEvent is what a DTLSReader found in a datagram. The Kind and the fields of
// Event mean what they do for a Deframer, with these differences: Offset and End
// count within the datagram, so that both are of the record in which a message
// ended; MessageLen is 4 bytes more than the body has, as if the message had come
// without DTLS; EventRecord is also a record that is not looked into;
// EventTooLarge is also a message for which other unfinished ones left no room;
// EventNotTLS says that the rest of the datagram is no DTLS, as where other
// protocols share the port (RFC 7983), and says nothing of other datagrams.
type DTLSEvent struct {
	Event

	// Encrypted is set on every protected record, whatever its type.
	Encrypted bool

	// Epoch is that of the record; 0 is in the clear. In DTLS 1.3 epoch 2 protects
	// the handshake and 3 and above application data (RFC 9147, Section 6.1).
	Epoch uint16

	// Unified marks an EventRecord as an encrypted record of DTLS 1.3. Its type
	// cannot be seen: Record has the length alone. Epoch is the low two bits.
	Unified bool

	// ConnectionID says that the record has a connection ID (RFC 9146 or RFC 9147,
	// Section 9). The length of that is agreed elsewhere, so Record.Length is all
	// that is left of the datagram, which may be several records.
	ConnectionID bool

	// Truncated marks an EventRecord whose end the capture cut off. What was
	// there of a message is in Pending.
	Truncated bool

	// Packets is how many datagrams the message took, set for EventHandshake.
	Packets int

	// Again marks an EventRecord as a fragment, or a whole, of a message that was
	// reported before.
	Again bool

	// Restart is set on the first event of a side that begins a handshake anew,
	// with a ClientHello of another random.
	Restart bool
}
