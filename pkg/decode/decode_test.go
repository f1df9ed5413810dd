package decode

import (
	"encoding/binary"
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

// Both directions of a connection share a hash, its UDP namesake and its neighbours do not.
func TestHash(t *testing.T) {
	t.Run("IPv4", func(t *testing.T) {
		checkHash(t, false, cat(v4{}.bytes(nil)[12:20], v4{src: "198.51.100.2", dst: "192.0.2.1"}.bytes(nil)[12:20],
			[]byte("\x7f\x00\x00\x01\x7f\x00\x00\x01")))
	})
	t.Run("IPv6", func(t *testing.T) {
		checkHash(t, true, cat(v6{}.bytes(nil)[8:40], v6{src: "2001:db8:ffff::2", dst: "2001:db8::1"}.bytes(nil)[8:40],
			v6{src: "::1", dst: "::1"}.bytes(nil)[8:40]))
	})
	t.Run("IPv6 of one network", func(t *testing.T) {
		checkHash(t, true, cat(v6{src: "fe80::1", dst: "fe80::2"}.bytes(nil)[8:40], v6{src: "fe80::2", dst: "fe80::1"}.bytes(nil)[8:40],
			v6{src: "::1", dst: "::1"}.bytes(nil)[8:40]))
	})
}

// checkHash is given a pair of addresses, the same in the other order, and a pair of equal ones.
func checkHash(t *testing.T, v6 bool, arena []byte) {
	size := uint32(len(arena) / 3)
	hash := func(pair uint32, src, dst uint16, bits Bits) (uint64, int) {
		s := Segment{Bits: bits}
		s.SetEndpoints(arena, pair*size, v6, src, dst)
		if s.Bits&^(BitSrcHigh|BitIPv6) != bits || (s.Bits&BitIPv6 != 0) != v6 {
			t.Errorf("bits %#x became %#x", bits, s.Bits)
		}
		return s.Hash, s.Side()
	}
	there, side := hash(0, 40000, 443, 0)
	if side != 0 {
		t.Error("the lower endpoint is on side 1")
	}
	back, other := hash(1, 443, 40000, 0)
	if there != back || side == other {
		t.Errorf("hash %#x, side %d one way, %#x, %d the other", there, side, back, other)
	}
	there, side = hash(0, 443, 443, 0)
	if back, other = hash(1, 443, 443, 0); there != back || side == other {
		t.Errorf("equal ports: hash %#x, side %d one way, %#x, %d the other", there, side, back, other)
	}
	there, side = hash(2, 40000, 443, 0)
	if back, other = hash(2, 443, 40000, 0); there != back || side == other {
		t.Errorf("equal addresses: hash %#x, side %d one way, %#x, %d the other", there, side, back, other)
	}
	hash(0, 40000, 443, BitOptions|BitICMP)
	there, _ = hash(0, 40000, 443, 0)
	if udp, _ := hash(0, 40000, 443, BitUDP); udp == there {
		t.Error("TCP and UDP share a hash")
	}
	if crossed, _ := hash(0, 443, 40000, 0); crossed == there {
		t.Error("exchanged ports share a hash")
	}
}

// However the endpoints of a capture are numbered, and whatever the family, the shards are filled alike.
func TestShards(t *testing.T) {
	const connections = 64000
	type pair struct {
		src, dst uint32 // the last four bytes of the addresses
		ports    [2]uint16
	}
	for name, number := range map[string]func(i int) pair{
		"ports of one client": func(i int) pair { return pair{1, 2, [2]uint16{uint16(i), 443}} },
		"clients in a row":    func(i int) pair { return pair{0x0a000000 + uint32(i), 2, [2]uint16{40000, 443}} },
		"clients of networks": func(i int) pair { return pair{uint32(i) << 8, 2, [2]uint16{40000, 443}} },
		"a scan":              func(i int) pair { return pair{1, 0x0a000000 + uint32(i), [2]uint16{uint16(i), 443}} },
		"ports of one server": func(i int) pair { return pair{1, 2, [2]uint16{40000, uint16(i)}} },
		"all with all": func(i int) pair {
			return pair{0x0a000000 + uint32(i%256), 0x0a000000 + uint32(i/256), [2]uint16{500, 500}}
		},
		"within a host": func(i int) pair { return pair{0x7f000001, 0x7f000001, [2]uint16{uint16(i), 443}} },
	} {
		for _, v6 := range []bool{false, true} {
			var shards [Shards]int
			for i := range connections {
				n, arena := number(i), make([]byte, 32)
				src, dst := arena[:4], arena[4:]
				if v6 {
					copy(arena, "\x20\x01\x0d\xb8")
					copy(arena[16:], "\x20\x01\x0d\xb8")
					src, dst = arena[12:], arena[28:]
				}
				binary.BigEndian.PutUint32(src, n.src)
				binary.BigEndian.PutUint32(dst, n.dst)
				var s Segment
				s.SetEndpoints(arena, 0, v6, n.ports[0], n.ports[1])
				shards[s.Shard()]++
			}
			if low, high := slices.Min(shards[:]), slices.Max(shards[:]); low < 800 || high > 1200 {
				t.Errorf("%s, IPv6 %v: of %d connections between %d and %d are in a shard", name, v6, connections, low, high)
			}
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
	r.batch.Reset()
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
