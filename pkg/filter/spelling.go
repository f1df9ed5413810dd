package filter

import (
	"net"
	"strings"
)

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func isAlnum(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' }

func isNameByte(c byte) bool { return isAlnum(c) || c == '-' || c == '_' || c == '.' }

func isAddressByte(c byte) bool { return isHex(c) || c == ':' || c == '.' }

// all reports whether text is not empty and each byte satisfies is.
func all(text string, is func(byte) bool) bool {
	for i := range len(text) {
		if !is(text[i]) {
			return false
		}
	}
	return text != ""
}

func isNumber(text string) bool {
	if hex, ok := strings.CutPrefix(strings.ToLower(text), "0x"); ok {
		return all(hex, isHex)
	}
	return all(text, isDigit)
}

// isDotted reports whether text is two to four numbers joined by dots.
func isDotted(text string) bool {
	parts := strings.Split(text, ".")
	for _, part := range parts {
		if !isNumber(part) {
			return false
		}
	}
	return len(parts) >= 2 && len(parts) <= 4
}

// parseMAC reads an Ethernet address: six groups of one or two hex digits
// joined by one of ':', '-' and '.', three groups of four joined by '.', or twelve digits.
func parseMAC(text string) (mac [6]byte, ok bool) {
	if len(text) == 12 && all(text, isHex) {
		text = text[:4] + "." + text[4:8] + "." + text[8:]
	}
	for _, separator := range []string{":", "-", "."} {
		if groups := strings.Split(text, separator); len(groups) == 6 {
			for i, group := range groups {
				if len(group) == 1 {
					groups[i] = "0" + group
				}
			}
			text = strings.Join(groups, ":")
		}
	}
	parsed, err := net.ParseMAC(text)
	if err != nil || len(parsed) != len(mac) {
		return mac, false
	}
	return [6]byte(parsed), true
}
