package report

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// Text comes from the network and is shown in terminals, spreadsheets and web pages. What is done about that
// everywhere is done here: afterwards text is valid UTF-8 without anything that a terminal obeys or a reader
// cannot see. What one family of formats needs beyond that is in csv_text.go, json_text.go and markdown_text.go.

// class is a set of what a byte of text may need. It is as wide as a word because a word from memory is joined to
// another in one instruction, and a byte is not.
type class uint32

const (
	dirty     class = 1 << iota // may be something that appendClean escapes
	quote                       // "
	comma                       // ,
	semicolon                   // ;
	sign                        // what a spreadsheet may take for the beginning of a formula: see runs
)

// classes of every byte.
var classes = func() (t [256]class) {
	for i := range t {
		if i < ' ' || i >= 0x7f {
			t[i] = dirty
		}
	}
	t['"'], t[','], t[';'], t['\\'] = quote, comma, semicolon, dirty
	for _, b := range []byte{'=', '+', '-', '@', '\'', wideSigns[0][0]} {
		t[b] |= sign
	}
	return t
}()

// classify is the union of the classes of all bytes.
func classify(s []byte) (c class) {
	if len(s) < 8 {
		for _, b := range s {
			c |= classes[b]
		}
		return c
	}
	c = classifyEight((*[8]byte)(s[len(s)-8:])) // of which some come again: cheaper than to count them
	for ; len(s) > 8; s = s[8:] {
		c |= classifyEight((*[8]byte)(s))
	}
	return c
}

func classifyEight(b *[8]byte) class {
	return classes[b[0]] | classes[b[1]] | classes[b[2]] | classes[b[3]] |
		classes[b[4]] | classes[b[5]] | classes[b[6]] | classes[b[7]]
}

// appendClean appends s with every control byte and every byte that is not UTF-8 as \xNN, and every
// character that is not to be seen (bidirectional and zero-width marks, separators, private use) as \uNNNN
// or \UNNNNNNNN. A backslash that would be taken for the beginning of one of these is \x5c, so that what was
// sent can be read back.
func appendClean(dst, s []byte) []byte {
	for len(s) > 0 {
		c, n := s[0], 1
		switch {
		case c >= utf8.RuneSelf:
			dst, n = appendRune(dst, s)
		case c < ' ' || c == 0x7f || (c == '\\' && looksEscaped(s)):
			dst = appendByteEscape(dst, c)
		default:
			dst = append(dst, c)
		}
		s = s[n:]
	}
	return dst
}

// appendRune appends the first rune of s, escaped where it has to be, and says how many bytes it took.
func appendRune(dst, s []byte) ([]byte, int) {
	r, n := utf8.DecodeRune(s)
	switch {
	case r == utf8.RuneError && n == 1:
		return appendByteEscape(dst, s[0]), n
	case visible(r):
		return append(dst, s[:n]...), n
	case r > 0xffff:
		return appendHex(append(dst, `\U`...), uint32(r), 8), n
	}
	return appendHex(append(dst, `\u`...), uint32(r), 4), n
}

func appendByteEscape(dst []byte, b byte) []byte {
	return appendHex(append(dst, `\x`...), uint32(b), 2)
}

// visible reports whether a character leaves ink: letters, marks, numbers, punctuation and symbols, but for
// those of them that Unicode says to ignore in display.
func visible(r rune) bool {
	return unicode.IsPrint(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// looksEscaped reports whether s begins like an escape that appendClean makes.
func looksEscaped(s []byte) bool {
	if len(s) < 2 {
		return false
	}
	digits := 0
	switch s[1] {
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	default:
		return false
	}
	if len(s) < 2+digits {
		return false
	}
	for _, b := range s[2 : 2+digits] {
		if !isHex(b) {
			return false
		}
	}
	return true
}

func isHex(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F'
}

// cleanTail cleans what was appended to dst from start on, in place.
func cleanTail(dst []byte, start int) []byte {
	end := len(dst)
	return replaceTail(appendClean(dst, dst[start:end]), start, end)
}

// replaceTail moves what is behind end to start: a rewriting of dst[start:end] that was appended.
func replaceTail(dst []byte, start, end int) []byte {
	return dst[:start+copy(dst[start:], dst[end:])]
}

// insertBefore puts mark before every one of a byte behind start.
func insertBefore(dst []byte, start int, every, mark byte) []byte {
	end := len(dst)
	rest := dst[start:end]
	for i := bytes.IndexByte(rest, every); i >= 0; i = bytes.IndexByte(rest, every) {
		dst = append(append(dst, rest[:i]...), mark, every)
		rest = rest[i+1:]
	}
	if len(dst) == end {
		return dst
	}
	return replaceTail(append(dst, rest...), start, end)
}

// Clean makes text from the network fit to be shown to people: what a terminal obeys or nobody sees becomes \xNN, \uNNNN or
// \UNNNNNNNN (docs/output.md).
func Clean(s string) string {
	for i := range len(s) {
		if classes[s[i]]&dirty != 0 {
			return string(appendClean(nil, []byte(s)))
		}
	}
	return s
}
