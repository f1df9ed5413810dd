package diagnosis

import (
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// alertRecord is the length of an alert in the clear with its record header (RFC 8446, Sections 5.1 and 6).
const alertRecord = 7

// bytesLost reports whether a side sent bytes that the capture lacks, or may have: what it did not say is then
// unknown.
func (v *view) bytesLost(s flow.Side) bool {
	side, why := &v.Sides[s], v.Ending.Incomplete|v.Hello.Incomplete
	switch {
	case s == server && v.Foreign != 0:
		return true
	case side.Unseen > 0 && !v.lostAlert(s) && !v.forged(s) && !v.lostFIN(s):
		return true
	case why&flow.IncompleteOneSided != 0 && side.Sent == 0:
		return true
	case why&flow.IncompleteMid != 0 && !v.helloSeen():
		return true
	}
	holes := why&(flow.IncompleteGap|flow.IncompleteSnaplen|flow.IncompleteLimit) != 0
	return holes && side.Sent > 0 && !v.helloIsAll(s)
}

// lostFIN holds where all that the capture lacks of a side is what a FIN takes of its sequence numbers, and an alert in the clear had
// ended the connection, behind which it has nothing to say.
func (v *view) lostFIN(s flow.Side) bool {
	return v.Sides[s].Unseen == 1 && v.alertBy(s) && !v.cause.Alert.Encrypted
}

// helloIsAll holds when the whole ClientHello was seen and the client sent nothing behind it.
func (v *view) helloIsAll(s flow.Side) bool {
	return s == client && v.helloSeen() && v.Sides[client].Sent <= v.Hello.EndOffset
}

// lostAlert reports whether the bytes that a side sent right before its FIN or RST, and that the capture lacks,
// are just as many as one alert in the clear. A client has nothing to say in an alert before its hello, and none in the clear
// behind what it encrypts: what StartTLS was asked for in may end in the clear as well, as with LDAP's request to unbind, of
// just as many bytes. Where others are missing too, such records may be among them.
func (v *view) lostAlert(s flow.Side) bool {
	alone := v.Missed <= v.Sides[client].Unseen+v.Sides[server].Unseen
	return v.Sides[s].Unseen == alertRecord && alone && v.AppData[s] == 0 && v.mayAlert(s)
}

func (v *view) mayAlert(s flow.Side) bool {
	return v.leftBy(s) && !v.forged(s) && (s == server || v.helloSeen())
}

// wentThrough is whether the handshake went through, for a connection that was not seen to.
func (v *view) wentThrough() truth {
	switch {
	case v.Server.ErrorRecord && v.Client.Cert == conversation.CertNotSeen && v.Client.Finished.Happened():
		// What looks like the server's alert is then more likely its close_notify.
		return yes
	case !v.tlsSeen(), v.clientSpeaksPlain():
		return no
	case v.Hello.State == conversation.HelloNone && (v.leftUnheard() || v.onlyHeader() || v.alertCameFirst()):
		return no
	case v.Hello.State == conversation.HelloNone:
		return unknown // TLS of which the beginning was not seen
	case v.Ending.Incomplete&flow.IncompleteOneSided != 0:
		return unknown // the other side may have ended it first
	case v.cause.Kind == CauseAlert, v.lostAlert(server), v.lostAlert(client):
		return no
	case v.evicted() && v.cause.Kind == CauseNone, v.Hello.EarlyData && v.AppData[client] > 0 && v.AppData[server] > 0 && v.Disordered():
		return unknown // or what the client sent may be early data, or not
	case v.flightSwallowed(), v.flightUnarrived():
		return no
	case v.lost[server], v.lost[client] && (v.Sides[client].Unseen > 0 || v.Server.First.Happened()):
		return unknown // what a client sent last answers the server, if nothing before it was captured either
	}
	return no
}

// leftUnheard holds when the client, of which nothing is missing, left without a byte. Some servers then say so in TLS, as vsftpd
// does on a port where TLS begins with the first byte.
func (v *view) leftUnheard() bool {
	return v.SYN.Happened() && v.leftBy(client) && v.serverSilent() == yes && v.clientSpoke() == no
}

// alertCameFirst holds when an alert in the clear is the first that either side sent, and nothing before it is missing: a client that has
// nothing to offer, or a server that has waited long enough.
func (v *view) alertCameFirst() bool {
	if v.cause.Kind != CauseAlert || v.cause.Alert.Encrypted || !v.wasSetUp() || v.lost[client] || v.lost[server] {
		return false
	}
	if v.FirstData[v.cause.By].Frame != v.cause.Frame {
		return false
	}
	return !v.before(v.FirstData[server]) || v.clientSpoke() == no
}

// onlyHeader holds when a PROXY header is all that the client, of which nothing is missing, had sent by the end: a server may
// answer that in TLS, as wolfSSL does.
func (v *view) onlyHeader() bool {
	return v.BehindProxyHeader() && !v.lost[client] && v.Protocol[client] == ""
}

// clientSpeaksPlain holds when the client's first bytes are there and are not TLS, and no hello followed them.
func (v *view) clientSpeaksPlain() bool {
	return v.Hello.State == conversation.HelloNone && !v.lost[client] && v.FirstData[client].Happened() &&
		plaintext(v.Protocol[client])
}

// plaintext holds for what Record.Protocol calls anything but TLS.
func plaintext(protocol string) bool {
	return protocol != "" && protocol != "tls" && protocol != "sslv2"
}
