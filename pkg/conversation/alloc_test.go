package conversation

import (
	"crypto/tls"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
)

// coder encodes what it is handed, in the same memory each time, and decodes it.
type coder struct {
	t         testing.TB
	open, end []byte
	decoder   Decoder
	record    Record
}

func (c *coder) Settled(r *Record)         { c.open = r.AppendOpening(c.open[:0]) }
func (c *coder) EndSettled(e *flow.Ending) { c.decode(e) }
func (c *coder) Ended(r *Record)           { c.Settled(r); c.decode(&r.Ending) }

func (c *coder) decode(e *flow.Ending) {
	c.end = AppendEnding(c.end[:0], e)
	if err := c.decoder.Decode(&c.record, e.Opened, c.open, c.end); err != nil {
		c.t.Fatal(err)
	}
}

// play returns a function that hands the chunks of a conversation, from first byte to end, to a Shard.
func play(t testing.TB, c *coder, what []said) func() {
	var chunks []flow.Chunk
	var offset [2]uint64
	for i, x := range what {
		chunks = append(chunks, flow.Chunk{Side: x.side, Data: x.data, Offset: offset[x.side], At: event(4 + i), Segments: 1})
		offset[x.side] += uint64(len(x.data))
	}
	h, facts := newHandler(c), factsAfter(4+len(what))
	return func() {
		s := h.Open(flow.Client)
		for i := range chunks {
			if s.Bytes(&chunks[i]); s.Settled() {
				break
			}
		}
		if facts.Settled = s.Settled(); facts.Settled {
			settle(h, facts, s)
			finish(h, facts, nil)
		} else {
			finish(h, facts, s)
		}
	}
}

// TestKnownHandshakesAllocateNothing plays handshakes whose names and certificates were seen before, from their first
// byte to the decoded record.
func TestKnownHandshakesAllocateNothing(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, refused := range []bool{false, true} {
			client, server := clientConfig("gw.example.com"), serverConfig()
			client.MaxVersion = version
			if refused {
				client.NextProtos = []string{"nothing-that-it-speaks"}
			}
			c := &coder{t: t}
			run := play(t, c, talk(t, client, server))
			if run(); c.record.Established == refused || c.record.Hello.Name != "gw.example.com" {
				t.Fatalf("version %x: %+v", version, c.record)
			}
			if n := testing.AllocsPerRun(100, run); n != 0 {
				t.Errorf("version %x, refused %v: %v allocations", version, refused, n)
			}
		}
	}
}

// BenchmarkHandshake follows a handshake from its first byte to the decoded record.
func BenchmarkHandshake(b *testing.B) {
	for name, version := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		client := clientConfig("gw.example.com")
		client.MaxVersion = version
		run := play(b, &coder{t: b}, talk(b, client, serverConfig()))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}
