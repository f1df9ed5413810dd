package analysis_test

import "encoding/binary"

// link is a link layer.
type link struct {
	name  string
	kind  uint32 // link type in the file
	encap []any  // column encapsulation, nil where it is absent
	only  int    // the version of IP that it can carry, 0 for both
	pads  bool   // adds bytes behind the packet, so that this must say itself how long it is
	wrap  func(ip []byte) []byte
}

// onEthernet is the link layer that is meant where none is named.
var onEthernet = link{name: "Ethernet", kind: 1, wrap: before(ether())}

const etherHeader = "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02"

// header makes what stands before a packet of the given version of IP and length.
type header func(version, length int) []byte

func before(h header) func(ip []byte) []byte {
	return func(ip []byte) []byte { return append(h(int(ip[0]>>4), len(ip)), ip...) }
}

// ether is an Ethernet header with VLAN tags of the given EtherTypes.
func ether(tags ...uint16) header {
	return func(version, _ int) []byte {
		h := []byte(etherHeader)
		for i, tag := range tags {
			h = binary.BigEndian.AppendUint16(h, tag)
			h = binary.BigEndian.AppendUint16(h, uint16(0x6000+100*(i+1)))
		}
		return binary.BigEndian.AppendUint16(h, etherType(version))
	}
}

func etherType(version int) uint16 {
	if version == 4 {
		return 0x0800
	}
	return 0x86dd
}

func pppProtocol(version int) uint16 {
	if version == 4 {
		return 0x0021
	}
	return 0x0057
}

// fixed puts the protocol number behind the given bytes.
func fixed(front string, protocol func(version int) uint16) header {
	return func(version, _ int) []byte { return binary.BigEndian.AppendUint16([]byte(front), protocol(version)) }
}

// none puts the given bytes before IP, of whichever version.
func none(front string) header {
	return func(int, int) []byte { return []byte(front) }
}

// family is an address family in the given byte order; v6 is that of IPv6, which no two systems share.
func family(order binary.AppendByteOrder, v6 uint32) header {
	return func(version, _ int) []byte {
		if version == 4 {
			return order.AppendUint32(nil, 2)
		}
		return order.AppendUint32(nil, v6)
	}
}

// cooked2 is the header of LINKTYPE_LINUX_SLL2.
func cooked2(version, _ int) []byte {
	h := binary.BigEndian.AppendUint16(nil, etherType(version))
	return append(h, "\x00\x00\x00\x00\x00\x07\x00\x01\x04\x06\x02\x00\x00\x00\x00\x01\x00\x00"...)
}

// pppoe is the header of a PPPoE session behind the given bytes.
func pppoe(front string) header {
	return func(version, length int) []byte {
		h := binary.BigEndian.AppendUint16([]byte(front+"\x11\x00\x12\x34"), uint16(length+2))
		return binary.BigEndian.AppendUint16(h, pppProtocol(version))
	}
}

// snapHeader is that of an IEEE 802.3 frame with LLC and SNAP.
func snapHeader(version, length int) []byte {
	h := binary.BigEndian.AppendUint16([]byte(etherHeader), uint16(length+8))
	return binary.BigEndian.AppendUint16(append(h, "\xaa\xaa\x03\x00\x00\x00"...), etherType(version))
}

// security is the header of an enc interface: address family, SPI, flags.
func security(order binary.AppendByteOrder, v6 uint32) header {
	return func(version, length int) []byte {
		return append(family(order, v6)(version, length), "\x00\x00\x10\x01\x06\x00\x00\x00"...)
	}
}

// tapped puts Apple's header on interface en0 before another one, whose link type it names.
func tapped(kind byte, inner header) header {
	return func(version, length int) []byte {
		h := make([]byte, 108, 256)
		h[0], h[4], h[8] = 108, 1, kind
		copy(h[12:], "en0")
		return append(h, inner(version, length)...)
	}
}

// tapped2 does so in version 2.
func tapped2(kind byte, inner header) header {
	return func(version, length int) []byte {
		h := make([]byte, 48, 256)
		h[0], h[3], h[6], h[38] = 48, 40, kind, 8
		copy(h[40:], "en0")
		return append(h, inner(version, length)...)
	}
}

// logged is a packet as a netfilter rule logs it.
func logged(order binary.AppendByteOrder) func(ip []byte) []byte {
	return func(ip []byte) []byte {
		af := byte(2)
		if ip[0]>>4 == 6 {
			af = 10
		}
		b := order.AppendUint16(order.AppendUint16([]byte{af, 0, 0, 1}, 8), 1)
		b = order.AppendUint16(order.AppendUint16(append(b, "\x08\x00\x03\x00"...), 5), 10)
		b = order.AppendUint16(order.AppendUint16(append(b, 0, 0, 0, 0), uint16(4+len(ip))), 9)
		return append(append(b, ip...), make([]byte, -len(ip)&3)...)
	}
}

// padded fills an Ethernet frame up to the least length and adds a frame check sequence.
func padded(ip []byte) []byte {
	data := before(ether())(ip)
	return append(append(data, make([]byte, max(0, 60-len(data)))...), "\xde\xad\xbe\xef"...)
}

func links() []link {
	vlan, qinq, session := []any{"vlan"}, []any{"vlan", "vlan"}, []any{"pppoe"}
	le, be := binary.LittleEndian, binary.BigEndian
	return []link{
		onEthernet,
		{name: "Ethernet with padding and FCS", kind: 1, pads: true, wrap: padded},
		{name: "Ethernet, FCS announced", kind: 0x24000001, pads: true, wrap: padded},
		{name: "IEEE 802.3 with SNAP", kind: 1, wrap: before(snapHeader)},
		{name: "VLAN", kind: 1, encap: vlan, wrap: before(ether(0x8100))},
		{name: "QinQ 802.1ad", kind: 1, encap: qinq, wrap: before(ether(0x88a8, 0x8100))},
		{name: "QinQ 9100", kind: 1, encap: qinq, wrap: before(ether(0x9100, 0x8100))},
		{name: "PPPoE", kind: 1, encap: session, wrap: before(pppoe(etherHeader + "\x88\x64"))},
		{name: "PPPoE in VLAN", kind: 1, encap: []any{"vlan", "pppoe"}, wrap: before(pppoe(etherHeader + "\x81\x00\x00\x07\x88\x64"))},
		{name: "cooked", kind: 113, wrap: before(fixed("\x00\x00\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00", etherType))},
		{name: "cooked, VLAN", kind: 113, encap: vlan, wrap: before(fixed("\x00\x00\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00\x81\x00\x00\x07", etherType))},
		{name: "cooked, PPP device", kind: 113, wrap: before(fixed("\x00\x04\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", etherType))},
		{name: "cooked 2", kind: 276, wrap: before(cooked2)},
		{name: "NULL little-endian, FreeBSD", kind: 0, wrap: before(family(le, 28))},
		{name: "NULL big-endian, NetBSD", kind: 0, wrap: before(family(be, 24))},
		{name: "NULL little-endian, macOS", kind: 0, wrap: before(family(le, 30))},
		{name: "NULL big-endian, Linux", kind: 0, wrap: before(family(be, 10))},
		{name: "LOOP", kind: 108, wrap: before(family(be, 24))},
		{name: "RAW", kind: 101, wrap: before(none(""))},
		{name: "RAW as BSDs wrote it", kind: 12, wrap: before(none(""))},
		{name: "RAW as OpenBSD wrote it", kind: 14, wrap: before(none(""))},
		{name: "IPv4", kind: 228, only: 4, wrap: before(none(""))},
		{name: "IPv6", kind: 229, only: 6, wrap: before(none(""))},
		{name: "PPP", kind: 9, wrap: before(fixed("", pppProtocol))},
		{name: "PPP in HDLC-like framing", kind: 9, wrap: before(fixed("\xff\x03", pppProtocol))},
		{name: "PPP, protocol compressed", kind: 9, only: 4, wrap: before(none("\x21"))},
		{name: "PPP over a serial line", kind: 50, wrap: before(fixed("\xff\x03", pppProtocol))},
		{name: "Cisco HDLC over a serial line", kind: 50, wrap: before(fixed("\x0f\x00", etherType))},
		{name: "Cisco HDLC under the link type of PPP", kind: 9, wrap: before(fixed("\x8f\x00", etherType))},
		{name: "Cisco HDLC", kind: 104, wrap: before(fixed("\x0f\x00", etherType))},
		{name: "PPP of pppd, received", kind: 166, wrap: before(fixed("\x00\x03", pppProtocol))},
		{name: "PPP of pppd, sent", kind: 166, wrap: before(fixed("\x01\x03", pppProtocol))},
		{name: "ENC of OpenBSD", kind: 109, wrap: before(security(le, 24))},
		{name: "ENC of FreeBSD", kind: 109, wrap: before(security(le, 28))},
		{name: "ENC of a big-endian machine", kind: 109, wrap: before(security(be, 24))},
		{name: "PKTAP, Ethernet", kind: 258, wrap: before(tapped(1, ether()))},
		{name: "PKTAP, VLAN", kind: 258, encap: vlan, wrap: before(tapped(1, ether(0x8100)))},
		{name: "PKTAP, raw IP", kind: 258, wrap: before(tapped(12, none("")))},
		{name: "PKTAP, loopback", kind: 258, wrap: before(tapped(0, family(le, 30)))},
		{name: "PKTAP version 2", kind: 258, wrap: before(tapped2(1, ether()))},
		{name: "NFLOG", kind: 239, wrap: logged(le)},
		{name: "NFLOG of a big-endian machine", kind: 239, wrap: logged(be)},
		{name: "PPPoE alone", kind: 51, encap: session, wrap: before(pppoe(""))},
	}
}
