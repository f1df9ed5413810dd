package decode

import "encoding/binary"

// What several tunnels have in common: how to tell what is in them where their headers do not say.

// plausibleEthernet reports whether an Ethernet frame in a tunnel holds what such frames do.
func plausibleEthernet(frame []byte) bool {
	if len(frame) < 14 {
		return false
	}
	switch t := binary.BigEndian.Uint16(frame[12:]); t {
	case etherIPv4, etherIPv6:
		return len(frame) == 14 || versionEther(frame[14]) == t
	case etherARP, etherVLAN, etherQinQ, etherQOld, etherMPLS, etherMPLSMulti, etherPPPoE, etherCMD:
		return true
	default:
		return t < etherMinimum
	}
}

// minPayload is what Ethernet pads the payload of a frame to (IEEE 802.3).
const minPayload = 46

// ipInEthernet is where in the frame a plausible IP packet is; 0 if there is none.
func ipInEthernet(frame []byte, wire int) int {
	at := 14
	for range maxTags {
		if len(frame) < at || !isVLAN(binary.BigEndian.Uint16(frame[at-2:])) {
			break
		}
		at += 4
	}
	if len(frame) <= at || binary.BigEndian.Uint16(frame[at-2:]) != versionEther(frame[at]) {
		return 0
	}
	if !plausibleIP(frame[at:], wire-at, minPayload) {
		return 0
	}
	return at
}

// plausibleIP reports whether the bytes, of which wire are on the wire, are an IP packet by whose account there
// are as many, or are padded to at most that many.
func plausibleIP(data []byte, wire, padded int) bool {
	if len(data) < 20 {
		return false
	}
	var head, total int
	switch data[0] >> 4 {
	case 4:
		head, total = int(data[0]&0x0f)*4, int(binary.BigEndian.Uint16(data[2:]))
		if head < 20 {
			return false
		}
	case 6:
		head, total = 40, 40+int(binary.BigEndian.Uint16(data[4:]))
	default:
		return false
	}
	return total >= head && (total == wire || total < wire && wire <= padded)
}
