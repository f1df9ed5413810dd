package analysis_test

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
)

// lane goes the way of Run with packets that are in memory, in tables that serve one capture after the other: a run costs
// what its packets do.
type lane struct {
	decoder  *decode.Decoder
	tables   [decode.Shards]*flow.Table
	block    capture.Block
	batch    decode.Batch
	openings map[uint64][]byte // by the ordinal of the connection's first packet, as are endings
	endings  map[uint64][]byte
	tally    *diagnosis.Tally
	records  conversation.Decoder
}

// lanes are those that no test uses: a reassembly takes 2 MB.
var lanes = sync.Pool{New: func() any {
	l := &lane{decoder: decode.NewDecoder(), openings: map[uint64][]byte{}, endings: map[uint64][]byte{}}
	handler, pool := conversation.NewHandler(l), flow.NewPool()
	for i := range l.tables {
		l.tables[i] = pool.NewTable(handler.Shard(), flow.DefaultLimits)
	}
	return l
}}

// taken is one packet of a capture.
type taken struct {
	capture.Packet
	data    []byte
	place   int            // in the whole capture
	segment decode.Segment // what it holds; Hash is 0 where that is nothing
	from    netip.AddrPort
	to      netip.AddrPort
}

// found is a connection and what was concluded of it.
type found struct {
	record  conversation.Record
	verdict diagnosis.Verdict
}

// Settled implements conversation.Sink.
func (l *lane) Settled(r *conversation.Record) {
	l.openings[r.Opening.First] = r.AppendOpening(nil)
	l.tally.Add(r)
}

// EndSettled implements conversation.Sink.
func (l *lane) EndSettled(e *flow.Ending) { l.endings[e.Opened] = conversation.AppendEnding(nil, e) }

// Ended implements conversation.Sink.
func (l *lane) Ended(r *conversation.Record) {
	l.Settled(r)
	l.EndSettled(&r.Ending)
}

// load reads the packets of a capture.
func (l *lane) load(t *testing.T, name string, file []byte) (packets []taken) {
	t.Helper()
	c, err := capture.NewReader(name, bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for err == nil {
		l.block.Reset()
		err = c.Next(&l.block)
		for _, p := range l.block.Packets {
			packets = append(packets, taken{Packet: p, data: slices.Clone(l.block.Data[p.Offset:][:p.CapLen]), place: len(packets)})
		}
	}
	if !errors.Is(err, io.EOF) {
		t.Logf("%s: %v", name, err) // one of them is truncated
	}
	l.decode(packets)
	for _, list := range l.batch.Lists {
		for _, s := range list {
			p := &packets[s.Frame]
			p.segment = s
			p.from, p.to = s.Endpoints(l.batch.Arena)
		}
	}
	return packets
}

// decode makes one batch of packets.
func (l *lane) decode(packets []taken) {
	l.block.Reset()
	for i := range packets {
		p := packets[i].Packet
		p.Offset = uint32(len(l.block.Data))
		l.block.Data = append(l.block.Data, packets[i].data[:p.CapLen]...)
		l.block.Packets = append(l.block.Packets, p)
	}
	l.batch.Reset()
	l.decoder.Block(&l.block, &l.batch)
	whole := decode.NewDefragmenter()
	whole.Resolve(&l.block, &l.batch)
	whole.Close()
}

// run judges the connections of packets, in the order of their first ones.
func (l *lane) run(t *testing.T, packets []taken) []found {
	t.Helper()
	clear(l.openings)
	clear(l.endings)
	l.tally = diagnosis.NewTally()
	l.decode(packets)
	end := int64(0)
	for i := range packets {
		end = max(end, packets[i].Time)
	}
	var lookups [32]flow.Lookup
	for i, table := range l.tables {
		for group := range slices.Chunk(l.batch.Lists[i], len(lookups)) {
			table.LookUp(lookups[:len(group)], group, &l.batch)
			table.TakeAll(lookups[:len(group)], group, &l.batch, 1)
		}
		table.Flush(end, true)
	}
	firsts := make([]uint64, 0, len(l.openings))
	for first := range l.openings {
		firsts = append(firsts, first)
	}
	slices.Sort(firsts)
	var context diagnosis.Context
	all := make([]found, len(firsts))
	for i, first := range firsts {
		f := &all[i]
		if err := l.records.Decode(&f.record, first, l.openings[first], l.endings[first]); err != nil {
			t.Fatal(err)
		}
		l.tally.Context(&context, &f.record, diagnosis.Timeline{End: end}, false)
		f.verdict = diagnosis.Judge(&f.record, &context)
	}
	return all
}
