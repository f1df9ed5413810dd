package report

// What JSON needs of text beyond appendClean.

// closeJSONText finishes a string whose bytes were appended to dst, unescaped, from start on: it makes them
// clean, escapes quotation marks and backslashes (RFC 8259, Section 7; controls are gone by now) and closes
// the string. The value read back is the same text as in every other format.
func closeJSONText(dst []byte, start int) []byte {
	c := classify(dst[start:])
	if c&dirty != 0 {
		dst = cleanTail(dst, start)
		dst = insertBefore(dst, start, '\\', '\\')
	}
	if c&quote != 0 {
		dst = insertBefore(dst, start, '"', '\\')
	}
	return append(dst, '"')
}
