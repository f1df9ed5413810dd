package report

import "strings"

// appendWrapped appends a text, cleaned and wrapped, of which a word that fits into no line is cut in the middle.
func appendWrapped(dst []byte, s string, width, column, indent int) []byte {
	words := strings.Fields(Clean(s))
	for i, word := range words {
		if width > 0 {
			words[i] = shorten(word, width-indent)
		}
	}
	return AppendWords(dst, words, width, column, indent)
}

// AppendWords appends a line of words that is broken into lines of at most width columns (0 for no limit), all but the first
// indented. column is how far the first line is filled already. A word that fits into no line has one of its own.
func AppendWords(dst []byte, words []string, width, column, indent int) []byte {
	for i, word := range unbroken(words, width-indent) {
		n := displayWidth(word)
		switch {
		case i > 0 && width > 0 && column+1+n > width:
			dst = append(dst, '\n')
			dst = appendSpaces(dst, indent)
			column = indent
		case i > 0:
			dst = append(dst, ' ')
			column++
		}
		dst = append(dst, word...)
		column += n
	}
	return append(dst, '\n')
}

// unbroken are the parts of a text that are not to be broken: words, with a count before one, a number before its unit, or parentheses
// behind it, where both fit into a line.
func unbroken(words []string, line int) (out []string) {
	for _, w := range words {
		n := len(out) - 1
		if n >= 0 && (w[0] == '(' && strings.Contains(w, ")") || isCount(out[n]) || isSpan(out[n], w)) && displayWidth(out[n])+1+displayWidth(w) <= line {
			out[n] += " " + w
			continue
		}
		out = append(out, w)
	}
	return out
}

// isCount reports whether a word is a number, with commas between thousands.
func isCount(word string) bool {
	return strings.Trim(word, "0123456789,") == "" && !strings.HasSuffix(word, ",")
}

// isSpan reports whether two words are a span of time: "0.31 ms".
func isSpan(number, unit string) bool {
	unit = strings.TrimRight(unit, ",;:")
	return (unit == "ms" || unit == "s") && strings.Trim(number, "0123456789.") == ""
}

func appendSpaces(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, ' ')
	}
	return dst
}
