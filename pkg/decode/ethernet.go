package decode

import "encoding/binary"

// EtherTypes that only the general path meets (IEEE 802 Numbers, IANA).
const (
	etherARP        = 0x0806
	etherTEB        = 0x6558 // Transparent Ethernet Bridging
	etherRARP       = 0x8035
	etherMPLS       = 0x8847
	etherMPLSMulti  = 0x8848 // upstream-assigned labels, RFC 5332
	etherPPPoE      = 0x8864 // session stage
	etherPPP        = 0x880b
	etherMinimum    = 0x0600 // what is lower is a length, IEEE 802.3
	snapHeaderBytes = 8      // LLC and SNAP
)

func ethernet(w *walk) step {
	h := w.take(14)
	if h == nil {
		return nil
	}
	return w.ethertype(binary.BigEndian.Uint16(h[12:]))
}

// ethertype is the step for what an EtherType announces. Below etherMinimum, it is a length, and LLC follows.
func (w *walk) ethertype(t uint16) step {
	switch t {
	case etherIPv4:
		return ipv4
	case etherIPv6:
		return ipv6
	case etherVLAN, etherQinQ, etherQOld:
		return vlan
	case etherMPLS, etherMPLSMulti:
		return mpls
	case etherPPPoE:
		return pppoe
	case etherCMD:
		return cmd
	case etherPPP:
		return pppInGRE
	case etherTEB:
		return ethernet
	case etherARP, etherRARP:
		return w.skip(ARP)
	}
	if t < etherMinimum && t >= snapHeaderBytes {
		return w.snap(int(t))
	}
	return w.skip(NotIP)
}

func vlan(w *walk) step {
	h := w.take(4)
	if h == nil || !w.enter("vlan") {
		return nil
	}
	return w.ethertype(binary.BigEndian.Uint16(h[2:]))
}

// snap looks for an EtherType in the LLC and SNAP headers of an 802.3 frame of that length (RFC 1042).
func (w *walk) snap(length int) step {
	if length > w.wire-w.pos {
		return w.skip(NotIP)
	}
	w.limit(length)
	h := w.take(snapHeaderBytes)
	switch {
	case h == nil:
		return nil
	case string(h[:6]) != "\xaa\xaa\x03\x00\x00\x00":
		return w.skip(NotIP)
	}
	t := binary.BigEndian.Uint16(h[6:])
	if t < etherMinimum {
		return w.skip(NotIP)
	}
	return w.ethertype(t)
}
