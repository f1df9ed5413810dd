package conversation

import (
	"crypto/tls"
	"net/netip"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
)

// TestFlightCapturedBehindItsAnswer has the client's second flight captured before all records of the server's flight, which it
// acknowledges: none of these says that the server accepted the client's certificate, and the alert behind them refuses it.
func TestFlightCapturedBehindItsAnswer(t *testing.T) {
	before := untilFlight(t)
	hello, first := before[:len(before)-1], before[len(before)-1]
	rest := said{s, append(sealed(1651), sealed(281)...)}
	answer := said{c, append(append(sealed(861), sealed(281)...), sealed(sealedFinished384)...)}
	alert := said{s, sealed(sealedAlert)}
	all := uint64(len(rest.data))
	for name, tc := range map[string]struct {
		what  []said
		ahead uint64 // bytes of the server that the client had, and that were captured later
	}{
		"all of the flight": {append(hello[:len(hello):len(hello)], answer, first, rest, alert), all + uint64(len(first.data))},
		"the rest of it":    {append(hello[:len(hello):len(hello)], first, answer, rest, alert), all},
	} {
		r := followAhead(t, tc.what, 1<<16, tc.ahead, closedBy(flow.Server))
		if r.Established || r.Client.Cert != CertSent || !r.Alerts[flow.Server].Encrypted {
			t.Errorf("%s: established %v, certificate %v, alert %+v", name, r.Established, r.Client.Cert, r.Alerts[flow.Server])
		}
	}
}

// TestAnswerCapturedBeforeItsQuestion has what the server said behind the client's certificate captured before that, all of it or all but
// its close_notify: the client's acknowledgment shows which it was, and that the server went on. An alert alone still says that it did not.
func TestAnswerCapturedBeforeItsQuestion(t *testing.T) {
	before := untilFlight(t)
	flight := said{s, append(sealed(1651), sealed(281)...)}
	answer := said{c, append(append(sealed(861), sealed(281)...), sealed(sealedFinished384)...)}
	ticket, alert := said{s, sealed(200)}, said{s, sealed(sealedAlert)}
	for name, tc := range map[string]struct {
		early, late []said // of the server, before and behind the client's flight
		established bool
	}{
		"in order, and it closes":  {nil, nil, false},
		"in order, and it refuses": {nil, []said{alert}, false},
		"all":                      {[]said{ticket, alert}, nil, true},
		"all but the last":         {[]said{ticket}, []said{alert}, true},
		"a refusal":                {[]said{alert}, nil, false},
	} {
		got := &collected{}
		h := newHandler(got)
		f := h.Open(flow.Client)
		var offset [2]uint64
		frame := 3
		hear := func(acked uint64, what ...said) {
			for _, x := range what {
				frame++
				f.Bytes(&flow.Chunk{Side: x.side, Data: x.data, Offset: offset[x.side], At: event(frame), Acked: func() uint64 { return acked }, Segments: 1})
				offset[x.side] += uint64(len(x.data))
			}
		}
		hear(0, append(before[:len(before):len(before)], flight)...)
		answers, sent := offset[s], offset[c]+uint64(len(answer.data))
		hear(sent, tc.early...)
		hear(answers, answer)
		hear(sent, tc.late...)
		facts := heardAfter(frame + 1)
		closedBy(s)(&facts)
		finish(h, facts, f)
		if r := got.last(t); r.Established != tc.established || r.Client.Cert != CertSent {
			t.Errorf("%s: established %v, certificate %v, alert %+v", name, r.Established, r.Client.Cert, r.Alerts[s])
		}
	}
}

// TestSecondOutOfOrder captures the two directions out of order: that no second handshake shows says nothing then, unless the first
// rules one out, as in TLS 1.3 where the client did not offer to be asked behind it, or the server sends data.
func TestSecondOutOfOrder(t *testing.T) {
	for _, tc := range []struct {
		version     uint16
		alpn        string
		syn, synack int
		late        flow.Side
		heard       []int // of what is said
		want        Again
	}{
		{tls.VersionTLS12, "", 1, 2, flow.Nobody, untilFinished, AgainNot},
		{tls.VersionTLS12, "", 1, 5, flow.Nobody, untilFinished, AgainUnknown}, // behind the hello
		{tls.VersionTLS12, "", 3, 2, flow.Nobody, untilFinished, AgainUnknown}, // the SYN behind it
		{tls.VersionTLS12, "", 1, 2, flow.Client, untilFinished, AgainUnknown},
		{tls.VersionTLS12, "", 1, 2, flow.Server, untilFinished, AgainUnknown},
		{tls.VersionTLS12, "", 1, 2, flow.Server, []int{0, 1, 2, 3, 4, 5}, AgainNot},
		{tls.VersionTLS12, "", 1, 2, flow.Client, []int{1, 3, 5, 0, 2, 4}, AgainNot},
		{tls.VersionTLS12, "", 1, 2, flow.Server, []int{0, 2, 4, 1, 3}, AgainUnknown},
		{tls.VersionTLS12, "h2", 1, 5, flow.Nobody, untilFinished, AgainNot},
		{tls.VersionTLS13, "", 1, 5, flow.Nobody, untilFinished, AgainNot},
	} {
		client, server := clientConfig("gw.example.com"), serverConfig()
		client.MaxVersion, client.NextProtos, server.NextProtos = tc.version, nil, nil
		if tc.alpn != "" {
			client.NextProtos, server.NextProtos = []string{tc.alpn}, []string{tc.alpn}
		}
		got := &collected{}
		h := newHandler(got)
		f := h.Open(flow.Client)
		var offset [2]uint64
		hear := hearing(f, &offset)
		what := talk(t, client, server)
		for i, n := range tc.heard {
			hear(what[n].side, what[n].data, 4+i)
		}
		facts := heardAfter(11)
		facts.SYN, facts.SYNACK = event(tc.syn), event(tc.synack)
		for side := range facts.Sides {
			facts.Sides[side].Late = flow.Side(side) == tc.late
		}
		finish(h, facts, f)
		r := got.last(t)
		if !r.Established || r.Server.Again != tc.want {
			t.Errorf("%+v: %v, established %v", tc, r.Server.Again, r.Established)
		}
	}
}

// untilFinished are the flights of both sides as far as that.
var untilFinished = []int{0, 1, 2, 3}

// TestSecondCutOutOfOrder cuts packets short besides: what the headers of records show is in no order then.
func TestSecondCutOutOfOrder(t *testing.T) {
	what := append(handshake12(t), encrypted(c, data, 110))
	for late, want := range map[bool]Again{false: AgainNot, true: AgainUnknown} {
		facts := factsAfter(20)
		facts.Sides[flow.Server].Late = late
		if r := followCutTo(t, what, most, facts); !r.Established || r.Server.Again != want {
			t.Errorf("late %v: %v, established %v", late, r.Server.Again, r.Established)
		}
	}
}

// TestGoodbyeBehindEarlyData has the client's Finished captured before the server's flight as well, among early data: what has an
// alert's length behind that flight is no alert then.
func TestGoodbyeBehindEarlyData(t *testing.T) {
	what := untilFlight(t)
	answer := said{c, append(sealed(sealedEndOfEarly), sealed(sealedFinished384)...)}
	what = []said{{c, append(withEarlyData(what[0].data), sealed(300)...)}, answer, what[len(what)-1], {c, sealed(sealedAlert)}}
	for _, acked := range []uint64{0, 100} {
		r := followAhead(t, what, 1<<16, acked, closedBy(flow.Client))
		if a := r.Alerts[c]; a.Encrypted != (acked == 0) {
			t.Errorf("%d acknowledged: alert %+v", acked, a)
		}
	}
}

// TestGoodbyeBehindBothFinished has all that the client says in TLS 1.2 captured before all of the server's: what it had acknowledged
// with its alert tells a close_notify from the refusal of a certificate.
func TestGoodbyeBehindBothFinished(t *testing.T) {
	client, server := clientConfig("gw.example.com"), serverConfig()
	client.MaxVersion = tls.VersionTLS12
	handshake := talk(t, client, server)[:4]
	alert := said{c, append([]byte{21, 3, 3, 0, 26}, make([]byte, 26)...)}
	what := []said{handshake[0], handshake[2], alert, handshake[1], handshake[3]}
	flight := uint64(len(handshake[1].data))
	for acked, through := range map[uint64]bool{0: false, flight: false, flight + uint64(len(handshake[3].data)): true} {
		r := followAhead(t, what, 1<<16, acked, closedBy(c))
		if r.Established != through || r.Alerts[c].Encrypted == through {
			t.Errorf("%d acknowledged: established %v, alert %+v", acked, r.Established, r.Alerts[c])
		}
	}
}

// TestAlertThatAcknowledgesTheEnd has the server's FIN captured behind the client's alert. Where that acknowledges the FIN, it answers it.
func TestAlertThatAcknowledgesTheEnd(t *testing.T) {
	what := []said{talk(t, clientConfig("gw.example.com"), serverConfig())[0], {c, []byte{21, 3, 3, 0, 2, 2, 50}}}
	for _, acked := range []uint64{0, 1} {
		r := followAhead(t, what, 1<<16, acked, func(f *flow.Facts) { f.Sides[s].Fin = event(9) })
		if a := r.Alerts[c]; !a.Happened() || a.Late != (acked == 1) {
			t.Errorf("%d acknowledged: alert %+v", acked, a)
		}
	}
}

// TestGoodbyeThatAcknowledgesTheEnd does so with the server's close_notify behind the client's FIN: it refuses no certificate.
func TestGoodbyeThatAcknowledgesTheEnd(t *testing.T) {
	answer := append(append(sealed(861), sealed(281)...), sealed(sealedFinished384)...)
	what := append(untilFlight(t), said{c, answer}, said{s, sealed(sealedAlert)})
	sent := uint64(len(what[0].data) + len(answer))
	for _, acked := range []uint64{0, 1} {
		r := followAhead(t, what, 1<<16, acked, func(f *flow.Facts) {
			closedBy(c)(f)
			f.Sides[c].Sent = sent
		})
		if r.Established != (acked == 1) {
			t.Errorf("%d acknowledged: established %v, alert %+v", acked, r.Established, r.Alerts[s])
		}
	}
}

// TestCertificateBehindAGap loses the client's second flight of TLS 1.3 whole, or the server's before the client's: data may be as long as
// a Certificate, with or without one in it.
func TestCertificateBehindAGap(t *testing.T) {
	before := untilFlight(t)
	for _, length := range []int{41, 147} {
		for name, lost := range map[string]flow.Side{"the client's": c, "the server's": s} {
			got := &collected{}
			h := newHandler(got)
			f := h.Open(flow.Client)
			var offset [2]uint64
			hear := func(side flow.Side, data []byte) {
				acked := offset[side.Other()]
				f.Bytes(&flow.Chunk{Side: side, Data: data, Offset: offset[side], At: event(9), Acked: func() uint64 { return acked }, Segments: 1})
				offset[side] += uint64(len(data))
			}
			said := before
			if lost == s { // with what begins the encrypted part
				said = before[:len(before)-1]
			}
			for _, x := range said {
				hear(x.side, x.data)
			}
			if lost == s {
				hear(s, serverHelloOf(before))
				hear(c, sealed(sealedFinished256))
			}
			f.Gap(lost, 500, flow.IncompleteGap, event(10))
			offset[lost] += 500
			if lost == s {
				hear(s, sealed(700))
			}
			hear(c, sealed(length))
			hear(s, sealed(200))
			finish(h, factsAfter(11), f)
			if r := got.last(t); r.Client.Cert != CertNotSeen || r.Server.Version != tls.VersionTLS13 {
				t.Errorf("%s flight is missing, then %d bytes: certificate %v in %x", name, length, r.Client.Cert, r.Server.Version)
			}
		}
	}
}

// serverHelloOf is the record with the ServerHello.
func serverHelloOf(what []said) []byte {
	last := what[len(what)-1].data
	return last[:5+int(last[3])<<8+int(last[4])]
}

// TestCertificateOfUnknownSide begins with the server's last message before the client's Certificate of TLS 1.2. Until nobody knows
// who is who, whoever spoke first would be the client, and the certificate the server's.
func TestCertificateOfUnknownSide(t *testing.T) {
	client, server := clientConfig("gw.example.com"), serverConfig()
	client.MaxVersion, client.Certificates = tls.VersionTLS12, server.Certificates
	server.ClientAuth = tls.RequireAnyClientCert
	what := talk(t, client, server)
	got := &collected{}
	h := newHandler(got)
	f := h.Open(flow.Nobody)
	const done = 5 + 4 // the record with the ServerHelloDone
	what[1].data = what[1].data[len(what[1].data)-done:]
	for i, x := range what[1:3] {
		f.Bytes(&flow.Chunk{Side: x.side, Data: x.data, At: event(4 + i), Segments: 1})
	}
	facts := factsAfter(9)
	facts.Roles, facts.SYN, facts.SYNACK = flow.RolesPort, flow.Event{}, flow.Event{}
	finish(h, facts, f)
	if r := got.last(t); len(r.Server.CertNames) > 0 || r.Server.Certificate.Happened() {
		t.Errorf("the server's certificate is for %q", r.Server.CertNames)
	}
}

// TestTurnCapturedLate misses the ServerHello, and has the server's flight captured behind the client's, which acknowledges it: it is no
// answer to that.
func TestTurnCapturedLate(t *testing.T) {
	what := []said{{c, sealed(861)}, {s, sealed(1651)}}
	for _, acked := range []uint64{0, uint64(len(what[1].data))} {
		if r := followAhead(t, what, 1<<16, acked, nil); r.Established != (acked == 0) {
			t.Errorf("%d acknowledged: established %v", acked, r.Established)
		}
	}
}

// TestAnswerToUnknownSide begins in the middle of a TLS 1.3 handshake: where the ports do not tell who the server is, the flights
// may be taken for a request and a response.
func TestAnswerToUnknownSide(t *testing.T) {
	what := []said{{c, sealed(1651)}, {s, sealed(861)}}
	for _, tc := range []struct {
		client, server uint16
		established    bool
	}{{61619, 51498, false}, {2000, 1900, false}, {40000, 8443, true}, {2000, 443, true}} {
		r := follow(t, what, 1<<16, func(f *flow.Facts) {
			f.Roles = flow.RolesPort
			for side, port := range [2]uint16{c: tc.client, s: tc.server} {
				f.Endpoints[side] = netip.AddrPortFrom(f.Endpoints[side].Addr(), port)
			}
		})
		if r.Established != tc.established {
			t.Errorf("ports %d and %d: established %v", tc.client, tc.server, r.Established)
		}
	}
}
