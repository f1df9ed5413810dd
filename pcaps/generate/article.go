package main

import "time"

// articleScenes rebuilds, packet by packet, a report of which only the
// description is public: resets on port 9443 behind a PPPoE link.
func articleScenes() []scene {
	return []scene{{"reset-before-hello-pppoe-9443.pcap", format{link: linkSLL, order: ethernet.order}, report}}
}

// pppSLL is the cooked header of a packet on ppp0: ARPHRD_PPP, no address.
func pppSLL(packet []byte, fromClient bool) []byte {
	kind := uint16(0) // to us
	if fromClient {
		kind = 4 // sent by us
	}
	b := words(kind, 512, 0)
	b = append(b, make([]byte, 8)...)
	return append(be.AppendUint16(b, etherType(packet)), packet...)
}

func report(c *capture) {
	for i, port := range []string{"51344", "51346"} {
		p := reportConn(c, port, uint32(i))
		p.open(28 * time.Millisecond)
		// Silence, then a bare RST: the stack behind answers a segment that this capture never saw.
		p.wait(245 * time.Millisecond)
		p.bareReset(&p.server, p.server.seq)
		p.wait(400 * time.Millisecond)
	}
	p := reportConn(c, "51350", 2)
	p.open(28 * time.Millisecond)
	p.wait(2 * time.Millisecond)
	p.fromClient(psh|ack, fallbackHello())
	p.wait(29 * time.Millisecond)
	p.fromServer(ack, nil)
	p.wait(3 * time.Millisecond)
	// One alert record of seven bytes is not in the capture: the FIN comes at relative sequence 8.
	p.server.skip(alert(86))
	p.fromServer(fin|ack, nil)
	p.wait(time.Millisecond)
	p.fromClient(ack, nil)
	p.wait(time.Millisecond)
	p.fromClient(fin|ack, nil)
	p.wait(28 * time.Millisecond)
	p.bareReset(&p.server, p.server.seq)
}

func reportConn(c *capture, port string, i uint32) *conn {
	p := newConn(c, "192.0.2.33:"+port, "198.51.100.9:9443")
	p.frame = pppSLL
	p.client.options, p.server.options = mss(1452), mss(1452)
	p.client.seq += i * 70_001
	p.server.seq += i * 90_001
	p.server.ttl, p.server.zeroID = 61, true
	return p
}

// fallbackHello is a TLS 1.2 hello of 159 bytes with server_name that offers TLS_FALLBACK_SCSV.
func fallbackHello() []byte {
	return hello{name: "gateway.example", tls12: true,
		suites: []uint16{0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0x009c, 0x002f, fallbackSCSV},
		extra:  []extension{{extPadding, make([]byte, 3)}}}.record()
}
