package flow

import (
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// conn is a connection that has gone beyond SYN and SYN-ACK. It holds no pointers, so that a million of them
// cost the garbage collector nothing, and takes two lines of the cache: what only the handshake needs is in a handshake,
// which is given back once that is settled, what only a lossy connection needs is in a trouble, and what ended the
// connection, in a closing.
type conn struct {
	first      uint64 // ordinal of its first packet; 0 marks a free entry
	last       int64  // latest packet time
	name       name
	handshake  uint32 // in Table.handshakes; 0 when settled
	trouble    uint32 // in Table.troubles; 0 when there was none
	closing    uint32 // in Table.closings; 0 when nothing ended it yet
	bits       connBits
	initiator  Side // who sent the SYN, or whom the SYN-ACK went to; Nobody when neither was seen
	client     Side // valid once settled
	incomplete Incomplete
	sides      [2]side
}

// connBits are what is known of both sides together.
type connBits uint8

const (
	bitSYN         connBits = 1 << iota // the SYN of the initiator was seen
	bitEstablished                      // the handshake of TCP went through, or had before the capture
	bitOver                             // by an accepted RST, or both FINs are acknowledged
	bitSettled                          // the Stream was settled before
	bitReported                         // the Handler has had its end
	bitDeparting                        // in Table.departures
	bitFinished                         // a side is
)

// side is what one endpoint sent.
type side struct {
	sent    uint64 // stream offset behind its highest payload byte
	packets uint32 // those beyond 32 bits are in its trouble
	base    seqnum // sequence number of stream offset 0
	ack     seqnum // highest acknowledgment
	fin     seqnum // of its FIN
	mark    uint32 // of its last packet, to recognise a copy
	last    uint32 // time of its last packet, in microseconds, wrapping around
	window  uint16 // last, unscaled
	ipid    uint16 // of its last packet
	bits    sideBits
	scale   uint8
	iface   uint8 // of its first packet
}

// sideBits say which fields of a side are valid, and what it sent.
type sideBits uint16

const (
	sentSYN  sideBits = 1 << iota // SYN or SYN-ACK; scale is valid
	sentData                      // payload
	based                         // base is valid: from a SYN, or the first payload byte seen
	knowsISN                      // base follows from a SYN
	hinted                        // base is where a segment without payload or the peer's first ACK says that bytes follow
	acking                        // ack is valid
	finished                      // fin is valid
	finAcked                      // the peer acknowledged the FIN
	reset                         // closing.rst is valid
	aborted                       // ended by RST in the sense of Zeek's conn_state
	scaled                        // its SYN carried a window scale
	unscaled                      // window is that of a SYN, which is never scaled
	overdue                       // the peer acknowledged bytes before they were captured, if they ever are
)

func (sd *side) has(b sideBits) bool { return sd.bits&b != 0 }

// edge is the sequence number behind its highest payload byte.
func (sd *side) edge() seqnum { return sd.base + seqnum(sd.sent) }

// next is the sequence number that it will use next: behind its payload and its FIN.
func (sd *side) next() seqnum {
	if n := sd.edge(); !sd.has(finished) || sd.fin.before(n) {
		return n
	}
	return sd.fin + 1
}

// offset is where in the side's stream a sequence number lies; negative before its start.
func (sd *side) offset(s seqnum) int64 { return int64(sd.sent) + s.since(sd.edge()) }

// dataOffset is offset, but an acknowledgment of the FIN acknowledges no byte.
func (sd *side) dataOffset(s seqnum) int64 {
	if sd.has(finished) && sd.fin.before(s) {
		s = sd.fin
	}
	return sd.offset(s)
}

// by is what the endpoint of side 0 or 1 sent.
func (c *conn) by(i Side) *side { return &c.sides[i&1] }

// of is what the endpoint of side 0 or 1 sent, and what its peer did.
func (c *conn) of(i Side) (me, peer *side) { return &c.sides[i&1], &c.sides[i&1^1] }

// receive is how many bytes behind its highest acknowledgment a side takes: its window, as large as it may
// be where its scale is unknown (RFC 7323, Section 2.2).
func (c *conn) receive(i Side) int64 {
	me, peer := c.of(i)
	shift := me.scale
	switch {
	case !me.has(sentSYN):
		shift = 14
	case me.has(unscaled) || !me.has(scaled) || peer.has(sentSYN) && !peer.has(scaled):
		shift = 0
	}
	return int64(me.window) << shift
}

// is reports whether any of the bits is set.
func (c *conn) is(b connBits) bool { return c.bits&b != 0 }

// idle is how long a connection may be silent.
func (t *Table) idle(c *conn) time.Duration {
	switch {
	case c.is(bitOver):
		return max(linger, t.patience(c))
	case !c.is(bitEstablished):
		return halfOpenIdle
	case c.handshake != 0:
		return unsettledIdle
	}
	return settledIdle
}

// outlived reports whether a packet of the given time comes too late to belong to a connection.
func (t *Table) outlived(c *conn, now int64) bool {
	silent := time.Duration(now - c.last)
	return silent > linger && silent > t.idle(c)
}

// stamp notes the time of a packet.
func (c *conn) stamp(now int64) { c.last = max(c.last, now) }

// settleOver works out whether the connection is over.
func (c *conn) settleOver() {
	a, b := &c.sides[0], &c.sides[1]
	c.bits &^= bitOver
	if a.has(reset) || b.has(reset) || a.has(finAcked) && b.has(finAcked) {
		c.bits |= bitOver
	}
}

// packet is the segment that is being looked at.
type packet struct {
	*decode.Segment
	batch *decode.Batch // nil if an embryo kept the packet, which has no payload
	key   *key          // nil if an embryo kept the packet
	conn  uint32        // in Table.conns, 0 if it is not one
	sd    *side         // of that conn, its sender's; set by Table.tcp, as is peer
	peer  *side         // the other end's
	at    Event
	side  Side
}

// flag reports whether any of the control bits is set.
func (p *packet) flag(f decode.TCPFlags) bool { return p.Flags&f != 0 }

// length is the payload on the wire, and data is what was captured of it.
func (p *packet) length() int64 { return int64(min(p.Length, maxSegment)) }

func (p *packet) data() []byte {
	n := min(p.Captured, p.Length, maxSegment)
	return p.batch.Arena[p.Payload : p.Payload+n : p.Payload+n]
}

// encap is what the packet came in.
func (p *packet) encap() string { return p.batch.Encaps[p.Encap] }

// start is the sequence number of the first payload byte: a SYN takes the one before.
func (p *packet) start() seqnum {
	if p.flag(decode.SYN) {
		return seqnum(p.Seq) + 1
	}
	return seqnum(p.Seq)
}

// end is the sequence number behind the payload, which is the FIN's.
func (p *packet) end() seqnum { return p.start() + seqnum(p.length()) }
