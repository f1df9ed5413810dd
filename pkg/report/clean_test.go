package report

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"www.example.com":           "www.example.com",
		"\x1b[2J":                   `\x1b[2J`,
		"a\r\n\t\x00\x7fb":          `a\x0d\x0a\x09\x00\x7fb`,
		"\u0085\u009b":              `\u0085\u009b`, // C1 as UTF-8
		"\x85\x9b":                  `\x85\x9b`,     // C1 as bytes
		"\xff\xfea\xc3":             `\xff\xfea\xc3`,
		"\xed\xa0\x80":              `\xed\xa0\x80`, // a surrogate is not UTF-8
		"\ufffd":                    "\ufffd",       // the replacement character itself is
		"\u202egnp.exe":             `\u202egnp.exe`,
		"\u2066\u2069\u200e":        `\u2066\u2069\u200e`,
		"a\u200b\u200d\ufeff\u00ad": `a\u200b\u200d\ufeff\u00ad`,
		"\u2028\u00a0\u3000":        `\u2028\u00a0\u3000`,
		"\u3164\ufe0f":              `\u3164\ufe0f`,
		"\U000e0041":                `\U000e0041`,
		"\ue000":                    `\ue000`,
		"bücher.例え":                 "bücher.例え",
		`\x1b`:                      `\x5cx1b`,
		`\u202e`:                    `\x5cu202e`,
		`\U000e0041`:                `\x5cU000e0041`,
		`C:\captures\x.pcap`:        `C:\captures\x.pcap`,
		`\`:                         `\`,
		`\\`:                        `\\`,
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
		if got := string(appendClean([]byte("head"), []byte(in))); got != "head"+want {
			t.Errorf("appendClean(%q) = %q", in, got)
		}
	}
}

// restore is the way back that docs/output.md promises.
func restore(t *testing.T, s string) string {
	t.Helper()
	var b strings.Builder
	for len(s) > 0 {
		if !looksEscaped([]byte(s)) || s[0] != '\\' {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[1]]
		n, err := strconv.ParseUint(s[2:2+digits], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		if digits == 2 {
			b.WriteByte(byte(n))
		} else {
			b.WriteString(string(rune(n)))
		}
		s = s[2+digits:]
	}
	return b.String()
}

// checkClean holds what clean promises.
func checkClean(t *testing.T, raw string) {
	t.Helper()
	got := Clean(raw)
	if back := restore(t, got); back != raw {
		t.Errorf("%q is written %q, which reads back as %q", raw, got, back)
	}
	checkVisible(t, got)
}

// checkVisible holds that a text has nothing that a terminal obeys or a reader cannot see.
func checkVisible(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("not UTF-8: %q", s)
	}
	for _, r := range s {
		if !visible(r) {
			t.Errorf("%U in %q", r, s)
			return
		}
	}
}

func TestCleanCanBeRestored(t *testing.T) {
	for _, name := range hostile {
		checkClean(t, name)
	}
}

// TestClassesOfEveryByte puts every byte everywhere into texts of many lengths, beginning anywhere in a word.
func TestClassesOfEveryByte(t *testing.T) {
	buffer := []byte(strings.Repeat("a", 48))
	for start := range 8 {
		for length := range 34 {
			s := buffer[start : start+length]
			for at := range s {
				for b := range 256 {
					s[at] = byte(b)
					if got := classify(s); got != classes[b] {
						t.Fatalf("byte %#x at %d of %d: %b, want %b", b, at, length, got, classes[b])
					}
				}
				s[at] = 'a'
				buffer[start+length] = '"' // behind the text
				if got := classify(s); got != 0 {
					t.Fatalf("clean text of %d: %b", length, got)
				}
				buffer[start+length] = 'a'
			}
		}
	}
}

// TestSentencesOfOwnWords holds that what needs no look comes to the same without one.
func TestSentencesOfOwnWords(t *testing.T) {
	for _, s := range []string{
		"", "a", "the handshake went through in 1.4 ms", "an alert 40 (handshake_failure), 0.3 ms after the hello",
		"server [2001:db8::5]:443 answered each of 10 hellos, 7 with server_name and 3 without, with an immediate RST+ACK; by itself it is no-sni-reset",
	} {
		if got, want := string(csvSentence(nil, s, true)), string(csvText(nil, s)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got, want := string(csvSentence(nil, "=\x1b", false)), `'=\x1b,`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestUsualOffer(t *testing.T) {
	for _, list := range [][]string{nil, {"h2"}, {"h2", "http/1.1"}, {"http/1.1", "h2"}, {"h2", "http/1.1", "h3"}, {"h2", "=,;"}} {
		if got, want := string(csvOffer(nil, list)), string(csvTexts(nil, list)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
