package flow

// handshake is what only an unsettled connection needs. It is given back once the Stream is settled.
type handshake struct {
	conn        uint32 // whose it is; 0 marks a free entry
	encap       uint16 // in Table.encaps, from 1; 0 for none
	digits      uint8  // see Opening.Digits
	opener      Side   // who sent the first packet
	roles       Roles  // valid once settled
	icmpRank    uint8
	done        bool   // the stream is settled: nothing more is delivered
	stream      Stream // nil until the connection carries a byte
	start       int64  // time of the first packet
	asked       int64  // time of the last SYN before the SYN-ACK
	syn         Event
	synack      Event
	established Event
	icmp        ICMPError
	resets      []Reset
	sides       [2]opening
}

// opening is what one side sent during the handshake.
type opening struct {
	firstData   Event
	lastData    Event
	fin         Event
	ackedAt     Event // the peer's packet with the highest acknowledgment of this side's bytes
	allButOne   Event // the one before that, where that acknowledges one byte more, which may be a FIN that is captured later
	delivered   uint64
	reached     uint64 // the stream offset that its segments without payload show it to be at
	queue       *queue // nil while everything comes in order
	syns        uint32
	retransmits uint32
	stall       Stall
	stalled     int64           // stream offset of the segment that stall is about
	ends        [maxEnds]uint32 // of its last segments, as stream offsets, by their number modulo maxEnds
	numEnds     uint8           // so far, modulo maxEnds
	mss         uint16
	recent      [maxRecent]sighting // packets before the last, by their number modulo maxRecent
	habits      habits
	dataPackets uint8 // with new payload, before the first RST, up to 2
	limited     bool  // streamLimit was reached
	garbled     bool  // see SideFacts.Garbled
	late        bool  // see SideFacts.Late
	passage     Passage
	resetCame   bool   // a RST of it came in
	hops        bool   // a copy of a packet was captured on the same interface with another TTL
	begun       seqnum // what the peer's first ACK acknowledges, 0 if nothing or base was known by then: what lies behind came later
}

// habits are what the packets of one side have in common, RSTs left out: a RST without them may be somebody else's.
type habits struct {
	ttls    [maxTTLs]uint8
	numTTLs uint8 // more than maxTTLs when there were more
	steady  uint8 // steps of the IP-ID that were small, in a row
	ipid    uint16
	hasID   bool
}

// handshakeOf returns the connection's handshake, nil once it is settled.
func (t *Table) handshakeOf(c *conn) *handshake {
	if c.handshake == 0 {
		return nil
	}
	return t.handshakes.at(c.handshake)
}

// still is h as long as the connection is not settled.
func (c *conn) still(h *handshake) *handshake {
	if c.handshake == 0 {
		return nil
	}
	return h
}

// by is what side 0 or 1 sent.
func (h *handshake) by(i Side) *opening { return &h.sides[i&1] }

// of is what side 0 or 1 sent, and what its peer did.
func (h *handshake) of(i Side) (me, peer *opening) { return &h.sides[i&1], &h.sides[i&1^1] }

// roomForHandshake evicts a connection if there are too many handshakes.
func (t *Table) roomForHandshake() {
	for t.handshakes.live() >= max(t.limits.Handshakes, 1) {
		t.evictHandshake()
	}
}

// newHandshake attaches a handshake to a connection.
func (t *Table) newHandshake(ci uint32, c *conn) *handshake {
	i, h := t.handshakes.alloc()
	h.conn, c.handshake = ci, i
	return h
}

// freeHandshake takes it away again.
func (t *Table) freeHandshake(c *conn) {
	h := t.handshakes.at(c.handshake)
	for i := range h.sides {
		if h.sides[i].queue != nil {
			t.dropQueue(h, Side(i))
		}
	}
	resets := h.resets[:0]
	t.handshakes.release(c.handshake, h)
	h.resets = resets
	c.handshake = 0
}

// settle hands over what is known once the stream wants no more.
func (t *Table) settle(c *conn, h *handshake) {
	stream := h.stream
	c.orient(h)
	t.fillOpening(c, h)
	t.handler.Settle(stream)
	t.freeHandshake(c)
	c.bits |= bitSettled
}
