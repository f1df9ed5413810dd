package tlswire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// makeCertificate signs a template with a throw-away key, under an issuer whose
// name is given in DER.
func makeCertificate(t testing.TB, template *x509.Certificate, issuer []byte) []byte {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	template.SerialNumber = big.NewInt(1)
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
	}
	parent := &x509.Certificate{RawSubject: issuer}
	der, err := x509.CreateCertificate(zeroReader{}, template, parent, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

type zeroReader struct{}

func (zeroReader) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// pair is one attribute of a name, with the tag of its value.
type pair struct {
	oid   asn1.ObjectIdentifier
	tag   int
	value string
}

var (
	oidCN = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidO  = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidOU = asn1.ObjectIdentifier{2, 5, 4, 11}
)

// name makes a Name in DER; each argument is one relative distinguished name.
func name(t testing.TB, rdns ...[]pair) []byte {
	t.Helper()
	type attr struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	type rdnSET []attr
	seq := []rdnSET{}
	for _, rdn := range rdns {
		var set rdnSET
		for _, p := range rdn {
			set = append(set, attr{p.oid, asn1.RawValue{Tag: p.tag, Bytes: []byte(p.value)}})
		}
		seq = append(seq, set)
	}
	der, err := asn1.Marshal(seq)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// chainOf makes the body of a Certificate message.
func chainOf(ders ...[]byte) []byte {
	var b cryptobyte.Builder
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, d := range ders {
			b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(d) })
		}
	})
	return b.BytesOrPanic()
}

func manyNames(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("host%d.example", i))
	}
	return names
}

// Certificates of every shape agree with what crypto/x509 makes of them.
func TestLeafAgreesWithX509(t *testing.T) {
	issuer := name(t, []pair{{oidO, 12, "Example Org"}}, []pair{{oidCN, 19, "Example CA"}})
	for what, tc := range map[string]struct {
		template x509.Certificate
		issuer   []byte
	}{
		"names":            {x509.Certificate{DNSNames: []string{"a.example", "*.b.example"}}, issuer},
		"names and others": {x509.Certificate{DNSNames: []string{"a.example"}, EmailAddresses: []string{"a@b"}, IPAddresses: []net.IP{{192, 0, 2, 1}}}, issuer},
		"many names":       {x509.Certificate{DNSNames: manyNames(100)}, issuer},
		"common name":      {x509.Certificate{Subject: pkix.Name{CommonName: "c.example", Organization: []string{"Org"}}}, issuer},
		"addresses and common name": {x509.Certificate{
			Subject: pkix.Name{CommonName: "c.example"}, IPAddresses: []net.IP{{192, 0, 2, 1}},
		}, issuer},
		"no name at all":           {x509.Certificate{}, issuer},
		"issuer of one O":          {x509.Certificate{}, name(t, []pair{{oidO, 19, "Only Org"}})},
		"issuer of two CN":         {x509.Certificate{}, name(t, []pair{{oidCN, 12, "first"}}, []pair{{oidCN, 12, "second"}})},
		"issuer, several in a set": {x509.Certificate{}, name(t, []pair{{oidOU, 19, "Unit"}, {oidCN, 12, "In a Set"}, {oidO, 19, "Org"}})},
		"issuer, BMPString":        {x509.Certificate{}, name(t, []pair{{oidCN, 30, "\x00C\x00A\x20\xac"}})},
		"issuer, T61String":        {x509.Certificate{}, name(t, []pair{{oidCN, 20, "Teletex CA"}})},
		"issuer, IA5String":        {x509.Certificate{}, name(t, []pair{{oidCN, 22, "ia5@example"}})},
		"issuer, NumericString":    {x509.Certificate{}, name(t, []pair{{oidCN, 18, "123 456"}})},
		"self-issued":              {x509.Certificate{Subject: pkix.Name{CommonName: "CA", Organization: []string{"Org"}}}, name(t, []pair{{oidO, 19, "Org"}}, []pair{{oidCN, 19, "CA"}})},
		"from 2020 on":             {x509.Certificate{NotBefore: time.Date(2020, 2, 29, 1, 2, 3, 0, time.UTC)}, issuer},
		"before 2000":              {x509.Certificate{NotAfter: time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC)}, issuer},
		"in 2049":                  {x509.Certificate{NotAfter: time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC)}, issuer},
		"in 2050":                  {x509.Certificate{NotAfter: time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC)}, issuer},
		"never":                    {x509.Certificate{NotAfter: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)}, issuer},
	} {
		t.Run(what, func(t *testing.T) { compareWithX509(t, makeCertificate(t, &tc.template, tc.issuer)) })
	}
}

// parseLeaf decodes a certificate by itself.
func parseLeaf(der []byte) CertificateInfo {
	l := readLeaf(der)
	return l.info()
}

func compareWithX509(t *testing.T, der []byte) {
	t.Helper()
	want, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	got := parseLeaf(der)
	names, fromCN := want.DNSNames, false
	if len(names) == 0 && want.Subject.CommonName != "" {
		names, fromCN = []string{want.Subject.CommonName}, true
	}
	issuer := want.Issuer.CommonName
	if issuer == "" && len(want.Issuer.Organization) > 0 {
		issuer = want.Issuer.Organization[0]
	}
	if got.NamesTotal != len(names) || !slices.Equal(got.Names, names[:min(len(names), MaxNames)]) || got.NamesFromCN != fromCN {
		t.Errorf("names %q of %d, from CN %v, want %q", got.Names, got.NamesTotal, got.NamesFromCN, names)
	}
	if got.Issuer != issuer || got.SelfIssued != bytes.Equal(want.RawIssuer, want.RawSubject) {
		t.Errorf("issuer %q, self-issued %v, want %q", got.Issuer, got.SelfIssued, issuer)
	}
	if !got.NotBefore.Equal(want.NotBefore) || !got.NotAfter.Equal(want.NotAfter) {
		t.Errorf("valid from %v to %v, want from %v to %v", got.NotBefore, got.NotAfter, want.NotBefore, want.NotAfter)
	}
}

// String types that crypto/x509 does not read.
func TestLeafStringTypes(t *testing.T) {
	for _, tc := range []struct {
		tag         int
		value, want string
	}{
		{28, "\x00\x00\x00C\x00\x00\x00A\x00\x01\xf5\x12", "CA\U0001f512"},
		{26, "visible", "visible"},
		{27, "general", "general"},
		{30, "\x00C\xd8\x3d\xdd\x12\x00", "C\U0001f512"}, // a surrogate pair and half a character
		{12, "not UTF-8: \xff", "not UTF-8: \xff"},
		{2, "\x01", ""}, // an INTEGER
	} {
		info := parseLeaf(makeCertificate(t, &x509.Certificate{}, name(t, []pair{{oidCN, tc.tag, tc.value}})))
		if info.Issuer != tc.want {
			t.Errorf("tag %d: %q, want %q", tc.tag, info.Issuer, tc.want)
		}
	}
}

func TestCertificateOfRealServer(t *testing.T) {
	body := message(t, "openssl-tls12.server", TypeCertificate, 0)
	info := ParseCertificate(body)
	if !slices.Equal(info.Names, []string{"example.com", "*.example.com"}) || info.NamesFromCN || info.Chain != 1 || info.Issuer != "example.com" {
		t.Errorf("%+v", info)
	}
	for host, want := range map[string]bool{"example.com": true, "www.example.com": true, "a.b.example.com": false, "example.org": false} {
		if CertificateMatches(body, host) != want {
			t.Errorf("%s: want %v", host, want)
		}
	}
}

func TestCertificateChain(t *testing.T) {
	issuer := name(t, []pair{{oidCN, 12, "CA"}})
	leaf := makeCertificate(t, &x509.Certificate{DNSNames: manyNames(50)}, issuer)
	other := makeCertificate(t, &x509.Certificate{DNSNames: []string{"other.example"}}, issuer)
	body := chainOf(leaf, other, other)
	if info := ParseCertificate(body); info.Chain != 3 || info.NamesTotal != 50 || len(info.Names) != MaxNames {
		t.Errorf("chain %d, names %d, total %d", info.Chain, len(info.Names), info.NamesTotal)
	}
	// A name that is not among those kept, and one of another certificate.
	if !CertificateMatches(body, "host49.example") || CertificateMatches(body, "other.example") {
		t.Error("all names of the leaf count, and no others")
	}
	leafEnd := 6 + len(leaf)
	for n := range body {
		info := ParseCertificate(body[:n])
		if seen := n >= leafEnd; (info.NamesTotal == 50) != seen || (info.Chain > 0) != seen {
			t.Fatalf("first %d bytes, leaf ends at %d: %d names, chain %d", n, leafEnd, info.NamesTotal, info.Chain)
		}
	}
	if info := ParseCertificate(chainOf()); info.Chain != 0 {
		t.Errorf("no certificates: chain %d", info.Chain)
	}
	if !CertificateEmpty(chainOf()) || CertificateEmpty(body) || CertificateEmpty(nil) || CertificateEmpty([]byte{0, 0, 0, 0}) || CertificateEmpty([]byte{0, 0, 9}) {
		t.Error("CertificateEmpty")
	}
}

func TestCommonNameOnlyWithoutDNSNames(t *testing.T) {
	issuer := name(t, []pair{{oidCN, 12, "CA"}})
	cn := chainOf(makeCertificate(t, &x509.Certificate{Subject: pkix.Name{CommonName: "c.example"}}, issuer))
	both := chainOf(makeCertificate(t, &x509.Certificate{Subject: pkix.Name{CommonName: "c.example"}, DNSNames: []string{"d.example"}}, issuer))
	if !CertificateMatches(cn, "c.example") || CertificateMatches(cn, "d.example") || CertificateMatches(both, "c.example") || !CertificateMatches(both, "d.example") {
		t.Error("the common name counts only where there is no DNS name")
	}
}

// What is before the fault is kept, what is behind it is not guessed.
func TestMalformedLeaf(t *testing.T) {
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "c.example"}, DNSNames: []string{"a.example"}}
	der := makeCertificate(t, template, name(t, []pair{{oidCN, 12, "CA"}}))
	replace := func(old, new string) []byte { return bytes.Replace(der, []byte(old), []byte(new), 1) }
	for _, tc := range []struct {
		what   string
		der    []byte
		issuer string
		names  []string
	}{
		{"not DER", []byte("hello"), "", nil},
		{"cut", der[:len(der)-1], "", nil},
		{"month 13", replace("310203", "311303"), "CA", []string{"a.example"}},
		{"30 February", replace("310203", "310230"), "CA", []string{"a.example"}},
		{"letters in time", replace("310203", "31o2o3"), "CA", []string{"a.example"}},
		{"no zone", replace("310203040506Z", "3102030405060"), "CA", []string{"a.example"}},
		{"names are no sequence", replace("\x30\x0b\x82\x09a.example", "\x31\x0b\x82\x09a.example"), "CA", nil},
	} {
		info := parseLeaf(tc.der)
		if info.Issuer != tc.issuer || !slices.Equal(info.Names, tc.names) || !info.NotAfter.IsZero() && tc.names != nil {
			t.Errorf("%s: issuer %q, names %q, until %v", tc.what, info.Issuer, info.Names, info.NotAfter)
		}
	}
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]string{
		"23:491231235959Z":      "2049-12-31T23:59:59Z",
		"23:500101000000Z":      "1950-01-01T00:00:00Z",
		"23:2502281530Z":        "2025-02-28T15:30:00Z",
		"23:250228153000+0130":  "2025-02-28T14:00:00Z",
		"23:250228153000-0800":  "2025-02-28T23:30:00Z",
		"24:20500101000000Z":    "2050-01-01T00:00:00Z",
		"24:20240229120000Z":    "2024-02-29T12:00:00Z",
		"24:205001010000Z":      "",
		"24:20500101000000.5Z":  "",
		"23:250228153060Z":      "",
		"23:250228253000Z":      "",
		"23:250228153000+2500":  "",
		"23:250228153000Z0":     "",
		"23:250228153000":       "",
		"23:":                   "",
		"19:250228153000Z":      "",
		"24:+2050101000000Z":    "",
		"23:25022815300Z":       "",
		"24:20501301000000Z":    "",
		"24:20230229000000Z":    "",
		"23:250228153000+01300": "",
	} {
		var tag int
		var value string
		if _, err := fmt.Sscanf(strings.Replace(text, ":", " ", 1), "%d %s", &tag, &value); err != nil && value != "" {
			t.Fatal(err)
		}
		got := parseTime(cryptobyte.String(value), cbasn1.Tag(tag))
		if want == "" && !got.IsZero() || want != "" && got.Format(time.RFC3339) != want {
			t.Errorf("%s: %v, want %q", text, got, want)
		}
	}
}

func TestMatchHostname(t *testing.T) {
	for _, tc := range []struct {
		pattern, host string
		want          bool
	}{
		{"example.com", "example.com", true},
		{"Example.COM", "eXample.com", true},
		{"example.com", "example.com.", true},
		{"example.com", "www.example.com", false},
		{"*.example.com", "www.example.com", true},
		{"*.EXAMPLE.com", "www.example.COM.", true},
		{"*.example.com", "example.com", false},
		{"*.example.com", "a.b.example.com", false},
		{"*.example.com", ".example.com", false},
		{"w*.example.com", "www.example.com", false},
		{"*w.example.com", "www.example.com", false},
		{"www.*.com", "www.example.com", false},
		{"*.*.com", "www.example.com", false},
		{"*", "example", false},
		{"*.", "example.", false},
		{"*.com", "example.com", true},
		{"", "", false},
		{"", "example.com", false},
		{"example.com", "", false},
		{"example.com", ".", false},
		{"192.0.2.1", "192.0.2.1", false},
		{"*.0.2.1", "192.0.2.1", false},
		{"::1", "::1", false},
		{"xn--bcher-kva.example", "xn--bcher-kva.example", true},
	} {
		if got := MatchHostname(tc.pattern, tc.host); got != tc.want {
			t.Errorf("pattern %q, host %q: %v", tc.pattern, tc.host, got)
		}
	}
}

// crypto/x509 agrees for names and hosts in order.
func TestMatchHostnameAgreesWithX509(t *testing.T) {
	names := []string{"example.com", "*.example.com", "*.www.example.com", "WWW.example.com", "*.com", "a.b.example.com", "under_score.example.com"}
	hosts := []string{"example.com", "www.example.com", "WWW.EXAMPLE.COM", "a.www.example.com", "a.b.example.com", "com", "www.example.com.",
		"under_score.example.com", "example.org"}
	for _, n := range names {
		cert := &x509.Certificate{DNSNames: []string{n}, Raw: []byte{0}}
		for _, h := range hosts {
			if got, want := MatchHostname(n, h), cert.VerifyHostname(h) == nil; got != want {
				t.Errorf("pattern %q, host %q: %v, crypto/x509 says %v", n, h, got, want)
			}
		}
	}
}
