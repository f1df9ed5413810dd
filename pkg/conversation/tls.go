package conversation

import (
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// message takes a whole plaintext handshake message.
func (f *follower) message(h *half, e *tlswire.Event) {
	switch e.Message {
	case tlswire.TypeClientHello:
		f.clientHello(h, e)
		return
	case tlswire.TypeServerHello, tlswire.TypeHelloRetryRequest:
		if f.client == flow.Nobody {
			f.client = h.side.Other()
		}
		if f.client == h.side {
			return // who sent a ClientHello selects nothing
		}
		f.firstAnswer(h)
		f.serverHello(e)
		return
	}
	if h.isClient() {
		f.clientMessage(e)
		return
	}
	f.firstAnswer(h)
	f.serverMessage(e)
}

// firstAnswer notes the server's first TLS bytes.
func (f *follower) firstAnswer(h *half) {
	if !f.server.First.Happened() && !h.isClient() {
		f.server.First = f.at
	}
}

func (f *follower) serverHello(e *tlswire.Event) {
	msg := &f.handler.answer
	msg.Unmarshal(e.Body) // what decoded before a fault is kept
	if msg.HelloRetryRequest || e.Message == tlswire.TypeHelloRetryRequest {
		if !f.server.Retry.Happened() {
			f.server.Retry = f.at
		}
		return
	}
	if f.server.Hello.Happened() {
		return
	}
	f.server.Hello = f.at
	f.server.Version, f.server.Cipher = msg.SelectedVersion, msg.CipherSuite
	f.version13 = tlswire.Is13(msg.SelectedVersion)
	f.server.ALPN = f.handler.texts.Text(msg.ALPN, pieceSize)
	f.server.Resumed = f.version13 && msg.PreSharedKey
}

// serverMessage takes what a server sends after its ServerHello in TLS 1.2 and before.
func (f *follower) serverMessage(e *tlswire.Event) {
	switch e.Message {
	case tlswire.TypeCertificate:
		f.certificate(e.Body)
	case tlswire.TypeCertificateRequest:
		f.server.CertRequested = true
	case tlswire.TypeServerHelloDone:
		f.server.Flight = f.at
	}
}

func (f *follower) certificate(body []byte) {
	if f.onlyGuessed() || f.server.Certificate.Happened() { // it may be the client's
		return
	}
	f.server.Certificate = f.at
	c := f.handler.leaves.get(body)
	f.server.CertNames, f.server.CertNamesFromCN = c.info.Names, c.info.NamesFromCN
	f.server.CertIssuer, f.server.CertNotAfter = c.info.Issuer, c.info.NotAfter
	f.server.CertMatches = f.hello.State == HelloNone || c.matches(body, f.hello.Name) // what it must match may be captured later
	f.server.CertSelfIssued, f.server.CertAlone = c.info.SelfIssued, c.info.Chain == 1
	f.server.CertValidity = c.validity(f.at)
}

// clientMessage takes what a client sends after its ClientHello in TLS 1.2 and before.
func (f *follower) clientMessage(e *tlswire.Event) {
	if e.Message != tlswire.TypeCertificate || f.onlyGuessed() {
		return
	}
	f.answer.Certificate, f.answer.Cert = f.at, CertSent
	if tlswire.CertificateEmpty(e.Body) {
		f.answer.Cert = CertEmpty
		return
	}
	f.answer.CertValidity = f.handler.leaves.get(e.Body).validity(f.at)
}

// Sealed implements tlswire.Reader: it takes a record whose content cannot be read.
func (h *half) Sealed(rec tlswire.RecordHeader) {
	f := h.f
	if f.passed {
		f.second.behind(f, h, rec)
		return
	}
	f.firstAnswer(h)
	switch rec.Type {
	case tlswire.RecordApplicationData:
		f.applicationData(h, rec.Length)
	case tlswire.RecordChangeCipherSpec:
		f.changeCipherSpec(h)
	case tlswire.RecordHandshake:
		f.sealedHandshake(h)
	case tlswire.RecordAlert:
		f.sealedAlert(h)
	}
	h.torn = false
}

func (f *follower) changeCipherSpec(h *half) {
	if h.isClient() || f.version13 || f.server.Flight.Happened() {
		return
	}
	f.server.Flight = f.at
	f.server.Resumed = f.server.Hello.Happened() && !f.server.Certificate.Happened() && h.missing == 0
}

// sealedHandshake takes an encrypted handshake record: in TLS 1.2 and before, the first one behind a
// ChangeCipherSpec is the Finished.
func (f *follower) sealedHandshake(h *half) {
	h.finished = true
	switch {
	case !h.isClient():
		// An alert that acknowledges the server's Finished came behind it, whatever was captured first.
		f.hidden.tooSoon = f.hidden.tooSoon && !h.heardBy(f.aside.alertAcks[h.side.Other()])
	case !f.answer.Finished.Happened():
		f.answer.Finished = f.at
	}
	f.establish()
}

// sealedAlert takes an encrypted alert. Where a gap may hold the Finished of either side it may as well be a
// close_notify; that its sender encrypts shows that its own Finished was there.
func (f *follower) sealedAlert(h *half) {
	whole := h.missing|h.other().missing == 0
	f.hidden.tooSoon = f.hidden.tooSoon || f.alertsTooSoon(h, whole)
	if whole {
		f.alert(h, Alert{Event: f.at, Encrypted: true})
		f.afterFinished12(h)
		return
	}
	if !f.version13 && h.missing != 0 {
		f.sealedHandshake(h)
	}
}

// alertsTooSoon reports whether a client of TLS 1.2 or before sends an alert right behind its Finished, without having any of
// the server's: NSS, as in Firefox, goes on with the handshake while it looks at the certificate. What it had is known from its
// acknowledgments, for the two directions may have been captured by different queues; where some of either is missing, only
// from what was captured. One that waited longer gave up.
func (f *follower) alertsTooSoon(h *half, whole bool) bool {
	server := h.other()
	if !h.isClient() || f.version13 || h.appData > 0 || server.finished {
		return false
	}
	if sent := f.answer.Finished; sent.Happened() && time.Duration(f.at.Time-sent.Time) >= refusalTime {
		return false
	}
	if !whole || server.tlsBytes == 0 {
		return true
	}
	acked := f.ackedByThen()
	return h.finished && server.mode == modeTLS && acked > 0 && acked <= server.reach()
}

// afterFinished12 takes an alert behind the handshake of TLS 1.2 and before, in which the client answered a request for its
// certificate: there GnuTLS refuses that.
func (f *follower) afterFinished12(h *half) {
	g := &f.hidden
	switch {
	case f.version13 || !f.estAt.Happened() || g.alertOnly:
	case !h.isClient() && h.appData > 0: // it had accepted the client by then
	case h.isClient():
		g.confirmed = true
	default:
		g.alertOnly, g.alertAt = true, f.at
	}
}

// applicationData takes a record of application data, which in TLS 1.3 may be anything.
func (f *follower) applicationData(h *half, length int) {
	switch {
	case f.version13:
		f.sealed13(h, length)
	case !f.server.Hello.Happened() && (isSealedAlert(length) || length == sealedShort16):
		f.ahead(h, length) // in TLS 1.3 it may be an alert, and what was selected is not known
		return
	default:
		h.appData++
		f.takeTurn(h)
		f.ahead(h, length)
		crossed := h.isClient() && f.hidden.alertOnly // it was on its way when the server sent its alert
		f.hidden.confirmed = f.estAt.Happened() && !crossed
	}
	f.establish()
}

// takeTurn counts how often the sides have taken turns with application data. What the other side had acknowledged in its turn came
// before that, though it waited for what was lost, or was captured later. Early data is no turn: what comes behind it is the
// server's flight, and no answer (RFC 8446, Section 2.3).
func (f *follower) takeTurn(h *half) {
	g := &f.hidden
	early := g.turns == 0 && h.isClient() && f.hello.EarlyData
	if !early && !h.torn && (g.turns == 0 || g.speaker != h.side && !h.heardBy(g.turnAcks)) {
		g.turns, g.speaker, g.turnAt, g.turnAcks = min(g.turns+1, 3), h.side, f.at, f.ackedByThen()
	}
}

// heardBy reports whether a packet that acknowledges so much of the side's stream acknowledges all that has been read of it.
func (h *half) heardBy(acked uint64) bool { return h.reach() <= acked }

// answered reports whether the server sent application data behind the client's, as far as the client is known. Where it is not
// known what was selected, that says that the handshake went through: in TLS 1.3 the flights look like application data too,
// and the server's comes first.
func (f *follower) answered(client flow.Side) bool {
	g := &f.hidden
	return g.turns > 2 || g.turns == 2 && client != flow.Nobody && g.speaker != client
}

// unselected reports whether nothing says which version was selected.
func (f *follower) unselected() bool {
	return !f.server.Hello.Happened() && !f.half[0].finished && !f.half[1].finished
}

// establish notes the moment from which the handshake is known to have gone through.
func (f *follower) establish() {
	if f.estAt.Happened() {
		return
	}
	a, b := &f.half[0], &f.half[1]
	through := a.finished && b.finished ||
		(a.finished || a.appData > 0) && (b.finished || b.appData > 0) && a.appData+b.appData > 0
	switch {
	case f.version13:
		through = f.server.Flight.Happened() && f.answer.Finished.Happened()
	case f.unselected():
		through = f.answered(f.client)
	case f.hidden.tooSoon: // the server may finish what the client has given up, if that sends no more
		through = through && f.half[f.clientGuess()].appData > 0
	}
	if through {
		f.estAt = f.at
	}
}

// alert notes an alert of one side: the first fatal one, else the first.
func (f *follower) alert(h *half, a Alert) {
	f.firstAnswer(h)
	if f.estAt.Happened() {
		return
	}
	old, role := &f.own().alerts[h.side], h.side^f.clientGuess()
	if version := f.server.Version; !old.Happened() || !old.Fatal(version, role) && a.Fatal(version, role) {
		*old = a
		f.aside.alertAcks[h.side] = f.ackedByThen()
	}
}

// settledTLS reports whether the handshake is over and nothing that follows would change what is known of it.
func (f *follower) settledTLS() bool {
	if !f.estAt.Happened() {
		return false
	}
	return f.hidden.confirmed || !f.version13 && f.answer.Cert == CertNotSeen
}
