package conversation

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strings"
)

// The PROXY protocol (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt) prepends the address of the
// real client to a stream.
const (
	proxyV1        = "PROXY "
	proxyV1Max     = 107 // Section 2.1: the longest header with its CRLF
	proxyV2        = "\r\n\r\n\x00\r\nQUIT\n"
	proxyV2Header  = 16
	proxyV2MaxBody = maxLead - proxyV2Header
)

// The forms, as Record.Carrier has them.
const (
	carrierProxyV1 = "proxy-v1"
	carrierProxyV2 = "proxy-v2"
)

// BehindProxyHeader reports whether the client began with a PROXY header.
func (r *Record) BehindProxyHeader() bool {
	return len(r.Carrier) > 0 && (r.Carrier[0] == carrierProxyV1 || r.Carrier[0] == carrierProxyV2)
}

// proxyHeader returns the length of the PROXY header that lead begins with and notes what it says; 0 when there
// is none, or one too many, and -1 when more bytes are needed.
func (h *half) proxyHeader() int {
	b := h.lead
	switch {
	case len(b) == 0 || b[0] != proxyV1[0] && b[0] != proxyV2[0] || h.proxies == maxProxyHeaders:
		return 0
	case bytes.HasPrefix(b, []byte(proxyV1)):
		return h.proxyHeaderV1(b)
	case bytes.HasPrefix(b, []byte(proxyV2)):
		return h.proxyHeaderV2(b)
	case strings.HasPrefix(proxyV1, string(b[:min(len(b), len(proxyV1))])),
		strings.HasPrefix(proxyV2, string(b[:min(len(b), len(proxyV2))])):
		return -1
	}
	return 0
}

// proxyHeaderV1 reads the text form: "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n".
func (h *half) proxyHeaderV1(b []byte) int {
	line, _, found := bytes.Cut(b[:min(len(b), proxyV1Max)], []byte("\r\n"))
	if !found {
		if len(b) < proxyV1Max {
			return -1
		}
		return 0
	}
	a := h.noteProxy(carrierProxyV1)
	if w := strings.Fields(string(line)); len(w) == 6 {
		if addr, err := netip.ParseAddr(w[2]); err == nil {
			a.proxied = addr.String()
		}
	}
	return len(line) + 2
}

// proxyHeaderV2 reads the binary form.
func (h *half) proxyHeaderV2(b []byte) int {
	if len(b) < proxyV2Header {
		return -1
	}
	n := int(binary.BigEndian.Uint16(b[14:]))
	if n > proxyV2MaxBody {
		return 0
	}
	if len(b) < proxyV2Header+n {
		return -1
	}
	a := h.noteProxy(carrierProxyV2)
	body := b[proxyV2Header : proxyV2Header+n]
	switch family := b[13] >> 4; {
	case family == 1 && n >= 12:
		a.proxied = netip.AddrFrom4([4]byte(body[:4])).String()
	case family == 2 && n >= 36:
		a.proxied = netip.AddrFrom16([16]byte(body[:16])).String()
	}
	return proxyV2Header + n
}

// noteProxy notes a PROXY header of the given form, and returns where to note what it says.
func (h *half) noteProxy(form string) *aside {
	a := h.f.own()
	a.carrier = append(a.carrier, form)
	h.proxies++
	return a
}

// drop forgets the first n bytes of lead.
func (h *half) drop(n int) {
	h.leadBase += uint64(n)
	h.lead = append(h.lead[:0], h.lead[n:]...)
}
