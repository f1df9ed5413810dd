package decode

import (
	"encoding/binary"
	"testing"

	"github.com/sniscope/sniscope/pkg/capture"
)

// summed is a packet whose checksums hold; options are of TCP.
func summed(payload string, options string) []byte {
	tcp := tcpHead{src: 40000, dst: 443, seq: 7, ack: 9, flags: ACK | PSH, window: 500, options: []byte(options)}.bytes([]byte(payload))
	ip := v4{protocol: protoTCP}.bytes(tcp)
	binary.BigEndian.PutUint16(ip[10:], ^fold16(sum16(ip[:20])))
	binary.BigEndian.PutUint16(ip[36:], ^fold16(sum16(ip[12:20])+protoTCP+uint64(len(tcp))+sum16(tcp)))
	return ip
}

func TestGarbled(t *testing.T) {
	set := func(at int, v uint16) func([]byte) {
		return func(ip []byte) { binary.BigEndian.PutUint16(ip[at:], v) }
	}
	pseudo := func(ip []byte, length int) uint16 { return fold16(sum16(ip[12:20]) + protoTCP + uint64(length)) }
	for _, tc := range []struct {
		name    string
		options string
		change  func(ip []byte)
		want    bool
	}{
		{"right", "", func([]byte) {}, false},
		{"right, with options", "\x01\x01\x08\x0atttteeee", func([]byte) {}, false},
		{"wrong", "", func(ip []byte) { ip[36] ^= 0x4b }, true},
		{"wrong, with options", "\x01\x01\x08\x0atttteeee", func(ip []byte) { ip[36] ^= 0x4b }, true},
		{"payload changed", "", func(ip []byte) { ip[len(ip)-1]++ }, true},
		{"left to the card", "", func(ip []byte) { set(36, pseudo(ip, len(ip)-20))(ip) }, false},
		{"left to the card, without the length", "", func(ip []byte) { set(36, pseudo(ip, 0))(ip) }, false},
		{"left to the card, complemented", "", func(ip []byte) { set(36, ^pseudo(ip, len(ip)-20))(ip) }, false},
		{"none", "", set(36, 0), false},
		{"addresses changed by whoever shares the capture", "", func(ip []byte) { ip[15]++ }, false},
		{"options of IP", "", func(ip []byte) { ip[0]++; ip[36] ^= 0x4b }, false},
	} {
		for _, payload := range []string{"hello", "hell"} {
			ip := summed(payload, tc.options)
			tc.change(ip)
			s := Segment{Payload: uint32(len(ip) - len(payload)), Captured: uint32(len(payload)), Length: uint32(len(payload))}
			s.SetEndpoints(ip, 12, false, 40000, 443)
			if got := s.Garbled(ip); got != tc.want {
				t.Errorf("%s, %q: %v", tc.name, payload, got)
			}
			s.Captured--
			if s.Garbled(ip) {
				t.Errorf("%s, cut short: garbled", tc.name)
			}
		}
	}
}

// A segment is looked at where its decoder found it, or not at all.
func TestGarbledAsDecoded(t *testing.T) {
	wrong := summed("hello", "")
	wrong[36] ^= 0x4b
	for name, frame := range map[string][]byte{"fast": ethFrame(etherIPv4, wrong), "behind a tag": ethFrame(etherVLAN, vlanTag(etherIPv4, wrong))} {
		var d Decoder
		var out Batch
		out.Reset()
		d.Block(block(capture.LinkEthernet, frame), &out)
		if all := segments(&out); len(all) != 1 || !all[0].Garbled(out.Arena) {
			t.Errorf("%s: not garbled", name)
		}
	}
	for at := range uint32(60) {
		s := Segment{Payload: at}
		if s.Garbled(make([]byte, 60)) {
			t.Errorf("payload at %d: garbled", at)
		}
	}
}
