package main

import (
	"net/netip"
	"time"
)

func tcpScenes() []scene {
	return []scene{
		{"reset-injected-ttl-ipid.pcap", ethernet, injected},
		{"reset-injected-one-sign.pcap", ethernet, oneSign},
		{"ok-stale-reset.pcap", ethernet, staleReset},
		{"ok-sequence-wrap.pcap", ethernet, wrap},
		{"ok-out-of-order.pcap", ethernet, outOfOrder},
		{"port-reuse.pcap", ethernet, portReuse},
		{"hello-partial-reset.pcap", ethernet, partialHello},
		{"no-sni-reset-possible.pcap", ethernet, sometimesAccepted},
	}
}

func portOf(a netip.AddrPort, port int) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr(), uint16(port))
}

// injected is a RST+ACK in the server's name with a TTL and IP-ID of its own;
// the real server knows nothing of it and sends its flight.
func injected(c *capture) {
	p := newConn(c, "10.9.0.1:40001", "203.0.113.7:443")
	p.open(40 * time.Millisecond)
	p.fromClient(psh|ack, hello{name: "blocked.example"}.record())
	p.wait(3 * time.Millisecond) // far sooner than the round trip
	for i := range 2 {
		forged := p.next(&p.server, rst|ack, nil)
		forged.ttl, forged.id, forged.window = 121, 50321, 8192
		forged.seq += uint32(i) * 1460
		p.put(forged)
	}
	p.wait(37 * time.Millisecond)
	p.fromServer(ack, nil)
	p.fromServer(psh|ack, serverFlight13())
	p.wait(100 * time.Microsecond)
	for range 2 {
		p.bareReset(&p.client, p.client.seq)
	}
}

// oneSign is a RST with another TTL and nothing else unusual: not enough to say that it was injected.
func oneSign(c *capture) {
	p := newConn(c, "10.9.0.1:40001", "203.0.113.7:443")
	p.open(1 * time.Millisecond)
	p.say(&p.client, hello{name: "shop.example"}.record(), 900*time.Microsecond)
	s := p.next(&p.server, rst|ack, nil)
	s.ttl = 61
	p.put(s)
}

// staleReset is a RST outside the window, which the client ignores: the connection goes on.
func staleReset(c *capture) {
	p := newConn(c, "10.9.0.1:40001", "10.9.0.2:443")
	p.open(time.Millisecond)
	p.say(&p.client, hello{name: "shop.example"}.record(), 200*time.Microsecond)
	s := p.next(&p.server, rst, nil)
	s.seq -= 500_000
	p.put(s)
	p.accept()
}

// wrap has both sequence numbers pass 2^32 in the middle of the hello and of the flight.
func wrap(c *capture) {
	p := newConn(c, "10.9.0.1:40001", "10.9.0.2:443")
	p.client.seq, p.server.seq = 1<<32-100, 1<<32-300
	p.open(time.Millisecond)
	h := hello{name: "shop.example"}.record()
	p.fromClient(ack, h[:120])
	p.handshake(h[120:])
}

// outOfOrder has the hello in four segments: the third first, the second twice, and an overlap.
func outOfOrder(c *capture) {
	p := newConn(c, "10.9.0.1:40001", "10.9.0.2:443")
	p.open(time.Millisecond)
	h := hello{name: "shop.example", alpn: []string{"h2", "http/1.1"}}.record()
	base := p.client.seq
	for _, part := range [][2]int{{100, 150}, {50, 100}, {0, 50}, {50, 100}, {130, len(h)}} {
		s := p.next(&p.client, psh|ack, h[part[0]:part[1]])
		s.seq = base + uint32(part[0])
		p.put(s)
		p.client.id++
		p.wait(50 * time.Microsecond)
	}
	p.client.skip(h)
	p.fromServer(ack, nil)
	p.accept()
}

// portReuse is the same pair of addresses and ports twice: reset without a name, then fine with one.
func portReuse(c *capture) {
	p := newConn(c, "10.9.0.1:40001", "10.9.0.2:443")
	p.refusedWithoutSNI()
	c.wait(2 * time.Second)
	p = newConn(c, "10.9.0.1:40001", "10.9.0.2:443")
	p.client.seq, p.server.seq = 77_000_000, 88_000_000
	p.open(time.Millisecond)
	p.handshake(hello{name: "shop.example", seed: 9}.record())
}

// partialHello announces 100,000 bytes, sends 3,000 of them, and is reset.
func partialHello(c *capture) {
	p := newConn(c, "10.9.0.1:40001", "10.9.0.2:443")
	p.open(time.Millisecond)
	rest := append([]byte{1, 1, 0x86, 0xa0, 3, 3}, make([]byte, 2994)...)
	for len(rest) > 0 {
		n := min(len(rest), 1400)
		p.fromClient(psh|ack, record(recordHandshake, 0x0301, rest[:n]))
		p.wait(20 * time.Microsecond)
		rest = rest[n:]
	}
	p.fromServer(ack, nil)
	p.wait(time.Millisecond)
	p.fromServer(rst|ack, nil)
}

// sometimesAccepted has a hello without a name pass and another one reset: the missing name alone is not the cause.
func sometimesAccepted(c *capture) {
	p := newConn(c, "10.9.0.11:40001", "10.9.0.2:443")
	p.open(time.Millisecond)
	p.handshake(hello{}.record())
	c.wait(time.Second)
	p = newConn(c, "10.9.0.12:40002", "10.9.0.2:443")
	p.refusedWithoutSNI()
}
