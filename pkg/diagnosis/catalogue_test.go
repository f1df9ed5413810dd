package diagnosis

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestCatalogueIsWhole(t *testing.T) {
	entries := Catalogue()
	if len(entries) != len(codes) {
		t.Fatalf("%d entries for %d codes", len(entries), len(codes))
	}
	for i, e := range entries {
		if e.Code != codes[i] {
			t.Errorf("entry %d is %s, want %s", i, e.Code, codes[i])
		}
		if len(e.Evidence) == 0 || e.Meaning == "" {
			t.Errorf("%s: no evidence or no meaning", e.Code)
		}
		if (e.Fix == "") != slices.Contains(e.Severities, OK) {
			t.Errorf("%s: fix %q", e.Code, e.Fix)
		}
		if e.Severities[0] >= Warning && len(e.LookAlikes) == 0 {
			t.Errorf("%s: nothing looks like it?", e.Code)
		}
		if slices.ContainsFunc(e.LookAlikes, func(l LookAlike) bool { return l.Code == e.Code }) {
			t.Errorf("%s looks like itself", e.Code)
		}
		for i, p := range e.Prints {
			if slices.Contains(e.Prints[:i], p) {
				t.Errorf("%s: %s prints %q twice", e.Code, p.Program, p.Text)
			}
		}
		if strings.Contains(e.Fix, "\n") || strings.HasSuffix(e.Fix, ".") {
			t.Errorf("%s: fix is no sentence: %q", e.Code, e.Fix)
		}
	}
}

func TestCatalogueHasNoOtherFiles(t *testing.T) {
	files, err := catalogueFiles.ReadDir("catalogue")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if n, ok := strings.CutSuffix(f.Name(), ".md"); ok && !slices.Contains(codes[:], Code(n)) {
			t.Errorf("%s belongs to no code", f.Name())
		}
	}
}

func TestLookup(t *testing.T) {
	if e, ok := Lookup(NoSNIReset); !ok || e.Fix != "send server_name from the client, or give the gateway a default (wildcard) route and certificate" {
		t.Errorf("%+v, %v", e, ok)
	}
	if _, ok := Lookup("no-such-code"); ok {
		t.Error("a code that does not exist was found")
	}
}

// What is shared stands behind what is the code's own.
func TestSharedSections(t *testing.T) {
	for _, c := range []Code{NoSNIReset, NoSNIAlert, NoSNIClosed, NoSNIUnanswered, NoSNIClientRejected} {
		e, _ := Lookup(c)
		for _, p := range []string{"Apigee hybrid", "Envoy", "Istio", "nginx", "HAProxy", "APISIX", "Traefik", "Caddy", "Apache", "IIS", "Cloudflare"} {
			if !slices.ContainsFunc(e.Products, func(x Product) bool { return x.Name == p }) {
				t.Errorf("%s says nothing of %s", c, p)
			}
		}
	}
}

func TestFaultsOfTheCatalogueAreLocated(t *testing.T) {
	const head = "# ok\nseverity: ok\n\nMeaning.\n"
	for _, tc := range []struct{ name, text, want string }{
		{"title", "# other\n", `catalogue/ok.md:1: title "other"`},
		{"severity", "# ok\nseverity: bad\n", `:2: severity "bad"`},
		{"no severity", "# ok\n\nMeaning.\n", "no severity"},
		{"no meaning", "# ok\nseverity: ok\n", "no meaning"},
		{"section", head + "## Evil\n- a: b\n", `section "Evil"`},
		{"paragraph", head + "## Evidence\nText.\n\n", `a paragraph in section "Evidence"`},
		{"look-alike", head + "## Look-alikes\n- `nothing`: x\n", `look-alike "nothing" is no code`},
		{"no head", head + "## Fix\n- nothing\n", "a bullet without a head"},
		{"shared", "# ok\nseverity: ok\nshared: none\n\nMeaning.\n", "catalogue/shared/none.md"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := readEntry(fstest.MapFS{"catalogue/ok.md": {Data: []byte(tc.text)}}, Healthy)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestSearch(t *testing.T) {
	for _, tc := range []struct {
		text string
		want Code
		not  Code
	}{
		{"ECONNRESET", NoSNIReset, ServerAlert},
		{"econreset", HelloReset, HelloClosed},
		{"SSL_ERROR_SYSCALL", HelloClosed, ServerAlert},
		{"SSL_ERROR_SYSCALL", HelloReset, ServerAlert},
		{"curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to 192.0.2.1:443", NoSNIClosed, ServerAlert},
		{"curl: (35) LibreSSL SSL_connect: SSL_ERROR_SYSCALL in connection to 192.0.2.1:443", NoSNIReset, ServerAlert},
		{"write:errno=54", NoSNIReset, NoSNIClosed},
		{"errno=104", HelloReset, HelloClosed},
		{"Connection reset by peer", NoSNIReset, NoSNIClosed},
		{"write tcp 10.0.0.1:1->10.0.0.2:2: write: connection reset by peer", HelloReset, HelloClosed},
		{"error:14077410:SSL routines:SSL23_GET_SERVER_HELLO:sslv3 alert handshake failure", NoSNIAlert, HelloReset},
		{"filter_chain_not_found", NoSNIReset, NoSNIAlert},
		{"unexpected   EOF while\nreading", HelloClosed, HelloReset},
		{"x509: certificate is valid for a.example, not b.example", CertificateNameMismatch, HelloReset},
		{"wrong version number", TLSToPlaintextPort, HelloReset},
		{"40A7:error:0A000126:SSL routines:ssl3_read_n:unexpected eof while reading:../ssl/record/rec_layer_s3.c:322:", HelloClosed, HelloReset},
		{"40A7:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:ssl3_record.c:354:", TLSToPlaintextPort, HelloReset},
		{`Get "https://192.0.2.1:443/": EOF`, HelloClosed, HelloReset},
		{"<urlopen error [Errno 104] Connection reset by peer>", HelloReset, HelloClosed},
		{"recv() failed (104: Connection reset by peer) while reading response header from upstream", NoSNIReset, NoSNIClosed},
		{"Client network socket disconnected before secure TLS connection was established", HelloClosed, HelloReset},
		{"curl: (28) Connection timed out after 2005 milliseconds", HelloUnanswered, HelloClosed},
		{"*** Fatal error: A TLS fatal alert has been received.", ServerAlert, HelloReset},
		{"Unable to establish SSL connection.", HelloClosed, ConnectionRefused},
		{"javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake", ServerClosedBeforeHello, ServerAlert},
		{"java.net.SocketException: Connection reset", ResetBeforeHello, HelloClosed},
		{"Error: write EPROTO 80BC:error:0A000458:SSL routines:ssl3_read_bytes:tlsv1 unrecognized name:../ssl/record/rec_layer_s3.c:1601:SSL alert number 112", SNIUnrecognized, TLSToPlaintextPort},
		{"EPROTO", NoCommonParameters, HelloReset},
		{"alert 80", NoSNIAlert, HelloReset},
		{"alert 80", ProtocolVersion, HelloReset},
		{"192.0.2.1:40098 [21/Nov/2026:21:00:12.597] fe/1: SSL handshake failure", NoSNIAlert, HelloReset},
		{"handshake rejected while SSL handshaking, client: 192.0.2.1, server: 0.0.0.0:443", SNIUnrecognized, HelloReset},
		{"SSL_connect returned=1 errno=0 peeraddr=127.0.0.1:19000 state=error: unexpected eof while reading", HelloClosed, HelloReset},
		{"javax.net.ssl.SSLHandshakeException: Received fatal alert: insufficient_security", NoCommonParameters, HelloReset},
		{`Get "https://10.9.0.2/": local error: tls: no renegotiation`, ClientAlert, ProtocolVersion},
		{"[ssl:error] AH02263: Re-negotiation handshake failed: Client certificate missing", ClientCertificateRequired, ClientCertificateRejected},
		{"[ssl:error] AH02262: Re-negotiation handshake failed: Client verification failed", ClientCertificateRejected, ClientCertificateRequired},
		{"(SSL: error:0A000412:SSL routines::ssl/tls alert bad certificate:SSL alert number 42) while SSL handshaking", ClientCertificateRejected, HelloReset},
		{"error:0A000410:SSL routines::ssl/tls alert handshake failure", ClientCertificateRequired, HelloReset},
		{"[SSL: TLSV1_ALERT_PROTOCOL_VERSION]", ProtocolVersion, HelloReset},
		{"TLS_error:|268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end", TLSToPlaintextPort, HelloReset},
		{"TLS_error:|268435612:SSL routines:OPENSSL_internal:HTTP_REQUEST:TLS_error_end", PlaintextToTLSPort, HelloReset},
		{"TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end", ClientRejectedCertificate, HelloReset},
		{"TLS_error:|268435501:SSL routines:OPENSSL_internal:NO_SHARED_CIPHER:TLS_error_end", NoCommonParameters, HelloReset},
	} {
		found := Search(tc.text)
		has := func(c Code) bool { return slices.ContainsFunc(found, func(e Entry) bool { return e.Code == c }) }
		if !has(tc.want) || has(tc.not) {
			t.Errorf("%q: %s %v, %s %v", tc.text, tc.want, has(tc.want), tc.not, has(tc.not))
		}
	}
	for _, s := range []string{"", "  ", "ab", "has", "reset", "no program prints this", strings.Repeat("x", 1<<20)} {
		if found := Search(s); found != nil {
			t.Errorf("%.20q finds %d entries", s, len(found))
		}
	}
}

func TestNearest(t *testing.T) {
	for typed, want := range map[string]Code{
		"no-sni-rest": NoSNIReset, "no_sni_reset": NoSNIReset, "sni-unrecognised": SNIUnrecognized, "OK": Healthy, "nottls": NotTLS,
		"certificate-mismatch": CertificateNameMismatch, "eror": "error", "warn": "",
		"": "", "a": "", "x509": "", "bogus": "", "hello": "", "timeout": "", "unexpected eof while reading": "", strings.Repeat("z", 1<<16): "",
	} {
		if got, ok := Nearest(typed, "error", "warning"); got != string(want) || ok != (want != "") {
			t.Errorf("%.30q: %q, %v, want %q", typed, got, ok, want)
		}
	}
}

func TestMatchCodes(t *testing.T) {
	match, err := MatchCodes([]string{"no-sni-*", "not-tls"})
	if err != nil {
		t.Fatal(err)
	}
	for c, want := range map[Code]bool{NoSNIReset: true, NoSNIAccepted: true, NotTLS: true, HelloReset: false, SNIInvalid: false, Healthy: false} {
		if match(c) != want {
			t.Errorf("%s: %v", c, !want)
		}
	}
	for _, copied := range []string{"No-SNI-reset~", "no-sni-reset?", "no-sni-rese?"} { // as it may be copied from a table; or a pattern
		if match, err := MatchCodes([]string{copied}); err != nil || !match(NoSNIReset) || match(NoSNIClosed) {
			t.Errorf("%s: %v", copied, err)
		}
	}
	if match, err := MatchCodes(nil); err != nil || match(Healthy) {
		t.Errorf("no pattern matches something, or fails: %v", err)
	}
	for pattern, want := range map[string]string{"no-sni-rest": `the nearest is "no-sni-reset"`, "x*": "no diagnosis matches", "x?": "no diagnosis matches", "[": "syntax error in pattern", "": "no diagnosis matches"} {
		if _, err := MatchCodes([]string{"ok", pattern}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want one with %q", pattern, err, want)
		}
	}
}
