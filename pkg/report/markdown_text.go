package report

import (
	"regexp"
	"strings"
)

// What Markdown needs of text beyond what Clean does: nothing from the network may become markup, a link or a table cell.

// markdownSpecial are the characters that can begin markup within a line (CommonMark 0.31, Section 6, and the
// tables and strike-through of GitHub's dialect).
const markdownSpecial = "\\`*_[]<>|~&"

// mdText makes text safe in a sentence: it shows as it is. What GitHub makes something of once Markdown is done only code keeps from
// telling people, and from linking issues and commits.
func mdText(s string) string {
	words := strings.Split(Clean(s), " ")
	for i, word := range words {
		if referring.MatchString(word) {
			bare := strings.TrimRight(word, "),;") // who copies the code is not to have the sentence's marks
			words[i] = mdSpan(bare) + word[len(bare):]
		} else {
			words[i] = mdWord(word)
		}
	}
	return strings.Join(words, " ")
}

// referring matches words that GitHub makes something of: @names, #numbers, GH-numbers, commits, $formulas$ and :emoji:, of which few
// could stand in a time or an address.
var referring = regexp.MustCompile(`[@#$]|(?i:\bGH-[0-9])|\b[0-9a-f]{7,}\b|` +
	`:[0-9a-z_+-]*[g-z_+-][0-9a-z_+-]*:|:(100|1234|a|ab|abc|abcd|b|bed|bee|cd):`)

// mdWord takes the meaning from every character of a word that Markdown would see one in.
func mdWord(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if (strings.IndexByte(markdownSpecial, s[i]) >= 0 && !withinWord(s, i)) || linkable(s, i) {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// withinWord reports whether s[i] is an underscore between letters or digits, which begins nothing.
func withinWord(s string, i int) bool {
	return s[i] == '_' && i > 0 && i < len(s)-1 && isWord(s[i-1]) && isWord(s[i+1])
}

func isWord(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// linkable reports whether GitHub would make a link of what is around s[i]: "http://…", "www.…".
func linkable(s string, i int) bool {
	switch s[i] {
	case ':':
		return strings.HasPrefix(s[i:], "://")
	case '.':
		return i >= 3 && strings.EqualFold(s[i-3:i], "www")
	}
	return false
}

var mdCodeEscapes = strings.NewReplacer("`", `\x60`, "|", `\x7c`)

// mdCode makes text safe as a code span, in which nothing is markup but what ends it or its table cell.
func mdCode(s string) string { return mdSpan(Clean(s)) }

// mdSpan is mdCode of text that is clean.
func mdSpan(s string) string { return "`" + mdCodeEscapes.Replace(s) + "`" }
