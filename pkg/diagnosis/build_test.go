package diagnosis

import (
	"net/netip"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// conn builds a Record packet by packet, as a capture next to the client would show it. Each step is one packet,
// 100 µs after the one before.
type conn struct {
	*conversation.Record
	frame uint64
	now   int64
}

const (
	name       = "shop.example"
	start      = int64(1_700_000_000_000_000_000)
	helloBytes = 297
	helloEnd   = helloBytes + 5
)

// newConn has no packet yet; its client is 10.138.0.28 and its server 10.0.0.5:443.
func newConn() *conn {
	r := new(conversation.Record)
	r.Endpoints = [2]netip.AddrPort{netip.MustParseAddrPort("10.138.0.28:19432"), netip.MustParseAddrPort("10.0.0.5:443")}
	r.Opening.First, r.Start, r.Roles = 1, start, flow.RolesSYN
	r.Terminator.By = flow.Nobody
	return &conn{Record: r, now: start}
}

// explained is the whole verdict on a connection.
func explained(r *conversation.Record, c *Context) (v Verdict) {
	var k Case
	k.Judge(r, c, &v)
	k.Explain(&v)
	return v
}

// setUpConn is a connection that has been set up.
func setUpConn() *conn { return newConn().syn().synack().ack() }

func (c *conn) wait(d time.Duration) *conn {
	c.now += int64(d)
	return c
}

// packet is the next packet of a side.
func (c *conn) packet(s flow.Side) flow.Event {
	c.frame++
	c.now += int64(100 * time.Microsecond)
	c.Packets[s]++
	c.Ending.End = c.now
	return flow.Event{Frame: c.frame, Time: c.now}
}

func (c *conn) syn() *conn {
	e := c.packet(client)
	if !c.SYN.Happened() {
		c.SYN = e
	} else {
		c.Ending.Retransmits++
	}
	c.Sides[client].SYNs++
	c.Sides[client].ISN, c.Sides[client].MSS = true, 1460
	return c
}

// anew is a SYN with another initial sequence number.
func (c *conn) anew() *conn {
	c.syn()
	c.Ending.Retransmits--
	return c
}

func (c *conn) synack() *conn {
	e := c.packet(server)
	if !c.SYNACK.Happened() {
		c.SYNACK = e
	} else {
		c.Ending.Retransmits++
	}
	c.Sides[server].SYNs++
	c.Sides[server].ISN, c.Sides[server].MSS = true, 1460
	c.Stage = conversation.StageSYNACK
	return c
}

func (c *conn) ack() *conn {
	c.Opening.Established = c.packet(client)
	c.Stage = conversation.StageConnected
	return c
}

// data is a packet with payload.
func (c *conn) data(s flow.Side, n uint64) flow.Event {
	e := c.packet(s)
	if !c.FirstData[s].Happened() {
		c.FirstData[s] = e
		c.ServerFirst = c.ServerFirst || s == server && !c.FirstData[client].Happened()
	}
	c.Sides[s].LastData = e
	c.Sides[s].Sent += n
	c.Bytes[s] += n
	if s == client && c.ClientPackets < 2 {
		c.ClientPackets++
	}
	return e
}

// tls is a packet with TLS.
func (c *conn) tls(s flow.Side, n uint64) flow.Event {
	e := c.data(s, n)
	c.TLSBytes[s] += n
	if c.Protocol[s] == "" {
		c.Protocol[s] = "tls"
	}
	if s == server && !c.Server.First.Happened() {
		c.Server.First = e
	}
	return e
}

// hello is a ClientHello of TLS 1.3 with a name, or without where it is empty.
func (c *conn) hello(sni string) *conn {
	e := c.tls(client, helloEnd)
	c.Hello = conversation.Hello{
		State: conversation.HelloComplete, SNI: tlswire.SNIMissing, Name: sni, Start: e, End: e,
		Bytes: helloBytes, Segments: 1, EndOffset: c.Sides[client].Sent, MaxVersion: tlswire.VersionTLS13,
	}
	if sni != "" {
		c.Hello.SNI = tlswire.SNIPresent
	}
	c.Stage = conversation.StageClientHello
	return c
}

// bigHello is one that is longer than a segment.
func (c *conn) bigHello(sni string) *conn {
	c.hello(sni)
	const more = 1500
	c.Hello.Bytes, c.Hello.Segments, c.Hello.OverMSS = c.Hello.Bytes+more, 2, true
	c.Hello.EndOffset += more
	c.Sides[client].Sent += more
	return c
}

// badName makes the name one that RFC 6066 does not allow.
func (c *conn) badName() *conn {
	c.Hello.Name, c.Hello.SNI, c.Hello.SNIProblem = "10.0.0.5", tlswire.SNIInvalid, tlswire.ProblemIPAddress
	return c
}

// malformed makes the hello one that breaks its format before a name.
func (c *conn) malformed() *conn {
	c.Hello.Name, c.Hello.SNI, c.Hello.MaxVersion = "", tlswire.SNIUnknown, 0
	return c
}

// acked is the server's ACK of all that the client sent.
func (c *conn) acked() *conn {
	e := c.packet(server)
	c.Sides[client].Acked, c.Sides[client].AckedAt = c.Sides[client].Sent, e
	return c
}

// stall is the client's segment of n bytes, sent again and never acknowledged.
func (c *conn) stall(times, n uint32) *conn {
	for range times {
		e := c.wait(time.Second).packet(client)
		c.Sides[client].Retransmits++
		c.Sides[client].Stall = flow.Stall{Event: e, Length: n, Count: c.Sides[client].Retransmits}
	}
	return c
}

// flight is the server's, in TLS 1.2 with a certificate in sight.
func (c *conn) flight(version uint16, certNames ...string) *conn {
	c.acked()
	e := c.tls(server, 3000)
	c.Server.Hello, c.Server.Flight, c.Server.Version = e, e, version
	c.Stage = conversation.StageServerHello
	if version < tlswire.VersionTLS13 {
		c.Server.Certificate, c.Server.CertNames = e, certNames
		for _, n := range certNames {
			c.Server.CertMatches = c.Server.CertMatches || tlswire.MatchHostname(n, c.Hello.Name)
		}
	}
	return c
}

// flightAcked is the client's ACK of all that the server sent.
func (c *conn) flightAcked() *conn {
	e := c.packet(client)
	c.Sides[server].Acked, c.Sides[server].AckedAt = c.Sides[server].Sent, e
	return c
}

func (c *conn) flight12(certNames ...string) *conn {
	return c.flight(tlswire.VersionTLS12, certNames...)
}
func (c *conn) flight13() *conn { return c.flight(tlswire.VersionTLS13) }

// answers is an acknowledgment without payload.
func (c *conn) answers(s flow.Side) *conn {
	c.packet(s)
	return c
}

// through ends the handshake well.
func (c *conn) through() *conn {
	c.Client.Finished = c.tls(client, 80)
	c.EstablishedAt = c.tls(server, 80)
	c.Record.Established, c.Stage = true, conversation.StageEstablished
	return c
}

// cert is the client's second flight with a certificate of the given kind.
func (c *conn) cert(k conversation.ClientCert) *conn {
	e := c.tls(client, 200)
	c.Client.Cert, c.Client.Certificate = k, e
	if c.Server.Version == tlswire.VersionTLS13 {
		c.Client.CertInferred, c.Client.Finished = true, e
	} else {
		c.Server.CertRequested = true
	}
	return c
}

// finished is the client's Finished of TLS 1.2, which ends its second flight.
func (c *conn) finished() *conn {
	c.Client.Finished = c.tls(client, 93)
	return c
}

// retried is a HelloRetryRequest and the hello that answers it.
func (c *conn) retried() *conn {
	c.acked()
	c.Server.Retry = c.tls(server, 99)
	c.Hello.Retried = true
	c.tls(client, helloEnd)
	return c
}

// alert is a fatal one in the clear.
func (c *conn) alert(s flow.Side, description uint8) *conn {
	return c.alertLevel(s, tlswire.AlertLevelFatal, description)
}

func (c *conn) alertLevel(s flow.Side, level, description uint8) *conn {
	e := c.tls(s, 7)
	c.Alerts[s] = conversation.Alert{Event: e, Level: level, Description: description}
	return c
}

// sealedAlert is known by its length only.
func (c *conn) sealedAlert(s flow.Side) *conn {
	c.Alerts[s] = conversation.Alert{Event: c.tls(s, 24), Encrypted: true}
	return c
}

// errorRecord is the server's only record after the client's second flight.
func (c *conn) errorRecord() *conn {
	c.tls(server, 24)
	return c.do(errorRecord)
}

func (c *conn) terminate(s flow.Side, k flow.CloseKind, rst flow.RSTKind) flow.Event {
	e := c.packet(s)
	if !c.Terminator.Happened() {
		c.Terminator = flow.Terminator{Event: e, By: s, Kind: k, RST: rst}
	}
	return e
}

// fin is a FIN, in which a client acknowledges all that the server sent.
func (c *conn) fin(s flow.Side) *conn {
	c.unreadFIN(s)
	if answered := &c.Sides[server]; s == client && answered.Acked < answered.Sent {
		answered.Acked, answered.AckedAt = answered.Sent, c.Sides[client].Fin
	}
	return c
}

// unreadFIN acknowledges no more than went before.
func (c *conn) unreadFIN(s flow.Side) *conn {
	c.Sides[s].Fin = c.terminate(s, flow.CloseFIN, flow.RSTUnknown)
	return c
}

// rst is RST+ACK, as of an application that closes with data unread.
func (c *conn) rst(s flow.Side) *conn {
	e := c.terminate(s, flow.CloseRST, flow.RSTAbortive)
	c.Resets = append(c.Resets, flow.Reset{
		Event: e, By: s, Flags: decode.RST | decode.ACK, Seq: uint32(c.Sides[s].Sent) + 1,
		Ack: uint32(c.Sides[s.Other()].Sent) + 1, Window: 500, InWindow: true, Accepted: true, Kind: flow.RSTAbortive,
	})
	return c
}

// refused is the RST with which a host without a socket answers a SYN.
func (c *conn) refused() *conn {
	e := c.terminate(server, flow.CloseRST, flow.RSTNoSocket)
	c.Resets = append(c.Resets, flow.Reset{Event: e, By: server, Flags: decode.RST | decode.ACK, Ack: 1, InWindow: true, Accepted: true, Kind: flow.RSTNoSocket})
	return c
}

// bareRST is one without ACK.
func (c *conn) bareRST(s flow.Side) *conn {
	e := c.terminate(s, flow.CloseRST, flow.RSTNoSocket)
	c.Resets = append(c.Resets, flow.Reset{
		Event: e, By: s, Flags: decode.RST, Seq: uint32(c.Sides[s].Sent) + 1, Ack: 0xdeadbeef, InWindow: true, Accepted: true, Kind: flow.RSTNoSocket,
	})
	return c
}

// signs marks the last RST.
func (c *conn) signs(s flow.Signs) *conn {
	c.Resets[len(c.Resets)-1].Signs = s
	return c
}

// settled says that what the connection carries is known, so that its packets are no more than counted from now on.
func (c *conn) settled() *conn {
	c.Settled = true
	return c
}

// said is a packet with payload of a connection that is not settled yet.
func (c *conn) said(s flow.Side, n uint64) *conn {
	c.data(s, n)
	return c
}

// counted is a packet with payload of a connection that is settled.
func (c *conn) counted(s flow.Side, n uint64) *conn {
	c.packet(s)
	c.Bytes[s] += n
	return c
}

// lost says that a side's last bytes before its close were not captured.
func (c *conn) lost(s flow.Side, n uint64) *conn {
	c.Sides[s].Unseen = n
	return c
}

func (c *conn) incomplete(why flow.Incomplete) *conn {
	c.Ending.Incomplete |= why
	return c
}

// partial says that only the beginning of the hello was captured.
func (c *conn) partial(why flow.Incomplete) *conn {
	c.Hello.State, c.Hello.SNI, c.Hello.Name, c.Hello.Incomplete = conversation.HelloPartial, tlswire.SNIUnknown, "", why
	c.Hello.End, c.Hello.EndOffset, c.Hello.FallbackSCSV, c.Hello.MaxVersion = flow.Event{}, 0, false, 0
	return c.incomplete(why)
}

// plain is a side's first plaintext.
func (c *conn) plain(s flow.Side, protocol, text string) *conn {
	c.data(s, uint64(len(text)))
	c.Protocol[s] = protocol
	if s == server {
		c.ServerText = text
	}
	if c.Stage < conversation.StageClientData {
		c.Stage = conversation.StageClientData
	}
	return c
}

func (c *conn) carrier(names ...string) *conn {
	c.Carrier = append(c.Carrier, names...)
	return c
}

// headerOnly is a PROXY header that nothing follows in its packet.
func (c *conn) headerOnly(form string) *conn {
	c.data(client, 37)
	c.Stage = conversation.StageClientData
	return c.carrier(form)
}

// do changes what has no step of its own.
func (c *conn) do(f func(*conversation.Record)) *conn {
	f(c.Record)
	return c
}

// icmp is an ICMP error that quotes the SYN.
func (c *conn) icmp(from string, typ, code uint8, quotesSYN bool) *conn {
	c.frame++
	c.now += int64(100 * time.Microsecond)
	c.ICMP = flow.ICMPError{Event: flow.Event{Frame: c.frame, Time: c.now}, From: netip.MustParseAddr(from), Type: typ, Code: code, QuotesSYN: quotesSYN}
	return c
}

// bounces is an ICMP error that quotes the server's SYN-ACK, and ends the attempt.
func (c *conn) bounces(from string, typ, code uint8) *conn {
	c.icmp(from, typ, code, true)
	c.ICMP.Quoted = server
	c.Terminator = flow.Terminator{Event: c.ICMP.Event, By: flow.Path, Kind: flow.CloseICMP}
	return c
}

// from and to change the endpoints.
func (c *conn) from(addr string) *conn {
	c.Endpoints[client] = netip.AddrPortFrom(netip.MustParseAddr(addr), c.Endpoints[client].Port())
	return c
}

func (c *conn) to(addr string) *conn {
	c.Endpoints[server] = netip.MustParseAddrPort(addr)
	return c
}

// over changes the transport.
func (c *conn) over(t flow.Transport) *conn {
	c.Transport = t
	return c
}

// tunnel puts a CONNECT for the target before the TLS.
func (c *conn) tunnel(target string) *conn {
	c.ProxyTarget = target
	return c.carrier("http-connect")
}

// agreed is the proxy's agreement to a tunnel.
func (c *conn) agreed() *conn {
	return c.plain(server, "http", "HTTP/1.1 200 Connection established\r\n\r\n")
}

// target is what comes through a tunnel in plaintext.
func (c *conn) target(protocol, text string) *conn {
	c.Target = conversation.Plaintext{Event: c.data(server, uint64(len(text))), Protocol: protocol, Text: text}
	return c
}

// alone is the context of a connection of which nothing else is known, when the capture goes on for d.
func (c *conn) alone(d time.Duration) *Context { return &Context{End: c.now + int64(d)} }

// asked notes that the client's last packet was its request.
func asked(c *conn) *conn {
	c.CarrierAsked = c.Sides[client].LastData
	return c
}
