package conversation

import (
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// Lengths of encrypted TLS 1.3 records that give away what they hold: the inner message, its content type byte
// and a 16-byte tag (RFC 8446, Section 5.2). Padding is rare in handshakes: Java pads alerts and messages of the handshake by 16,
// and Mbed TLS 3 all that it sends to a multiple of 16.
const (
	messageHeader     = 4
	sealedAlert       = 2 + 1 + 16
	sealedAlertPadded = sealedAlert + 16
	sealedEndOfEarly  = 4 + 1 + 16
	sealedEmptyCert   = 8 + 1 + 16
	sealedEmptyJava   = sealedEmptyCert + 16 // shorter than any Finished
	sealedFinished256 = 36 + 1 + 16
	sealedFinished384 = 52 + 1 + 16
	// What Mbed TLS pads: an alert and an empty Certificate alike, and each Finished.
	sealedShort16       = 16 + 16
	sealedFinished256by = 48 + 16
	sealedFinished384by = 64 + 16
	// An empty Certificate and the Finished may share a record.
	sealedEmptyCertFinished256 = sealedEmptyCert + 36
	sealedEmptyCertFinished384 = sealedEmptyCert + 52
	// longestFinished is above every Finished, and below every CertificateVerify: 32 or 48 bytes, and 64 or more.
	longestFinished = sealedFinished384 + 16
	// shortestCert is below every Certificate with a certificate in it and above every Finished.
	shortestCert = 120
)

// hidden is what is known of a stream's encrypted records, of which only order and length speak: in TLS 1.3 all behind the
// ServerHello, and before it the alert with which a server refuses the client's certificate once the handshake is done.
type hidden struct {
	server       bool // the server's encrypted flight has begun
	certTorn     bool // what may be the client's Certificate came behind a gap of its flight, in which that may lie as well
	certificate  bool // the client has sent a record that is long enough for a certificate
	verify       int  // records behind it that may be its CertificateVerify, or data where the Finished came in the same record
	alertOnly    bool // the server's records after the client's Finished, one or two, have the length of an alert
	behindTicket bool // a record of that length came behind others of the server, before the client had sent any data
	answersClose bool // when the first of them came the client had sent what may be its close_notify
	answersData  bool // when it came the client had sent application data
	alertAt      flow.Event
	alertAcks    uint64     // how far the packet with it acknowledges the client's stream
	secondAt     flow.Event // the second of them
	tooSoon      bool       // TLS <= 1.2: the client sent an alert before it could have the server's Finished
	turns        uint8      // that the sides took with application data before it was known what was selected, counted up to 3
	speaker      flow.Side  // whose turn it is
	turnAt       flow.Event // since when
	turnAcks     uint64     // how far that packet acknowledges the other side's stream
	confirmed    bool       // another record says that the server accepted the Finished
	flightEnd    uint64     // how far the client's second flight acknowledges the server's stream: so far goes what it answers
	overtaken    bool       // more than that had been captured of the server before the client's Finished: the two came out of order
	finishedBy   uint64     // where in the client's stream its Finished ends, 0 where unknown
	numAhead     uint8
	blurred      bool            // early data, or more, came behind something of the server that was captured later
	ahead        [maxAhead]early // the client's records that were captured before the flight that they answer
	brokenOff    flow.Event      // the last record of the server's flight so far, where that has the length of an alert
	records      uint8           // of the server's flight, counted up to 2
	odd          bool            // the length of one of these is no multiple of 16
	finished     bool            // the server's, by its length, where it resumed a session and was sent early data
	earlyAnswer  flow.Event      // the server's record behind that, which answers the early data
	short        flow.Event      // the client's record that is an empty Certificate, or else an alert of Mbed TLS, or data behind a gap
}

// early is a record of the client, and how far its packet acknowledges the server's stream.
type early struct {
	acked  uint64
	length uint16
}

func isSealedAlert(n int) bool { return n == sealedAlert || n == sealedAlertPadded }

// isServerAlert is isSealedAlert for a record of the server, of which so many records before show whether it pads all.
func (g *hidden) isServerAlert(n int, before uint8) bool {
	return isSealedAlert(n) || n == sealedShort16 && !g.odd && g.records >= before
}

// notePadding takes the length of a record of the server's flight.
func (g *hidden) notePadding(length int) {
	g.odd = g.odd || length%16 != 0
	g.records = min(g.records+1, 2)
}

// sealed13 takes an encrypted record of TLS 1.3.
func (f *follower) sealed13(h *half, length int) {
	switch {
	case !h.isClient():
		f.serverRecord13(h, length)
	case !f.hidden.server:
		f.ahead(h, length)
	default:
		f.clientRecord13(h, length, f.ackedByThen())
	}
}

// clientRecord13 takes a record of the client behind the server's flight, in a packet that acknowledges so much of the server's stream.
func (f *follower) clientRecord13(h *half, length int, acked uint64) {
	if !f.answer.Finished.Happened() {
		f.hidden.flightEnd = max(f.hidden.flightEnd, acked)
		if !f.isBehindFinished13(h, length) {
			f.clientFlight13(h, length)
			return
		}
		f.finished13(f.answer.Certificate)
	}
	if length == sealedAlert && !f.answer.Goodbye {
		f.answer.Goodbye = true
		return
	}
	h.appData++
}

func (f *follower) serverRecord13(h *half, length int) {
	g := &f.hidden
	if f.answer.Finished.Happened() || f.answer.Cert != CertNotSeen {
		if !h.torn && !h.heardBy(g.flightEnd) { // else it may be of the flight, or is
			f.finishedAtOnce13(h.other())
			f.finished13(f.at)
			f.afterFinished13(h, length)
		}
		return
	}
	if !g.server && length == sealedAlert { // with padding it may be EncryptedExtensions, which have 23 bytes or more
		f.alert(h, Alert{Event: f.at, Encrypted: true})
		return
	}
	if !g.server {
		g.server, f.server.Flight = true, f.at
		f.catchUp(h.other())
	}
	g.brokenOff = flow.Event{}
	if g.isServerAlert(length, 1) {
		g.brokenOff = f.at
	}
	if f.hello.EarlyData && f.server.Resumed {
		f.takeEarlyAnswer(length)
	}
	g.notePadding(length)
}

// takeEarlyAnswer takes a record of a server that may have accepted early data: it answers that without waiting for the client's Finished,
// and may close before it comes (RFC 8446, Section 4.2.10).
func (f *follower) takeEarlyAnswer(length int) {
	g := &f.hidden
	switch {
	case g.finished && !g.brokenOff.Happened():
		g.earlyAnswer = f.at
		f.half[f.clientGuess().Other()].appData++
	case f.content(length) == messageHeader+f.verifyLen():
		g.finished = true
	}
}

// ahead keeps a record of the client that came before the server's encrypted flight. Where the client sends no early data it
// answers that flight, and the two directions were captured by different queues.
func (f *follower) ahead(h *half, length int) {
	g := &f.hidden
	switch {
	case !h.isClient() || f.hello.State != HelloComplete:
	case f.hello.EarlyData:
		g.blurred = g.blurred || f.ackedByThen() > 0
	case int(g.numAhead) < len(g.ahead):
		g.ahead[g.numAhead] = early{f.ackedByThen(), uint16(length)}
		g.numAhead++
	}
}

// catchUp takes what was kept once the flight is there. Where some of the server's bytes are missing, it may be another.
func (f *follower) catchUp(client *half) {
	g := &f.hidden
	if g.numAhead == 0 || client.other().missing != 0 {
		return
	}
	kept := g.ahead[:g.numAhead]
	client.appData, g.numAhead = 0, 0
	for _, rec := range kept {
		f.clientRecord13(client, int(rec.length), rec.acked)
	}
	g.finishedBy = 0 // the client may have sent more since
}

// afterFinished13 takes a server's record after the client's second flight: a ticket or data if it accepted
// the flight, an alert if it did not.
func (f *follower) afterFinished13(h *half, length int) {
	g := &f.hidden
	f.server.RecordsAfterDone++
	g.overtaken = g.overtaken || f.server.RecordsAfterDone == 1 && g.behindFlight(h.reach()-uint64(tlswire.RecordHeaderLen+length))
	f.noteTicket(length)
	switch n := f.server.RecordsAfterDone; {
	case !g.isServerAlert(length, 2):
	case n == 1:
		g.alertOnly, g.answersClose, g.alertAt, g.alertAcks = true, f.answer.Goodbye, f.at, f.ackedByThen()
		g.answersData = h.other().appData > 0
		return
	case n == 2 && g.alertOnly:
		g.secondAt = f.at
		return
	case f.answer.Cert != CertNotSeen && !g.behindTicket && h.other().appData == 0: // who has nothing to answer yet does not close for nothing
		g.behindTicket, g.answersClose, g.alertAt, g.alertAcks = true, f.answer.Goodbye, f.at, f.ackedByThen()
		g.confirmed = false
		return
	}
	g.alertOnly, g.behindTicket, g.confirmed = false, false, true
	h.appData++
}

// maxAlike is up to how many tickets are counted: OpenSSL sends two of the same length, and what answers a client seldom has that of the
// record before.
const maxAlike = 3

// ticketLeast is how long the record of a NewSessionTicket is at least, with a ticket of one byte (RFC 8446, Section 4.6.1); what a
// server of LDAP answers may be shorter.
const ticketLeast = 18 + 1 + 16

// noteTicket counts a record of the server behind the client's second flight that may be a session ticket.
func (f *follower) noteTicket(length int) {
	s := &f.server
	switch {
	case s.RecordsAfterDone == 1 && length >= ticketLeast && !isSealedAlert(length):
		s.TicketLen, s.Tickets = uint16(length), 1
	case length == int(s.TicketLen) && s.Tickets > 0:
		s.Tickets = min(s.Tickets+1, maxAlike)
	case !isSealedAlert(length):
		s.Tickets = 0
	}
}

// clientFlight13 takes a record of the client's second flight: an alert, or an optional Certificate with its
// CertificateVerify, and the Finished.
func (f *follower) clientFlight13(h *half, length int) {
	switch {
	case isSealedAlert(length) && (h.missing != 0 || f.hidden.blurred):
		// the Finished may lie in the gap before it, or among the early data
	case isSealedAlert(length) && !f.hidden.certificate:
		f.alert(h, Alert{Event: f.at, Encrypted: true})
	case length == sealedEndOfEarly && f.hello.EarlyData:
	case f.maybeEmptyCert13(length) && h.missing != 0:
		f.hidden.short = f.at // or data behind a Finished in the gap
	case f.maybeEmptyCert13(length):
		f.cert13(CertEmpty, f.at)
	case length == sealedShort16 && !f.hidden.certificate && h.missing == 0:
		f.hidden.short = f.at
		f.alert(h, Alert{Event: f.at, Encrypted: true})
	case f.hidden.short.Happened() && f.isFinishedBehindShort(h, length):
		f.own().alerts[h.side] = Alert{} // it was no alert
		f.cert13(CertEmpty, f.hidden.short)
		f.hidden.certTorn = false // the Finished tells
		f.finished13(f.at)
	case length == sealedEmptyCertFinished256, length == sealedEmptyCertFinished384:
		f.cert13(CertEmpty, f.at)
		f.finished13(f.at)
	case length == sealedFinished256, length == sealedFinished384:
		f.finished13(f.at)
	case f.hello.EarlyData:
		// early data that arrives late looks like anything
	case f.hidden.certificate && length > longestFinished:
		f.hidden.verify++
	case length >= shortestCert:
		f.cert13(CertSent, f.at)
		f.hidden.certificate = true
	default:
		f.finished13(f.at) // padded
	}
}

// isBehindFinished13 reports whether a record of the client is neither its CertificateVerify nor its Finished by its length, so that
// both came in one record with its Certificate, as BoringSSL and rustls send them: it is data then, or the alert that closes.
func (f *follower) isBehindFinished13(h *half, length int) bool {
	if !f.hidden.certificate || h.missing != 0 || f.hidden.blurred || f.hello.EarlyData {
		return false
	}
	switch length {
	case sealedFinished256, sealedFinished384, longestFinished, sealedFinished256by, sealedFinished384by:
		return false
	}
	return length < longestFinished
}

// finishedAtOnce13 takes the Finished to have come in one record with the Certificate where the server goes on, and what came behind
// that may have been a CertificateVerify but no Finished: it was data.
func (f *follower) finishedAtOnce13(client *half) {
	if f.hidden.verify > 0 && !f.answer.Finished.Happened() && client.missing == 0 {
		f.finished13(f.answer.Certificate)
		client.appData += f.hidden.verify
	}
}

// maybeEmptyCert13 reports whether a record of the client's second flight may be an empty Certificate. Data can be as short, such as
// the preface of HTTP/2: early data, where the server resumed the session, and so must not ask for a certificate (RFC 8446, Section
// 4.3.2), or data behind a Finished.
func (f *follower) maybeEmptyCert13(length int) bool {
	return (length == sealedEmptyCert || length == sealedEmptyJava) && !(f.hello.EarlyData && f.server.Resumed)
}

// isFinishedBehindShort reports whether a record is the Finished that shows that hidden.short was an empty Certificate.
func (f *follower) isFinishedBehindShort(h *half, length int) bool {
	if h.missing != 0 {
		return length == sealedFinished256 || length == sealedFinished384 || length == longestFinished
	}
	return length == sealedFinished256by || length == sealedFinished384by
}

func (f *follower) cert13(c ClientCert, at flow.Event) {
	if f.answer.Cert == CertNotSeen {
		f.answer.Cert, f.answer.CertInferred, f.answer.Certificate = c, true, at
		f.hidden.certTorn = f.recordsLost()
	}
}

// recordsLost reports whether some of the client's second flight was lost, or what is taken for it may lie behind it: the flight of
// the server that it answers was.
func (f *follower) recordsLost() bool {
	return f.half[f.clientGuess()].resynced || f.hidden.numAhead > 0
}

func (f *follower) finished13(at flow.Event) {
	if f.answer.Finished.Happened() {
		return
	}
	f.answer.Finished = at
	if at == f.at { // or else more has come since
		f.hidden.finishedBy = f.half[f.clientGuess()].reach()
	}
}

// inferAlert decides what the server's only record after the client's second flight was, or the one behind its tickets, where it has
// the length of an alert and the close followed it. It reports whether it refused the client's certificate, or the want of one.
func (f *follower) inferAlert(r *Record) (refused bool) {
	g, end := &f.hidden, &r.Terminator
	asked := r.Client.Cert != CertNotSeen
	switch {
	case g.behindTicket && end.By != flow.Server, !g.behindTicket && !g.alertOnly:
		return false
	case !end.Happened():
		r.Server.ErrorRecord = !g.secondAt.Happened() // which may be an alert; how it ended is not there to say so
		return false
	case g.secondAt.Happened() && !f.secondIsClose(r):
		return false // a second record says that the first was none
	}
	behind := end.By == flow.Server || end.Frame >= r.SaidBy(flow.Server, g.alertAt.Frame) // a side's end comes behind all that it said
	first := !g.answersClose && !r.acksEnd(flow.Server, g.alertAcks) && behind
	prompt := end.By == flow.Server || time.Duration(end.Time-g.alertAt.Time) < reactionTime
	refused = asked && first && prompt && f.soon(r, g.alertAt.Time) && !g.overtaken // or else it is not the first answer
	if refused || first && !asked {
		r.Alerts[flow.Server] = Alert{Event: g.alertAt, Encrypted: true}
	}
	r.Server.ErrorRecord = first || asked
	return refused
}

// secondIsClose reports whether the second of two records of an alert's length is a close_notify: the answer to the client's
// close, or that of a server which closes behind its alert, as GnuTLS does. An answer to a request may be as short.
func (f *follower) secondIsClose(r *Record) bool {
	return endedBefore(r, flow.Client, f.hidden.secondAt.Frame) || r.Terminator.By == flow.Server && !f.hidden.answersData
}

// behindFlight reports whether so much of the server's stream is more than the client's second flight answers.
func (g *hidden) behindFlight(reach uint64) bool { return g.flightEnd > 0 && reach > g.flightEnd }

// saidEarlier reports whether the capture shows ahead of the client's second flight what the server said behind it, and that is more
// than an alert: it went on.
func (f *follower) saidEarlier() bool {
	reach := f.half[f.clientGuess().Other()].reach()
	return f.hidden.behindFlight(reach) && !isSealedAlert(int(reach-f.hidden.flightEnd)-tlswire.RecordHeaderLen)
}

// cutOff reports whether the server closed right behind the client's second flight, which answers a CertificateRequest, without
// another record: so do programs that look at the certificate only once the handshake is done, such as Node.js.
func (f *follower) cutOff(r *Record) bool {
	end := &r.Terminator
	return f.version13 && f.server.RecordsAfterDone == 0 && r.Client.Cert != CertNotSeen && r.Client.Finished.Happened() &&
		end.By == flow.Server && end.Happened() && r.Incomplete == 0 && r.Sides[flow.Server].Unseen == 0 && f.soon(r, end.Time) && !f.saidEarlier()
}

// unread reports whether the server's host never had the client's Finished: it had closed or reset the connection by then, or reset it in
// answer. A FIN or RST of a host that has it acknowledges it.
func (f *follower) unread(r *Record) bool {
	kind := r.Terminator.Kind
	ended := r.Terminator.By == flow.Server && (kind == flow.CloseRST || kind == flow.CloseFIN)
	if f.answeredEarly() {
		return false
	}
	return f.version13 && f.server.RecordsAfterDone == 0 && ended && r.Sides[flow.Client].Acked < f.hidden.finishedBy
}

// answeredEarly reports whether the server answered early data, and took its leave.
func (f *follower) answeredEarly() bool {
	return f.hidden.earlyAnswer.Happened() && f.hidden.brokenOff.Happened()
}

// breaksOff makes an alert of the last record of the server's flight, where that has the length of one, nothing followed it,
// and the connection, seen from its hello to its end, had no second flight of the client: with one, the record is a
// close_notify. Java finds only behind its EncryptedExtensions that it has no certificate. No flight ends so: its Finished is
// longer, and what a server cuts into records it cuts into larger ones.
func (f *follower) breaksOff(r *Record) {
	g, a := &f.hidden, &r.Alerts[flow.Server]
	answered := f.answer.Finished.Happened() || f.answer.Certificate.Happened()
	ended := r.Terminator.Happened() && r.Sides[flow.Client].Unseen+r.Sides[flow.Server].Unseen == 0
	if g.brokenOff.Happened() && !f.answeredEarly() && f.hello.State == HelloComplete && !answered && !a.Happened() && ended {
		*a = Alert{Event: g.brokenOff, Encrypted: true}
		if g.records == 1 { // in the place of EncryptedExtensions, with which a flight begins
			r.Server.Flight = flow.Event{}
		}
	}
}

// alertLost reports whether the capture lacks as many bytes before the close as an encrypted alert has, and nothing else
// of what the server sent after a second flight that answers a CertificateRequest: it may have refused that.
func (f *follower) alertLost(r *Record) bool {
	lost := r.Sides[flow.Server].Unseen
	return (lost == tlswire.RecordHeaderLen+sealedAlert || lost == tlswire.RecordHeaderLen+sealedAlertPadded) && f.version13 && f.server.RecordsAfterDone == 0 &&
		r.Client.Cert != CertNotSeen && r.Terminator.Happened() && f.soon(r, r.Terminator.Time)
}

// soon reports whether t is so near to the client's second flight that what the server sent then may answer it.
func (f *follower) soon(r *Record, t int64) bool {
	sent := &r.Client.Finished
	if at := f.hidden.alertAt.Frame; at != 0 && sent.Frame >= at {
		sent = &r.Client.Certificate // that the Finished was there is known from the server's record only
	}
	return time.Duration(t-sent.Time) < refusalTime
}
