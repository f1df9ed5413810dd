package quic

import (
	"slices"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/tlswire"
)

// What recorded connections show, one word per event and one line per datagram.
func TestRecordings(t *testing.T) {
	for _, tc := range []struct {
		name, sni   string
		established bool
		want        []string // the first datagrams
	}{
		{"ok-v1", "www.example.com", true, []string{"C:initial", "S:initial+ack", "C:message1/1513 C:initial",
			"S:message2/1178 S:initial+ack", "C:initial+ack", "S:handshake S:short", "C:handshake C:short", "S:short"}},
		{"ok-v2", "www.example.com", true, []string{"C:initial", "S:initial+ack", "C:message1/1508 C:initial",
			"S:message2/1178 S:initial+ack", "S:handshake S:short", "C:initial+ack C:handshake C:short", "C:short", "S:short"}},
		{"hello-retry", "www.example.com", true, []string{"C:message1/282 C:initial", "S:message2/56 S:initial+ack",
			"C:message1/347 C:initial+ack", "S:message2/155 S:initial+ack S:handshake S:short", "C:initial+ack C:handshake C:short"}},
		{"large-hello", "www.example.com", true, []string{"C:initial", "C:initial", "C:message1/2539 C:initial", "S:message2/1178 S:initial+ack"}},
		{"no-sni", "", true, []string{"C:initial", "C:message1/1487 C:initial", "S:message2/1178 S:initial+ack"}},
		{"alert-112", "www.example.com", false, []string{"C:initial", "C:message1/1523 C:initial", "S:close:0x170 S:initial"}},
		{"certificate-rejected", "other.example", false, []string{"C:initial", "C:message1/1519 C:initial", "S:message2/1178 S:initial+ack",
			"S:handshake S:short", "C:close:0x12a C:initial C:handshake"}},
		{"retry", "www.example.com", true, []string{"C:initial", "C:message1/1521 C:initial", "S:retry", "C:initial+again", "C:initial+again",
			"S:retry", "S:message2/1178 S:initial+ack", "S:handshake S:short", "C:initial+ack C:handshake C:short", "S:short"}},
		{"version-negotiation", "www.example.com", true, []string{"C:initial", "S:negotiation", "C:initial", "S:initial+ack",
			"C:message1/1516 C:initial", "S:message2/1178 S:initial+ack", "C:initial+again", "C:initial+again"}},
		{"version-refused", "", false, []string{"C:initial", "S:negotiation"}},
		{"compatible-version", "localhost", true, []string{"C:message1/373 C:initial", "S:message2/90 S:initial+ack S:handshake S:short", "C:handshake"}},
		{"zero-rtt", "www.example.com", true, []string{"C:initial", "C:message1/1734 C:initial", "C:0rtt", "S:message2/1184 S:initial+ack"}},
		{"stateless-reset", "www.example.com", true, []string{"C:initial", "S:initial+ack", "C:message1/1531 C:initial"}},
	} {
		var c Conn
		d := recording(t, tc.name)
		got := words(&c, d)
		checkWords(t, tc.name, got[:min(len(got), len(tc.want))], tc.want...)
		if c.Client() != cli || c.Established() != tc.established {
			t.Errorf("%s: client %d, established %v", tc.name, c.Client(), c.Established())
		}
		if strings.Contains(strings.Join(got, " "), "unread") {
			t.Errorf("%s: %v", tc.name, got)
		}
		c.Reset()
		h := clientHello(t, &c, d)
		if h == nil != (tc.name == "version-refused") {
			t.Fatalf("%s: no hello", tc.name)
		}
		if h != nil && (string(h.ServerName) != tc.sni || (h.SNI == tlswire.SNIMissing) != (tc.sni == "") || !strings.HasPrefix(h.JA4('q'), "q13")) {
			t.Errorf("%s: %v %q, %s", tc.name, h.SNI, h.ServerName, h.JA4('q'))
		}
	}
}

// The captures that are the golden tests of the whole.
func TestCaptures(t *testing.T) {
	hello, flight := "C:message1/208 C:initial", []string{"S:message2/90 S:initial+ack", "S:handshake", "C:handshake C:short", "S:short"}
	for name, want := range map[string][]string{
		"ok-quic":                      append([]string{hello}, flight...),
		"ok-quic-hello-in-two-packets": append([]string{"C:initial", hello}, flight...),
		"no-sni-alert-quic":            {"C:message1/187 C:initial", "S:close:0x170 S:initial+ack"},
		"sni-unrecognized-quic":        {hello, "S:close:0x170 S:initial+ack"},
	} {
		var c Conn
		checkWords(t, name, words(&c, capture(t, name)), want...)
		if c.Established() != strings.HasPrefix(name, "ok") {
			t.Errorf("%s: established %v", name, c.Established())
		}
	}
}

func TestStatelessReset(t *testing.T) {
	var c Conn
	d := recording(t, "stateless-reset")
	var like []int
	for i, line := range words(&c, d) {
		if strings.HasSuffix(line, "+reset?") {
			like = append(like, i)
		}
	}
	// The first is where the server goes over to a new connection ID of the client, the last is the reset.
	if !slices.Equal(like, []int{6, len(d) - 1}) {
		t.Errorf("datagrams %v of %d look like a reset", like, len(d))
	}
}

func TestClose(t *testing.T) {
	_, server := sealers(t, Version1, vectorID, nil, []byte("server"))
	hello := datagram{cli, vector(t, "rfc9001-client-initial")}
	for _, tc := range []struct {
		frame []byte
		want  Close
	}{
		{slices.Concat([]byte{frameClose}, varint(0x170), []byte{6, 2}, []byte("no")), Close{Code: 0x170, Alert: 112, IsAlert: true}},
		{slices.Concat([]byte{frameClose}, varint(0x1ff), []byte{0, 0}), Close{Code: 0x1ff, Alert: 255, IsAlert: true}},
		{[]byte{frameClose, 2, 0, 0}, Close{Code: 2}},
		{slices.Concat([]byte{frameCloseApp}, varint(0x170), []byte{1, 'x'}), Close{Code: 0x170, App: true}},
	} {
		var c Conn
		words(&c, []datagram{hello})
		seen := 0
		b := server.initial(0, 1, ackFrame, tc.frame)
		c.Datagram(srv, b, len(b), func(e *Event) {
			if e.Kind != KindClose {
				return
			}
			seen++
			if e.Close != tc.want || e.Side != srv {
				t.Errorf("%+v, want %+v", e.Close, tc.want)
			}
		})
		if seen != 1 {
			t.Errorf("%+v: seen %d times", tc.want, seen)
		}
	}
}

func TestVersions(t *testing.T) {
	var got []uint32
	for _, d := range recording(t, "version-refused") {
		new(Conn).Datagram(d.side, d.data, len(d.data), func(e *Event) {
			if e.Kind == KindVersionNegotiation {
				got = slices.Clone(e.Versions)
			}
		})
	}
	if !slices.Equal(got, []uint32{0x7a8a9a2a, Version1}) {
		t.Errorf("%#x", got)
	}
}

// TestVersionsBehindLongIDs has connection IDs that version 1 has no room for, and others may use (RFC 8999, Section 5.1).
func TestVersionsBehindLongIDs(t *testing.T) {
	b := slices.Concat(longHeaderOf(0x80, versionNegotiation, make([]byte, 21), make([]byte, 255)), []byte{0x7a, 0x8a, 0x9a, 0x2a})
	checkWords(t, "negotiation", words(new(Conn), []datagram{{srv, b}}), "S:negotiation")
}

// connection makes the datagrams of a connection in a given version.
func connection(t testing.TB, version uint32, dst, clientID, serverID string) []datagram {
	c, s := sealers(t, version, []byte(dst), []byte(clientID), []byte(serverID))
	reply := &sealer{version: version, keys: c.keys, dst: s.src, src: c.src}
	return []datagram{
		{cli, c.initial(0, 1, cryptoFrame(0, helloMessage(1, nameExtension("a.example"))))},
		{srv, s.initial(0, 2, ackFrame, cryptoFrame(0, []byte{2, 0, 0, 1, 9}))},
		{cli, reply.initial(1, 4, ackFrame)},
	}
}

var connectionWords = []string{"C:message1/67 C:initial", "S:message2/5 S:initial+ack", "C:initial+ack"}

func TestEveryVersion(t *testing.T) {
	for v := firstDraft; v <= lastDraft+3; v++ {
		version := v
		if v > lastDraft {
			version = []uint32{Version1, Version2, Version2Draft}[v-lastDraft-1]
		}
		checkWords(t, "connection", words(new(Conn), connection(t, version, "abcdefgh", "", "server")), connectionWords...)
	}
	d := connection(t, Version1, "abcdefgh", "", "server")
	d[0].data[1] = 0x7f
	checkWords(t, "unknown version", words(new(Conn), d[:1]), "C:unread:version")
}

// A connection that goes over to a version that is not read is known by its connection IDs, which all versions have.
func TestForeignVersion(t *testing.T) {
	const foreign = 0x709a50c5
	d := connection(t, Version1, "abcdefgh", "client", "server")
	answer := func(to string) datagram {
		return datagram{srv, append(longHeaderOf(0xd0, foreign, []byte(to), []byte("server")), make([]byte, 100)...)}
	}
	next := datagram{cli, append(longHeaderOf(0xd0, foreign, []byte("server"), []byte("client")), make([]byte, 100)...)}
	long := datagram{srv, append(longHeaderOf(0xd0, foreign, []byte("client"), make([]byte, 200)), make([]byte, 100)...)}
	var c Conn
	checkWords(t, "over to another", words(&c, []datagram{d[0], answer("client"), next, answer("others"), long}), connectionWords[0],
		"S:unread:version", "C:unread:version", "S:unread:stray", "S:unread:version")
	c.Datagram(srv, answer("client").data, 120, func(e *Event) {
		if e.Version != foreign {
			t.Errorf("version %#x", e.Version)
		}
	})
	negotiation := datagram{srv, slices.Concat(longHeaderOf(0x80, 0, []byte("client"), []byte("abcdefgh")), []byte{0x70, 0x9a, 0x50, 0xc5})}
	anew := datagram{cli, append(longHeaderOf(0xd0, foreign, []byte("others"), []byte("anew")), make([]byte, 100)...)}
	checkWords(t, "begun anew", words(new(Conn), []datagram{d[0], negotiation, anew}), connectionWords[0], "S:negotiation", "C:unread:version")
}

// It does not matter which side is called 0.
func TestSides(t *testing.T) {
	var c Conn
	for _, d := range connection(t, Version1, "abcdefgh", "client", "server") {
		c.Datagram(1-d.side, d.data, len(d.data), func(e *Event) {
			if e.Kind == KindUnread || e.Side != 1-d.side {
				t.Errorf("%s from %d", word(e), e.Side)
			}
		})
	}
	if c.Client() != 1 {
		t.Errorf("client %d", c.Client())
	}
}

// Without the client's first packet nothing can be decrypted, and that is said.
func TestBeginsWithServer(t *testing.T) {
	for _, id := range []string{"", "client-id"} {
		var c Conn
		d := connection(t, Version1, "abcdefgh", id, "server-id")
		checkWords(t, "mid-connection", words(&c, d[1:]), "S:unread:no-keys", "C:unread:no-keys")
		if c.Client() != Nobody {
			t.Errorf("client %d", c.Client())
		}
		checkWords(t, "opaque", words(&c, []datagram{{srv, handshakePacket([]byte(id), []byte("server-id"), 500)}, {cli, shortPacket([]byte("server-id"), 40)}}),
			"S:handshake", "C:short")
		checkWords(t, "from the start", words(&c, d), connectionWords...)
	}
}

// The server's packets need not have been captured to follow the client past a
// Retry.
func TestUnseenRetry(t *testing.T) {
	d := slices.DeleteFunc(recording(t, "retry"), func(d datagram) bool { return d.side == srv })
	checkWords(t, "one-sided", words(new(Conn), d[:5]), "C:initial", "C:message1/1521 C:initial", "C:initial+again", "C:initial+again",
		"C:initial+ack C:handshake C:short")
}

// A server may answer in another version (RFC 9369, Section 4.1), and the client
// goes over to it.
func TestCompatibleVersion(t *testing.T) {
	c1, _ := sealers(t, Version1, []byte("abcdefgh"), []byte("client"), []byte("server"))
	c2, s2 := sealers(t, Version2, []byte("abcdefgh"), []byte("client"), []byte("server"))
	c2.dst = s2.src
	var c Conn
	checkWords(t, "upgrade", words(&c, []datagram{
		{cli, c1.initial(0, 1, cryptoFrame(0, helloMessage(1, nil)))},
		{srv, s2.initial(0, 1, ackFrame, cryptoFrame(0, []byte{2, 0, 0, 0}))},
		{cli, c2.initial(1, 1, ackFrame)},
		{cli, c1.initial(2, 1, cryptoFrame(0, helloMessage(1, nil)))}, // overtaken
	}), "C:message1/49 C:initial", "S:message2/4 S:initial+ack", "C:initial+ack", "C:initial+again")
}

// Several connections may share a pair of ports, at a time or one after the other.
func TestAnotherConnection(t *testing.T) {
	for _, ids := range [][2]string{{"client-1", "client-2"}, {"", ""}} {
		var c Conn
		checkWords(t, "first", words(&c, connection(t, Version1, "abcdefgh", ids[0], "server-1")), connectionWords...)
		second := connection(t, Version1, "ijklmnop", ids[1], "server-2")
		checkWords(t, "second", words(&c, second[:1]), "C:another")
		if ids[0] != "" {
			checkWords(t, "its server", words(&c, second[1:2]), "S:unread:stray")
			checkWords(t, "its handshake", words(&c, []datagram{{srv, handshakePacket([]byte(ids[1]), []byte("server-2"), 100)},
				{cli, handshakePacket([]byte("server-2"), []byte(ids[1]), 100)}}), "S:unread:stray", "C:unread:stray")
		}
		c.Reset()
		checkWords(t, "second alone", words(&c, second), connectionWords...)
	}
}

// Packet numbers are completed from those before, which need not begin at 0.
// Packets of another connection do not count.
func TestPacketNumbers(t *testing.T) {
	client, _ := sealers(t, Version1, []byte("abcdefgh"), []byte("client"), nil)
	other, _ := sealers(t, Version1, []byte("ijklmnop"), []byte("other"), nil)
	hello := cryptoFrame(0, helloMessage(1, nil))
	checkWords(t, "numbers", words(new(Conn), []datagram{
		{cli, client.initial(0x12345678, 4, hello)},
		{cli, client.initial(0x12345679, 1, hello)},
		{cli, other.initial(0x7fffffff, 4, hello)},
		{cli, client.initial(0x123456f0, 1, hello)},
		{cli, client.initial(0x12345677, 1, hello)},
	}), "C:message1/49 C:initial", "C:initial+again", "C:another", "C:initial+again", "C:initial+again")
}

func TestUnread(t *testing.T) {
	d := connection(t, Version1, "abcdefgh", "client", "server")
	hello := d[0].data
	damaged := slices.Clone(hello)
	damaged[len(damaged)-1] ^= 1
	damagedAnswer := slices.Clone(d[1].data)
	damagedAnswer[len(damagedAnswer)-1] ^= 1
	client, server := sealers(t, Version1, []byte("abcdefgh"), []byte("client"), []byte("server"))
	header := longHeaderOf(0xc0, Version1, []byte("abcdefgh"), []byte("client"))
	negotiation := longHeaderOf(0x80, 0, []byte("client"), []byte("abcdefgh"))
	strayNegotiation := longHeaderOf(0x80, 0, []byte("client"), []byte("ABCDEFGH"))
	retry := longHeaderOf(0xf0, Version1, []byte("client"), []byte("retry-id"))
	frames := func(b ...byte) datagram { return datagram{srv, server.initial(3, 1, b)} }
	for name, tc := range map[string]struct {
		in   datagram
		want string
	}{
		"damaged":                        {datagram{cli, damaged}, "C:unread:not-authentic"},
		"damaged answer":                 {datagram{srv, damagedAnswer}, "S:unread:not-authentic"},
		"damaged, for another ID":        {datagram{cli, longerID(damagedAnswer)}, "C:unread:stray"},
		"ACK cut":                        {frames(2, 0, 0), "S:unread:malformed S:initial"},
		"frame of another space":         {frames(0x08, 1, 2), "S:unread:malformed S:initial"},
		"frame behind a good one":        {frames(2, 0, 0, 0, 0, 0x1e), "S:unread:malformed S:initial+ack"},
		"CRYPTO longer than its packet":  {frames(6, 4, 10, 2, 0), "S:unread:malformed S:initial"},
		"ACK longer than its packet":     {frames(2, 0, 0, 63, 0), "S:unread:malformed S:initial"},
		"reason longer than its packet":  {frames(0x1c, 0x41, 0x70, 0, 9, 'n'), "S:close:0x170 S:unread:malformed S:initial"},
		"CRYPTO beyond the bound":        {datagram{srv, server.initial(3, 1, cryptoFrame(tlswire.MaxBuffered, []byte{1}))}, "S:unread:limit S:initial"},
		"CRYPTO beyond any bound":        {datagram{srv, server.initial(3, 1, slices.Concat([]byte{frameCrypto}, varint(1<<61), []byte{1, 1}))}, "S:unread:limit S:initial"},
		"padding behind a packet":        {datagram{cli, append(slices.Clone(hello), 0, 0, 0)}, "C:initial+again"},
		"garbage behind a packet":        {datagram{cli, append(slices.Clone(hello), 1, 2, 3)}, "C:initial+again C:unread:not-quic"},
		"two packets":                    {datagram{cli, append(slices.Clone(hello), client.initial(1, 3, []byte{framePing})...)}, "C:initial+again C:initial"},
		"short packet too short":         {datagram{srv, shortPacket([]byte("client"), 13)}, "S:unread:not-quic"},
		"short packet, no fixed bit":     {datagram{srv, make([]byte, 60)}, "S:unread:not-quic"},
		"header cut":                     {datagram{cli, header}, "C:unread:malformed"},
		"version cut":                    {datagram{cli, header[:4]}, "C:unread:malformed"},
		"token longer than the datagram": {datagram{cli, slices.Concat(header, []byte{9, 1})}, "C:unread:malformed"},
		"packet longer than datagram":    {datagram{cli, hello[:len(hello)-1]}, "C:unread:malformed"},
		"packet too short":               {datagram{cli, slices.Concat(header, []byte{0, 10}, make([]byte, 10))}, "C:unread:malformed"},
		"connection ID too long":         {datagram{cli, handshakePacket(make([]byte, 21), []byte("client"), 40)}, "C:unread:malformed"},
		"version negotiation":            {datagram{srv, slices.Concat(negotiation, []byte{0, 0, 0, 1})}, "S:negotiation"},
		"version negotiation, odd":       {datagram{srv, slices.Concat(negotiation, []byte{0, 0, 1})}, "S:unread:malformed"},
		"version negotiation, empty":     {datagram{srv, negotiation}, "S:unread:malformed"},
		"version negotiation, stray":     {datagram{srv, slices.Concat(strayNegotiation, []byte{0, 0, 0, 1})}, "S:unread:stray"},
		"version negotiation by client":  {datagram{cli, slices.Concat(negotiation, []byte{0, 0, 0, 1})}, "C:unread:stray"},
		"retry":                          {datagram{srv, slices.Concat(retry, make([]byte, 17))}, "S:retry"},
		"retry without token":            {datagram{srv, slices.Concat(retry, make([]byte, 16))}, "S:unread:malformed"},
		"retry by client":                {datagram{cli, slices.Concat(retry, make([]byte, 17))}, "C:unread:stray"},
	} {
		var c Conn
		words(&c, d)
		checkWords(t, name, words(&c, []datagram{tc.in}), tc.want)
	}
}

// What is malformed is said to be so, whatever is wrong with it.
func TestMalformed(t *testing.T) {
	_, server := sealers(t, Version1, vectorID, nil, nil)
	for name, b := range map[string][]byte{
		"CRYPTO frame, data":            server.initial(0, 1, []byte{1, 6, 0, 10, 2}),
		"frame of another packet":       server.initial(0, 1, ackFrame, []byte{0x1e}),
		"CONNECTION_CLOSE frame, cut":   server.initial(0, 1, []byte{0x1c, 0, 0, 0x40}),
		"Initial, token":                slices.Concat(longHeaderOf(0xc0, Version1, nil, nil), []byte{9}),
		"connection ID too long":        handshakePacket(nil, make([]byte, 21), 40),
		"long header, version":          {0xc0, 0, 0},
		"Handshake, length and no more": slices.Concat(longHeaderOf(0xe0, Version1, nil, nil), []byte{9}),
	} {
		var c Conn
		words(&c, []datagram{{cli, vector(t, "rfc9001-client-initial")}})
		malformed := 0
		c.Datagram(srv, b, len(b), func(e *Event) {
			if e.Kind == KindUnread && e.Reason == ReasonMalformed {
				malformed++
			}
		})
		if malformed != 1 {
			t.Errorf("%s: malformed %d times", name, malformed)
		}
	}
}

// After enough packets that need keys of their own, no more are derived.
func TestDerivationsAreBounded(t *testing.T) {
	var c Conn
	limited := 0
	for i := range 100 {
		d := connection(t, Version1, "abcdefg"+string(rune('a'+i%26)), "client", "server")[1]
		for _, w := range words(&c, []datagram{{cli, longerID(d.data)}}) {
			if w == "C:unread:limit" {
				limited++
			}
		}
	}
	if c.keys.derivations != maxDerivations || limited != 100-maxDerivations {
		t.Errorf("%d derivations, %d packets refused", c.keys.derivations, limited)
	}
}

// longerID gives a packet for the connection ID "client" one of eight bytes.
func longerID(b []byte) []byte {
	return slices.Concat(b[:5], []byte{8}, b[6:12], []byte("XX"), b[12:])
}

func TestLooksLikeInitial(t *testing.T) {
	d := connection(t, Version1, "abcdefgh", "client", "server")
	hello := d[0].data
	grease := slices.Clone(hello)
	grease[1] = 0x1a
	for _, tc := range []struct {
		name string
		b    []byte
		wire int
		want bool
	}{
		{"client", hello, len(hello), true},
		{"server", d[1].data, len(d[1].data), true},
		{"cut by the capture", hello[:20], len(hello), true},
		{"cut in its connection IDs", hello[:8], len(hello), true},
		{"cut behind its version", hello[:5], len(hello), true},
		{"cut in its version", hello[:4], len(hello), false},
		{"cut on the wire", hello[:20], 20, false},
		{"unknown version", grease, len(grease), false},
		{"handshake", handshakePacket([]byte("client"), []byte("server"), 100), 0, false},
		{"no fixed bit", append([]byte{0x80}, hello[1:]...), len(hello), false},
		{"no payload", append(longHeaderOf(0xc0, Version1, nil, nil), 0, 0), 0, false},
		{"short", shortPacket(nil, 100), 0, false},
		{"version negotiation", append(longHeaderOf(0x80, 0, nil, nil), 0, 0, 0, 1), 0, false},
		{"STUN", []byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, 8, false},
		{"gQUIC", []byte("\xc3Q050\x08abcdefgh\x00\x00\x40\x10"), 1350, false},
		{"nothing", nil, 0, false},
	} {
		if got := LooksLikeInitial(tc.b, tc.wire); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}
