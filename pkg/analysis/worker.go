package analysis

import (
	"runtime"
	"slices"
	"sync"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/excerpt"
	"github.com/sniscope/sniscope/pkg/flow"
)

// worker owns the shards s with s % number of workers == its index.
type worker struct {
	index   int
	jobs    chan *job
	tables  []*flow.Table         // by shard / number of workers
	follows []*conversation.Shard // like tables
	stride  int
	records records
	tally   *diagnosis.Tally // nil where the desk has it
	several bool             // captures, in which connections without a hello may come again
	hellos  int              // whole ClientHellos
	end     int64            // set before jobs is closed: what time it is at the end of the last timeline
	large   bool             // its tables were, at the end of some capture
	hold    Hold
	shelves []*excerpt.Shelf // like tables
	shelf   *excerpt.Shelf   // of the table that is at work, nil if no packets are held
	lookups [lookAhead]flow.Lookup
	fence   *fence
	hanging hanging
}

// records is where a worker puts the parts of finished connections.
type records interface {
	// begin returns the bytes to append a part to; end takes them back, under the part's key.
	begin() []byte
	end(key uint64, b []byte)
	// over says that the last part of a connection was put; pass, what packet time it is.
	over()
	pass(now int64)
}

func newWorker(index int, config *Config, to records) *worker {
	w := &worker{index: index, stride: config.Workers, records: to, hold: config.Hold, hanging: hanging{sum: config.Hanging}}
	handler, pool := conversation.NewHandler(w), flow.NewPool()
	if config.NoPrints {
		handler.LeaveOutPrints()
	}
	for shard := index; shard < decode.Shards; shard += w.stride {
		follows := handler.Shard()
		w.follows = append(w.follows, follows)
		w.tables = append(w.tables, pool.NewTable(follows, flow.DefaultLimits))
		if w.hold != HoldNothing {
			w.shelves = append(w.shelves, excerpt.NewShelf(decode.Shards, w.overflow()))
		}
	}
	return w
}

// run takes jobs in order and gives each back when the last worker is done with it. Connections that are open at the end
// are ended when no worker has a job left: live, each is judged by what the others did until then.
func (w *worker) run(free chan<- *job, running *sync.WaitGroup) {
	defer w.fence.set()()
	for j := range w.jobs {
		now := max(j.end, j.tick) // one of which is 0
		w.fence.within(func() { w.job(j) })
		if j.pending.Add(-1) == 0 {
			free <- j
		}
		w.records.pass(now)
		w.hanging.count(w.tables, now)
	}
	running.Done()
	running.Wait()
	w.fence.within(func() { w.flush(w.end, w.index == 0) })
	w.records.pass(w.end)
}

// job takes the segments of a job, one shard's after the other's: what is known of a shard's connections then stays in the
// processor's first cache meanwhile.
func (w *worker) job(j *job) {
	if j.flush {
		w.flush(j.flushAt, false)
		w.tally.NextCapture()
	}
	if j.tick != 0 {
		w.tick(j.tick)
	}
	for i, t := range w.tables {
		w.turnTo(i)
		for group := range slices.Chunk(j.batch.Lists[w.index+i*w.stride], lookAhead) {
			w.take(j, t, group)
		}
	}
}

// take gives segments to their table, all of which are looked up first.
func (w *worker) take(j *job, t *flow.Table, group []decode.Segment) {
	lookups := w.lookups[:len(group)]
	t.LookUp(lookups, group, &j.batch)
	if w.shelf == nil && len(j.frames) == 0 {
		t.TakeAll(lookups, group, &j.batch, j.ordinal)
		return
	}
	for i := range group {
		s := &group[i]
		ordinal := j.ordinal + j.frame(s.Frame)
		if first := t.Take(&lookups[i], s, &j.batch, ordinal); w.shelf != nil && first != 0 {
			w.put(first, j, s, ordinal)
		}
	}
}

// flush ends all connections. At the end of a capture of very many, it may collect what the first tables held in between.
func (w *worker) flush(now int64, collect bool) {
	large := w.stride*w.entries() > manyEntries
	w.large = w.large || large
	for i, t := range w.tables {
		w.turnTo(i)
		t.Flush(now, true)
		if collect && large && i == len(w.tables)/collectAfter {
			runtime.GC() // the endings of the others are to take the place of these, not to come on top
		}
	}
}

// entries is for how many connections there is room in the worker's tables.
func (w *worker) entries() (sum int) {
	for _, t := range w.tables {
		sum += t.Entries()
	}
	return sum
}

// tick lets time pass where there are no packets.
func (w *worker) tick(now int64) {
	for i, t := range w.tables {
		w.turnTo(i)
		t.Tick(now)
	}
}

// counts sums what the worker's tables left out.
func (w *worker) counts() (sum flow.Counts) {
	for i, t := range w.tables {
		sum.Add(t.Counts())
		sum.Add(w.follows[i].Counts())
	}
	return sum
}

// Settled implements conversation.Sink.
func (w *worker) Settled(r *conversation.Record) {
	w.records.end(keyOf(r.Opening.First, partOpening), appendOpening(w.records.begin(), r, w.twin(r)))
	w.learn(r)
}

// EndSettled implements conversation.Sink.
func (w *worker) EndSettled(e *flow.Ending) {
	w.records.end(keyOf(e.Opened, partEnding), conversation.AppendEnding(w.records.begin(), e))
	w.over(e.Opened)
}

// Ended implements conversation.Sink.
func (w *worker) Ended(r *conversation.Record) {
	w.records.end(keyOf(r.Opening.First, partWhole), appendWhole(w.records.begin(), r, w.twin(r)))
	w.learn(r)
	w.over(r.Opening.First)
}

// twin is the hash by which a connection is found again.
func (w *worker) twin(r *conversation.Record) uint64 {
	if h := twinHash(r); h != 0 || !w.several {
		return h
	}
	return attemptHash(r)
}

// learn lets a connection whose part was put count in judging others, and drops its packets if they will not be wanted.
func (w *worker) learn(r *conversation.Record) {
	if w.tally != nil {
		w.tally.Add(r)
	}
	if r.Hello.State == conversation.HelloComplete {
		w.hellos++
	}
	if w.shelf != nil && w.hold == HoldSuspects && r.Established && !suspect(r) {
		w.shelf.Drop(r.Opening.First)
	}
}

// over puts the packets of a connection that is over where its other parts are.
func (w *worker) over(first uint64) {
	if w.shelf != nil {
		if held := w.shelf.Take(first); len(held) > 0 {
			w.spool(first, held)
		}
	}
	w.records.over()
}
