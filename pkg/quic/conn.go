package quic

import "github.com/sniscope/sniscope/pkg/tlswire"

// Conn follows the handshake of one QUIC connection. The zero value is ready for
// use.
type Conn struct {
	known  bool // who the client is, and its keys
	client Side
	ids    connectionIDs
	keys   keyring
	opener *opener
	sides  [2]sideState

	tail tail

	refused bool // Version Negotiation was answered to the client's version
	through bool

	versions [maxVersions]uint32
	event    Event // handed out again and again, so that none is allocated
}

// connectionIDs are those that the handshake shows.
type connectionIDs struct {
	client      connectionID // chosen by the client; valid if Conn.known
	server      connectionID // chosen by the server
	serverKnown bool
	retry       connectionID // chosen by the server's Retry
	retried     bool
	obeyed      bool // the client's Initials went over to the Retry's connection ID
}

// sideState is what was seen of one side.
type sideState struct {
	crypto   tlswire.Assembly
	next     int    // offset in crypto of the first message that was not reported
	packets  int    // that brought bytes for that message
	expected uint64 // one more than the highest packet number of an Initial

	handshake bool // a Handshake packet
	short     bool // a 1-RTT packet that counts towards Established
	greases   bool // a packet with a long header and without the fixed bit (RFC 9287)

	used [maxUsedIDs]connectionID // that its 1-RTT packets were for, the newest first
}

// Reset makes the Conn ready for another connection and keeps buffers of usual
// size.
func (c *Conn) Reset() {
	for i := range c.sides {
		c.sides[i].begin()
	}
	*c = Conn{opener: c.opener, sides: c.sides}
}

// Room is memory that connections share which are followed in turns.
type Room struct {
	opener   opener
	messages *tlswire.Room
}

// NewRoom returns a Room whose handshake messages are put together in another one, which may have further users.
func NewRoom(messages *tlswire.Room) *Room { return &Room{messages: messages} }

// PutInto has the Conn, which is new or reset, work in a Room. Without one it has memory of its own.
func (c *Conn) PutInto(r *Room) {
	c.opener = &r.opener
	for i := range c.sides {
		c.sides[i].crypto.PutInto(r.messages)
	}
}

// begin forgets all that was seen of the side.
func (s *sideState) begin() {
	s.crypto.Reset()
	*s = sideState{crypto: s.crypto}
}

// Client returns the side that is the client: the one whose Initial its own
// connection ID opens. It is Nobody until such an Initial was seen.
func (c *Conn) Client() Side {
	if !c.known {
		return Nobody
	}
	return c.client
}

// Obeyed reports whether the client obeyed a Retry that was seen.
func (c *Conn) Obeyed() bool { return c.ids.obeyed }

// Pending returns the side's handshake message that has begun and is not
// complete: its type, as much of its body as was seen without a hole, and its
// length with the 4-byte header, which is 0 while the header itself is cut. The
// bytes are valid until the next Datagram.
func (c *Conn) Pending(side Side) (typ tlswire.HandshakeType, have []byte, total int, ok bool) {
	s := &c.sides[side]
	return s.crypto.Message(s.next)
}

// Hole reports whether handshake bytes of the side were seen behind others that
// were not, so that even without a Pending message there is one.
func (c *Conn) Hole(side Side) bool { return c.sides[side].crypto.Hole() }

// Established reports whether the handshake went through, as far as can be seen:
// both sides sent Handshake packets, the client went on to 1-RTT, for which it
// must have accepted the server's flight, and the server sent 1-RTT in a datagram
// of its own behind the client's Handshake packet. 1-RTT behind a Handshake packet
// shows nothing: so looks a flight with data, and a refusal (see Refused). What it
// cannot show is a server that closes the connection in a 1-RTT packet alone.
func (c *Conn) Established() bool { return c.through }

// Datagram takes the next datagram of one side, of which wireLen bytes were on
// the wire, and calls emit for what it shows. Datagrams are taken in the order
// of capture.
func (c *Conn) Datagram(side Side, datagram []byte, wireLen int, emit func(*Event)) {
	d := delivery{cursor: newCursor(datagram, wireLen), side: side, emit: emit}
	c.packets(&d)
	if c.known {
		c.tail.weigh(side == c.client, d.parcel)
	}
}

// packets takes the packets of a datagram.
func (c *Conn) packets(d *delivery) {
	for !d.Empty() {
		if !c.packet(d) {
			return
		}
	}
	if d.left() > 0 {
		c.unread(d, ReasonTruncated)
	}
}

// delivery is a datagram under way.
type delivery struct {
	cursor
	side   Side
	emit   func(*Event)
	parcel parcel
}

// prepare returns an event about n bytes of the datagram.
func (c *Conn) prepare(d *delivery, kind Kind, version uint32, n int) *Event {
	c.event = Event{Kind: kind, Side: d.side, Version: version, Length: n}
	return &c.event
}

// unread reports that what follows in the datagram was not read.
func (c *Conn) unread(d *delivery, reason Reason) {
	e := c.prepare(d, KindUnread, 0, d.left())
	e.Reason = reason
	d.emit(e)
}
