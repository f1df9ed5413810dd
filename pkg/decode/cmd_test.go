package decode

import "testing"

func TestCiscoMetadata(t *testing.T) {
	in := func(header string, payload []byte) []byte { return ethFrame(0x8909, cat([]byte(header), payload)) }
	const tag = "\x01\x01\x00\x01\x00\x2a"
	vxlan := v4{protocol: protoUDP}.bytes(udpDatagram(51000, 4789, cat([]byte("\x08\x00\x00\x00\x00\x00\x2a\x00"), in(tag+"\x08\x00", helloV4))))
	runCases(t, []decodeCase{
		{"ipv4", block(1, in(tag+"\x08\x00", helloV4)), hello4 + " in cmd"},
		{"ipv6", block(1, in(tag+"\x86\xdd", helloV6)), hello6 + " in cmd"},
		{"behind a vlan tag", block(1, ethFrame(0x8100, vlanTag(0x8909, cat([]byte(tag+"\x08\x00"), helloV4)))), hello4 + " in vlan;cmd"},
		{"before a vlan tag", block(1, in(tag+"\x81\x00", vlanTag(0x0800, helloV4))), hello4 + " in cmd;vlan"},
		{"in vxlan", block(101, vxlan), hello4 + " in vxlan;cmd"},
		{"longer", block(1, in("\x01\x02\x00\x01\x00\x2a--------\x08\x00", helloV4)), hello4 + " in cmd"},
		{"arp", block(1, in(tag+"\x08\x06", make([]byte, 28))), "arp 1"},
		{"of another version", block(1, in("\x02\x01\x00\x01\x00\x2a\x08\x00", helloV4)), "unknown-tunnel 1"},
		{"of no length", block(1, in("\x01\x00\x08\x00", helloV4)), "malformed 1"},
		{"longer than the frame", block(1, in("\x01\xff\x00\x01\x00\x2a\x08\x00", helloV4)), "malformed 1"},
		{"ends early", block(1, in(tag, nil)), "malformed 1"},
		{"cut", snap(block(1, in(tag+"\x08\x00", helloV4)), 14+5), "truncated 1"},
	})
}
