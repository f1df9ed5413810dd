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
		{name: "PPPoE alone", kind: 51, encap: session, wrap: before(pppoe(""))},
	}
}
