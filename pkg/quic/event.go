package quic

import "github.com/sniscope/sniscope/pkg/tlswire"

// Side tells the two endpoints of a connection apart: 0 and 1, as the caller
// calls them. Which of them is the client is for Conn.Client to say.
type Side uint8

// Nobody is neither side.
const Nobody Side = 3

// Kind says what an Event is about.
type Kind uint8

// Kinds of events.
const (
	// KindMessage is a whole handshake message out of the CRYPTO frames of Initial
	// packets: a ClientHello, a ServerHello or a HelloRetryRequest.
	KindMessage Kind = iota + 1

	// KindInitial is an Initial packet that was read. It comes behind the events
	// for what the packet holds.
	KindInitial

	// KindClose is a CONNECTION_CLOSE frame in an Initial packet. One in a packet
	// of another type cannot be seen.
	KindClose

	// KindRetry is a Retry packet (RFC 9000, Section 8.1.2). Its integrity tag is
	// not verified.
	KindRetry

	// KindVersionNegotiation is a Version Negotiation packet, with which a server
	// refuses a version (RFC 9000, Section 6). Nothing protects it.
	KindVersionNegotiation

	// KindZeroRTT is a packet with early data.
	KindZeroRTT

	// KindHandshake is a Handshake packet. That of a server shows that it accepted
	// the ClientHello; that of a client, that it has the server's keys, but it may
	// hold a CONNECTION_CLOSE as well as the Finished.
	KindHandshake

	// KindShort is a 1-RTT packet, or a stateless reset.
	KindShort

	// KindAnother is the first Initial of another connection between the same two
	// endpoints. It is not looked into: give the datagram to another Conn, or to
	// this one after Reset.
	KindAnother

	// KindUnread is bytes of which no more is known than the Reason why.
	KindUnread
)

// Reason says why bytes could not be read.
type Reason uint8

// The reasons.
const (
	// ReasonTruncated: the capture cut the datagram short. Events before it may
	// tell what was there, and Pending has what there is of a message.
	ReasonTruncated Reason = iota + 1

	// ReasonNoKeys: an Initial of a connection whose first Initial was not
	// captured, so that its keys are unknown.
	ReasonNoKeys

	// ReasonNotAuthentic: an Initial that the connection's keys do not open, being
	// damaged or forged.
	ReasonNotAuthentic

	// ReasonStray: a packet with a long header whose connection IDs are those of
	// another connection.
	ReasonStray

	// ReasonVersion: a packet of a version that is not read. Its connection IDs, which
	// all versions have (RFC 8999, Section 5.1), are those of the connection,
	// unless Version Negotiation made the client begin anew.
	ReasonVersion

	// ReasonMalformed: bytes that are there and cannot be what they claim to be.
	ReasonMalformed

	// ReasonNotQUIC: bytes that are no packet, be it a datagram or what follows a
	// packet in one.
	ReasonNotQUIC

	// ReasonLimit: a bound was reached.
	ReasonLimit
)

var reasons = [...]string{
	"", "truncated", "no-keys", "not-authentic", "stray", "version", "malformed", "not-quic", "limit",
}

// String names the reason.
func (r Reason) String() string { return reasons[min(int(r), len(reasons)-1)] }

// Event is one thing that a datagram shows. It is valid until emit returns, and
// so is what it refers to.
type Event struct {
	Kind    Kind
	Side    Side   // who sent it
	Version uint32 // of the packet; 0 for KindShort and KindVersionNegotiation, and where it was not read
	Length  int    // of the packet on the wire in bytes; for KindUnread without a Version, or of one that is not read, of the rest of the datagram

	// Message is set for KindMessage. Its Kind is tlswire.EventHandshake; Offset
	// and End count in the side's CRYPTO stream and Record is not set.
	Message tlswire.Event

	// Packets is how many packets brought new bytes for the message; set for
	// KindMessage.
	Packets int

	// Acks is set for KindInitial where the packet acknowledges Initials of the
	// other side, so that these are known to have arrived.
	Acks bool

	// Repeats is set for KindInitial where the packet carries handshake bytes and
	// none of them is new: they are sent again.
	Repeats bool

	// Bare is set for KindInitial where the packet carries no handshake bytes and
	// closes nothing: it acknowledges, or asks for an acknowledgement. It is set for
	// KindHandshake where the packet is too short for a Finished.
	Bare bool

	// Close is set for KindClose.
	Close Close

	// Versions lists what the server speaks, the first 32; set for
	// KindVersionNegotiation. Values of the form 0x?a?a?a?a mean nothing.
	Versions []uint32

	// ResetLike is set for KindShort where the packet has the length of a stateless
	// reset (RFC 9000, Section 10.3) and where a connection ID belongs it has bytes
	// that no packet of this side began with before. It is a reset only if nothing
	// of this side follows: endpoints do go over to new connection IDs. Never set
	// where the receiver chose none in the handshake, or its choice was not seen.
	ResetLike bool

	Reason Reason // set for KindUnread
}

// Close is a CONNECTION_CLOSE frame (RFC 9000, Section 19.19).
type Close struct {
	Code uint64
	App  bool // the application closed, and Code is its own

	// Alert is the TLS alert that Code stands for, if IsAlert (RFC 9001, Section
	// 4.8).
	Alert   uint8
	IsAlert bool
}
