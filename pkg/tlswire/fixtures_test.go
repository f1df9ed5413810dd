package tlswire

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"
)

// stream returns one direction of a recorded connection, see testdata/README.md.
func stream(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "streams", name+".hex"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.ReplaceAll(string(text), "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// streams returns all recorded streams by name.
func streams(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/streams/*.hex")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded streams: %v", err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".hex")
		all[name] = stream(t, name)
	}
	return all
}

// message returns the body of the n-th handshake message of that type in a
// recorded stream.
func message(t testing.TB, name string, typ HandshakeType, n int) []byte {
	t.Helper()
	var body []byte
	feed(new(Deframer), stream(t, name), func(e *Event) {
		if e.Kind == EventHandshake && e.Message == typ {
			if n == 0 {
				body = bytes.Clone(e.Body)
			}
			n--
		}
	})
	if body == nil {
		t.Fatalf("%s has no such message of type %d", name, typ)
	}
	return body
}

// sealed is the kind that feed gives a record which is not looked into.
const sealed EventKind = 100

// feed feeds b to d and hands emit what it finds.
func feed(d *Deframer, b []byte, emit func(*Event)) { d.Feed(b, &reader{d, emit}) }

type reader struct {
	d    *Deframer
	emit func(*Event)
}

func (r *reader) Event(e *Event) { r.emit(e) }

func (r *reader) Sealed(h RecordHeader) {
	r.emit(&Event{Kind: sealed, Record: h, Offset: r.d.offset - int64(RecordHeaderLen+h.Length), End: r.d.offset})
}

// extension is one extension of a hello that a test makes.
type extension struct {
	typ  uint16
	data []byte
}

// helloSpec describes a ClientHello that a test makes.
type helloSpec struct {
	version    uint16
	suites     []uint16
	extensions []extension
	noBlock    bool // leave the list of extensions out altogether
	dtlsCookie []byte
}

// body returns the body of the message.
func (s helloSpec) body() []byte {
	var b cryptobyte.Builder
	if s.version == 0 {
		s.version = VersionTLS12
	}
	if s.suites == nil {
		s.suites = []uint16{0x1301, 0xc02f}
	}
	b.AddUint16(s.version)
	b.AddBytes(bytes.Repeat([]byte{0x5a}, 32))
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte("session")) })
	if s.version>>8 == 0xfe {
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(s.dtlsCookie) })
	}
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { addUint16s(b, s.suites) })
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint8(0) })
	if !s.noBlock {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { addExtensions(b, s.extensions) })
	}
	return b.BytesOrPanic()
}

func addUint16s(b *cryptobyte.Builder, list []uint16) {
	for _, v := range list {
		b.AddUint16(v)
	}
}

func addExtensions(b *cryptobyte.Builder, list []extension) {
	for _, e := range list {
		b.AddUint16(e.typ)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(e.data) })
	}
}

// vec8 and vec16 put a length before parts.
func vec8(parts ...[]byte) []byte {
	var b cryptobyte.Builder
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(bytes.Join(parts, nil)) })
	return b.BytesOrPanic()
}

func vec16(parts ...[]byte) []byte {
	var b cryptobyte.Builder
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(bytes.Join(parts, nil)) })
	return b.BytesOrPanic()
}

func u16s(list ...uint16) []byte {
	var b cryptobyte.Builder
	addUint16s(&b, list)
	return b.BytesOrPanic()
}

func values(list ...uint16) Values { return u16s(list...) }

// nameEntry is one name of a server_name list.
func nameEntry(typ byte, name string) []byte { return append([]byte{typ}, vec16([]byte(name))...) }

func serverName(name string) extension {
	return extension{extServerName, vec16(nameEntry(0, name))}
}

// handshakeMessage puts the 4-byte header before a body.
func handshakeMessage(typ HandshakeType, body []byte) []byte {
	var b cryptobyte.Builder
	b.AddUint8(uint8(typ))
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(body) })
	return b.BytesOrPanic()
}

// tlsRecord puts a record header before a payload.
func tlsRecord(typ ContentType, payload []byte) []byte {
	var b cryptobyte.Builder
	b.AddUint8(uint8(typ))
	b.AddUint16(VersionTLS12)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(payload) })
	return b.BytesOrPanic()
}
