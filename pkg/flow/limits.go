package flow

import (
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// Limits bound what one table holds. They are safety valves: when one bites, something is counted and what is
// known of the connection says so.
type Limits struct {
	// Connections open at a time, half-open ones included. Beyond it the oldest half-open connection is
	// evicted, and where few are half-open, the oldest settled one.
	Connections int
	// Handshakes over TCP that are followed at a time. Beyond it the oldest is evicted: with what its Stream keeps each costs
	// 2.3 kB, eighteen times what a settled connection does.
	Handshakes int
	// Associations are the connections over UDP, of 220 bytes each. Beyond it the oldest is evicted.
	Associations int
	// UDPHandshakes are those of them whose handshake is followed. Beyond it the oldest of these is evicted: with the keys of its
	// Initials one of QUIC costs 5 kB more.
	UDPHandshakes int
	// Departures are the connections that are over and wait for late packets, which may still add to what is known of
	// them, with the state of their handshake. Beyond it the first of them is reported.
	Departures int
	// Pages of out-of-order bytes that wait for a hole to be filled, of pageBytes each. Beyond it the hole that
	// has been open the longest is given up.
	Pages int
}

// DefaultLimits share out over all shards 4 million connections (350 MB if all of them are half-open, 600 MB if
// all are established), a quarter of a million unfinished handshakes over TCP (600 MB), half a million connections over UDP
// (110 MB), 32 Ki of them with unfinished handshakes (160 MB), and 128 MB of out-of-order bytes.
var DefaultLimits = Limits{
	Connections:   4 << 20 / decode.Shards,
	Handshakes:    256 << 10 / decode.Shards,
	Associations:  512 << 10 / decode.Shards,
	UDPHandshakes: 32 << 10 / decode.Shards,
	Departures:    64 << 10 / decode.Shards,
	Pages:         64 << 10 / decode.Shards,
}

// How long a connection may be silent before its next packet belongs to another one. The rule looks at nothing
// but the connection's own packets.
const (
	// halfOpenIdle outlasts the longest pause between retransmitted SYNs (64 s in Linux, RFC 6298 doubling).
	halfOpenIdle = 120 * time.Second
	// singleSYNIdle outlasts the longest pause before a SYN is sent for the second time (3 s in RFC 1122, Section 4.2.3.1; 6 s in
	// old BSD).
	singleSYNIdle = 10 * time.Second
	// unsettledIdle outlasts the idle timeouts of load balancers (350 s and 600 s are common), which close a
	// connection whose client never spoke.
	unsettledIdle = 15 * time.Minute
	// settledIdle outlasts Linux's first keep-alive probe, two hours after the last packet, and its retries.
	settledIdle = 2*time.Hour + 15*time.Minute
	// datagramIdle outlasts the idle timeouts of QUIC (30 s is usual; RFC 9000, Section 10.1) and the mappings of
	// address translators (RFC 4787, REQ-5).
	datagramIdle = 5 * time.Minute
	// unansweredIdle is the same where one side alone has sent anything: the usual idle timeout of QUIC, far above the pause
	// after which a hello is sent again (1 s in RFC 6347, Section 4.2.4.1).
	unansweredIdle = 30 * time.Second
	// linger is how long late packets still belong to a connection that is over, and patience how long they still add to
	// what is known of it. A lost ACK of a FIN is asked for again after a few hundred milliseconds, and a RST that
	// somebody forged is belied as soon. A SYN that was refused, unless the RST was lost, is sent again after a second (RFC 6298,
	// Section 2), give or take what a timer does. What comes later would only keep the handshake from being given back.
	linger   = 10 * time.Second
	patience = 1100 * time.Millisecond
	// askedAgain is patience with a connection that was reset by who had asked for it and sent nothing else: it outlasts the pause before
	// the SYN is sent again (1 s in RFC 6298, Section 2; 3 s in RFC 1122, Section 4.2.3.1).
	askedAgain = 3500 * time.Millisecond
)

// departTogether is how many connections that are over are read ahead before the first is reported: two kilobytes of
// each stay in the processor's second-level cache.
const departTogether = 8

// evictShare is which part of a full table the half-open connections, or else the settled ones, must be for the oldest of
// them to be evicted. A look at all entries then yields enough of them to be cheap: a quarter of a sixteenth, a thousand
// of a shard's 65,536.
const evictShare = 16

const (
	// sweepMargin is what sweeping waits beyond the rule, so that packets whose times are a little out of order
	// meet the same connection whether or not it swept. It is short, because connections that failed keep their
	// handshakes until they are swept.
	sweepMargin = 2 * time.Second
	// departMargin is the same for connections that are over.
	departMargin = 100 * time.Millisecond
	// sweepEvery is how much packet time passes between two steps of sweeping: so little that the memory of the connections
	// that a step reports is taken by new ones while it is still in the cache.
	sweepEvery = 25 * time.Millisecond
	// sweepShare is which part of its entries a step looks at, so that all are looked at in 12.8 s, and sweepLeast
	// how many at least. It is no more: every look is likely to miss the cache, and those that are over, most of all,
	// are found without.
	sweepShare = 512
	sweepLeast = 4
)

// ClockSetBack is how far back in time a packet lies behind another one only if the clock was set back, or one of them has a
// wrong time: several interfaces may hand over what they captured seconds apart.
const ClockSetBack = time.Minute

// What counts as a copy of the packet before, made by the capture. A retransmission takes longer: the shortest
// retransmission timeout in use is 200 ms, and a retransmission keeps its IP-ID only on hosts that never change it.
const (
	copyWithID = 100 * time.Millisecond
	copyBare   = time.Millisecond
)

// captureDisorder is how far apart two packets may be of which the capture shows the later one first.
const captureDisorder = time.Millisecond

const (
	// streamLimit is how many bytes of each side are handed on: no ClientHello that a server accepts is longer.
	streamLimit = 64 << 10
	// queuePages is how many pages of one side wait for a hole to be filled. With a window of 64 KiB no sender
	// gets further ahead of a lost segment.
	queuePages = 32
	// pageBytes is how much of a segment one page of the reassembly holds.
	pageBytes = 1900
	// maxSegment cuts what a length field may claim; the largest segments in captures come from BIG TCP, below 512 KiB.
	maxSegment = 1 << 20
	// maxResets is how many RSTs of a connection are listed; the signatures of tampering look at three.
	maxResets = 8
	// resetsTogether is for how many connections room for a RST is made at a time: few, as in slabChunk.
	resetsTogether = 32
	// maxHoles is how many holes of one side are remembered in case a retransmission fills them. The oldest is
	// forgotten first: its bytes are then missed even if they come.
	maxHoles = 4
	// maxEnds is of how many segments of one side it is remembered where they end, which is what a RST that answers one says.
	maxEnds = 8
	// maxRecent is how many packets of one side before its last are remembered to recognise copies of them.
	maxRecent = 3
	// maxTTLs is how many different TTLs of one side are told apart. A side that uses more has no TTL of its own.
	maxTTLs = 4
	// maxEncaps is how many encapsulations a table names; more than a handful means that someone makes them up.
	maxEncaps = 1 << 10
	// leapSlack is how far behind the window a segment may lie, and leapUnsettled how far an acknowledgment may
	// run ahead of captured bytes during a handshake, before they are taken for forged. Later it may by leapSettled, but
	// those behind which others go on have their bytes given up from leapUnsettled on.
	leapSlack     = 128 << 10
	leapUnsettled = 16 << 20
	leapSettled   = 1 << 30
	// ackStretch is the length of the stretches of the sequence space at whose borders it is asked how far acknowledgments
	// have run ahead of captured bytes. It is a power of two.
	ackStretch = 1 << 24
	// rebuildStreams is after how many streams the reassembly is made anew, because its maps never shrink.
	rebuildStreams = 1 << 14
)
