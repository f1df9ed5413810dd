package decode

import "encoding/binary"

// Address families (NFPROTO_ of linux/netfilter.h) before a packet that a netfilter rule logged
// (https://www.tcpdump.org/linktypes/LINKTYPE_NFLOG.html).
const (
	nfInet   = 1 // IPv4 or IPv6
	nfIPv4   = 2
	nfNetdev = 5
	nfBridge = 7
	nfIPv6   = 10
)

// Attributes (linux/netfilter/nfnetlink_log.h).
const (
	nflogHeader  = 1 // EtherType, hook
	nflogInput   = 4 // index of the interface that it came from
	nflogOutput  = 5 // and of that which it goes to
	nflogPayload = 9
)

// nflog walks over the attributes of a logged packet to the one that is the packet.
func nflog(w *walk) step {
	h := w.take(4)
	switch {
	case h == nil:
		return nil
	case h[1] != 0:
		return w.skip(Malformed)
	}
	family, place := h[0], uint32(0)
	for w.wire-w.pos >= 4 {
		a := w.take(4)
		if a == nil {
			return nil
		}
		kind, size := nflogAttribute(a)
		size -= len(a)
		switch {
		case size < 0 || size > w.wire-w.pos:
			return w.skip(Malformed)
		case kind == nflogPayload:
			w.iface = interfaceTag(w.p.Iface, place)
			return w.logged(family, size)
		}
		value := w.take(min((size+3)&^3, w.wire-w.pos))
		if value == nil {
			return nil
		}
		place = nflogPlace(place, kind, value)
	}
	return w.skip(Truncated) // the rule logs none of the packet's bytes
}

// nflogAttribute reads the header of an attribute, which is in the byte order of the capturing host. Numbers of
// attributes are below 64, and the two bits above are flags, so that one byte of the field is 0 but for those.
func nflogAttribute(a []byte) (kind uint16, size int) {
	order := binary.ByteOrder(binary.BigEndian)
	if a[2]&0x3f != 0 {
		order = binary.LittleEndian
	}
	return order.Uint16(a[2:]) & 0x3fff, int(order.Uint16(a))
}

// nflogPlace folds where the packet was logged, since several rules may log it on its way: hook and interfaces.
func nflogPlace(place uint32, kind uint16, value []byte) uint32 {
	switch {
	case kind == nflogHeader && len(value) >= 3:
		return place*31 + uint32(value[2])
	case (kind == nflogInput || kind == nflogOutput) && len(value) >= 4:
		return place*31 + uint32(kind)<<16 + binary.BigEndian.Uint32(value)
	}
	return place
}

// logged goes on with n bytes of a packet. The rule may have logged no more of it (--nflog-size), which nothing but the
// length in the IP header tells.
func (w *walk) logged(family uint8, n int) step {
	w.limit(n)
	w.wire = max(w.wire, w.pos+ipLength(w.rest()))
	switch family {
	case nfIPv4:
		return ipv4
	case nfIPv6:
		return ipv6
	case nfInet, nfNetdev, nfBridge:
		return rawIP
	}
	return w.skip(NotIP)
}

// ipLength is how long an IP packet says it is; 0 where it does not.
func ipLength(h []byte) int {
	if len(h) < 6 {
		return 0
	}
	switch versionEther(h[0]) {
	case etherIPv4:
		return int(binary.BigEndian.Uint16(h[2:]))
	case etherIPv6:
		return 40 + int(binary.BigEndian.Uint16(h[4:]))
	}
	return 0
}
