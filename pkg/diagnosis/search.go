package diagnosis

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Search returns the entries whose programs print text, in the order of the catalogue: text may be a part of what
// they print ("SSL_ERROR_SYSCALL"), or a line that holds it ("curl: (35) … connection to 192.0.2.1:443"). Letter
// case, runs of white space, and low lines in place of spaces make no difference. It returns nil for less than three
// characters.
func Search(text string) []Entry {
	query := fold(text[:min(len(text), maxQuery)])
	if len(query) < 3 {
		return nil
	}
	short := withoutFunction(query)
	var found []Entry
	for _, e := range catalogue() {
		if slices.ContainsFunc(e.Prints, func(p Print) bool {
			printed := fold(p.Text)
			return prints(printed, query) || prints(printed, short)
		}) {
			found = append(found, e)
		}
	}
	return found
}

// leastFixed is how much of what is printed a line must hold to be taken for it, or be a part of: "EOF" alone is in too
// many.
const leastFixed = 6

// prints reports whether the query is what is printed, or a part of it, or has all of its fixed parts in order. The number of
// an error ("-308") is typed alone as well.
func prints(printed, query string) bool {
	number := strings.HasPrefix(query, "-") && strings.HasSuffix(printed, "… "+query)
	if query == printed || number || len(query) >= leastFixed && strings.Contains(printed, query) {
		return true
	}
	fixed := 0
	for part := range strings.SplitSeq(printed, "…") {
		part = strings.TrimSpace(part)
		_, rest, ok := strings.Cut(query, part)
		if !ok {
			return false
		}
		query, fixed = rest, fixed+len(part)
	}
	return fixed >= leastFixed
}

// withoutFunction takes out the name of the function that OpenSSL 1 and 3.0 print, as in "SSL routines:ssl3_read_n:", and
// what BoringSSL has in its place.
func withoutFunction(query string) string {
	const library = "ssl routines:"
	before, rest, ok := strings.Cut(query, library)
	_, reason, named := strings.Cut(rest, ":")
	if !ok || !named {
		return query
	}
	return before + library + ":" + reason
}

// fold makes texts comparable. BoringSSL and Python write OpenSSL's reasons with low lines; and what OpenSSL called an
// "sslv3 alert" it calls an "ssl/tls alert" since 3.2.
func fold(s string) string {
	s = strings.ReplaceAll(strings.ToLower(s), "_", " ")
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "ssl/tls alert", "sslv3 alert")
}

// Nearest returns what is most like what was typed, by edit distance, of the codes and the other words; ok is false
// where nothing is much like it.
func Nearest(typed string, others ...string) (word string, ok bool) {
	words := make([]string, 0, len(codes)+len(others))
	for _, c := range codes {
		words = append(words, string(c))
	}
	return NearestOf(typed, append(words, others...))
}

// NearestOf is Nearest of other words than codes.
func NearestOf(typed string, words []string) (word string, ok bool) {
	typed = strings.ToLower(typed[:min(len(typed), maxEditLength)])
	least := 2 + len(typed)/4 // one edit, and one more for every four letters, are too many to have meant it
	for _, w := range words {
		if d := editDistance(typed, w); d < least {
			word, least = w, d
		}
	}
	return word, word != ""
}

// editDistance is Levenshtein's: insertions, deletions and replacements.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// MatchCodes returns a function that reports whether a code matches one of the patterns, each a code or a glob
// such as "no-sni-*" in the syntax of path.Match, in any case, and with the table's sign for probable or possible or without. It
// fails for a pattern that is malformed or matches no code, and names what would match codes that it is a part of, else the nearest
// one, or the nearest of the other words that could have stood there.
func MatchCodes(patterns []string, others ...string) (func(Code) bool, error) {
	chosen := make(map[Code]bool, len(codes))
	for _, p := range patterns {
		glob := strings.TrimSuffix(strings.ToLower(p), "~")
		matched, err := codesLike(glob)
		if err == nil && len(matched) == 0 && strings.HasSuffix(glob, "?") { // not any character, but the sign for possible
			matched, err = codesLike(strings.TrimSuffix(glob, "?"))
		}
		if err != nil {
			return nil, fmt.Errorf("diagnosis: pattern %q: %w", p, err)
		}
		for _, c := range matched {
			chosen[c] = true
		}
		if len(matched) == 0 {
			if parts, _ := codesLike("*" + glob + "*"); len(parts) > 0 {
				return nil, fmt.Errorf("diagnosis: no diagnosis matches %q, but %d match %q", p, len(parts), "*"+p+"*")
			}
			if nearest, ok := Nearest(p, others...); ok {
				return nil, fmt.Errorf("diagnosis: no diagnosis matches %q; the nearest is %q", p, nearest)
			}
			return nil, fmt.Errorf("diagnosis: no diagnosis matches %q", p)
		}
	}
	return func(c Code) bool { return chosen[c] }, nil
}

// codesLike returns the codes that match a pattern.
func codesLike(glob string) (matched []Code, err error) {
	for _, c := range codes {
		ok, err := path.Match(glob, string(c))
		if err != nil {
			return nil, err
		}
		if ok {
			matched = append(matched, c)
		}
	}
	return matched, nil
}
