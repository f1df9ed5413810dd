package conversation

import (
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// Second is a handshake within the connection that the server asked for behind the first, mostly for the client's certificate, of
// which nothing more came: where data of the server followed, there was nothing amiss, and it is not kept. Up to TLS 1.2 that is
// renegotiation (RFC 5246, Section 7.4.1.1), in TLS 1.3 authentication behind the handshake (RFC 8446, Section 4.6.2), which can
// only be inferred from lengths, and is known only where the client answered it. An alert that ended it is in Record.Alerts.
type Second struct {
	Asked    flow.Event // the server's HelloRequest, or CertificateRequest; unset where there was none, and then all else is
	Answered flow.Event // the client's last handshake message behind it; unset where it sent none
	Cert     ClientCert // what that held for a certificate, as far as lengths tell
}

// second is what is known of records behind the first handshake.
type second struct {
	Second
	offered bool       // the client said that it can be asked behind the handshake of TLS 1.3
	data    bool       // it has sent data: in TLS 1.3 what may be the request that the server asks upon, before it behind the HelloRequest
	over    bool       // it is known that there was none, or that it went through
	served  bool       // the server has sent data, as it does not before a second one that it asks for
	alert   flow.Event // the first alert behind, and whose
	by      flow.Side
	sent    [2]uint64 // how far each side's stream had come when the first handshake was settled
	records uint8     // that were looked at
	request int       // length of the record with HelloRequest
	lengths [3]int    // of the client's records behind the server's last, the first of them
	answers uint8     // how many these are
	cut     bool      // packets were cut short, and only what they leave room for is looked for
	again   Again     // see Answer
	blind   [2]bool   // of a side it is not known where each record began
}

// What renegotiation looks like up to TLS 1.2: an empty Certificate is three bytes longer than a HelloRequest, and the longest
// ClientKeyExchange has an RSA key of 4,096 bits.
const (
	emptyCertOver      = 3
	longestKeyExchange = 4 + 2 + 512 + 80
)

// In TLS 1.3 an empty Certificate that answers behind the handshake repeats the context of the request, of so many bytes at most in
// OpenSSL, which takes 32, GnuTLS and NSS.
const longestContext = 32

// A CertificateRequest has signature algorithms at least, and at most the names of two dozen authorities.
const (
	shortestRequest = 4 + 1 + 2 + 4 + 4 + 1 + 16
	longestRequest  = 4 << 10
)

// flightTime is how far apart the records of a client's answer may be, which it writes at once.
const flightTime = 5 * time.Millisecond

// maxBehind bounds the records that are looked at for a second handshake. Servers ask upon the first request, and a request has
// few records; a second handshake has 15 or so.
const maxBehind = 40

// begin is called when the first handshake is settled. HTTP/2 allows no other (RFC 9113, Section 9.2.1).
func (s *second) begin(f *follower) {
	client := f.clientGuess()
	if (f.half[0].missing|f.half[1].missing)&flow.IncompleteSnaplen != 0 {
		s.beginCut(f)
		return
	}
	if s.over = f.noSecond(client); s.over {
		return
	}
	for i := range f.half {
		s.sent[i] = f.half[i].reach()
	}
	if s.data = f.version13 && f.half[client].appData > 0; s.data {
		s.Asked = f.at // where it is the server's record behind that which settles it
	}
}

// noSecond reports whether there is none, or none that could be told.
func (f *follower) noSecond(client flow.Side) bool {
	if f.version13 {
		if !f.second.offered {
			return true
		}
	} else if f.half[client.Other()].appData > 0 {
		return true
	}
	return f.server.ALPN == "h2" || f.half[0].missing|f.half[1].missing != 0 || f.half[client].mode != modeTLS
}

// behind takes a record behind the first handshake.
func (s *second) behind(f *follower, h *half, rec tlswire.RecordHeader) {
	s.records++
	switch {
	case s.cut:
		s.behindCut(f, h, rec)
	case s.records > maxBehind, f.ackedByThen() > h.other().reach(): // it had more of the other side than was captured
		s.over = true
	case f.version13 && h.isClient():
		s.client13(f, rec.Length)
	case f.version13:
		s.server13(f, h, rec.Length)
	case rec.Type == tlswire.RecordHandshake:
		s.handshake12(f, h, rec.Length)
	case rec.Type == tlswire.RecordAlert:
		s.over = s.over || !s.Asked.Happened() // a close_notify
		s.notes(f, h)
	case rec.Type == tlswire.RecordApplicationData, rec.Type == tlswire.RecordChangeCipherSpec:
		s.over = s.over || !h.isClient() // it has what it asked for
		s.served = s.served || !h.isClient() && rec.Type == tlswire.RecordApplicationData
		s.data = s.data || s.Asked.Happened()
	}
}

// answeredWithData reports whether the server has begun a record that is data, long before its end is there.
func (s *second) answeredWithData(f *follower) bool {
	rec, _, ok := f.half[f.clientGuess().Other()].deframer.PendingRecord()
	if ok && (rec.Length > longestRequest || !f.version13 && !s.cut && rec.Type == tlswire.RecordApplicationData) {
		s.over, s.served, s.again = true, true, AgainNot
	}
	return s.over
}

// notes notes an alert.
func (s *second) notes(f *follower, h *half) {
	if !s.alert.Happened() {
		s.alert, s.by = f.at, h.side
	}
}

// handshake12 takes an encrypted handshake message up to TLS 1.2. A client that begins to renegotiate unasked is of no interest.
func (s *second) handshake12(f *follower, h *half, length int) {
	switch {
	case !h.isClient() && !s.Asked.Happened():
		s.Asked, s.request = f.at, length
	case !h.isClient():
		s.answers = 0
	case !s.Asked.Happened():
		s.over = true
	default:
		s.answer(f, length)
	}
}

// answer keeps the length of a record of the client.
func (s *second) answer(f *follower, length int) {
	if int(s.answers) < len(s.lengths) {
		s.lengths[s.answers] = length
	}
	s.answers = min(s.answers+1, uint8(len(s.lengths)+1))
	s.Answered = f.at
}

// cert12 is what the client's second flight holds for a certificate: behind that come the messages ClientKeyExchange and Finished, and
// before the last a CertificateVerify.
func (s *second) cert12() ClientCert {
	first := s.lengths[0]
	padded := first == s.request // with a block cipher both are padded to the same length, which a ClientKeyExchange is longer than
	switch {
	case s.answers >= 3 && (first == s.request+emptyCertOver || padded):
		return CertEmpty
	case int(s.answers) > len(s.lengths), s.answers > 0 && first > longestKeyExchange:
		return CertSent
	}
	return CertNotSeen
}

// client13 takes a record of the client in TLS 1.3. Once it is asked it sends its Certificate, with a CertificateVerify unless that is
// empty, and a Finished; records of other lengths are data.
func (s *second) client13(f *follower, length int) {
	switch apart := s.Answered.Happened() && time.Duration(f.at.Time-s.Answered.Time) > flightTime; {
	case !s.Asked.Happened():
		s.data = true
		return
	case s.Cert != CertNotSeen && !s.alert.Happened(), s.Cert == CertNotSeen && apart, int(s.answers) == len(s.lengths):
		s.over = true // it goes on, or takes its leave, or this is no flight
		return
	case s.Cert != CertNotSeen:
		return
	}
	s.answer(f, length)
	first, last := s.lengths[0], f.content(length) == messageHeader+f.verifyLen()
	switch {
	case s.answers == 2 && last && first >= sealedEmptyCert && first <= sealedEmptyCert+longestContext:
		s.Cert = CertEmpty
	case s.answers == 3 && last && first >= shortestCert && s.lengths[1] > longestFinished:
		s.Cert = CertSent
	}
}

// server13 takes a record of the server in TLS 1.3. Behind the client's request the last before it answers is what asks; behind the
// answer an alert refuses it, and a close_notify may follow.
func (s *second) server13(f *follower, h *half, length int) {
	switch {
	case s.Cert != CertNotSeen && isSealedAlert(length):
		s.notes(f, h)
	case s.Cert != CertNotSeen:
		s.over = true
	case s.data:
		s.over = s.answers > 0 || length < shortestRequest || length > longestRequest // it answered data
		s.Asked = f.at
	}
}

// refused13 reports whether the connection ended in answer to what the client had for a certificate, and by the server, or else as
// soon as a client closes that was refused: what has the length of an alert may be a short answer.
func (s *second) refused13(end *flow.Terminator) bool {
	prompt := s.alert.Happened() && end.Frame > s.alert.Frame && time.Duration(end.Time-s.alert.Time) < reactionTime
	return s.Cert != CertNotSeen && end.Happened() && (end.By == flow.Server || prompt)
}

// ignored reports whether the client took no notice of the request, up to TLS 1.2, and went on. What was on its way is followed by its
// alert at once.
func (s *second) ignored() bool {
	declined := s.alert.Happened() && time.Duration(s.alert.Time-s.Asked.Time) < refusalTime
	return s.data && !s.Answered.Happened() && !declined
}

// finish is what is said of it when the connection has ended. All else in the record is of the first handshake.
func (s *second) finish(f *follower, r *Record) {
	r.Second = Second{}
	served := s.served || !f.version13 && f.half[f.clientGuess().Other()].appData > 0
	if r.Disordered() && !s.ruledOut(f) && !served {
		r.Server.Again = AgainUnknown // who asked, and who answered, is not known
	}
	if !f.passed || s.sent == [2]uint64{} {
		return
	}
	for i, n := range s.sent {
		r.Sides[flow.Side(i)^r.ClientSide].Sent = n
	}
	if s.cut {
		r.Server.Again = max(r.Server.Again, s.room(f, r))
		return
	}
	missing := r.Missed > 0 || r.Sides[flow.Client].Unseen|r.Sides[flow.Server].Unseen != 0
	if s.over || missing || !s.Asked.Happened() || f.version13 && !s.refused13(&r.Terminator) || !f.version13 && s.ignored() {
		return
	}
	r.Second = s.Second
	if !f.version13 {
		r.Second.Cert = s.cert12()
	}
	if s.alert.Happened() {
		r.Alerts[s.by^r.ClientSide] = Alert{Event: s.alert, Encrypted: true}
	}
}
