package analysis_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// payload is what the segment carries.
func (x turn) payload() []byte { return x.tcp[x.tcp[12]>>4*4:] }

// withOptions replaces the TCP options, if there are any.
func (x turn) withOptions(options string) turn {
	if x.tcp[12]>>4 == 5 {
		return x
	}
	head := slices.Concat(x.tcp[:20], []byte(options))
	head[12] = byte(len(head)/4) << 4
	x.tcp = append(head, x.payload()...)
	return x
}

// TestMalformedTCPOptions puts options that no stack would accept into every segment. What they would have said is
// lost; ports, flags and payload are not, and the records stay as they were.
func TestMalformedTCPOptions(t *testing.T) {
	all := turns(t)
	base := baseRows(t, all)
	for name, options := range map[string]string{
		"length 0":             "\x08\x00\x00\x00",
		"length 1":             "\x01\x01\x08\x01",
		"beyond the header":    "\x08\x0a\x01\x02",
		"no length":            "\x01\x01\x01\x08",
		"MSS of one byte":      "\x02\x03\x05\x01",
		"behind the end":       "\x00\x08\x0a\x00",
		"unknown kinds":        "\xfe\x04\xff\xff\xfd\x02\xfc\x02",
		"nothing but ones":     strings.Repeat("\xff", 40),
		"nothing but zeros":    strings.Repeat("\x00", 40),
		"good and then broken": "\x02\x04\x05\xb4\x03\x03\x0a\x05",
	} {
		var frames []frame
		for _, x := range all {
			frames = append(frames, plainFrames([]turn{x.withOptions(options)})...)
		}
		got := mustRows(t, file{"matrix", pcapFormats()[0].write(1, frames)})
		sameRows(t, name, got, base)
	}
}

// grown returns the turns with bytes more of application data in the server's last segment that has some, in
// segments of at most that size.
func grown(all []turn, bytes, segment int) (out []turn) {
	const at = 10 // that segment of the connection that goes through
	records := make([]byte, 0, bytes)
	for len(records) < bytes {
		n := min(bytes-len(records)-5, 1<<14)
		records = binary.BigEndian.AppendUint16(append(records, 23, 3, 3), uint16(n))
		records = append(records, make([]byte, n)...)
	}
	for i, x := range all {
		x.tcp = slices.Clone(x.tcp)
		switch {
		case i == at:
			out = append(out, split(x, append(x.payload(), records...), segment)...)
			continue
		case i > at && i < 16 && x.toServer:
			add32(x.tcp[8:], bytes)
		case i > at && i < 16:
			add32(x.tcp[4:], bytes)
		}
		out = append(out, x)
	}
	return out
}

func add32(b []byte, n int) {
	binary.BigEndian.PutUint32(b, binary.BigEndian.Uint32(b)+uint32(n))
}

// split sends a payload in segments with the header of x.
func split(x turn, payload []byte, segment int) (out []turn) {
	head := x.tcp[:len(x.tcp)-len(x.payload())]
	for p := range slices.Chunk(payload, segment) {
		y := x
		y.tcp = slices.Concat(head, p)
		out = append(out, y)
		head = slices.Clone(head)
		add32(head[4:], len(p))
	}
	return out
}

// TestBigTCP captures 200,000 bytes as one packet, as the kernel hands them to the network device, in each of the
// ways to say so, whole and cut at the snapshot length. They are the same bytes as in ordinary segments.
func TestBigTCP(t *testing.T) {
	const more = 200_000
	all := turns(t)
	small, big := grown(all, more, 1448), grown(all, more, 1<<20)
	for _, n := range networks() {
		frames, _ := framesOf(small, onEthernet, network{packets: networks()[0].packets})
		base := inNetwork(mustRows(t, file{"matrix", pcapFormats()[0].write(1, frames)}), n)
		if bytes := base[0]["server_bytes"]; bytes != float64(1045+more) {
			t.Fatalf("%v bytes of the server", bytes)
		}
		if !n.lengthless && n.name != "IPv6 jumbo payload" {
			continue
		}
		frames, _ = framesOf(big, onEthernet, n)
		for _, cut := range []int{1 << 20, 65535} {
			missed := 0
			for i, f := range frames {
				frames[i].wire, frames[i].data = len(f.data), f.data[:min(cut, len(f.data))]
				missed += frames[i].wire - len(frames[i].data)
			}
			got := mustRows(t, file{"matrix", pcapFormats()[0].write(1, frames)})
			want := without(base, "server_packets", "evidence")
			want[0]["missed_bytes"] = float64(missed)
			sameRows(t, n.name, without(got, "server_packets", "evidence"), want)
		}
	}
}
