package report

import "bytes"

// What CSV needs of text beyond appendClean: quoting, and nothing that a spreadsheet would run.

// closeCSVText finishes a cell that was appended to dst, unescaped, from start on.
func closeCSVText(dst []byte, start int) []byte {
	c := classify(dst[start:])
	if c == 0 {
		return dst
	}
	if c&dirty != 0 {
		dst = cleanTail(dst, start)
	}
	return closeCSVCell(dst, start, c)
}

// closeCSVItem finishes an item of a list: a separator in it is not one.
func closeCSVItem(dst []byte, start int) ([]byte, class) {
	c := classify(dst[start:])
	if c&dirty != 0 {
		dst = cleanTail(dst, start)
	}
	if c&semicolon != 0 {
		end := len(dst)
		for i := start; i < end; i++ {
			if dst[i] == ';' {
				dst = appendByteEscape(dst, ';')
			} else {
				dst = append(dst, dst[i])
			}
		}
		dst = replaceTail(dst, start, end)
	}
	return dst, c
}

// closeCSVCell guards and quotes a cell that is clean. c holds the classes of all of it.
func closeCSVCell(dst []byte, start int, c class) []byte {
	if c&sign != 0 && (runs(dst[start:]) || (c&semicolon != 0 && runsBehindSemicolon(dst[start:]))) {
		dst = guardFormulas(dst, start)
	}
	if c&(quote|comma) == 0 {
		return dst
	}
	return quoteCSV(dst, start, c)
}

// quoteCSV encloses a cell in double quotes, those in it doubled (RFC 4180, Section 2).
func quoteCSV(dst []byte, start int, c class) []byte {
	if c&quote != 0 {
		dst = insertBefore(dst, start, '"', '"')
	}
	dst = append(dst, `""`...)
	copy(dst[start+1:len(dst)-1], dst[start:])
	dst[start] = '"'
	return dst
}

// guardFormulas puts a ' before what a spreadsheet would run: at the start of the cell, and behind a semicolon,
// because where the comma is the decimal point a spreadsheet splits there.
func guardFormulas(dst []byte, start int) []byte {
	end := len(dst)
	for i := start; i < end; i++ {
		if (i == start || dst[i-1] == ';') && runs(dst[i:end]) {
			dst = append(dst, '\'')
		}
		dst = append(dst, dst[i])
	}
	return replaceTail(dst, start, end)
}

func runsBehindSemicolon(s []byte) bool {
	for i := bytes.IndexByte(s, ';'); i >= 0; i = bytes.IndexByte(s, ';') {
		if s = s[i+1:]; runs(s) {
			return true
		}
	}
	return false
}

// wideSigns are the full-width forms of = + - @, which some spreadsheets read as these.
var wideSigns = [...][]byte{[]byte("＝"), []byte("＋"), []byte("－"), []byte("＠")}

// runs reports whether a spreadsheet would take s for a formula, or for one that has its ' already. TAB and CR, behind which
// it would too, are escaped by now.
func runs(s []byte) bool {
	if len(s) == 0 {
		return false
	}
	switch s[0] {
	case '=', '+', '-', '@':
		return true
	case '\'': // so that what was sent can be told from what was put before it
		return runs(s[1:])
	case wideSigns[0][0]:
		for _, w := range wideSigns {
			if bytes.HasPrefix(s, w) {
				return true
			}
		}
	}
	return false
}
