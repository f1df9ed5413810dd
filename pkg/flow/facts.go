package flow

import (
	"net/netip"

	"github.com/sniscope/sniscope/pkg/decode"
)

// Event is a moment of a connection that one packet shows.
type Event struct {
	Frame uint64 // ordinal of the packet over the whole input, from 1; 0 when the event never happened
	Time  int64  // nanoseconds since the Unix epoch, UTC
}

// Happened reports whether the event was seen.
func (e Event) Happened() bool { return e.Frame != 0 }

// Transport is the protocol that carries the connection.
type Transport uint8

// The transports.
const (
	TCP Transport = iota
	QUIC
	DTLS
)

// Side indexes what belongs to one endpoint of a connection. Inside the table the sides are 0, the lower
// endpoint, and 1; in Facts they are Client and Server.
type Side uint8

// The sides of an oriented connection, and who else can end one.
const (
	Client Side = 0
	Server Side = 1
	Path   Side = 2 // neither: a router, by ICMP
	Nobody Side = 3
)

// Other is the opposite endpoint.
func (s Side) Other() Side { return s ^ 1 }

// Roles says how client and server were told apart.
type Roles uint8

// The ways. That there is a ClientHello is said by what follows the connection (Follower.Client).
const (
	RolesUnknown Roles = iota
	RolesSYN           // a SYN was seen
	RolesSYNACK        // only the SYN-ACK was seen
	RolesHello         // a ClientHello was seen, and over TCP no SYN or SYN-ACK that tells the same
	RolesPort          // the lower port is the server's
)

// Incomplete is a set of reasons for which something about a connection is unknown.
type Incomplete uint8

// The reasons, as published in the column "incomplete".
const (
	IncompleteSnaplen      Incomplete = 1 << iota // packets were cut short by the capture
	IncompleteGap                                 // bytes in between were never captured
	IncompleteMid                                 // the capture began after the connection
	IncompleteOneSided                            // one direction was never captured
	IncompleteLimit                               // a bound of sniscope was reached
	IncompleteEvicted                             // the table was full
	IncompleteEndOfCapture                        // the capture ended before the connection
)

// CloseKind is what ended a connection on the transport level.
type CloseKind uint8

// The kinds.
const (
	NotClosed CloseKind = iota
	CloseRST
	CloseFIN
	CloseQUIC
	CloseStatelessReset
	CloseICMP
)

// RSTKind tells why a host sends a RST (RFC 9293, Section 3.5.2 and 3.10.4).
type RSTKind uint8

// The kinds. Abortive: RST+ACK with the sender's live window, as when an application closes with unread data
// or SO_LINGER 0. NoSocket: bare, window 0, no options, its sequence number the peer's acknowledgment.
const (
	RSTUnknown RSTKind = iota
	RSTAbortive
	RSTNoSocket
)

// Terminator is the first packet that ended the connection. A RST outside the window, or one that is
// followed by new data of its sender, ends nothing.
type Terminator struct {
	Event
	By   Side
	Kind CloseKind
	RST  RSTKind // set only if Kind is CloseRST
}

// Reset is one RST, whether or not it ended the connection.
type Reset struct {
	Event
	By       Side
	Flags    decode.TCPFlags
	Seq      uint32 // relative to its sender's ISN (or first byte seen); the first payload byte is 1
	Ack      uint32 // relative to the peer's ISN likewise, 0 where the field is 0; meaningful only if Flags has ACK
	Window   uint16
	IPID     uint16
	TTL      uint8
	Options  bool
	InWindow bool // its sequence number is acceptable to its receiver (RFC 5961, Section 3.2)
	Accepted bool // InWindow, and not followed by new data of its sender
	Kind     RSTKind
	Signs    Signs
}

// Signs are marks of a RST that its apparent sender did not make. Each compares the RST only with its own
// sender's earlier packets, all but SignOutgoing with those on the same interface.
type Signs uint8

// The signs.
const (
	SignTTL       Signs = 1 << iota // a TTL that the sender never used before
	SignIPID                        // a non-zero IP-ID far from the sender's steadily counting sequence
	SignWindow                      // a sequence number outside the window
	SignDataAfter                   // the sender goes on with new data, or with the SYN that it had begun by
	SignAcks                        // several RSTs whose acknowledgments differ and answer no different segments
	SignTooSoon                     // sooner than half the round trip from SYN to SYN-ACK, where that exceeds 2 ms
	SignOutgoing                    // captured as it left, where the sender's packets pass through and none of its RSTs came in
	SignOnce                        // captured once, where the sender's packets were captured at two hops, with two TTLs
)

// ICMPError is an ICMP error that quotes a packet of the connection.
type ICMPError struct {
	Event
	From       netip.Addr // who sent it
	Type, Code uint8      // RFC 792 or RFC 4443, by the family of From
	MTU        uint16     // next-hop MTU of "fragmentation needed" or "packet too big", 0 where not given
	QuotesSYN  bool       // what it quotes was sent before the connection was set up
	Quoted     Side       // who had sent that
}

// Stall is a run of retransmissions of one segment that was never acknowledged.
type Stall struct {
	Event         // of the last retransmission
	Length uint32 // payload bytes of the segment
	Count  uint32 // retransmissions, the first sending not counted
}

// SideFacts is what one side sent while the handshake lasted.
type SideFacts struct {
	MSS         uint16 // of its SYN's option; 0 when not seen
	SYNs        uint32 // SYN or SYN-ACK packets of this side, retransmissions included
	ISN         bool   // its SYN was seen, or the SYN-ACK to it, so stream offsets count from the first byte
	InitialSeq  uint32 // its initial sequence number (RFC 9293, Section 3.4.1); without ISN the one before its first byte, 0 where that is not known
	LastData    Event  // its last payload byte
	Fin         Event
	AckedAt     Event  // the peer's packet with the highest acknowledgment of this side's bytes
	Acked       uint64 // payload bytes of this side that the peer acknowledged
	Sent        uint64 // end of its captured stream: offset behind its highest captured payload byte
	Unseen      uint64 // bytes behind Sent that its later sequence numbers or the peer's acknowledgments prove were sent
	Retransmits uint32 // segments with payload that was sent before
	Stall       Stall
	Garbled     bool  // each of the Stall's retransmissions was captured with a wrong checksum; valid only if its Count is not 0
	Late        bool  // some of its stream was captured behind the peer's acknowledgment of it, so the capture does not show what came first
	TTL         uint8 // of its first packet
	Passage     Passage
}

// Passage says how a side's packets go through the host of a capture that tells their direction, as Linux "cooked" ones of all
// interfaces do. It is that of its first packet, and more as later ones show it.
type Passage uint8

// The passages.
const (
	PassageUnknown Passage = iota // the capture does not tell
	PassageOut                    // they only leave: the host sends them, or has changed their addresses
	PassageIn                     // they come in
	PassageThrough                // and leave again
	PassageData                   // and so does payload
)

// Opening is what is known of a connection by the time its handshake is settled. Everything in it is
// final then.
type Opening struct {
	First         uint64 // ordinal of the first packet, which names the connection
	Start         int64  // its time, 0 if it has none
	Digits        uint8  // decimal digits of a second that the capture resolves
	Transport     Transport
	Endpoints     [2]netip.AddrPort // client and server
	ClientSide    Side              // what the client's side was called in Chunks: 0 or 1
	Roles         Roles
	Paired        bool   // the host of the capture has another connection with the same endpoints; TCP, see PassageIn
	Encapsulation string // outer layers from outside in, joined with ";"
	SYN           Event
	SYNACK        Event
	Established   Event // the ACK of the SYN-ACK, or the first byte of the client
	Sides         [2]SideFacts
	Resets        []Reset   // at most maxResets, in order
	ICMP          ICMPError // the first one that ends the connection, or else about its MTU, or else of any kind
	ClientPackets int       // with new payload before the first RST, counted up to 2: the stage of a tampering signature
}

// Timed reports whether the capture says when the first packet was. If it does not, no time of the connection means
// anything.
func (o *Opening) Timed() bool { return o.Start != 0 || o.Digits != 0 }

// Ending is what only the end of a connection tells.
type Ending struct {
	Opened      uint64 // Opening.First
	End         int64  // time of the last packet
	Packets     [2]uint64
	Bytes       [2]uint64 // TCP payload as sent on the wire, retransmissions not counted twice
	Retransmits uint64    // segments whose payload, SYN or FIN was sent before
	Missed      uint64    // bytes of both streams that were never captured: lost in between, cut off, or Unseen
	Terminator  Terminator
	State       ConnState
	Incomplete  Incomplete
	Settled     bool // the handshake had been settled before
}

// Facts is a whole connection.
type Facts struct {
	Opening
	Ending
}

// ConnState is Zeek's conn_state.
type ConnState uint8

// The states (https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html). The
// originator is who sent the SYN, else the client.
const (
	StateNone   ConnState = iota // not TCP
	StateS0                      // attempt, no reply
	StateS1                      // established, not terminated
	StateSF                      // normal establishment and termination
	StateREJ                     // attempt rejected
	StateS2                      // established, close attempt by the originator only
	StateS3                      // established, close attempt by the responder only
	StateRSTO                    // established, originator aborted
	StateRSTR                    // responder aborted
	StateRSTOS0                  // originator sent a SYN and then a RST, no SYN-ACK seen
	StateRSTRH                   // responder sent a SYN-ACK and then a RST, no SYN seen
	StateSH                      // originator sent a SYN and then a FIN, no SYN-ACK seen
	StateSHR                     // responder sent a SYN-ACK and then a FIN, no SYN seen
	StateOTH                     // no SYN seen, midstream
)

var connStates = [...]string{"", "S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH"}

// String is the name that Zeek gives the state, empty when there is none.
func (s ConnState) String() string {
	if int(s) < len(connStates) {
		return connStates[s]
	}
	return ""
}
