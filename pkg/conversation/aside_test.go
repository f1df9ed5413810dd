package conversation

import (
	"reflect"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
)

// What one connection has that others lack must not show in those that are followed at the same time.
func TestOneConnectionsPreambleIsItsOwn(t *testing.T) {
	what := talk(t, clientConfig("gw.example.com"), serverConfig())
	behind := append([]said{text(c, "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n")}, what...)
	sink := &collected{}
	h := newHandler(sink)
	for range 2 { // the second time with what the first left
		streams := [2]flow.Stream{h.Open(flow.Client), h.Open(flow.Client)}
		var offset [2][2]uint64
		for i := range behind {
			for j, list := range [2][]said{behind, what} {
				if i >= len(list) || streams[j].Settled() {
					continue
				}
				x := list[i]
				streams[j].Bytes(&flow.Chunk{Side: x.side, Data: x.data, Offset: offset[j][x.side], At: event(i + 1), Segments: 1})
				offset[j][x.side] += uint64(len(x.data))
			}
		}
		for _, stream := range streams {
			facts := factsAfter(len(behind) + 2)
			finish(h, facts, stream)
		}
	}
	for i := range sink.records {
		r := &sink.records[i]
		carrier, client := []string{"proxy-v1"}, "192.0.2.1"
		if i%2 == 1 {
			carrier, client = nil, ""
		}
		if !r.Established || r.Hello.Name != "gw.example.com" || !reflect.DeepEqual(r.Carrier, carrier) || r.ProxiedClient != client {
			t.Errorf("connection %d: established %v, name %q, carrier %q, client %q", i+1, r.Established, r.Hello.Name, r.Carrier, r.ProxiedClient)
		}
	}
}
