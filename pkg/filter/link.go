package filter

import "golang.org/x/net/bpf"

// link describes a pcap link type: where its headers are and how to recognise
// the protocol inside.
type link struct {
	name     string
	typeAt   uint32 // offset of the protocol field
	payload  uint32 // offset of the network-layer header
	ethernet bool   // has Ethernet addresses and VLAN tags
	mpls     uint32 // protocol of MPLS labels; 0 where there are none
	directed bool   // byte 0 is 0 in a packet that was received, 1 in one that was sent

	// carries tests for an EtherType, which may be an LSAP when at most 1500.
	carries func(c *compiler, etherType uint32) condition

	// packetType is the cooked header's packet type field; nil where there is none.
	packetType func(vs values) *value
}

// links are the supported link types by LINKTYPE number. 12 and 14 are what
// LINKTYPE_RAW (101) was on some systems.
var links = map[uint32]*link{
	0:   {name: "NULL", payload: 4, carries: carriesNull},
	1:   {name: "Ethernet", typeAt: 12, payload: 14, ethernet: true, mpls: etherTypeMPLS, carries: carriesEthernet},
	9:   {name: "PPP", typeAt: 2, payload: 4, mpls: pppMPLS, carries: carriesPPP},
	12:  rawIP,
	14:  rawIP,
	50:  {name: "PPP over serial", typeAt: 2, payload: 4, carries: carriesPPP},
	51:  {name: "PPPoE", typeAt: 6, payload: 8, carries: carriesPPP},
	101: rawIP,
	104: {name: "Cisco HDLC", typeAt: 2, payload: 4, mpls: etherTypeMPLS, carries: carriesHDLC},
	108: {name: "LOOP", payload: 4, carries: carriesLoop},
	109: {name: "ENC", payload: 12, carries: carriesNull},
	113: {name: "Linux cooked v1", typeAt: 14, payload: 16, carries: carriesCooked,
		packetType: func(vs values) *value { return vs.load(0, 2) }},
	166: {name: "PPP of pppd", typeAt: 2, payload: 4, directed: true, carries: carriesPPP},
	228: {name: "raw IPv4", carries: carriesOnly(etherTypeIPv4)},
	229: {name: "raw IPv6", carries: carriesOnly(etherTypeIPv6)},
	276: {name: "Linux cooked v2", payload: 20, carries: carriesType,
		packetType: func(vs values) *value { return vs.load(10, 1) }},
}

var rawIP = &link{name: "raw IP", carries: carriesVersion}

// maxLength is the largest value of an Ethernet type field that is a length (IEEE 802.3).
const maxLength = 1500

// cookedLLC is the protocol of a cooked header that an LLC header follows (LINUX_SLL_P_802_2).
const cookedLLC = 4

func carriesEthernet(c *compiler, etherType uint32) condition {
	if etherType > maxLength {
		return carriesType(c, etherType)
	}
	tooLong := compare(c.load(c.typeAt, 2), bpf.JumpGreaterThan, c.constant(maxLength))
	return and(not(tooLong), c.lsap(etherType))
}

func carriesCooked(c *compiler, etherType uint32) condition {
	if etherType > maxLength {
		return carriesType(c, etherType)
	}
	return and(c.equal(c.load(c.typeAt, 2), cookedLLC), c.lsap(etherType))
}

func carriesType(c *compiler, etherType uint32) condition {
	return c.equal(c.load(c.typeAt, 2), etherType)
}

// pppMPLS is the PPP protocol of MPLS (RFC 3032, Section 4.3).
const pppMPLS = 0x0281

// pppProtocols are the PPP protocols for EtherTypes and LSAPs that have another number there.
var pppProtocols = map[uint32]uint32{
	etherTypeIPv4: 0x21, etherTypeIPv6: 0x57,
	0x42: 0x31, 0xfe: 0x23, 0x0600: 0x25, 0x6003: 0x27, // spanning tree, OSI, XNS, DECnet
}

// carriesPPP takes every frame to be in HDLC-like framing, as libpcap does.
func carriesPPP(c *compiler, etherType uint32) condition {
	if protocol, ok := pppProtocols[etherType]; ok {
		etherType = protocol
	}
	return carriesType(c, etherType)
}

// carriesHDLC knows OSI by its LSAPs.
func carriesHDLC(c *compiler, etherType uint32) condition {
	if etherType == 0xfe {
		etherType = 0xfefe
	}
	return carriesType(c, etherType)
}

// lsap tests the LLC header. OSI, IP and NetBEUI use one SAP for both ends.
func (c *compiler) lsap(sap uint32) condition {
	switch sap {
	case 0x06, 0xf0, 0xfe:
		return c.equal(c.load(c.payload, 2), sap<<8|sap)
	}
	return c.equal(c.load(c.payload, 1), sap)
}

// carriesVersion recognises IP by its version field.
func carriesVersion(c *compiler, etherType uint32) condition {
	version := c.mask(c.load(c.payload, 1), 0xf0)
	switch etherType {
	case etherTypeIPv4:
		return c.equal(version, 0x40)
	case etherTypeIPv6:
		return c.equal(version, 0x60)
	}
	return always(false)
}

func carriesOnly(only uint32) func(*compiler, uint32) condition {
	return func(_ *compiler, etherType uint32) condition { return always(etherType == only) }
}

// families returns the address families that stand for an EtherType in a
// loopback header. Every BSD and Darwin has another number for IPv6.
func families(etherType uint32) []uint32 {
	switch etherType {
	case etherTypeIPv4:
		return []uint32{2}
	case etherTypeIPv6:
		return []uint32{30, 24, 28}
	}
	return nil
}

func carriesLoop(c *compiler, etherType uint32) condition {
	outcome := always(false)
	for _, family := range families(etherType) {
		outcome = or(outcome, c.equal(c.load(c.typeAt, 4), family))
	}
	return outcome
}

// carriesNull is also for the header of an enc interface, which begins alike. It accepts both byte orders: the header is in
// that of the machine that captured, and no family is another one backwards.
func carriesNull(c *compiler, etherType uint32) condition {
	outcome := always(false)
	for _, family := range families(etherType) {
		field := c.load(c.typeAt, 4)
		outcome = or(outcome, c.equal(field, family), c.equal(field, family<<24))
	}
	return outcome
}
