package quic

const (
	// finishedLeast is the length in bytes of the shortest payload of a Handshake
	// packet, packet number and tag included, that can hold a Finished; one that
	// only acknowledges has some 30.
	finishedLeast = 56

	// certificateLeast is what a client's Handshake packets hold at least, likewise,
	// where a certificate is among it: a Finished, an empty Certificate and
	// acknowledgements need less than 200 bytes.
	certificateLeast = 250

	// closeMost is what a packet with a CONNECTION_CLOSE holds at most, likewise, as
	// servers word it. A flight that is sent again is longer.
	closeMost = 128
)

// tail is what the last datagrams of a handshake look like.
type tail struct {
	flight  int  // longest run of Handshake packets in one datagram of the client
	refused bool // the server's last datagram looks like a refusal of that
	wentOn  bool // behind its Finished the client sent 1-RTT
	left    bool // its last datagram looks as if it closed the connection then
	again   bool // it sent its flight again then, so that it waited for the server
}

// parcel is what one datagram holds.
type parcel struct {
	handshake int // payload of its Handshake packets
	short     int // of its 1-RTT packet
}

// Refused reports whether the server's last word looks as if it refused what the
// client had sent behind the server's flight, such as its certificate: a short
// Handshake packet, with or without a short 1-RTT packet. A server that has the
// client's Finished has no more use for Handshake packets (RFC 9001, Section 4.9.2)
// but to close the connection before it is confirmed (RFC 9000, Section 10.2.3), or to
// acknowledge that Finished; where the client looks as if it had closed by then, a
// Handshake packet alone is taken for an acknowledgement that crossed its close.
// certificate reports whether the client's flight is so long that there must be a
// certificate in it.
func (c *Conn) Refused() (refused, certificate bool) {
	return c.tail.refused && !c.through, c.tail.flight >= certificateLeast
}

// Left reports whether the handshake went through for the client, which closed the
// connection before anything of the server could show it (see Established). Its 1-RTT
// packets show that the server's Finished satisfied it, for before it has no keys for
// them (RFC 9001, Section 5.7), and early data has a long header. Who closes before the
// handshake is confirmed says so in a Handshake packet as well (RFC 9000, Section
// 10.2.3); nothing else that short has to be said there behind a Finished.
func (c *Conn) Left() bool {
	return c.tail.left && !c.tail.again && !c.tail.refused && !c.through && c.sides[c.client].short
}

// weigh takes a whole datagram into account.
func (t *tail) weigh(client bool, p parcel) {
	answered := t.flight >= finishedLeast
	switch {
	case client:
		t.again = t.again || t.wentOn && p.handshake >= finishedLeast
		t.left = answered && p.closes() && p.handshake < finishedLeast && p.short > 0
		t.flight = max(t.flight, p.handshake)
		t.wentOn = t.wentOn || p.short > 0 && t.flight >= finishedLeast
	case p.handshake+p.short > 0:
		t.refused = answered && p.closes() && (p.short > 0 || !t.left)
	}
}

// closes reports whether a datagram may hold a CONNECTION_CLOSE as it is sent before the
// handshake is confirmed.
func (p *parcel) closes() bool {
	return p.handshake > 0 && p.handshake <= closeMost && p.short <= closeMost
}
