package tlswire

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

func TestClientHelloOfRealClients(t *testing.T) {
	for _, tc := range []struct {
		stream   string
		sni      SNIState
		name     string
		alpn     string
		highest  string
		fallback bool
	}{
		{"openssl-tls12.client", SNIPresent, "www.example.com", "h2 http/1.1", "1.3", false},
		{"openssl-tls13.client", SNIPresent, "www.example.com", "h2 http/1.1", "1.3", false},
		{"openssl-hrr.client", SNIPresent, "www.example.com", "", "1.3", false},
		{"openssl-scsv.client", SNIMissing, "", "", "1.2", true},
		{"gnutls-tls13.client", SNIPresent, "www.example.com", "", "1.3", false},
		{"curl-ip.client", SNIMissing, "", "h2 http/1.1", "1.3", false},
		{"java-tls12.client", SNIPresent, "www.example.com", "", "1.3", false},
	} {
		t.Run(tc.stream, func(t *testing.T) {
			var h ClientHello
			if err := h.Unmarshal(message(t, tc.stream, TypeClientHello, 0)); err != nil {
				t.Fatal(err)
			}
			if !h.Complete || h.SNI != tc.sni || string(h.ServerName) != tc.name {
				t.Errorf("complete %v, SNI %v %q", h.Complete, h.SNI, h.ServerName)
			}
			if got := string(bytes.Join(h.ALPN, []byte(" "))); got != tc.alpn {
				t.Errorf("ALPN %q, want %q", got, tc.alpn)
			}
			if got := VersionName(h.HighestVersion()); got != tc.highest {
				t.Errorf("highest version %s, want %s", got, tc.highest)
			}
			if h.FallbackSCSV != tc.fallback {
				t.Errorf("FallbackSCSV %v", h.FallbackSCSV)
			}
		})
	}
}

func TestSecondHelloAfterRetryIsTheSame(t *testing.T) {
	var first, second ClientHello
	if err := first.Unmarshal(message(t, "openssl-hrr.client", TypeClientHello, 0)); err != nil {
		t.Fatal(err)
	}
	if err := second.Unmarshal(message(t, "openssl-hrr.client", TypeClientHello, 1)); err != nil {
		t.Fatal(err)
	}
	if first.Random != second.Random || !bytes.Equal(first.SessionID, second.SessionID) {
		t.Error("the two hellos of one handshake have the same random and session ID")
	}
}

func TestClientHelloFields(t *testing.T) {
	spec := helloSpec{
		suites: []uint16{0x0a0a, 0x1301, 0x00ff, 0x5600},
		extensions: []extension{
			{0x1a1a, nil},
			serverName("a.example"),
			{extSupportedGroups, vec16(u16s(0x2a2a, 29, 23))},
			{extPointFormats, vec8([]byte{0, 1})},
			{extSignatureAlgorithms, vec16(u16s(0x0403, 0x0804))},
			{extALPN, vec16(vec8([]byte("h2")), vec8([]byte("http/1.1")))},
			{extSessionTicket, []byte("ticket")},
			{extEarlyData, nil},
			{extSupportedVersions, vec8(u16s(0x3a3a, VersionTLS13, VersionTLS12))},
			{extCookie, vec16([]byte("cookie"))},
			{extECH, []byte{0}},
			{0xff01, []byte{0}},
			{extPreSharedKey, nil},
		},
	}
	body := spec.body()
	var h ClientHello
	if err := h.Unmarshal(body); err != nil {
		t.Fatal(err)
	}
	want := ClientHello{
		Version: VersionTLS12, SessionID: []byte("session"),
		CipherSuites: values(spec.suites...),
		Extensions:   []uint16{0x1a1a, 0, 10, 11, 13, 16, 35, 42, 43, 44, extECH, 0xff01, 41},
		SNI:          SNIPresent, ServerName: []byte("a.example"), ServerNameOffset: 4 + bytes.Index(body, []byte("a.example")),
		ALPN:              [][]byte{[]byte("h2"), []byte("http/1.1")},
		SupportedVersions: values(0x3a3a, VersionTLS13, VersionTLS12), SupportedGroups: values(0x2a2a, 29, 23),
		SignatureAlgorithms: values(0x0403, 0x0804), PointFormats: []byte{0, 1},
		ECH: true, PreSharedKey: true, EarlyData: true, Cookie: true, Retried: true, SessionTicket: true,
		FallbackSCSV: true, Complete: true,
	}
	copy(want.Random[:], bytes.Repeat([]byte{0x5a}, 32))
	h.types, h.body = typeSet{}, nil // TestFingerprinterAgrees is about the first
	if !reflect.DeepEqual(h, want) {
		t.Errorf("got\n%+v\nwant\n%+v", h, want)
	}
}

func TestClientHelloWithoutExtensions(t *testing.T) {
	for name, spec := range map[string]helloSpec{
		"no list":    {noBlock: true},
		"empty list": {},
	} {
		var h ClientHello
		if err := h.Unmarshal(spec.body()); err != nil || !h.Complete || h.SNI != SNIMissing {
			t.Errorf("%s: complete %v, SNI %v, %v", name, h.Complete, h.SNI, err)
		}
	}
}

func TestClientHelloOfDTLS(t *testing.T) {
	spec := helloSpec{version: VersionDTLS12, dtlsCookie: []byte("cookie"), extensions: []extension{
		serverName("d.example"), {extSupportedVersions, vec8(u16s(VersionDTLS12, VersionDTLS13))},
	}}
	var h ClientHello
	if err := h.Unmarshal(spec.body()); err != nil || string(h.ServerName) != "d.example" || !h.Cookie || h.Retried {
		t.Fatalf("SNI %v %q, cookie %v, %v", h.SNI, h.ServerName, h.Cookie, err)
	}
	if got := h.HighestVersion(); got != VersionDTLS13 || VersionName(got) != "1.3" {
		t.Errorf("highest version 0x%04x", got)
	}
}

// A hello that is cut anywhere never says that server_name is missing, and says
// that it is present from the moment the whole extension was there.
func TestTruncatedClientHello(t *testing.T) {
	bodies := map[string][]byte{
		"no list":   helloSpec{noBlock: true}.body(),
		"no name":   helloSpec{extensions: []extension{{extEarlyData, nil}}}.body(),
		"name last": helloSpec{extensions: []extension{{extEarlyData, nil}, serverName("x.example")}}.body(),
	}
	for name := range streams(t) {
		if b, ok := bytes.CutSuffix([]byte(name), []byte(".client")); ok {
			bodies[string(b)] = message(t, name, TypeClientHello, 0)
		}
	}
	for name, body := range bodies {
		var whole, h ClientHello
		if err := whole.Unmarshal(body); err != nil {
			t.Fatal(err)
		}
		for n := range body {
			err := h.UnmarshalPartial(body[:n])
			if err != ErrShort || h.Complete {
				t.Fatalf("%s: first %d of %d bytes: complete %v, %v", name, n, len(body), h.Complete, err)
			}
			want := SNIUnknown
			if end := whole.ServerNameOffset - handshakeHeaderLen + len(whole.ServerName); whole.SNI == SNIPresent && n >= end {
				want = SNIPresent
			}
			if h.SNI != want {
				t.Fatalf("%s: first %d of %d bytes: SNI %v, want %v", name, n, len(body), h.SNI, want)
			}
			if want == SNIPresent && (!bytes.Equal(h.ServerName, whole.ServerName) || h.ServerNameOffset != whole.ServerNameOffset) {
				t.Fatalf("%s: first %d bytes: name %q at %d", name, n, h.ServerName, h.ServerNameOffset)
			}
			if !bytes.HasPrefix(whole.CipherSuites, h.CipherSuites) || !prefix(whole.Extensions, h.Extensions) {
				t.Fatalf("%s: first %d bytes: lists differ from those of the whole", name, n)
			}
			// Taken for whole, a cut message is found out too, except where it ends
			// before the list of extensions.
			if err := h.Unmarshal(body[:n]); err == nil && len(h.Extensions) > 0 {
				t.Fatalf("%s: first %d bytes were taken for a whole hello", name, n)
			}
		}
	}
}

func prefix(whole, part []uint16) bool {
	return len(part) <= len(whole) && slices.Equal(whole[:len(part)], part)
}

func TestMalformedClientHello(t *testing.T) {
	sound := helloSpec{extensions: []extension{serverName("a.example"), {extEarlyData, nil}}}.body()
	long := slices.Clone(sound) // the list of extensions counts two bytes too few
	at := bytes.Index(long, vec16(vec16(nameEntry(0, "a.example")))) - 4
	long[at+1] -= 2
	for _, tc := range []struct {
		name     string
		body     []byte
		field    string
		offset   int
		sni      SNIState
		complete bool
	}{
		{"ends in its version", sound[:1], "legacy_version", 4, SNIUnknown, false},
		{"ends in its random", sound[:20], "random", 6, SNIUnknown, false},
		{"session ID runs over the end", sound[:38], "legacy_session_id", 38, SNIUnknown, false},
		{"session ID of 33 bytes", bytes.Replace(sound, vec8([]byte("session")), vec8(make([]byte, 33)), 1), "legacy_session_id", 38, SNIPresent, true},
		{"cipher suites run over the end", sound[:45], "cipher_suites", 46, SNIUnknown, false},
		{"bytes behind the extensions", append(slices.Clone(sound), 0), "extensions", 4 + len(sound), SNIPresent, false},
		{"extension runs over the list", long, "extensions", len(sound), SNIPresent, false},
		// It is open whether a server_name would have followed.
		{"extensions run over the end", helloSpec{extensions: []extension{{extEarlyData, make([]byte, 9)}}}.body()[:60], "extensions", 54, SNIUnknown, false},
		{"odd cipher suites", oddSuites(), "cipher_suites", 46, SNIMissing, true},
		{"no cipher suites", helloSpec{suites: []uint16{}}.body(), "cipher_suites", 46, SNIMissing, true},
		{"groups run over their extension", helloSpec{extensions: []extension{
			{extSupportedGroups, []byte{0, 4, 0, 29}}, serverName("a.example"),
		}}.body(), "supported_groups", 60, SNIPresent, true},
		{"ALPN name runs over the list", helloSpec{extensions: []extension{
			{extALPN, vec16([]byte{9, 'h', '2'})},
		}}.body(), "application_layer_protocol_negotiation", 62, SNIMissing, true},
		{"versions of odd length", helloSpec{extensions: []extension{
			{extSupportedVersions, vec8([]byte{3, 4, 3})},
		}}.body(), "supported_versions", 60, SNIMissing, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var h ClientHello
			if err := h.Unmarshal(tc.body); err != ErrMalformed {
				t.Errorf("got %v", err)
			}
			if want := (Fault{tc.field, tc.offset}); h.Fault != want {
				t.Errorf("got %+v, want %+v", h.Fault, want)
			}
			if h.SNI != tc.sni || h.Complete != tc.complete {
				t.Errorf("SNI %v, complete %v, want %v, %v", h.SNI, h.Complete, tc.sni, tc.complete)
			}
		})
	}
}

// oddSuites is a hello whose cipher suites take three bytes.
func oddSuites() []byte {
	b := helloSpec{suites: []uint16{0x1301}}.body()
	i := bytes.Index(b, []byte{0, 2, 0x13, 0x01})
	b[i+1] = 3
	return slices.Insert(b, i+4, 0)
}

func TestHighestVersion(t *testing.T) {
	for _, tc := range []struct {
		legacy  uint16
		offered []uint16
		want    uint16
	}{
		{VersionTLS10, nil, VersionTLS10},
		{VersionSSL3, nil, VersionSSL3},
		{VersionTLS12, []uint16{VersionTLS12, VersionTLS13, VersionTLS11}, VersionTLS13},
		{VersionTLS12, []uint16{0xfafa, VersionTLS11}, VersionTLS11},
		{VersionTLS12, []uint16{0x7f17, VersionTLS12}, VersionTLS13},
		{VersionTLS12, []uint16{0x0a0a}, VersionTLS12},
		{0x7f12, nil, VersionTLS13},
		{VersionDTLS12, []uint16{VersionDTLS10, VersionDTLS12}, VersionDTLS12},
	} {
		h := ClientHello{Version: tc.legacy, SupportedVersions: values(tc.offered...)}
		if got := h.HighestVersion(); got != tc.want {
			t.Errorf("legacy 0x%04x, offered %x: 0x%04x, want 0x%04x", tc.legacy, tc.offered, got, tc.want)
		}
	}
}

func TestOnly13(t *testing.T) {
	for want, offers := range map[bool][][]uint16{
		true:  {{VersionTLS13}, {0x0a0a, VersionTLS13}, {0x7f17}},
		false: {nil, {0x0a0a}, {VersionTLS13, VersionTLS12}, {VersionTLS12}, {VersionTLS13, VersionTLS10}},
	} {
		for _, offered := range offers {
			h := ClientHello{Version: VersionTLS12, SupportedVersions: values(offered...)}
			if h.Only13() != want {
				t.Errorf("offered %x: %v", offered, !want)
			}
		}
	}
}

// A hello that was not seen to its end may yet offer more than its legacy_version, unless that is too old for it.
func TestHighestVersionOfPartialHello(t *testing.T) {
	for legacy, want := range map[uint16][2]uint16{ // what a partial hello offers, and a complete one
		VersionTLS10:  {VersionTLS10, VersionTLS10},
		VersionTLS11:  {VersionTLS11, VersionTLS11},
		VersionTLS12:  {0, VersionTLS12},
		VersionDTLS10: {VersionDTLS10, VersionDTLS10},
		VersionDTLS12: {0, VersionDTLS12},
		0x0505:        {0, 0x0505},
	} {
		partial, whole := ClientHello{Version: legacy}, ClientHello{Version: legacy, Complete: true}
		if got := [2]uint16{partial.HighestVersion(), whole.HighestVersion()}; got != want {
			t.Errorf("legacy 0x%04x: %04x, want %04x", legacy, got, want)
		}
	}
}

// A value that is used again carries nothing over from the message before.
func TestClientHelloIsReusable(t *testing.T) {
	var used, fresh ClientHello
	if err := used.Unmarshal(message(t, "java-tls12.client", TypeClientHello, 0)); err != nil {
		t.Fatal(err)
	}
	body := helloSpec{noBlock: true}.body()
	if err := errors.Join(used.Unmarshal(body), fresh.Unmarshal(body)); err != nil {
		t.Fatal(err)
	}
	used.Extensions, used.ALPN = nil, nil
	if !reflect.DeepEqual(used, fresh) {
		t.Errorf("got %+v, want %+v", used, fresh)
	}
}

func TestClientHelloAllocatesNothing(t *testing.T) {
	body := message(t, "openssl-tls13.client", TypeClientHello, 0)
	cert := message(t, "openssl-tls12.server", TypeCertificate, 0)
	answer := message(t, "openssl-tls12.server", TypeServerHello, 0)
	var h ClientHello
	var s ServerHello
	dst := make([]byte, 0, 64)
	for name, f := range map[string]func(){
		"ClientHello.Unmarshal": func() { _ = h.Unmarshal(body) },
		"ServerHello.Unmarshal": func() { s.Unmarshal(answer) },
		"appendJA4":             func() { dst = h.appendJA4(dst[:0], 't') },
		"CertificateMatches":    func() { CertificateMatches(cert, "www.example.com") },
		"LooksLikeTLS":          func() { LooksLikeTLS(body) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// What the walk over ordinary lists of extensions makes of a hello is what the walk over any list makes of it.
func TestOrdinaryExtensionsAreReadLikeAny(t *testing.T) {
	pool := []extension{
		serverName("a.example"), serverName("192.0.2.1"), {extServerName, nil}, {extSupportedGroups, vec16(u16s(0x2a2a, 29, 23))},
		{extSupportedGroups, []byte{0, 4, 0, 29}}, {extPointFormats, vec8([]byte{0, 1})}, {extPointFormats, nil},
		{extSignatureAlgorithms, vec16(u16s(0x0403, 0x0804))}, {extALPN, vec16(vec8([]byte("h2")))}, {extALPN, []byte{0, 2, 9, 9}},
		{extSessionTicket, nil}, {extSessionTicket, []byte("ticket")}, {extEarlyData, nil}, {extPreSharedKey, []byte{1}},
		{extSupportedVersions, vec8(u16s(VersionTLS13))}, {extCookie, nil},
		{extECH, nil}, {0xff01, []byte{0}}, {17513, nil}, {0x0a0a, nil}, {0x1a1a, nil}, {23, nil}, {63, nil}, {64, nil},
	}
	r := rand.New(rand.NewPCG(1, 2))
	ordinary := 0
	for range 20000 {
		var list []byte
		for range r.IntN(12) {
			x := pool[r.IntN(len(pool))]
			list = append(append(list, u16s(x.typ, uint16(len(x.data)))...), x.data...)
		}
		list = list[:len(list)-min(len(list), max(0, r.IntN(20)-16))]
		fast, any := ClientHello{body: list}, ClientHello{body: list}
		if !fast.readOrdinaryExtensions(list) {
			if fast.types = any.types; !reflect.DeepEqual(fast, any) {
				t.Fatalf("%x: refused, and yet %+v", list, fast)
			}
			continue
		}
		ordinary++
		whole := any.readExtensions(list)
		if types, ok := typesOf(any.Extensions); !ok || types != fast.types {
			t.Fatalf("%x: types %v, want %v, %v", list, fast.types, types, ok)
		}
		any.types = fast.types
		if !whole || !reflect.DeepEqual(fast, any) {
			t.Fatalf("%x: %+v, want %+v, %v", list, fast, any, whole)
		}
	}
	if ordinary < 1000 {
		t.Errorf("%d lists are ordinary", ordinary)
	}
}

// What is read of an ordinary hello before its extensions is what is read of any.
func TestOrdinaryHellosAreReadLikeAny(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i, sound := range [][]byte{
		message(t, "openssl-tls13.client", TypeClientHello, 0), message(t, "openssl-scsv.client", TypeClientHello, 0),
		helloSpec{suites: []uint16{0x1301}, extensions: []extension{serverName("a.example")}}.body(), helloSpec{suites: []uint16{}}.body(),
		oddSuites(), helloSpec{noBlock: true}.body(), helloSpec{version: VersionDTLS12}.body(),
	} {
		ordinary := 0
		for n := range 20000 {
			b := slices.Clone(sound)
			if n > 0 { // a byte that is not of the random is another, or some are missing
				at := r.IntN(len(b) - 32)
				b[at+32*min(1, at/2)] = byte(r.IntN(256))
				b = b[:len(b)-max(0, r.IntN(60)-50)]
			}
			fast, any := ClientHello{body: b}, ClientHello{body: b}
			list, ok := fast.readOrdinaryFixed(b)
			if !ok {
				continue
			}
			ordinary++
			exts, _, cut := any.readFixed(b)
			if cut != "" || !exts.whole || !exts.trailing.Empty() || !bytes.Equal(exts.list, list) || !reflect.DeepEqual(fast, any) {
				t.Fatalf("%x: %+v, want %+v, %+v", b, fast, any, exts)
			}
		}
		if i < 3 && ordinary < 100 {
			t.Errorf("not ordinary: %x", sound)
		}
	}
}

func TestValuesHold(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		list := make([]uint16, r.IntN(20))
		for i := range list {
			list[i] = uint16(r.IntN(3))<<8 | uint16(r.IntN(30))
		}
		v := uint16(r.IntN(2))<<8 | uint16(r.IntN(30))
		if got := values(list...).holds(v); got != slices.Contains(list, v) {
			t.Fatalf("%x among %x: %v", v, list, got)
		}
	}
}

// Offer is of what is negotiated, and of nothing else.
func TestOffer(t *testing.T) {
	of := func(h ClientHello) uint16 { return h.Offer() }
	base := ClientHello{Version: 0x0303, CipherSuites: Values{0x13, 1, 0x13, 2, 0xc0, 0x2b}, SupportedGroups: Values{0, 29, 0, 23}, SignatureAlgorithms: Values{4, 3}, SupportedVersions: Values{3, 4, 3, 3}}
	same := base
	same.ServerName, same.Random[0], same.Extensions, same.CipherSuites = []byte("a.example"), 1, []uint16{0, 10}, Values{0x2a, 0x2a, 0x13, 1, 0x13, 2, 0xc0, 0x2b}
	if of(base) != of(same) {
		t.Error("another name, random, order of extensions or GREASE makes another offer")
	}
	seen := map[uint16]bool{of(base): true}
	for i, change := range []func(*ClientHello){
		func(h *ClientHello) { h.Version = 0x0302 },
		func(h *ClientHello) { h.CipherSuites = Values{0x13, 2, 0x13, 1, 0xc0, 0x2b} },
		func(h *ClientHello) { h.CipherSuites = Values{0x13, 1, 0x13, 2} },
		func(h *ClientHello) { h.SupportedGroups = Values{0, 29} },
		func(h *ClientHello) { h.SignatureAlgorithms = Values{5, 3} },
		func(h *ClientHello) { h.SupportedVersions = nil },
		func(h *ClientHello) { h.SupportedGroups, h.SignatureAlgorithms = Values{0, 29, 0, 23, 4, 3}, nil },
	} {
		h := base
		if change(&h); seen[of(h)] {
			t.Errorf("change %d makes no other offer", i)
		}
		seen[of(h)] = true
	}
}
