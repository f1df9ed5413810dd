package decode

import (
	"encoding/binary"

	"github.com/google/gopacket/layers"

	"github.com/sniscope/sniscope/pkg/capture"
)

// Link types beyond those that package capture names. The two of raw IP are DLT_ values that BSDs once
// wrote into files as they were.
const (
	linkRawBSD     capture.LinkType = 12 // DLT_RAW, but for OpenBSD's
	linkRawOpenBSD capture.LinkType = 14 // DLT_RAW of OpenBSD
	linkPPP        capture.LinkType = 9
	linkPPPSerial  capture.LinkType = 50 // PPP, or Cisco HDLC
	linkPPPoE      capture.LinkType = 51
	linkCiscoHDLC  capture.LinkType = 104
	linkENC        capture.LinkType = 109 // IPsec as BSDs show it
	linkPPPD       capture.LinkType = 166
	linkNFLOG      capture.LinkType = 239
	linkPKTAP      capture.LinkType = 258
)

// ARPHRD_ values (linux/if_arp.h) under which the protocol field of a Linux cooked header is no EtherType
// (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html).
const (
	arphrdFrad     = 770
	arphrdRadiotap = 803
	arphrdNetlink  = 824
)

func plainARPHRD(t uint16) bool {
	return t != arphrdFrad && t != arphrdRadiotap && t != arphrdNetlink
}

// linkLayer is where the walk over a packet begins.
func linkLayer(w *walk) step { return w.link(w.p.Link) }

// link is the step for a link layer.
func (w *walk) link(link capture.LinkType) step {
	switch link {
	case capture.LinkEthernet:
		return ethernet
	case capture.LinkLinuxSLL:
		return linuxSLL
	case capture.LinkLinuxSLL2:
		return linuxSLL2
	case capture.LinkNull, capture.LinkLoop:
		return loopback
	case capture.LinkRaw, capture.LinkIPv4, capture.LinkIPv6, linkRawBSD, linkRawOpenBSD:
		return rawIP
	case linkPPP, linkPPPSerial:
		return ppp
	case linkPPPoE:
		return pppoe
	case linkCiscoHDLC:
		return ciscoHDLC
	case linkFDDI, linkDot11, linkPFLog, linkPrism:
		return w.foreign(layers.LinkType(link))
	case linkRadiotap:
		return radiotap
	case linkENC:
		return enc
	case linkPPPD:
		return pppd
	case linkNFLOG:
		return nflog
	case linkPKTAP:
		return pktap
	case linkJuniper:
		return juniper
	}
	return w.unknownLink(link)
}

// unknownLink ends the walk at a link layer that is not decoded.
func (w *walk) unknownLink(link capture.LinkType) step {
	if w.d.links == nil {
		w.d.links = Links{}
	}
	w.d.links[link]++
	return w.skip(UnknownLink)
}

func linuxSLL(w *walk) step {
	h := w.take(16)
	switch {
	case h == nil:
		return nil
	case !plainARPHRD(binary.BigEndian.Uint16(h[2:])):
		return w.skip(NotIP)
	}
	w.iface, w.way = cooked(w.p.Iface, 0, binary.BigEndian.Uint16(h))
	return w.ethertype(binary.BigEndian.Uint16(h[14:]))
}

// packetOutgoing is the packet type of what the capturing host sent (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html).
const packetOutgoing = 4

// cooked is what a Linux "cooked" header says of where a packet was captured: the tag of the interface, in that direction, and the
// direction.
func cooked(number uint16, index uint32, packetType uint16) (tag uint8, way Bits) {
	if packetType == packetOutgoing {
		return interfaceTag(number, index<<1|1), BitOutgoing
	}
	return interfaceTag(number, index<<1), BitIncoming
}

func linuxSLL2(w *walk) step {
	h := w.take(20)
	switch {
	case h == nil:
		return nil
	case !plainARPHRD(binary.BigEndian.Uint16(h[8:])):
		return w.skip(NotIP)
	}
	w.iface, w.way = cooked(w.p.Iface, binary.BigEndian.Uint32(h[4:]), uint16(h[10]))
	return w.ethertype(binary.BigEndian.Uint16(h))
}

func loopback(w *walk) step {
	h := w.take(4)
	if h == nil {
		return nil
	}
	return w.ethertype(familyEther(h))
}

// enc takes the header of an interface that shows what IPsec carries: address family, SPI and flags
// (https://www.tcpdump.org/linktypes/LINKTYPE_ENC.html).
func enc(w *walk) step {
	h := w.take(12)
	if h == nil {
		return nil
	}
	return w.ethertype(familyEther(h))
}

// familyEther translates the address family before a BSD loopback packet, which is in the byte order of
// the capturing host (DLT_NULL, DLT_ENC) or the network's (DLT_LOOP), to an EtherType; 0 if it is not IP.
func familyEther(h []byte) uint16 {
	family := binary.BigEndian.Uint32(h)
	if family > 0xffff {
		family = binary.LittleEndian.Uint32(h)
	}
	switch family {
	case 2:
		return etherIPv4
	case 10, 24, 28, 30: // Linux, NetBSD and OpenBSD, FreeBSD, macOS
		return etherIPv6
	}
	return 0
}

func rawIP(w *walk) step {
	h := w.peek(1)
	if h == nil {
		return nil
	}
	return w.ethertype(versionEther(h[0]))
}

// versionEther guesses an EtherType from the first byte of what should be an IP header; 0 if it is none.
func versionEther(first byte) uint16 {
	switch first >> 4 {
	case 4:
		return etherIPv4
	case 6:
		return etherIPv6
	}
	return 0
}
