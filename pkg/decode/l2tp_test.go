package decode

import (
	"encoding/binary"
	"testing"

	"github.com/sniscope/sniscope/pkg/capture"
)

func TestL2TP(t *testing.T) {
	ids, ns := []byte("\x00\x07\x00\x2a"), []byte("\x00\x01\x00\x02")
	ppp4, ppp6 := cat([]byte("\xff\x03\x00\x21"), helloV4), cat([]byte("\x57"), helloV6)
	lcp := []byte("\xff\x03\xc0\x21\x09\x01\x00\x04")
	var cases []decodeCase
	tunnel := func(name, want string, parts ...[]byte) {
		in, _ := between(1701, 1701, parts...)
		cases = append(cases, decodeCase{name, in, want})
	}
	udp := func(name string, parts ...[]byte) {
		in, plain := between(1701, 1701, parts...)
		cases = append(cases, decodeCase{name, in, plain})
	}
	bare := []byte("\x00\x02")
	tunnel("bare", hello4+" in l2tp", bare, ids, ppp4)
	tunnel("no address and control", hello4+" in l2tp", bare, ids, ppp4[2:])
	tunnel("compressed protocol", hello6+" in l2tp", bare, ids, ppp6)
	tunnel("priority", hello6+" in l2tp", []byte("\x01\x02"), ids, ppp6)
	tunnel("length", hello4+" in l2tp", []byte("\x40\x02"), be16(8+len(ppp4)), ids, ppp4, []byte("pad"))
	tunnel("sequence", hello4+" in l2tp", []byte("\x08\x02"), ids, ns, ppp4)
	tunnel("offset", hello4+" in l2tp", []byte("\x02\x02"), ids, be16(3), []byte("pad"), ppp4)
	tunnel("all", hello4+" in l2tp", []byte("\x4b\x02"), be16(8+4+4+len(ppp4)), ids, ns, be16(2), []byte("pa"), ppp4)
	tunnel("lcp", "not-ip 1", bare, ids, lcp)
	tunnel("no ip header in it", "malformed 1", bare, ids, []byte("\x00\x21\x41"), make([]byte, 40))
	udp("control", []byte("\xc8\x02"), be16(12), ids, ns)
	udp("control without its length", []byte("\x80\x02"), ids, ppp4)
	udp("version 1", []byte("\x00\x01"), ids, ppp4)
	udp("version 3", []byte("\x00\x03"), ids, ppp4)
	udp("reserved bit", []byte("\x04\x02"), ids, ppp4)
	udp("tunnel 0", bare, []byte("\x00\x00\x00\x2a"), ppp4)
	udp("session 0", bare, []byte("\x00\x07\x00\x00"), ppp4)
	udp("length beyond the datagram", []byte("\x40\x02"), be16(9+len(ppp4)), ids, ppp4)
	udp("length of less than the header", []byte("\x40\x02"), be16(8), ids, ppp4)
	udp("offset beyond the datagram", []byte("\x02\x02"), ids, be16(0xffff), ppp4)
	udp("no room for the offset", []byte("\x02\x02"), ids, []byte{0})
	udp("no such protocol", bare, ids, []byte("\xff\x03\x12\x34"), helloV4)
	udp("ipv6 for ipv4", bare, ids, []byte("\x00\x21"), helloV6)
	udp("no frame", bare, ids)
	udp("text", []byte("not l2tp"))
	udp("nothing")
	answer, _ := between(1701, 51000, bare, ids, ppp4)
	other, plain := between(51000, 1702, bare, ids, ppp4)
	cut, _ := between(51000, 1701, bare, ids, ppp4)
	runCases(t, append(cases,
		decodeCase{"to a port of its choice", answer, hello4 + " in l2tp"},
		decodeCase{"other ports", other, plain},
		decodeCase{"cut", snap(cut, 20+8+6+4+20+3), "truncated 1"},
	))
}

func TestL2TP3(t *testing.T) {
	over := func(parts ...[]byte) *capture.Block {
		return block(101, v4{src: "10.0.0.1", dst: "10.0.0.2", protocol: protoL2TP}.bytes(cat(parts...)))
	}
	session, cookie, sublayer := []byte("\x00\x00\x00\x07"), []byte("\xa1\xb2\xc3\xd4\xe5\xf6\x17\x28"), []byte("\x40\x00\x00\x01")
	frame := ethFrame(0x0800, helloV4)
	tagged := ethFrame(0x8100, vlanTag(0x86dd, helloV6))
	short := v4{protocol: protoTCP}.bytes(tcpHead{src: 40000, dst: 443, flags: RST}.bytes(nil))
	// The Identification of the outer of these two packets is the first half of the other's header.
	ambiguous := v4{protocol: protoTCP, id: 0x4500}.bytes(hello)
	binary.BigEndian.PutUint16(ambiguous[6:], uint16(len(ambiguous)-4))
	runCases(t, []decodeCase{
		{"ethernet", over(session, frame), hello4 + " in l2tp"},
		{"ethernet, cookie", over(session, cookie[:4], frame), hello4 + " in l2tp"},
		{"ethernet, long cookie", over(session, cookie, frame), hello4 + " in l2tp"},
		{"ethernet, long cookie and sublayer", over(session, cookie, sublayer, frame), hello4 + " in l2tp"},
		{"vlan", over(session, cookie[:4], tagged), hello6 + " in l2tp;vlan"},
		{"padding", over(session, ethFrame(0x0800, cat(short, make([]byte, 6)))),
			`tcp 192.0.2.1:40000 > 198.51.100.2:443 flags 0x04 seq 0 ack 0 win 0 id 0 ttl 61 "" in l2tp`},
		{"ip", over(session, helloV4), hello4 + " in l2tp"},
		{"ip, cookie", over(session, cookie[:4], helloV6), hello6 + " in l2tp"},
		{"ip, long cookie", over(session, cookie, helloV6), hello6 + " in l2tp"},
		{"ip in ipv6", block(229, v6{next: protoL2TP}.bytes(cat(session, helloV4))), hello4 + " in l2tp"},
		{"no tcp header in it", over(session, v4{protocol: protoTCP}.bytes([]byte("short"))), "malformed 1"},
		{"cut", snap(over(session, helloV4), 20+4+20+3), "truncated 1"},
		{"two packets", over(session, ambiguous), "unknown-tunnel 1"},
		{"more than the packet", over(session, helloV4, []byte("more")), "unknown-tunnel 1"},
		{"longer cookie", over(session, cookie, cookie, frame), "unknown-tunnel 1"},
		{"header too short", over(session, []byte("\x41\x00\x00\x1e"), make([]byte, 26)), "unknown-tunnel 1"},
		{"arp", over(session, ethFrame(0x0806, make([]byte, 28))), "unknown-tunnel 1"},
		{"nothing", over(session), "unknown-tunnel 1"},
		{"control", over(make([]byte, 4), frame), "other-ip-protocol 1"},
		{"no session", over(session[:3]), "malformed 1"},
	})
}
