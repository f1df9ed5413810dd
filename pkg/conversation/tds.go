package conversation

import "encoding/binary"

// TDS, the protocol of Microsoft SQL Server, carries the handshake of TLS in packets of its own, and what follows it as records
// alone (MS-TDS, Section 2.2.6.5).
const (
	tdsHeader   = 8
	tdsReply    = 0x04
	tdsPrelogin = 0x12
)

// What either side says of encryption in its PRELOGIN, where 0 is for the login alone.
const (
	tdsOn       = 1
	tdsNone     = 2
	tdsRequired = 3
)

// isTDS knows a PRELOGIN, the first of whose options is always the version, and the reply.
func isTDS(b []byte) bool {
	const option = 5
	return len(b) >= tdsHeader+option && (b[0] == tdsPrelogin || b[0] == tdsReply) && b[1] == 1 && b[2] <= 1 &&
		b[tdsHeader] == 0 && b[tdsHeader+1] == 0 && b[tdsHeader+3] == 0 && b[tdsHeader+4] == 6
}

// encryptionTDS returns what a PRELOGIN says of encryption: its options are a list of a token, an offset and a length, and end with
// 255.
func encryptionTDS(b []byte) (says byte, ok bool) {
	if !isTDS(b) {
		return 0, false
	}
	b = b[tdsHeader:min(len(b), max(tdsHeader, int(binary.BigEndian.Uint16(b[2:]))))]
	for option := b; len(option) >= 5 && option[0] != 0xff; option = option[5:] {
		if at := int(binary.BigEndian.Uint16(option[1:])); option[0] == 1 && at < len(b) {
			return b[at], true
		}
	}
	return 0, false
}

// asksTDS finds a PRELOGIN of a client that wants more encrypted than its login.
func asksTDS(b []byte) (string, bool) {
	says, ok := encryptionTDS(b)
	return "", ok && (says == tdsOn || says == tdsRequired)
}

// asksLoginTDS finds one of a client that wants no more.
func asksLoginTDS(b []byte) (string, bool) {
	says, ok := encryptionTDS(b)
	return "", ok && says == 0
}

func refusesTDS(b []byte) string {
	if says, ok := encryptionTDS(b); ok && says == tdsNone {
		return "TDS: encryption not supported"
	}
	return ""
}

// wrapped is where a side stands in packets of TDS that carry TLS.
type wrapped struct {
	header [tdsHeader]byte
	have   int // bytes of header
	left   int // bytes of the packet's body
}

// unwrap takes the next bytes of a side whose TLS began in packets of TDS. The first one that is none begins a record.
func (h *half) unwrap(data []byte) {
	w := &h.f.own().tds[h.side]
	for len(data) > 0 && h.mode == modeWrapped {
		switch {
		case w.left > 0:
			n := min(w.left, len(data))
			w.left -= n
			h.feed(data[:n])
			data = data[n:]
		case w.have == 0 && data[0] != tdsPrelogin && data[0] != tdsReply:
			h.mode = modeTLS
			h.feed(data)
			return
		default:
			n := copy(w.header[w.have:], data)
			w.have, data = w.have+n, data[n:]
			h.base += uint64(n)
			if w.have == tdsHeader {
				w.have, w.left = 0, max(0, int(binary.BigEndian.Uint16(w.header[2:]))-tdsHeader)
			}
		}
	}
}

// findWrapped begins TLS where it lies at the beginning of a packet of TDS.
func (h *half) findWrapped() {
	for i := 0; i+tdsHeader < len(h.lead); {
		packet := h.lead[i:]
		length := int(binary.BigEndian.Uint16(packet[2:]))
		switch {
		case length <= tdsHeader:
			return
		case beginsTLS(packet[tdsHeader:]):
			h.f.own().tds[h.side] = wrapped{left: length - tdsHeader}
			h.takeTLS(packet[tdsHeader:], h.leadBase+uint64(i+tdsHeader))
			return
		}
		i += length
	}
}
