package tlswire

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestServerName(t *testing.T) {
	long := strings.Repeat("abcdefghi.", 25) + "example" // 257 bytes
	for _, tc := range []struct {
		name, problem string
	}{
		{"example.com", ""},
		{"EXAMPLE.com", ""},
		{"localhost", ""},
		{"xn--bcher-kva.example", ""},
		{"my_host.internal", ""},
		{"1.2.3.4.example", ""},
		{"1.2.3", ""},
		{"192.0.2.7", ProblemIPAddress},
		{"::1", ProblemIPAddress},
		{"[2001:db8::1]", ProblemIPAddress},
		{"fe80::1%eth0", ProblemIPAddress},
		{"", ProblemEmptyName},
		{"example.com.", ProblemTrailingDot},
		{"exa\x00mple.com", ProblemNULByte},
		{"b\u00fccher.example", ProblemNonASCII},
		{"\xff\xfe", ProblemNonASCII},
		{"example.com:443", ProblemInvalidCharacter},
		{"*.example.com", ProblemInvalidCharacter},
		{"a b", ProblemInvalidCharacter},
		{"https://example.com", ProblemInvalidCharacter},
		{"a..b", ProblemLabel},
		{".example.com", ProblemLabel},
		{strings.Repeat("a", 64) + ".example", ProblemLabel},
		{long, ProblemTooLong},
	} {
		body := helloSpec{extensions: []extension{serverName(tc.name)}}.body()
		var h ClientHello
		if err := h.Unmarshal(body); err != nil {
			t.Errorf("%q: %v", tc.name, err)
		}
		want := SNIPresent
		if tc.problem != "" {
			want = SNIInvalid
		}
		if h.SNI != want || h.SNIProblem != tc.problem || string(h.ServerName) != tc.name {
			t.Errorf("%q: %v, %q, name %q, want %v, %q", tc.name, h.SNI, h.SNIProblem, h.ServerName, want, tc.problem)
		}
		if at := h.ServerNameOffset - handshakeHeaderLen; !bytes.HasPrefix(body[at:], []byte(tc.name)) {
			t.Errorf("%q: not at offset %d", tc.name, h.ServerNameOffset)
		}
	}
}

// A name is ordinary only if nothing is wrong with it, and what is neither wrong nor a number is.
func TestOrdinaryNames(t *testing.T) {
	const alphabet = "aZ09-_..:%[]\x00\xff "
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200000 {
		var name []byte
		for range rng.IntN(12) {
			c := alphabet[rng.IntN(len(alphabet)>>rng.IntN(2))]
			name = append(name, bytes.Repeat([]byte{c}, 1+rng.IntN(1<<rng.IntN(8)))...)
		}
		problem, number := unusualNameProblem(name), !bytes.ContainsAny(name, "aZ-_")
		if got := ordinaryName(name); got != (problem == "" && !number) {
			t.Fatalf("%q: ordinary %v, problem %q", name, got, problem)
		}
	}
}

func TestServerNameExtension(t *testing.T) {
	a, b := nameEntry(0, "a.example"), nameEntry(0, "b.example")
	for _, tc := range []struct {
		what    string
		data    [][]byte // of one server_name extension each
		problem string
		name    string
		fault   bool // Unmarshal reports it too
	}{
		{"empty extension", [][]byte{{}}, ProblemEmptyExtension, "", false},
		{"empty list", [][]byte{vec16()}, ProblemEmptyList, "", false},
		{"unknown type alone", [][]byte{vec16(nameEntry(1, "a.example"))}, ProblemUnknownNameType, "", false},
		{"unknown type first", [][]byte{vec16(nameEntry(7, "x"), a)}, ProblemUnknownNameType, "a.example", false},
		{"unknown type first, and two names", [][]byte{vec16(nameEntry(7, "x"), a, b)}, ProblemUnknownNameType, "a.example", false},
		{"two names", [][]byte{vec16(a, b)}, ProblemSeveralNames, "a.example", false},
		{"twice", [][]byte{vec16(a), vec16(b)}, ProblemDuplicate, "a.example", true},
		{"list too long", [][]byte{{0, 9, 0}}, ProblemMalformed, "", true},
		{"bytes behind the list", [][]byte{append(vec16(a), 0)}, ProblemMalformed, "", true},
		{"name too long", [][]byte{vec16([]byte{0, 0, 9, 'a'})}, ProblemMalformed, "", true},
		{"length cut", [][]byte{vec16([]byte{0, 0})}, ProblemMalformed, "", true},
		{"rubbish behind a name", [][]byte{vec16(a, []byte{0})}, ProblemMalformed, "a.example", true},
	} {
		var spec helloSpec
		for _, d := range tc.data {
			spec.extensions = append(spec.extensions, extension{extServerName, d})
		}
		var h ClientHello
		err := h.Unmarshal(spec.body())
		if (err != nil) != tc.fault {
			t.Errorf("%s: error %v", tc.what, err)
		}
		if h.SNI != SNIInvalid || h.SNIProblem != tc.problem || string(h.ServerName) != tc.name {
			t.Errorf("%s: %v, %q, name %q, want %q, name %q", tc.what, h.SNI, h.SNIProblem, h.ServerName, tc.problem, tc.name)
		}
		if !h.Complete {
			t.Errorf("%s: the message was followed to its end", tc.what)
		}
	}
}

func TestSNIStateNames(t *testing.T) {
	for s, want := range map[SNIState]string{SNIUnknown: "unknown", SNIMissing: "missing", SNIPresent: "present", SNIInvalid: "invalid"} {
		if s.String() != want {
			t.Errorf("%q, want %q", s, want)
		}
	}
}
