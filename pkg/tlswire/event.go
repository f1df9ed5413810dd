package tlswire

// EventKind says what a Deframer found.
type EventKind uint8

// Kinds of events.
const (
	// EventHandshake is one whole handshake message in the clear.
	EventHandshake EventKind = iota + 1

	// EventAlert is one alert in the clear.
	EventAlert

	// EventRecord is one whole record in the clear whose payload makes no sense:
	// a handshake record that goes on with an unknown message, or an alert that
	// is cut. Records that are not looked into are no events of a Deframer, see
	// Reader.Sealed.
	EventRecord

	// EventTooLarge is a handshake message longer than MaxBuffered, reported when
	// that many bytes of it were seen, or one that there was no Room for. Body is
	// what was seen of it; what follows of the message is skipped.
	EventTooLarge

	// EventNotTLS is bytes that are no record header where one must begin,
	// which is at Offset. Nothing is read after it until Reset or Resync.
	EventNotTLS
)

// Event is what a Deframer found in its stream. Offsets count the bytes fed and
// missing since the last Reset or Resync.
type Event struct {
	Kind   EventKind
	Record RecordHeader // the record, for a message that in which it ended
	Offset int64        // of the header of the record, for a message of that in which it began
	End    int64        // just behind the last byte of the message or record

	Message    HandshakeType // set for EventHandshake and EventTooLarge
	Body       []byte        // of the message without its 4-byte header; valid as long as the event
	MessageLen int           // of the message with its 4-byte header, as that states it

	Alert Alert // set for EventAlert
}

// Reader takes what a Deframer finds in its stream, in order.
type Reader interface {
	// Event takes an event, which is valid until it returns.
	Event(e *Event)

	// Sealed takes the header of a whole record that is not looked into: a change
	// of cipher, application data, a heartbeat, and ciphertext in a handshake or
	// alert record. Nearly all records are, so they cost no Event.
	Sealed(h RecordHeader)
}
