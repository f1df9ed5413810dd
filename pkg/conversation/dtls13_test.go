package conversation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
)

// helloDTLS and answerDTLS are the hellos of a handshake of DTLS 1.3 with the given cipher suite, each in one datagram.
func helloDTLS() said {
	body := slices.Concat([]byte{0xfe, 0xfd}, make([]byte, 32), []byte{0, 0, 0, 2, 0x13, 1, 1, 0, 0, byte(len(extensionName))}, extensionName)
	return fragmentDTLS(body, 0, len(body))
}

func answerDTLS(suite uint16) said {
	body := slices.Concat([]byte{0xfe, 0xfd}, make([]byte, 32), []byte{0, byte(suite >> 8), byte(suite), 0, 0, 6, 0, 43, 0, 2, 0xfe, 0xfc})
	x := fragmentDTLS(body, 0, len(body))
	x.side, x.data[13] = s, 2
	return x
}

// unified are datagrams with one encrypted record each, written as "S2:61": who sent it, its epoch and its length.
func unified(t *testing.T, text string) (list []said) {
	t.Helper()
	for word := range strings.FieldsSeq(text) {
		var who rune
		var epoch, length int
		if _, err := fmt.Sscanf(word, "%c%d:%d", &who, &epoch, &length); err != nil {
			t.Fatal(word, err)
		}
		head := []byte{0b001_01100 | byte(epoch), 0, 0, byte(length >> 8), byte(length)}
		list = append(list, said{map[rune]flow.Side{'C': c, 'S': s}[who], append(head, make([]byte, length)...)})
	}
	return list
}

// TestWhatRecordsOfDTLS13Are is about handshakes of which only order, epoch and length of the records can be seen. Those
// that say so were recorded between clients and servers of wolfSSL 5.
func TestWhatRecordsOfDTLS13Are(t *testing.T) {
	const (
		aes128, aes256, ccm8 = 0x1301, 0x1302, 0x1305
		asked                = "S2:31 S2:68 S2:848 S2:289 S2:61 " // the server's flight, which asks for a certificate
		flight               = "S2:31 S2:848 S2:289 S2:61 "
	)
	for _, x := range []struct {
		name        string
		suite       uint16
		records     string
		established bool
		cert        ClientCert
		refused     []flow.Side // who sent what is taken for an alert
	}{
		{"a client without its certificate (wolfSSL)", aes128, asked + "C2:33 S3:19 C2:61", false, CertEmpty, []flow.Side{s}},
		{"a certificate of another authority (wolfSSL)", aes128, asked + "C2:838 S3:19 C2:289 C2:61", false, CertSent, []flow.Side{s}},
		{"the same, refused behind the Finished (wolfSSL)", aes128, asked + "C2:838 C2:289 C2:61 S3:19", false, CertSent, []flow.Side{s}},
		{"a good certificate (wolfSSL)", aes128, asked + "C2:833 C2:289 C2:61 S3:67 C3:35 S3:230 S3:58 S3:19", true, CertSent, nil},
		{"no certificate asked for (wolfSSL)", aes128, flight + "C2:61 S3:35 C3:35 S3:235 C3:35 S3:63 C3:19 S3:19", true, CertNotSeen, nil},
		{"an authority that the client does not have (wolfSSL)", aes128, flight + "C2:19", false, CertNotSeen, []flow.Side{c}},
		{"the same, in the middle of the flight (wolfSSL)", aes128, "S2:31 S2:848 C2:19 S2:289", false, CertNotSeen, []flow.Side{c}},

		{"a client without its certificate, in one record", aes128, asked + "C2:77 S3:19", false, CertEmpty, []flow.Side{s}},
		{"a Finished of SHA-384 is no empty Certificate", aes256, flight + "C2:77 S3:35 S3:60", true, CertNotSeen, nil},
		{"a short tag", ccm8, "S2:23 S2:840 S2:281 S2:53 C2:25 C2:53 S3:11", false, CertEmpty, []flow.Side{s}},
		{"an ACK of nothing, and then the Finished", aes128, flight + "C2:19 C2:61 S3:35", true, CertNotSeen, nil},
		{"ACKs of parts of the flight are no Finished", aes128, "S2:31 S2:848 C2:35 S3:60 C2:51", false, CertNotSeen, nil},
		{"an alert behind such an ACK", aes128, "S2:31 S2:848 C2:35 S2:289 S2:61 C2:19", false, CertNotSeen, []flow.Side{c}},
		{"a part of the client's flight is acknowledged, and then it is refused", aes128,
			asked + "C2:838 C2:289 C2:61 S3:51 C2:289 S3:19", false, CertSent, []flow.Side{s}},
		{"the same, where the capture lacks what was lost", aes128, asked + "C2:838 C2:61 S3:51 C2:289 S3:19", false, CertSent, []flow.Side{s}},
		{"the flight was sent twice, and then acknowledged and closed", aes128,
			asked + "C2:838 C2:289 C2:61 C2:838 C2:289 C2:61 S3:67 S3:19", true, CertSent, nil},
		{"an ACK of nothing, and then a ticket", aes128, asked + "C2:838 C2:289 C2:61 S3:19 S3:230", true, CertSent, nil},
		{"a padded alert cannot be told from an ACK", aes128, flight + "C2:35", false, CertNotSeen, nil},
		{"the client's close of a connection whose Finished was lost", aes128, flight + "C3:19", true, CertNotSeen, nil},
		{"the server closes, and its ACK was lost", aes128, flight + "C2:61 S3:19", false, CertNotSeen, nil},
		{"the server breaks its flight off", aes128, "S2:31 S2:19", false, CertNotSeen, []flow.Side{s}},
		{"the server closes a connection of which it alone was captured", aes128, flight + "S3:19", false, CertNotSeen, nil},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := followDatagrams(t, slices.Concat([]said{helloDTLS(), answerDTLS(x.suite)}, unified(t, x.records)), 1<<16)
			if r.Established != x.established || r.Client.Cert != x.cert {
				t.Errorf("established %v, certificate %v", r.Established, r.Client.Cert)
			}
			if at := r.Server.Flight.Frame; at != 3 {
				t.Errorf("the server's flight begins in packet %d, want 3", at)
			}
			for side := range r.Alerts {
				want := slices.Contains(x.refused, flow.Side(side))
				if a := &r.Alerts[side]; a.Happened() != want || want && !a.Encrypted {
					t.Errorf("side %d: alert %+v", side, *a)
				}
			}
		})
	}
}

// TestLostDatagramsOfDTLS13 takes datagrams out of handshakes: the capture may lack any.
func TestLostDatagramsOfDTLS13(t *testing.T) {
	const refused = "S2:31 S2:68 S2:848 S2:289 S2:61 C2:838 C2:289 C2:61 S3:19"
	hellos := []said{helloDTLS(), answerDTLS(0x1301)}
	r := followDatagrams(t, slices.Concat(hellos[:1], unified(t, refused)), 1<<16)
	if r.Established || r.Alerts[s].Happened() {
		t.Errorf("without the ServerHello: established %v, alert %+v", r.Established, r.Alerts[s])
	}
	r = followDatagrams(t, slices.Concat(hellos, unified(t, "S2:31 S2:848 S2:289 S2:61 S3:35 S3:235")), 1<<16)
	if r.Established || r.Incomplete != flow.IncompleteGap {
		t.Errorf("without the client's flight: established %v, incomplete %v", r.Established, r.Incomplete)
	}
	for name, records := range map[string]string{
		"without the client's flight and the ACK of it": "S2:31 S2:848 S2:289 S2:61 S3:230",
		"without all of it but the server's close":      "S2:31 S2:848 S2:289 S2:61 S3:19",
		"without what the client acknowledges":          "S2:31 S2:68 S2:848 S2:289 S2:61 C2:289 S3:19 C3:35",
	} {
		r := followDatagrams(t, slices.Concat(hellos, unified(t, records)), 1<<16)
		if r.Established || r.Incomplete != flow.IncompleteGap || r.Alerts[s].Happened() {
			t.Errorf("%s: established %v, incomplete %v, alert %+v", name, r.Established, r.Incomplete, r.Alerts[s])
		}
	}
}

// TestSecondHelloHasNoFingerprint loses the first hello: the one with the cookie has an extension that this lacks.
func TestSecondHelloHasNoFingerprint(t *testing.T) {
	cookie := []byte{0, 44, 0, 3, 0, 1, 'x'}
	for _, more := range [][]byte{nil, cookie} {
		extensions := slices.Concat(extensionName, more)
		body := slices.Concat([]byte{0xfe, 0xfd}, make([]byte, 32), []byte{0, 0, 0, 2, 0x13, 1, 1, 0, 0, byte(len(extensions))}, extensions)
		r := followDatagrams(t, []said{fragmentDTLS(body, 0, len(body))}, 1<<16)
		if first := more == nil; r.Hello.State != HelloComplete || r.Hello.Name == "" || (r.Hello.JA4 != "") != first {
			t.Errorf("cookie %x: hello %v for %q, %q", more, r.Hello.State, r.Hello.Name, r.Hello.JA4)
		}
	}
}

// TestIdleDTLS13IsNotRefused has the server's only record behind the client's certificate come after seconds: its ACK was lost.
func TestIdleDTLS13IsNotRefused(t *testing.T) {
	sink := &collected{}
	h := newHandler(sink)
	d := h.OpenDatagrams(flow.DTLS)
	frame := 0
	hear := func(list []said) {
		for _, x := range list {
			frame++
			d.Datagram(x.side, x.data, uint32(len(x.data)), event(frame))
		}
	}
	hear([]said{helloDTLS(), answerDTLS(0x1301)})
	hear(unified(t, "S2:31 S2:68 S2:848 S2:289 S2:61 C2:838 C2:289 C2:61"))
	frame += 3000
	hear(unified(t, "S3:19"))
	finish(h, factsAfter(frame), d)
	if a := sink.last(t).Alerts[s]; a.Happened() {
		t.Errorf("alert %+v", a)
	}
}

// TestCutRecordsOfDTLS13 cuts the datagram with the client's flight behind its first record: what stands in it is not known.
func TestCutRecordsOfDTLS13(t *testing.T) {
	list := slices.Concat([]said{helloDTLS(), answerDTLS(0x1301)}, unified(t, "S2:31 S2:68 S2:120 S2:61 C2:838 C2:289 C2:61 S3:19"))
	n := len(list)
	together := said{c, slices.Concat(list[n-4].data, list[n-3].data, list[n-2].data)}
	list = append(list[:n-4], together, list[n-1])
	for snap, refused := range map[int]bool{1 << 16: true, 200: false} {
		if r := followDatagrams(t, list, snap); r.Alerts[s].Happened() != refused {
			t.Errorf("cut to %d bytes: alert %+v", snap, r.Alerts[s])
		}
	}
}
