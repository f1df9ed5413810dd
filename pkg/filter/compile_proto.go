package filter

import "golang.org/x/net/bpf"

// headerIPv6 is the length of the fixed IPv6 header (RFC 8200, Section 3).
const headerIPv6 = 40

// protoIPv4 tests the protocol field of an IPv4 header.
func (c *compiler) protoIPv4(proto uint32) condition {
	return c.equal(c.load(c.network()+9, 1), proto)
}

// nextHeader tests the next header field of an IPv6 header.
func (c *compiler) nextHeader(proto uint32) condition {
	return c.equal(c.load(c.network()+6, 1), proto)
}

// unfragmented is true for whole IPv4 packets and for first fragments.
func (c *compiler) unfragmented() condition {
	return c.equal(c.mask(c.load(c.network()+6, 2), 0x1fff), 0)
}

// protocol compiles a protocol keyword that stands alone.
func (c *compiler) protocol(at token, p *protocol) condition {
	switch p.layer {
	case layerNetwork:
		return c.carries(at, p.number)
	case layerTransport:
		v4, v6 := always(false), always(false)
		if p.v4 {
			v4 = c.inIPv4(at, p.number)
		}
		if p.v6 {
			v6 = c.inIPv6(at, p.number)
		}
		return or(v4, v6)
	}
	return c.fail(at, ErrInvalid, "the link layer alone is no condition")
}

func (c *compiler) inIPv4(at token, proto uint32) condition {
	return and(c.carries(at, etherTypeIPv4), c.protoIPv4(proto))
}

// inIPv6 looks behind a fragment header but no other extension header, as libpcap does.
func (c *compiler) inIPv6(at token, proto uint32) condition {
	fragment := and(c.nextHeader(protoFragment), c.equal(c.load(c.network()+headerIPv6, 1), proto))
	return and(c.carries(at, etherTypeIPv6), or(c.nextHeader(proto), fragment))
}

// proto compiles "proto" with a number or a protocol name.
func (c *compiler) proto(m *match) condition {
	number, ok := c.protoNumber(m)
	switch {
	case !ok:
		return always(false)
	case m.proto == nil:
		return or(c.inIPv4(m.value, number), c.inIPv6(m.value, number))
	case m.proto.layer == layerLink:
		return c.etherType(m, number)
	case m.proto.number == etherTypeIPv4:
		return c.inIPv4(m.value, number)
	case m.proto.number == etherTypeIPv6:
		return c.inIPv6(m.value, number)
	}
	return c.fail(m.value, ErrInvalid, "%s carries no numbered protocol", m.proto.name)
}

// etherType compiles "ether proto". libpcap finds IPX and AppleTalk in several
// encapsulations, which nobody needs today.
func (c *compiler) etherType(m *match, number uint32) condition {
	switch number {
	case 0xe0, 0x809b, 0x80f3:
		return c.fail(m.value, ErrUnsupported, "IPX and AppleTalk are not recognised")
	}
	return c.carries(m.value, number)
}

func (c *compiler) protoNumber(m *match) (uint32, bool) {
	names := ipProtocols
	if m.proto != nil && m.proto.layer == layerLink {
		names = etherTypes
	}
	switch m.value.kind {
	case tokenNumber:
		return m.value.num, true
	case tokenName:
		if number, ok := names[m.value.text]; ok {
			return number, true
		}
		c.fail(m.value, ErrUnsupported, "unknown protocol name; write its number")
	default:
		c.fail(m.value, ErrInvalid, "an address is not a protocol")
	}
	return 0, false
}

// casting compiles broadcast and multicast.
func (c *compiler) casting(e *casting) condition {
	link := e.proto == nil || e.proto.layer == layerLink
	multicast := e.at.is("multicast")
	switch {
	case link && !c.link.ethernet:
		return c.fail(e.at, ErrLinkType, "%s has no Ethernet addresses", c.link.name)
	case link && multicast:
		return not(c.equal(c.mask(c.load(0, 1), 1), 0))
	case link:
		return c.mac(0, [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	case multicast && e.proto.number == etherTypeIPv4:
		first := c.load(c.network()+16, 1)
		return and(c.carries(e.at, etherTypeIPv4), compare(first, bpf.JumpGreaterOrEqual, c.constant(224)))
	case multicast && e.proto.number == etherTypeIPv6:
		return and(c.carries(e.at, etherTypeIPv6), c.equal(c.load(c.network()+24, 1), 0xff))
	case e.proto.number == etherTypeIPv4:
		return c.fail(e.at, ErrUnsupported, "an interface's network mask is not known; write \"dst host\" and the address")
	}
	return c.fail(e.at, ErrInvalid, "%s has no %s addresses", e.proto.name, e.at.text)
}

// heading compiles inbound and outbound. Cooked headers record the direction
// as the packet type PACKET_OUTGOING, pppd in a byte of its own.
func (c *compiler) heading(e *heading) condition {
	if c.link.directed {
		way := uint32(0)
		if e.at.is("outbound") {
			way = 1
		}
		return c.equal(c.load(0, 1), way)
	}
	if c.link.packetType == nil {
		return c.fail(e.at, ErrLinkType, "%s does not record the direction", c.link.name)
	}
	const packetOutgoing = 4
	outgoing := c.equal(c.link.packetType(c.values), packetOutgoing)
	if e.at.is("outbound") {
		return outgoing
	}
	return not(outgoing)
}

// label compiles vlan, mpls and pppoes and moves the offsets of what is written after it.
func (c *compiler) label(e *label) condition {
	mpls := e.at.is("mpls")
	switch {
	case e.at.is("pppoes"):
		return c.pppoes(e)
	case mpls && c.link.mpls == 0, !mpls && !c.link.ethernet:
		return c.fail(e.at, ErrLinkType, "%s has no %s tags", c.link.name, e.at.text)
	case mpls:
		return c.mpls(e)
	}
	if c.labels > 0 {
		return c.fail(e.at, ErrInvalid, "no vlan can be matched behind mpls")
	}
	c.sawVLAN = true
	if c.stripped {
		return c.strippedVLAN(e)
	}
	tpid := c.load(c.typeAt, 2) // IEEE 802.1Q, 802.1ad and what came before the latter
	outcome := or(c.equal(tpid, 0x8100), c.equal(tpid, 0x88a8), c.equal(tpid, 0x9100))
	outcome = and(outcome, c.vlanID(e, c.load(c.payload, 2)))
	c.typeAt += 4
	c.payload += 4
	return outcome
}

// strippedVLAN tests the tag that is metadata.
func (c *compiler) strippedVLAN(e *label) condition {
	c.stripped = false
	return c.vlanID(e, c.tag())
}

// vlanID tests the VLAN ID in a tag's control information, if one is asked for.
func (c *compiler) vlanID(e *label, tci *value) condition {
	switch {
	case e.value == nil:
		return always(true)
	case e.value.num > 0xfff:
		return c.fail(*e.value, ErrInvalid, "a VLAN ID is at most 4095")
	}
	return c.equal(c.mask(tci, 0xfff), e.value.num)
}

// mpls tests a label stack entry (RFC 3032, Section 2.1).
func (c *compiler) mpls(e *label) condition {
	var outcome condition
	if c.labels == 0 {
		outcome = c.carries(e.at, c.link.mpls)
	} else { // an entry follows unless the previous one is the bottom of the stack
		outcome = c.equal(c.mask(c.load(c.network()-2, 1), 1), 0)
	}
	if e.value != nil {
		if e.value.num > 0xfffff {
			return c.fail(*e.value, ErrInvalid, "an MPLS label is at most 1048575")
		}
		entry := c.mask(c.load(c.network(), 4), 0xfffff000)
		outcome = and(outcome, c.equal(entry, e.value.num<<12))
	}
	c.labels++
	return outcome
}

// pppInEthernet is the link layer of what is written after pppoes.
var pppInEthernet = &link{name: "PPP", mpls: pppMPLS, carries: carriesPPP}

// pppoes tests the header of a PPPoE session packet (RFC 2516, Section 4), behind which is PPP.
func (c *compiler) pppoes(e *label) condition {
	outcome := c.carries(e.at, etherTypePPP)
	if e.value != nil {
		if e.value.num > 0xffff {
			return c.fail(*e.value, ErrInvalid, "a PPPoE session is at most 65535")
		}
		outcome = and(outcome, c.equal(c.load(c.network()+2, 2), e.value.num))
	}
	c.link, c.head = pppInEthernet, c.network()+6
	c.typeAt, c.payload = c.head, c.head+2
	return outcome
}
