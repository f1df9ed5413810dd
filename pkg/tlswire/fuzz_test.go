package tlswire

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"slices"
	"testing"
)

// The events of a stream are the same however it is cut, and nothing is claimed
// about bytes that are not there.
func FuzzDeframer(f *testing.F) {
	for name, b := range awkward(f) {
		if name != "too large" { // mutating 70 KB takes longer than it finds
			f.Add(b, uint16(7))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, size uint16) {
		n := 1 + int(size)%2000
		whole := events(b, func() int { return max(len(b), 1) })
		if cut := events(b, func() int { return n }); !slices.Equal(cut, whole) {
			t.Fatalf("in pieces of %d:\n%q\nwant\n%q", n, cut, whole)
		}
		var d Deframer
		last := int64(0)
		feed(&d, b, func(e *Event) {
			if e.End > int64(len(b)) || e.Offset > e.End || e.End < last || len(e.Body) > MaxBuffered {
				t.Fatalf("%+v in a stream of %d bytes", e, len(b))
			}
			last = e.End
		})
		if d.Resync(b) && !LooksLikeTLS(b[:1]) {
			t.Fatal("resynchronised on what is not TLS")
		}
	})
}

func FuzzClientHello(f *testing.F) {
	for name := range streams(f) {
		if bytes.HasSuffix([]byte(name), []byte(".client")) {
			f.Add(message(f, name, TypeClientHello, 0))
		}
	}
	f.Add(helloSpec{noBlock: true}.body())
	f.Add(helloSpec{version: VersionDTLS12}.body())
	f.Add(helloSpec{extensions: []extension{serverName("a.example"), serverName("192.0.2.1")}}.body())
	var h, part ClientHello
	p := NewFingerprinter()
	f.Fuzz(func(t *testing.T, b []byte) {
		checkHello(t, &h, b, h.Unmarshal(b))
		if part.UnmarshalPartial(b) == nil || part.Complete || part.SNI == SNIMissing {
			t.Fatalf("part of a hello taken for whole: SNI %v", part.SNI)
		}
		if ja3, ja4 := p.Fingerprints(&h, 't'); fmt.Sprintf("%x", ja3) != ja3Of(&h) || ja4 != h.JA4('t') || len(ja4) != 36 {
			t.Fatalf("fingerprints %x, %s, want %s, %s", ja3, ja4, ja3Of(&h), h.JA4('t'))
		}
		h.HighestVersion()
	})
}

func checkHello(t *testing.T, h *ClientHello, b []byte, err error) {
	t.Helper()
	named := slices.Contains(h.Extensions, extServerName)
	switch {
	case err == nil && !h.Complete, (err == nil) != (h.Fault == Fault{}):
		t.Fatalf("complete %v, %v, %+v", h.Complete, err, h.Fault)
	case err != nil && (h.Fault.Field == "" || h.Fault.Offset < handshakeHeaderLen || h.Fault.Offset > handshakeHeaderLen+len(b)):
		t.Fatalf("%+v in %d bytes", h.Fault, len(b))
	case h.SNI == SNIMissing && (!h.Complete || named):
		t.Fatalf("missing in a hello that is complete %v and has server_name %v", h.Complete, named)
	case h.SNI == SNIUnknown && h.Complete, (h.SNI == SNIInvalid) != (h.SNIProblem != ""):
		t.Fatalf("SNI %v %q, complete %v", h.SNI, h.SNIProblem, h.Complete)
	case h.SNI == SNIPresent && len(h.ServerName) == 0:
		t.Fatal("present and empty")
	}
	if at := h.ServerNameOffset - handshakeHeaderLen; len(h.ServerName) > 0 && !bytes.HasPrefix(b[at:], h.ServerName) {
		t.Fatalf("%q is not at %d", h.ServerName, at)
	}
}

func FuzzServerHello(f *testing.F) {
	for _, name := range []string{"openssl-tls12.server", "openssl-tls13.server", "openssl-hrr.server"} {
		f.Add(message(f, name, TypeServerHello, 0))
	}
	f.Add(serverHello(0x7f12))
	var h ServerHello
	f.Fuzz(func(t *testing.T, b []byte) {
		h.Unmarshal(b)
		switch v := h.SelectedVersion; {
		case len(b) < 2+len(h.Random) && v != 0, v>>8 == 0x7f:
			t.Fatalf("version 0x%04x of %d bytes", v, len(b))
		case h.HelloRetryRequest != bytes.HasPrefix(b[min(2, len(b)):], helloRetryRandom):
			t.Fatalf("HelloRetryRequest %v", h.HelloRetryRequest)
		case !bytes.Contains(b, h.ALPN):
			t.Fatalf("%q is not in it", h.ALPN)
		}
	})
}

func FuzzSSLv2ClientHello(f *testing.F) {
	f.Add(sslv2Hello(VersionTLS10, []byte{0, 0, 0x2f, 1, 0, 0x80}, make([]byte, 16), make([]byte, 32)))
	var h ClientHello
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := ParseSSLv2ClientHello(b, &h)
		if n > len(b) || (err == nil) != (n > 0) || h.Complete != (err == nil) || err == nil && !LooksLikeSSLv2(b) {
			t.Fatalf("%d of %d bytes, complete %v, %v", n, len(b), h.Complete, err)
		}
		if h.Complete != (h.SNI == SNIMissing) {
			t.Fatalf("SNI %v, complete %v", h.SNI, h.Complete)
		}
		if n > 0 {
			if _, err := ParseSSLv2ClientHello(b[:n-1], &h); err == nil || h.SNI == SNIMissing {
				t.Fatalf("part of a hello taken for whole: SNI %v", h.SNI)
			}
		}
	})
}

// Names that crypto/x509 finds in a certificate are found here too.
func FuzzCertificate(f *testing.F) {
	f.Add(message(f, "openssl-tls12.server", TypeCertificate, 0))
	f.Add(chainOf())
	der := makeCertificate(f, &x509.Certificate{DNSNames: []string{"a.example"}},
		name(f, []pair{{oidCN, 30, "\x00C"}}, []pair{{oidO, 19, "O"}}))
	f.Add(der)
	f.Add(chainOf(der, der))
	f.Fuzz(func(t *testing.T, b []byte) {
		info := ParseCertificate(b)
		if len(info.Names) > MaxNames || len(info.Names) > info.NamesTotal {
			t.Fatalf("%d names of %d", len(info.Names), info.NamesTotal)
		}
		for _, n := range info.Names {
			if info.NamesTotal <= MaxNames && MatchHostname(n, "www.example.com") && !CertificateMatches(b, "www.example.com") {
				t.Fatalf("%q matches alone and not in the certificate", n)
			}
		}
		leaf := parseLeaf(b)
		cert, err := x509.ParseCertificate(b)
		if err != nil {
			return
		}
		if len(cert.DNSNames) > 0 && !slices.Equal(leaf.Names, cert.DNSNames[:min(len(cert.DNSNames), MaxNames)]) {
			t.Fatalf("names %q, crypto/x509 says %q", leaf.Names, cert.DNSNames)
		}
		if !leaf.NotBefore.Equal(cert.NotBefore) || !leaf.NotAfter.Equal(cert.NotAfter) {
			t.Fatalf("valid from %v to %v, crypto/x509 says from %v to %v", leaf.NotBefore, leaf.NotAfter, cert.NotBefore, cert.NotAfter)
		}
		if same := bytes.Equal(cert.RawIssuer, cert.RawSubject); leaf.SelfIssued != same {
			t.Fatalf("self-issued %v, by crypto/x509 %v", leaf.SelfIssued, same)
		}
	})
}
