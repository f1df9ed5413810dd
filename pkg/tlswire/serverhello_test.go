package tlswire

import (
	"bytes"
	"testing"

	"golang.org/x/crypto/cryptobyte"
)

func TestServerHelloOfRealServers(t *testing.T) {
	for _, tc := range []struct {
		stream  string
		n       int
		version string
		suite   uint16
		retry   bool
	}{
		{"openssl-tls12.server", 0, "1.2", 0xc030, false},
		{"openssl-tls13.server", 0, "1.3", 0x1302, false},
		{"openssl-hrr.server", 0, "1.3", 0x1302, true},
		{"openssl-hrr.server", 1, "1.3", 0x1302, false},
		{"java-tls12.server", 0, "1.2", 0xc030, false},
	} {
		var h ServerHello
		h.Unmarshal(message(t, tc.stream, TypeServerHello, tc.n))
		if got := VersionName(h.SelectedVersion); got != tc.version || h.CipherSuite != tc.suite {
			t.Errorf("%s: version %s, suite 0x%04x", tc.stream, got, h.CipherSuite)
		}
		if h.HelloRetryRequest != tc.retry || h.PreSharedKey {
			t.Errorf("%s: retry %v, psk %v", tc.stream, h.HelloRetryRequest, h.PreSharedKey)
		}
	}
}

// serverHello makes the body of a ServerHello.
func serverHello(version uint16, exts ...extension) []byte {
	var b cryptobyte.Builder
	b.AddUint16(version)
	b.AddBytes(make([]byte, 32))
	if version>>8 != 0x7f {
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte("session")) })
	}
	b.AddUint16(0x1301)
	if version>>8 != 0x7f {
		b.AddUint8(0)
	}
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { addExtensions(b, exts) })
	return b.BytesOrPanic()
}

func TestServerHelloVersions(t *testing.T) {
	for _, tc := range []struct {
		name string
		body []byte
		want uint16
	}{
		{"legacy", serverHello(VersionTLS11), VersionTLS11},
		{"supported_versions", serverHello(VersionTLS12, extension{extSupportedVersions, u16s(VersionTLS13)}), VersionTLS13},
		{"draft 23", serverHello(VersionTLS12, extension{extSupportedVersions, u16s(0x7f17)}), VersionTLS13},
		{"draft 18, of another layout", serverHello(0x7f12), VersionTLS13},
	} {
		var h ServerHello
		if h.Unmarshal(tc.body); h.SelectedVersion != tc.want || h.CipherSuite != 0x1301 {
			t.Errorf("%s: version 0x%04x, suite 0x%04x", tc.name, h.SelectedVersion, h.CipherSuite)
		}
	}
}

func TestServerHelloFields(t *testing.T) {
	var h ServerHello
	h.Unmarshal(serverHello(VersionTLS12, extension{extALPN, vec16(vec8([]byte("h2")))}, extension{extPreSharedKey, []byte{0, 0}}))
	if string(h.ALPN) != "h2" || !h.PreSharedKey {
		t.Errorf("%+v", h)
	}
}

func TestMalformedServerHello(t *testing.T) {
	for _, tc := range []struct {
		name string
		body []byte
		want uint16 // version
	}{
		{"trailing byte", append(serverHello(VersionTLS12), 0), 0},
		{"trailing byte behind extensions", append(serverHello(VersionTLS12, extension{extPreSharedKey, []byte{0, 0}}), 0), 0},
		{"extensions run over the end", bytes.TrimSuffix(serverHello(VersionTLS12, extension{extPreSharedKey, nil}, extension{extALPN, nil}), []byte{0, byte(extALPN), 0, 0}), 0},
		{"extension runs over the list", append(bytes.TrimSuffix(serverHello(VersionTLS12, extension{extPreSharedKey, nil}), []byte{0, 0}), 0, 9), 0},
		{"two protocols", serverHello(VersionTLS12, extension{extALPN, vec16(vec8([]byte("h2")), vec8([]byte("h3")))}), VersionTLS12},
		{"version of one byte", serverHello(VersionTLS12, extension{extSupportedVersions, []byte{3}}), VersionTLS12},
		{"session ID of 33 bytes", bytes.Replace(serverHello(VersionTLS12), vec8([]byte("session")), vec8(make([]byte, 33)), 1), VersionTLS12},
	} {
		var h ServerHello
		if h.Unmarshal(tc.body); h.SelectedVersion != tc.want || h.CipherSuite != 0x1301 {
			t.Errorf("%s: version 0x%04x, want 0x%04x, suite 0x%04x", tc.name, h.SelectedVersion, tc.want, h.CipherSuite)
		}
	}
}

// A cut ServerHello does not say TLS 1.2 where supported_versions could follow.
func TestTruncatedServerHello(t *testing.T) {
	body := message(t, "openssl-tls13.server", TypeServerHello, 0)
	const fixed = 2 + 32 + 1 + 32 + 2 + 1 // of which one that has no extensions consists
	var h ServerHello
	for n := range body {
		if h.Unmarshal(body[:n]); n != fixed && h.SelectedVersion != 0 && h.SelectedVersion != VersionTLS13 {
			t.Fatalf("first %d of %d bytes: version 0x%04x", n, len(body), h.SelectedVersion)
		}
	}
}
