package analysis_test

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
)

// network is a way to put a TCP segment into IP packets.
type network struct {
	name       string
	version    int
	lengthless bool // the packet does not say how long it is
	packets    func(turn) [][]byte
}

var (
	clientIPv4, serverIPv4 = netip.MustParseAddr("10.9.0.1"), netip.MustParseAddr("10.9.0.2")
	clientIPv6, serverIPv6 = netip.MustParseAddr("fd00::1"), netip.MustParseAddr("fd00::2")
	hopIPv6                = netip.MustParseAddr("fd00::99")
)

// route returns the addresses of source and destination.
func (x turn) route(client, server netip.Addr) (src, dst []byte) {
	if x.toServer {
		return client.AsSlice(), server.AsSlice()
	}
	return server.AsSlice(), client.AsSlice()
}

// protoTCP and those after it are IP protocol numbers.
const (
	protoHopByHop    = 0
	protoTCP         = 6
	protoRouting     = 43
	protoFragment    = 44
	protoAH          = 51
	protoDestOptions = 60
)

// in4 puts a payload into an IPv4 packet. The checksums stay as offloads leave them: wrong.
func in4(x turn, options string, flags uint16, payload []byte) []byte {
	size := 20 + len(options)
	b := []byte{byte(0x40 | size/4), 0}
	b = binary.BigEndian.AppendUint16(b, uint16(size+len(payload)))
	b = binary.BigEndian.AppendUint16(b, x.id)
	b = binary.BigEndian.AppendUint16(b, flags)
	b = append(b, x.ttl, protoTCP, 0, 0)
	src, dst := x.route(clientIPv4, serverIPv4)
	return slices.Concat(b, src, dst, []byte(options), payload)
}

// in6 puts a payload, which begins with a header of the given kind, into an IPv6 packet.
func in6(x turn, kind byte, payload []byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0x60, 0, 0, 0}, uint16(len(payload)))
	src, dst := x.route(clientIPv6, serverIPv6)
	return slices.Concat(b, []byte{kind, x.ttl}, src, dst, payload)
}

// extend puts an IPv6 extension header before a payload that begins with a header of the kind next.
func extend(next byte, body string, payload []byte) []byte {
	return slices.Concat([]byte{next, byte((2+len(body))/8 - 1)}, []byte(body), payload)
}

const pad4 = "\x01\x02\x00\x00" // a PadN option of 4 bytes

// extended is an IPv6 packet with every extension header that may stand before TCP.
func extended(x turn) []byte {
	b := extend(protoTCP, pad4+"\x00\x00", x.tcp) // destination options
	b = slices.Concat([]byte{protoDestOptions, 4}, make([]byte, 22), b)
	b = extend(protoAH, "\x04\x00\x00\x00\x00\x00"+string(hopIPv6.AsSlice()), b) // segment routing, none left
	return in6(x, protoHopByHop, extend(protoRouting, pad4+"\x01\x00", b))
}

// routed is an IPv6 packet on its way to the first of two destinations: the last one stands first (RFC 8754).
func routed(x turn) []byte {
	_, dst := x.route(clientIPv6, serverIPv6)
	segments := string(dst) + string(hopIPv6.AsSlice())
	b := in6(x, protoRouting, extend(protoTCP, "\x04\x01\x01\x00\x00\x00"+segments, x.tcp))
	copy(b[24:], hopIPv6.AsSlice())
	return b
}

// jumbo is an IPv6 packet whose length is in an option (RFC 2675).
func jumbo(x turn) []byte {
	option := binary.BigEndian.AppendUint32([]byte("\xc2\x04"), uint32(8+len(x.tcp)))
	return lengthless6(in6(x, protoHopByHop, extend(protoTCP, string(option), x.tcp)))
}

// lengthless4 and lengthless6 make the length 0, as in packets that the hardware was to split.
func lengthless4(b []byte) []byte { b[2], b[3] = 0, 0; return b }
func lengthless6(b []byte) []byte { b[4], b[5] = 0, 0; return b }

// piece is how many bytes of payload a fragment carries.
const piece = 256

// fragments4 cuts a segment into IPv4 fragments.
func fragments4(x turn) (all [][]byte) {
	for i, p := range slices.Collect(slices.Chunk(x.tcp, piece)) {
		flags := uint16(i * piece / 8)
		if (i+1)*piece < len(x.tcp) {
			flags |= 0x2000
		}
		all = append(all, in4(x, "", flags, p))
	}
	return all
}

// fragmentHeader is that of IPv6; the identification is another for each segment.
func (x turn) fragmentHeader(offset uint16) []byte {
	h := binary.BigEndian.AppendUint16([]byte{protoTCP, 0}, offset)
	return binary.BigEndian.AppendUint32(h, uint32(x.time/1000))
}

// fragments6 cuts what follows a hop-by-hop header into IPv6 fragments.
func fragments6(x turn) (all [][]byte) {
	for i, p := range slices.Collect(slices.Chunk(x.tcp, piece)) {
		offset := uint16(i * piece)
		if (i+1)*piece < len(x.tcp) {
			offset |= 1
		}
		fragment := append(x.fragmentHeader(offset), p...)
		all = append(all, in6(x, protoHopByHop, extend(protoFragment, pad4+"\x01\x00", fragment)))
	}
	return all
}

func reversed(fragments func(turn) [][]byte) func(turn) [][]byte {
	return func(x turn) [][]byte {
		all := fragments(x)
		slices.Reverse(all)
		return all
	}
}

func single(packet func(turn) []byte) func(turn) [][]byte {
	return func(x turn) [][]byte { return [][]byte{packet(x)} }
}

func networks() []network {
	options := strings.Repeat("\x01", 36) + "\x94\x04\x00\x00" // no operation, router alert
	v4 := func(x turn) []byte { return in4(x, "", 0x4000, x.tcp) }
	v6 := func(x turn) []byte { return in6(x, protoTCP, x.tcp) }
	return []network{
		{name: "IPv4", version: 4, packets: single(v4)},
		{name: "IPv4 with options", version: 4, packets: single(func(x turn) []byte { return in4(x, options, 0x4000, x.tcp) })},
		{name: "IPv4, total length 0", version: 4, lengthless: true, packets: single(func(x turn) []byte { return lengthless4(v4(x)) })},
		{name: "IPv4 fragments", version: 4, packets: fragments4},
		{name: "IPv4 fragments reversed", version: 4, packets: reversed(fragments4)},
		{name: "IPv6", version: 6, packets: single(v6)},
		{name: "IPv6 with extension headers", version: 6, packets: single(extended)},
		{name: "IPv6 with a segment left", version: 6, packets: single(routed)},
		{name: "IPv6, atomic fragment", version: 6, packets: single(func(x turn) []byte {
			return in6(x, protoFragment, append(x.fragmentHeader(0), x.tcp...))
		})},
		{name: "IPv6, payload length 0", version: 6, lengthless: true, packets: single(func(x turn) []byte { return lengthless6(v6(x)) })},
		{name: "IPv6 jumbo payload", version: 6, packets: single(jumbo)},
		{name: "IPv6 fragments", version: 6, packets: fragments6},
		{name: "IPv6 fragments reversed", version: 6, packets: reversed(fragments6)},
	}
}
