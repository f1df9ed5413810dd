package main

import "net/netip"

// tunnelScenes hold the same refused connection once in each encapsulation.
func tunnelScenes() []scene {
	return []scene{{"tunnels.pcap", ethernet, func(c *capture) {
		for i, t := range tunnels() {
			p := newConn(c, "10.9.42.1:40001", "10.9.42.2:443")
			p.client.addr = portOf(p.client.addr, 40001+i)
			p.frame = t
			p.refusedWithoutSNI()
		}
	}}}
}

func tunnels() []framing {
	return []framing{
		tagged(0x8100), tagged(0x88a8, 0x8100), tagged(0x9100, 0x8100),
		mpls, pppoe,
		outer4(4, bare), outer6(4, bare), outer4(47, gre), outer4(47, greKey), outer4(47, erspan2),
		overUDP(4789, vxlan), overUDP(6081, geneve), overUDP(2152, gtpu),
	}
}

// tagged puts VLAN tags of the given types, outermost first, with identifiers from 7 on.
func tagged(types ...uint16) framing {
	return func(packet []byte, fromClient bool) []byte {
		b := append(words(etherType(packet)), packet...)
		for i := len(types) - 1; i > 0; i-- {
			b = append(words(types[i], uint16(7+i)), b...) // next type, then its tag
		}
		return eth(types[0], fromClient, append(words(7), b...))
	}
}

// mpls is two labels, the second at the bottom of the stack (RFC 3032).
func mpls(packet []byte, fromClient bool) []byte {
	labels := []byte{0, 0x01, 0x00, 64, 0, 0x02, 0x01, 64}
	return eth(0x8847, fromClient, append(labels, packet...))
}

// pppoe is a PPPoE session frame (RFC 2516) with IPv4 inside.
func pppoe(packet []byte, fromClient bool) []byte {
	b := []byte{0x11, 0, 0, 9}
	b = be.AppendUint16(b, uint16(len(packet)+2))
	return eth(0x8864, fromClient, append(append(b, 0, 0x21), packet...))
}

// between orders two outer addresses by direction.
func between(fromClient bool, client, server string) (src, dst netip.Addr) {
	src, dst = netip.MustParseAddr(client), netip.MustParseAddr(server)
	if !fromClient {
		src, dst = dst, src
	}
	return src, dst
}

// outer4 and outer6 carry inner directly in IP, with the given protocol number.
func outer4(protocol byte, inner framing) framing {
	return outer(protocol, "172.31.0.1", "172.31.0.2", inner)
}

func outer6(protocol byte, inner framing) framing {
	return outer(protocol, "fd00:31::1", "fd00:31::2", inner)
}

func outer(protocol byte, client, server string, inner framing) framing {
	return func(packet []byte, fromClient bool) []byte {
		src, dst := between(fromClient, client, server)
		h := header{src: src, dst: dst, protocol: protocol, ttl: 64}
		b := h.ip(inner(packet, fromClient))
		return eth(etherType(b), fromClient, b)
	}
}

// gre is GRE without options (RFC 2784); greKey carries a key (RFC 2890).
func gre(packet []byte, _ bool) []byte    { return append(words(0, 0x0800), packet...) }
func greKey(packet []byte, _ bool) []byte { return append(words(0x2000, 0x0800, 0, 42), packet...) }

// erspan2 is a mirrored frame in ERSPAN type II over GRE with a sequence number.
func erspan2(packet []byte, fromClient bool) []byte {
	b := words(0x1000, 0x88be, 0, 1)         // GRE, sequence 1
	b = append(b, 0x10, 7, 0, 5, 0, 0, 0, 1) // version 1, VLAN 7, session 5, index 1
	return append(b, eth(etherType(packet), fromClient, packet)...)
}

// overUDP carries inner in UDP to the given port.
func overUDP(port uint16, inner framing) framing {
	return func(packet []byte, fromClient bool) []byte {
		src, dst := between(fromClient, "172.31.0.1", "172.31.0.2")
		b := udp(netip.AddrPortFrom(src, 49152), netip.AddrPortFrom(dst, port), inner(packet, fromClient))
		return eth(0x0800, fromClient, b)
	}
}

// vxlan is VXLAN network 42 (RFC 7348).
func vxlan(packet []byte, fromClient bool) []byte {
	return append([]byte{8, 0, 0, 0, 0, 0, 42, 0}, eth(etherType(packet), fromClient, packet)...)
}

// geneve is Geneve network 42 (RFC 8926) with one option of four bytes.
func geneve(packet []byte, fromClient bool) []byte {
	b := []byte{2, 0, 0x65, 0x58, 0, 0, 42, 0, 0x01, 0x02, 0x80, 1, 0xde, 0xad, 0xbe, 0xef}
	return append(b, eth(etherType(packet), fromClient, packet)...)
}

// gtpu is a GTP-U G-PDU (3GPP TS 29.281) of tunnel 42.
func gtpu(packet []byte, _ bool) []byte {
	b := append([]byte{0x30, 0xff}, words(uint16(len(packet)), 0, 42)...)
	return append(b, packet...)
}
