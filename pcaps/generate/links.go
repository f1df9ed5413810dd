package main

import "encoding/binary"

// linkScenes hold the same refused connection in other link types and file formats.
func linkScenes() []scene {
	little, big := ethernet.order, binary.AppendByteOrder(binary.BigEndian)
	return []scene{
		{"format-pcap-big-endian.pcap", format{linkEthernet, big, pcapMicro}, refused(nil)},
		{"format-pcap-nano-big-endian.pcap", format{linkEthernet, big, pcapNano}, refused(nil)},
		{"format-pcap-modified.pcap", format{linkEthernet, little, pcapModified}, refused(nil)},
		{"format-pcapng-big-endian.pcapng", format{linkEthernet, big, pcapNG}, refused(nil)},
		{"format-pcapng-two-links.pcapng", format{linkEthernet, little, pcapNG}, twoLinks},
		{"link-null.pcap", format{linkNull, little, pcapMicro}, refused(null(binary.LittleEndian))},
		{"link-loop.pcap", format{linkLoop, little, pcapMicro}, refused(null(binary.BigEndian))},
		{"link-ppp.pcap", format{linkPPP, little, pcapMicro}, refused(ppp)},
		{"link-raw.pcap", format{linkRaw, little, pcapMicro}, refused(bare)},
		{"link-ipv4.pcap", format{linkIPv4, little, pcapMicro}, refused(bare)},
	}
}

// framing puts the link layer around an IP packet; nil stands for Ethernet.
type framing func(packet []byte, fromClient bool) []byte

func bare(packet []byte, _ bool) []byte { return packet }

// null is the header of BSD's loopback: an address family, in host order (null) or network order (loop).
func null(order binary.AppendByteOrder) framing {
	return func(packet []byte, _ bool) []byte { return append(order.AppendUint32(nil, 2), packet...) }
}

// ppp is PPP in HDLC-like framing (RFC 1662) with IPv4 inside.
func ppp(packet []byte, _ bool) []byte { return append([]byte{0xff, 3, 0, 0x21}, packet...) }

func refused(f framing) func(*capture) {
	return func(c *capture) {
		p := newConn(c, "10.9.0.1:40001", "10.9.0.2:443")
		if f != nil {
			p.frame = f
		}
		p.refusedWithoutSNI()
	}
}

// twoLinks has one connection on an Ethernet interface and one on a raw IP interface, in nanoseconds.
func twoLinks(c *capture) {
	refused(nil)(c)
	c.link = linkRaw
	p := newConn(c, "10.9.0.1:40002", "10.9.0.2:443")
	p.frame = bare
	p.open(1234567)
	p.handshake(hello{name: "shop.example", seed: 3}.record())
}
