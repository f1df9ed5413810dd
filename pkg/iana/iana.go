// Package iana gives TLS code points the names that IANA registered for them.
//
// The tables are generated offline from the CSV files under registry, which
// follow the IANA registries "TLS Cipher Suites" and "TLS Alerts". Three
// liberties are taken, because a capture shows what was used and not what may be
// used: the suffix _RESERVED of retired alerts is dropped, code points that were
// deployed without a registration are included under the names their
// implementers gave them, and a second code point with a name already taken
// carries the suffix _OLD.
package iana

import "strconv"

//go:generate go run ./internal/generate

// name is one row of a generated table; the tables are sorted by value.
type name struct {
	value uint16
	text  string
}

// CipherSuite returns the IANA name of a cipher suite, such as
// "TLS_AES_128_GCM_SHA256", and "0x" with four hexadecimal digits for a value
// without a name.
func CipherSuite(v uint16) string {
	if s, ok := find(cipherSuites[:], v); ok {
		return s
	}
	const digits = "0123456789abcdef"
	return string([]byte{'0', 'x', digits[v>>12], digits[v>>8&15], digits[v>>4&15], digits[v&15]})
}

// Alert returns the IANA name of an alert description, such as
// "unrecognized_name" (RFC 8446, Section 6), and the number in decimal for a
// value without a name.
func Alert(v uint8) string {
	if s, ok := find(alerts[:], uint16(v)); ok {
		return s
	}
	return strconv.Itoa(int(v))
}

// find halves the table by hand: every row of a report asks for a cipher suite, and slices.BinarySearchFunc calls a
// function for each comparison.
func find(table []name, v uint16) (string, bool) {
	low, high := 0, len(table)
	for low < high {
		middle := int(uint(low+high) / 2)
		if table[middle].value < v {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low == len(table) || table[low].value != v {
		return "", false
	}
	return table[low].text, true
}
