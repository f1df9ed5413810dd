package main

import "time"

func alertScenes() []scene {
	return []scene{
		{"ech-required.pcap", ethernet, echRequired},
		{"sslv2-hello.pcap", ethernet, sslv2},
		{"sni-hostile-names.pcap", ethernet, hostileNames},
		{"hello-malformed.pcap", ethernet, malformed},
		{"no-sni-no-extensions.pcap", ethernet, noExtensions},
		{"alert-lost.pcap", ethernet, alertLost},
	}
}

// echRequired is a client that meets a stale ECH configuration and says so in
// plaintext; crypto/tls encrypts that alert (see ech-stale-key.pcap).
func echRequired(c *capture) {
	p := newConn(c, "10.9.0.1:40001", "10.9.0.2:443")
	p.open(time.Millisecond)
	ech := extension{extECH, join([]byte{0, 0, 1, 0, 1, 7}, vec16(filler(32, 0x21)), vec16(filler(176, 0x42)))}
	p.say(&p.client, hello{name: "public.example", extra: []extension{ech}}.record(), 200*time.Microsecond)
	p.say(&p.server, serverFlight13(), 200*time.Microsecond)
	p.say(&p.client, alert(121), 200*time.Microsecond)
	p.fromClient(fin|ack, nil)
	p.wait(200 * time.Microsecond)
	p.fromServer(fin|ack, nil)
	p.fromClient(ack, nil)
}

// sslv2Hello is a version 2 CLIENT-HELLO that offers up to version (RFC 5246, Appendix E.2).
func sslv2Hello(version uint16) []byte {
	body := be.AppendUint16([]byte{1}, version)
	suites := []byte{0, 0xc0, 0x2f, 0, 0, 0x2f, 0, 0, 0x35, 0, 0, 0x0a, 0x07, 0, 0xc0}
	body = append(body, words(uint16(len(suites)), 0, 16)...)
	body = join(body, suites, filler(16, 0x61))
	return append(be.AppendUint16(nil, 0x8000|uint16(len(body))), body...)
}

// sslv2 has the three fates of a version 2 hello, which cannot carry a name.
func sslv2(c *capture) {
	p := newConn(c, "10.9.0.1:40001", "10.9.0.2:443")
	p.open(time.Millisecond)
	p.say(&p.client, sslv2Hello(0x0303), 200*time.Microsecond)
	p.fromServer(rst|ack, nil)
	c.wait(time.Millisecond)

	p = newConn(c, "10.9.0.1:40002", "10.9.0.2:443")
	p.open(time.Millisecond)
	p.say(&p.client, sslv2Hello(0x0301), 200*time.Microsecond)
	p.refuse(70)
}

// hostileNames are names that a terminal, a Markdown table or a spreadsheet would act upon.
func hostileNames(c *capture) {
	names := []string{
		"\x1b[31mred.example\x1b[0m", "=HYPERLINK(\"http://x.example\")", "+1+1", "-2+3", "@SUM(A1)",
		"a|b.example", "line\nbreak.example", "nul\x00.example", "\xff\xfe.example", "semi;colon.example",
		"comma,quote\".example", "\u202egnp.example",
	}
	for i, name := range names {
		p := newConn(c, "10.9.0.1:40001", "10.9.0.2:443")
		p.client.addr = portOf(p.client.addr, 40001+i)
		p.open(time.Millisecond)
		p.say(&p.client, hello{name: name, seed: byte(i)}.record(), 200*time.Microsecond)
		p.refuse(112)
		c.wait(time.Millisecond)
	}
}

// malformed are hellos that break a rule, each answered by decode_error (50).
func malformed(c *capture) {
	good := hello{name: "shop.example"}.record()
	cut := append([]byte(nil), good...)
	be.PutUint16(cut[43+33+2+10+2:], 0xffff) // the extensions claim more than there is
	hellos := [][]byte{
		cut,
		hello{extra: []extension{{extServerName, nil}}}.record(),
		hello{extra: []extension{{extServerName, vec16(nil)}}}.record(),
		hello{extra: []extension{{extServerName, vec16([]byte{0, 0, 0})}}}.record(),
		hello{name: "one.example", extra: []extension{serverName("two.example")}}.record(),
		hello{extra: []extension{{extServerName, vec16(append([]byte{1}, vec16([]byte("not-a-host-name"))...))}}}.record(),
	}
	for i, h := range hellos {
		p := newConn(c, "10.9.0.1:40001", "10.9.0.2:443")
		p.client.addr = portOf(p.client.addr, 40001+i)
		p.open(time.Millisecond)
		p.say(&p.client, h, 200*time.Microsecond)
		p.refuse(50)
		c.wait(time.Millisecond)
	}
}

// noExtensions is a TLS 1.2 hello that ends after its compression methods, as very old clients send it.
func noExtensions(c *capture) {
	p := newConn(c, "10.9.0.1:40001", "10.9.0.2:443")
	p.open(time.Millisecond)
	p.say(&p.client, hello{tls12: true, noList: true}.record(), 200*time.Microsecond)
	p.refuse(40)
}

// alertLost has a server FIN seven bytes, then twenty bytes past what was
// captured: one alert record, and something that is no alert.
func alertLost(c *capture) {
	for i, lost := range []int{7, 20} {
		p := newConn(c, "10.9.0.1:40001", "10.9.0.2:443")
		p.client.addr = portOf(p.client.addr, 40001+i)
		p.open(time.Millisecond)
		p.say(&p.client, hello{seed: byte(i)}.record(), 200*time.Microsecond)
		p.server.skip(make([]byte, lost))
		p.fromServer(fin|ack, nil)
		p.fromClient(ack, nil)
		p.fromClient(fin|ack, nil)
		p.fromServer(ack, nil)
		c.wait(time.Millisecond)
	}
}
