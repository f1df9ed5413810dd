// Package conversation joins both directions of a connection into one Record: what carried it, what the
// client asked for, how the server answered, how far the handshake went and what ended it. A Record holds
// facts only; what they mean is for package diagnosis to say.
package conversation

import (
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// Record is everything that is known of one connection.
//
// Events carry ordinals of packets; an Event that did not happen has Frame 0. Where a field is said to be
// valid from a Stage on, it is zero before.
type Record struct {
	flow.Facts

	Carrier        []string   // what came before TLS in the stream, in order: "proxy-v1", "http-connect", "starttls-smtp", …
	CarrierRefused string     // the peer's refusal of CONNECT, SOCKS or STARTTLS, as sent, cut at 80 bytes; "" when not refused
	CarrierAsked   flow.Event // the packet that last asked for TLS or a tunnel, as far as seen
	RefusedAt      flow.Event // the packet with CarrierRefused; valid only where that is not ""
	Offer          Offer      // of TLS by the server; valid only where CarrierRefused is not ""
	Cleartext      Cleartext  // how the client fared that went on without TLS then
	ProxiedClient  string     // address that a PROXY header names
	ProxyTarget    string     // target of CONNECT or SOCKS
	Target         Plaintext  // what came from there through the tunnel, where that is no TLS

	// Declined is the Version Negotiation packet with which a QUIC server declined the client's version, unless the client
	// went on with another; Versions are those that it lists, "v2, 0x709a50c4".
	Declined flow.Event
	Versions string
	// Retries counts the Retry packets of a QUIC server, none of which the client was seen to obey.
	Retries uint32
	// Foreign is the version of QUIC in which the connection went on and which is not read, so that nothing is known of what
	// became of it; 0 where there was none.
	Foreign uint32

	Protocol       [2]string // of each side's first bytes: "tls", "sslv2", "http", "ssh", …, "unknown"; "" when it sent none
	FirstData      [2]flow.Event
	ServerFirst    bool   // the server sent payload before the client did
	PlainHTTPError bool   // the server's plaintext says that plain HTTP was sent to its TLS port, or in NATS that it requires TLS
	ServerText     string // start of the server's plaintext answer, at most 64 bytes, as sent

	Stage  Stage
	Hello  Hello
	Server Answer
	Client ClientFlight

	// Alerts are the first fatal alert of each side before the handshake was done, else its first alert of any
	// kind before that, else the first in the course of Second; Event is unset where there was none.
	Alerts [2]Alert
	// Established says that the handshake went through: application data or Finished both ways, by the rules of
	// TLS 1.3 in docs/diagnoses.md where records are encrypted.
	Established bool
	// Second is another handshake within the connection, which came to nothing. Established and all else is of the first.
	Second Second
	// EstablishedAt is the packet that showed it.
	EstablishedAt flow.Event
	// AppData counts application-data records of each side that are not handshake messages or alerts in
	// disguise as far as their length and place tell; counting stops once the handshake is settled. Of QUIC it is 1 for
	// a side of which a 1-RTT packet shows that the handshake went through.
	AppData [2]int
	// TLSBytes are bytes of TLS records (QUIC: packets) of each side, headers included, while the handshake lasted.
	TLSBytes [2]uint64
	// LastRecordCut is the length of the unfinished record at the end of each side's stream, as announced; 0 when
	// the stream ended between records.
	LastRecordCut [2]int
}

// Succeeded reports whether the handshake went through, and a second one as well if there was one.
func (r *Record) Succeeded() bool { return r.Established && !r.Second.Asked.Happened() }

// Stage is how far a connection got.
type Stage uint8

// The stages, in order.
const (
	StageSYN Stage = iota
	StageSYNACK
	StageConnected
	StageClientData
	StageClientHello
	StageServerHello
	StageEstablished
)

var stages = [...]string{"syn", "syn-ack", "connected", "client-data", "client-hello", "server-hello", "established"}

// String is the published name.
func (s Stage) String() string {
	if int(s) < len(stages) {
		return stages[s]
	}
	return ""
}

// HelloState says how much of the first ClientHello was seen.
type HelloState uint8

// The states.
const (
	HelloNone HelloState = iota
	HelloPartial
	HelloComplete
)

var helloStates = [...]string{"none", "partial", "complete"}

// String is the published name.
func (s HelloState) String() string { return helloStates[s%3] }

// Hello is the first ClientHello, and what a second one after HelloRetryRequest adds.
type Hello struct {
	State      HelloState
	SNI        tlswire.SNIState // SNIMissing only if State is HelloComplete; SNIUnknown there if it is malformed
	Name       string           // server_name as sent, cut at maxName bytes; "" unless SNIPresent or SNIInvalid
	SNIProblem string           // why it is invalid
	Incomplete flow.Incomplete  // why State is not complete, or SNI not known
	Fault      tlswire.Fault    // where it breaks its format, if it does; valid only if State is HelloComplete

	Start    flow.Event // the packet that holds its first byte
	End      flow.Event // the packet that completed it; valid only if State is HelloComplete
	Bytes    int        // of the handshake message, its 4-byte header included; as announced where partial
	Segments int        // TCP segments (QUIC and DTLS: packets) that it took
	// SNIOffset is the offset of the name's first byte in the TCP stream, counted from the first byte of the
	// record header in which the hello begins, over QUIC and DTLS of the handshake message; 0 when there is no name.
	SNIOffset int
	// EndOffset is the offset behind its last byte in the client's stream (flow.SideFacts.Acked is compared
	// with it), and 1 over QUIC and DTLS, where Acked is 1 once the server answered it; valid only if State is
	// HelloComplete.
	EndOffset uint64
	// OverMSS says that it is longer than one segment of the server's MSS option (of 1,460 bytes where none was seen),
	// or took more than one packet of QUIC or DTLS.
	OverMSS bool

	MaxVersion   uint16   // highest version offered; 0 where what is not seen of the hello may offer a higher one
	Only13       bool     // that is TLS 1.3, and no other is offered
	ALPN         []string // the first of those offered (RFC 7301)
	ECH          bool     // encrypted_client_hello, real or GREASE (RFC 9849)
	SSLv2        bool     // in the format of SSL 2.0, which has no server_name (RFC 5246, Appendix E.2)
	FallbackSCSV bool     // RFC 7507
	PreSharedKey bool     // pre_shared_key or a session ticket was offered
	EarlyData    bool     // RFC 8446, Section 4.2.10
	Random       [32]byte
	SessionHash  uint64   // of the legacy session id; it is not coded (AppendOpening)
	Offer        uint16   // tlswire.ClientHello.Offer, 0 where the hello is not whole
	JA3          [16]byte // zero where there is none
	JA4          string
	Retried      bool // a second ClientHello followed what Answer.Retry is
}

// Answer is the server's part of the handshake.
type Answer struct {
	Hello flow.Event // ServerHello; not HelloRetryRequest
	First flow.Event // first TLS byte of the server
	Retry flow.Event // HelloRetryRequest, or HelloVerifyRequest of DTLS
	// Flight is the end of its first flight: ServerHelloDone, or ChangeCipherSpec where the handshake is abbreviated. In
	// TLS 1.3, DTLS and QUIC it is the first encrypted record, or Handshake packet, which begins what cannot be read of it.
	Flight           flow.Event
	Version          uint16     // selected; 0 before ServerHello
	Cipher           uint16     // selected, valid with Hello
	ALPN             string     // selected; "" where none was, or only in the encrypted part of the flight
	Resumed          bool       // abbreviated handshake: ChangeCipherSpec without a Certificate before it, or pre_shared_key selected
	CertRequested    bool       // CertificateRequest seen (TLS <= 1.2)
	CertNames        []string   // of the leaf: the first of its DNS names, in TLS <= 1.2, as is all of Cert…
	CertNamesFromCN  bool       // it has none, and CertNames is its common name
	CertIssuer       string     // its issuer's common name, or else organization
	CertMatches      bool       // a name of the leaf matches the SNI, also one not in CertNames; or no hello came, or no more names are known
	CertNotAfter     time.Time  // zero when no certificate was visible
	CertValidity     Validity   // at the time of the packet with it
	CertSelfIssued   bool       // issuer and subject of the leaf are the same
	CertAlone        bool       // no other certificate came with the leaf
	Certificate      flow.Event // the packet with it
	RecordsAfterDone int        // encrypted records after the client's Finished, counted up to a few
	TicketLen        uint16     // in TLS 1.3, the length of the first of them
	Tickets          uint8      // in TLS 1.3, how many are as long as that, up to maxAlike; 0 if one is not and is no alert either
	Again            Again      // what a capture with packets cut short, or out of order, leaves room for behind the handshake
	ErrorRecord      bool       // the first of them has the length of an encrypted alert, and nothing but the close follows it, if that was captured
}

// ClientCert says what the client answered to a CertificateRequest.
type ClientCert uint8

// What was seen. In TLS 1.3 it can only be inferred from record lengths.
const (
	CertNotSeen ClientCert = iota
	CertEmpty
	CertSent
)

// Validity says where a packet's time lies by the validity of the certificate in it (RFC 5280, Section 4.1.2.5).
type Validity uint8

// Where it lies. It is not known where the capture has no times, or the certificate none that can be read.
const (
	ValidityUnknown Validity = iota
	NotYetValid
	Valid
	Expired
)

// ClientFlight is the client's second flight.
type ClientFlight struct {
	Cert         ClientCert
	CertInferred bool       // from the length of an encrypted record
	CertValidity Validity   // of its leaf, at the time of the packet with it; valid only if CertSent was seen, not inferred
	Certificate  flow.Event // the packet with it
	Finished     flow.Event // its Finished, or the encrypted record that must hold it
	Goodbye      bool       // in TLS 1.3 a record behind it has the length of an alert, which is no data then; later ones are in Bytes
}

// Alert is one TLS alert.
type Alert struct {
	flow.Event
	Level       uint8 // 1 warning, 2 fatal; 0 when encrypted
	Description uint8 // meaningless when Encrypted
	Encrypted   bool  // in TLS 1.3 inferred from the length of an encrypted record
	Late        bool  // the other side had already ended the connection
}

// Fatal reports whether the alert ends the handshake, of which version was selected, 0 if none yet: one in the clear
// of level 2, or the client's in TLS 1.3, where the level means nothing (RFC 8446, Section 6), any but user_canceled, and
// no_renegotiation, which it does not have; never close_notify; or an encrypted one in place of a Finished. What the server says in
// the clear it says before the ServerHello with which it selects TLS 1.3, and goes on.
func (a *Alert) Fatal(version uint16, side flow.Side) bool {
	switch {
	case !a.Happened():
		return false
	case a.Encrypted:
		return true
	case a.Description == tlswire.AlertCloseNotify:
		return false
	case a.Level == tlswire.AlertLevelFatal:
		return true
	}
	closing := a.Description == tlswire.AlertUserCanceled || a.Description == tlswire.AlertNoRenegotiation
	return tlswire.Is13(version) && side == flow.Client && !closing
}
