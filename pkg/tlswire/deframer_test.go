package tlswire

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// events feeds stream in pieces, of which cut gives the lengths, and describes
// what the deframer reports.
func events(stream []byte, cut func() int) []string {
	var d Deframer
	var log []string
	emit := func(e *Event) {
		log = append(log, describe(e))
		if e.Kind == EventHandshake {
			for _, n := range []int{0, e.MessageLen - 1} {
				at, ok := d.StreamOffset(n)
				log = append(log, fmt.Sprintf("byte %d at %d %v", n, at, ok))
			}
		}
	}
	for len(stream) > 0 {
		n := min(cut(), len(stream))
		feed(&d, stream[:n], emit)
		stream = stream[n:]
	}
	typ, have, total, ok := d.Pending()
	h, n, open := d.PendingRecord()
	feed(&d, nil, emit)
	return append(log, fmt.Sprintf("pending %d %d/%08x %d %v, record %+v %d %v", typ, len(have), crc32.ChecksumIEEE(have), total, ok, h, n, open))
}

func describe(e *Event) string {
	return fmt.Sprintf("%d %+v at %d-%d type %d body %d/%08x len %d alert %+v",
		e.Kind, e.Record, e.Offset, e.End, e.Message, len(e.Body), crc32.ChecksumIEEE(e.Body), e.MessageLen, e.Alert)
}

// awkward are streams with everything in them that has to be carried over from
// one piece to the next.
func awkward(t testing.TB) map[string][]byte {
	all := streams(t)
	hello := handshakeMessage(TypeClientHello, helloSpec{extensions: []extension{serverName("a.example")}}.body())
	retried := handshakeMessage(TypeClientHello, message(t, "openssl-hrr.client", TypeClientHello, 1))
	ccs := tlsRecord(RecordChangeCipherSpec, []byte{1})
	split := tlsRecord(RecordHandshake, hello[:3])
	for i := 3; i < len(hello); i += 11 {
		split = append(split, tlsRecord(RecordHandshake, hello[i:min(i+11, len(hello))])...)
	}
	all["split over many records"] = split
	all["several in one record"] = tlsRecord(RecordHandshake, slices.Concat(hello, handshakeMessage(TypeServerHelloDone, nil), hello, hello[:9]))
	all["interleaved"] = slices.Concat(tlsRecord(RecordHandshake, hello[:20]), tlsRecord(RecordAlert, []byte{2, 40}),
		tlsRecord(RecordApplicationData, nil), tlsRecord(RecordHandshake, hello[20:]))
	all["second hello behind change of cipher"] = slices.Concat(ccs, tlsRecord(RecordHandshake, retried[:40]), tlsRecord(RecordHandshake, retried[40:]))
	all["ciphertext behind change of cipher"] = slices.Concat(ccs, tlsRecord(RecordHandshake, bytes.Repeat([]byte{1}, 40)),
		tlsRecord(RecordHandshake, []byte{1, 0}), tlsRecord(RecordAlert, make([]byte, 26)), tlsRecord(RecordAlert, []byte{1, 0}))
	all["unknown message"] = slices.Concat(tlsRecord(RecordHandshake, slices.Concat(hello, []byte{99, 1, 2, 3})), tlsRecord(RecordHandshake, hello))
	all["too large"] = tooLarge(hello)
	all["alert of one byte"] = tlsRecord(RecordAlert, []byte{2})
	all["not TLS any more"] = append(tlsRecord(RecordHandshake, hello), "\x15\x03HTTP/1.1 400 Bad Request"...)
	all["bad length"] = append(tlsRecord(RecordHandshake, hello), 22, 3, 3, 0xff, 0xff, 1, 2, 3)
	return all
}

// tooLarge is a message of 70,000 bytes and one behind it.
func tooLarge(next []byte) []byte {
	msg := append(handshakeMessage(TypeCertificate, make([]byte, 70000)), next...)
	var b []byte
	for part := range slices.Chunk(msg, 16384) {
		b = append(b, tlsRecord(RecordHandshake, part)...)
	}
	return b
}

func TestEventsDoNotDependOnChunks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, b := range awkward(t) {
		want := events(b, func() int { return len(b) })
		for what, cut := range map[string]func() int{
			"1":      func() int { return 1 },
			"2":      func() int { return 2 },
			"7":      func() int { return 7 },
			"1460":   func() int { return 1460 },
			"random": func() int { return 1 + rng.IntN(50) },
		} {
			if got := events(b, cut); !slices.Equal(got, want) {
				t.Fatalf("%s in pieces of %s:\n%s\nwant\n%s", name, what, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
}

// encrypted reports whether e is ciphertext where other records are in the clear.
func encrypted(e *Event) bool {
	return e.Kind == sealed && (e.Record.Type == RecordHandshake || e.Record.Type == RecordAlert)
}

// summary says in one word per event what a stream holds.
func summary(b []byte) string {
	var words []string
	var d Deframer
	feed(&d, b, func(e *Event) {
		w := ""
		switch e.Kind {
		case EventHandshake:
			w = fmt.Sprintf("message%d", e.Message)
		case EventAlert:
			w = fmt.Sprintf("alert%d", e.Alert.Description)
		case EventRecord, sealed:
			w = fmt.Sprintf("record%d", e.Record.Type)
		case EventTooLarge:
			w = fmt.Sprintf("large%d:%d/%d", e.Message, len(e.Body), e.MessageLen)
		case EventNotTLS:
			w = fmt.Sprintf("not-tls@%d", e.Offset)
		}
		for _, mark := range []struct {
			set  bool
			text string
		}{{encrypted(e), "*"}, {e.Kind == EventRecord, "?"}} {
			if mark.set {
				w += mark.text
			}
		}
		words = append(words, w)
	})
	return strings.Join(words, " ")
}

func TestWhatStreamsHold(t *testing.T) {
	all := awkward(t)
	for name, want := range map[string]string{
		"openssl-tls12.client":                 "message1 message16 record20 record22* record23 record21*",
		"openssl-tls12.server":                 "message2 message11 message12 message14 message4 record20 record22* record23 record23 record21*",
		"openssl-hrr.client":                   "message1 record20 message1 record23 record23 record23",
		"split over many records":              "message1",
		"several in one record":                "message1 message14 message1",
		"interleaved":                          "alert40 record23 message1",
		"second hello behind change of cipher": "record20 message1",
		"ciphertext behind change of cipher":   "record20 record22* record22* record21* alert0",
		"unknown message":                      "message1 record22? message1",
		"too large":                            "large11:65532/70004 message1",
		"alert of one byte":                    "record21?",
		"bad length":                           "message1 not-tls@79",
	} {
		if got := summary(all[name]); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if got := summary(all["openssl-hrr.server"]); !strings.HasPrefix(got, "message2 record20 message2 record23") {
		t.Errorf("the ServerHello behind a HelloRetryRequest is in the clear: %s", got)
	}
}

// A cut hello can be taken from the deframer and decoded as far as it goes.
func TestPendingMessage(t *testing.T) {
	body := helloSpec{extensions: []extension{serverName("a.example"), {extEarlyData, nil}}}.body()
	msg := handshakeMessage(TypeClientHello, body)
	b := tlsRecord(RecordHandshake, msg)
	for n := RecordHeaderLen + 1; n < len(b); n++ {
		var d Deframer
		feed(&d, b[:n], func(*Event) { t.Fatal("an event of a message that is not complete") })
		typ, have, total, ok := d.Pending()
		if !ok || typ != TypeClientHello {
			t.Fatalf("%d bytes: type %d, %v", n, typ, ok)
		}
		if n >= RecordHeaderLen+handshakeHeaderLen && (total != len(msg) || !bytes.Equal(have, body[:n-RecordHeaderLen-handshakeHeaderLen])) {
			t.Fatalf("%d bytes: total %d, have %x", n, total, have)
		}
		h, got, ok := d.PendingRecord()
		if !ok || h.Length != len(msg) || got != n-RecordHeaderLen {
			t.Fatalf("%d bytes: record %+v, %d, %v", n, h, got, ok)
		}
	}
}

func TestStreamOffset(t *testing.T) {
	msg := handshakeMessage(TypeClientHello, helloSpec{extensions: []extension{serverName("a.example")}}.body())
	whole := tlsRecord(RecordHandshake, append(handshakeMessage(TypeServerHelloDone, nil), msg...))
	halves := append(tlsRecord(RecordHandshake, msg[:50]), tlsRecord(RecordHandshake, msg[50:])...)
	var bits []byte
	for _, c := range msg {
		bits = append(bits, tlsRecord(RecordHandshake, []byte{c})...)
	}
	for name, tc := range map[string]struct {
		stream []byte
		known  bool
	}{"second in its record": {whole, true}, "in two records": {halves, true}, "in more records than are remembered": {bits, false}} {
		var d Deframer
		feed(&d, tc.stream, func(e *Event) {
			if e.Message != TypeClientHello {
				return
			}
			var h ClientHello
			if err := h.Unmarshal(e.Body); err != nil {
				t.Error(err)
			}
			at, ok := d.StreamOffset(h.ServerNameOffset)
			if ok != tc.known || ok && !bytes.HasPrefix(tc.stream[at:], []byte("a.example")) {
				t.Errorf("%s: offset %d, %v", name, at, ok)
			}
		})
	}
}

// Bytes lost within application data do not lose the framing; the records behind
// them are reported as if nothing was missing, and one that ends within them at once.
func TestGapWithinRecord(t *testing.T) {
	data := tlsRecord(RecordApplicationData, make([]byte, 5000))
	alert := tlsRecord(RecordAlert, []byte{1, 0})
	for _, missing := range []int{1, 100, 4000} {
		var d Deframer
		var log []string
		emit := func(e *Event) {
			log = append(log, fmt.Sprintf("%d@%d-%d", e.Kind, e.Offset, e.End))
		}
		feed(&d, data[:1005], emit)
		if !d.Gap(int64(missing), &reader{&d, emit}) {
			t.Fatalf("%d bytes missing: framing lost", missing)
		}
		if ended := len(log) > 0; ended != (missing == 4000) {
			t.Fatalf("%d bytes missing: %v", missing, log)
		}
		feed(&d, data[1005+missing:], emit)
		feed(&d, alert, emit)
		if want := []string{"100@0-5005", "2@5005-5012"}; !slices.Equal(log, want) {
			t.Errorf("%d bytes missing: %v, want %v", missing, log, want)
		}
	}
}

func TestGapBeyondRecord(t *testing.T) {
	hello := tlsRecord(RecordHandshake, handshakeMessage(TypeClientHello, helloSpec{}.body()))
	more := tlsRecord(RecordApplicationData, make([]byte, 100))
	var d Deframer
	count := 0
	emit := func(*Event) { count++ }
	feed(&d, hello[:30], emit)
	if d.Gap(100, &reader{&d, emit}) {
		t.Error("the gap is within a message that is looked into")
	}
	if _, have, _, ok := d.Pending(); !ok || len(have) != 21 {
		t.Errorf("what was seen before the gap is gone: %d bytes, %v", len(have), ok)
	}
	feed(&d, more, emit)
	if count != 0 {
		t.Error("read on without framing")
	}
	if d.Resync([]byte("HTTP/1.1 200 OK")) || d.Resync(more[:4]) || d.Resync(append(more, 0)) {
		t.Error("framing found where there is none")
	}
	if !d.Resync(more) || !d.Resync(append(more, more[:70]...)) {
		t.Error("framing not found")
	}
	feed(&d, more, func(e *Event) {
		count++
		if e.Kind != sealed || e.Offset != 0 || e.End != int64(len(more)) {
			t.Errorf("%+v", e)
		}
	})
	if count != 1 {
		t.Errorf("%d events", count)
	}
}

func TestResyncKeepsEncryption(t *testing.T) {
	finished := tlsRecord(RecordHandshake, bytes.Repeat([]byte{1}, 40))
	var d Deframer
	feed(&d, tlsRecord(RecordChangeCipherSpec, []byte{1}), func(*Event) {})
	d.Gap(9, &reader{&d, func(*Event) {}})
	if !d.Resync(finished) {
		t.Fatal("framing not found")
	}
	feed(&d, finished, func(e *Event) {
		if !encrypted(e) {
			t.Errorf("%+v", e)
		}
	})
}

func TestDeadUntilReset(t *testing.T) {
	var d Deframer
	kinds := []EventKind{}
	emit := func(e *Event) { kinds = append(kinds, e.Kind) }
	feed(&d, []byte("SSH-2.0-"), emit)
	alert := tlsRecord(RecordAlert, []byte{1, 0})
	feed(&d, alert, emit)
	d.Reset()
	feed(&d, alert, emit)
	if want := []EventKind{EventNotTLS, EventAlert}; !slices.Equal(kinds, want) {
		t.Errorf("%v, want %v", kinds, want)
	}
}

func TestBufferIsBounded(t *testing.T) {
	var d Deframer
	msg := handshakeMessage(TypeCertificate, make([]byte, 10))
	msg[1] = 0xff // claims 16 MiB
	feed(&d, tlsRecord(RecordHandshake, msg), func(*Event) {})
	if c := cap(d.message.buf); c > 64 {
		t.Errorf("%d bytes held for 14 seen", c)
	}
	part := tlsRecord(RecordHandshake, make([]byte, 16384))
	for range 20 {
		feed(&d, part, func(*Event) {})
	}
	if c := cap(d.message.buf); c > 2*MaxBuffered {
		t.Errorf("%d bytes held", c)
	}
	d.Reset()
	if c := cap(d.message.buf); c > maxRetained {
		t.Errorf("%d bytes kept over Reset", c)
	}
}

// counter counts what a deframer finds.
type counter int

func (c *counter) Event(*Event)        { *c++ }
func (c *counter) Sealed(RecordHeader) { *c++ }

func TestFeedAllocatesNothing(t *testing.T) {
	b := stream(t, "openssl-tls12.server")
	var d Deframer
	var n counter
	if got := testing.AllocsPerRun(100, func() { d.Reset(); d.Feed(b, &n) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
	if n == 0 {
		t.Error("no events")
	}
}
