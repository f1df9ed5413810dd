package main

import (
	"bytes"
	"slices"
)

// TLS record types (RFC 8446, Section 5.1).
const (
	recordCCS       = 20
	recordAlert     = 21
	recordHandshake = 22
	recordData      = 23
)

// Extension types.
const (
	extServerName        = 0
	extGroups            = 10
	extPointFormats      = 11
	extSignatures        = 13
	extALPN              = 16
	extPadding           = 21
	extSupportedVersions = 43
	extKeyShare          = 51
	extQUICParameters    = 57
	extECH               = 0xfe0d
)

const fallbackSCSV = 0x5600

var changeCipherSpec = record(recordCCS, 0x0303, []byte{1})

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func record(kind byte, version uint16, body []byte) []byte {
	b := be.AppendUint16([]byte{kind}, version)
	return append(be.AppendUint16(b, uint16(len(body))), body...)
}

// appData is an application_data record with n bytes of ciphertext.
func appData(n int) []byte { return record(recordData, 0x0303, filler(n, 0xc1)) }

// filler is n bytes that differ, so that mistakes in order show.
func filler(n int, seed byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = seed + byte(i*7)
	}
	return b
}

// alert is a fatal alert.
func alert(description byte) []byte { return record(recordAlert, 0x0303, []byte{2, description}) }

// vec8 and vec16 are vectors with a length of one or two bytes.
func vec8(b []byte) []byte  { return append([]byte{byte(len(b))}, b...) }
func vec16(b []byte) []byte { return append(be.AppendUint16(nil, uint16(len(b))), b...) }

func handshakeMessage(kind byte, body []byte) []byte {
	return append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

type extension struct {
	kind uint16
	body []byte
}

// hello describes a ClientHello; its zero value is one of TLS 1.3 without server_name.
type hello struct {
	name   string
	seed   byte // of the random and the session id
	tls12  bool
	suites []uint16
	alpn   []string
	extra  []extension
	noList bool // no extensions block at all
}

// message is the handshake message without a record around it.
func (h hello) message() []byte {
	b := []byte{3, 3}
	b = append(b, filler(32, 0x11+h.seed)...)
	b = append(b, vec8(filler(32, 0x55+h.seed))...)
	b = append(b, vec16(words(h.cipherSuites()...))...)
	b = append(b, 1, 0)
	if !h.noList {
		b = append(b, vec16(h.extensions())...)
	}
	return handshakeMessage(1, b)
}

// record is the message in one record, as a client sends it.
func (h hello) record() []byte { return record(recordHandshake, 0x0301, h.message()) }

func (h hello) cipherSuites() []uint16 {
	if h.suites != nil {
		return h.suites
	}
	if h.tls12 {
		return []uint16{0xc02b, 0xc02f, 0xc02c, 0xc030, 0x009c, 0x002f}
	}
	return []uint16{0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f}
}

func words(v ...uint16) (b []byte) {
	for _, w := range v {
		b = be.AppendUint16(b, w)
	}
	return b
}

func serverName(name string) extension {
	return extension{extServerName, vec16(append([]byte{0}, vec16([]byte(name))...))}
}

func (h hello) extensions() (b []byte) {
	var all []extension
	if h.name != "" {
		all = append(all, serverName(h.name))
	}
	all = append(all,
		extension{extPointFormats, vec8([]byte{0})},
		extension{extGroups, vec16(words(0x001d, 0x0017))},
		extension{extSignatures, vec16(words(0x0403, 0x0804, 0x0401))})
	if !h.tls12 {
		all = append(all,
			extension{extSupportedVersions, vec8(words(0x0304, 0x0303))},
			extension{extKeyShare, vec16(join(words(0x001d), vec16(filler(32, 0x77))))})
	}
	if h.alpn != nil {
		var list []byte
		for _, p := range h.alpn {
			list = append(list, vec8([]byte(p))...)
		}
		all = append(all, extension{extALPN, vec16(list)})
	}
	for _, e := range slices.Concat(all, h.extra) {
		b = append(be.AppendUint16(b, e.kind), vec16(e.body)...)
	}
	return b
}

// serverHello13 selects TLS 1.3, TLS_AES_128_GCM_SHA256 and x25519.
func serverHello13(session []byte) []byte {
	b := []byte{3, 3}
	b = append(b, filler(32, 0x99)...)
	b = append(b, vec8(session)...)
	b = append(b, 0x13, 0x01, 0)
	extensions := join(words(extSupportedVersions, 2, 0x0304),
		words(extKeyShare, 36, 0x001d), vec16(filler(32, 0x3b)))
	return handshakeMessage(2, append(b, vec16(extensions)...))
}

// serverFlight13 is a server's first flight of TLS 1.3, its encrypted part filler.
func serverFlight13() []byte {
	return join(record(recordHandshake, 0x0303, serverHello13(filler(32, 0x55))), changeCipherSpec,
		appData(27), appData(560), appData(95), appData(53))
}
