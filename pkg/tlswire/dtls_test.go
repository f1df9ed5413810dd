package tlswire

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A recorded DTLS 1.2 handshake with cookie and fragments reads as it was sent.
func TestDTLSCapture(t *testing.T) {
	sides := dtlsCapture(t, "ok-dtls.pcap")
	for i, want := range []string{
		"message1 message1 message16 record20 record22* record21*",
		"message3 message2 message11 message12 message14 message4 record20 record22* record21*",
	} {
		if got := strings.Join(dtlsWords(new(DTLSReader), sides[i]...), " "); got != want {
			t.Errorf("side %d: %s\nwant %s", i, got, want)
		}
	}
}

func TestDTLSClientHello(t *testing.T) {
	sides := dtlsCapture(t, "ok-dtls.pcap")
	var r DTLSReader
	var cookies []bool
	for _, d := range sides[0] {
		r.Datagram(d, len(d), func(e *DTLSEvent) {
			if e.Kind != EventHandshake || e.Message != TypeClientHello {
				return
			}
			var h ClientHello
			if err := h.Unmarshal(e.Body); err != nil || string(h.ServerName) != "shop.example" {
				t.Errorf("%q, %v", h.ServerName, err)
			}
			if v := h.HighestVersion(); v != VersionDTLS12 || !strings.HasPrefix(h.JA4('d'), "dd2d") {
				t.Errorf("version %x, JA4 %s", v, h.JA4('d'))
			}
			if e.MessageLen != len(e.Body)+handshakeHeaderLen || e.Packets != 1 {
				t.Errorf("%d bytes in %d packets", e.MessageLen, e.Packets)
			}
			cookies = append(cookies, h.Cookie)
		})
	}
	if !slices.Equal(cookies, []bool{false, true}) {
		t.Errorf("cookies %v", cookies)
	}
}

// cutMessages are datagrams of one fragment each, overlapping and repeated, of
// four messages.
func cutMessages(rng *rand.Rand) (datagrams [][]byte, want map[string]int) {
	want = map[string]int{}
	for seq, n := range []int{200, 0, 1, 3000} {
		body := make([]byte, n)
		for i := range body {
			body[i] = byte(rng.Uint32())
		}
		seq := uint16(seq)
		whole := dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeCertificate, seq, body, 0, n))
		maps.Copy(want, dtlsMessages(new(DTLSReader), [][]byte{whole}))
		for at := 0; at <= max(n-1, 0); {
			from := max(0, at-rng.IntN(20))
			at = min(n, at+1+rng.IntN(100))
			d := dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeCertificate, seq, body, from, at))
			datagrams = append(datagrams, d)
			if rng.IntN(3) == 0 {
				datagrams = append(datagrams, d)
			}
			if n == 0 {
				break
			}
		}
	}
	rng.Shuffle(len(datagrams), func(i, j int) { datagrams[i], datagrams[j] = datagrams[j], datagrams[i] })
	return datagrams, want
}

func TestDTLSFragmentsInAnyOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var r DTLSReader
	for range 300 {
		datagrams, want := cutMessages(rng)
		r.Reset()
		if got := dtlsMessages(&r, datagrams); !maps.Equal(got, want) {
			t.Fatalf("%v\nwant %v", got, want)
		}
		if _, _, _, ok := r.Pending(); ok {
			t.Fatal("pending")
		}
		// The same in as few datagrams as will hold them.
		r.Reset()
		if got := dtlsMessages(&r, [][]byte{bytes.Join(datagrams, nil)}); !maps.Equal(got, want) {
			t.Fatalf("in one datagram: %v\nwant %v", got, want)
		}
	}
}

// A hello cut anywhere, by the capture or for want of a fragment, is never one
// without SNI, and what was seen of it can be decoded.
func TestDTLSTruncation(t *testing.T) {
	for name, body := range map[string][]byte{
		"no name": helloSpec{version: VersionDTLS12, extensions: []extension{{extEarlyData, nil}}}.body(),
		"bare":    helloSpec{version: VersionDTLS12, noBlock: true}.body(),
		"name":    helloSpec{version: VersionDTLS12, extensions: []extension{serverName("a.example"), {extEarlyData, nil}}}.body(),
	} {
		d := dtlsHello(0, body)
		head := dtlsHeaderLen + dtlsHandshakeHeaderLen
		for n := range d {
			var r DTLSReader
			cut := false
			r.Datagram(d[:n], len(d), func(e *DTLSEvent) {
				if e.Kind != EventRecord || !e.Truncated {
					t.Fatalf("%s cut at %d: %s", name, n, dtlsWord(e))
				}
				cut = true
			})
			typ, have, total, ok := r.Pending()
			if !cut && n > 0 || ok != (n >= head) {
				t.Fatalf("%s cut at %d: reported %v, pending %v", name, n, cut, ok)
			}
			if !ok {
				continue
			}
			var h ClientHello
			err := h.UnmarshalPartial(have)
			if typ != TypeClientHello || total != len(body)+handshakeHeaderLen || !bytes.Equal(have, body[:n-head]) ||
				err == nil || h.Complete || h.SNI == SNIMissing {
				t.Fatalf("%s cut at %d: type %d, %d of %d bytes, SNI %v, %v", name, n, typ, len(have), total, h.SNI, err)
			}
		}
	}
}

func TestDTLSMessageWithHole(t *testing.T) {
	body := helloSpec{version: VersionDTLS12, extensions: []extension{serverName("a.example")}}.body()
	var r DTLSReader
	got := dtlsWords(&r, dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeClientHello, 0, body, 40, len(body))))
	if typ, have, total, ok := r.Pending(); len(got) != 0 || !ok || typ != TypeClientHello || len(have) != 0 || total != len(body)+4 {
		t.Errorf("%v, pending %d %d/%d %v", got, typ, len(have), total, ok)
	}
	got = dtlsWords(&r, dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeClientHello, 0, body, 0, 60)))
	if !slices.Equal(got, []string{"message1"}) {
		t.Error(got)
	}
}

// Messages behind one that was lost are reported all the same.
func TestDTLSLostDatagram(t *testing.T) {
	sides := dtlsCapture(t, "ok-dtls.pcap")
	var r DTLSReader
	got := dtlsWords(&r, sides[1][3:]...)
	if want := "message12 message14 message4 record20 record22* record21*"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
	if typ, have, _, ok := r.Pending(); !ok || typ != TypeCertificate || len(have) != 0 {
		t.Errorf("type %d, %d bytes, %v", typ, len(have), ok)
	}
}

func TestDTLSRecords(t *testing.T) {
	body := helloSpec{version: VersionDTLS12}.body()
	hello := dtlsHello(0, body)
	alert := dtlsRecordOf(RecordAlert, 0, []byte{2, 40})
	sealed := []byte{0x2e, 1, 2, 0, 4, 9, 9, 9, 9}  // epoch 2, 16-bit sequence number, length
	last := []byte{0x23, 7, 9, 9, 9, 9, 9, 9}       // epoch 3, the rest of the datagram
	withID := []byte{0x3e, 'i', 'd', 1, 2, 0, 1, 9} // a connection ID of unknown length
	cid := append(dtlsRecordOf(RecordTLS12CID, 1)[:11], "id\x00\x02\x09\x09"...)
	wrongTotal := dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeClientHello, 0, body[:50], 0, 20))
	for _, tc := range []struct {
		name string
		in   [][]byte
		want string
	}{
		{"alert", [][]byte{alert}, "alert40"},
		{"alert of three bytes", [][]byte{dtlsRecordOf(RecordAlert, 0, []byte{2, 40, 0})}, "record21"},
		{"records of both kinds", [][]byte{append(bytes.Clone(hello), append(bytes.Clone(sealed), last...)...)}, "message1 sealed@2 sealed@3"},
		{"connection ID of 1.3", [][]byte{append(bytes.Clone(sealed), withID...)}, "sealed@2 sealed@2+id"},
		{"connection ID of 1.2", [][]byte{append(bytes.Clone(hello), cid...)}, "message1 record25*+id"},
		{"application data", [][]byte{dtlsRecordOf(RecordApplicationData, 1, []byte{1})}, "record23*"},
		{"acknowledgement", [][]byte{dtlsRecordOf(RecordACK, 0, []byte{0, 0})}, "record26"},
		{"STUN", [][]byte{{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, hello}, "not-dtls@0 message1"},
		{"TLS", [][]byte{{22, 3, 1, 0, 4, 1, 0, 0, 0}}, "not-dtls@0"},
		{"garbage behind a record", [][]byte{append(bytes.Clone(alert), 99, 99)}, "alert40 not-dtls@15"},
		{"record longer than the datagram", [][]byte{hello[:len(hello)-1]}, "not-dtls@0"},
		{"header longer than the datagram", [][]byte{hello[:12]}, "not-dtls@0"},
		{"unified header longer than the datagram", [][]byte{sealed[:4]}, "not-dtls@0"},
		{"record too long", [][]byte{slices.Concat(alert[:11], []byte{0xff, 0xff}, make([]byte, 0xffff))}, "not-dtls@0"},
		{"empty handshake record", [][]byte{dtlsRecordOf(RecordHandshake, 0)}, "not-dtls@0"},
		{"fragment header cut", [][]byte{dtlsRecordOf(RecordHandshake, 0, make([]byte, 11))}, "record22"},
		{"fragment longer than its record", [][]byte{dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeClientHello, 0, body, 0, 50)[:40])}, "record22"},
		{"fragment longer than its message", [][]byte{dtlsRecordOf(RecordHandshake, 0, []byte{1, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 2, 9, 9})}, "record22"},
		{"unknown message", [][]byte{dtlsRecordOf(RecordHandshake, 0, fragmentOf(99, 0, body, 0, 50))}, "record22"},
		{"fragments that disagree", [][]byte{wrongTotal, dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeClientHello, 0, body, 20, 50))}, "record22"},
		{"repeated", [][]byte{hello, hello, dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeClientHello, 0, body, 0, 50))}, "message1 record22+again record22+again"},
		{"old message", [][]byte{dtlsHello(20, body), dtlsHello(4, body)}, "message1 record22"},
		{"message that never ends", [][]byte{wrongTotal, dtlsHello(8, body)}, "record22 message1"},
	} {
		var r DTLSReader
		if got := strings.Join(dtlsWords(&r, tc.in...), " "); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// A client that begins anew from the same port is told from one that sends its
// hello again.
func TestDTLSRestart(t *testing.T) {
	first := helloSpec{version: VersionDTLS12, extensions: []extension{serverName("a.example")}}.body()
	second := helloSpec{version: VersionDTLS12, extensions: []extension{serverName("b.example")}}.body()
	second[10] ^= 1 // of the random
	var r DTLSReader
	got := dtlsWords(&r, dtlsHello(0, first), dtlsHello(1, first), dtlsHello(0, first),
		dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeClientHello, 0, second, 0, 50)),
		dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeClientHello, 0, second, 50, len(second))), dtlsHello(1, second))
	if want := "message1 message1 record22+again message1+restart message1"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// Where pieces disagree the first that could be placed is kept, in front of a hole and behind it.
func TestAssemblyKeepsTheFirst(t *testing.T) {
	for _, order := range [][2]int{{0, 20}, {20, 0}} {
		var a Assembly
		for _, at := range order {
			a.Put(at, bytes.Repeat([]byte("1"), 20))
			a.Put(at+5, bytes.Repeat([]byte("2"), 10))
		}
		if got := string(a.Bytes()); got != strings.Repeat("1", 40) {
			t.Errorf("%d first: %q", order[0], got)
		}
	}
}

func TestDTLSBufferIsBounded(t *testing.T) {
	var r DTLSReader
	claims := []byte{11, 0xff, 0xff, 0xff, 0, 0, 0xff, 0, 0, 0, 0, 1, 9} // one byte near the end of 16 MiB
	if got := dtlsWords(&r, dtlsRecordOf(RecordHandshake, 0, claims)); !slices.Equal(got, []string{"large11:0/16777219"}) {
		t.Error(got)
	}
	r.Reset()
	body := make([]byte, 60000)
	var words []string
	for seq := range uint16(4) {
		for from := 1; from < len(body); from += 1000 {
			d := dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeCertificate, seq, body, from, min(from+1000, len(body))))
			words = append(words, dtlsWords(&r, d)...)
			if n := r.buffered(); n > MaxBuffered {
				t.Fatalf("%d bytes held", n)
			}
		}
	}
	if words[0] != "large11:0/60004" || words[1] != "record22" {
		t.Errorf("%.3q", words)
	}
	hello := dtlsHello(5, helloSpec{version: VersionDTLS12}.body())
	if got := dtlsWords(&r, hello); !slices.Equal(got, []string{"message1"}) {
		t.Errorf("a whole message needs no room: %v", got)
	}
	r.Reset()
	for i := range r.window {
		if b := r.window[i].body; b != nil && cap(b.held) > maxRetained {
			t.Errorf("%d bytes kept over Reset", cap(b.held))
		}
	}
}

func TestLooksLikeDTLSHandshake(t *testing.T) {
	body := helloSpec{version: VersionDTLS12}.body()
	hello := dtlsHello(0, body)
	for _, tc := range []struct {
		name string
		b    []byte
		wire int
		want bool
	}{
		{"hello", hello, len(hello), true},
		{"cut by the capture", hello[:30], len(hello), true},
		{"cut in its headers", hello[:24], len(hello), false},
		{"cut on the wire", hello[:30], 30, false},
		{"fragment", dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeClientHello, 0, body, 9, 20)), 0, true},
		{"encrypted", dtlsRecordOf(RecordHandshake, 1, fragmentOf(TypeClientHello, 0, body, 9, 20)), 0, false},
		{"alert", dtlsRecordOf(RecordAlert, 0, []byte{2, 40}), 0, false},
		{"unknown message", dtlsRecordOf(RecordHandshake, 0, fragmentOf(77, 0, body, 9, 20)), 0, false},
		{"TLS", tlsRecord(RecordHandshake, handshakeMessage(TypeClientHello, body)), 0, false},
		{"nothing", nil, 0, false},
	} {
		if got := LooksLikeDTLSHandshake(tc.b, tc.wire); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

func TestBeginsDTLSHandshake(t *testing.T) {
	body := helloSpec{version: VersionDTLS12}.body()
	for _, tc := range []struct {
		name string
		b    []byte
		want bool
	}{
		{"hello", dtlsHello(0, body), true},
		{"fragment", dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeClientHello, 0, body, 9, 20)), true},
		{"hello with the cookie", dtlsHello(1, body), false},
		{"ServerHello", dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeServerHello, 0, body, 0, 20)), false},
		{"nothing", nil, false},
	} {
		if got := BeginsDTLSHandshake(tc.b, len(tc.b)); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

func TestDTLSAllocatesNothing(t *testing.T) {
	sides := dtlsCapture(t, "ok-dtls.pcap")
	var r DTLSReader
	n := 0
	emit := func(*DTLSEvent) { n++ }
	run := func() {
		r.Reset()
		for _, d := range sides[1] {
			r.Datagram(d, len(d), emit)
		}
	}
	run()
	if got := testing.AllocsPerRun(100, run); got != 0 || n == 0 {
		t.Errorf("%v allocations, %d events", got, n)
	}
}

// The assembly of CRYPTO streams: messages with their headers, one behind the other.
func TestAssemblyMessages(t *testing.T) {
	stream := slices.Concat(handshakeMessage(TypeClientHello, []byte("first")), handshakeMessage(TypeServerHelloDone, nil), []byte{2, 0})
	var a Assembly
	var got []string
	next := 0
	for i := len(stream) - 1; i >= 0; i-- { // each byte alone, the last one first
		if fresh, ok := a.Put(i, stream[i:i+1]); !fresh || !ok || a.Hole() != (i > 0) {
			t.Fatalf("byte %d: fresh %v, ok %v, hole %v", i, fresh, ok, a.Hole())
		}
	}
	for {
		typ, have, total, ok := a.Message(next)
		if got = append(got, fmt.Sprintf("%d %q %d %v", typ, have, total, ok)); total == 0 {
			break
		}
		next += total
	}
	if want := []string{`1 "first" 9 true`, `14 "" 4 true`, `2 "" 0 true`}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if _, _, _, ok := a.Message(len(stream)); ok {
		t.Error("a message behind the end")
	}
	if fresh, ok := a.Put(3, stream[3:9]); fresh || !ok {
		t.Errorf("the same again: fresh %v, ok %v", fresh, ok)
	}
	if fresh, ok := a.Put(MaxBuffered-1, []byte{1, 2}); !fresh || ok || !a.Hole() {
		t.Errorf("over the bound: fresh %v, ok %v", fresh, ok)
	}
	if fresh, ok := a.Put(MaxBuffered+1, []byte{1}); fresh || ok {
		t.Errorf("beyond the bound: fresh %v, ok %v", fresh, ok)
	}
}

func TestAssemblyPiecesAreBounded(t *testing.T) {
	var a Assembly
	for i := range 2 * maxPieces {
		if _, ok := a.Put(2*i+1, []byte{1}); ok != (i < maxPieces) {
			t.Fatalf("piece %d: %v", i, ok)
		}
	}
	for range 100 {
		if fresh, ok := a.Put(1, []byte{1}); fresh || !ok {
			t.Fatal("a piece that is there takes room")
		}
	}
}
