package conversation

import (
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
)

// TestUnfinishedHellosAreBounded has more clients begin a long hello than are waited for.
func TestUnfinishedHellosAreBounded(t *testing.T) {
	const size, clients = 60000, 2 * maxUnfinished / 60000
	sink := &collected{}
	shard := NewHandler(sink).Shard()
	hello := append([]byte{1, 0, 0xfd, 0xe8, 3, 3}, make([]byte, size)...)
	var data []byte
	for rest := hello; len(rest) > 0; {
		n := min(len(rest), 16000)
		data = append(append(data, 22, 3, 1, byte(n>>8), byte(n)), rest[:n]...)
		rest = rest[n:]
	}
	var streams []flow.Stream
	for range clients {
		s := shard.Open(flow.Client)
		s.Bytes(&flow.Chunk{Side: flow.Client, Data: data, At: event(4), Segments: 1})
		streams = append(streams, s)
	}
	given := shard.Counts()[flow.Overfull]
	if given < clients/3 || given > clients*2/3 {
		t.Errorf("%d of %d hellos given up", given, clients)
	}
	s, whole := shard.Open(flow.Client), talk(t, clientConfig("gw.example.com"), serverConfig())[0]
	s.Bytes(&flow.Chunk{Side: whole.side, Data: whole.data, At: event(4), Segments: 1})
	*shard.Facts() = factsAfter(5)
	shard.End(s)
	if r := sink.last(t); r.Hello.State != HelloComplete || r.Hello.Name != "gw.example.com" || r.Incomplete != 0 {
		t.Errorf("a whole hello: %v %q %v", r.Hello.State, r.Hello.Name, r.Incomplete)
	}
	limited := uint64(0)
	for _, s := range streams {
		*shard.Facts() = factsAfter(5)
		shard.End(s)
		r := sink.last(t)
		if r.Hello.State != HelloPartial || r.Hello.Incomplete != r.Incomplete {
			t.Fatalf("hello %v, incomplete %v, %v", r.Hello.State, r.Hello.Incomplete, r.Incomplete)
		}
		if r.Incomplete == flow.IncompleteLimit {
			limited++
		}
	}
	if limited != given {
		t.Errorf("%d hellos given up, %d counted", limited, given)
	}
	s = shard.Open(flow.Client)
	s.Bytes(&flow.Chunk{Side: flow.Client, Data: data, At: event(4), Segments: 1})
	if shard.Counts()[flow.Overfull] != given {
		t.Errorf("no room was given back")
	}
}

// TestUnfinishedDatagramsAreBounded has more DTLS clients send a fragment of a hello than are waited for.
func TestUnfinishedDatagramsAreBounded(t *testing.T) {
	const size = 8000
	const clients = 2 * maxUnfinished / size
	sink := &collected{}
	shard := NewHandler(sink).Shard()
	fragment := append([]byte{1, 0, 0xea, 0x60, 0, 0, 0, 0, 0, 0, size >> 8, size & 0xff, 0xfe, 0xfd}, make([]byte, size-2)...)
	data := append([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, byte(len(fragment) >> 8), byte(len(fragment) & 0xff)}, fragment...)
	if _, ok := shard.Begins(data, uint32(len(data))); !ok {
		t.Fatal("begins nothing")
	}
	var followers []flow.Datagrams
	for range clients {
		d := shard.OpenDatagrams(flow.DTLS)
		d.Datagram(flow.Client, data, uint32(len(data)), event(1))
		followers = append(followers, d)
	}
	given := shard.Counts()[flow.Overfull]
	if given < clients/3 || given > clients*2/3 {
		t.Errorf("%d of %d hellos given up", given, clients)
	}
	limited := uint64(0)
	for _, d := range followers {
		*shard.Facts() = factsAfter(2)
		shard.End(d)
		if r := sink.last(t); r.Hello.State == HelloPartial && r.Hello.Incomplete&r.Incomplete&flow.IncompleteLimit != 0 {
			limited++
		}
	}
	if limited != given {
		t.Errorf("%d hellos given up, %d counted", limited, given)
	}
	d := shard.OpenDatagrams(flow.DTLS)
	d.Datagram(flow.Client, data, uint32(len(data)), event(1))
	if shard.Counts()[flow.Overfull] != given {
		t.Errorf("no room was given back")
	}
}
