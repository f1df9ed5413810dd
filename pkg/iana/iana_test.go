package iana

import (
	"crypto/tls"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for _, tc := range []struct{ got, want string }{
		{CipherSuite(0x0000), "TLS_NULL_WITH_NULL_NULL"},
		{CipherSuite(0x000a), "TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
		{CipherSuite(0x001d), "SSL_FORTEZZA_KEA_WITH_FORTEZZA_CBC_SHA"},
		{CipherSuite(0x00ff), "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"},
		{CipherSuite(0x1301), "TLS_AES_128_GCM_SHA256"},
		{CipherSuite(0x5600), "TLS_FALLBACK_SCSV"},
		{CipherSuite(0xcc14), "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256_OLD"},
		{CipherSuite(0xcca9), "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
		{CipherSuite(0xfeff), "SSL_RSA_FIPS_WITH_3DES_EDE_CBC_SHA"},
		{CipherSuite(0xffff), "0xffff"},
		{CipherSuite(0x0a0a), "0x0a0a"},
		{Alert(0), "close_notify"},
		{Alert(40), "handshake_failure"},
		{Alert(86), "inappropriate_fallback"},
		{Alert(112), "unrecognized_name"},
		{Alert(121), "ech_required"},
		{Alert(255), "255"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}

func TestCipherSuitesAgreeWithCryptoTLS(t *testing.T) {
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if got := CipherSuite(s.ID); got != s.Name {
			t.Errorf("CipherSuite(0x%04x) = %q, crypto/tls says %q", s.ID, got, s.Name)
		}
	}
}

func TestNamesAreDistinctAndPlain(t *testing.T) {
	for _, table := range [][]name{alerts[:], cipherSuites[:]} {
		seen := map[string]uint16{}
		for _, n := range table {
			if other, ok := seen[n.text]; ok {
				t.Errorf("0x%04x and 0x%04x are both %q", other, n.value, n.text)
			}
			seen[n.text] = n.value
			if strings.ContainsAny(n.text, " ,;()") {
				t.Errorf("0x%04x: %q would need quoting in a list", n.value, n.text)
			}
		}
	}
}

func TestEveryCodePointIsFound(t *testing.T) {
	for i, table := range [][]name{alerts[:], cipherSuites[:], nil} {
		next := 0
		for v := range 1 << 16 {
			want, registered := "", next < len(table) && int(table[next].value) == v
			if registered {
				want = table[next].text
				next++
			}
			if got, ok := find(table, uint16(v)); got != want || ok != registered {
				t.Fatalf("table %d: 0x%04x is %q (%v), want %q", i, v, got, ok, want)
			}
		}
	}
}

func TestKnownNamesAllocateNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		_ = CipherSuite(0xc02f)
		_ = Alert(112)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
