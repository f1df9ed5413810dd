package quic

import (
	"slices"
	"testing"
)

// through drives a handshake up to the server's flight and what follows it.
func through(t *testing.T, follows ...datagram) *Conn {
	t.Helper()
	var c Conn
	flight := []datagram{{srv, handshakePacket([]byte("client"), []byte("server"), 700)}}
	for _, d := range slices.Concat(connection(t, Version1, "abcdefgh", "client", "server"), flight, follows) {
		c.Datagram(d.side, d.data, len(d.data), func(*Event) {})
	}
	return &c
}

func clients(handshake int) datagram {
	b := handshakePacket([]byte("server"), []byte("client"), handshake)
	return datagram{cli, append(b, shortPacket([]byte("server"), 60)...)}
}

func servers(handshake, short int) datagram {
	var b []byte
	if handshake > 0 {
		b = handshakePacket([]byte("client"), []byte("server"), handshake)
	}
	if short > 0 {
		b = append(b, shortPacket([]byte("client"), short)...)
	}
	return datagram{srv, b}
}

// TestRefusal follows what real servers send when they refuse a client's certificate, or want one: ngtcp2 and quic-go a
// Handshake and a 1-RTT packet, quiche a Handshake packet alone.
func TestRefusal(t *testing.T) {
	cases := []struct {
		name                              string
		follows                           []datagram
		refused, certificate, established bool
	}{
		{"ngtcp2, no certificate", []datagram{clients(65), servers(23, 22), servers(23, 22)}, true, false, false},
		{"quic-go, a certificate", []datagram{clients(500), servers(23, 22)}, true, true, false},
		{"quiche", []datagram{clients(70), servers(22, 0)}, true, false, false},
		{"a client that only acknowledges", []datagram{clients(26), servers(23, 22)}, false, false, false},
		{"the flight again", []datagram{clients(65), servers(700, 60)}, false, false, false},
		{"a ticket", []datagram{clients(65), servers(0, 300)}, false, false, true},
		{"HANDSHAKE_DONE behind an acknowledgement, and on it goes", []datagram{clients(65), servers(30, 25), servers(0, 25)}, false, false, true},
		{"nothing", []datagram{clients(65)}, false, false, false},
	}
	for _, tc := range cases {
		c := through(t, tc.follows...)
		refused, certificate := c.Refused()
		if refused != tc.refused || refused && certificate != tc.certificate || c.Established() != tc.established {
			t.Errorf("%s: refused %v, certificate %v, established %v", tc.name, refused, certificate, c.Established())
		}
	}
}

// TestBare tells an Initial that only acknowledges from one that says something.
func TestBare(t *testing.T) {
	var bare []bool
	var c Conn
	for _, d := range connection(t, Version1, "abcdefgh", "client", "server") {
		c.Datagram(d.side, d.data, len(d.data), func(e *Event) {
			if e.Kind == KindInitial {
				bare = append(bare, e.Bare)
			}
		})
	}
	if !slices.Equal(bare, []bool{false, false, true}) {
		t.Errorf("bare: %v", bare)
	}
}
