package conversation

import "github.com/sniscope/sniscope/pkg/flow"

// Lengths of encrypted TLS 1.3 records that give away what they hold: the inner message, its content type byte
// and a 16-byte tag (RFC 8446, Section 5.2). Padding is rare in handshakes; Java pads alerts by 16.
const (
	sealedAlert       = 2 + 1 + 16
	sealedAlertPadded = sealedAlert + 16
	sealedEndOfEarly  = 4 + 1 + 16
	sealedEmptyCert   = 8 + 1 + 16
	sealedFinished256 = 36 + 1 + 16
	sealedFinished384 = 52 + 1 + 16
	// An empty Certificate and the Finished may share a record.
	sealedEmptyCertFinished256 = sealedEmptyCert + 36
	sealedEmptyCertFinished384 = sealedEmptyCert + 52
	// shortestCert is below every Certificate with a certificate in it and above every Finished.
	shortestCert = 120
)

// flight13 is the state of a TLS 1.3 handshake behind its ServerHello, where records are encrypted and only
// their order and length speak.
type flight13 struct {
	server       bool // the server's encrypted flight has begun
	certificate  bool // the client has sent a record that is long enough for a certificate
	clientClosed bool // the client sent what may be its close_notify
	alertOnly    bool // the server's one record after the client's Finished has the length of an alert
	alertAt      flow.Event
	confirmed    bool // the server went on with another record: it accepted the Finished
}

func isSealedAlert(n int) bool { return n == sealedAlert || n == sealedAlertPadded }

// sealed13 takes an encrypted record of TLS 1.3.
func (f *follower) sealed13(h *half, length int) {
	switch {
	case !h.isClient():
		f.serverRecord13(h, length)
	case !f.flight.server:
		// early data
	case f.answer.Finished.Happened():
		if length == sealedAlert {
			f.flight.clientClosed = true
		}
		h.appData++
	default:
		f.clientFlight13(h, length)
	}
}

func (f *follower) serverRecord13(h *half, length int) {
	g := &f.flight
	if f.answer.Finished.Happened() || g.certificate {
		f.finished13(f.at)
		f.afterFinished13(h, length)
		return
	}
	if !g.server && isSealedAlert(length) {
		f.alert(h, Alert{Event: f.at, Encrypted: true})
		return
	}
	if !g.server {
		g.server, f.server.Flight = true, f.at
	}
}

// afterFinished13 takes a server's record after the client's second flight: a ticket or data if it accepted
// the flight, an alert if it did not.
func (f *follower) afterFinished13(h *half, length int) {
	g := &f.flight
	f.server.RecordsAfterDone++
	if isSealedAlert(length) && f.server.RecordsAfterDone == 1 && !g.clientClosed {
		g.alertOnly, g.alertAt = true, f.at
		return
	}
	g.alertOnly, g.confirmed = false, true
	h.appData++
}

// clientFlight13 takes a record of the client's second flight: an alert, or an optional Certificate with its
// CertificateVerify, and the Finished.
func (f *follower) clientFlight13(h *half, length int) {
	switch {
	case isSealedAlert(length) && h.missing != 0:
		// the Finished may lie in the gap before it
	case isSealedAlert(length) && !f.flight.certificate:
		f.alert(h, Alert{Event: f.at, Encrypted: true})
	case length == sealedEndOfEarly && f.hello.EarlyData:
	case length == sealedEmptyCert:
		f.cert13(CertEmpty)
	case length == sealedEmptyCertFinished256, length == sealedEmptyCertFinished384:
		f.cert13(CertEmpty)
		f.finished13(f.at)
	case length == sealedFinished256, length == sealedFinished384:
		f.finished13(f.at)
	case f.hello.EarlyData:
		// early data that arrives late looks like anything
	case length >= shortestCert:
		f.cert13(CertSent)
		f.flight.certificate = true
	default:
		f.finished13(f.at) // padded
	}
}

func (f *follower) cert13(c ClientCert) {
	if f.answer.Cert == CertNotSeen {
		f.answer.Cert, f.answer.CertInferred, f.answer.Certificate = c, true, f.at
	}
}

func (f *follower) finished13(at flow.Event) {
	if !f.answer.Finished.Happened() {
		f.answer.Finished = at
	}
}

// through reports whether both sides have sent their Finished.
func (g *flight13) through(c *ClientFlight, s *Answer) bool {
	return s.Flight.Happened() && c.Finished.Happened()
}

// refused13 reports whether the server's only word after the client's second flight was an alert, and neither side
// had closed before; what followed it was the close.
func (f *follower) refused13(r *Record) bool {
	end := &r.Terminator
	return f.flight.alertOnly && end.Happened() && end.Frame >= f.flight.alertAt.Frame
}
