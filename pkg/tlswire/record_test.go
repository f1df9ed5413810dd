package tlswire

import (
	"testing"

	"golang.org/x/crypto/cryptobyte"
)

func TestRecordHeader(t *testing.T) {
	for _, tc := range []struct {
		name string
		in   []byte
		want RecordHeader
		err  error
	}{
		{"hello", []byte{22, 3, 1, 2, 0, 1}, RecordHeader{RecordHandshake, 0x0301, 512}, nil},
		{"SSL 3.0 alert", []byte{21, 3, 0, 0, 2}, RecordHeader{RecordAlert, 0x0300, 2}, nil},
		{"empty application data", []byte{23, 3, 3, 0, 0}, RecordHeader{RecordApplicationData, 0x0303, 0}, nil},
		{"longest", []byte{23, 3, 3, 0x48, 0}, RecordHeader{RecordApplicationData, 0x0303, MaxRecordPayload}, nil},
		{"too long", []byte{23, 3, 3, 0x48, 1}, RecordHeader{RecordApplicationData, 0x0303, MaxRecordPayload + 1}, ErrMalformed},
		{"empty handshake", []byte{22, 3, 3, 0, 0}, RecordHeader{RecordHandshake, 0x0303, 0}, ErrMalformed},
		{"HTTP", []byte("GET /"), RecordHeader{Type: 'G'}, ErrMalformed},
		{"CID record", []byte{25, 3, 3, 0, 1}, RecordHeader{Type: RecordTLS12CID}, ErrMalformed},
		{"DTLS", []byte{22, 0xfe, 0xfd, 0, 1}, RecordHeader{Type: RecordHandshake}, ErrMalformed},
		{"version 3.5", []byte{22, 3, 5, 0, 1}, RecordHeader{Type: RecordHandshake}, ErrMalformed},
	} {
		if h, err := readRecordHeader(tc.in); h != tc.want || err != tc.err {
			t.Errorf("%s: %+v, %v, want %+v, %v", tc.name, h, err, tc.want, tc.err)
		}
	}
}

// A header that is cut is short, never malformed.
func TestShortRecordHeader(t *testing.T) {
	whole := []byte{22, 3, 1, 2, 0}
	for n := range whole {
		if _, err := readRecordHeader(whole[:n]); err != ErrShort {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestLooksLikeTLS(t *testing.T) {
	for _, tc := range []struct {
		name string
		in   []byte
		want bool
	}{
		{"nothing", nil, false},
		{"one byte", []byte{22}, true},
		{"one byte of HTTP", []byte("G"), false},
		{"two bytes", []byte{22, 3}, true},
		{"telnet", []byte{0xff, 0xfd, 3}, false},
		{"SYN of SMPP-like binary", []byte{22, 0, 0, 0, 22}, false},
		{"client hello", []byte{22, 3, 1, 2, 0, 1, 0, 1, 0xfc}, true},
		{"client hello, a byte in each record", []byte{22, 3, 1, 0, 1, 1, 22, 3, 1, 0, 1, 0}, true},
		{"another type, a byte in each record", []byte{22, 3, 1, 0, 1, 9, 22, 3, 1, 0, 1, 0}, false},
		{"server hello", []byte{22, 3, 3, 0, 122, 2, 0, 0, 118}, true},
		{"ciphertext", []byte{22, 3, 3, 0, 40, 0x9c, 1, 2, 3}, false},
		{"hello of 16 MiB", []byte{22, 3, 3, 0, 40, 1, 0xff, 0, 0}, false},
		{"alert", []byte{21, 3, 3, 0, 2, 2, 40}, true},
		{"alert of level 9", []byte{21, 3, 3, 0, 2, 9, 40}, false},
		{"encrypted alert", []byte{21, 3, 3, 0, 26, 0x8c}, true},
		{"change of cipher", []byte{20, 3, 3, 0, 1, 1}, true},
		{"change of cipher to 2", []byte{20, 3, 3, 0, 1, 2}, false},
		{"application data", []byte{23, 3, 3, 0, 19, 0x8c}, true},
	} {
		if got := LooksLikeTLS(tc.in); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

// Whatever is TLS looks like it from its first byte on.
func TestEveryPrefixOfTLSLooksLikeIt(t *testing.T) {
	for name, b := range streams(t) {
		for n := 1; n <= 64; n++ {
			if !LooksLikeTLS(b[:n]) {
				t.Errorf("%s: not by its first %d bytes", name, n)
			}
		}
	}
}

func TestVersionName(t *testing.T) {
	for v, want := range map[uint16]string{
		0x0002: "ssl2", 0x0300: "ssl3", 0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3", 0x7f1c: "1.3", 0xfb17: "1.3",
		0x7e02: "1.3", 0xfeff: "1.0", 0xfefd: "1.2", 0xfefc: "1.3", 0x0305: "0x0305", 0: "0x0000",
	} {
		if got := VersionName(v); got != want {
			t.Errorf("0x%04x: %q, want %q", v, got, want)
		}
	}
}

func TestIsGREASE(t *testing.T) {
	n := 0
	for v := range 1 << 16 {
		if IsGREASE(uint16(v)) {
			n++
		}
	}
	if n != 16 || !IsGREASE(0x0a0a) || !IsGREASE(0xfafa) || IsGREASE(0x0a1a) {
		t.Errorf("%d values", n)
	}
}

// sslv2Hello makes an SSLv2 CLIENT-HELLO.
func sslv2Hello(version uint16, specs, sessionID, challenge []byte) []byte {
	var b cryptobyte.Builder
	b.AddUint16(0x8000 | uint16(9+len(specs)+len(sessionID)+len(challenge)))
	b.AddUint8(1)
	b.AddUint16(version)
	for _, v := range [][]byte{specs, sessionID, challenge} {
		b.AddUint16(uint16(len(v)))
	}
	for _, v := range [][]byte{specs, sessionID, challenge} {
		b.AddBytes(v)
	}
	return b.BytesOrPanic()
}

func TestSSLv2ClientHello(t *testing.T) {
	challenge := []byte("0123456789abcdef")
	b := sslv2Hello(VersionTLS10, []byte{0, 0, 0x2f, 1, 0, 0x80, 0, 0x56, 0}, nil, challenge)
	if !LooksLikeSSLv2(b) || !LooksLikeSSLv2(b[:11]) || LooksLikeSSLv2(b[:10]) || LooksLikeTLS(b) {
		t.Error("not recognised by its first 11 bytes alone")
	}
	var h ClientHello
	n, err := ParseSSLv2ClientHello(append(b, 22, 3, 1), &h)
	if err != nil || n != len(b) {
		t.Fatalf("%d bytes of %d, %v", n, len(b), err)
	}
	if !h.SSLv2 || !h.Complete || h.SNI != SNIMissing || h.HighestVersion() != VersionTLS10 {
		t.Errorf("%+v", h)
	}
	if h.CipherSuites.Len() != 2 || h.CipherSuites.At(0) != 0x002f || !h.FallbackSCSV {
		t.Errorf("cipher suites %04x: those of TLS are 002f and 5600", h.CipherSuites)
	}
	if string(h.Random[16:]) != string(challenge) || h.Random[15] != 0 {
		t.Errorf("random %q", h.Random)
	}
	for n := range b {
		if _, err := ParseSSLv2ClientHello(b[:n], &h); err != ErrShort || h.Complete || h.SNI != SNIUnknown {
			t.Fatalf("first %d bytes: complete %v, SNI %v, %v", n, h.Complete, h.SNI, err)
		}
	}
}

func TestNotSSLv2(t *testing.T) {
	good := func() []byte { return sslv2Hello(VersionSSL2, make([]byte, 6), nil, make([]byte, 16)) }
	for name, change := range map[string]func(b []byte){
		"no header bit":     func(b []byte) { b[0] &= 0x7f },
		"another type":      func(b []byte) { b[2] = 4 },
		"another version":   func(b []byte) { b[3] = 9 },
		"lengths add up no": func(b []byte) { b[1]++ },
		"specs of 5 bytes":  func(b []byte) { b[6], b[8] = 5, 1 },
		"session of 3":      func(b []byte) { b[6], b[8] = 3, 3 },
	} {
		b := good()
		if !LooksLikeSSLv2(b) {
			t.Fatal("the sound one is not recognised")
		}
		change(b)
		if LooksLikeSSLv2(b) {
			t.Errorf("%s: recognised all the same", name)
		}
		var h ClientHello
		if _, err := ParseSSLv2ClientHello(b, &h); err != ErrMalformed || h.SNI != SNIUnknown {
			t.Errorf("%s: SNI %v, %v", name, h.SNI, err)
		}
	}
}
