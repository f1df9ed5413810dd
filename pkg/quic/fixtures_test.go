package quic

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/tlswire"
)

// datagram is one datagram of a recorded connection.
type datagram struct {
	side Side
	data []byte
}

// The sides of a recording. That the client is 0 is for the Conn to find out.
const (
	cli Side = 0
	srv Side = 1
)

// recording returns a recorded connection, see testdata/README.md.
func recording(t testing.TB, name string) (d []datagram) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "recorded", name+".hex"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		who, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
		d = append(d, datagram{map[string]Side{"C": cli, "S": srv}[who], unhex(t, digits)})
	}
	return d
}

// recordings returns the names of all of them.
func recordings(t testing.TB) (names []string) {
	t.Helper()
	files, err := filepath.Glob("testdata/recorded/*.hex")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".hex"))
	}
	return names
}

func unhex(t testing.TB, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// capture reads the UDP datagrams of a pcap file of Ethernet and IPv4 without
// options. Who sent the first one is side 0.
func capture(t testing.TB, name string) (d []datagram) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "pcaps", name+".pcap"))
	if err != nil {
		t.Fatal(err)
	}
	var first []byte
	for b = b[24:]; len(b) > 0; {
		n := binary.LittleEndian.Uint32(b[8:])
		frame := b[16 : 16+n]
		b = b[16+n:]
		sender := frame[14+12 : 14+16]
		if first == nil {
			first = sender
		}
		side := cli
		if !bytes.Equal(sender, first) {
			side = srv
		}
		d = append(d, datagram{side, frame[14+20+8:]})
	}
	return d
}

// word says in short what an event is.
func word(e *Event) string {
	w := [...]string{"", "message", "initial", "close", "retry", "negotiation", "0rtt", "handshake", "short", "another", "unread"}[e.Kind]
	switch e.Kind {
	case KindMessage:
		w = fmt.Sprintf("message%d/%d", e.Message.Message, e.Message.MessageLen)
	case KindClose:
		w = fmt.Sprintf("close:%#x", e.Close.Code)
	case KindUnread:
		w += ":" + e.Reason.String()
	}
	for _, mark := range []struct {
		set  bool
		text string
	}{{e.Acks, "+ack"}, {e.Repeats, "+again"}, {e.ResetLike, "+reset?"}} {
		if mark.set {
			w += mark.text
		}
	}
	return string("CS"[e.Side]) + ":" + w
}

// words feeds datagrams and says what they show, one line per datagram.
func words(c *Conn, d []datagram) (lines []string) {
	for _, d := range d {
		var line []string
		c.Datagram(d.side, d.data, len(d.data), func(e *Event) { line = append(line, word(e)) })
		lines = append(lines, strings.Join(line, " "))
	}
	return lines
}

// messages returns the handshake messages, header left out, that datagrams hold.
func messages(c *Conn, d []datagram) (all [2][][]byte) {
	for _, d := range d {
		c.Datagram(d.side, d.data, len(d.data), func(e *Event) {
			if e.Kind == KindMessage {
				all[d.side] = append(all[d.side], bytes.Clone(e.Message.Body))
			}
		})
	}
	return all
}

// clientHello returns the first ClientHello that datagrams hold, or nil.
func clientHello(t testing.TB, c *Conn, d []datagram) *tlswire.ClientHello {
	t.Helper()
	all := messages(c, d)[cli]
	if len(all) == 0 {
		return nil
	}
	var h tlswire.ClientHello
	if err := h.Unmarshal(all[0]); err != nil {
		t.Fatal(err)
	}
	return &h
}
