package conversation

import (
	"crypto/tls"
	"encoding/binary"
	"reflect"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
)

// inTDS wraps bytes in packets of TDS of at most size bytes.
func inTDS(kind byte, data []byte, size int) (b []byte) {
	for len(data) > 0 {
		n := min(len(data), size-tdsHeader)
		header := [tdsHeader]byte{kind, 0, 0, 0, 0, 0, 1}
		if n == len(data) {
			header[1] = 1
		}
		binary.BigEndian.PutUint16(header[2:], uint16(n+tdsHeader))
		b, data = append(append(b, header[:]...), data[:n]...), data[n:]
	}
	return b
}

// prelogin is one that says so of encryption.
func prelogin(kind, encryption byte) []byte {
	return inTDS(kind, []byte("\x00\x00\x0b\x00\x06\x01\x00\x11\x00\x01\xff\x10\x00\x10\x00\x00\x00"+string([]byte{encryption})), 4096)
}

// talkTDS is a handshake of TLS 1.2 as SQL Server and its clients put it on the wire, in packets of at most size bytes.
func talkTDS(t *testing.T, client, server byte, size int) []said {
	t.Helper()
	server12 := serverConfig()
	server12.MaxVersion = tls.VersionTLS12
	what := []said{{c, prelogin(tdsPrelogin, client)}, {s, prelogin(tdsReply, server)}}
	for _, x := range talk(t, clientConfig("gw.example.com"), server12) {
		if x.data[0] != 0x17 { // what comes after the handshake is not wrapped
			x.data = inTDS(tdsPrelogin, x.data, size)
		}
		what = append(what, x)
	}
	return what
}

// TestTDS has the handshake in packets of TDS of any size, in chunks of any size.
func TestTDS(t *testing.T) {
	for _, packet := range []int{4096, 512, 64} {
		for _, encryption := range []byte{tdsOn, tdsRequired, 0} {
			what := talkTDS(t, encryption, encryption, packet)
			for _, size := range []int{1 << 16, 1, 2, 7, 64, 101, 1460} {
				r := follow(t, what, size, nil)
				if !reflect.DeepEqual(r.Carrier, []string{"starttls-tds"}) || r.CarrierRefused != "" || r.Protocol != [2]string{"tds", "tds"} {
					t.Errorf("packets of %d, chunks of %d: carrier %q, refused %q, protocols %q", packet, size, r.Carrier, r.CarrierRefused, r.Protocol)
				}
				if !r.Established || r.Hello.Name != "gw.example.com" || len(r.Server.CertNames) != 2 {
					t.Errorf("packets of %d, chunks of %d: established %v, name %q, certificate for %q", packet, size, r.Established, r.Hello.Name, r.Server.CertNames)
				}
				if end := uint64(len(what[0].data) + len(what[2].data)); packet == 4096 && r.Hello.EndOffset != end {
					t.Errorf("in chunks of %d: the hello ends at %d, want %d", size, r.Hello.EndOffset, end)
				}
			}
		}
	}
}

// TestTDSWithoutTLS has a server that refuses what the client wants, and a client that can do without.
func TestTDSWithoutTLS(t *testing.T) {
	for _, x := range []struct {
		client, server byte
		refused        string
	}{
		{tdsOn, tdsNone, "TDS: encryption not supported"},
		{tdsRequired, tdsNone, "TDS: encryption not supported"},
		{0, tdsNone, ""},
		{tdsNone, tdsNone, ""},
	} {
		login := inTDS(0x10, make([]byte, 200), 4096)
		r := follow(t, []said{{c, prelogin(tdsPrelogin, x.client)}, {s, prelogin(tdsReply, x.server)}, {c, login}}, 1<<16, nil)
		if r.CarrierRefused != x.refused || r.TLSBytes != [2]uint64{} || r.Protocol[flow.Server] != "tds" {
			t.Errorf("%d and %d: refused %q, TLS %v, protocols %q", x.client, x.server, r.CarrierRefused, r.TLSBytes, r.Protocol)
		}
	}
}

// TestTDSEndsWithinARecord has the capture end within a record of a packet of TDS.
func TestTDSEndsWithinARecord(t *testing.T) {
	what := talkTDS(t, tdsOn, tdsOn, 4096)[:3]
	what[2].data = what[2].data[:100]
	if r := follow(t, what, 1<<16, nil); r.LastRecordCut[c] == 0 {
		t.Error("the record seems whole")
	}
}

// TestTDSWithAGap loses a part of the server's flight: what is known of the hello stays, and nothing is made up.
func TestTDSWithAGap(t *testing.T) {
	what := talkTDS(t, tdsOn, tdsOn, 4096)
	h := newHandler(&collected{})
	f := h.Open(c)
	var offset [2]uint64
	for i, x := range what[:4] {
		n := len(x.data)
		if i == 3 {
			n /= 2
		}
		f.Bytes(&flow.Chunk{Side: x.side, Data: x.data[:n], Offset: offset[x.side], At: event(i + 4), Segments: 1})
		offset[x.side] += uint64(n)
	}
	f.Gap(s, 100, flow.IncompleteGap, event(9))
	f.Bytes(&flow.Chunk{Side: s, Data: what[3].data[:50], Offset: offset[s] + 100, At: event(10), Segments: 1})
	finish(h, factsAfter(11), f)
	if r := &h.record; r.Established || r.Hello.Name != "gw.example.com" || !r.Server.Hello.Happened() {
		t.Errorf("established %v, name %q, ServerHello %v", r.Established, r.Hello.Name, r.Server.Hello)
	}
}
