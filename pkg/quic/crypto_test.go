package quic

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sniscope/sniscope/pkg/tlswire"
)

// pieces cuts a CRYPTO stream into frames that overlap, repeat and come in any
// order.
func pieces(rng *rand.Rand, stream []byte) (frames [][]byte) {
	longest := 1 + rng.IntN(300)
	for at := 0; at < len(stream); {
		from := max(0, at-rng.IntN(20))
		at = min(len(stream), at+1+rng.IntN(longest))
		frames = append(frames, cryptoFrame(from, stream[from:at]))
		if rng.IntN(4) == 0 {
			frames = append(frames, frames[rng.IntN(len(frames))])
		}
	}
	rng.Shuffle(len(frames), func(i, j int) { frames[i], frames[j] = frames[j], frames[i] })
	return frames
}

// However a CRYPTO stream is cut, packed and reordered, its messages are the same.
func TestAnySplitGivesTheSameMessages(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		hello := helloMessage(1, slices.Concat(nameExtension("a.example"), []byte{0, 21, 4, 0}, make([]byte, 1024)))
		stream := slices.Concat(hello, helloMessage(2, nil), []byte{14, 0, 0, 0, 20, 0})
		client, _ := sealers(t, Version1, []byte("abcdefgh"), nil, nil)
		var d []datagram
		for part := range slices.Chunk(pieces(rng, stream), 1+rng.IntN(8)) {
			frames := slices.Concat(part...)
			if rng.IntN(2) == 0 {
				frames = slices.Concat([]byte{0, 0, 1}, frames, make([]byte, rng.IntN(50)))
			}
			d = append(d, datagram{cli, client.initial(uint64(len(d)), 2, frames)})
		}
		if rng.IntN(2) == 0 { // several packets in a datagram
			d[0].data = append(d[0].data, d[len(d)-1].data...)
		}
		var c Conn
		got := messages(&c, d)[cli]
		if len(got) != 3 || !bytes.Equal(got[0], hello[4:]) || !bytes.Equal(got[1], helloMessage(2, nil)[4:]) || len(got[2]) != 0 {
			t.Fatalf("%d messages", len(got))
		}
		typ, have, total, ok := c.Pending(cli)
		if !ok || typ != tlswire.TypeFinished || len(have) != 0 || total != 0 || c.Hole(cli) {
			t.Fatalf("pending %d %x %d %v, hole %v", typ, have, total, ok, c.Hole(cli))
		}
	}
}

// A message says how many packets brought it, repeated ones left out.
func TestPackets(t *testing.T) {
	client, _ := sealers(t, Version1, []byte("abcdefgh"), nil, nil)
	hello := helloMessage(1, nameExtension("a.example"))
	stream := slices.Concat(hello, hello)
	var c Conn
	var got []string
	number := uint64(0)
	for _, cut := range [][2]int{{20, 40}, {20, 40}, {0, 20}, {40, 80}, {80, 120}, {120, len(stream)}} {
		b := client.initial(number, 1, cryptoFrame(cut[0], stream[cut[0]:cut[1]]))
		number++
		c.Datagram(cli, b, len(b), func(e *Event) {
			if e.Kind == KindMessage {
				got = append(got, fmt.Sprintf("%d packets, bytes %d to %d", e.Packets, e.Message.Offset, e.Message.End))
			}
		})
	}
	checkWords(t, "packets", got, "3 packets, bytes 0 to 67", "3 packets, bytes 67 to 134")
}

// lookAt takes a datagram of which n bytes were captured and returns what a user
// would be told of the ClientHello.
func lookAt(t *testing.T, c *Conn, b []byte, n int) (complete bool, h tlswire.ClientHello) {
	t.Helper()
	truncated := false
	c.Datagram(cli, b[:n], len(b), func(e *Event) {
		switch {
		case e.Kind == KindMessage:
			complete = true
			if err := h.Unmarshal(bytes.Clone(e.Message.Body)); err != nil {
				t.Fatal(err)
			}
		case e.Kind == KindUnread && e.Reason == ReasonTruncated:
			truncated = true
		case e.Kind == KindUnread:
			t.Fatalf("cut at %d: %s", n, word(e))
		}
	})
	if !truncated && n > 0 && n < len(b) {
		t.Fatalf("cut at %d and nothing said", n)
	}
	if typ, have, _, ok := c.Pending(cli); ok && !complete {
		if err := h.UnmarshalPartial(have); err == nil || h.Complete || typ != tlswire.TypeClientHello {
			t.Fatalf("cut at %d: type %d, %v", n, typ, err)
		}
	}
	return complete, h
}

// A datagram that the capture cut is read as far as it goes: the name is found
// where it is there, and never is it said to be missing before its list of
// extensions was seen to the end.
func TestTruncation(t *testing.T) {
	client, _ := sealers(t, Version1, []byte("abcdefgh"), nil, nil)
	for name, extensions := range map[string][]byte{
		"none":  {0, 21, 0, 40, 40: 0, 43: 0},
		"named": slices.Concat(nameExtension("a.example"), []byte{0, 21, 0, 40, 40: 0, 43: 0}),
	} {
		hello := helloMessage(1, extensions)
		b := client.initial(0, 1, cryptoFrame(0, hello), make([]byte, 1000))
		payload := 5 + 1 + 8 + 1 + 1 + 2 + 1 // header and packet number
		end := payload + 1 + 1 + 2 + len(hello)
		for n := range b {
			complete, h := lookAt(t, new(Conn), b, n)
			wantSNI := tlswire.SNIUnknown
			switch {
			case name == "named" && n >= end-44:
				wantSNI = tlswire.SNIPresent
			case name == "none" && n >= end:
				wantSNI = tlswire.SNIMissing
			}
			if complete != (n >= end) || h.SNI != wantSNI {
				t.Fatalf("%s cut at %d of %d, hello to %d: complete %v, SNI %v, want %v", name, n, len(b), end, complete, h.SNI, wantSNI)
			}
		}
	}
}

// The same of recorded connections, each datagram cut at every length.
func TestTruncatedRecordings(t *testing.T) {
	for _, name := range recordings(t) {
		all := recording(t, name)
		var c Conn
		for _, d := range all[:min(len(all), 8)] {
			if d.data[0]&(bitLong|bitFixed) == 0 {
				continue // only what came before says that it is QUIC
			}
			for n := range d.data {
				c.Reset()
				truncated := false
				c.Datagram(d.side, d.data[:n], len(d.data), func(e *Event) {
					truncated = truncated || e.Kind == KindUnread && e.Reason == ReasonTruncated
				})
				if !truncated && n > 0 {
					t.Fatalf("%s cut at %d and nothing said", name, n)
				}
				if _, have, _, ok := c.Pending(d.side); ok {
					var h tlswire.ClientHello
					if h.UnmarshalPartial(have); h.SNI == tlswire.SNIMissing {
						t.Fatalf("%s cut at %d: missing", name, n)
					}
				}
			}
		}
	}
}

// Bytes that are not those of the connection do not pass for a cut packet, or
// hardly ever: there is no tag to tell.
func TestTruncatedPacketOfAnotherKey(t *testing.T) {
	_, server := sealers(t, Version1, []byte("abcdefgh"), []byte("client-id"), nil)
	taken := 0
	const tries = 3000
	for i := range uint64(tries) {
		b := server.initial(i, 4, cryptoFrame(0, []byte{2, 0, 0, 90}), make([]byte, 1100))
		var c Conn
		c.Datagram(srv, b[:300], len(b), func(*Event) {})
		if c.Client() != Nobody {
			taken++
		}
	}
	if taken > 5 {
		t.Errorf("%d of %d", taken, tries)
	}
}
