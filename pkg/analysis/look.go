package analysis

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/excerpt"
)

// The second look: finished connections are merged into the order of their first packets, judged with what is
// known of all others, and rendered. Batches are judged and rendered in parallel and written in order.

// batch is a run of consecutive connections.
type batch struct {
	conn     uint64 // number of the first
	parts    []part
	bytes    []byte
	rows     []Row
	records  []conversation.Record
	verdicts []diagnosis.Verdict
	context  diagnosis.Context // of the connection being judged
	judging  diagnosis.Case    // that connection
	streams  [][]byte
	err      error
	rendered chan struct{}
}

// part locates one connection in batch.bytes.
type part struct {
	first     uint64 // ordinal of its first packet
	open, end [2]int // start and end of its parts
	packets   [2]int
	sameAs    uint64 // the hash to look it up by, until that is done
}

// looker holds what judging needs and does not change.
type looker struct {
	config *Config
	from   []Source
	files  spans
	lines  spans
	lulls  lulls
	tally  *diagnosis.Tally
	hellos int   // whole ClientHellos that there are
	lossy  int64 // until when the source of a live capture lost packets, 0 if it did not
	sink   Sink
}

// look judges and renders everything that m yields.
func (l *looker) look(m *merge, workers int) error {
	todo, order := make(chan *batch, workers), make(chan *batch, 2*workers)
	free := make(chan *batch, 3*workers)
	for range cap(free) {
		free <- &batch{rendered: make(chan struct{}, 1), streams: make([][]byte, l.sink.Streams())}
	}
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			decoder := new(conversation.Decoder)
			for b := range todo {
				b.err = l.judge(b, decoder)
				b.rendered <- struct{}{}
			}
		})
	}
	stop := make(chan struct{})
	var readErr error
	go func() {
		readErr = l.gather(m, free, todo, order, stop)
		close(todo)
		close(order)
	}()
	err := l.write(order, free, stop)
	wait.Wait()
	return errors.Join(readErr, err)
}

// gather fills batches from the merge.
func (l *looker) gather(m *merge, free <-chan *batch, todo, order chan<- *batch, stop <-chan struct{}) error {
	twins := newTwins(maxTwins, l.hellos)
	twins.captures = l.lines
	for conn := uint64(1); ; {
		var b *batch
		select {
		case b = <-free:
		case <-stop:
			return nil
		}
		b.conn, b.parts, b.bytes = conn, b.parts[:0], b.bytes[:0]
		err := b.fill(m)
		b.link(twins)
		conn += uint64(len(b.parts))
		if len(b.parts) > 0 {
			todo <- b
			order <- b
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// fill takes connections from the merge until the batch is full.
func (b *batch) fill(m *merge) error {
	for len(b.parts) < lookBatch && len(b.bytes) < lookBytes {
		key, err := b.fillPart(m)
		if err != nil {
			return err
		}
		p, packets := &b.parts[len(b.parts)-1], keyOf(key>>partBits, partPackets)
		p.packets = [2]int{len(b.bytes), len(b.bytes)}
		if next, ok := m.peek(); ok && next == packets {
			if err := b.fillPackets(m, next); err != nil {
				return err
			}
			p.packets[1] = len(b.bytes)
		}
	}
	return nil
}

// fillPart takes the opening and the ending of a connection from the merge, which are one part or two.
func (b *batch) fillPart(m *merge) (key uint64, err error) {
	begin := len(b.bytes)
	key, bytes, err := m.next(b.bytes)
	if err != nil {
		return 0, err
	}
	first := key >> partBits
	open, end, ok := len(bytes), 0, false
	switch key & partMask {
	case partWhole:
		open, end, ok = cutWhole(bytes[begin:])
		open, end = begin+open, begin+end
	case partOpening:
		if next, more := m.peek(); more && next == keyOf(first, partEnding) {
			if _, bytes, err = m.next(bytes); err != nil {
				return 0, err
			}
			end, ok = len(bytes), true
		}
	}
	if !ok {
		return 0, fmt.Errorf("analysis: connection of packet %d lacks a part", first)
	}
	b.bytes = bytes
	b.parts = append(b.parts, part{first: first, open: [2]int{begin, open}, end: [2]int{open, end}})
	return key, nil
}

// link finds the twins of the connections of the batch. All are looked up before the first is: what is known of them lies
// scattered, and the processor waits for all of it at the same time.
func (b *batch) link(twins *twins) {
	for i := range b.parts {
		p := &b.parts[i]
		p.sameAs = binary.LittleEndian.Uint64(b.bytes[p.open[0]:])
		p.open[0] += twinLen
		twins.touch(p.sameAs)
	}
	for i := range b.parts {
		p, conn := &b.parts[i], b.conn+uint64(i)
		twins.enter(conn, p.first)
		p.sameAs = twins.link(p.sameAs, conn)
	}
}

// fillPackets takes the packets of a connection from the merge.
func (b *batch) fillPackets(m *merge, key uint64) (err error) {
	off, parts := len(b.bytes), 0
	for next, ok := m.peek(); err == nil && ok && next == key; next, ok = m.peek() {
		_, b.bytes, err = m.next(b.bytes)
		parts++
	}
	if parts > 1 {
		excerpt.Packets(b.bytes[off:]).Sort()
	}
	return err
}

// judge decodes a batch, judges it and renders it, each of which is so much code that to do all three with one row after
// the other would fetch it again for every row.
func (l *looker) judge(b *batch, decoder *conversation.Decoder) error {
	l.clear(b)
	for i := range b.parts {
		if err := b.decode(decoder, i); err != nil {
			return err
		}
	}
	b.rows = b.rows[:len(b.parts)]
	for i := range b.rows {
		l.row(b, i)
	}
	l.render(b)
	return nil
}

// decode decodes a record of the batch, and begins its row.
func (b *batch) decode(decoder *conversation.Decoder, i int) error {
	p, row := &b.parts[i], &b.rows[:i+1][i]
	row.Conn, row.SameAs, row.Packets = b.conn+uint64(i), p.sameAs, b.bytes[p.packets[0]:p.packets[1]]
	return decodeRecord(decoder, &b.records[i], p.first, b.bytes[p.open[0]:p.open[1]], b.bytes[p.end[0]:p.end[1]])
}

// decodeRecord reads the record of the connection whose first packet has that ordinal.
func decodeRecord(d *conversation.Decoder, r *conversation.Record, first uint64, open, end []byte) error {
	if err := d.Decode(r, first, open, end); err != nil {
		return fmt.Errorf("analysis: connection of packet %d: %w", first, err)
	}
	return nil
}

// row judges a record of the batch, fills in its row, and writes the sentences of one that is listed.
func (l *looker) row(b *batch, i int) {
	r, row := &b.records[i], &b.rows[i]
	l.contextOf(&b.context, r)
	b.judging.Judge(r, &b.context, row.Verdict)
	file := l.files.find(r.Opening.First)
	row.Capture, row.Home = l.from[file].Name(), l.files.ordinals(file)
	row.Scope = Listed
	if l.config.Keep != nil {
		row.Scope = l.config.Keep(row)
	}
	if row.Scope == Listed {
		b.judging.Explain(row.Verdict)
	}
}

// clear makes room for the rows of a batch. What a row points to is the same whatever connection it is of.
func (l *looker) clear(b *batch) {
	if b.records == nil {
		b.records = make([]conversation.Record, lookBatch)
		b.verdicts = make([]diagnosis.Verdict, lookBatch)
		b.rows = make([]Row, lookBatch)
		for i := range b.rows {
			b.rows[i] = Row{Locate: l.locate, File: l.file, Interface: l.iface, Record: &b.records[i], Verdict: &b.verdicts[i]}
		}
	}
	b.rows = b.rows[:0]
	for i := range b.streams {
		b.streams[i] = b.streams[i][:0]
	}
}

// render writes the rows of a batch that are listed.
func (l *looker) render(b *batch) {
	for i := range b.streams {
		for k := range b.rows {
			if row := &b.rows[k]; row.Scope == Listed {
				b.streams[i] = l.sink.Append(i, b.streams[i], row)
			}
		}
	}
}

// contextOf writes what a connection is judged with besides itself into c.
func (l *looker) contextOf(c *diagnosis.Context, r *conversation.Record) {
	named := l.config.Named != nil && l.config.Named(r)
	l.tally.Context(c, r, l.timeline(r), named)
	c.Lossy = l.lossy != 0 && r.Ending.End <= l.lossy
	for side := range c.Elsewhere {
		if e := &c.Elsewhere[side]; e.First != 0 {
			e.End = l.lines.endOf(e.First)
		}
	}
}

// timeline is where and up to when a connection was captured: to the end of the capture, or to where that begins to have no packet at all.
func (l *looker) timeline(r *conversation.Record) diagnosis.Timeline {
	line := l.lines.find(r.Opening.First)
	on := diagnosis.Timeline{Capture: line, End: l.lines[line].end}
	if len(l.lulls) == 0 || !r.Timed() {
		return on
	}
	if x := l.lulls.behind(r.Opening.First, r.Ending.End, l.lines.ordinals(line).Limit); x.next != 0 {
		on.End, on.Lull = x.began, time.Duration(x.ended-x.began)
	}
	return on
}

// iface implements Row.Interface.
func (l *looker) iface(file, number int) (i capture.Interface) {
	if d, ok := l.from[file].(describer); ok {
		i, _ = d.Interface(number)
	}
	return i
}

// describer is a Source that knows its interfaces.
type describer interface {
	Interface(number int) (capture.Interface, bool)
}

// file implements Row.File.
func (l *looker) file(place int) string { return l.from[place-1].Name() }

// locate implements Row.Locate.
func (l *looker) locate(ordinal uint64) (file int, frame uint64) {
	i := l.files.find(ordinal)
	if i < 0 {
		return 0, 0
	}
	return i + 1, ordinal - l.files[i].first + 1
}

// write hands batches on in order and gives them back.
func (l *looker) write(order <-chan *batch, free chan<- *batch, stop chan<- struct{}) (err error) {
	for b := range order {
		<-b.rendered
		if err == nil {
			if err = l.writeBatch(b); err != nil {
				close(stop)
			}
		}
		free <- b
	}
	return err
}

func (l *looker) writeBatch(b *batch) error {
	if b.err != nil {
		return b.err
	}
	for i := range b.rows {
		l.sink.Collect(&b.rows[i])
	}
	for i, bytes := range b.streams {
		if err := l.sink.Write(i, bytes); err != nil {
			return err
		}
	}
	return nil
}
