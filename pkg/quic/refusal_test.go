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
		{"quiche, and a client that had to send its Finished again", []datagram{clients(70), clients(70), servers(22, 0)}, true, false, false},
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

// TestLeft follows a client that closes right behind its part of the handshake, as quic-go does, and what only looks so.
func TestLeft(t *testing.T) {
	closing := func(handshake int) datagram {
		d := clients(handshake)
		d.data = d.data[:len(d.data)-60+26]
		return d
	}
	alone := datagram{cli, handshakePacket([]byte("server"), []byte("client"), 22)}
	cases := []struct {
		name    string
		follows []datagram
		want    bool
	}{
		{"Finished, then a close", []datagram{clients(65), closing(22)}, true},
		{"the close again, in answer to what crossed it", []datagram{clients(65), closing(22), servers(30, 300), closing(22)}, true},
		{"a certificate in two datagrams, then a close", []datagram{
			{cli, handshakePacket([]byte("server"), []byte("client"), 1000)}, clients(400), closing(22),
		}, true},
		{"Finished and data, and nothing more", []datagram{clients(65)}, false},
		{"the close of a client that had waited", []datagram{clients(65), clients(65), closing(22)}, false},
		{"the server's flight again, which crossed it", []datagram{clients(65), closing(22), servers(700, 60)}, true},
		{"a client that refuses the server", []datagram{alone, {cli, handshakePacket([]byte("server"), []byte("client"), 90)}, alone}, false},
		{"a close with a reason in full", []datagram{clients(65), closing(120)}, false},
		{"refused by the server", []datagram{clients(65), closing(22), servers(23, 22)}, false},
		{"refused by the server before that", []datagram{clients(65), servers(23, 0), closing(22)}, false},
		{"an acknowledgement of the Finished that crossed the close", []datagram{clients(65), closing(22), servers(23, 0)}, true},
		{"an acknowledgement of the flight", []datagram{closing(26)}, false},
		{"the server went on", []datagram{clients(65), closing(22), servers(0, 25)}, false},
	}
	for _, tc := range cases {
		if c := through(t, tc.follows...); c.Left() != tc.want {
			t.Errorf("%s: left %v", tc.name, c.Left())
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
