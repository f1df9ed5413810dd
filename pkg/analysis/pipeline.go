package analysis

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/decode"
)

// job is one block on its way: read, decoded, and dealt to the workers.
type job struct {
	block   capture.Block
	batch   decode.Batch
	frames  []uint32 // indices of the block's packets that the filter kept; used only under a filter
	file    int      // index of its file
	ordinal uint64   // of the block's first packet
	count   int      // packets of the block before any filter
	first   int64    // time of the first packet
	last    int64    // latest packet time
	decoded chan struct{}
	tick    int64 // what time it is, where a live source has no packets
	flush   bool  // a new capture point begins: no connection goes on
	flushAt int64
	pending atomic.Int32 // workers that have not finished with it
}

// pipeline moves jobs from the files to the workers:
//
//	read → decode (parallel, stateless) → sequence (in order) → workers (each owns its shards)
type pipeline struct {
	config  *Config
	workers []*worker
	free    chan *job
	decode  chan *job
	order   chan *job
	errs    []error // of reading, in order of the files; written by read only
	files   spans
	lines   spans
	skipped decode.Counts
	decoded sync.WaitGroup
	mutex   sync.Mutex // guards skipped
	packets atomic.Uint64
	taken   uint64 // packets towards Config.Packets
	// deadline is the packet time at which Config.Duration is over, once the first packet was read.
	deadline int64
}

// run reads all captures and returns when every worker has seen the end.
func (p *pipeline) run(ctx context.Context, captures []Source) {
	p.free = make(chan *job, blocksInFlight)
	p.decode, p.order = make(chan *job, blocksInFlight), make(chan *job, blocksInFlight)
	for range blocksInFlight {
		p.free <- &job{decoded: make(chan struct{}, 1)}
	}
	var workers sync.WaitGroup
	for _, w := range p.workers {
		w.jobs = make(chan *job, blocksInFlight)
		workers.Go(func() { w.run(p.free) })
	}
	for range p.workers {
		p.decoded.Go(p.decodeJobs)
	}
	go p.read(ctx, captures)
	p.sequence()
	p.decoded.Wait()
	workers.Wait()
}

// read fills jobs from the captures, one after the other.
func (p *pipeline) read(ctx context.Context, captures []Source) {
	defer close(p.order)
	defer close(p.decode)
	ordinal := uint64(1)
	for i, c := range captures {
		for ctx.Err() == nil {
			j := <-p.free
			j.block.Reset()
			err := c.Next(&j.block)
			if err != nil {
				p.free <- j
				if !errors.Is(err, io.EOF) {
					p.errs = append(p.errs, err)
				}
				break
			}
			j.file, j.ordinal, j.count = i, ordinal, len(j.block.Packets)
			j.tick = 0
			full := p.limit(j)
			if clock, ok := c.(clock); ok && j.count == 0 {
				j.tick = clock.Now()
			}
			ordinal += uint64(j.count)
			p.packets.Store(ordinal - 1)
			p.decode <- j
			p.order <- j
			if full {
				return
			}
		}
	}
	if ctx.Err() != nil {
		p.errs = append(p.errs, ErrInterrupted)
	}
}

// limit cuts the block where the configured number of packets, or time, is reached, and reports whether that is
// the end. What counts is packets that the filter selects, as in tcpdump.
func (p *pipeline) limit(j *job) (full bool) {
	if n := p.config.Packets; n > 0 {
		p.filter(j)
		if left := n - p.taken; uint64(len(j.block.Packets)) >= left {
			j.block.Packets, full = j.block.Packets[:left], true
		}
		p.taken += uint64(len(j.block.Packets))
	}
	packets := j.block.Packets
	if d := p.config.Duration; d > 0 && len(packets) > 0 {
		if p.deadline == 0 {
			p.deadline = packets[0].Time + int64(d)
		}
		late := func(x capture.Packet) bool { return x.Time > p.deadline }
		if i := slices.IndexFunc(packets, late); i >= 0 {
			j.block.Packets, full = packets[:i], true
		}
	}
	return full
}

// decodeJobs decodes blocks in any order.
func (p *pipeline) decodeJobs() {
	d := decode.NewDecoder()
	for j := range p.decode {
		j.span()
		if p.config.Packets == 0 {
			p.filter(j)
		}
		j.batch.Reset(len(p.workers))
		d.Block(&j.block, &j.batch)
		j.decoded <- struct{}{}
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.skipped.Add(d.Skipped())
}

// span notes the times that the block covers.
func (j *job) span() {
	packets := j.block.Packets
	if len(packets) == 0 {
		return
	}
	j.first, j.last = packets[0].Time, packets[0].Time
	for i := range packets {
		j.last = max(j.last, packets[i].Time)
	}
}

// sequence takes decoded jobs in order, rebuilds fragmented datagrams, decides where a new timeline begins, and
// deals the jobs to the workers.
func (p *pipeline) sequence() {
	fragments := decode.NewDefragmenter()
	for j := range p.order {
		<-j.decoded
		fragments.Resolve(&j.block, &j.batch)
		p.place(j)
		j.pending.Store(int32(len(p.workers)))
		for _, w := range p.workers {
			w.jobs <- j
		}
	}
	end := p.end()
	for _, w := range p.workers {
		w.end = end
		close(w.jobs)
	}
	fragments.Close()
	p.decoded.Wait()
	p.skipped.Add(fragments.Skipped())
}

// end is the latest packet time of the last timeline.
func (p *pipeline) end() int64 {
	if len(p.lines) == 0 {
		return 0
	}
	return p.lines[len(p.lines)-1].end
}

// place enters the job into the spans of its file and its timeline. A file that starts no earlier than all
// before it ended continues their timeline, as rotated captures do; any other is another capture point.
func (p *pipeline) place(j *job) {
	j.flush = false
	if j.count == 0 {
		if n := len(p.lines); n > 0 {
			p.lines[n-1].end = max(p.lines[n-1].end, j.tick)
		}
		return
	}
	for len(p.files) <= j.file {
		if n := len(p.files); n > 0 && j.file == n && j.first < p.end() {
			j.flush, j.flushAt = true, p.end()
		}
		p.files = append(p.files, span{j.ordinal, j.first, j.last})
	}
	if len(p.lines) == 0 || j.flush {
		p.lines = append(p.lines, span{j.ordinal, j.first, j.last})
	}
	for _, s := range []*span{&p.files[j.file], &p.lines[len(p.lines)-1]} {
		s.end = max(s.end, j.last)
	}
}
