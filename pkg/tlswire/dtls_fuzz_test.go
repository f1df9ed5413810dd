package tlswire

import (
	"slices"
	"testing"
)

// FuzzDTLS feeds two datagrams, of which the first may be cut by the capture.
func FuzzDTLS(f *testing.F) {
	sides := dtlsCapture(f, "ok-dtls.pcap")
	for i, d := range slices.Concat(sides[0], sides[1]) {
		f.Add(d, sides[i%2][0], uint16(i))
	}
	body := helloSpec{version: VersionDTLS12, extensions: []extension{serverName("a.example")}}.body()
	f.Add(dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeClientHello, 0, body, 9, 60), fragmentOf(TypeClientHello, 0, body, 0, 20)),
		[]byte{0x2e, 1, 2, 0, 4, 9, 9, 9, 9, 0x3e, 1}, uint16(0))
	var r DTLSReader
	var h ClientHello
	f.Fuzz(func(t *testing.T, a, b []byte, lost uint16) {
		r.Reset()
		LooksLikeDTLSHandshake(a, len(a)+int(lost))
		for _, d := range []struct {
			data []byte
			wire int
		}{{a, len(a) + int(lost)}, {b, len(b)}, {b, len(b)}} {
			r.Datagram(d.data, d.wire, func(e *DTLSEvent) { checkDTLSEvent(t, e, d.data, d.wire) })
		}
		if n := r.buffered(); n > MaxBuffered {
			t.Fatalf("%d bytes held", n)
		}
		if _, have, total, ok := r.Pending(); ok {
			if len(have)+handshakeHeaderLen >= total {
				t.Fatalf("%d of %d bytes pending", len(have), total)
			}
			if h.UnmarshalPartial(have); h.SNI == SNIMissing {
				t.Fatal("missing in part of a hello")
			}
		}
	})
}

func checkDTLSEvent(t *testing.T, e *DTLSEvent, d []byte, wire int) {
	t.Helper()
	switch {
	case e.Kind != EventNotTLS && (e.Offset < 0 || e.End < e.Offset || e.End > int64(max(wire, len(d)))):
		t.Fatalf("record at %d-%d of %d bytes", e.Offset, e.End, wire)
	case e.Truncated && wire <= len(d):
		t.Fatal("truncated where nothing is missing")
	case e.Kind == EventHandshake && (e.MessageLen != len(e.Body)+handshakeHeaderLen || e.Packets == 0):
		t.Fatalf("%d of %d bytes in %d packets", len(e.Body), e.MessageLen, e.Packets)
	case len(e.Body) > MaxBuffered:
		t.Fatalf("%+v", e)
	}
}

func BenchmarkDTLSHandshake(b *testing.B) {
	sides := dtlsCapture(b, "ok-dtls.pcap")
	var r DTLSReader
	b.ReportAllocs()
	for b.Loop() {
		r.Reset()
		for _, d := range sides[1] {
			r.Datagram(d, len(d), func(*DTLSEvent) {})
		}
	}
}
