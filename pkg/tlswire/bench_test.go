package tlswire

import (
	"math/rand/v2"
	"testing"
)

func BenchmarkClientHelloUnmarshal(b *testing.B) {
	body := message(b, "openssl-tls13.client", TypeClientHello, 0)
	var h ClientHello
	b.ReportAllocs()
	for b.Loop() {
		if err := h.Unmarshal(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJA4(b *testing.B) {
	h := ja4Example()
	dst := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		dst = h.appendJA4(dst[:0], 't')
	}
}

func BenchmarkParseCertificate(b *testing.B) {
	body := message(b, "openssl-tls12.server", TypeCertificate, 0)
	b.ReportAllocs()
	for b.Loop() {
		ParseCertificate(body)
	}
}

func BenchmarkCertificateMatches(b *testing.B) {
	body := message(b, "openssl-tls12.server", TypeCertificate, 0)
	b.ReportAllocs()
	for b.Loop() {
		CertificateMatches(body, "www.example.com")
	}
}

func BenchmarkDeframer(b *testing.B) {
	stream := stream(b, "openssl-tls12.server")
	var d Deframer
	var n counter
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		d.Reset()
		d.Feed(stream, &n)
	}
}

func BenchmarkLooksLikeTLS(b *testing.B) {
	http := []byte("GET / HTTP/1.1\r\n")
	b.ReportAllocs()
	for b.Loop() {
		LooksLikeTLS(http)
	}
}

// BenchmarkFingerprints shuffles the extensions each time, as some browsers do.
func BenchmarkFingerprints(b *testing.B) {
	h, p, r := ja4Example(), NewFingerprinter(), rand.New(rand.NewPCG(1, 2))
	b.ReportAllocs()
	for b.Loop() {
		i, j := r.IntN(len(h.Extensions)), r.IntN(len(h.Extensions))
		h.Extensions[i], h.Extensions[j] = h.Extensions[j], h.Extensions[i]
		p.Fingerprints(&h, 't')
	}
}
