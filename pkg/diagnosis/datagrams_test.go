package diagnosis

import (
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// dtls is a connection over UDP whose client has sent its hello.
func dtls() *conn {
	c := newConn().over(flow.DTLS).hello(name)
	c.Hello.MaxVersion = tlswire.VersionDTLS12
	return c
}

// cookie is the server's request for one.
func (c *conn) cookie() *conn {
	e := c.tls(server, 60)
	if !c.Server.Retry.Happened() {
		c.Server.Retry = e
	}
	return c
}

// second is the hello with it.
func (c *conn) second() *conn {
	c.tls(client, helloEnd)
	c.Hello.Retried = true
	return c
}

// flightUDP is the server's of DTLS 1.2.
func (c *conn) flightUDP() *conn {
	e := c.tls(server, 1300)
	c.Server.Hello, c.Server.Flight, c.Server.Certificate, c.Server.Version = e, e, e, tlswire.VersionDTLS12
	c.Server.CertNames, c.Server.CertMatches = []string{name}, true
	c.Stage = conversation.StageServerHello
	return c
}

// again is what a side sent last, twice more.
func (c *conn) again(s flow.Side) *conn {
	for range 2 {
		c.wait(time.Second).tls(s, 300)
		c.Sides[s].Retransmits++
	}
	return c
}

// gone is the ICMP error of the host of a side whose program has closed its port.
func (c *conn) gone(s flow.Side) *conn {
	c.icmp(c.Endpoints[s].Addr().String(), 3, 3, false)
	c.Terminator = flow.Terminator{Event: c.ICMP.Event, By: s, Kind: flow.CloseICMP}
	return c
}

// quic is a connection over UDP whose client has sent nothing yet.
func quic() *conn { return newConn().over(flow.QUIC) }

// ends is what of QUIC stands where TCP has FIN and RST.
func (c *conn) ends(s flow.Side, k flow.CloseKind) *conn {
	c.terminate(s, k, flow.RSTUnknown)
	return c
}

// left is a QUIC client that closes as soon as it has accepted the server.
func (c *conn) left() *conn {
	c.EstablishedAt = c.tls(client, 80)
	c.Client.Finished, c.AppData[client] = c.EstablishedAt, 1
	c.Record.Established, c.Stage = true, conversation.StageEstablished
	return c
}

// unspoken is a datagram of the server that holds no DTLS.
func (c *conn) unspoken() *conn {
	c.data(server, 11)
	return c
}

// withPSK selects a cipher suite with a pre-shared key.
func withPSK(r *conversation.Record) { r.Server.Cipher = 0xc0a8 }

// withJPAKE selects TLS_ECJPAKE_WITH_AES_128_CCM_8.
func withJPAKE(r *conversation.Record) { r.Server.Cipher = 0xc0ff }

// withoutCertificate is of a flight of which the longest message was not captured.
func withoutCertificate(r *conversation.Record) {
	r.Server.Cipher = 0xc02b // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
	r.Server.Certificate, r.Server.CertNames = flow.Event{}, nil
}

// withoutServerHello is the same of QUIC.
func withoutServerHello(r *conversation.Record) { r.Server.Hello = flow.Event{} }

func in13(r *conversation.Record) { r.Server.Version = tlswire.VersionDTLS13 }

func TestSilenceOverUDP(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "a hello that is not sent again", conn: dtls().incomplete(flow.IncompleteEndOfCapture), code: HelloUnanswered, severity: Error, confidence: Possible,
			says: []string{"sent once, in 60.0 s, until the capture ended", "did not send it again, so the capture may lack what came"}},
		{name: "the same, and the capture goes on", conn: dtls(), code: HelloUnanswered, severity: Error, confidence: Possible, omits: []string{"capture ended"}},
		{name: "the same, and the capture ends", conn: dtls(), after: 4 * time.Second, code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "a hello of QUIC that is not sent again", conn: newConn().over(flow.QUIC).hello(name), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "answered in something else", conn: dtls().unspoken().again(client), code: HelloUnanswered, severity: Error, confidence: Probable,
			says: []string{"sent 3 times", "1 datagram came from it that carried no DTLS"}, fix: "something answers there, and not in DTLS"},

		{name: "no answer to the cookie", conn: dtls().cookie().second().again(client), code: HandshakeStalled, severity: Warning, confidence: Probable,
			says: []string{"did not send its ServerHello: the client had sent the second ClientHello", "nothing came for 60.0 s"}, omits: []string{"flight"}, fix: "in the server's log"},
		{name: "no answer to the client's flight", conn: dtls().cookie().second().flightUDP().finished().again(client), code: HandshakeStalled, severity: Warning, confidence: Probable,
			says: []string{"did not send its Finished: the client had sent its own", "does not show whether the server got it"}, fix: "a refusal that it does not put into an alert"},
		{name: "none to an empty certificate", conn: dtls().flightUDP().cert(conversation.CertEmpty).finished().again(client), code: HandshakeStalled, severity: Warning, confidence: Probable,
			says: []string{"had been asked for a certificate and had sent none"}, fix: "supply the client certificate"},
		{name: "both say theirs again", conn: dtls().flightUDP().finished().again(client).again(server), code: HandshakeStalled, severity: Warning, confidence: Probable,
			says: []string{"the server sent its answer again, so it had not got the client's Finished, or dropped it"}, fix: "in the server's log"},
		{name: "with a pre-shared key", conn: dtls().flightUDP().finished().do(withPSK).again(client), code: HandshakeStalled, severity: Warning, confidence: Probable,
			fix: "the same pre-shared key"},
		{name: "no answer to the client's flight, until the client is gone", conn: dtls().flightUDP().finished().again(client).wait(2 * time.Second).gone(client), code: HandshakeStalled, severity: Warning, confidence: Probable,
			says: []string{"did not send its Finished", "nothing came for 2.0 s, until the client"}},
		{name: "DTLS 1.3", conn: dtls().flightUDP().finished().do(in13).again(client), code: HandshakeStalled, severity: Warning, confidence: Probable,
			says: []string{"did not send an answer to the client's Finished"}},
		{name: "the client's flight was sent once", conn: dtls().flightUDP().finished(), code: IncompleteCapture, severity: Info, confidence: Certain},

		{name: "the client does not get the request for a cookie", conn: dtls().cookie().again(client), code: HandshakeStalled, severity: Warning, confidence: Probable,
			says: []string{"never replied to server 10.0.0.5:443's request for a cookie but sent its ClientHello again"}, fix: "the path from the server to the client"},
		{name: "the client does not get the flight", conn: dtls().cookie().second().flightUDP().again(client), code: HandshakeStalled, severity: Warning, confidence: Probable,
			says: []string{"'s answer but sent its ClientHello again"}, fix: "the path from the server to the client"},
		{name: "a QUIC client does not get the flight", conn: newConn().over(flow.QUIC).hello(name).flight13().again(client), code: HandshakeStalled, severity: Warning, confidence: Probable,
			says: []string{"never replied to server 10.0.0.5:443's answer but sent its ClientHello again"}, fix: "the path from the server to the client"},
		{name: "and both go on until the capture ends", conn: quic().hello(name).flight13().again(client).again(server).again(client), after: time.Millisecond, code: HandshakeStalled, severity: Warning, confidence: Probable,
			says: []string{"sent its ClientHello again", "the handshake did not go on for 6.0 s"}},
		{name: "for less than five seconds", conn: quic().hello(name).flight13().again(client).again(server), after: time.Millisecond, code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "a QUIC client that sent its hello again had the flight", conn: newConn().over(flow.QUIC).hello(name).flight13().again(client).do(func(r *conversation.Record) { r.Sides[server].Acked = 1 }),
			code: HandshakeStalled, severity: Warning, confidence: Probable, omits: []string{"never replied"}, fix: "what the client waits for"},
		{name: "the client does not come back", conn: dtls().cookie(), code: HandshakeStalled, severity: Warning, confidence: Possible,
			says: []string{"not even its ClientHello again"}, fix: "a scanner"},
		{name: "the same, and the capture ends", conn: dtls().cookie(), after: 4 * time.Second, code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "the client falls silent", conn: dtls().flightUDP().again(server), code: HandshakeStalled, severity: Warning, confidence: Probable,
			says: []string{"answered the hello, and then nothing came from either side"}, fix: "what the client waits for"},
	})
}

// TestPathTooNarrowForUDP has a router complain of the size of a packet.
func TestPathTooNarrowForUDP(t *testing.T) {
	tooBig := func(c *conn, mtu uint16) *conn { c.icmp("10.0.0.1", 3, 4, false); c.ICMP.MTU = mtu; return c }
	onceMore := func(c *conn) *conn { c.tls(client, 300); c.Sides[client].Retransmits++; return c }
	runRules(t, []ruleTest{
		{name: "the answer of QUIC does not fit", conn: tooBig(quic().hello(name).flight13(), 1200).again(client), code: PathMTU, severity: Error, confidence: Probable,
			says: []string{"10.0.0.1 says that a packet did not fit: the next hop takes 1200 bytes", "sent its ClientHello again 2 times"}, fix: "QUIC needs a path that carries 1,200 bytes"},
		{name: "the hello came again once, and then nothing was captured", conn: onceMore(tooBig(quic().hello(name).flight13(), 1200)), code: HandshakeStalled, severity: Warning, confidence: Probable},
		{name: "or it was a probe", conn: tooBig(quic().hello(name).flight13(), 1400).again(server), code: PathMTU, severity: Error, confidence: Possible,
			says: []string{"sent its answer again 2 times"}},
		{name: "the answer of DTLS does not fit", conn: tooBig(dtls().cookie().second().flightUDP(), 0).again(client), code: PathMTU, severity: Error, confidence: Probable,
			says: []string{"says that a packet did not fit; the client"}, fix: "DTLS_set_link_mtu"},
		{name: "of the answer of DTLS all but the certificate gets here", conn: dtls().cookie().second().flightUDP().do(withoutCertificate).again(client).again(server).again(server), code: PathMTU, severity: Error, confidence: Probable,
			says: []string{"the certificate of server 10.0.0.5:443 never reached the point of capture, while the shorter packets"}, fix: "DTLS_set_link_mtu"},
		{name: "the same, and it came again once", conn: dtls().cookie().second().flightUDP().do(withoutCertificate).again(client).again(server), code: HandshakeStalled, severity: Warning, confidence: Probable},
		{name: "the same, and packets were cut short", conn: dtls().cookie().second().flightUDP().do(withoutCertificate).again(client).again(server).again(server).incomplete(flow.IncompleteSnaplen), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "the same, of a server that has no certificate", conn: dtls().cookie().second().flightUDP().do(withoutCertificate).do(withPSK).again(client).again(server).again(server), code: HandshakeStalled, severity: Warning, confidence: Probable},
		{name: "the same, of EC J-PAKE", conn: dtls().cookie().second().flightUDP().do(withoutCertificate).do(withJPAKE).again(client).again(server).again(server), code: HandshakeStalled, severity: Warning, confidence: Probable},
		{name: "the same, of DTLS 1.3", conn: dtls().cookie().second().flightUDP().do(withoutCertificate).do(in13).again(client).again(server).again(server), code: HandshakeStalled, severity: Warning, confidence: Probable},
		{name: "of the answer of QUIC all but the ServerHello gets here", conn: quic().hello(name).flight13().do(withoutServerHello).again(client).again(server), code: PathMTU, severity: Error, confidence: Probable,
			says: []string{"the ServerHello of server 10.0.0.5:443 never reached the point of capture"}, fix: "QUIC needs a path that carries 1,200 bytes"},
		{name: "the same, and packets were cut short", conn: quic().hello(name).flight13().do(withoutServerHello).again(client).again(server).incomplete(flow.IncompleteSnaplen), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "the same, and only once", conn: quic().hello(name).flight13().do(withoutServerHello).again(client), code: HandshakeStalled, severity: Warning, confidence: Probable},
		{name: "nothing is sent again behind it", conn: tooBig(dtls().cookie().second().flightUDP().again(client), 1200), code: HandshakeStalled, severity: Warning, confidence: Probable},
		{name: "the handshake goes through all the same", conn: tooBig(quic().hello(name), 1200).again(client).flight13().finished().through(), code: Healthy, severity: OK, confidence: Certain},
		{name: "the first packets arrive", conn: quic().hello(name).flight13().again(client).do(func(r *conversation.Record) { r.Sides[server].Acked = 1 }), code: HandshakeStalled, severity: Warning, confidence: Probable,
			fix: "longer than the MTU there"},
	})
}

func TestEndingsOverUDP(t *testing.T) {
	runRules(t, []ruleTest{
		{name: "DTLS 1.3, an alert that may refuse what was not captured", conn: dtls().second().flightUDP().do(in13).finished().do(errorRecord), code: Healthy, severity: OK, confidence: Probable,
			says: []string{"went through"}},
		{name: "close_notify", conn: dtls().cookie().second().alert(server, 0), code: HelloClosed, severity: Error, confidence: Certain,
			says: []string{"sent close_notify and nothing else but its request for a cookie"}},
		{name: "the client is gone", conn: dtls().flightUDP().again(server).gone(client), code: ClientAborted, severity: Warning, confidence: Probable,
			says: []string{"sent ICMP 3/3 (port unreachable)", "its program had closed the port by then"}, fix: "closed its port before the handshake was done"},
		{name: "the client is gone by the time that it is answered", conn: newConn().over(flow.QUIC).hello(name).wait(3 * time.Second).flight13().gone(client), code: ClientAborted, severity: Warning, confidence: Probable,
			says: []string{"its program had closed the port by then"}, fix: "why the server's answer took so long"},
		{name: "the same, without a name", conn: newConn().over(flow.QUIC).hello("").wait(3 * time.Second).flight13().gone(client), code: ClientAborted, severity: Warning, confidence: Probable,
			fix: "why the server's answer took so long"},
		{name: "a client without a name is gone as soon as it is answered", conn: newConn().over(flow.QUIC).hello("").flight13().gone(client), code: NoSNIClientRejected, severity: Error, confidence: Probable},
		{name: "the client is gone behind its alert", conn: dtls().flightUDP().alert(client, 48).gone(client), code: ClientRejectedCertificate, severity: Error, confidence: Certain},
		{name: "the client is gone, and datagrams are missing", conn: dtls().flightUDP().incomplete(flow.IncompleteGap).gone(client), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "the server is gone", conn: dtls().cookie().second().gone(server), code: DestinationUnreachable, severity: Error, confidence: Probable,
			says: []string{"in the middle of the handshake"}, fix: "a crash or restart"},
		{name: "the server is gone, and its Finished was lost", conn: dtls().flightUDP().finished().do(func(r *conversation.Record) { r.AppData[client] = 1 }).gone(server), code: IncompleteCapture, severity: Info, confidence: Certain},
		{name: "no key for the identity", conn: dtls().flightUDP().do(withPSK).finished().alert(server, 80), code: ServerAlert, severity: Error, confidence: Certain, fix: "the same pre-shared key"},
		{name: "no key for the server's hint", conn: dtls().flightUDP().do(withPSK).alert(client, 80), code: ClientAlert, severity: Error, confidence: Certain, fix: "the same pre-shared key"},
		{name: "QUIC, closed without an alert", conn: quic().hello(name).flight13().ends(server, flow.CloseQUIC), code: HelloClosed, severity: Error, confidence: Possible,
			says: []string{"server 10.0.0.5:443 sent CONNECTION_CLOSE", "in the middle of the handshake"}},
		{name: "QUIC, closed where the answer did not arrive", conn: quic().hello(name).flight13().again(client).ends(server, flow.CloseQUIC), code: HelloClosed, severity: Error, confidence: Possible,
			says: []string{"in the middle of the handshake", "the client had replied to none of that but sent its ClientHello again"}, fix: "the path from the server to the client"},
		{name: "QUIC, closed where the hello came twice", conn: quic().hello(name).do(func(r *conversation.Record) { r.Sides[client].Retransmits = 1 }).flight13().ends(server, flow.CloseQUIC), code: HelloClosed,
			severity: Error, confidence: Possible, omits: []string{"replied to none"}, fix: "in the server's log"},
		{name: "QUIC, the answer comes when the client has left", conn: quic().hello(name).do(func(r *conversation.Record) { r.Sides[client].Retransmits = 1 }).wait(2*time.Second).ends(client, flow.CloseQUIC).flight13(),
			code: HelloUnanswered, severity: Error, confidence: Certain, says: []string{"until the client sent CONNECTION_CLOSE; the server's answer came 0.20 ms later"}, fix: "why the server's answer took so long"},
		{name: "QUIC, closed by the client", conn: quic().hello(name).flight13().ends(client, flow.CloseQUIC), code: ClientAborted, severity: Warning, confidence: Certain,
			says: []string{"client 10.138.0.28:19432 sent CONNECTION_CLOSE"}},
		{name: "QUIC, reset", conn: quic().hello(name).ends(server, flow.CloseStatelessReset), code: HelloReset, severity: Error, confidence: Certain,
			says: []string{"server 10.0.0.5:443 sent a stateless reset"}, omits: []string{"PROXY"}},
		{name: "QUIC, closed at once by a client that had accepted the server", conn: quic().hello(name).flight13().left(), code: Healthy, severity: OK, confidence: Probable,
			says: []string{"the client closed at once, as the lengths of its packets say, and the server said nothing after its Finished that can be told from an acknowledgement: a health check, or", "such as curl"}},
		{name: "the same, of a session before", conn: quic().hello(name).flight13().left().do(func(r *conversation.Record) { r.Server.Resumed = true }), code: Healthy, severity: OK, confidence: Probable,
			says: []string{"probably a health check"}, omits: []string{"refuses"}},
		{name: "the same, with early data", conn: quic().hello(name).flight13().left().do(func(r *conversation.Record) { r.Server.Resumed, r.Hello.EarlyData = true, true }), code: Healthy, severity: OK, confidence: Probable,
			says: []string{"the answer to its early data"}, omits: []string{"refuses"}},
		{name: "the same, with early data that the server did not read", conn: quic().hello(name).flight13().left().do(func(r *conversation.Record) { r.Hello.EarlyData = true }), code: Healthy, severity: OK, confidence: Probable,
			says: []string{"a health check, or", "such as curl"}, omits: []string{"early data"}},
		{name: "QUIC, and the server goes on", conn: quic().hello(name).flight13().left().do(func(r *conversation.Record) { r.AppData[server] = 1 }), code: Healthy, severity: OK, confidence: Certain, omits: []string{"closed"}},
		{name: "alert 41", conn: dtls().flightUDP().cert(conversation.CertEmpty).finished().alert(server, tlswire.AlertNoCertificate), code: ClientCertificateRequired, severity: Error, confidence: Certain},
	})
}
