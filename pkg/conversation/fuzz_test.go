package conversation

import (
	"crypto/tls"
	"encoding/binary"
	"reflect"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// script is a dialogue as FuzzFollower reads it: of each turn a byte that says whose it is, its length in two, and what was
// said.
func script(what ...said) (b []byte) {
	for _, x := range what {
		b = binary.BigEndian.AppendUint16(append(b, byte(x.side)), uint16(len(x.data)))
		b = append(b, x.data...)
	}
	return b
}

// gapTurn marks a turn of which nothing was captured.
const gapTurn = 0x30

// act plays a script in chunks of at most size bytes, and returns how many bytes each side sent and how many packets there
// were.
func act(stream flow.Stream, data []byte, size int) (sent [2]uint64, packets int) {
	packets = 3
	for len(data) > 3 && !stream.Settled() {
		side, n := flow.Side(data[0]&1), min(int(binary.BigEndian.Uint16(data[1:])), len(data)-3)
		turn, gap := data[3:3+n], data[0]&0xf0 == gapTurn
		data = data[3+n:]
		for len(turn) > 0 && !stream.Settled() {
			n := min(size, len(turn))
			packets++
			acked := sent[side.Other()]
			if gap {
				stream.Gap(side, uint64(n), flow.IncompleteGap, event(packets))
			} else {
				stream.Bytes(&flow.Chunk{Side: side, Data: turn[:n], Offset: sent[side], At: event(packets), Acked: func() uint64 { return acked }, Segments: 1})
			}
			sent[side] += uint64(n)
			turn = turn[n:]
		}
	}
	return sent, packets
}

// FuzzFollower plays any dialogue, gaps included, and holds the record against what it promises of itself.
func FuzzFollower(f *testing.F) {
	tls13 := talk(f, clientConfig("gw.example.com"), serverConfig())
	old := serverConfig()
	old.MaxVersion = tls.VersionTLS12
	tls12 := talk(f, clientConfig("gw.example.com"), old)
	f.Add(script(tls13...), uint16(2000))
	f.Add(script(tls12...), uint16(30))
	for _, p := range preambles {
		f.Add(script(then(p.said, tls12...)...), uint16(700))
	}
	hello := tls13[0].data
	f.Add(script(tls13[0], said{c, tls13[1].data}), uint16(2000)) // who sent a ClientHello answers it
	f.Add(script(said{c, append(prelogin(tdsPrelogin, tdsOn), inTDS(tdsPrelogin, hello, 512)...)}), uint16(96))
	f.Add(script(said{c, hello}, text(s, "\x15\x03\x03\x00\x02\x02\x70")), uint16(600))
	f.Fuzz(func(t *testing.T, data []byte, size uint16) {
		sink := &collected{}
		h := newHandler(sink)
		var sent [2]uint64
		var packets int
		for range 2 { // the second connection reuses what the first left
			stream := h.Open(flow.Nobody)
			sent, packets = act(stream, data, int(size)%2048+1)
			finish(h, factsAfter(packets+1), stream)
		}
		if !reflect.DeepEqual(sink.records[0], sink.records[1]) {
			t.Errorf("the second of two equal connections differs:\n%+v\n%+v", sink.records[0], sink.records[1])
		}
		r := &sink.records[0]
		checkFacts(t, r, packets)
		if r.TLSBytes[0] > max(sent[0], sent[1]) || r.TLSBytes[1] > max(sent[0], sent[1]) {
			t.Errorf("%d bytes of TLS of %d", r.TLSBytes, sent)
		}
		r.Hello.SessionHash = 0
		survives(t, r)
	})
}

// checkFacts holds what a record says of when its facts are valid.
func checkFacts(t *testing.T, r *Record, packets int) {
	t.Helper()
	h := &r.Hello
	whole := h.State == HelloComplete
	switch {
	case h.SNI == tlswire.SNIMissing && !whole:
		t.Errorf("SNI is missing in a hello that is %v", h.State)
	case h.SNI == tlswire.SNIPresent && h.Name == "", h.SNI == tlswire.SNIMissing && h.Name != "":
		t.Errorf("SNI %v, name %q", h.SNI, h.Name)
	case (h.SNI == tlswire.SNIInvalid) != (h.SNIProblem != ""):
		t.Errorf("SNI %v, problem %q", h.SNI, h.SNIProblem)
	case whole != h.End.Happened(), whole && h.Start.Frame > h.End.Frame:
		t.Errorf("hello %v from %+v to %+v", h.State, h.Start, h.End)
	case (r.Stage == StageEstablished) != r.Established, r.Established != r.EstablishedAt.Happened():
		t.Errorf("stage %v, established %v at %+v", r.Stage, r.Established, r.EstablishedAt)
	case (r.CarrierRefused != "") != r.RefusedAt.Happened():
		t.Errorf("refusal %q at %+v", r.CarrierRefused, r.RefusedAt)
	case len(h.Name) > maxName, len(h.ALPN) > maxALPN, len(r.CarrierRefused) > maxRefusal, len(r.ServerText) > maxServerText:
		t.Errorf("%d bytes of name, %d protocols, %d and %d bytes of text", len(h.Name), len(h.ALPN), len(r.CarrierRefused), len(r.ServerText))
	case len(r.Target.Text) > maxServerText, r.Target.Happened() != (r.Target.Protocol != ""), r.Target.Happened() && len(r.Carrier) == 0:
		t.Errorf("target %+v behind %q", r.Target, r.Carrier)
	case r.Server.Hello.Happened() && !r.Server.First.Happened():
		t.Errorf("answer %+v", r.Server)
	}
	for _, e := range []flow.Event{
		r.CarrierAsked, r.Target.Event, r.FirstData[0], r.FirstData[1], h.Start, h.End, r.Server.First, r.Server.Hello, r.Server.Retry, r.Server.Flight,
		r.Server.Certificate, r.Client.Certificate, r.Client.Finished, r.Alerts[0].Event, r.Alerts[1].Event, r.EstablishedAt,
	} {
		if e.Happened() && e != event(int(e.Frame)) || e.Frame > uint64(packets) {
			t.Errorf("%+v of %d packets", e, packets)
		}
	}
}
