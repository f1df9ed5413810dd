package analysis

import (
	"context"
	"errors"
	"io"
	"math"
	"sync"
	"sync/atomic"

	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/excerpt"
)

// job is one block on its way: read, decoded, and dealt to the workers.
type job struct {
	block   capture.Block
	batch   decode.Batch
	frames  []uint64 // places of the packets that the filter kept; empty without one, unless other records have frame numbers too
	file    int      // index of its file
	ordinal uint64   // of the block's first frame
	count   int      // packets of the block before any filter
	first   int64    // time of the first packet
	last    int64    // time of the last packet
	end     int64    // what time it is after the last packet, 0 if there is none: see later
	leaps   []lull   // from packet to packet of the block, forward or back: see lulls
	decoded chan struct{}
	tick    int64 // what time it is, where a live source has no packets
	flush   bool  // a new capture point begins: no connection goes on
	flushAt int64
	pending atomic.Int32 // workers that have not finished with it
	// parts are the packets with the earlier fragments of a datagram, by the index of the packet with the last; filled
	// only where packets are held.
	parts map[uint32][]excerpt.Packet
}

// pipeline moves jobs from the files to the workers:
//
//	read and decode (several, in turn and in parallel) → sequence (in order) → workers (each owns its shards)
//
// Whoever reads a block decodes it, because then its bytes are still in the processor's cache.
type pipeline struct {
	config  *Config
	workers []*worker
	free    chan *job
	order   chan *job
	reading reading
	errs    []error // of reading, in order of the files; guarded by reading
	files   spans
	lines   spans
	lulls   lulls
	latest  int64 // time of the last packet placed
	skipped decode.Counts
	links   decode.Links // of the packets skipped for their link type
	decoded sync.WaitGroup
	mutex   sync.Mutex // guards skipped and links
	packets atomic.Uint64
	dropped atomic.Uint64 // by the filter
	taken   uint64        // packets towards Config.Packets
	// deadline is the packet time at which Config.Duration is over, once the first packet with a time was read.
	deadline int64
	enough   atomic.Bool // nobody wants the rest
	fence    fence
}

// reading is how far the captures have been read. Its mutex is held while a block is read.
type reading struct {
	sync.Mutex
	captures []Source
	file     int    // index of the one being read
	ordinal  uint64 // of the next frame
	over     bool   // nothing more is to be read, and order is closed
}

// run reads all captures and returns when every worker has seen the end.
func (p *pipeline) run(ctx context.Context, captures []Source) {
	blocks := inFlight(len(p.workers))
	p.free, p.order = make(chan *job, blocks), make(chan *job, blocks)
	p.reading.captures, p.reading.ordinal = captures, 1
	for range blocks {
		p.free <- &job{decoded: make(chan struct{}, 1)}
	}
	var workers, running sync.WaitGroup
	running.Add(len(p.workers))
	for _, w := range p.workers {
		w.jobs, w.fence = make(chan *job, blocks), &p.fence
		workers.Go(func() { w.run(p.free, &running) })
	}
	for range p.workers {
		p.decoded.Go(func() { p.read(ctx) })
	}
	p.sequence()
	workers.Wait()
	for range blocks {
		j := <-p.free
		j.block.Reset()
	}
}

// read reads and decodes blocks until there are no more.
func (p *pipeline) read(ctx context.Context) {
	d := decode.NewDecoder()
	defer p.fence.set()()
	for j := range p.free {
		more := false
		p.fence.within(func() { more = p.next(ctx, j) })
		if !more {
			p.halt()
			p.free <- j
			break
		}
		p.fence.within(func() { p.decode(d, j) })
		j.decoded <- struct{}{}
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.skipped.Add(d.Skipped())
	p.links.Add(d.UnknownLinks())
}

// next reads the next block of the captures, which are taken one after the other, and puts the job in its place in
// the order. It reports false where there is none. When the context has ended, what is left is what the capture being
// read still has to give: it ends with the context.
func (p *pipeline) next(ctx context.Context, j *job) bool {
	r := &p.reading
	r.Lock()
	defer r.Unlock()
	for ; !r.over && r.file < len(r.captures) && !p.enough.Load(); r.file++ {
		j.block.Reset()
		err := r.captures[r.file].Next(&j.block)
		if err == nil {
			p.enter(j)
			return true
		}
		ended := ctx.Err()
		if !errors.Is(err, io.EOF) && (ended == nil || !errors.Is(err, ended)) {
			p.errs = append(p.errs, err)
		}
		if ended != nil {
			break
		}
	}
	if !r.over && ctx.Err() != nil {
		p.errs = append(p.errs, ErrInterrupted)
	}
	p.stop()
	return false
}

// enter numbers the packets of a block that was read.
func (p *pipeline) enter(j *job) {
	r := &p.reading
	j.file, j.ordinal, j.tick = r.file, r.ordinal, 0
	frames := j.block.Frames()
	full := p.limit(j)
	if clock, ok := r.captures[r.file].(clock); ok && j.count == 0 {
		j.tick = clock.Now()
	}
	r.ordinal += frames
	p.packets.Add(uint64(j.count))
	p.order <- j
	if full {
		p.stop()
	}
}

// halt is stop for who does not read.
func (p *pipeline) halt() {
	p.reading.Lock()
	defer p.reading.Unlock()
	p.stop()
}

// stop ends reading.
func (p *pipeline) stop() {
	if !p.reading.over {
		p.reading.over = true
		close(p.order)
	}
}

// limit cuts the block where the configured time is over, or the number of packets reached, and reports whether that is
// the end. What is counted is packets that the filter selects, as in tcpdump.
func (p *pipeline) limit(j *job) (full bool) {
	full = p.overdue(j)
	j.count = len(j.block.Packets)
	if p.config.Packets == 0 {
		return full
	}
	j.span()
	j.count = p.filter(j, p.config.Packets-p.taken)
	p.taken += uint64(len(j.block.Packets))
	if full = full || p.taken == p.config.Packets; full {
		j.span()
	}
	return full
}

// overdue cuts the block where the configured time is over, and reports whether that is so.
func (p *pipeline) overdue(j *job) bool {
	d := int64(p.config.Duration)
	if d <= 0 {
		return false
	}
	for i, x := range j.block.Packets {
		if p.deadline == 0 && x.Time != 0 {
			p.deadline = x.Time + min(d, math.MaxInt64-max(x.Time, 0))
		}
		if x.Time > p.deadline {
			j.block.Packets = j.block.Packets[:i]
			return true
		}
	}
	return false
}

// decode decodes a block. What the filter does not select is part of the span all the same: where a file begins does not
// depend on it.
func (p *pipeline) decode(d *decode.Decoder, j *job) {
	if p.config.Packets == 0 {
		j.span()
		p.filter(j, math.MaxUint64)
	}
	j.batch.Reset()
	d.Block(&j.block, &j.batch)
}

// span notes the times that the block covers.
func (j *job) span() {
	packets := j.block.Packets
	j.leaps = j.leaps[:0]
	if len(packets) == 0 {
		j.end = 0
		return
	}
	t := packets[0].Time
	j.first = t
	for i := range packets {
		next := packets[i].Time
		if next < t || next-t >= leastLull {
			j.uneven()
			return
		}
		t = next
	}
	j.last, j.end = t, t
}

// uneven is span where a packet is earlier than the one before, or much later.
func (j *job) uneven() {
	t, end := j.first, j.first
	for i, p := range j.block.Packets {
		if leaps(t, p.Time) {
			j.leaps = append(j.leaps, lull{j.ordinal + uint64(i), t, p.Time})
		}
		t, end = p.Time, later(end, p.Time)
	}
	j.last, j.end = t, end
}

// sequence takes decoded jobs in order, rebuilds fragmented datagrams, decides where a new timeline begins, and
// deals the jobs to the workers. It returns when all is decoded.
func (p *pipeline) sequence() {
	whole := decode.NewDefragmenter()
	var held fragments
	defer p.fence.set()()
	for j := range p.order {
		<-j.decoded
		p.fence.within(func() { p.resolve(whole, &held, j) })
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
	whole.Close()
	p.decoded.Wait()
	p.skipped.Add(whole.Skipped())
}

// resolve rebuilds the datagrams that end in a block, and holds packets with fragments where packets are held.
func (p *pipeline) resolve(whole *decode.Defragmenter, held *fragments, j *job) {
	if p.config.Hold != HoldNothing {
		held.hold(j)
	}
	whole.Resolve(&j.block, &j.batch)
	if p.config.Hold != HoldNothing {
		held.join(j)
	}
}

// end is what time it is at the end of the last timeline.
func (p *pipeline) end() int64 {
	if len(p.lines) == 0 {
		return 0
	}
	return p.lines[len(p.lines)-1].end
}

// place enters the job into the spans of its file and its timeline. One of the files that a capture was rotated into continues the timeline
// of those before it, unless it begins before they ended; any other is another capture point.
func (p *pipeline) place(j *job) {
	j.flush = false
	if j.count == 0 {
		if n := len(p.lines); n > 0 {
			p.lines[n-1].end = max(p.lines[n-1].end, j.tick)
		}
		return
	}
	for len(p.files) <= j.file {
		if n := len(p.files); n > 0 && (j.first < p.end()-reordering || !rotated(p.reading.captures[n-1], p.reading.captures[n])) {
			j.flush, j.flushAt = true, p.end()
		}
		p.files = append(p.files, span{first: j.ordinal})
	}
	if len(p.lines) == 0 || j.flush {
		p.lines = append(p.lines, span{j.ordinal, j.end})
		p.latest = j.first
	}
	line := &p.lines[len(p.lines)-1]
	line.end = later(line.end, j.end)
	p.notice(j)
}

// notice enters the lulls before and in a job.
func (p *pipeline) notice(j *job) {
	if leaps(p.latest, j.first) {
		p.lulls.add(j.ordinal, p.latest, j.first)
	}
	for _, x := range j.leaps {
		p.lulls.add(x.next, x.began, x.ended)
	}
	p.latest = j.last
}
