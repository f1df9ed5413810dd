package conversation

import (
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

// TestRecordWithAGap loses the end of the server's flight, which is given up only once the server goes on, behind the client's
// Finished: what was torn is no record that answers that.
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
	const lost = 5
	hear(s, sealed(700)[:705-lost])
	hear(c, append(sealed(sealedEmptyCert), sealed(sealedFinished256)...))
	f.Gap(s, lost, flow.IncompleteGap, event(frame+1))
	offset[s] += lost
	hear(s, sealed(sealedAlert))
	facts := factsAfter(frame + 1)
	facts.Terminator = flow.Terminator{Event: event(frame + 1), By: flow.Server, Kind: flow.CloseFIN}
	finish(h, facts, f)
	if r := got.last(t); r.Established || r.Server.RecordsAfterDone != 1 || !r.Server.ErrorRecord {
		t.Errorf("established %v, %d records behind the Finished, error record %v", r.Established, r.Server.RecordsAfterDone, r.Server.ErrorRecord)
	}
}
