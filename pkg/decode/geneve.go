package decode

import "encoding/binary"

// portGeneve is where Geneve is sent to (RFC 8926, Section 3.3).
const portGeneve = 6081

func geneve(w *walk) step {
	h := w.take(8 + 8)
	if h == nil || !w.enter("geneve") {
		return nil
	}
	options, protocol := int(h[8]&0x3f)*4, binary.BigEndian.Uint16(h[10:])
	if options > 0 && w.take(options) == nil {
		return nil
	}
	return w.ethertype(protocol)
}

// plausibleGeneve reports whether the bytes are a Geneve header (RFC 8926, Section 3.4) of version 0, with its
// reserved bits zero, and what it announces.
func plausibleGeneve(data []byte) bool {
	if len(data) < 8 || data[0]>>6 != 0 || data[1]&0x3f != 0 || data[7] != 0 {
		return false
	}
	at := 8 + int(data[0]&0x3f)*4
	if at >= len(data) {
		return false
	}
	switch t := binary.BigEndian.Uint16(data[2:]); t {
	case etherTEB:
		return plausibleEthernet(data[at:])
	case etherIPv4, etherIPv6:
		return versionEther(data[at]) == t
	}
	return false
}
