package main

import (
	"net/netip"
	"time"
)

// host is one end of a connection and how its stack fills headers.
type host struct {
	addr    netip.AddrPort
	seq     uint32 // of the next byte
	ttl     byte
	id      uint16 // of the next packet; counts up unless zeroID
	zeroID  bool
	window  uint16
	options []byte // of a SYN
}

// conn is a TCP connection that writes its packets into a capture.
type conn struct {
	*capture
	client, server host
	// frame puts the link layer, and any tunnel, around an IP packet.
	frame func(packet []byte, fromClient bool) []byte
}

// mss is the maximum segment size option of a SYN.
func mss(size uint16) []byte { return be.AppendUint16([]byte{2, 4}, size) }

// newConn is a connection over Ethernet between the two addresses.
func newConn(c *capture, client, server string) *conn {
	return &conn{
		capture: c,
		client: host{addr: netip.MustParseAddrPort(client), seq: 1_000_000, ttl: 64, id: 4000,
			window: 64240, options: mss(1460)},
		server: host{addr: netip.MustParseAddrPort(server), seq: 9_000_000, ttl: 57, id: 20000,
			window: 65160, options: mss(1460)},
		frame: func(packet []byte, fromClient bool) []byte {
			return eth(etherType(packet), fromClient, packet)
		},
	}
}

// next is the segment that from would send now, in order, to the other side.
func (c *conn) next(from *host, flags byte, payload []byte) segment {
	to := &c.server
	if from == to {
		to = &c.client
	}
	s := segment{
		header: header{src: from.addr.Addr(), dst: to.addr.Addr(), protocol: protoTCP, ttl: from.ttl, id: from.id},
		sport:  from.addr.Port(), dport: to.addr.Port(),
		seq: from.seq, ack: to.seq, flags: flags, window: from.window, payload: payload,
	}
	if from.zeroID {
		s.id = 0
	}
	if flags&ack == 0 {
		s.ack = 0
	}
	if flags&syn != 0 {
		s.options = from.options
	}
	return s
}

// put writes a segment as it is.
func (c *conn) put(s segment) {
	c.add(c.frame(s.packet(), s.src == c.client.addr.Addr() && s.sport == c.client.addr.Port()))
}

// send writes the next segment of from and advances its numbers.
func (c *conn) send(from *host, flags byte, payload []byte) {
	c.put(c.next(from, flags, payload))
	from.advance(flags, payload)
}

func (h *host) advance(flags byte, payload []byte) {
	h.id++
	h.seq += uint32(len(payload))
	if flags&(syn|fin) != 0 {
		h.seq++
	}
}

// skip advances as if from had sent payload, which the capture missed.
func (h *host) skip(payload []byte) { h.advance(ack, payload) }

func (c *conn) fromClient(flags byte, payload []byte) { c.send(&c.client, flags, payload) }
func (c *conn) fromServer(flags byte, payload []byte) { c.send(&c.server, flags, payload) }

// open is the three-way handshake, with the given round trip to the server.
func (c *conn) open(rtt time.Duration) {
	c.fromClient(syn, nil)
	c.wait(rtt)
	c.fromServer(syn|ack, nil)
	c.wait(50 * time.Microsecond)
	c.fromClient(ack, nil)
}

// say sends data and lets the other side acknowledge it after d.
func (c *conn) say(from *host, payload []byte, d time.Duration) {
	c.send(from, psh|ack, payload)
	c.wait(d)
	to := &c.server
	if from == to {
		to = &c.client
	}
	c.send(to, ack, nil)
	c.wait(d)
}

// bareReset is the RST of a stack without a socket for the segment it answers
// (RFC 9293, Section 3.5.2): no ACK, window 0, IP-ID 0, no options.
func (c *conn) bareReset(from *host, seq uint32) {
	s := c.next(from, rst, nil)
	s.seq, s.window, s.id = seq, 0, 0
	c.put(s)
}

// handshake is a TLS 1.3 handshake and an exchange that go through, then FINs.
func (c *conn) handshake(hello []byte) {
	c.say(&c.client, hello, 200*time.Microsecond)
	c.accept()
}

// accept is what handshake has after the hello.
func (c *conn) accept() {
	c.say(&c.server, serverFlight13(), 200*time.Microsecond)
	c.say(&c.client, join(changeCipherSpec, appData(53), appData(90)), 200*time.Microsecond)
	c.say(&c.server, appData(250), 200*time.Microsecond)
	c.close()
}

// refuse is a fatal alert of the server's, and an orderly close after it.
func (c *conn) refuse(description byte) {
	c.say(&c.server, alert(description), 100*time.Microsecond)
	c.fromServer(fin|ack, nil)
	c.fromClient(fin|ack, nil)
	c.fromServer(ack, nil)
}

// close is an orderly close by the client.
func (c *conn) close() {
	c.fromClient(psh|ack, appData(19))
	c.fromClient(fin|ack, nil)
	c.wait(200 * time.Microsecond)
	c.fromServer(fin|ack, nil)
	c.wait(50 * time.Microsecond)
	c.fromClient(ack, nil)
}

// refusedWithoutSNI is the connection of scenario 1: a hello without
// server_name, its ACK, and RST+ACK with nothing in between.
func (c *conn) refusedWithoutSNI() {
	c.open(time.Millisecond)
	c.say(&c.client, hello{}.record(), 200*time.Microsecond)
	c.fromServer(rst|ack, nil)
}
