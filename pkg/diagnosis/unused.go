package diagnosis

import (
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// What may be wrong with a handshake that went through: that a side ended the connection then, and nothing came of it.

// appendUnused says how, and what that may be.
func (v *view) appendUnused(b []byte) []byte {
	switch {
	case v.deserted():
		return v.appendDeserted(b)
	case v.leftAtOnce():
		return v.appendLeftAtOnce(b)
	case v.leftUnconfirmed():
		return v.appendLeftUnconfirmed(b)
	case v.refusalMissing():
		return append(b, "; the packets that were not captured may include a refusal"...)
	case v.refusalMisplaced():
		return append(b, "; the two directions were captured out of order, and the last record of either may be a refusal"...)
	case v.shutOut():
		return append(v.appendServerLeft(b), ": look at what it does after the handshake"...)
	case v.dropped():
		b = v.appendDoubtedCertificate(append(v.appendServerLeft(b), ": it may have refused "...))
		return append(b, ", as programs do that look at that only once the handshake is done (OpenLDAP)"...)
	}
	return b
}

func (v *view) appendServerLeft(b []byte) []byte {
	b = v.appendServerSent(append(b, "; the server sent "...))
	if v.Terminator.Frame < v.EstablishedAt.Frame {
		return append(b, ", and had closed before the client was done"...)
	}
	did := ", and closed "
	if v.Terminator.Kind == flow.CloseRST {
		did = ", and reset the connection "
	}
	return append(v.appendDuration(append(b, did...), time.Duration(v.Terminator.Time-v.EstablishedAt.Time)), " later"...)
}

// appendServerSent says what came behind the handshake of a server that is unserved.
func (v *view) appendServerSent(b []byte) []byte {
	b = append(b, "no data"...)
	if v.Server.Tickets > 0 {
		b = append(b, " but session tickets"...)
	}
	return b
}

// leftAtOnce holds where the client, which could judge the server's certificate, ended the connection as soon as the handshake was
// done, and sent no data: by one encrypted alert, or by closing without a word. So does a health check, and a program that judges the
// certificate only then: all on NSS up to TLS 1.2, such as Firefox, and many on GnuTLS.
func (v *view) leftAtOnce() bool {
	answers := v.Terminator.By == server && (v.AppData[server] > 0 && !tlswire.Is13(v.Server.Version) || // in TLS 1.3 data may be tickets
		v.Sides[client].LastData.Frame > v.Terminator.Frame) // the server's close
	return v.endedAtOnce() && v.judgedServer() && v.onlyClosed() && !answers && (v.saidGoodbye() || v.Terminator.By == client)
}

// judgedServer holds where the client had a certificate of the server to look at.
func (v *view) judgedServer() bool {
	return v.Server.Certificate.Happened() || tlswire.Is13(v.Server.Version) && !v.Server.Resumed
}

// leftUnconfirmed holds where a QUIC client had accepted the server's part of the handshake and closed the connection, both in packets
// that are known by their kind and length only, before anything came of the server that shows how it took the client's.
func (v *view) leftUnconfirmed() bool {
	return v.Transport == flow.QUIC && v.Established && v.AppData[client] > v.AppData[server]
}

// appendLeftUnconfirmed says so.
func (v *view) appendLeftUnconfirmed(b []byte) []byte {
	b = append(b, "; the client closed at once, as the lengths of its packets say, and the server said nothing after its Finished that can be told from an acknowledgement: "...)
	switch {
	case v.judgedServer():
		return append(b, "a health check, or a client that checks the certificate only after the handshake and refuses it, such as curl, which checks the name then"...)
	case v.Hello.EarlyData: // which a server that resumes no session does not read
		return append(b, "probably it had the answer to its early data by then"...)
	}
	return append(b, "probably a health check"...)
}

// endedAtOnce holds where the connection ended within a second of the handshake.
func (v *view) endedAtOnce() bool {
	return v.Terminator.Time-v.EstablishedAt.Time < int64(patience)
}

// saidGoodbye holds where the client sent anything behind its part of the handshake.
func (v *view) saidGoodbye() bool {
	return v.Client.Goodbye || v.Bytes[client] > v.Sides[client].Sent
}

// appendLeftAtOnce says how, and who does so, some of them up to TLS 1.2 only.
func (v *view) appendLeftAtOnce(b []byte) []byte {
	b = append(b, "; the client sent no data, and "...)
	before13, who := "Node.js, or ", "wget on GnuTLS"
	if v.saidGoodbye() {
		b = append(b, "at once an encrypted alert: a close_notify, as from a health check, or a refusal by a client that checks the certificate only after the handshake, such as "...)
		before13, who = "Firefox, ", "git on GnuTLS, or curl on OpenSSL and PHP, which check the name then"
	} else {
		b = append(b, "closed at once, as a health check does, or a client that checks the certificate only after the handshake and refuses it, such as "...)
	}
	if !tlswire.Is13(v.Server.Version) {
		b = append(b, before13...)
	}
	return append(b, who...)
}

// shutOut holds where the handshake went through and the server closed without having sent any data: what the client then reports,
// such as a reset connection or an empty reply, is not about TLS. A client whose close_notify it heard was not shut out.
func (v *view) shutOut() bool {
	goodbye := v.heardOut() && v.AppData[client] == 0 && v.maySayGoodbye(v.Bytes[client]-v.Sides[client].Sent)
	return v.Client.Cert == conversation.CertNotSeen && v.closedWithoutData() && !goodbye
}

// dropped is the same in TLS 1.2 and before where the server had asked for a certificate, and closed at once: there its Finished
// says only that it had read the client's. In TLS 1.3 this is no handshake that went through. What may be its alert says more.
func (v *view) dropped() bool {
	asked := v.Client.Cert != conversation.CertNotSeen && !tlswire.Is13(v.Server.Version)
	return v.endedAtOnce() && asked && v.closedWithoutData() && !v.heardOut() && !v.maybeRefused()
}

// heardOut holds where the server had taken what the client sent behind its part of the handshake: who closes with some of that
// unread, or before it comes, answers with a RST (RFC 1122, Section 4.2.2.13).
func (v *view) heardOut() bool {
	c := &v.Sides[client]
	return v.Ending.State == flow.StateSF && (v.Bytes[client] > c.Sent || c.LastData.Frame > v.EstablishedAt.Frame)
}

// appendDoubtedCertificate says what the client answered the request for a certificate with.
func (v *view) appendDoubtedCertificate(b []byte) []byte {
	switch {
	case v.Client.Cert == conversation.CertEmpty:
		return append(b, "the client for want of a certificate"...)
	case v.Client.CertValidity == conversation.Expired:
		return append(b, "the client's certificate, which had expired"...)
	}
	return append(b, "the client's certificate"...)
}

// closedWithoutData holds where the server ended a connection that was captured whole, and had sent at most an alert behind its
// part of the handshake.
func (v *view) closedWithoutData() bool {
	if v.Transport != flow.TCP || v.Terminator.By != server || !v.EstablishedAt.Happened() || v.Missed > 0 || !v.capturedWhole() {
		return false
	}
	if v.Server.Tickets > 0 {
		return unserved(v.Record)
	}
	return v.AppData[server] == 0 && v.Server.RecordsAfterDone == 0 &&
		v.Bytes[server] >= v.Sides[server].Sent && v.maySayGoodbye(v.Bytes[server]-v.Sides[server].Sent)
}
