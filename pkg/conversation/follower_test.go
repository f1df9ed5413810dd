package conversation

import (
	"crypto/tls"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

func TestHandshakeGoesThrough(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS12, tls.VersionTLS13} {
		client, server := clientConfig("a.apps.example.com"), serverConfig()
		client.MinVersion, client.MaxVersion = tls.VersionTLS10, version
		server.MinVersion = tls.VersionTLS10
		r := follow(t, talk(t, client, server), 1<<16, nil)
		if !r.Established || r.Stage != StageEstablished {
			t.Fatalf("version %x: not established: stage %v", version, r.Stage)
		}
		if r.Hello.State != HelloComplete || r.Hello.SNI != tlswire.SNIPresent || r.Hello.Name != "a.apps.example.com" {
			t.Errorf("version %x: hello %+v", version, r.Hello)
		}
		if r.Server.Version != version || r.Server.Cipher == 0 {
			t.Errorf("version %x: selected %x", version, r.Server.Version)
		}
		visible := version < tls.VersionTLS13
		if got := len(r.Server.CertNames) > 0; got != visible {
			t.Errorf("version %x: certificate names %v", version, r.Server.CertNames)
		}
		if visible && !r.Server.CertMatches {
			t.Errorf("version %x: *.apps.example.com does not match a.apps.example.com", version)
		}
	}
}

func TestMissingSNIIsMissing(t *testing.T) {
	r := follow(t, talk(t, clientConfig(""), serverConfig()), 1<<16, nil)
	if r.Hello.SNI != tlswire.SNIMissing || r.Hello.Name != "" {
		t.Errorf("SNI %v %q, want missing", r.Hello.SNI, r.Hello.Name)
	}
}

// TestAnyChunking feeds the same conversations in chunks of every size and expects the same record, but for the
// packets that things happened in.
func TestAnyChunking(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		client := clientConfig("gw.example.com")
		client.MinVersion, client.MaxVersion = version, version
		what := talk(t, client, serverConfig())
		want := timeless(follow(t, what, 1<<16, nil))
		for size := 1; size < 700; size++ {
			if got := timeless(follow(t, what, size, nil)); !reflect.DeepEqual(got, want) {
				t.Fatalf("version %x, chunks of %d bytes:\n%+v\nwant\n%+v", version, size, got, want)
			}
		}
	}
}

// timeless removes what depends on how the stream was cut.
func timeless(r *Record) Record {
	c := *r
	c.Facts = flow.Facts{}
	c.FirstData, c.EstablishedAt = [2]flow.Event{}, flow.Event{}
	c.Hello.Start, c.Hello.End, c.Hello.Segments = flow.Event{}, flow.Event{}, 0
	c.Server.Hello, c.Server.First, c.Server.Flight = flow.Event{}, flow.Event{}, flow.Event{}
	c.Server.Certificate, c.Client.Certificate, c.Client.Finished = flow.Event{}, flow.Event{}, flow.Event{}
	c.TLSBytes, c.LastRecordCut = [2]uint64{}, [2]int{} // where within a chunk it was settled
	return c
}

// TestCutHelloIsNeverMissing cuts a ClientHello without SNI at every byte: whatever is left of it, the name is not missing.
func TestCutHelloIsNeverMissing(t *testing.T) {
	what := talk(t, clientConfig(""), serverConfig())
	hello := what[0].data
	for n := 1; n < len(hello); n++ {
		r := follow(t, []said{{flow.Client, hello[:n]}}, 1<<16, nil)
		if r.Hello.SNI == tlswire.SNIMissing || r.Hello.State == HelloComplete {
			t.Fatalf("cut after %d of %d bytes: %v, SNI %v", n, len(hello), r.Hello.State, r.Hello.SNI)
		}
		if n >= 6 && r.Hello.State != HelloPartial {
			t.Fatalf("cut after %d of %d bytes: hello %v, want partial", n, len(hello), r.Hello.State)
		}
	}
}

func TestGapInHelloIsUnknown(t *testing.T) {
	what := talk(t, clientConfig(""), serverConfig())
	h := newHandler(&collected{})
	s := h.Open(flow.Client)
	hello := what[0].data
	s.Bytes(&flow.Chunk{Side: flow.Client, Data: hello[:60], At: event(4), Segments: 1})
	s.Gap(flow.Client, 50, flow.IncompleteSnaplen, event(4))
	f := factsAfter(5)
	finish(h, f, s)
	r := h.sink.(*collected).last(t)
	if r.Hello.State != HelloPartial || r.Hello.SNI != tlswire.SNIUnknown || r.Hello.Incomplete != flow.IncompleteSnaplen {
		t.Errorf("hello %v, SNI %v, because %v", r.Hello.State, r.Hello.SNI, r.Hello.Incomplete)
	}
}

func TestAlerts(t *testing.T) {
	r := follow(t, talk(t, clientConfig(""), refusingConfig()), 1<<16, nil)
	a := r.Alerts[flow.Server]
	if !a.Fatal(r.Server.Version, flow.Server) || a.Description != tlswire.AlertInternalError || a.Late {
		t.Errorf("server alert %+v", a)
	}
	if r.Established || r.Stage != StageClientHello {
		t.Errorf("stage %v", r.Stage)
	}
}

// TestFatalAlerts holds that the level of an alert says nothing in TLS 1.3 (RFC 8446, Section 6), and that what the other side
// says after a fatal one is late.
func TestFatalAlerts(t *testing.T) {
	for _, x := range []struct {
		level, description uint8
		version            uint16
		fatal              bool
	}{
		{2, tlswire.AlertHandshakeFailure, 0, true},
		{1, tlswire.AlertHandshakeFailure, 0, false},
		{1, tlswire.AlertBadCertificate, tlswire.VersionTLS12, false},
		{1, tlswire.AlertBadCertificate, tlswire.VersionTLS13, true},
		{1, tlswire.AlertBadCertificate, tlswire.VersionDTLS13, true},
		{1, tlswire.AlertUserCanceled, tlswire.VersionTLS13, false},
		{1, tlswire.AlertNoRenegotiation, tlswire.VersionTLS13, false},
		{2, tlswire.AlertCloseNotify, tlswire.VersionTLS13, false},
	} {
		a := Alert{Event: event(5), Level: x.level, Description: x.description}
		if got := a.Fatal(x.version, c); got != x.fatal {
			t.Errorf("alert %d of level %d in %x: fatal %v", x.description, x.level, x.version, got)
		}
		if got, want := a.Fatal(x.version, s), x.fatal && x.level == tlswire.AlertLevelFatal; got != want { // before it selected the version
			t.Errorf("alert %d of level %d of the server that then selected %x: fatal %v", x.description, x.level, x.version, got)
		}
		r := &Record{Alerts: [2]Alert{c: a}}
		r.Server.Version = x.version
		if got := endedBefore(r, c, 6); got != x.fatal {
			t.Errorf("alert %d of level %d in %x: ended %v", x.description, x.level, x.version, got)
		}
	}
}

// TestAlertCapturedLate has the server's alert captured behind its own FIN, before which it was sent, and behind the client's
// FIN: which of these came first decides whether the alert came too late.
func TestAlertCapturedLate(t *testing.T) {
	what := talk(t, clientConfig("gw.example.com"), refusingConfig())
	for _, x := range []struct {
		server, client int // frames with FIN; the alert comes in frame 5
		late           bool
	}{{3, 4, false}, {4, 3, true}, {0, 4, true}, {6, 4, true}, {3, 0, false}, {6, 7, false}} {
		r := follow(t, what[:2], 1<<16, func(f *flow.Facts) {
			for side, frame := range [2]int{c: x.client, s: x.server} {
				if frame > 0 {
					f.Sides[side].Fin = event(frame)
				}
			}
		})
		if a := r.Alerts[s]; a.Frame != 5 || a.Late != x.late {
			t.Errorf("server's FIN in frame %d, client's in %d: alert %+v", x.server, x.client, a)
		}
	}
}

// TestAlertHeardBeforeCaptured has the client's FIN in frame 4 captured before the server's alert in frame 5, which it
// acknowledges or not.
func TestAlertHeardBeforeCaptured(t *testing.T) {
	what := talk(t, clientConfig("gw.example.com"), refusingConfig())
	for _, x := range []struct {
		acked uint64
		at    int
		late  bool
	}{{7, 4, false}, {7, 6, true}, {6, 4, true}} {
		r := follow(t, what[:2], 1<<16, func(f *flow.Facts) {
			f.Sides[c].Fin = event(4)
			f.Sides[s].Sent, f.Sides[s].Acked, f.Sides[s].AckedAt = 7, x.acked, event(x.at)
		})
		if a := r.Alerts[s]; a.Frame != 5 || a.Late != x.late {
			t.Errorf("%d of 7 bytes acknowledged in frame %d: alert %+v", x.acked, x.at, a)
		}
	}
}

// TestClientRejectsCertificate expects the client's encrypted alert of TLS 1.3 to be inferred, and the plaintext
// one of TLS 1.2 to be read.
func TestClientRejectsCertificate(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		client := &tls.Config{ServerName: "gw.example.com", MinVersion: version, MaxVersion: version}
		r := follow(t, talk(t, client, serverConfig()), 1<<16, nil)
		a := r.Alerts[flow.Client]
		if !a.Fatal(r.Server.Version, flow.Client) || a.Encrypted != (version == tls.VersionTLS13) || r.Established {
			t.Errorf("version %x: alert %+v, established %v", version, a, r.Established)
		}
	}
}

// TestClientCertificate tells the three ways in which a client answers a CertificateRequest apart, and what the
// server makes of it.
func TestClientCertificate(t *testing.T) {
	cases := []struct {
		name        string
		auth        tls.ClientAuthType
		send        bool
		cert        ClientCert
		established bool
	}{
		{"optional, none sent", tls.RequestClientCert, false, CertEmpty, true},
		{"optional, sent", tls.RequestClientCert, true, CertSent, true},
		{"required, none sent", tls.RequireAnyClientCert, false, CertEmpty, false},
		{"rejected", tls.RequireAndVerifyClientCert, true, CertSent, false},
	}
	for _, c := range cases {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			client, server := clientConfig("gw.example.com"), serverConfig()
			client.MinVersion, client.MaxVersion = version, version
			client.Certificates, server.ClientAuth = nil, c.auth
			if c.send {
				client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
					cert := testCertificate()
					return &cert, nil
				}
			}
			r := follow(t, talk(t, client, server), 1<<16, closedBy(flow.Server))
			if r.Client.Cert != c.cert || r.Established != c.established {
				t.Errorf("%s, version %x: certificate %v, established %v", c.name, version, r.Client.Cert, r.Established)
			}
			if r.Client.CertInferred != (version == tls.VersionTLS13) {
				t.Errorf("%s, version %x: inferred %v", c.name, version, r.Client.CertInferred)
			}
		}
	}
}

// closedBy makes a side end the connection first.
func closedBy(side flow.Side) func(f *flow.Facts) {
	return func(f *flow.Facts) {
		f.Terminator = flow.Terminator{Event: flow.Event{Frame: 1000, Time: f.End}, By: side, Kind: flow.CloseFIN}
		f.Sides[side].Fin = f.Terminator.Event
	}
}

func TestResumption(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		client, server := clientConfig("gw.example.com"), serverConfig()
		client.MinVersion, client.MaxVersion = version, version
		client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		if r := follow(t, talk(t, client, server), 1<<16, nil); r.Server.Resumed {
			t.Errorf("version %x: the first handshake is resumed", version)
		}
		r := follow(t, talk(t, client, server), 1<<16, nil)
		if !r.Server.Resumed || !r.Established {
			t.Errorf("version %x: resumed %v, established %v", version, r.Server.Resumed, r.Established)
		}
	}
}

// followCut follows a conversation of which each packet has at most so many bytes.
func followCut(t *testing.T, what []said, most int) *Record {
	t.Helper()
	return followCutTo(t, what, most, factsAfter(20))
}

// followCutTo is followCut to an end of which these are the facts.
func followCutTo(t *testing.T, what []said, most int, end flow.Facts) *Record {
	t.Helper()
	c := &collected{}
	h := newHandler(c)
	s := h.Open(flow.Client)
	var offset [2]uint64
	for i, x := range what {
		seen := min(len(x.data), most)
		s.Bytes(&flow.Chunk{Side: x.side, Data: x.data[:seen], Offset: offset[x.side], At: event(4 + i), Segments: 1})
		if seen < len(x.data) {
			s.Gap(x.side, uint64(len(x.data)-seen), flow.IncompleteSnaplen, event(4+i))
		}
		offset[x.side] += uint64(len(x.data))
		if s.Settled() {
			settle(h, heardAfter(4+i), s)
			end.Settled = true
			finish(h, end, nil)
			return c.last(t)
		}
	}
	finish(h, end, s)
	return c.last(t)
}

// TestCertificateCutOff cuts off all but the beginning of a server's flight: that its certificate is not there says nothing of
// whether the session was resumed.
func TestCertificateCutOff(t *testing.T) {
	client := clientConfig("gw.example.com")
	client.MaxVersion = tls.VersionTLS12
	if a := &followCut(t, talk(t, client, serverConfig()), 100).Server; !a.Hello.Happened() || a.Certificate.Happened() || a.Resumed {
		t.Errorf("%+v", a)
	}
}

// TestHelloHeardLate hears the server's certificate before the hello that it is to match, which waited for bytes that are
// missing or was captured late: nobody can say that it does not before the hello is there.
func TestHelloHeardLate(t *testing.T) {
	few := []string{"gw.example.com", "*.apps.example.com"}
	many := slices.Concat(few, slices.Repeat([]string{"more.example.com"}, tlswire.MaxNames), []string{"other.example.com"})
	for _, tc := range []struct {
		names   []string
		name    string
		matches bool
	}{
		{few, "gw.example.com", true},
		{few, "one.apps.example.com", true},
		{few, "other.example.com", false},
		{many, "other.example.com", true},
	} {
		client, server := clientConfig(tc.name), serverConfig()
		client.MaxVersion, server.Certificates = tls.VersionTLS12, []tls.Certificate{certificateFor(tc.names...)}
		what := talk(t, client, server)
		hello := what[0]
		what = slices.Insert(what[1:], 1, hello)
		if r := follow(t, what, 1<<16, nil); len(r.Server.CertNames) == 0 || r.Hello.Name != tc.name || r.Server.CertMatches != tc.matches {
			t.Errorf("%q for %q: matches %v", r.Server.CertNames, r.Hello.Name, r.Server.CertMatches)
		}
		if r := follow(t, what[:1], 1<<16, nil); len(r.Server.CertNames) == 0 || !r.Server.CertMatches {
			t.Errorf("%q for a hello that never came: matches %v", r.Server.CertNames, r.Server.CertMatches)
		}
	}
}

// TestGapPassedLate hears the server's close_notify while it waits for bytes of the client that are missing: once they are
// given up, it is no alert.
func TestGapPassedLate(t *testing.T) {
	client := clientConfig("gw.example.com")
	client.MaxVersion = tls.VersionTLS12
	what, c := talk(t, client, serverConfig()), &collected{}
	h := newHandler(c)
	s := h.Open(flow.Client)
	var offset [2]uint64
	hear := hearing(s, &offset)
	var late []said
	for i, x := range what {
		if x.side == flow.Server || i == 0 {
			hear(x.side, x.data, 4)
		} else {
			late = append(late, x)
		}
	}
	s.Gap(flow.Client, uint64(len(late[0].data)), flow.IncompleteGap, event(5))
	offset[flow.Client] += uint64(len(late[0].data))
	for _, x := range late[1:] {
		hear(x.side, x.data, 4)
	}
	settle(h, factsAfter(20), s)
	if r := c.last(t); !r.Established || r.Alerts != [2]Alert{} {
		t.Errorf("established %v, alerts %+v", r.Established, r.Alerts)
	}
}

// TestTwoBytesOfEachPacket hears what a snaplen of 68 leaves of TLS behind the usual headers: it is TLS all the same.
func TestTwoBytesOfEachPacket(t *testing.T) {
	r := followCut(t, talk(t, clientConfig("gw.example.com"), serverConfig()), 2)
	if r.Protocol != [2]string{"tls", "tls"} || r.TLSBytes[flow.Client] == 0 || r.TLSBytes[flow.Server] == 0 {
		t.Errorf("%q, %d bytes", r.Protocol, r.TLSBytes)
	}
}

func TestHelloRetryRequest(t *testing.T) {
	client, server := clientConfig("gw.example.com"), serverConfig()
	client.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP384}
	server.CurvePreferences = []tls.CurveID{tls.CurveP384}
	r := follow(t, talk(t, client, server), 1<<16, nil)
	if !r.Hello.Retried || !r.Server.Retry.Happened() || !r.Established {
		t.Errorf("retried %v, retry %v, established %v", r.Hello.Retried, r.Server.Retry, r.Established)
	}
}

func TestServerAnswersInSSLv2(t *testing.T) {
	record := func(n int) string { return "\x80" + string(rune(n)) + strings.Repeat("\x01", n) }
	hello := "\x80\x1c\x01\x00\x02\x00\x03\x00\x00\x00\x10\x07\x00\xc0" + strings.Repeat("c", 16)
	r := follow(t, []said{
		text(flow.Client, hello), text(flow.Server, "\x80\x0b\x04\x00\x01\x00\x02\x00\x00\x00\x00\x00\x00"),
		text(flow.Client, record(40)), text(flow.Server, record(17)), text(flow.Client, record(17)), text(flow.Server, record(17)),
	}, 7, nil)
	if r.Protocol != [2]string{"sslv2", "sslv2"} || r.Server.Version != 2 || !r.Established {
		t.Errorf("protocols %q, version %x, established %v", r.Protocol, r.Server.Version, r.Established)
	}
}

// TestBytesBehindSSLv2Hello holds that what is no TLS behind a hello takes nothing from that: the client spoke SSL 2.0, and the
// RST that follows is looked at.
func TestBytesBehindSSLv2Hello(t *testing.T) {
	c := &collected{}
	h := newHandler(c)
	s := h.Open(flow.Client)
	hello := "\x80\x1c\x01\x00\x02\x00\x03\x00\x00\x00\x10\x07\x00\xc0" + strings.Repeat("c", 16)
	s.Bytes(&flow.Chunk{Side: flow.Client, Data: []byte(hello + "\x00\x00 no record"), At: event(4), Segments: 1})
	if s.Settled() {
		t.Fatal("nothing more is asked of the connection")
	}
	finish(h, factsAfter(5), s)
	if r := c.last(t); r.Protocol[flow.Client] != "sslv2" || r.TLSBytes[flow.Client] == 0 || r.Hello.State != HelloComplete {
		t.Errorf("protocol %q, %d bytes of TLS, hello %v", r.Protocol[flow.Client], r.TLSBytes[flow.Client], r.Hello.State)
	}
}

// TestNothingIsLeftOfTheConnectionBefore hands connections to a Shard of which every field of the record is set, and to
// one that has had none.
func TestNothingIsLeftOfTheConnectionBefore(t *testing.T) {
	plain := []said{{flow.Client, []byte("GET / HTTP/1.1\r\n\r\n")}, {flow.Server, []byte("HTTP/1.1 400 Bad Request\r\n\r\n")}}
	for i, what := range [][]said{nil, {}, plain, plain[:1], talk(t, clientConfig("gw.example.com"), serverConfig())} {
		one, other := &collected{}, &collected{}
		for _, h := range []*Shard{NewHandler(one).Shard(), newHandler(other)} {
			if what == nil {
				finish(h, factsAfter(3), nil)
				continue
			}
			var offset [2]uint64
			s, frame := h.Open(flow.Client), 3
			for _, x := range what {
				frame++
				s.Bytes(&flow.Chunk{Side: x.side, Data: x.data, Offset: offset[x.side], At: event(frame), Segments: 1})
				offset[x.side] += uint64(len(x.data))
			}
			if s.Settled() {
				settle(h, factsAfter(frame), s)
			} else {
				finish(h, factsAfter(frame), s)
			}
		}
		if want, got := one.last(t), other.last(t); !reflect.DeepEqual(got, want) {
			t.Errorf("conversation %d:\n got %+v\nwant %+v", i, got, want)
		}
	}
}

// TestWhoWaits goes through a handshake step by step: a client waits from its ClientHello on until it is done.
func TestWhoWaits(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		config := serverConfig()
		config.MaxVersion = version
		h := newHandler(&collected{})
		s := h.Open(flow.Client)
		waited := []bool{s.Waits()}
		var offset [2]uint64
		for i, what := range talk(t, clientConfig("gw.example.com"), config) {
			s.Bytes(&flow.Chunk{Side: what.side, Data: what.data, Offset: offset[what.side], At: event(i + 4), Segments: 1})
			offset[what.side] += uint64(len(what.data))
			if w := s.Waits(); w != waited[len(waited)-1] {
				waited = append(waited, w)
			}
		}
		if !slices.Equal(waited, []bool{false, true, false}) {
			t.Errorf("%x: waited %v", version, waited)
		}
		finish(h, factsAfter(5), s)
	}
}
