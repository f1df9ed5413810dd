package decode

import (
	"fmt"
	"testing"

	"github.com/sniscope/sniscope/pkg/capture"
)

// between is a UDP datagram in IPv4, and what it is when no tunnel is found in it.
func between(src, dst int, parts ...[]byte) (b *capture.Block, plain string) {
	data := cat(parts...)
	b = block(101, v4{src: "10.0.0.1", dst: "10.0.0.2", protocol: protoUDP}.bytes(udpDatagram(src, dst, data)))
	return b, fmt.Sprintf("udp 10.0.0.1:%d > 10.0.0.2:%d id 0 ttl 61 %q", src, dst, data)
}

func TestTeredo(t *testing.T) {
	authentication := []byte("\x00\x01\x02\x03idaut\x01\x02\x03\x04\x05\x06\x07\x08\x00")
	origin := []byte("\x00\x00\x3c\xaf\x3f\xff\xfd\xfe")
	bubble := v6{next: 59}.bytes(nil)
	var cases []decodeCase
	tunnel := func(name, want string, src, dst int, parts ...[]byte) {
		in, _ := between(src, dst, parts...)
		cases = append(cases, decodeCase{name, in, want})
	}
	udp := func(name string, src, dst int, parts ...[]byte) {
		in, plain := between(src, dst, parts...)
		cases = append(cases, decodeCase{name, in, plain})
	}
	tunnel("bare", hello6+" in teredo", 51000, 3544, helloV6)
	tunnel("from the server", hello6+" in teredo", 3544, 51000, helloV6)
	tunnel("origin", hello6+" in teredo", 3544, 51000, origin, helloV6)
	tunnel("authentication", hello6+" in teredo", 51000, 3544, authentication, helloV6)
	tunnel("both", hello6+" in teredo", 51000, 3544, authentication, origin, helloV6)
	tunnel("empty authentication", hello6+" in teredo", 51000, 3544, []byte("\x00\x01\x00\x00"), make([]byte, 9), helloV6)
	tunnel("trailers", hello6+" in teredo", 51000, 3544, helloV6, []byte("\x01\x04nonc\x05\x02rp"))
	tunnel("bubble", "other-ip-protocol 1", 51000, 3544, bubble)
	tunnel("bubble with a trailer", "other-ip-protocol 1", 51000, 3544, bubble, []byte("\x01\x04nonc"))
	tunnel("no tcp header in it", "malformed 1", 51000, 3544, v6{next: protoTCP}.bytes([]byte("short")))
	udp("other ports", 51000, 3545, helloV6)
	udp("text", 51000, 3544, []byte("`this begins like the header of an IPv6 packet, but is none"))
	udp("ipv4", 51000, 3544, helloV4)
	udp("origin before authentication", 51000, 3544, origin, authentication, helloV6)
	udp("more than the packet", 51000, 3544, helloV6, []byte("more"))
	udp("trailer beyond the datagram", 51000, 3544, helloV6, []byte("\x01\x05nonc"))
	udp("half a trailer", 51000, 3544, helloV6, []byte("\x01"))
	udp("less than the packet", 51000, 3544, helloV6[:len(helloV6)-1])
	udp("authentication beyond the datagram", 51000, 3544, []byte("\x00\x01\xff\xff"), helloV6)
	udp("authentication alone", 51000, 3544, authentication)
	udp("nothing", 51000, 3544)
	in, _ := between(51000, 3544, helloV6)
	cases = append(cases, decodeCase{"cut", snap(in, 20+8+40+10), "truncated 1"})
	runCases(t, cases)
}
