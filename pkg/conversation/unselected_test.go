package conversation

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
)

// TestServerHelloMissing has connections of which nobody saw what was selected. In TLS 1.3 both flights look like application data,
// and so does the alert with which a server refuses the client's: only what else it sends behind that says that it went through.
func TestServerHelloMissing(t *testing.T) {
	hello := func(t *testing.T) said { return talk(t, clientConfig("gw.example.com"), serverConfig())[0] }
	flight, answer := said{s, sealed(700)}, said{c, sealed(sealedFinished256)}
	alert, ticket, request := said{s, sealed(sealedAlert)}, said{s, sealed(200)}, said{c, sealed(90)}
	padded, ping := said{s, sealed(sealedShort16)}, said{s, sealed(9 + 8 + 1 + 16)}
	for _, tc := range []struct {
		name        string
		what        []said
		established bool
	}{
		{"both flights", []said{hello(t), flight, answer}, false},
		{"a refusal", []said{hello(t), flight, answer, request, alert}, false},
		{"a refusal by Mbed TLS", []said{hello(t), flight, answer, request, padded}, false},
		{"a ping of HTTP/2 and its answer", []said{{c, ping.data}, ping}, true},
		{"a ticket", []said{hello(t), flight, answer, ticket}, true},
		{"a ticket, and neither hello", []said{answer, ticket}, true},
		{"a refusal, and neither hello", []said{answer, request, alert}, false},
		{"a refusal of what is not there", []said{hello(t), alert, request}, false},
		{"a request and the response", []said{request, ticket, request}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if r := follow(t, tc.what, 1<<16, nil); r.Established != tc.established {
				t.Errorf("established %v", r.Established)
			}
		})
	}
}

// TestServerHelloMissingBehindEarlyData has a client that sends data with its hello: what the server sends behind that is no answer.
func TestServerHelloMissingBehindEarlyData(t *testing.T) {
	early := said{c, append(withEarlyData(talk(t, clientConfig("gw.example.com"), serverConfig())[0].data), sealed(300)...)}
	flight, answer, ticket := said{s, sealed(700)}, said{c, sealed(sealedFinished256)}, said{s, sealed(200)}
	for _, tc := range []struct {
		name        string
		what        []said
		established bool
	}{
		{"the flight", []said{early, flight}, false},
		{"the flight, and the client's", []said{early, flight, answer}, false},
		{"a ticket", []said{early, flight, answer, ticket}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if r := follow(t, tc.what, 1<<16, nil); r.Established != tc.established || !r.Hello.EarlyData {
				t.Errorf("established %v, early data %v", r.Established, r.Hello.EarlyData)
			}
		})
	}
}

// withEarlyData appends the extension early_data (RFC 8446, Section 4.2.10) to a record with a hello.
func withEarlyData(record []byte) []byte {
	const afterRandom = 5 + 4 + 2 + 32
	at := afterRandom + 1 + int(record[afterRandom]) // behind the session id
	at += 2 + int(binary.BigEndian.Uint16(record[at:]))
	at += 1 + int(record[at]) // behind the compression methods
	out := append(bytes.Clone(record), 0, 42, 0, 0)
	for _, length := range []int{3, 7, at} {
		binary.BigEndian.PutUint16(out[length:], binary.BigEndian.Uint16(out[length:])+4)
	}
	return out
}

// TestRecordWithAGap loses bytes of the server's flight, which are given up only once the server goes on, behind the client's
// Finished, and the snapshot length cuts its end: what was torn is no record that answers that.
func TestRecordWithAGap(t *testing.T) {
	what := untilFlight(t)
	got := &collected{}
	h := newHandler(got)
	f := h.Open(flow.Client)
	var offset [2]uint64
	frame := 3
	hear := func(side flow.Side, data []byte) {
		frame++
		f.Bytes(&flow.Chunk{Side: side, Data: data, Offset: offset[side], At: event(frame), Segments: 1})
		offset[side] += uint64(len(data))
	}
	for _, x := range what {
		hear(x.side, x.data)
	}
	lose := func(n uint64, why flow.Incomplete) {
		f.Gap(s, n, why, event(frame+1))
		offset[s] += n
	}
	hear(s, sealed(700)[:600])
	hear(c, append(sealed(sealedEmptyCert), sealed(sealedFinished256)...))
	lose(5, flow.IncompleteGap)
	hear(s, make([]byte, 60))
	lose(40, flow.IncompleteSnaplen)
	hear(s, sealed(sealedAlert))
	facts := factsAfter(frame + 1)
	facts.Terminator = flow.Terminator{Event: event(frame + 1), By: flow.Server, Kind: flow.CloseFIN}
	finish(h, facts, f)
	if r := got.last(t); r.Established || r.Server.RecordsAfterDone != 1 || !r.Server.ErrorRecord {
		t.Errorf("established %v, %d records behind the Finished, error record %v", r.Established, r.Server.RecordsAfterDone, r.Server.ErrorRecord)
	}
}
