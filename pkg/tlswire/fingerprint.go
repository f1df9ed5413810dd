package tlswire

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
)

// Scratch space on the stack for a fingerprint. Larger hellos, which no client
// is known to send, spill to the heap.
const (
	scratchText   = 512 // bytes of text to be hashed
	scratchValues = 128 // values to be sorted
	insertionMost = 40  // values that are sorted by insertion, which is the fastest for so few
)

const hexDigits = "0123456789abcdef"

// appendJA3Curves appends what follows the extensions in the text of which JA3 is the digest.
func (h *ClientHello) appendJA3Curves(b []byte) []byte {
	var values [scratchValues]uint16
	b = appendJA3List(append(b, ','), h.SupportedGroups.appendTo(values[:0]))
	b = append(b, ',')
	for i, v := range h.PointFormats {
		if i > 0 {
			b = append(b, '-')
		}
		b = appendDecimal(b, uint16(v))
	}
	return b
}

// appendJA3List appends the values of list in decimal, GREASE left out, with dashes between.
func appendJA3List(b []byte, list []uint16) []byte {
	start := len(b)
	b = slices.Grow(b, longestDecimal*len(list)+8) // eight bytes are written at once
	out, n := b[:cap(b)], start
	for _, v := range list {
		switch {
		case v < uint16(len(smallDecimals)):
			d := smallDecimals[v]
			binary.LittleEndian.PutUint64(out[n:n+8], d)
			n += int(d >> 56)
		case !IsGREASE(v):
			n = len(append(appendDecimal(out[:n], v), '-'))
		}
	}
	return out[:max(start, n-1)]
}

// longestDecimal is the length of the longest value with the dash behind it.
const longestDecimal = len("65535-")

// smallDecimals are small values as JA3 writes them, with the dash behind, in the order of memory, and their length
// in the highest byte, so that copying one takes no branch: their lengths are as random as the order in which a
// browser shuffles its extensions.
var smallDecimals = func() (t [256]uint64) {
	for v := range t {
		var text [8]byte
		n := copy(text[:], append(appendDecimal(nil, uint16(v)), '-'))
		t[v] = binary.LittleEndian.Uint64(text[:]) | uint64(n)<<56
	}
	return t
}()

// appendDecimal appends v in decimal. It is a good part of what JA3 costs.
func appendDecimal(b []byte, v uint16) []byte {
	switch {
	case v < 10:
		return append(b, byte('0'+v))
	case v < 100:
		return append(b, byte('0'+v/10), byte('0'+v%10))
	case v >= 10000:
		return append(b, byte('0'+v/10000), byte('0'+v/1000%10), byte('0'+v/100%10), byte('0'+v/10%10), byte('0'+v%10))
	case v >= 1000:
		return append(b, byte('0'+v/1000), byte('0'+v/100%10), byte('0'+v/10%10), byte('0'+v%10))
	}
	return append(b, byte('0'+v/100), byte('0'+v/10%10), byte('0'+v%10))
}

// JA4 returns the JA4 fingerprint of h, 36 bytes, as FoxIO defines it for TLS
// clients. transport is 't' for TCP, 'q' for QUIC and 'd' for DTLS. It is
// meaningful only if h is Complete.
func (h *ClientHello) JA4(transport byte) string {
	var b [36]byte
	return string(h.appendJA4(b[:0], transport))
}

func (h *ClientHello) appendJA4(dst []byte, transport byte) []byte {
	var suites, values [scratchValues]uint16
	var text [scratchText]byte

	sorted := appendSorted(suites[:0], h.CipherSuites.appendTo(values[:0]))
	ciphers := len(sorted)
	cipherText := appendHexList(text[:0], sorted)

	sorted = appendSorted(values[:0], h.Extensions)
	dst = h.appendJA4Head(dst, transport, ciphers, len(sorted), slices.Contains(sorted, extServerName))
	dst = append(dst, '_')
	dst = appendJA4Hash(dst, cipherText)
	dst = append(dst, '_')
	return appendJA4Hash(dst, h.appendJA4Extensions(text[:0], sorted))
}

// ja4Head is the length of the part before the hashes.
const ja4Head = len("t13d1516h2")

// appendJA4Head appends the part before the hashes. ciphers and exts are how many
// cipher suites and extension types there are without GREASE.
func (h *ClientHello) appendJA4Head(dst []byte, transport byte, ciphers, exts int, named bool) []byte {
	name := byte('i')
	if named {
		name = 'd'
	}
	v := h.ja4Version()
	ciphers, exts = min(ciphers, 99), min(exts, 99)
	dst = append(dst, transport, v[0], v[1], name, byte('0'+ciphers/10), byte('0'+ciphers%10), byte('0'+exts/10), byte('0'+exts%10))
	return h.appendJA4Protocol(dst)
}

// ja4Version is the highest value offered, in two characters. That is the value
// itself: drafts of TLS 1.3 are unknown to JA4. DTLS counts backwards.
func (h *ClientHello) ja4Version() string {
	best, found := h.Version, false
	for list := h.SupportedVersions; len(list) >= 2; list = list[2:] {
		v := list.At(0)
		if IsGREASE(v) {
			continue
		}
		dtls := IsDTLS(best) && IsDTLS(v)
		if !found || v > best != dtls {
			best, found = v, true
		}
	}
	switch best {
	case VersionTLS13:
		return "13"
	case VersionTLS12:
		return "12"
	case VersionTLS11:
		return "11"
	case VersionTLS10:
		return "10"
	case VersionSSL3:
		return "s3"
	case VersionSSL2:
		return "s2"
	case VersionDTLS10:
		return "d1"
	case VersionDTLS12:
		return "d2"
	case VersionDTLS13:
		return "d3"
	}
	return "00"
}

// appendJA4Protocol appends the first and the last character of the first ALPN
// name, of its hexadecimal form where one of the two is not alphanumeric.
func (h *ClientHello) appendJA4Protocol(dst []byte) []byte {
	if len(h.ALPN) == 0 || len(h.ALPN[0]) == 0 {
		return append(dst, "00"...)
	}
	first, last := h.ALPN[0][0], h.ALPN[0][len(h.ALPN[0])-1]
	if !alphanumeric(first) || !alphanumeric(last) {
		first, last = hexDigits[first>>4], hexDigits[last&15]
	}
	return append(dst, first, last)
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// appendJA4Extensions appends the text of which the last part of JA4 is the
// hash: the sorted extension types without server_name and ALPN, which the head
// speaks of, then the signature algorithms as sent.
func (h *ClientHello) appendJA4Extensions(b []byte, sorted []uint16) []byte {
	rest := slices.DeleteFunc(sorted, func(v uint16) bool { return v == extServerName || v == extALPN })
	if len(rest) == 0 {
		return b
	}
	b = appendHexList(b, rest)
	if len(h.SignatureAlgorithms) == 0 {
		return b
	}
	var values [scratchValues]uint16
	return appendHexList(append(b, '_'), h.SignatureAlgorithms.appendTo(values[:0]))
}

// appendSorted appends the values of list in ascending order, GREASE left out.
func appendSorted(dst, list []uint16) []uint16 {
	for _, v := range list {
		if !IsGREASE(v) {
			dst = append(dst, v)
		}
	}
	if len(dst) > insertionMost {
		slices.Sort(dst)
		return dst
	}
	for i := 1; i < len(dst); i++ {
		v, j := dst[i], i
		for ; j > 0 && dst[j-1] > v; j-- {
			dst[j] = dst[j-1]
		}
		dst[j] = v
	}
	return dst
}

// appendHexList appends the values of list, GREASE left out, as four hexadecimal
// digits each, with commas between.
func appendHexList(b []byte, list []uint16) []byte {
	first := true
	for _, v := range list {
		if IsGREASE(v) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, hexDigits[v>>12], hexDigits[v>>8&15], hexDigits[v>>4&15], hexDigits[v&15])
	}
	return b
}

// appendJA4Hash appends the first twelve digits of the SHA-256 of text, zeros
// for no text.
func appendJA4Hash(dst, text []byte) []byte {
	if len(text) == 0 {
		return append(dst, "000000000000"...)
	}
	sum := sha256.Sum256(text)
	return hex.AppendEncode(dst, sum[:6])
}
