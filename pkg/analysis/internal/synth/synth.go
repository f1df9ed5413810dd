// Package synth writes synthetic captures of any size for measuring: the same seed gives the same bytes.
package synth

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
)

// Kind is what a capture is full of.
type Kind string

// The kinds.
const (
	Handshakes Kind = "handshakes" // varied hellos, 15% TLS 1.2 with one of 300 certificates, some data each
	Bulk       Kind = "bulk"       // few connections that carry much
	Flood      Kind = "flood"      // SYNs without an answer
	Tiny       Kind = "tiny"       // set up, hello, reset
	IPv6       Kind = "ipv6"       // as Handshakes
	Cooked     Kind = "cooked"     // as Handshakes, link type LINUX_SLL2
	Slow       Kind = "slow"       // as Tiny, so slow that idle connections expire
	Open       Kind = "open"       // handshakes that go through and stay open: all at once at the end
)

// Kinds are all of them.
var Kinds = []Kind{Handshakes, Bulk, Flood, Tiny, IPv6, Cooked, Slow, Open}

// concurrent is how many connections are open at a time, so that their packets interleave.
const concurrent = 2000

// Write writes a pcap file of n connections.
func Write(w io.Writer, kind Kind, n int, seed uint64) error {
	b := bufio.NewWriterSize(w, 1<<20)
	g := &generator{
		w: b, kind: kind, rand: rand.New(rand.NewPCG(seed, 0)),
		now: 1_700_000_000_000_000_000, step: 20_000,
	}
	switch kind {
	case Handshakes, Bulk, Tiny, Open:
	case Flood:
		g.step = 10_000 // a SYN without an answer is given up after ten seconds, and 1,500,000 are to be open at once
	case IPv6:
		g.v6 = true
	case Cooked:
		g.cooked = true
	case Slow:
		g.step = 150_000_000
	default:
		return fmt.Errorf("synth: no kind %q", kind)
	}
	if err := g.prepare(); err != nil {
		return fmt.Errorf("synth: %w", err)
	}
	g.header()
	g.run(n)
	return b.Flush()
}

// generator is the state of one capture.
type generator struct {
	w            *bufio.Writer
	kind         Kind
	rand         *rand.Rand
	now          int64 // nanoseconds
	step         int64 // between packets
	v6, cooked   bool
	certificates [][]byte // Certificate messages
	noise        []byte   // what ciphertext is taken from
	packet       []byte
	started      uint32
}

// run interleaves n connections.
func (g *generator) run(n int) {
	open := make([]*conversation, 0, concurrent)
	for n > 0 || len(open) > 0 {
		for n > 0 && len(open) < concurrent {
			open = append(open, g.conversation())
			n--
		}
		i := g.rand.IntN(len(open))
		g.send(open[i])
		if len(open[i].todo) == 0 {
			open[i] = open[len(open)-1]
			open = open[:len(open)-1]
		}
	}
}
