package flow

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/decode"
)

// arrives gives the client's segment at offset 0 with its headers, whose checksum holds or not.
func (w *wire) arrives(data string, sound bool) {
	src, dst := w.pair[C], w.pair[S]
	b := make([]byte, 40, 40+len(data))
	b[0], b[9], b[32], b[33] = 0x45, 6, 0x50, byte(decode.ACK)
	binary.BigEndian.PutUint16(b[2:], uint16(40+len(data)))
	copy(b[12:], src.Addr().AsSlice())
	copy(b[16:], dst.Addr().AsSlice())
	b = append(b, data...)
	binary.BigEndian.PutUint16(b[10:], ^words(b[:20]))
	pseudo := append([]byte{0, 6, byte((20 + len(data)) >> 8), byte(20 + len(data))}, b[12:20]...)
	binary.BigEndian.PutUint16(b[36:], ^words(append(pseudo, b[20:]...)))
	if !sound {
		b[36] ^= 0x4b
	}
	s := decode.Segment{
		Seq: w.isn[C] + 1, Ack: w.isn[S] + 1, Window: 65000, TTL: 64, Flags: decode.ACK, Time: w.now,
		Payload: 40, Captured: uint32(len(data)), Length: uint32(len(data)),
	}
	s.SetScale(0, false, 6)
	s.SetEndpoints(b, 12, false, src.Port(), dst.Port())
	w.frame++
	w.deliver(&s, &decode.Batch{Arena: b, Encaps: []string{""}})
	w.after(1e9)
}

// words is the sum of RFC 1071 of an even number of bytes.
func words(b []byte) uint16 {
	sum := uint32(0)
	for ; len(b) > 0; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}

func TestGarbledIsWhatEachRetransmissionIs(t *testing.T) {
	for _, tc := range []struct {
		name    string
		sound   []bool
		garbled bool
	}{
		{"all wrong", []bool{false, false, false}, true},
		{"the first may be right", []bool{true, false, false}, true},
		{"none wrong", []bool{true, true, true}, false},
		{"the last is right", []bool{false, false, true}, false},
		{"one was right", []bool{false, true, false}, false},
	} {
		w := newWire()
		w.handshake()
		for _, sound := range tc.sound {
			w.arrives(strings.Repeat("x", 100), sound)
		}
		side := w.end(t).Sides[Client]
		want(t, tc.name+": count", side.Stall.Count, 2)
		want(t, tc.name, side.Garbled, tc.garbled)
	}
}
