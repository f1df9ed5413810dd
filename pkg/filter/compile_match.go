package filter

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// match compiles one value under its qualifiers.
func (c *compiler) match(m *match) condition {
	switch m.kind {
	case "port":
		return c.port(m)
	case "portrange":
		return c.portRange(m)
	case "proto":
		return c.proto(m)
	case "protochain":
		return c.protoChain(m)
	}
	switch m.value.kind {
	case tokenMAC:
		return c.hostMAC(m)
	case tokenIPv6:
		return c.hostIPv6(m)
	case tokenName:
		return c.fail(m.value, ErrUnsupported, "names are not looked up; write the address")
	}
	return c.hostIPv4(m)
}

// hostIPv4 compiles host and net with an IPv4 address or network.
func (c *compiler) hostIPv4(m *match) condition {
	address, mask, ok := c.networkIPv4(m)
	if !ok {
		return always(false)
	}
	if m.proto == nil {
		ip := c.addressIPv4(m, etherTypeIPv4, address, mask)
		if c.labels > 0 {
			return ip
		}
		arp := c.addressIPv4(m, etherTypeARP, address, mask)
		return or(ip, arp, c.addressIPv4(m, etherTypeRARP, address, mask))
	}
	switch m.proto.number {
	case etherTypeIPv4, etherTypeARP, etherTypeRARP:
		return c.addressIPv4(m, m.proto.number, address, mask)
	}
	return c.fail(m.value, ErrInvalid, "%s has no IPv4 addresses", m.proto.name)
}

// networkIPv4 reads the address and mask of host or net. As in libpcap, missing
// octets make a network: 10.1 is 10.1.0.0/16, and the number 10 is 10.0.0.0/8
// after net, but 0.0.0.10 after host.
func (c *compiler) networkIPv4(m *match) (address, mask uint32, ok bool) {
	address, mask, ok = m.value.num, ^uint32(0), true
	if m.value.kind == tokenIPv4 {
		address, mask, ok = c.octets(m.value)
	} else if m.kind == "net" {
		for address != 0 && address>>24 == 0 {
			address, mask = address<<8, mask<<8
		}
	}
	switch {
	case m.prefix == nil && m.mask == nil:
		return address, mask, ok
	case m.kind != "net":
		c.fail(m.value, ErrInvalid, "a mask is for net, not for %s", m.kind)
		return 0, 0, false
	case m.mask != nil:
		var masked bool
		mask, _, masked = c.octets(*m.mask)
		ok = ok && masked
	case m.prefix.num > 32:
		c.fail(*m.prefix, ErrInvalid, "an IPv4 prefix has at most 32 bits")
		return 0, 0, false
	default:
		mask = ^uint32(0) << (32 - m.prefix.num)
	}
	if ok && address&^mask != 0 {
		c.fail(m.value, ErrInvalid, "bits outside the mask are set")
		return 0, 0, false
	}
	return address, mask, ok
}

// octets reads up to four octets and the mask that covers them.
func (c *compiler) octets(t token) (address, mask uint32, ok bool) {
	parts := strings.Split(t.text, ".")
	for _, part := range parts {
		octet, err := strconv.ParseUint(part, 10, 8)
		if err != nil {
			c.fail(t, ErrInvalid, "not an IPv4 address")
			return 0, 0, false
		}
		address, mask = address<<8|uint32(octet), mask<<8|0xff
	}
	missing := 8 * (4 - len(parts))
	return address << missing, mask << missing, true
}

// addressIPv4 tests the addresses in an IPv4, ARP or RARP header (RFC 791,
// Section 3.1; RFC 826, for IPv4 over Ethernet).
func (c *compiler) addressIPv4(m *match, etherType, address, mask uint32) condition {
	src, dst := uint32(12), uint32(16)
	if etherType != etherTypeIPv4 {
		src, dst = 14, 24
	}
	at := func(offset uint32) condition {
		field := c.mask(c.load(c.network()+offset, 4), mask)
		return and(c.carries(m.value, etherType), c.equal(field, address))
	}
	return ends(m.dir, at(src), at(dst))
}

// hostIPv6 compiles host and net with an IPv6 address or network.
func (c *compiler) hostIPv6(m *match) condition {
	if m.proto != nil && m.proto.number != etherTypeIPv6 {
		return c.fail(m.value, ErrInvalid, "%s has no IPv6 addresses", m.proto.name)
	}
	bits := uint32(128)
	if m.prefix != nil {
		bits = m.prefix.num
	}
	prefix := m.value.ip.As16()
	network, mask := [4]uint32{}, [4]uint32{}
	for i := range network {
		network[i] = binary.BigEndian.Uint32(prefix[4*i:])
		mask[i] = ^(^uint32(0) >> min(32, max(bits, uint32(32*i))-uint32(32*i)))
		if network[i]&^mask[i] != 0 {
			return c.fail(m.value, ErrInvalid, "bits outside the prefix are set")
		}
	}
	switch {
	case bits > 128:
		return c.fail(*m.prefix, ErrInvalid, "an IPv6 prefix has at most 128 bits")
	case bits != 128 && m.kind != "net":
		return c.fail(m.value, ErrInvalid, "a prefix length is for net, not for %s", m.kind)
	}
	at := func(offset uint32) condition {
		outcome := c.carries(m.value, etherTypeIPv6)
		for i := range network {
			word := c.load(c.network()+offset+uint32(4*i), 4)
			outcome = and(outcome, c.equal(c.mask(word, mask[i]), network[i]))
		}
		return outcome
	}
	return ends(m.dir, at(8), at(24)) // RFC 8200, Section 3
}

// hostMAC compiles an Ethernet address. It is the outermost header's, also after vlan.
func (c *compiler) hostMAC(m *match) condition {
	if m.proto == nil || m.proto.layer != layerLink || m.kind != "host" {
		return c.fail(m.value, ErrInvalid, "an Ethernet address needs \"ether host\", \"ether src\" or \"ether dst\"")
	}
	if !c.link.ethernet {
		return c.fail(m.value, ErrLinkType, "%s has no Ethernet addresses", c.link.name)
	}
	return ends(m.dir, c.mac(6, m.value.mac), c.mac(0, m.value.mac))
}

// mac tests the Ethernet address at an offset, its distinctive end first.
func (c *compiler) mac(offset uint32, mac [6]byte) condition {
	tail := c.equal(c.load(offset+2, 4), binary.BigEndian.Uint32(mac[2:]))
	return and(tail, c.equal(c.load(offset, 2), uint32(binary.BigEndian.Uint16(mac[:]))))
}

// ends applies a direction to the tests of both ends.
func ends(dir direction, src, dst condition) condition {
	switch dir {
	case dirSrc:
		return src
	case dirDst:
		return dst
	case dirBoth:
		return and(src, dst)
	}
	return or(src, dst)
}
