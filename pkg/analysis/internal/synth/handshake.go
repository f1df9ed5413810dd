package synth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// Record content types and handshake message types of RFC 8446.
const (
	changeCipherSpec = 20
	handshake        = 22
	applicationData  = 23

	typeClientHello       = 1
	typeServerHello       = 2
	typeCertificate       = 11
	typeServerKeyExchange = 12
	typeServerHelloDone   = 14
	typeClientKeyExchange = 16
)

// certificateCount is how many different server certificates there are.
const certificateCount = 300

// prepare makes what all connections share.
func (g *generator) prepare() error {
	g.noise = make([]byte, 20<<10)
	for i := range g.noise {
		g.noise[i] = byte(g.rand.Uint32())
	}
	if g.kind != Handshakes && g.kind != IPv6 && g.kind != Cooked {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		return err
	}
	for i := range certificateCount {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: serverName(uint32(i))},
			Issuer:   pkix.Name{CommonName: "Synthetic CA"},
			DNSNames: []string{serverName(uint32(i)), fmt.Sprintf("*.zone%d.example", i)},
			NotAfter: time.Unix(1_900_000_000, 0),
		}
		der, err := x509.CreateCertificate(crand.Reader, template, template, key.Public(), key)
		if err != nil {
			return err
		}
		g.certificates = append(g.certificates, certificateMessage(der))
	}
	return nil
}

func certificateMessage(der []byte) []byte {
	return message(typeCertificate, func(b *cryptobyte.Builder) {
		b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
			for range 2 { // the leaf, and something as long in place of the intermediate
				b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(der) })
			}
		})
	})
}

func serverName(n uint32) string { return fmt.Sprintf("host%d.service.example", n) }

// message builds a handshake message.
func message(typ byte, body func(*cryptobyte.Builder)) []byte {
	var b cryptobyte.Builder
	b.AddUint8(typ)
	b.AddUint24LengthPrefixed(body)
	return b.BytesOrPanic()
}

// record wraps a payload, or n bytes of noise.
func record(typ byte, payload []byte) []byte {
	var b cryptobyte.Builder
	b.AddUint8(typ)
	b.AddUint16(0x0303)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(payload) })
	return b.BytesOrPanic()
}

func (g *generator) record(typ byte, n int) []byte {
	at := g.rand.IntN(len(g.noise) - n)
	return record(typ, g.noise[at:at+n])
}

// random is a Random, a session ID or a key share.
func (g *generator) random() []byte {
	b := make([]byte, 32)
	for i := range b {
		b[i] = byte(g.rand.Uint32())
	}
	return b
}

// clientHello is a browser's, with its extensions in an order of its own.
func (g *generator) clientHello(named bool) []byte {
	return g.clientHelloFor(serverName(g.started%5000), named)
}

func (g *generator) clientHelloFor(name string, named bool) []byte {
	type extension struct {
		typ  uint16
		data []byte
	}
	extensions := []extension{
		{10, []byte{0, 6, 0, 29, 0, 23, 0, 24}}, {11, []byte{1, 0}}, {13, []byte{0, 8, 4, 3, 8, 4, 4, 1, 5, 3}},
		{16, []byte("\x00\x0c\x02h2\x08http/1.1")}, {23, nil}, {43, []byte{4, 3, 4, 3, 3}}, {45, []byte{1, 1}}, {35, nil},
		{51, append([]byte{0, 36, 0, 29, 0, 32}, g.random()...)}, {5, []byte{1, 0, 0, 0, 0}}, {18, nil}, {0xff01, []byte{0}},
		{27, []byte{2, 0, 2}}, {0x4469, []byte("\x00\x03\x02h2")}, {21, make([]byte, 100)},
	}
	if named {
		n := byte(len(name))
		extensions = append(extensions, extension{0, append([]byte{0, n + 3, 0, 0, n}, name...)})
	}
	g.rand.Shuffle(len(extensions), func(i, j int) { extensions[i], extensions[j] = extensions[j], extensions[i] })
	return record(handshake, message(typeClientHello, func(b *cryptobyte.Builder) {
		b.AddUint16(0x0303)
		b.AddBytes(g.random())
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(g.random()) })
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			for _, suite := range []uint16{0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x9c, 0x9d, 0x2f, 0x35} {
				b.AddUint16(suite)
			}
		})
		b.AddUint16(0x0100)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			for _, e := range extensions {
				b.AddUint16(e.typ)
				b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(e.data) })
			}
		})
	}))
}

// serverHello selects TLS 1.3, or 1.2.
func (g *generator) serverHello(version13 bool) []byte {
	return record(handshake, message(typeServerHello, func(b *cryptobyte.Builder) {
		b.AddUint16(0x0303)
		b.AddBytes(g.random())
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(g.random()) })
		if !version13 {
			b.AddUint16(0xc02b)
			b.AddUint8(0)
			b.AddBytes([]byte{0, 5, 0xff, 1, 0, 1, 0})
			return
		}
		b.AddUint16(0x1301)
		b.AddUint8(0)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddBytes([]byte{0, 43, 0, 2, 3, 4, 0, 51, 0, 36, 0, 29, 0, 32})
			b.AddBytes(g.random())
		})
	}))
}

func concat(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func (g *generator) handshake13(c *conversation) {
	ccs := record(changeCipherSpec, []byte{1})
	c.stream(false, g.clientHello(true))
	c.say(true, ack, nil)
	c.stream(true, concat(g.serverHello(true), ccs, g.record(applicationData, 60),
		g.record(applicationData, 1800), g.record(applicationData, 280), g.record(applicationData, 53)))
	c.say(false, ack, nil)
	c.stream(false, concat(ccs, g.record(applicationData, 53)))
	c.stream(true, g.record(applicationData, 230))
}

func (g *generator) handshake12(c *conversation) {
	ccs, finished := record(changeCipherSpec, []byte{1}), g.record(handshake, 40)
	which := g.rand.IntN(len(g.certificates))
	certificate := g.certificates[which]
	c.stream(false, g.clientHelloFor(serverName(uint32(which)), true))
	c.say(true, ack, nil)
	exchange := message(typeServerKeyExchange, func(b *cryptobyte.Builder) { b.AddBytes(g.noise[:150]) })
	done := message(typeServerHelloDone, func(*cryptobyte.Builder) {})
	c.stream(true, concat(g.serverHello(false), record(handshake, certificate), record(handshake, exchange), record(handshake, done)))
	c.say(false, ack, nil)
	key := message(typeClientKeyExchange, func(b *cryptobyte.Builder) { b.AddBytes(g.noise[:66]) })
	c.stream(false, concat(record(handshake, key), ccs, finished))
	c.stream(true, concat(ccs, finished))
}
