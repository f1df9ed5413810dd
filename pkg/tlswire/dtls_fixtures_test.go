package tlswire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/cryptobyte"
)

// dtlsCapture returns the datagrams of client and server of the first connection
// in a pcap file of Ethernet and IPv4 without options.
func dtlsCapture(t testing.TB, name string) (sides [2][][]byte) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "pcaps", name))
	if err != nil {
		t.Fatal(err)
	}
	const ip, udp = 14, 14 + 20
	var client []byte // address and port
	for b = b[24:]; len(b) > 0; {
		n := binary.LittleEndian.Uint32(b[8:])
		frame := b[16 : 16+n]
		b = b[16+n:]
		from := append(bytes.Clone(frame[ip+12:ip+16]), frame[udp:udp+2]...)
		to := append(bytes.Clone(frame[ip+16:ip+20]), frame[udp+2:udp+4]...)
		if client == nil {
			client = from
		}
		switch payload := frame[udp+8:]; {
		case bytes.Equal(from, client):
			sides[0] = append(sides[0], payload)
		case bytes.Equal(to, client):
			sides[1] = append(sides[1], payload)
		}
	}
	return sides
}

// fragmentOf makes a fragment of a handshake message.
func fragmentOf(typ HandshakeType, seq uint16, body []byte, from, to int) []byte {
	var b cryptobyte.Builder
	b.AddUint8(uint8(typ))
	b.AddUint24(uint32(len(body)))
	b.AddUint16(seq)
	b.AddUint24(uint32(from))
	b.AddUint24(uint32(to - from))
	b.AddBytes(body[from:to])
	return b.BytesOrPanic()
}

// dtlsRecordOf puts a record header before a payload.
func dtlsRecordOf(typ ContentType, epoch uint16, payload ...[]byte) []byte {
	var b cryptobyte.Builder
	b.AddUint8(uint8(typ))
	b.AddUint16(VersionDTLS12)
	b.AddUint16(epoch)
	b.AddUint48(7)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(bytes.Join(payload, nil)) })
	return b.BytesOrPanic()
}

// dtlsHello is a datagram with a whole ClientHello.
func dtlsHello(seq uint16, body []byte) []byte {
	return dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeClientHello, seq, body, 0, len(body)))
}

// dtlsWord says in short what an event is.
func dtlsWord(e *DTLSEvent) string {
	w := ""
	switch e.Kind {
	case EventHandshake:
		w = fmt.Sprintf("message%d", e.Message)
	case EventAlert:
		w = fmt.Sprintf("alert%d", e.Alert.Description)
	case EventRecord:
		w = fmt.Sprintf("record%d", e.Record.Type)
		if e.Unified {
			w = fmt.Sprintf("sealed@%d", e.Epoch)
		}
	case EventTooLarge:
		w = fmt.Sprintf("large%d:%d/%d", e.Message, len(e.Body), e.MessageLen)
	case EventNotTLS:
		w = fmt.Sprintf("not-dtls@%d", e.Offset)
	}
	for _, mark := range []struct {
		set  bool
		text string
	}{
		{e.Encrypted && !e.Unified, "*"}, {e.ConnectionID, "+id"}, {e.Truncated, "+cut"}, {e.Again, "+again"},
		{e.Restart, "+restart"},
	} {
		if mark.set {
			w += mark.text
		}
	}
	return w
}

// dtlsWords feeds whole datagrams and says what they hold.
func dtlsWords(r *DTLSReader, datagrams ...[]byte) (words []string) {
	for _, d := range datagrams {
		r.Datagram(d, len(d), func(e *DTLSEvent) { words = append(words, dtlsWord(e)) })
	}
	return words
}

// dtlsMessages feeds datagrams and counts the messages in them by what they are.
func dtlsMessages(r *DTLSReader, datagrams [][]byte) map[string]int {
	found := map[string]int{}
	for _, d := range datagrams {
		r.Datagram(d, len(d), func(e *DTLSEvent) {
			if e.Kind == EventHandshake {
				found[fmt.Sprintf("type %d, %d of %d bytes, %08x", e.Message, len(e.Body), e.MessageLen, crc32.ChecksumIEEE(e.Body))]++
			}
		})
	}
	return found
}
