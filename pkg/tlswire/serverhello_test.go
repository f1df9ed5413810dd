package tlswire

import (
	"bytes"
	"errors"
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
		ticket  bool
	}{
		{"openssl-tls12.server", 0, "1.2", 0xc030, false, true},
		{"openssl-tls13.server", 0, "1.3", 0x1302, false, false},
		{"openssl-hrr.server", 0, "1.3", 0x1302, true, false},
		{"openssl-hrr.server", 1, "1.3", 0x1302, false, false},
		{"java-tls12.server", 0, "1.2", 0xc030, false, true},
	} {
		var h ServerHello
		if err := h.Unmarshal(message(t, tc.stream, TypeServerHello, tc.n)); err != nil {
			t.Fatal(err)
		}
		if got := VersionName(h.SelectedVersion); !h.Complete || got != tc.version || h.CipherSuite != tc.suite {
			t.Errorf("%s: complete %v, version %s, suite 0x%04x", tc.stream, h.Complete, got, h.CipherSuite)
		}
		if h.HelloRetryRequest != tc.retry || h.SessionTicket != tc.ticket || h.PreSharedKey {
			t.Errorf("%s: retry %v, ticket %v, psk %v", tc.stream, h.HelloRetryRequest, h.SessionTicket, h.PreSharedKey)
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
		if err := h.Unmarshal(tc.body); err != nil || h.SelectedVersion != tc.want || h.CipherSuite != 0x1301 {
			t.Errorf("%s: version 0x%04x, suite 0x%04x, %v", tc.name, h.SelectedVersion, h.CipherSuite, err)
		}
	}
}

func TestServerHelloFields(t *testing.T) {
	var h ServerHello
	err := h.Unmarshal(serverHello(VersionTLS12,
		extension{extALPN, vec16(vec8([]byte("h2")))}, extension{extPreSharedKey, []byte{0, 0}}, extension{extSessionTicket, nil}))
	if err != nil || string(h.ALPN) != "h2" || !h.PreSharedKey || !h.SessionTicket || string(h.SessionID) != "session" {
		t.Errorf("%+v, %v", h, err)
	}
}

// A cut ServerHello does not say TLS 1.2 where supported_versions could follow.
func TestTruncatedServerHello(t *testing.T) {
	body := message(t, "openssl-tls13.server", TypeServerHello, 0)
	var h ServerHello
	for n := range body {
		if err := h.UnmarshalPartial(body[:n]); err != ErrShort || h.Complete {
			t.Fatalf("first %d of %d bytes: complete %v, %v", n, len(body), h.Complete, err)
		}
		if h.SelectedVersion != 0 && h.SelectedVersion != VersionTLS13 {
			t.Fatalf("first %d of %d bytes: version 0x%04x", n, len(body), h.SelectedVersion)
		}
	}
}

func TestMalformedServerHello(t *testing.T) {
	for _, tc := range []struct {
		name  string
		body  []byte
		field string
		want  uint16 // version
	}{
		{"trailing byte", append(serverHello(VersionTLS12), 0), "extensions", 0},
		{"two protocols", serverHello(VersionTLS12, extension{extALPN, vec16(vec8([]byte("h2")), vec8([]byte("h3")))}),
			"application_layer_protocol_negotiation", VersionTLS12},
		{"version of one byte", serverHello(VersionTLS12, extension{extSupportedVersions, []byte{3}}), "supported_versions", VersionTLS12},
		{"session ID of 33 bytes", bytes.Replace(serverHello(VersionTLS12), vec8([]byte("session")), vec8(make([]byte, 33)), 1),
			"legacy_session_id", VersionTLS12},
	} {
		var h ServerHello
		var pe *ParseError
		if err := h.Unmarshal(tc.body); !errors.As(err, &pe) || pe.Struct != "ServerHello" || pe.Field != tc.field {
			t.Errorf("%s: got %v, want one of %s", tc.name, err, tc.field)
		}
		if h.SelectedVersion != tc.want {
			t.Errorf("%s: version 0x%04x, want 0x%04x", tc.name, h.SelectedVersion, tc.want)
		}
	}
}
