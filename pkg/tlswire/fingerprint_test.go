package tlswire

import (
	"crypto/md5"
	"fmt"
	"strings"
	"testing"
)

// ja3Of is the JA3 fingerprint by its definition.
func ja3Of(h *ClientHello) string { return fmt.Sprintf("%x", md5.Sum(ja3Text(h))) }

// ja3Text is the text of which it is the digest.
func ja3Text(h *ClientHello) []byte {
	b := append(appendDecimal(nil, h.Version), ',')
	b = appendJA3List(b, h.CipherSuites.appendTo(nil))
	return h.appendJA3Curves(appendJA3List(append(b, ','), h.Extensions))
}

// The JA3 values are those of tshark for the same bytes.
func TestFingerprintsOfRealClients(t *testing.T) {
	for stream, want := range map[string]struct{ ja3, ja4 string }{
		"curl-ip.client":       {"78f0dc5ac5b19daf131a133cfdee9691", "t13i3111h2_e8f1e7e78f70_b26ce05bbdd6"},
		"gnutls-tls13.client":  {"f35ce21b44ac0b87d3266294bb1b0e20", "t13d291300_723694b0fccc_2cc26d266019"},
		"java-tls12.client":    {"0a0d72200639a7a39887b9d81a247310", "t13d371200_db35923f8641_7c76daad20ec"},
		"openssl-hrr.client":   {"d7d477dd98b3fab865d1970dc88a3b9c", "t13d311000_e8f1e7e78f70_1f22a2ca17c4"},
		"openssl-scsv.client":  {"271ead74f074b5c87235a5379c07d58c", "t12i290600_e8896cf58dc3_e7e480e5a997"},
		"openssl-tls12.client": {"5a1edc7f170af1014fc65c994878e63c", "t13d3111h2_e8f1e7e78f70_1f22a2ca17c4"},
	} {
		var h ClientHello
		if err := h.Unmarshal(message(t, stream, TypeClientHello, 0)); err != nil {
			t.Fatal(err)
		}
		if got := ja3Of(&h); got != want.ja3 {
			t.Errorf("%s: JA3 %s, want %s", stream, got, want.ja3)
		}
		if got := h.JA4('t'); got != want.ja4 {
			t.Errorf("%s: JA4 %s, want %s", stream, got, want.ja4)
		}
	}
}

// The two examples of the JA3 README.
func TestJA3Examples(t *testing.T) {
	h := ClientHello{
		Version: 769, CipherSuites: values(47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4),
		Extensions: []uint16{0, 10, 11}, SupportedGroups: values(23, 24, 25), PointFormats: []byte{0},
	}
	if got := ja3Of(&h); got != "ada70206e40642a3e4461f35503241d5" {
		t.Errorf("with extensions: %s", got)
	}
	h = ClientHello{Version: 769, CipherSuites: values(4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99)}
	if got := ja3Of(&h); got != "de350869b8c85de67a350c8d186f11e6" {
		t.Errorf("without extensions: %s", got)
	}
}

func TestJA3TextLeavesGREASEOut(t *testing.T) {
	h := ClientHello{
		Version: 771, CipherSuites: values(0x0a0a, 4865, 0x00ff, 0xfafa), Extensions: []uint16{0x1a1a, 0, 0x2a2a},
		SupportedGroups: values(0x3a3a), PointFormats: []byte{0, 1, 2},
	}
	if got, want := string(ja3Text(&h)), "771,4865-255,0,,0-1-2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// ja4Example is the client of FoxIO's description of JA4.
func ja4Example() ClientHello {
	return ClientHello{
		Version: VersionTLS12,
		CipherSuites: values(
			0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035),
		Extensions: []uint16{
			0x4a4a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b,
			0x000a, 0x0015, 0xbaba,
		},
		SignatureAlgorithms: values(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601),
		SupportedVersions:   values(0x6a6a, VersionTLS13, VersionTLS12),
		ALPN:                [][]byte{[]byte("h2"), []byte("http/1.1")},
	}
}

func TestJA4(t *testing.T) {
	for _, tc := range []struct {
		name      string
		transport byte
		change    func(*ClientHello)
		want      string
	}{
		{"the published example", 't', func(*ClientHello) {}, "t13d1516h2_8daaf6152771_e5627efa2ab1"},
		{"over QUIC", 'q', func(*ClientHello) {}, "q13d1516h2_8daaf6152771_e5627efa2ab1"},
		{"no signature algorithms", 't', func(h *ClientHello) { h.SignatureAlgorithms = nil }, "t13d1516h2_8daaf6152771_6d807ffa2a79"},
		{"no server name", 't', func(h *ClientHello) { h.Extensions[2] = 0x5a5a }, "t13i1515h2_8daaf6152771_e5627efa2ab1"},
		{"no ALPN", 't', func(h *ClientHello) { h.ALPN, h.Extensions[4] = nil, 0x5a5a }, "t13d151500_8daaf6152771_e5627efa2ab1"},
		{"legacy version", 't', func(h *ClientHello) { h.SupportedVersions = nil }, "t12d1516h2_8daaf6152771_e5627efa2ab1"},
		{"draft version", 't', func(h *ClientHello) { copy(h.SupportedVersions[2:], values(0x7f17)) }, "t00d1516h2_8daaf6152771_e5627efa2ab1"},
		{"SSL 3.0", 't', func(h *ClientHello) { h.SupportedVersions, h.Version = nil, VersionSSL3 }, "ts3d1516h2_8daaf6152771_e5627efa2ab1"},
		{"DTLS 1.3", 'd', func(h *ClientHello) {
			h.Version, h.SupportedVersions = VersionDTLS12, values(VersionDTLS12, VersionDTLS13, VersionDTLS10)
		}, "dd3d1516h2_8daaf6152771_e5627efa2ab1"},
		{"no cipher suites", 't', func(h *ClientHello) { h.CipherSuites = values(0x0a0a) }, "t13d0016h2_000000000000_e5627efa2ab1"},
		{"only server name and ALPN", 't', func(h *ClientHello) { h.Extensions = []uint16{16, 0} }, "t13d1502h2_8daaf6152771_000000000000"},
		{"no extensions", 't', func(h *ClientHello) { h.Extensions, h.ALPN = nil, nil }, "t13i150000_8daaf6152771_000000000000"},
	} {
		h := ja4Example()
		tc.change(&h)
		if got := h.JA4(tc.transport); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestJA4Protocol(t *testing.T) {
	for alpn, want := range map[string]string{
		"h2": "h2", "http/1.1": "h1", "dot": "dt", "x": "xx", "": "00",
		"\xab": "ab", "\xab\xcd": "ad", "0\xab": "3b", "01\xab\xcd": "3d", "0\xab\xcd1": "01", "a-": "6d", "_": "5f",
	} {
		h := ClientHello{ALPN: [][]byte{[]byte(alpn), []byte("h3")}}
		if got := h.JA4('t')[8:10]; got != want {
			t.Errorf("%q: %s, want %s", alpn, got, want)
		}
	}
}

func TestJA4CountsUpTo99(t *testing.T) {
	var h ClientHello
	for v := range uint16(300) {
		h.Extensions = append(h.Extensions, v)
	}
	h.CipherSuites, h.Extensions = values(h.Extensions...), h.Extensions[100:299]
	if got := h.JA4('t'); !strings.HasPrefix(got, "t00i9999") {
		t.Errorf("got %s", got)
	}
}
