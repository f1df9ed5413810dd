package conversation

import (
	"crypto/tls"
	"slices"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// untilAlert returns a TLS 1.3 conversation up to the server's refusal of the client's certificate, and the record with that.
func untilAlert(t *testing.T) (before []said, alert []byte) {
	t.Helper()
	client, server := clientConfig("gw.example.com"), serverConfig()
	client.Certificates, server.ClientAuth = []tls.Certificate{testCertificate()}, tls.RequireAndVerifyClientCert
	what := talk(t, client, server)
	for i, s := range what {
		if s.side == flow.Server && len(s.data) == 5+sealedAlert {
			return what[:i], s.data
		}
	}
	t.Fatal("the server sent no alert")
	return nil, nil
}

// TestWhatARecordOfAnAlertsLengthIs gives the server's last words after the client's second flight other times, another
// order and other losses.
func TestWhatARecordOfAnAlertsLengthIs(t *testing.T) {
	before, alert := untilAlert(t)
	const second = 1000 // events are a millisecond apart
	sent := len(before) + 10
	at := func(i int) int { return sent + i }
	for _, c := range []struct {
		name        string
		alerts      []int             // when the server sent a record of that length
		fin         map[flow.Side]int // when a side closed
		unseen      uint64            // of the server before its close
		established bool
		error       bool
	}{
		{"refused", []int{at(2)}, map[flow.Side]int{flow.Server: at(3)}, 0, false, true},
		{"refused, and captured behind the close", []int{at(3)}, map[flow.Side]int{flow.Server: at(2)}, 0, false, true},
		{"refused just in time", []int{at(900)}, map[flow.Side]int{flow.Server: at(901)}, 0, false, true},
		{"an idle connection is closed", []int{at(3 * second)}, map[flow.Side]int{flow.Server: at(3*second + 1)}, 0, true, true},
		{"close_notify behind the client's close", []int{at(2), at(4)}, map[flow.Side]int{flow.Client: at(3)}, 0, false, true},
		{"the client closes as soon as it is refused", []int{at(2)}, map[flow.Side]int{flow.Client: at(90)}, 0, false, true},
		{"the client takes its time", []int{at(2)}, map[flow.Side]int{flow.Client: at(162), flow.Server: at(163)}, 0, true, true},
		{"two records before any close", []int{at(2), at(3)}, map[flow.Side]int{flow.Client: at(4)}, 0, true, false},
		{"three records", []int{at(2), at(4), at(5)}, map[flow.Side]int{flow.Client: at(3)}, 0, true, false},
		{"the client closed first", []int{at(4)}, map[flow.Side]int{flow.Client: at(3)}, 0, true, true},
		{"not closed", []int{at(2)}, nil, 0, true, true},
		{"the alert was lost", nil, map[flow.Side]int{flow.Client: at(3), flow.Server: at(4)}, 24, false, false},
		{"a padded alert was lost", nil, map[flow.Side]int{flow.Server: at(4)}, 40, false, false},
		{"more was lost", nil, map[flow.Side]int{flow.Server: at(4)}, 300, true, false},
		{"the close_notify of an idle connection was lost", nil, map[flow.Side]int{flow.Server: at(3 * second)}, 24, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := &collected{}
			h := newHandler(got)
			s := h.Open(flow.Client)
			var offset [2]uint64
			hear := hearing(s, &offset)
			for i, x := range before {
				hear(x.side, x.data, sent-len(before)+i)
			}
			for _, frame := range c.alerts {
				hear(flow.Server, alert, frame)
			}
			f := heardAfter(at(4 * second))
			f.Terminator.By = flow.Nobody
			for side, frame := range c.fin {
				f.Sides[side].Fin = event(frame)
				if e := &f.Terminator; !e.Happened() || event(frame).Frame < e.Frame {
					*e = flow.Terminator{Event: event(frame), By: side, Kind: flow.CloseFIN}
				}
			}
			f.Sides[flow.Server].Unseen = c.unseen
			finish(h, f, s)
			r := got.last(t)
			if r.Client.Cert != CertSent || r.Established != c.established || r.Server.ErrorRecord != c.error {
				t.Errorf("certificate %v, established %v, error record %v", r.Client.Cert, r.Established, r.Server.ErrorRecord)
			}
		})
	}
}

// TestAnswerCapturedBeforeTheFlight moves the client's second flight before the server's first, as captures do whose two
// directions came through different queues.
func TestAnswerCapturedBeforeTheFlight(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		client := clientConfig("gw.example.com")
		client.MinVersion, client.MaxVersion = version, version
		what := talk(t, client, serverConfig())
		byClient := func(s said) bool { return s.side == flow.Client }
		answer := 1 + slices.IndexFunc(what[1:], byClient)
		request := answer + 1 + slices.IndexFunc(what[answer+1:], byClient)
		what = slices.Delete(what, request, request+1) // so that the close_notify is next
		moved := slices.Insert(slices.Delete(slices.Clone(what), answer, answer+1), 1, what[answer])
		want, got := follow(t, what, 1<<16, nil), follow(t, moved, 1<<16, nil)
		if !got.Established || got.Alerts != want.Alerts || got.Stage != want.Stage {
			t.Errorf("version %x: established %v, alerts %v, stage %s", version, got.Established, got.Alerts, got.Stage)
		}
	}
}

// TestRefusalCapturedBeforeTheFlight does so with the alert by which a client refuses that.
func TestRefusalCapturedBeforeTheFlight(t *testing.T) {
	before := untilFlight(t)
	hello, flight := before[:len(before)-1], before[len(before)-1]
	for _, length := range []int{sealedAlert, sealedAlertPadded} {
		what := append(slices.Clone(hello), said{c, sealed(length)}, flight)
		if a := follow(t, what, 1<<16, closedBy(flow.Client)).Alerts[flow.Client]; !a.Encrypted {
			t.Errorf("%d bytes: alert %+v", length, a)
		}
	}
}

// TestGoodbyeCapturedBeforeTheFinished moves the client's last word before the server's Finished: it is no alert, unless the
// client had not acknowledged that.
func TestGoodbyeCapturedBeforeTheFinished(t *testing.T) {
	client := clientConfig("gw.example.com")
	client.MaxVersion = tls.VersionTLS12
	what := talk(t, client, serverConfig())
	last, finished := len(what)-1, 0
	for what[last].side != flow.Client {
		last--
	}
	for i := 2; finished == 0; i++ {
		if what[i].side == flow.Server && what[i-1].side == flow.Client {
			finished = i
		}
	}
	moved := slices.Insert(slices.Delete(slices.Clone(what), last, last+1), finished, what[last])
	if r := followAhead(t, moved, 1<<16, 1, nil); !r.Established || r.Alerts != [2]Alert{} {
		t.Errorf("established %v, alerts %+v", r.Established, r.Alerts)
	}
	if r := follow(t, moved, 1<<16, nil); !r.Established {
		t.Error("a client that sends data later is taken for one that gave up")
	}
	silent := slices.DeleteFunc(moved, func(s said) bool { return s.data[0] == 23 })
	r := follow(t, silent, 1<<16, closedBy(flow.Client))
	if a := r.Alerts[flow.Client]; r.Established || !a.Encrypted || a.Late {
		t.Errorf("the client had not acknowledged the Finished: established %v, alert %+v", r.Established, a)
	}
}

// TestRestOfAHandshake hears a whole conversation from the client's last record on, which is its encrypted close_notify: no
// alert is taken from it, for what it ended is unknown.
func TestRestOfAHandshake(t *testing.T) {
	client := clientConfig("gw.example.com")
	client.MaxVersion = tls.VersionTLS12
	what := talk(t, client, serverConfig())
	last := len(what) - 1
	for what[last].side != flow.Client {
		last--
	}
	if r := follow(t, what[last:], 1<<16, nil); r.Alerts != [2]Alert{} || r.TLSBytes[flow.Client] == 0 {
		t.Errorf("alerts %+v, %d bytes", r.Alerts, r.TLSBytes[flow.Client])
	}
}

// sealed is an encrypted record of a given length.
func sealed(n int) []byte {
	return append([]byte{23, 3, 3, byte(n >> 8), byte(n)}, make([]byte, n)...)
}

// untilFlight returns a TLS 1.3 conversation up to the server's EncryptedExtensions.
func untilFlight(t *testing.T) []said {
	t.Helper()
	what := talk(t, clientConfig("gw.example.com"), serverConfig())
	for i, s := range what {
		for at := 0; s.side == flow.Server && at+5 <= len(s.data); {
			end := at + 5 + int(s.data[at+3])<<8 + int(s.data[at+4])
			if s.data[at] == 23 {
				return append(what[:i:i], said{flow.Server, s.data[:end]})
			}
			at = end
		}
	}
	t.Fatal("the server sent no encrypted record")
	return nil
}

// A server's flight that ends with a record of an alert's length, and that the client does not answer, broke off with an alert.
func TestServerBreaksItsFlightOff(t *testing.T) {
	before := untilFlight(t)
	closed := func(side flow.Side) func(*flow.Facts) {
		return func(f *flow.Facts) {
			e := event(500)
			f.Sides[side].Fin = e
			f.Terminator = flow.Terminator{Event: e, By: side, Kind: flow.CloseFIN}
		}
	}
	finished := said{flow.Client, sealed(sealedFinished256)}
	for _, c := range []struct {
		name   string
		then   []said
		change func(*flow.Facts)
		alert  bool
	}{
		{"the client closes", []said{{flow.Server, sealed(sealedAlert)}}, closed(flow.Client), true},
		{"the server closes, padded", []said{{flow.Server, sealed(sealedAlertPadded)}}, closed(flow.Server), true},
		{"no alert", []said{{flow.Server, sealed(700)}}, closed(flow.Client), false},
		{"the flight goes on", []said{{flow.Server, sealed(sealedAlert)}, {flow.Server, sealed(700)}}, closed(flow.Client), false},
		{"the client answers", []said{{flow.Server, sealed(sealedAlert)}, finished}, closed(flow.Client), false},
		{"nobody closes", []said{{flow.Server, sealed(sealedAlert)}}, func(f *flow.Facts) { f.Terminator.By = flow.Nobody }, false},
		{"bytes are missing", []said{{flow.Server, sealed(sealedAlert)}}, func(f *flow.Facts) { closed(flow.Server)(f); f.Sides[flow.Server].Unseen = 90 }, false},
		{"the client's last bytes are missing", []said{{flow.Server, sealed(sealedAlert)}}, func(f *flow.Facts) { closed(flow.Server)(f); f.Sides[flow.Client].Unseen = 90 }, false},
		{"bytes were missed", []said{{flow.Server, sealed(sealedAlert)}}, func(f *flow.Facts) { closed(flow.Client)(f); f.Missed = 90 }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			what := append(before[:len(before):len(before)], c.then...)
			r := follow(t, what, 1<<20, c.change)
			if a := &r.Alerts[flow.Server]; a.Happened() != c.alert || a.Encrypted != c.alert || a.Late {
				t.Errorf("alert %+v", a)
			}
			if !r.Server.Flight.Happened() || r.Client.Finished.Happened() != (c.name == "the client answers") {
				t.Errorf("flight %v, finished %v", r.Server.Flight, r.Client.Finished)
			}
		})
	}
}

// What a server that asked for a certificate does without a ticket or an answer may refuse it, as long as no request came between.
func TestRefusedWithoutATicket(t *testing.T) {
	all, alert := untilAlert(t)
	var before []said // up to the client's second flight
	writes := 0
	for _, s := range all {
		if s.side == flow.Client {
			writes++
		}
		if writes <= 2 {
			before = append(before, s)
		}
	}
	request := said{flow.Client, sealed(90)}
	closing := said{flow.Server, alert}
	ticket := said{flow.Server, sealed(220)}
	both := said{flow.Server, append(sealed(220), alert...)}
	end := func(side flow.Side, at int, change func(*flow.Facts)) func(*flow.Facts) {
		return func(f *flow.Facts) {
			f.Terminator = flow.Terminator{Event: event(at), By: side, Kind: flow.CloseFIN}
			f.Sides[side].Fin = event(at)
			if change != nil {
				change(f)
			}
		}
	}
	for _, c := range []struct {
		name        string
		then        []said
		end         func(*flow.Facts)
		established bool
	}{
		{"alert, close_notify", []said{closing, closing}, end(flow.Server, 90, nil), false},
		{"alert, request, close_notify", []said{closing, request, closing}, end(flow.Server, 90, nil), false},
		{"request, short answer, close_notify", []said{request, closing, closing}, end(flow.Server, 90, nil), true},
		{"the server closes without a word", nil, end(flow.Server, 90, nil), false},
		{"also behind a request", []said{request}, end(flow.Server, 90, nil), false},
		{"the client does", nil, end(flow.Client, 90, nil), true},
		{"a second later", nil, end(flow.Server, 1200, nil), true},
		{"with a ticket", []said{ticket}, end(flow.Server, 90, nil), true},
		{"a ticket and an alert, as of Bun", []said{both}, end(flow.Server, 90, nil), false},
		{"and a request that crosses it", []said{both, request}, end(flow.Server, 90, nil), false},
		{"and the server goes on", []said{both, ticket}, end(flow.Server, 90, nil), true},
		{"and the client closes", []said{both}, end(flow.Client, 90, nil), true},
		{"a request, a ticket and an alert", []said{request, both}, end(flow.Server, 90, nil), true},
		{"and the capture lacks something", nil, end(flow.Server, 90, func(f *flow.Facts) { f.Ending.Incomplete = flow.IncompleteGap }), true},
		{"and the capture lacks its last words", nil, end(flow.Server, 90, func(f *flow.Facts) { f.Sides[flow.Server].Unseen = 500 }), true},
	} {
		r := follow(t, append(before[:len(before):len(before)], c.then...), 1<<20, c.end)
		if r.Client.Cert != CertSent || !r.Client.Finished.Happened() || r.Established != c.established {
			t.Errorf("%s: certificate %v, finished %v, established %v", c.name, r.Client.Cert, r.Client.Finished, r.Established)
		}
	}
}

// untilHello is untilFlight without the EncryptedExtensions.
func untilHello(t *testing.T) []said {
	t.Helper()
	what := untilFlight(t)
	last := &what[len(what)-1].data
	for at := 0; at < len(*last); at += 5 + int((*last)[at+3])<<8 + int((*last)[at+4]) {
		if (*last)[at] == 23 {
			*last = (*last)[:at]
			break
		}
	}
	return what
}

// Mbed TLS 3 pads all that it encrypts to a multiple of 16 bytes, so that an alert is as long as an empty Certificate.
func TestPaddedToMultiplesOf16(t *testing.T) {
	before := untilHello(t)
	server := func(lengths ...int) (s []said) {
		for _, n := range lengths {
			s = append(s, said{flow.Server, sealed(n)})
		}
		return s
	}
	client := func(lengths ...int) (s []said) {
		for _, n := range lengths {
			s = append(s, said{flow.Client, sealed(n)})
		}
		return s
	}
	flight := []int{32, 64, 832, 128, 64} // its last is the Finished
	for _, c := range []struct {
		name        string
		then        [][]said
		by          flow.Side // who closed
		established bool
		cert        ClientCert
		alerts      [2]bool
	}{
		{"the server's flight breaks off", [][]said{server(32, 32)}, flow.Client, false, CertNotSeen, [2]bool{false, true}},
		{"Java sends an alert in the place of EncryptedExtensions", [][]said{server(sealedAlertPadded)}, flow.Server, false, CertNotSeen, [2]bool{false, true}},
		{"the first record is EncryptedExtensions", [][]said{server(32)}, flow.Client, false, CertNotSeen, [2]bool{}},
		{"the server refuses a certificate", [][]said{server(flight...), client(832, 128, 64), server(32)}, flow.Server, false, CertSent, [2]bool{false, true}},
		{"the server refuses that there is none", [][]said{server(flight...), client(32, 64), server(32)}, flow.Server, false, CertEmpty, [2]bool{false, true}},
		{"so does one that does not pad", [][]said{server(31, 53), client(32, 64), server(sealedAlert)}, flow.Server, false, CertEmpty, [2]bool{false, true}},
		{"one that does not pad answers briefly", [][]said{server(31, 53), client(832, 128, 64), server(32)}, flow.Server, true, CertSent, [2]bool{}},
		{"the server gives a ticket", [][]said{server(flight...), client(832, 128, 64), server(224, 32)}, flow.Server, true, CertSent, [2]bool{}},
		{"the client refuses the server's certificate", [][]said{server(flight...), client(32)}, flow.Client, false, CertNotSeen, [2]bool{true, false}},
		{"Java, which pads by 16, has none to send", [][]said{server(31, 53), client(41, 85), server(sealedAlert)}, flow.Server, false, CertEmpty, [2]bool{false, true}},
		{"and is refused before it has sent its Finished", [][]said{server(31, 53), client(41), server(sealedAlertPadded), client(69)}, flow.Server, false, CertEmpty, [2]bool{false, true}},
		{"and is left without a word", [][]said{server(31, 53), client(41, 85)}, flow.Server, false, CertEmpty, [2]bool{}},
		{"and is accepted without", [][]said{server(31, 53), client(41, 85), server(220)}, flow.Server, true, CertEmpty, [2]bool{}},
		{"the server's alert between Certificate and Finished", [][]said{server(31, 53), client(sealedEmptyCert), server(sealedAlert), client(sealedFinished256)}, flow.Server, false, CertEmpty, [2]bool{false, true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			what := before[:len(before):len(before)]
			for _, s := range c.then {
				what = append(what, s...)
			}
			r := follow(t, what, 1<<20, func(f *flow.Facts) {
				f.Sides[c.by].Fin = event(100)
				f.Terminator = flow.Terminator{Event: event(100), By: c.by, Kind: flow.CloseFIN}
			})
			if begun := len(c.then[0]) > 1 || c.alerts == [2]bool{}; r.Server.Flight.Happened() != begun {
				t.Errorf("flight %v", r.Server.Flight)
			}
			if r.Established != c.established || r.Client.Cert != c.cert {
				t.Errorf("established %v, certificate %v", r.Established, r.Client.Cert)
			}
			for side, a := range r.Alerts {
				if a.Happened() != c.alerts[side] {
					t.Errorf("side %d: alert %+v", side, a)
				}
			}
		})
	}
}

// What is as short as an empty Certificate is none where it may be data: HTTP/2's preface, alone in a record, is as long as that of Java.
func TestDataAsShortAsAnEmptyCertificate(t *testing.T) {
	before := untilHello(t)
	for _, length := range []int{sealedEmptyCert, sealedEmptyJava} {
		gap := func(f *follower) { f.Gap(flow.Client, 64, flow.IncompleteGap, event(50)) }
		for _, c := range []struct {
			name   string
			then   func(f *follower)
			behind []byte
			cert   ClientCert
		}{
			{"nothing is missing", func(*follower) {}, nil, CertEmpty},
			{"the Finished may lie in a gap", gap, nil, CertNotSeen},
			{"SETTINGS follow", gap, sealed(9 + 3*6 + 1 + 16), CertNotSeen},
			{"a Finished follows", gap, sealed(sealedFinished384), CertEmpty},
			{"the server took early data", func(f *follower) { f.hello.EarlyData, f.server.Resumed = true, true }, nil, CertNotSeen},
			{"the server took none", func(f *follower) { f.hello.EarlyData = true }, nil, CertEmpty},
		} {
			got := &collected{}
			h := newHandler(got)
			f := h.Open(flow.Client).(*follower)
			var offset [2]uint64
			hear := hearing(f, &offset)
			for i, x := range before {
				hear(x.side, x.data, 4+i)
			}
			hear(flow.Server, append(sealed(31), sealed(sealedFinished256)...), 49)
			c.then(f)
			if f.half[flow.Client].missing != 0 {
				offset[flow.Client] += 64
			}
			hear(flow.Client, append(sealed(length), c.behind...), 51)
			hear(flow.Server, sealed(sealedAlert), 52)
			facts := factsAfter(53)
			facts.Terminator = flow.Terminator{Event: event(53), By: flow.Server, Kind: flow.CloseFIN}
			finish(h, facts, f)
			if r := got.last(t); r.Client.Cert != c.cert {
				t.Errorf("%d bytes, %s: certificate %v", length, c.name, r.Client.Cert)
			}
		}
	}
}

// EncryptedExtensions can be as long as an alert with padding, as with three groups in them, or a protocol of ALPN that has five
// letters. None are as short as one without.
func TestEncryptedExtensionsAsLongAsAnAlert(t *testing.T) {
	before := untilHello(t)
	server := func(n int) said { return said{flow.Server, sealed(n)} }
	for _, c := range []struct {
		name  string
		then  []said
		alert [2]bool
	}{
		{"the flight goes on", []said{server(sealedAlertPadded), server(700), {flow.Client, sealed(sealedFinished256)}, server(200)}, [2]bool{}},
		{"the client refuses the flight", []said{server(sealedAlertPadded), server(700), {flow.Client, sealed(sealedAlert)}}, [2]bool{flow.Client: true}},
		{"the server says no more", []said{server(sealedAlertPadded)}, [2]bool{flow.Server: true}},
		{"an alert in their place", []said{server(sealedAlert)}, [2]bool{flow.Server: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := follow(t, append(before[:len(before):len(before)], c.then...), 1<<20, func(f *flow.Facts) {
				f.Terminator = flow.Terminator{Event: event(500), By: flow.Client, Kind: flow.CloseFIN}
			})
			for side := range r.Alerts {
				if r.Alerts[side].Happened() != c.alert[side] {
					t.Errorf("side %d: alert %+v", side, r.Alerts[side])
				}
			}
			if began := len(c.then) > 1; began && !r.Server.Flight.Happened() {
				t.Error("no flight")
			}
		})
	}
}

// GnuTLS refuses a client's certificate behind the handshake, also in TLS 1.2, where its alert is encrypted.
func TestRefusedBehindTheHandshakeOfTLS12(t *testing.T) {
	client, server := clientConfig("gw.example.com"), serverConfig()
	client.MaxVersion, client.Certificates, server.ClientAuth = tls.VersionTLS12, []tls.Certificate{testCertificate()}, tls.RequireAnyClientCert
	what := talk(t, client, server)
	data := slices.IndexFunc(what, func(s said) bool { return s.data[0] == 23 })
	what = what[:data:data]
	alert, answer := append([]byte{21, 3, 3, 0, 26}, make([]byte, 26)...), sealed(90)
	for _, c := range []struct {
		name        string
		then        []said
		by          flow.Side
		established bool
	}{
		{"refused", []said{{flow.Server, alert}}, flow.Server, false},
		{"refused, and the client says goodbye", []said{{flow.Server, alert}, {flow.Client, alert}}, flow.Client, false},
		{"the client says goodbye first", []said{{flow.Client, alert}, {flow.Server, alert}}, flow.Client, true},
		{"data, then goodbye", []said{{flow.Client, answer}, {flow.Server, answer}, {flow.Server, alert}}, flow.Server, true},
		{"word of its own, then goodbye", []said{{flow.Server, append(answer[:len(answer):len(answer)], alert...)}, {flow.Client, alert}}, flow.Server, true}, // as of Postfix
		{"nothing", nil, flow.Server, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := follow(t, slices.Concat(what, c.then), 1<<20, func(f *flow.Facts) {
				f.Sides[c.by].Fin = event(100)
				f.Terminator = flow.Terminator{Event: event(100), By: c.by, Kind: flow.CloseFIN}
			})
			if r.Established != c.established || r.Alerts[flow.Server].Happened() == c.established || r.Client.Cert != CertSent {
				t.Errorf("established %v, alert %+v, certificate %v", r.Established, r.Alerts[flow.Server], r.Client.Cert)
			}
			if data := r.AppData[flow.Server] > 0; data && r.Server.ErrorRecord {
				t.Error("what came behind data is taken for a refusal")
			}
		})
	}
}

// TestFlightInOneRecord: BoringSSL and rustls send Certificate, CertificateVerify and Finished in one record, so that what follows is
// data, or a close_notify, however much its length is that of a message.
func TestFlightInOneRecord(t *testing.T) {
	all, alert := untilAlert(t)
	var before []said // up to the client's second flight
	for _, s := range all {
		if s.side == flow.Client && len(before) > 1 {
			break
		}
		before = append(before, s)
	}
	client := func(n int) said { return said{flow.Client, sealed(n)} }
	answer, closing := said{flow.Server, sealed(700)}, said{flow.Server, alert}
	for _, c := range []struct {
		name    string
		then    []said
		data    int
		goodbye bool
		refused bool
	}{
		{"a request as long as a padded Finished", []said{client(974), client(70), answer}, 1, false, false},
		{"a short request", []said{client(974), client(30), answer}, 1, false, false},
		{"a request as short as an empty Certificate", []said{client(974), client(sealedEmptyCert), answer}, 1, false, false},
		{"a request as long as a CertificateVerify", []said{client(974), client(281), answer}, 1, false, false},
		{"requests", []said{client(974), client(281), client(150), answer}, 2, false, false},
		{"three records", []said{client(974), client(281), client(sealedFinished256), answer}, 0, false, false},
		{"three records and a request", []said{client(974), client(97), client(sealedFinished384), client(100), answer}, 1, false, false},
		{"an answer alone", []said{client(974), answer}, 0, false, false},
		{"close_notify", []said{client(594), client(sealedAlert), closing}, 0, true, false},
		{"a refusal", []said{client(594), closing}, 0, false, true},
		{"a refusal behind a request", []said{client(594), client(70), closing}, 1, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			what := append(before[:len(before):len(before)], c.then...)
			r := follow(t, what, 1<<20, func(f *flow.Facts) {
				f.Terminator = flow.Terminator{Event: event(90), By: flow.Server, Kind: flow.CloseFIN}
				f.Sides[flow.Server].Fin = event(90)
			})
			if r.Client.Cert != CertSent || !r.Client.Finished.Happened() || r.AppData[flow.Client] != c.data || r.Client.Goodbye != c.goodbye {
				t.Errorf("certificate %v, finished %v, %d records of data, goodbye %v", r.Client.Cert, r.Client.Finished, r.AppData[flow.Client], r.Client.Goodbye)
			}
			if r.Established == c.refused {
				t.Errorf("established %v", r.Established)
			}
		})
	}
}

// TestFinishedThatNobodyRead: a server that closes or resets the connection without having acknowledged the client's Finished never had it.
func TestFinishedThatNobodyRead(t *testing.T) {
	var what []said   // up to the client's Finished
	sent := uint64(0) // by the client
	for _, s := range talk(t, clientConfig("gw.example.com"), serverConfig()) {
		what = append(what, s)
		if s.side != flow.Client {
			continue
		}
		if sent += uint64(len(s.data)); len(what) > 1 {
			break
		}
	}
	for _, c := range []struct {
		name        string
		change      func(*flow.Facts)
		established bool
	}{
		{"reset in answer to it", func(*flow.Facts) {}, false},
		{"acknowledged", func(f *flow.Facts) { f.Sides[flow.Client].Acked = sent }, true},
		{"by the client", func(f *flow.Facts) { f.Terminator.By = flow.Client }, true},
		{"closed", func(f *flow.Facts) { f.Terminator.Kind = flow.CloseFIN }, false},
		{"closed and acknowledged", func(f *flow.Facts) { f.Terminator.Kind, f.Sides[flow.Client].Acked = flow.CloseFIN, sent }, true},
		{"closed by the client", func(f *flow.Facts) { f.Terminator.Kind, f.Terminator.By = flow.CloseFIN, flow.Client }, true},
		{"closed, and bytes were missed", func(f *flow.Facts) { f.Terminator.Kind, f.Missed = flow.CloseFIN, 10 }, true},
		{"bytes were missed", func(f *flow.Facts) { f.Missed = 10 }, true},
	} {
		r := follow(t, what, 1<<20, func(f *flow.Facts) {
			f.Sides[flow.Client].Sent, f.Sides[flow.Client].Acked = sent+100, sent-10 // a request came behind it
			f.Terminator = flow.Terminator{Event: event(90), By: flow.Server, Kind: flow.CloseRST, RST: flow.RSTNoSocket}
			c.change(f)
		})
		if r.Server.Version != tls.VersionTLS13 || !r.Client.Finished.Happened() || r.Established != c.established {
			t.Errorf("%s: version %x, finished %v, established %v", c.name, r.Server.Version, r.Client.Finished, r.Established)
		}
	}
	last := &what[len(what)-1]
	last.data = append(last.data, sealed(95)...) // the request, captured as one packet with it and not sent so
	r := follow(t, what, 1<<20, func(f *flow.Facts) {
		f.Sides[flow.Client].Sent, f.Sides[flow.Client].Acked = sent+100, sent
		f.Terminator = flow.Terminator{Event: event(90), By: flow.Server, Kind: flow.CloseFIN}
	})
	if !r.Established {
		t.Error("acknowledged, and what was captured with it was not: not established")
	}
}

// TestRefusedBehindTheHandshakeOf12: in TLS 1.2 a server that refuses a certificate once the handshake is done sends an alert, which
// the client's request may cross, and closes.
func TestRefusedBehindTheHandshakeOf12(t *testing.T) {
	client, server := clientConfig("gw.example.com"), serverConfig()
	client.Certificates, server.ClientAuth, server.MaxVersion = []tls.Certificate{testCertificate()}, tls.RequestClientCert, tls.VersionTLS12
	var handshake []said // up to the server's Finished
	for _, s := range talk(t, client, server) {
		if s.data[0] == byte(tlswire.RecordApplicationData) {
			break
		}
		handshake = append(handshake, s)
	}
	alert := said{flow.Server, append([]byte{byte(tlswire.RecordAlert), 3, 3, 0, 26}, make([]byte, 26)...)}
	request, answer := said{flow.Client, sealed(102)}, said{flow.Server, sealed(700)}
	for _, c := range []struct {
		name        string
		then        []said
		end         flow.Side
		established bool
	}{
		{"an alert", []said{alert}, flow.Server, false},
		{"a request crosses it", []said{alert, request}, flow.Server, false},
		{"it answers a request", []said{request, alert}, flow.Server, true},
		{"the server goes on", []said{alert, request, answer}, flow.Server, true},
		{"the client closes", []said{alert, request}, flow.Client, true},
	} {
		r := follow(t, append(handshake[:len(handshake):len(handshake)], c.then...), 1<<20, func(f *flow.Facts) {
			at := event(30)
			if c.end == flow.Client {
				at = event(3) // before the alert
			}
			f.Terminator = flow.Terminator{Event: at, By: c.end, Kind: flow.CloseFIN}
			f.Sides[c.end].Fin = at
		})
		if r.Client.Cert != CertSent || r.Established != c.established {
			t.Errorf("%s: certificate %v, established %v, %+v", c.name, r.Client.Cert, r.Established, r.Alerts)
		}
	}
}

// TestTickets has records behind the client's Finished taken for tickets while they are alike.
func TestTickets(t *testing.T) {
	for _, tc := range []struct {
		lengths []int
		tickets uint8
	}{
		{[]int{255, 255}, 2}, {[]int{255, 255, sealedAlert}, 2}, {[]int{255, 255, 255, 255, 255}, maxAlike}, {[]int{255}, 1},
		{[]int{255, 255, 60}, 0}, {[]int{255, 60, 255}, 0}, {[]int{sealedAlert}, 0}, {[]int{sealedAlert, 255}, 0}, {nil, 0},
		{[]int{31, 31, sealedAlert}, 0}, {[]int{ticketLeast - 1}, 0}, {[]int{ticketLeast + 1, ticketLeast + 1}, 2},
	} {
		var f follower
		for _, n := range tc.lengths {
			f.server.RecordsAfterDone++
			f.noteTicket(n)
		}
		if f.server.Tickets != tc.tickets {
			t.Errorf("%v: %d, want %d", tc.lengths, f.server.Tickets, tc.tickets)
		}
	}
}
