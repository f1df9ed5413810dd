package decode

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/capture"
)

// fragment4 cuts one fragment out of an IPv4 datagram's payload.
func fragment4(id uint16, protocol uint8, payload []byte, from, to int) []byte {
	field := uint16(from / 8)
	if to < len(payload) {
		field |= 0x2000
	}
	return v4{protocol: protocol, id: id, fragment: field}.bytes(payload[from:to])
}

// fragment6 does the same under IPv6.
func fragment6(id byte, next uint8, payload []byte, from, to int) []byte {
	field := from
	if to < len(payload) {
		field |= 1
	}
	return v6{next: 44}.bytes(cat([]byte{next, 0}, be16(field), []byte{0, 0, 0, id}, payload[from:to]))
}

// resolve decodes blocks in order, and reports what each comes to and what was counted in the end.
func resolve(t *testing.T, blocks ...*capture.Block) string {
	t.Helper()
	d, f := NewDecoder(), NewDefragmenter()
	var lines []string
	var packets, segs uint64
	for _, b := range blocks {
		var out Batch
		out.Reset()
		d.Block(b, &out)
		f.Resolve(b, &out)
		checkBatch(t, b, &out)
		if text := (decoded{batch: out}).String(); text != "" {
			lines = append(lines, text)
		}
		packets += uint64(len(b.Packets))
		segs += uint64(len(segments(&out)))
	}
	f.Close()
	counts := d.Skipped()
	counts.Add(f.Skipped())
	for reason, n := range counts.All() {
		lines = append(lines, fmt.Sprintf("%s %d", reason, n))
	}
	if f.joined > 0 {
		lines = append(lines, fmt.Sprintf("joined %d", f.joined))
	}
	if packets != segs+sum(counts)+f.joined {
		t.Errorf("%d packets became %d segments, %d skipped and %d joined", packets, segs, sum(counts), f.joined)
	}
	if len(f.pending) != 0 || f.bytes != 0 {
		t.Errorf("%d datagrams and %d bytes left over", len(f.pending), f.bytes)
	}
	return strings.Join(lines, "\n")
}

// checkBatch checks what must hold for every batch, whatever is in it.
func checkBatch(t *testing.T, b *capture.Block, out *Batch) {
	t.Helper()
	for i, list := range out.Lists {
		for j := range list {
			s := &list[j]
			checkBounds(t, s, out)
			if s.Shard() != i {
				t.Errorf("a segment of shard %d is in list %d", s.Shard(), i)
			}
			if j > 0 && list[j-1].Frame >= s.Frame {
				t.Errorf("list %d has frame %d behind %d", i, s.Frame, list[j-1].Frame)
			}
		}
	}
	if len(out.Arena) > 0 && (len(b.Data) == 0 || &out.Arena[0] != &b.Data[0] || cap(b.Data) < len(out.Arena)) {
		t.Error("the block does not share the arena's memory")
	}
}

func TestDefragment(t *testing.T) {
	long := tcpHead{src: 40000, dst: 443, seq: 1000, ack: 2000, flags: PSH | ACK, window: 512, options: stamps}.bytes([]byte("hello, fragments"))
	const text4 = `tcp 192.0.2.1:40000 > 198.51.100.2:443 ` + helloText + ` id 7 ttl 61 "hello, fragments"`
	const text6 = `tcp [2001:db8::1]:40000 > [2001:db8:ffff::2]:443 ` + helloText + ` id 0 ttl 57 "hello, fragments"`
	a, b, c := fragment4(7, 6, long, 0, 16), fragment4(7, 6, long, 16, 40), fragment4(7, 6, long, 40, len(long))
	x, y, z := fragment6(7, 6, long, 0, 16), fragment6(7, 6, long, 16, 40), fragment6(7, 6, long, 40, len(long))
	otherB := fragment4(7, 6, cat(long[:16], []byte("NO HEADER, NO DATA, NOT!"), long[40:]), 16, 40)
	for _, test := range []struct {
		name string
		in   []*capture.Block
		want string
	}{
		{"in order", []*capture.Block{block(101, a, b, c)}, text4 + "\njoined 2"},
		{"in reverse", []*capture.Block{block(101, c, b, a)}, text4 + "\njoined 2"},
		{"over three blocks", []*capture.Block{block(101, b), block(101, c), block(101, a)}, text4 + "\njoined 2"},
		{"between others", []*capture.Block{block(101, a, helloV4, b, helloV4, c, helloV4)},
			hello4 + "\n" + hello4 + "\n" + text4 + "\n" + hello4 + "\njoined 2"},
		{"ipv6", []*capture.Block{block(101, x, z, y)}, text6 + "\njoined 2"},
		{"two at once", []*capture.Block{block(101, a, x, b, z, c, y)}, text4 + "\n" + text6 + "\njoined 4"},
		{"two datagrams, one incomplete", []*capture.Block{block(101, a, fragment4(8, 6, long, 0, 40), b, c)}, text4 + "\nip-fragment 1\njoined 2"},
		{"another protocol is another datagram", []*capture.Block{block(101, a, b, fragment4(7, 17, long, 40, len(long)))}, "ip-fragment 3"},
		{"the header alone", []*capture.Block{block(101, fragment4(7, 6, long, 0, 40))}, "ip-fragment 1"},
		{"a copy", []*capture.Block{block(101, a, a, b, c)}, text4 + "\njoined 3"},
		{"a copy, ipv6", []*capture.Block{block(101, x, x, y, z)}, text6 + "\njoined 3"},
		{"overlap: the first wins", []*capture.Block{block(101, a, b, otherB, c)}, text4 + "\njoined 3"},
		{"overlap in part: the first wins", []*capture.Block{block(101, b, fragment4(7, 6, long, 0, 24), fragment4(7, 6, long, 32, len(long)))}, text4 + "\njoined 2"},
		{"overlap around: the first wins", []*capture.Block{block(101, b, fragment4(7, 6, cat(long[:16], make([]byte, 24), long[40:]), 0, len(long)-8), c)}, text4 + "\njoined 2"},
		{"overlap, ipv6: none is left", []*capture.Block{block(101, x, fragment6(7, 6, long, 8, 40), y, z)}, "ip-fragment 4"},
		{"two ends", []*capture.Block{block(101, a, c, fragment4(7, 6, long[:40], 16, 40), b)}, "ip-fragment 4"},
		{"more behind the end", []*capture.Block{block(101, c, fragment4(7, 6, make([]byte, 400), 40, 80), a, b)}, "ip-fragment 4"},
		{"an end before more", []*capture.Block{block(101, b, fragment4(7, 6, long[:24], 16, 24), a, c)}, "ip-fragment 4"},
		{"more, in odd lengths", []*capture.Block{block(101, fragment4(7, 6, long, 0, 17))}, "malformed 1"},
		{"more, of length 0", []*capture.Block{block(101, fragment4(7, 6, long, 8, 8))}, "malformed 1"},
		{"beyond 65535 bytes", []*capture.Block{block(101, v4{protocol: 6, fragment: 0x1fff}.bytes(make([]byte, 20)))}, "malformed 1"},
		{"extension headers inside", []*capture.Block{block(101,
			fragment6(7, 60, cat([]byte("\x06\x00\x01\x04\x00\x00\x00\x00"), long), 0, 8),
			fragment6(7, 6, cat([]byte("\x06\x00\x01\x04\x00\x00\x00\x00"), long), 8, len(long)+8))}, text6 + "\njoined 1"},
		{"cut in the payload", []*capture.Block{block(101, a), snap(block(101, c), 22), block(101, b)},
			strings.Replace(text4, `"hello, fragments"`, `"hello, fra" of 16`, 1) + "\njoined 2"},
		{"cut in the header", []*capture.Block{snap(block(101, a), 20+8), block(101, b, c)}, "truncated 1\njoined 2"},
		{"echo request", []*capture.Block{block(101, fragment4(7, 1, append([]byte{8, 0}, long...), 0, 16), fragment4(7, 1, append([]byte{8, 0}, long...), 16, len(long)+2))}, "icmp 1\njoined 1"},
		{"vlan", []*capture.Block{block(1, ethFrame(0x8100, vlanTag(0x0800, a)), ethFrame(0x8100, vlanTag(0x0800, b)), ethFrame(0x8100, vlanTag(0x0800, c)))}, text4 + " in vlan\njoined 2"},
		{"a tunnel cut up, of a datagram cut up", []*capture.Block{block(101, a, c,
			fragment4(9, 4, b, 0, 24), fragment4(9, 4, b, 24, len(b)), helloV4)}, text4 + " in ipip\n" + hello4 + "\njoined 3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := resolve(t, test.in...); got != test.want {
				t.Errorf("resolved to\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// Copies of a datagram that crossed two interfaces are put together apart from each other.
func TestDefragmentInterfaces(t *testing.T) {
	b := block(101)
	for from := 0; from < len(hello); from += 16 {
		for iface := range uint16(2) {
			part := block(101, fragment6(1, 6, hello, from, min(from+16, len(hello))))
			p := part.Packets[0]
			p.Offset, p.Iface = p.Offset+uint32(len(b.Data)), iface
			b.Data, b.Packets = append(b.Data, part.Data...), append(b.Packets, p)
		}
	}
	if got := resolve(t, b); got != hello6+"\n"+hello6+"\njoined 4" {
		t.Errorf("resolved to\n%s", got)
	}
}

func TestDefragmentTimeout(t *testing.T) {
	for _, c := range []struct {
		later time.Duration
		want  string
	}{
		{maxFragmentAge, hello4 + "\njoined 1"},
		{maxFragmentAge + 1, "ip-fragment 2"},
	} {
		b := block(101, fragment4(7, 6, hello, 0, 16), fragment4(7, 6, hello, 16, len(hello)))
		b.Packets[1].Time = b.Packets[0].Time + int64(c.later)
		if got := resolve(t, b); got != c.want {
			t.Errorf("after %v: resolved to\n%s\nwant\n%s", c.later, got, c.want)
		}
	}
}

// However many fragments never meet the rest of their datagram, memory is bounded; the newest still do.
func TestDefragmentBounds(t *testing.T) {
	for _, size := range []int{8, 4096} {
		d, f := NewDecoder(), NewDefragmenter()
		var out Batch
		payload := make([]byte, 60000)
		for id := range 10000 {
			b := block(101, fragment4(uint16(id), 6, payload, 0, size))
			out.Reset()
			d.Block(b, &out)
			f.Resolve(b, &out)
			if f.bytes > maxFragmentBytes || len(f.pending) > maxDatagrams {
				t.Fatalf("%d bytes of %d datagrams are kept", f.bytes, len(f.pending))
			}
		}
		given := f.Skipped()
		if int(given[IPFragment])+len(f.pending) != 10000 || len(f.pending) < 500 {
			t.Errorf("%v given up, %d kept, of 10000", given, len(f.pending))
		}
		b := block(101, fragment4(9999, 6, payload[:size+8], size, size+8))
		out.Reset()
		d.Block(b, &out)
		f.Resolve(b, &out)
		if f.joined != 1 {
			t.Error("the newest datagram was not put together")
		}
	}
}

// A datagram in crumbs is given up rather than searched through ever more slowly.
func TestDefragmentCrumbs(t *testing.T) {
	payload := make([]byte, (maxPieces+2)*8)
	var packets [][]byte
	for from := 0; from < len(payload); from += 8 {
		packets = append(packets, fragment4(7, 17, payload, from, from+8))
	}
	if got := resolve(t, block(101, packets...)); got != fmt.Sprintf("ip-fragment %d", len(packets)) {
		t.Errorf("resolved to\n%s", got)
	}
}

// FuzzDefragment cuts its input into packets, each behind its length, and those into two blocks.
func FuzzDefragment(f *testing.F) {
	crumbs := func(packets ...[]byte) []byte {
		var b []byte
		for _, p := range packets {
			b = append(append(b, byte(len(p))), p...)
		}
		return b
	}
	f.Add(crumbs(fragment4(7, 6, hello, 0, 16), fragment4(7, 6, hello, 16, 32), fragment4(7, 6, hello, 32, len(hello))))
	f.Add(crumbs(fragment6(7, 6, hello, 16, len(hello)), fragment6(7, 6, hello, 0, 16), helloV4))
	inner := fragment4(8, 6, hello, 0, 16)
	f.Add(crumbs(fragment4(7, 4, inner, 16, len(inner)), fragment4(7, 4, inner, 0, 16), fragment4(8, 6, hello, 16, len(hello))))
	f.Fuzz(func(t *testing.T, data []byte) {
		var packets [][]byte
		for len(data) > 0 {
			n := min(1+int(data[0]), len(data))
			packets = append(packets, data[1:n])
			data = data[n:]
		}
		half := len(packets) / 2
		resolve(t, block(101, packets[:half]...), block(101, packets[half:]...))
	})
}
