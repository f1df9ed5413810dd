package conversation

import (
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// The epochs of DTLS 1.3 (RFC 9147, Section 6.1), of which unified headers show the low two bits.
const (
	epochHandshake   = 2
	epochApplication = 3
)

// What records of DTLS 1.3 hold, without the content type byte and the tag that are added to each. An ACK without record
// numbers is as long as an alert; one is sent by who cannot read a record yet, and goes on (RFC 9147, Section 7). With
// padding an alert would be as long as the ACK of a record, so that it is never taken for one.
const (
	dtlsAlert     = 2
	dtlsEmptyACK  = 2
	dtlsACKed     = 16 // for each record number
	dtlsHeader    = 12 // of a message
	dtlsEmptyCert = dtlsHeader + 4
	// dtlsLongestACK bounds what is taken for an ACK: of more records than a flight has.
	dtlsLongestACK = dtlsEmptyACK + 32*dtlsACKed
)

// flightDTLS13 is the state of a DTLS 1.3 handshake behind its ServerHello, where only order, epoch and length of records
// speak. Nothing but an alert ends it.
type flightDTLS13 struct {
	records     int           // of the client's second flight, also those sent again
	certificate bool          // one of them is long enough for a certificate
	refusal     [2]flow.Event // a side's record with the length of an alert, where nothing of that side shows that it is none
	seen        bool          // a record that only DTLS 1.3 has, whatever the capture shows of the ServerHello
	acked       flow.Event    // the server's last ACK behind all of these
	ackedUnseen bool          // it acknowledged some of them, or went on behind them, before any was captured
	clientAcked bool          // the client acknowledged what the server sent behind its own
	confirmed   bool          // the server accepted the client's flight
}

// content is the length of what an encrypted record holds.
func (f *follower) content(length int) int {
	const ccm8 = 0x1305 // TLS_AES_128_CCM_8_SHA256 (RFC 8446, Section B.4)
	if f.server.Cipher == ccm8 {
		return length - 1 - 8
	}
	return length - 1 - 16
}

// verifyLen is the length of what a Finished holds, which is that of the hash.
func (f *follower) verifyLen() int {
	const sha384 = 0x1302 // TLS_AES_256_GCM_SHA384, the only one with it
	if f.server.Cipher == sha384 {
		return 48
	}
	return 32
}

// ackedBy is how many records an ACK of the given length acknowledges, 0 if it is none, or a record that may be something else.
func ackedBy(content int) int {
	if content > dtlsLongestACK || (content-dtlsEmptyACK)%dtlsACKed != 0 {
		return 0
	}
	return (content - dtlsEmptyACK) / dtlsACKed
}

// sealed13 takes an encrypted record of DTLS 1.3.
func (d *dtlsFollower) sealed13(side flow.Side, e *tlswire.DTLSEvent) {
	f, h := d.f, &d.f.half[side]
	d.flight.seen = true
	n := f.content(e.Record.Length)
	if e.Truncated && (e.End < int64(d.length) || n < shortestCert) {
		h.missing |= flow.IncompleteSnaplen // what follows it in the datagram, or its own length
	}
	switch {
	case !h.isClient():
		if !f.server.Flight.Happened() {
			f.server.Flight = f.at
		}
		d.server13(side, e, n)
	case e.Epoch == epochApplication:
		d.flight.clientAcked = d.flight.clientAcked || !e.ConnectionID && ackedBy(n) > 0
		d.clientDone(side)
		d.app[side] = true
	case e.ConnectionID: // hides the length
		d.clientDone(side)
	case e.Epoch == epochHandshake:
		d.client13(side, n)
	}
}

// clientDone notes the client's Finished, or what comes behind it.
func (d *dtlsFollower) clientDone(side flow.Side) {
	d.sealed[side] = true
	d.f.finished13(d.f.at)
}

// client13 takes a record of the client's second flight, or an ACK of the server's, or an alert in its place.
func (d *dtlsFollower) client13(side flow.Side, n int) {
	g, f := &d.flight, d.f
	switch {
	case n == dtlsAlert:
		if g.records == 0 && !g.refusal[side].Happened() {
			g.refusal[side] = f.at
		}
		return
	case n < shortestCert && ackedBy(n) > 0:
		return
	}
	g.records++
	g.refusal[side], g.acked = flow.Event{}, flow.Event{}
	switch finished := dtlsHeader + f.verifyLen(); {
	case n == finished:
		d.clientDone(side)
	case n == dtlsEmptyCert && !g.certificate:
		f.cert13(CertEmpty, f.at)
	case n == dtlsEmptyCert+finished && !g.certificate:
		f.cert13(CertEmpty, f.at)
		d.clientDone(side)
	case n >= shortestCert && ackedBy(n) == 0:
		f.cert13(CertSent, f.at)
		g.certificate = true
	case n < shortestCert && !g.certificate:
		d.clientDone(side) // padded
	}
}

// server13 takes a record of the server: of its flight, or an answer to the client's.
func (d *dtlsFollower) server13(side flow.Side, e *tlswire.DTLSEvent, n int) {
	g, f := &d.flight, d.f
	answered := f.answer.Finished.Happened() || f.answer.Cert != CertNotSeen
	alert := n == dtlsAlert && !e.ConnectionID
	d.sealed[side] = d.sealed[side] || e.Epoch == epochHandshake && !alert
	d.app[side] = d.app[side] || e.Epoch == epochApplication && !alert
	if !answered && e.Epoch == epochApplication {
		g.ackedUnseen = true
	}
	switch {
	case alert:
		// Before the client's answer it breaks the flight off, if it has not the keys of what follows that.
		if !g.refusal[side].Happened() && !g.acked.Happened() && (answered || e.Epoch == epochHandshake) {
			g.refusal[side] = f.at
		}
		return
	case !answered:
		g.refusal[side] = flow.Event{}
	case !e.ConnectionID && ackedBy(n) > 0:
		g.refusal[side] = flow.Event{}
		if f.answer.Finished.Happened() {
			g.acked = f.at
			f.server.RecordsAfterDone++
			g.confirmed = g.confirmed || ackedBy(n) >= g.whole()
		}
	case e.Epoch == epochApplication: // a ticket, or data
		g.refusal[side] = flow.Event{}
		f.server.RecordsAfterDone++
		g.confirmed = true
	}
}

// whole is how many records an ACK must name to be of the client's whole flight: a Certificate comes with a CertificateVerify and
// a Finished. Where they share records no ACK is, and what follows it decides.
func (g *flightDTLS13) whole() int {
	if g.certificate {
		return max(g.records, 3)
	}
	return g.records
}

// through13 reports whether the handshake went through: each side's Finished was there, and a record with the keys that it
// brings. Where the client was asked for its certificate the server must show that it took the answer.
func (d *dtlsFollower) through13() bool {
	if !d.sealed[0] || !d.sealed[1] || !d.app[0] && !d.app[1] {
		return false
	}
	return d.flight.confirmed || d.f.answer.Cert == CertNotSeen
}

// conclude13 decides at the end of it all what records with the length of an alert were, and returns why a side's flight was not
// seen that the other had.
func (d *dtlsFollower) conclude13() flow.Incomplete {
	g, f := &d.flight, d.f
	switch answered := f.answer.Finished.Happened() || g.records > 0; {
	case d.through:
		return 0
	case g.acked.Happened():
		d.through, f.estAt = true, g.acked // the ACK is of what is there of the flight, and nothing followed it
		return 0
	case g.ackedUnseen && !answered, g.clientAcked && f.server.RecordsAfterDone == 0:
		return flow.IncompleteGap // a client that was refused has nothing to acknowledge
	}
	for side, at := range g.refusal {
		h := &f.half[side]
		switch {
		case !at.Happened(), h.isClient() && d.sealed[side], !h.isClient() && !f.inTime(at):
		case !h.isClient() && f.answer.Cert == CertNotSeen && f.answer.Finished.Happened():
			f.server.ErrorRecord = true // there is hardly anything to refuse
		default:
			f.alert(h, Alert{Event: at, Encrypted: true})
		}
	}
	return 0
}

// inTime reports whether a record of the server came so soon after the client's second flight that it may refuse that: later
// it is the close_notify of a connection that nobody uses.
func (f *follower) inTime(at flow.Event) bool {
	sent := max(f.answer.Finished.Time, f.answer.Certificate.Time)
	return sent == 0 || at.Time-sent < int64(refusalTime)
}
