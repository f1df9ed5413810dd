package analysis

import (
	"encoding/binary"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/excerpt"
	"github.com/sniscope/sniscope/pkg/flow"
)

// desk judges the connections of a live capture in the order in which they end, each by what the others did lately.
// What it remembers is bounded, however long it runs.
type desk struct {
	*looker
	window  window
	decoder conversation.Decoder
	sorter  sorter
	chunks  chan *chunk // from the workers
	free    chan *chunk
	taken   []*chunk // at a time
	put     *chunk   // aside, as it is of a later time
	open    openings
	twins   *twins
	conn    uint64       // number of the last one
	batch   batch        // of one row at a time; its streams are those of a chunk
	lost    excerpt.Lost // packets of connections that were reported before these came
	enough  func()       // ends the capture
	err     error        // of the sink
}

func newDesk(config *Config, source Source, sink Sink) *desk {
	d := &desk{chunks: make(chan *chunk, 2*config.Workers), free: make(chan *chunk, 4*config.Workers), twins: newTwins(maxLiveTwins, 0)}
	d.looker = &looker{config: config, from: []Source{source}, files: spans{{first: 1}}, lines: spans{{first: 1}}, sink: sink}
	d.open = openings{known: make(map[uint64][]byte), limit: maxOpen}
	d.batch.streams = make([][]byte, sink.Streams())
	return d
}

// lossySource is a Source that knows until when it lost packets, 0 if it lost none.
type lossySource interface{ DroppedUntil() int64 }

// run takes chunks until there are no more.
func (d *desk) run() {
	for c, ok := d.following(); ok; c, ok = d.following() {
		together := d.together(c)
		if d.err == nil {
			if d.err = d.take(together); d.err != nil {
				d.enough()
			}
		}
		for _, c := range together {
			c.empty()
			select {
			case d.free <- c:
			default:
			}
		}
	}
}

// following is the next chunk, ok while there is one.
func (d *desk) following() (c *chunk, ok bool) {
	if c, d.put = d.put, nil; c != nil {
		return c, true
	}
	c, ok = <-d.chunks
	return c, ok
}

// together returns a chunk and those of the same time that come with it: each worker has its own of the connections that ended in a
// block.
func (d *desk) together(c *chunk) []*chunk {
	all, rest := append(d.taken[:0], c), time.After(deskPause)
	for open := true; open && len(all) < cap(d.chunks); {
		select {
		case next, ok := <-d.chunks:
			switch {
			case !ok:
				open = false
			case next.now-c.now < int64(time.Second):
				all = append(all, next)
			default:
				d.put, open = next, false
			}
		case <-rest:
			open = false
		}
	}
	d.taken = all
	return all
}

// take judges what ended in some chunks, and writes it.
func (d *desk) take(chunks []*chunk) error {
	line := &d.lines[0]
	for _, c := range chunks {
		c.entries = d.sorter.sort(c.entries) // connections that ended in one block, in the order in which they began
		line.end = later(line.end, c.now)
	}
	if s, ok := d.from[0].(lossySource); ok {
		d.lossy = s.DroppedUntil()
	}
	d.window.at(line.end)
	d.tally = d.window.older
	d.clear(&d.batch)
	for _, c := range chunks {
		if err := d.countWhole(c); err != nil {
			return err
		}
	}
	for _, c := range chunks {
		for len(c.entries) > 0 {
			if err := d.next(c); err != nil {
				return err
			}
		}
	}
	for i, b := range d.batch.streams {
		if len(b) == 0 {
			continue
		}
		if err := d.sink.Write(i, b); err != nil {
			return err
		}
	}
	return nil
}

// countWhole lets the connections count that a chunk has whole, before the first of them is judged: why a gateway closes one is what
// became of another that it began later.
func (d *desk) countWhole(c *chunk) error {
	var r conversation.Record
	for _, e := range c.entries {
		if e.key&partMask != partWhole {
			continue
		}
		first, whole := e.key>>partBits, c.data[e.off:e.off+e.len]
		from, to, ok := cutWhole(whole)
		if !ok {
			continue
		}
		if err := decodeRecord(&d.decoder, &r, first, whole[twinLen:from], whole[from:to]); err != nil {
			return err
		}
		d.count(&r)
	}
	return nil
}

// next takes the parts of the chunk that are about its next connection.
func (d *desk) next(c *chunk) error {
	first := c.entries[0].key >> partBits
	whole := c.part(keyOf(first, partWhole))
	open := c.part(keyOf(first, partOpening))
	end := c.part(keyOf(first, partEnding))
	packets := c.part(keyOf(first, partPackets))
	counted := false
	if from, to, ok := cutWhole(whole); ok {
		open, end, counted = whole[:from], whole[from:to], true
	}
	if end == nil {
		return d.settled(first, open)
	}
	if open == nil {
		if open, counted = d.open.take(first), true; open == nil { // it was reported without its end
			if len(packets) > 0 {
				d.lost.Connections++
			}
			return nil
		}
	}
	return d.finish(first, open, end, packets, !counted)
}

// part returns the next part if it has the given key, and takes it out of the chunk.
func (c *chunk) part(key uint64) []byte {
	if len(c.entries) == 0 || c.entries[0].key != key {
		return nil
	}
	e := c.entries[0]
	c.entries = c.entries[1:]
	return c.data[e.off : e.off+e.len]
}

// settled counts a connection whose handshake is settled, and remembers it until it is over.
func (d *desk) settled(first uint64, open []byte) error {
	var r conversation.Record
	if err := decodeRecord(&d.decoder, &r, first, open[twinLen:], endless(first, 0)); err != nil {
		return err
	}
	d.count(&r)
	d.open.put(first, open)
	for d.open.held > d.open.limit {
		first, open, ok := d.open.oldest()
		if !ok {
			break
		}
		if err := d.finish(first, open, endless(first, flow.IncompleteLimit), nil, false); err != nil {
			return err
		}
	}
	return nil
}

// endless is the ending of a connection of which nothing more is known.
func endless(first uint64, why flow.Incomplete) []byte {
	return conversation.AppendEnding(nil, &flow.Ending{Opened: first, Incomplete: why, Settled: true})
}

// count lets a connection count in judging others.
func (d *desk) count(r *conversation.Record) {
	d.window.older.Add(r)
	d.window.younger.Add(r)
}

// finish judges a connection and renders its row.
func (d *desk) finish(first uint64, open, end, packets []byte, fresh bool) error {
	b := &d.batch
	r := &b.records[0]
	if err := decodeRecord(&d.decoder, r, first, open[twinLen:], end); err != nil {
		return err
	}
	if fresh {
		d.count(r)
	}
	if r.Ending.End == 0 { // reported without its end: what is known is its handshake
		r.Ending.End = max(r.Start, r.Sides[flow.Client].LastData.Time, r.Sides[flow.Server].LastData.Time)
	}
	d.conn++
	b.rows = b.rows[:1]
	row := &b.rows[0]
	row.Conn, row.SameAs, row.Packets = d.conn, d.twins.link(binary.LittleEndian.Uint64(open), d.conn), packets
	d.row(b, 0)
	d.render(b)
	d.sink.Collect(row)
	return nil
}
