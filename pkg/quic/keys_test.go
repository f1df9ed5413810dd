package quic

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/tlswire"
)

// vectorID is the client's Destination Connection ID in the RFCs' examples.
var vectorID = []byte{0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08}

func vector(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "vectors", name+".hex"))
	if err != nil {
		t.Fatal(err)
	}
	return unhex(t, string(text))
}

// RFC 9001, Appendix A.1, RFC 9369, Appendix A.1, and Appendix A.1 of the drafts
// of both; the keys of draft 22 are those with which tshark reads it.
func TestKeys(t *testing.T) {
	for _, tc := range []struct {
		version         uint32
		label           string
		key, iv, header string
	}{
		{Version1, labelClient, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2"},
		{Version1, labelServer, "cf3a5331653c364c88f0f379b6067e37", "0ac1493ca1905853b0bba03e", "c206b8d9b9f0f37644430b490eeaa314"},
		{Version2, labelClient, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9"},
		{Version2, labelServer, "82db637861d55e1d011f19ea71d5d2a7", "dd13c276499c0249d3310652", "edf6d05c83121201b436e16877593c3a"},
		{Version2Draft, labelClient, "95df2be2e8d549c82e996fc9339f4563", "ea5e3c95f933db14b7020ad8", "091efb735702447d07908f6501845794"},
		{Version2Draft, labelServer, "15d5b4d9a2b8916aa39b1bfe574d2aad", "a85e7ac31cd275cbb095c626", "b13861cfadbb9d11ff942dd80c8fc33b"},
		{0xff000016, labelClient, "07863d9c083786bc86766ce0d02bf93f", "fb33da41a8f297d482df670e", "48dbcf44e335508f7f23fb2c3790a37c"},
		{0xff000017, labelClient, "af7fd7efebd21878ff66811248983694", "8681359410a70bb9c92f0420", "a980b8b4fb7d9fbc13e814c23164253d"},
		{0xff00001c, labelClient, "af7fd7efebd21878ff66811248983694", "8681359410a70bb9c92f0420", "a980b8b4fb7d9fbc13e814c23164253d"},
		{0xff00001d, labelClient, "175257a31eb09dea9366d8bb79ad80ba", "6b26114b9cba2b63a9e8dd4f", "9ddd12c994c0698b89374a9c077a3077"},
		{0xff000020, labelClient, "175257a31eb09dea9366d8bb79ad80ba", "6b26114b9cba2b63a9e8dd4f", "9ddd12c994c0698b89374a9c077a3077"},
		{0xff000022, labelClient, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2"},
	} {
		k, err := keysOf(protectionOf(tc.version), idOf(vectorID), tc.label)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(k.iv[:]); got != tc.iv {
			t.Errorf("%#x: iv %s, want %s", tc.version, got, tc.iv)
		}
		if !sameCipher(t, k.block, tc.key) || !sameCipher(t, k.hp, tc.header) {
			t.Errorf("%#x: wrong keys", tc.version)
		}
	}
	if protectionOf(0) != nil || protectionOf(firstDraft-1) != nil || protectionOf(lastDraft+1) != nil || protectionOf(0x51303530) != nil {
		t.Error("keys for a version that is not read")
	}
}

// sameCipher reports whether b encrypts like AES with the key.
func sameCipher(t *testing.T, b cipher.Block, key string) bool {
	t.Helper()
	want, err := aes.NewCipher(unhex(t, key))
	if err != nil {
		t.Fatal(err)
	}
	var x, y [16]byte
	b.Encrypt(x[:], x[:])
	want.Encrypt(y[:], y[:])
	return x == y
}

// The packets of RFC 9001 and RFC 9369, Appendix A.2 and A.3.
func TestVectorPackets(t *testing.T) {
	for rfc, version := range map[string]uint32{"rfc9001": Version1, "rfc9369": Version2} {
		var c Conn
		client, server := vector(t, rfc+"-client-initial"), vector(t, rfc+"-server-initial")
		if !LooksLikeInitial(client, len(client)) || !LooksLikeInitial(server, len(server)) {
			t.Errorf("%s: does not look like an Initial", rfc)
		}
		var names []string
		for side, b := range [][]byte{client, server} {
			c.Datagram(Side(side), b, len(b), func(e *Event) {
				if e.Version != version {
					t.Errorf("%s: version %#x", rfc, e.Version)
				}
				names = append(names, word(e))
				if e.Kind == KindMessage && side == 0 {
					var h tlswire.ClientHello
					if err := h.Unmarshal(e.Message.Body); err != nil || string(h.ServerName) != "example.com" {
						t.Errorf("%s: %q, %v", rfc, h.ServerName, err)
					}
				}
			})
		}
		checkWords(t, rfc, names, "C:message1/241", "C:initial", "S:message2/90", "S:initial+ack")
		if c.Client() != cli {
			t.Errorf("%s: client %d", rfc, c.Client())
		}
	}
}

// RFC 9001 and RFC 9369, Appendix A.4.
func TestVectorRetry(t *testing.T) {
	for _, rfc := range []string{"rfc9001", "rfc9369"} {
		b := vector(t, rfc+"-retry")
		var c Conn
		checkWords(t, rfc, words(&c, []datagram{{cli, vector(t, rfc+"-client-initial")}, {srv, b}}), "C:message1/241 C:initial", "S:retry")
		if want := (connectionID{8, [20]byte{0xf0, 0x67, 0xa5, 0x50, 0x2a, 0x42, 0x62, 0xb5}}); c.ids.retry != want {
			t.Errorf("%s: %+v", rfc, c.ids.retry)
		}
		if LooksLikeInitial(b, len(b)) {
			t.Errorf("%s: a Retry looks like an Initial", rfc)
		}
	}
}

// RFC 9001, Appendix A.5: what follows the handshake is told apart from long headers.
func TestVectorShort(t *testing.T) {
	b := unhex(t, "4cfe4189655e5cd55c41f69080575d7999c25a5bfb")
	checkWords(t, "A.5", words(new(Conn), []datagram{{cli, b}}), "C:short")
}

// RFC 9000, Appendix A.3.
func TestDecodeNumber(t *testing.T) {
	for _, tc := range []struct {
		sent     uint64
		n        int
		expected uint64
		want     uint64
	}{
		{0x9b32, 2, 0xa82f30eb, 0xa82f9b32},
		{0, 1, 0, 0},
		{255, 1, 0, 255},
		{0, 1, 256, 256},
		{255, 1, 256, 255},
		{0, 1, 0x1ff, 0x200},
		{0xffffffff, 4, 0, 0xffffffff},
		{1, 1, 1<<62 - 1, 1<<62 - 255},
	} {
		if got := decodeNumber(tc.sent, tc.n, tc.expected); got != tc.want {
			t.Errorf("%#x in %d bytes, %#x expected: %#x, want %#x", tc.sent, tc.n, tc.expected, got, tc.want)
		}
	}
}

// RFC 9000, Appendix A.1.
func TestVarint(t *testing.T) {
	for in, want := range map[string]uint64{
		"c2197c5eff14e88c": 151288809941952652, "9d7f3e7d": 494878333, "7bbd": 15293, "25": 37, "4025": 37,
	} {
		var v uint64
		c := newCursor(unhex(t, in), 0)
		if !readVarint(&c.String, &v) || v != want || !c.Empty() {
			t.Errorf("%s: %d, want %d", in, v, want)
		}
		for n := range len(in) / 2 {
			c := newCursor(unhex(t, in)[:n], 0)
			if readVarint(&c.String, &v) {
				t.Errorf("%d bytes of %s: %d", n, in, v)
			}
		}
	}
}

func checkWords(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
