package filter

import (
	"strconv"
	"strings"

	"golang.org/x/net/bpf"
)

// port compiles "port" with a number or a service name.
func (c *compiler) port(m *match) condition {
	s := service{m.value.num, anyProto}
	switch m.value.kind {
	case tokenNumber:
		if s.port > maxPort {
			return c.fail(m.value, ErrInvalid, "a port is at most %d", maxPort)
		}
	case tokenName:
		known, ok := services[m.value.text]
		if !ok {
			return c.fail(m.value, ErrUnsupported, "unknown service name; write the port's number")
		}
		s = known
	default:
		return c.fail(m.value, ErrInvalid, "an address is not a port")
	}
	return c.ports(m, s.proto, func(field *value) condition { return c.equal(field, s.port) })
}

// portRange compiles "portrange" with a range, or one port.
func (c *compiler) portRange(m *match) condition {
	low, high := service{m.value.num, anyProto}, service{m.value.num, anyProto}
	switch m.value.kind {
	case tokenNumber:
	case tokenName:
		from, to, found := strings.Cut(m.value.text, "-")
		var okFrom, okTo bool
		low, okFrom = endOfRange(from)
		high, okTo = endOfRange(to)
		if !found || !okFrom || !okTo {
			return c.fail(m.value, ErrUnsupported, "not a range such as 6000-6008 of known ports")
		}
	default:
		return c.fail(m.value, ErrInvalid, "an address is not a range of ports")
	}
	if max(low.port, high.port) > maxPort {
		return c.fail(m.value, ErrInvalid, "a port is at most %d", maxPort)
	}
	proto := low.proto
	if high.proto != proto {
		proto = anyProto
	}
	first, last := min(low.port, high.port), max(low.port, high.port)
	return c.ports(m, proto, func(field *value) condition {
		above := compare(field, bpf.JumpGreaterOrEqual, c.constant(first))
		return and(above, not(compare(field, bpf.JumpGreaterThan, c.constant(last))))
	})
}

func endOfRange(text string) (service, bool) {
	if !all(text, isDigit) {
		s, ok := services[text]
		return s, ok
	}
	port, err := strconv.ParseUint(text, 10, 32)
	return service{uint32(port), anyProto}, err == nil
}

// ports applies a test to the port fields of TCP, UDP and SCTP, in IPv6 packets
// without extension headers and in IPv4 packets other than later fragments.
func (c *compiler) ports(m *match, registered uint32, is func(field *value) condition) condition {
	protos := []uint32{protoSCTP, protoTCP, protoUDP}
	if registered != anyProto {
		protos = []uint32{registered}
	}
	if m.proto != nil {
		switch m.proto.name {
		case "tcp", "udp", "sctp":
		default:
			return c.fail(m.value, ErrInvalid, "%s has no ports", m.proto.name)
		}
		if registered != anyProto && registered != m.proto.number {
			return c.fail(m.value, ErrInvalid, "the name is not registered for %s; write the port's number", m.proto.name)
		}
		protos = []uint32{m.proto.number}
	}
	v4, v6 := always(false), always(false)
	for _, proto := range protos {
		header := c.header(c.network())
		src, dst := c.loadAt(header, c.network(), 2), c.loadAt(header, c.network()+2, 2)
		v4 = or(v4, and(c.protoIPv4(proto), c.unfragmented(), ends(m.dir, is(src), is(dst))))

		src, dst = c.load(c.network()+headerIPv6, 2), c.load(c.network()+headerIPv6+2, 2)
		v6 = or(v6, and(c.nextHeader(proto), ends(m.dir, is(src), is(dst))))
	}
	return or(
		and(c.carries(m.value, etherTypeIPv6), v6),
		and(c.carries(m.value, etherTypeIPv4), v4))
}
