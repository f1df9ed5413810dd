package report

import (
	"net/netip"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// ellipsis stands for what was left out of the middle of a name or an address.
const ellipsis = "…"

// displayWidth is how many columns of a terminal a text takes. The locale is not asked, so that the same
// capture gives the same table everywhere.
func displayWidth(s string) int {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return twwidth.WidthWithOptions(s, twwidth.Options{})
		}
	}
	return len(s)
}

// Beginning is as much of a text as fits into so many columns of a terminal.
func Beginning(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	runes := []rune(s)
	return string(runes[:prefixWithin(runes, width)])
}

// shorten cuts a text in the middle so that it takes at most width columns, and at least three.
func shorten(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	runes := []rune(s)
	room := max(width-1, 2)
	head := prefixWithin(runes, room-room/2)
	tail := suffixWithin(runes[head:], room-displayWidth(string(runes[:head])))
	return string(runes[:head]) + ellipsis + string(runes[len(runes)-tail:])
}

// cutBytes cuts what may not be UTF-8 in the middle, so that about limit bytes of it stay.
func cutBytes(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	head, tail := limit/2, len(s)-limit/2
	for head > 0 && head > limit/2-utf8.UTFMax && !utf8.RuneStart(s[head]) {
		head--
	}
	for tail < len(s)-1 && tail < len(s)-limit/2+utf8.UTFMax && !utf8.RuneStart(s[tail]) {
		tail++
	}
	return s[:head] + ellipsis + s[tail:]
}

// prefixWithin is how many runes from the start fit into width columns.
func prefixWithin(runes []rune, width int) int {
	for i, r := range runes {
		if width -= displayWidth(string(r)); width < 0 {
			return i
		}
	}
	return len(runes)
}

// suffixWithin is how many runes at the end fit into width columns.
func suffixWithin(runes []rune, width int) int {
	for i := range runes {
		if width -= displayWidth(string(runes[len(runes)-1-i])); width < 0 {
			return i
		}
	}
	return len(runes)
}

// endpoint is an address with its port as the table shows it: 192.0.2.1:443, [2001:db8::1]:443. Beyond width
// the address is cut in the middle, never the port.
func endpoint(a netip.AddrPort, width int) string {
	s := a.String()
	if len(s) <= width {
		return s
	}
	port := ":" + decimal(uint64(a.Port()))
	if a.Addr().Is4() {
		return shorten(a.Addr().String(), width-len(port)) + port
	}
	return "[" + shorten(a.Addr().String(), width-len(port)-2) + "]" + port
}
