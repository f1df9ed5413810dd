package conversation

import (
	"encoding/binary"
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/quic"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// datagramsOf returns the UDP payloads of a shipped little-endian capture of Ethernet and IPv4, and who sent each:
// the client has the higher port.
func datagramsOf(t *testing.T, name string) (list []said) {
	t.Helper()
	b, err := os.ReadFile("../../pcaps/" + name)
	if err != nil {
		t.Fatal(err)
	}
	for b = b[24:]; len(b) >= 16; {
		n := binary.LittleEndian.Uint32(b[8:])
		p := b[16 : 16+n]
		b = b[16+n:]
		ip := p[14:]
		if ip[9] != 17 {
			continue
		}
		udp := ip[int(ip[0]&15)*4:]
		side := flow.Client
		if binary.BigEndian.Uint16(udp) < binary.BigEndian.Uint16(udp[2:]) {
			side = flow.Server
		}
		list = append(list, said{side, udp[8:binary.BigEndian.Uint16(udp[4:])]})
	}
	return list
}

// followDatagrams drives a Shard with datagrams, each cut to at most snap bytes.
func followDatagrams(t *testing.T, list []said, snap int) *Record {
	t.Helper()
	sink := &collected{}
	h := newHandler(sink)
	transport, ok := h.Begins(list[0].data, uint32(len(list[0].data)))
	if !ok {
		t.Fatal("the first datagram begins nothing")
	}
	d := h.OpenDatagrams(transport)
	for i, x := range list {
		d.Datagram(x.side, x.data[:min(snap, len(x.data))], uint32(len(x.data)), event(i+1))
		if d.Settled() {
			f := factsAfter(i + 1)
			settle(h, f, d)
			return sink.last(t)
		}
	}
	f := factsAfter(len(list))
	f.Terminator = d.Closed()
	finish(h, f, d)
	return sink.last(t)
}

func TestQUICAndDTLS(t *testing.T) {
	cases := []struct {
		capture, name string
		state         tlswire.SNIState
		established   bool
		alert         uint8
	}{
		{"ok-quic.pcap", "shop.example", tlswire.SNIPresent, true, 0},
		{"ok-quic-hello-in-two-packets.pcap", "shop.example", tlswire.SNIPresent, true, 0},
		{"no-sni-alert-quic.pcap", "", tlswire.SNIMissing, false, tlswire.AlertUnrecognizedName},
		{"sni-unrecognized-quic.pcap", "shpo.example", tlswire.SNIPresent, false, tlswire.AlertUnrecognizedName},
		{"ok-dtls.pcap", "shop.example", tlswire.SNIPresent, true, 0},
	}
	for _, c := range cases {
		r := followDatagrams(t, datagramsOf(t, c.capture), 1<<16)
		if r.Hello.State != HelloComplete || r.Hello.SNI != c.state || r.Hello.Name != c.name || r.Established != c.established {
			t.Errorf("%s: hello %v, SNI %v %q, established %v", c.capture, r.Hello.State, r.Hello.SNI, r.Hello.Name, r.Established)
		}
		a := r.Alerts[flow.Server]
		if c.alert != 0 && (!a.Fatal(r.Server.Version, flow.Server) || a.Description != c.alert || r.Terminator.Kind != flow.CloseQUIC) {
			t.Errorf("%s: alert %+v, ended by %+v", c.capture, a, r.Terminator)
		}
	}
}

// TestCutDatagramsAreNeverMissing cuts every datagram within a hello without SNI.
func TestCutDatagramsAreNeverMissing(t *testing.T) {
	list := datagramsOf(t, "no-sni-alert-quic.pcap")
	for snap := 60; snap < 200; snap += 7 {
		r := followDatagrams(t, list, snap)
		if r.Hello.SNI == tlswire.SNIMissing {
			t.Fatalf("cut to %d bytes: SNI is missing", snap)
		}
		if r.TLSBytes[flow.Client] == 0 || r.Protocol[flow.Client] != "tls" {
			t.Fatalf("cut to %d bytes: the client sent no TLS, but %q", snap, r.Protocol[flow.Client])
		}
	}
}

// recorded returns the datagrams of a connection that package quic has recorded.
func recorded(t *testing.T, name string) (list []said) {
	t.Helper()
	b, err := os.ReadFile("../quic/testdata/recorded/" + name + ".hex")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		who, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
		data, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, said{map[string]flow.Side{"C": c, "S": s}[who], data})
	}
	return list
}

// fragmentDTLS is a datagram with a part of a ClientHello body.
func fragmentDTLS(body []byte, from, to int) said {
	b := []byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, byte(len(body)), 0, 0, 0, 0, byte(from), 0, 0, byte(to - from)}
	binary.BigEndian.PutUint16(b[11:], uint16(12+to-from))
	return said{c, append(b, body[from:to]...)}
}

// TestLostDatagramOfAHello takes one datagram out of a hello of several: what is missing then is the capture's.
func TestLostDatagramOfAHello(t *testing.T) {
	initials := recorded(t, "alert-112") // two datagrams of the client, and the server's CONNECTION_CLOSE
	body := slices.Concat([]byte{0xfe, 0xfd}, make([]byte, 32), []byte{0, 0, 0, 2, 0x13, 1, 1, 0, 0, byte(len(extensionName))}, extensionName)
	alert := said{s, []byte{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40}}
	dtls := []said{fragmentDTLS(body, 0, 20), fragmentDTLS(body, 20, 40), fragmentDTLS(body, 40, len(body)), alert}
	for _, whole := range [][]said{initials, dtls} {
		if r := followDatagrams(t, whole, 1<<16); r.Hello.State != HelloComplete || r.Hello.Incomplete|r.Incomplete != 0 {
			t.Fatalf("whole: hello %v, incomplete %v and %v", r.Hello.State, r.Hello.Incomplete, r.Incomplete)
		}
		for i := range len(whole) - 1 {
			r := followDatagrams(t, slices.Concat(whole[:i], whole[i+1:]), 1<<16)
			if r.Hello.State != HelloPartial || r.Hello.Incomplete != flow.IncompleteGap || r.Incomplete != flow.IncompleteGap {
				t.Errorf("without datagram %d of %d: hello %v, incomplete %v and %v", i+1, len(whole), r.Hello.State, r.Hello.Incomplete, r.Incomplete)
			}
		}
	}
	if r := followDatagrams(t, initials[:1], 1<<16); r.Hello.State != HelloPartial || r.Incomplete&^flow.IncompleteGap != 0 {
		t.Errorf("the beginning alone: hello %v, incomplete %v", r.Hello.State, r.Incomplete)
	}
}

// TestHelloOfSeveralPackets holds that a hello counts as long where it took more than one packet, however short it is.
func TestHelloOfSeveralPackets(t *testing.T) {
	hello := helloDTLS()
	body := hello.data[25:]
	for packets, list := range map[int][]said{
		1: {hello},
		2: {fragmentDTLS(body, 0, 30), fragmentDTLS(body, 30, len(body))},
	} {
		if r := followDatagrams(t, list, 1<<16); r.Hello.State != HelloComplete || r.Hello.Segments != packets || r.Hello.OverMSS != (packets > 1) {
			t.Errorf("hello %v in %d packets, want %d; long %v", r.Hello.State, r.Hello.Segments, packets, r.Hello.OverMSS)
		}
	}
}

// TestHelloBeyondALimit sends bytes of a hello that lie so far behind its first that they are not put together.
func TestHelloBeyondALimit(t *testing.T) {
	large := said{c, []byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 13, 1, 0xff, 0xff, 0xff, 0, 0, 0xff, 0, 0, 0, 0, 1, 9}}
	if r := followDatagrams(t, []said{large}, 1<<16); r.Hello.State != HelloPartial || r.Hello.Incomplete != flow.IncompleteLimit {
		t.Errorf("DTLS: hello %v, incomplete %v", r.Hello.State, r.Hello.Incomplete)
	}
	for side := range flow.Side(2) { // the port does not tell it
		d := NewHandler(&collected{}).Shard().OpenDatagrams(flow.DTLS)
		if d.Datagram(side, large.data, uint32(len(large.data)), event(1)); d.Client() != side {
			t.Errorf("DTLS: the client is side %d, want %d, which sent the hello", d.Client(), side)
		}
	}
	sink := &collected{}
	h := newHandler(sink)
	q := h.OpenDatagrams(flow.QUIC).(*quicFollower)
	first := recorded(t, "alert-112")[0].data
	q.Datagram(c, first, uint32(len(first)), event(1))
	q.event(&quic.Event{Kind: quic.KindUnread, Side: quic.Side(c), Reason: quic.ReasonLimit})
	finish(h, factsAfter(1), q)
	if r := sink.last(t); r.Hello.State != HelloPartial || r.Hello.Incomplete != flow.IncompleteLimit || r.Incomplete != flow.IncompleteLimit {
		t.Errorf("QUIC: hello %v, incomplete %v and %v", r.Hello.State, r.Hello.Incomplete, r.Incomplete)
	}
}

// TestConnectionIDsHideFinished follows a handshake of DTLS 1.2 whose encrypted records have connection IDs (RFC 9146), as
// pion sends them; a record in the clear with one, which pion sends as well, is none of these.
func TestConnectionIDsHideFinished(t *testing.T) {
	withID := func(side flow.Side, epoch byte) said {
		return said{side, append([]byte{25, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 0}, make([]byte, 60)...)}
	}
	answer := answerDTLS(0xc02b)
	body := answer.data[25 : len(answer.data)-8]
	answer = fragmentDTLS(body, 0, len(body))
	answer.side, answer.data[13] = s, 2
	for epoch, want := range []bool{false, true} {
		r := followDatagrams(t, []said{helloDTLS(), answer, withID(c, 1), withID(s, byte(epoch))}, 1<<16)
		if r.Established != want {
			t.Errorf("server's record of epoch %d: established %v", epoch, r.Established)
		}
	}
}

// TestCookieOfDTLS follows a server that asks for a cookie, once or again, and a client that sends its hello with it.
func TestCookieOfDTLS(t *testing.T) {
	list := datagramsOf(t, "ok-dtls.pcap")[:3]
	again := said{s, slices.Clone(list[1].data)}
	again.data[10], again.data[18] = 1, 1 // numbers of record and message
	for _, x := range []struct {
		name    string
		said    []said
		asked   uint64 // the packet that asked first
		retried bool
	}{
		{"no cookie was asked for", list[:1], 0, false},
		{"the hello does not come", list[:2], 2, false},
		{"the hello comes", list, 2, true},
		{"it is asked for again", append(list[:3:3], again), 2, true},
	} {
		r := followDatagrams(t, x.said, 1<<16)
		if r.Server.Retry.Frame != x.asked || r.Hello.Retried != x.retried {
			t.Errorf("%s: asked in packet %d, want %d; retried %v", x.name, r.Server.Retry.Frame, x.asked, r.Hello.Retried)
		}
	}
}

// TestEncryptedAlertIsNoFinished has the server of DTLS 1.2 answer the client's Finished, whose records are encrypted (RFC 6347,
// Section 4.1), with an alert, its own Finished or data.
func TestEncryptedAlertIsNoFinished(t *testing.T) {
	encrypted := func(side flow.Side, typ tlswire.ContentType) said {
		return said{side, append([]byte{byte(typ), 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 40}, make([]byte, 40)...)}
	}
	list := datagramsOf(t, "ok-dtls.pcap")
	flight := slices.IndexFunc(list, func(x said) bool { return x.data[0] == 22 && x.data[13] == 16 })
	for typ, x := range map[tlswire.ContentType]struct {
		established bool
		data        int
	}{
		tlswire.RecordAlert:           {false, 0},
		tlswire.RecordHandshake:       {true, 0},
		tlswire.RecordApplicationData: {true, 1},
	} {
		r := followDatagrams(t, append(list[:flight:flight], encrypted(c, tlswire.RecordHandshake), encrypted(s, typ)), 1<<16)
		if r.Established != x.established || r.AppData[s] != x.data {
			t.Errorf("type %d: established %v, %d records of data", typ, r.Established, r.AppData[s])
		}
	}
}

// TestOtherProtocolsAreNoTLS answers a hello with what is not DTLS.
func TestOtherProtocolsAreNoTLS(t *testing.T) {
	r := followDatagrams(t, []said{helloDTLS(), {s, []byte("hello there")}}, 1<<16)
	if r.TLSBytes[s] != 0 || r.Server.First.Happened() || r.TLSBytes[c] == 0 {
		t.Errorf("bytes of TLS %v, first of the server %+v", r.TLSBytes, r.Server.First)
	}
}

// TestWhatBeginsAnotherHandshake has a client send again what belongs to the one that is settled.
func TestWhatBeginsAnotherHandshake(t *testing.T) {
	hello := helloDTLS()
	second, key := slices.Clone(hello.data), slices.Clone(hello.data)
	second[18], key[13] = 1, 16 // message_seq, and a ClientKeyExchange
	h := NewHandler(&collected{})
	for i, want := range []bool{true, false, false} {
		data := [][]byte{hello.data, second, key}[i]
		if _, ok := h.Begins(data, uint32(len(data))); !ok || h.BeginsAnew(data, uint32(len(data))) != want {
			t.Errorf("message %d: begins %v, begins anew %v", i, ok, !want)
		}
	}
}

// TestQUICServerThatOnlyAcknowledges has not answered: a hello in two packets, of which one got there.
func TestQUICServerThatOnlyAcknowledges(t *testing.T) {
	list := datagramsOf(t, "ok-quic-chromium.pcap")[:3]
	if r := followDatagrams(t, list, 1<<16); r.Server.First.Happened() || r.Hello.State != HelloComplete || r.Sides[flow.Client].Acked != 0 {
		t.Errorf("answered in packet %d, hello %v, %d acknowledged", r.Server.First.Frame, r.Hello.State, r.Sides[flow.Client].Acked)
	}
}

// TestQUICClientThatLacksTheAnswer sends its hello again, and nothing that only follows an answer.
func TestQUICClientThatLacksTheAnswer(t *testing.T) {
	list := datagramsOf(t, "client-certificate-quic.pcap")
	answered := slices.IndexFunc(list, func(x said) bool { return x.side == s }) + 1
	if r := followDatagrams(t, list, 1<<16); r.Sides[flow.Server].Acked == 0 {
		t.Error("nothing of the server was acknowledged")
	}
	r := followDatagrams(t, append(slices.Clone(list[:answered]), list[0]), 1<<16)
	if !r.Server.First.Happened() || r.Sides[flow.Server].Acked != 0 || r.Sides[flow.Client].Retransmits == 0 {
		t.Errorf("answered in packet %d, %d acknowledged, %d of the client sent again", r.Server.First.Frame, r.Sides[flow.Server].Acked, r.Sides[flow.Client].Retransmits)
	}
}

// TestWhatAnswersAServerThatWasNotCaptured has one side of a connection only: what the client sent behind its hello says that
// the server did answer.
func TestWhatAnswersAServerThatWasNotCaptured(t *testing.T) {
	for _, name := range []string{"ok-quic.pcap", "ok-dtls.pcap"} {
		list := slices.DeleteFunc(datagramsOf(t, name), func(x said) bool { return x.side == s })
		if r := followDatagrams(t, list, 1<<16); r.Incomplete&flow.IncompleteOneSided == 0 {
			t.Errorf("%s: incomplete %v", name, r.Incomplete)
		}
		if r := followDatagrams(t, list[:1], 1<<16); r.Incomplete&flow.IncompleteOneSided != 0 {
			t.Errorf("%s, only the hello: incomplete %v", name, r.Incomplete)
		}
	}
}

// TestFinishedThatAnswersWhatWasNotCaptured leaves out the second flight of a client of DTLS 1.2.
func TestFinishedThatAnswersWhatWasNotCaptured(t *testing.T) {
	list := datagramsOf(t, "ok-dtls.pcap")
	flight := slices.IndexFunc(list, func(x said) bool { return x.side == s && len(x.data) > 200 })
	rest := slices.DeleteFunc(slices.Clone(list[flight:]), func(x said) bool { return x.side == c })
	clear := slices.DeleteFunc(slices.Clone(rest), func(x said) bool { return x.data[0] != 22 || x.data[4] != 0 })
	goodbye := said{s, append([]byte{21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 3, 0, 26}, make([]byte, 26)...)} // encrypted
	for name, rest := range map[string][]said{"its Finished": rest, "its alert": append(clear, goodbye)} {
		if r := followDatagrams(t, slices.Concat(list[:flight], rest), 1<<16); r.Established || r.Incomplete&flow.IncompleteGap == 0 {
			t.Errorf("%s: established %v, incomplete %v", name, r.Established, r.Incomplete)
		}
	}
	if r := followDatagrams(t, append(list[:flight:flight], goodbye), 1<<16); r.Incomplete&flow.IncompleteGap == 0 {
		t.Errorf("without the answer: incomplete %v", r.Incomplete)
	}
}

// TestQUICRefusal follows a server that wants a certificate, whole and with its last word taken away or late.
func TestQUICRefusal(t *testing.T) {
	list := datagramsOf(t, "client-certificate-quic.pcap")
	whole := list[:slices.IndexFunc(list, func(x said) bool { return x.side == s && len(x.data) < 120 })+1]
	r := followDatagrams(t, whole, 1<<16)
	if a := r.Alerts[flow.Server]; r.Established || !a.Encrypted || a.Frame != uint64(len(whole)) || r.Client.Cert != CertEmpty || !r.Client.CertInferred {
		t.Errorf("established %v, %+v, %+v", r.Established, a, r.Client)
	}
	if r.Client.Finished.Frame != 4 {
		t.Errorf("Finished in packet %d, want 4, behind the one that only acknowledges", r.Client.Finished.Frame)
	}
	r = followDatagrams(t, whole[:len(whole)-1], 1<<16)
	if r.Established || r.Alerts[flow.Server].Happened() || r.Client.Cert != CertNotSeen {
		t.Errorf("without the refusal: established %v, %+v, %+v", r.Established, r.Alerts, r.Client)
	}
}

// TestQUICClientThatClosesAtOnce closes behind its Finished, in a Handshake and a 1-RTT packet that are as short as closes are, and
// hears no more of the server.
func TestQUICClientThatClosesAtOnce(t *testing.T) {
	list := datagramsOf(t, "client-certificate-quic.pcap")
	const bare, finished, short = 2, 3, 110 // datagrams of the client, and where 1-RTT begins in the second
	refusal := slices.IndexFunc(list, func(x said) bool { return x.side == s && len(x.data) < 120 })
	closes := said{c, slices.Concat(list[bare].data, list[finished].data[short:short+40])}
	follow := func(more ...said) *Record {
		return followDatagrams(t, slices.Concat(list[:refusal], more), 1<<16)
	}

	r := follow(closes)
	if !r.Established || r.EstablishedAt.Frame != finished+1 || r.AppData != [2]int{1, 0} || r.Stage != StageEstablished {
		t.Errorf("established %v in packet %d, data %v, %v", r.Established, r.EstablishedAt.Frame, r.AppData, r.Stage)
	}
	if r = follow(list[finished], closes); r.Established {
		t.Error("established, though the client had waited and sent its Finished again")
	}
	if r = follow(closes, list[refusal]); r.Established || !r.Alerts[flow.Server].Encrypted {
		t.Errorf("refused by the server, established %v, %+v", r.Established, r.Alerts)
	}
	if r = followDatagrams(t, datagramsOf(t, "ok-quic.pcap"), 1<<16); r.AppData != [2]int{1, 1} {
		t.Errorf("where the server went on: data %v", r.AppData)
	}
}

// TestQUICWithoutItsFirstInitials begins with a later one of the client, which no key opens.
func TestQUICWithoutItsFirstInitials(t *testing.T) {
	list := recorded(t, "large-hello")[5:]
	if r := followDatagrams(t, list, 1<<16); r.Incomplete&flow.IncompleteMid == 0 || r.Hello.State != HelloNone {
		t.Errorf("incomplete %v, hello %v", r.Incomplete, r.Hello.State)
	}
	if r := followDatagrams(t, recorded(t, "retry"), 1<<16); r.Incomplete != 0 {
		t.Errorf("from its beginning: incomplete %v", r.Incomplete)
	}
}
