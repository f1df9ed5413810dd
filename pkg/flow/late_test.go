package flow

import (
	"testing"

	"github.com/sniscope/sniscope/pkg/decode"
)

// TestLate captures what the client sent behind the server's acknowledgment of it, which no loss explains: what was acknowledged is not
// sent again. A keep-alive is, and a FIN says nothing about bytes.
func TestLate(t *testing.T) {
	acks := func(w *wire, n uint32) { w.packet(S, decode.ACK, int(w.sent[S]), "", rawAck(w.isn[C]+1+n)) }
	for _, tc := range []struct {
		name string
		play func(w *wire)
		late bool
	}{
		{"in order", func(w *wire) { w.send(C, 0, "hello"); acks(w, 5) }, false},
		{"behind its acknowledgment", func(w *wire) { acks(w, 5); w.send(C, 0, "hello") }, true},
		{"behind an answer", func(w *wire) { w.send(S, 0, "answer", rawAck(w.isn[C]+6)); w.send(C, 0, "hello") }, true},
		{"the end of it", func(w *wire) { w.send(C, 0, "he"); acks(w, 5); w.send(C, 2, "llo") }, true},
		{"of which a part was acknowledged", func(w *wire) { acks(w, 3); w.send(C, 0, "hello") }, true},
		{"in two, of which one was acknowledged", func(w *wire) { acks(w, 3); w.send(C, 0, "hel"); w.send(C, 3, "lo") }, true},
		{"behind a RST that acknowledges it", func(w *wire) { w.rst(S, rawAck(w.isn[C]+6)); w.send(C, 0, "hello") }, true},
		{"lost, and more", func(w *wire) { acks(w, 5); w.send(C, 5, "more") }, false},
		{"lost, and a keep-alive", func(w *wire) { acks(w, 5); w.send(C, 4, "x"); w.send(C, 4, "x") }, false},
		{"again", func(w *wire) { w.send(C, 0, "hello"); acks(w, 5); w.send(C, 0, "hello") }, false},
		{"a FIN", func(w *wire) { w.send(C, 0, "hello"); acks(w, 6); w.fin(C) }, false},
	} {
		w := newWire()
		w.handshake()
		tc.play(w)
		f := w.end(t)
		want(t, tc.name, f.Sides[Client].Late, tc.late)
		want(t, tc.name+": the server", f.Sides[Server].Late, false)
	}
}
