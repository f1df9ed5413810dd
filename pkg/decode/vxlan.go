package decode

// Where VXLAN is sent to: RFC 7348, Section 5, what Linux chose before, and what Azure's Gateway Load Balancer proposes for
// the two tunnels to an appliance. The generic protocol extension (draft-ietf-nvo3-vxlan-gpe) has a port of its own.
const (
	portVXLAN      = 4789
	portVXLANLinux = 8472
	portVXLANInner = 10800
	portVXLANOuter = 10801
	portVXLANGPE   = 4790
)

func isVXLAN(port uint16) bool {
	return port == portVXLAN || port == portVXLANLinux || port == portVXLANInner || port == portVXLANOuter
}

func vxlan(w *walk) step {
	if w.take(8+8) == nil || !w.enter("vxlan") {
		return nil
	}
	return ethernet
}

// What the generic protocol extension says to follow (draft-ietf-nvo3-vxlan-gpe, Section 3.2).
const (
	gpeIPv4     = 1
	gpeIPv6     = 2
	gpeEthernet = 3
)

func vxlanGPE(w *walk) step {
	h := w.take(8 + 8)
	if h == nil || !w.enter("vxlan-gpe") {
		return nil
	}
	if h[8+3] == gpeEthernet {
		return ethernet
	}
	return rawIP
}

// plausibleGPE reports whether the bytes are such a header, with its reserved bits zero, and what it announces.
func plausibleGPE(data []byte) bool {
	if len(data) < 9 || data[0]&^0x0b != 0x04 || data[1]|data[2]|data[7] != 0 {
		return false
	}
	switch data[3] {
	case gpeIPv4:
		return versionEther(data[8]) == etherIPv4
	case gpeIPv6:
		return versionEther(data[8]) == etherIPv6
	case gpeEthernet:
		return plausibleEthernet(data[8:])
	}
	return false
}

// plausibleVXLAN reports whether the bytes are a VXLAN header (RFC 7348, Section 5), with or without a group
// policy, and an Ethernet frame.
func plausibleVXLAN(data []byte) bool {
	if len(data) < 8 || data[0]&^0x80 != 0x08 || data[7] != 0 {
		return false
	}
	return plausibleEthernet(data[8:])
}
