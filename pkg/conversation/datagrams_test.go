package conversation

import (
	"encoding/binary"
	"os"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
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

// followDatagrams drives a Handler with datagrams, each cut to at most snap bytes.
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
		if c.alert != 0 && (!a.Fatal() || a.Description != c.alert || r.Terminator.Kind != flow.CloseQUIC) {
			t.Errorf("%s: alert %+v, ended by %+v", c.capture, a, r.Terminator)
		}
	}
}

// TestCutDatagramsAreNeverMissing cuts every datagram within a hello without SNI.
func TestCutDatagramsAreNeverMissing(t *testing.T) {
	list := datagramsOf(t, "no-sni-alert-quic.pcap")
	for snap := 60; snap < 200; snap += 7 {
		if r := followDatagrams(t, list, snap); r.Hello.SNI == tlswire.SNIMissing {
			t.Fatalf("cut to %d bytes: SNI is missing", snap)
		}
	}
}
