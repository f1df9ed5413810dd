package flow

import (
	"testing"

	"github.com/sniscope/sniscope/pkg/decode"
)

func TestConnState(t *testing.T) {
	for _, test := range []struct {
		want ConnState
		run  func(w *wire)
	}{
		{StateS0, func(w *wire) { w.syn() }},
		{StateS1, func(w *wire) { w.handshake() }},
		{StateS1, func(w *wire) { w.syn(); w.synack() }},
		{StateSF, func(w *wire) { w.handshake(); w.fin(C); w.fin(S); w.ack(C) }},
		{StateSF, func(w *wire) { w.handshake(); w.fin(C); w.fin(S); w.rst(C) }},
		{StateSF, func(w *wire) { w.handshake(); w.fin(C); w.rst(C); w.fin(S) }},
		{StateREJ, func(w *wire) { w.syn(); w.packet(S, decode.RST|decode.ACK, 0, "", rawSeq(0)) }},
		{StateS2, func(w *wire) { w.handshake(); w.fin(C) }},
		{StateS3, func(w *wire) { w.handshake(); w.fin(S) }},
		{StateRSTO, func(w *wire) { w.handshake(); w.rst(C) }},
		{StateRSTR, func(w *wire) { w.handshake(); w.rst(S) }},
		{StateRSTR, func(w *wire) { w.handshake(); w.fin(C); w.rst(S) }},
		{StateRSTOS0, func(w *wire) { w.syn(); w.packet(C, decode.RST, 0, "") }},
		{StateRSTRH, func(w *wire) { w.synack(); w.rst(S) }},
		{StateSH, func(w *wire) { w.syn(); w.fin(C) }},
		{StateSHR, func(w *wire) { w.synack(); w.fin(S) }},
		{StateOTH, func(w *wire) { w.send(C, 0, "x"); w.send(S, 0, "y") }},
		{StateS1, func(w *wire) { w.handshake(); w.packet(S, decode.RST, -5000, "") }},
	} {
		w := newWire()
		test.run(w)
		if got := w.end(t).State; got != test.want {
			t.Errorf("state = %s, want %s", got, test.want)
		}
	}
}
