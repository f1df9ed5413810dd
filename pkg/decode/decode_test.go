package decode

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/sniscope/sniscope/pkg/capture"
)

func TestSegmentSize(t *testing.T) {
	if n := unsafe.Sizeof(Segment{}); n != 64 {
		t.Errorf("a segment takes %d bytes, not 64", n)
	}
}

// Both directions of a connection share a hash, its UDP namesake and its neighbours do not, and the shards
// are filled alike.
func TestHash(t *testing.T) {
	arena := cat(v4{}.bytes(nil)[12:20], v4{src: "198.51.100.2", dst: "192.0.2.1"}.bytes(nil)[12:20],
		[]byte("\x7f\x00\x00\x01\x7f\x00\x00\x01"))
	hash := func(addr uint32, src, dst uint16, bits Bits) (uint64, int) {
		s := Segment{Bits: bits}
		s.SetEndpoints(arena, addr, false, src, dst)
		return s.Hash, s.Side()
	}
	there, side := hash(0, 40000, 443, 0)
	back, other := hash(8, 443, 40000, 0)
	if there != back || side == other {
		t.Errorf("hash %#x, side %d one way, %#x, %d the other", there, side, back, other)
	}
	there, side = hash(0, 443, 443, 0)
	if back, other = hash(8, 443, 443, 0); there != back || side == other {
		t.Errorf("equal ports: hash %#x, side %d one way, %#x, %d the other", there, side, back, other)
	}
	there, side = hash(16, 40000, 443, 0)
	if back, other = hash(16, 443, 40000, 0); there != back || side == other {
		t.Errorf("equal addresses: hash %#x, side %d one way, %#x, %d the other", there, side, back, other)
	}
	there, _ = hash(0, 40000, 443, 0)
	if udp, _ := hash(0, 40000, 443, BitUDP); udp == there {
		t.Error("TCP and UDP share a hash")
	}
	if crossed, _ := hash(0, 443, 40000, 0); crossed == there {
		t.Error("exchanged ports share a hash")
	}
	var shards [Shards]int
	for port := range 64000 {
		s := Segment{}
		s.SetEndpoints(arena, 0, false, uint16(port), 443)
		shards[s.Shard()]++
	}
	for i, n := range shards {
		if n < 800 || n > 1200 {
			t.Errorf("shard %d has %d of 64000 connections", i, n)
		}
	}
}

func TestDigits(t *testing.T) {
	for _, packet := range [][]byte{helloV4, v4{protocol: protoTCP}.bytes(syn), v4{protocol: protoUDP}.bytes(udpDatagram(1, 2, nil))} {
		b := block(101, packet)
		b.Packets[0].Digits = 9
		r := decodeBlock(b)
		if s := segments(&r.batch); len(s) != 1 || s[0].Digits() != 9 {
			t.Errorf("the resolution of the capture is lost: %+v", s)
		}
	}
}

// decoded is a batch and what was counted on the way to it.
type decoded struct {
	batch   Batch
	skipped Counts
}

func decodeBlock(b *capture.Block) decoded {
	var r decoded
	r.batch.Reset(Shards)
	d := NewDecoder()
	d.Block(b, &r.batch)
	r.skipped = d.Skipped()
	return r
}

// String lists a batch as a reader would want to see it: segments and fragments by frame, then counts.
func (r decoded) String() string {
	frames := map[uint32]string{}
	for _, s := range segments(&r.batch) {
		frames[s.Frame] += describe(&s, &r.batch)
	}
	for _, f := range r.batch.Fragments {
		frames[f.frame] += fmt.Sprintf("fragment %d+%d/%d more=%v", f.offset, f.captured, f.length, f.more)
	}
	var lines []string
	for _, frame := range slices.Sorted(maps.Keys(frames)) {
		lines = append(lines, frames[frame])
	}
	for reason, n := range r.skipped.All() {
		lines = append(lines, fmt.Sprintf("%s %d", reason, n))
	}
	return strings.Join(lines, "\n")
}

func describe(s *Segment, b *Batch) string {
	src, dst := s.Endpoints(b.Arena)
	kind := "tcp"
	if s.Bits&BitUDP != 0 {
		kind = "udp"
	}
	line := fmt.Sprintf("%s %v > %v", kind, src, dst)
	switch {
	case s.Bits&BitICMP != 0:
		line = fmt.Sprintf("icmp %d/%d %s seq %d mtu %d", s.Flags, s.Window, line, s.Seq, s.MSS)
	case s.Bits&BitUDP == 0:
		line += fmt.Sprintf(" flags %#02x seq %d ack %d win %d", uint8(s.Flags), s.Seq, s.Ack, s.Window)
	}
	if s.Flags.Has(SYN) && s.Bits&(BitICMP|BitUDP) == 0 {
		shift, ok := s.WindowScale()
		line += fmt.Sprintf(" mss %d scale %d,%v", s.MSS, shift, ok)
	}
	line += fmt.Sprintf(" id %d ttl %d %q", s.IPID, s.TTL, b.Arena[s.Payload:s.Payload+s.Captured])
	if s.Captured != s.Length {
		line += fmt.Sprintf(" of %d", s.Length)
	}
	if s.Encap != 0 {
		line += " in " + b.Encaps[s.Encap]
	}
	return line
}

var (
	synOpts = []byte("\x02\x04\x05\xb4\x01\x03\x03\x07")
	stamps  = []byte("\x01\x01\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x02")
	hello   = tcpHead{src: 40000, dst: 443, seq: 1000, ack: 2000, flags: PSH | ACK, window: 512, options: stamps}.bytes([]byte("hello"))
	syn     = tcpHead{src: 40000, dst: 443, seq: 999, flags: SYN, window: 64240, options: synOpts}.bytes(nil)
	helloV4 = v4{protocol: protoTCP, id: 7}.bytes(hello)
	helloV6 = v6{next: protoTCP}.bytes(hello)
)

const (
	helloText = `flags 0x18 seq 1000 ack 2000 win 512`
	hello4    = `tcp 192.0.2.1:40000 > 198.51.100.2:443 ` + helloText + ` id 7 ttl 61 "hello"`
	hello6    = `tcp [2001:db8::1]:40000 > [2001:db8:ffff::2]:443 ` + helloText + ` id 0 ttl 57 "hello"`
)

type decodeCase struct {
	name string
	in   *capture.Block
	want string
}

func runCases(t *testing.T, cases []decodeCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := decodeBlock(c.in).String(); got != c.want {
				t.Errorf("decoded to\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
