package conversation

import (
	"crypto/tls"
	"slices"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
)

// encrypted is a record of a type with n bytes in it.
func encrypted(side flow.Side, typ byte, n int) said {
	b := sealed(n)
	b[0] = typ
	return said{side, b}
}

// handshake12 returns a handshake of TLS 1.2 and nothing behind it.
func handshake12(t *testing.T, protocols ...string) []said {
	t.Helper()
	client := clientConfig("gw.example.com")
	client.MaxVersion, client.NextProtos = tls.VersionTLS12, protocols
	what := talk(t, client, serverConfig())
	return what[:slices.IndexFunc(what, func(s said) bool { return s.data[0] == 23 })]
}

// handshake13 returns one of TLS 1.3, of which the client says that it can be asked for a certificate later on, and the server's ticket.
func handshake13(t *testing.T) []said {
	t.Helper()
	return append(untilFlight(t), said{flow.Client, sealed(sealedFinished256)}, said{flow.Server, sealed(200)})
}

// Content types of records.
const alertRec, message, data byte = 21, 22, 23

// TestRenegotiation has records of AES-GCM behind a handshake of TLS 1.2, whose HelloRequest is in one of 28 bytes.
func TestRenegotiation(t *testing.T) {
	request := []said{encrypted(c, data, 110), encrypted(s, message, 28)}
	flight := []said{encrypted(c, message, 238), encrypted(s, message, 113), encrypted(s, message, 1596), encrypted(s, message, 28)}
	keys := []said{encrypted(c, message, 61), encrypted(c, 20, 25), encrypted(c, message, 40)}
	proof := encrypted(c, message, 288)
	alert := encrypted(s, alertRec, 26)
	for _, tc := range []struct {
		name     string
		behind   []said
		asked    bool
		answered bool
		cert     ClientCert
		alertBy  flow.Side
	}{
		{"declined", []said{encrypted(c, alertRec, 26)}, true, false, CertNotSeen, c},
		{"declined, as the server says as well", []said{encrypted(c, alertRec, 26), alert}, true, false, CertNotSeen, c},
		{"not answered", nil, true, false, CertNotSeen, flow.Nobody},
		{"no certificate", slices.Concat(flight, []said{encrypted(c, message, 31)}, keys, []said{alert}), true, true, CertEmpty, s},
		{"no certificate, padded to a block", slices.Concat(flight, []said{encrypted(c, message, 28)}, keys, []said{alert}), true, true, CertEmpty, s},
		{"a certificate", slices.Concat(flight, []said{encrypted(c, message, 807), keys[0], proof}, keys[1:], []said{alert}), true, true, CertSent, s},
		{"a short one", slices.Concat(flight, []said{encrypted(c, message, 400), keys[0], proof}, keys[1:], []said{alert}), true, true, CertSent, s},
		{"a certificate and all else in one record", slices.Concat(flight, []said{encrypted(c, message, 1200)}, keys[1:], []said{alert}), true, true, CertSent, s},
		{"none was asked for", slices.Concat(flight, keys, []said{alert}), true, true, CertNotSeen, s},
		{"the server closes", slices.Concat(flight, []said{encrypted(c, message, 31)}, keys), true, true, CertEmpty, flow.Nobody},
		{"it went through", slices.Concat(flight, []said{encrypted(c, message, 31)}, keys, []said{encrypted(s, data, 300)}), false, false, CertNotSeen, flow.Nobody},
		{"it went through, and no data followed", slices.Concat(flight, []said{encrypted(c, message, 31)}, keys, []said{encrypted(s, 20, 25), encrypted(s, message, 40), alert}), false, false, CertNotSeen, flow.Nobody},
		{"ignored, by a client that goes on", []said{encrypted(c, data, 300), encrypted(c, data, 300)}, false, false, CertNotSeen, flow.Nobody},
		{"declined behind what was on its way", []said{encrypted(c, data, 300), encrypted(c, alertRec, 26), alert}, true, false, CertNotSeen, c},
		{"data begins", []said{{s, sealed(16 << 10)[:1460]}, alert}, false, false, CertNotSeen, flow.Nobody},
		{"data without waiting", []said{encrypted(s, data, 300), alert}, false, false, CertNotSeen, flow.Nobody},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := follow(t, slices.Concat(handshake12(t), request, tc.behind), 1<<16, closedBy(s))
			checkSecond(t, r, tc.asked, tc.answered, tc.cert, tc.alertBy)
		})
	}
	t.Run("in HTTP/2", func(t *testing.T) {
		checkSecond(t, follow(t, slices.Concat(handshake12(t, "h2"), request, []said{alert}), 1<<16, closedBy(s)), false, false, CertNotSeen, flow.Nobody)
	})
	t.Run("a close_notify", func(t *testing.T) {
		r := follow(t, append(handshake12(t), request[0], alert), 1<<16, closedBy(s))
		checkSecond(t, r, false, false, CertNotSeen, flow.Nobody)
	})
	t.Run("the client begins", func(t *testing.T) {
		r := follow(t, append(handshake12(t), request[0], encrypted(c, message, 238), request[1], alert), 1<<16, closedBy(s))
		checkSecond(t, r, false, false, CertNotSeen, flow.Nobody)
	})
	t.Run("a long upload", func(t *testing.T) {
		upload := slices.Repeat(request[:1], maxBehind+1)
		r := follow(t, slices.Concat(handshake12(t), upload, request, []said{alert}), 1<<16, closedBy(s))
		checkSecond(t, r, false, false, CertNotSeen, flow.Nobody)
	})
}

// TestWhereTheFirstHandshakeEnds holds that what is looked at for a second handshake does not count as sent in the first, which may
// have begun in the format of SSL 2.0.
func TestWhereTheFirstHandshakeEnds(t *testing.T) {
	what := handshake12(t)
	for _, hello := range []string{string(what[0].data), "\x80\x1c\x01\x03\x03\x00\x03\x00\x00\x00\x10\x00\xc0\x2f" + strings.Repeat("c", 16)} {
		what[0].data = []byte(hello)
		var want [2]uint64
		for _, x := range what {
			want[x.side] += uint64(len(x.data))
		}
		r := follow(t, append(what, encrypted(c, data, 110)), 1<<16, closedBy(s))
		if got := [2]uint64{r.Sides[c].Sent, r.Sides[s].Sent}; got != want || !r.Established {
			t.Errorf("%d bytes sent, want %d; established %v", got, want, r.Established)
		}
	}
}

// TestAuthenticationBehindTheHandshake has records of AES-128-GCM, or whatever Go selects with a hash of 32 bytes.
func TestAuthenticationBehindTheHandshake(t *testing.T) {
	exchange := []said{encrypted(c, data, 103), encrypted(s, data, 120)}
	finished := encrypted(c, data, sealedFinished256)
	alert := encrypted(s, data, sealedAlert)
	empty := []said{encrypted(c, data, sealedEmptyCert+32), finished}
	sent := []said{encrypted(c, data, 835), encrypted(c, data, 281), finished}
	for _, tc := range []struct {
		name    string
		behind  []said
		by      flow.Side // who closed
		asked   bool
		cert    ClientCert
		alertBy flow.Side
	}{
		{"no certificate", append(empty, alert), s, true, CertEmpty, s},
		{"no certificate, without a context", []said{encrypted(c, data, sealedEmptyCert), finished, alert}, s, true, CertEmpty, s},
		{"a certificate", append(sent, alert), s, true, CertSent, s},
		{"and a close_notify", append(sent, alert, alert), s, true, CertSent, s},
		{"the client closes upon the alert", append(sent, alert), c, true, CertSent, s},
		{"the server closes without an alert", empty, s, true, CertEmpty, flow.Nobody},
		{"it went through", append(sent, encrypted(s, data, 300)), s, false, CertNotSeen, flow.Nobody},
		{"it went through, and the first answer is short", append(sent, alert, encrypted(s, data, 300)), s, false, CertNotSeen, flow.Nobody},
		{"the client goes on", append(slices.Clone(empty), encrypted(c, data, 99), alert), s, false, CertNotSeen, flow.Nobody},
		{"the client takes its leave", append(slices.Clone(empty), encrypted(c, data, sealedAlert)), s, false, CertNotSeen, flow.Nobody},
		{"longer data in the place of an empty certificate", []said{encrypted(c, data, 90), finished, alert}, s, false, CertNotSeen, flow.Nobody},
		{"other requests", []said{encrypted(c, data, 57), encrypted(c, data, 103), alert}, s, false, CertNotSeen, flow.Nobody},
		{"the server closes", []said{alert}, s, false, CertNotSeen, flow.Nobody},
		{"the answer to data", []said{encrypted(c, data, 57), encrypted(s, data, 99), finished, alert}, s, false, CertNotSeen, flow.Nobody},
	} {
		t.Run(tc.name, func(t *testing.T) {
			what := handshake13(t)
			what[0].data = helloWith(slices.Concat(extensionVersions, extensionPostHandshake)...)
			r := follow(t, slices.Concat(what, exchange, tc.behind), 1<<16, closedBy(tc.by))
			checkSecond(t, r, tc.asked, tc.asked, tc.cert, tc.alertBy)

			r = follow(t, slices.Concat(handshake13(t), exchange, tc.behind), 1<<16, closedBy(tc.by))
			checkSecond(t, r, false, false, CertNotSeen, flow.Nobody) // the client did not offer it
		})
	}
}

// TestWhatIsNoRequest has records of the server that are too short or too long to ask for a certificate, in whatever packets they came,
// and data of the client that would answer them.
func TestWhatIsNoRequest(t *testing.T) {
	behind := []said{encrypted(c, data, sealedEmptyCert+32), encrypted(c, data, sealedFinished256), encrypted(s, data, sealedAlert)}
	for _, length := range []int{sealedAlert, 31, longestRequest + 1, 16 << 10} {
		for _, size := range []int{1460, 1 << 16} {
			what := handshake13(t)
			what[0].data = helloWith(slices.Concat(extensionVersions, extensionPostHandshake)...)
			r := follow(t, slices.Concat(what, []said{encrypted(c, data, 103), encrypted(s, data, length)}, behind), size, closedBy(s))
			checkSecond(t, r, false, false, CertNotSeen, flow.Nobody)
		}
	}
}

// TestSecondHandshakeGivenUp settles a connection in the middle of one, as where a packet of it is missing: nothing is said of it then.
func TestSecondHandshakeGivenUp(t *testing.T) {
	got := &collected{}
	h := newHandler(got)
	stream := h.Open(flow.Client)
	var offset [2]uint64
	for i, x := range append(handshake12(t), encrypted(c, data, 110), encrypted(s, message, 28), encrypted(c, alertRec, 26)) {
		stream.Bytes(&flow.Chunk{Side: x.side, Data: x.data, Offset: offset[x.side], At: event(4 + i), Segments: 1})
		offset[x.side] += uint64(len(x.data))
	}
	if stream.Settled() {
		t.Fatal("nothing is followed behind the handshake")
	}
	settle(h, heardAfter(20), stream)
	checkSecond(t, got.last(t), false, false, CertNotSeen, flow.Nobody)
}

func checkSecond(t *testing.T, r *Record, asked, answered bool, cert ClientCert, alertBy flow.Side) {
	t.Helper()
	got := &r.Second
	if got.Asked.Happened() != asked || got.Answered.Happened() != answered || got.Cert != cert {
		t.Errorf("second handshake %+v", *got)
	}
	if !r.Established || r.Succeeded() == asked {
		t.Errorf("established %v, succeeded %v", r.Established, r.Succeeded())
	}
	for side, a := range r.Alerts {
		if a.Happened() != (flow.Side(side) == alertBy) || a.Happened() && !a.Encrypted {
			t.Errorf("alert of side %d: %+v", side, a)
		}
	}
}
