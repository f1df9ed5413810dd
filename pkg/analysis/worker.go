package analysis

import (
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
)

// worker owns the shards s with s % number of workers == its index.
type worker struct {
	index   int
	jobs    chan *job
	tables  []*flow.Table // by shard / number of workers
	stride  int
	records run
	tally   *diagnosis.Tally
	end     int64 // set before jobs is closed: the capture's last packet time
}

func newWorker(index, workers int) *worker {
	w := &worker{index: index, stride: workers, tally: diagnosis.NewTally()}
	w.records.limit = maxMemory / workers
	handler, pool := conversation.NewHandler(w), flow.NewPool()
	for shard := index; shard < decode.Shards; shard += workers {
		w.tables = append(w.tables, pool.NewTable(handler, flow.DefaultLimits))
	}
	return w
}

// run takes jobs in order and gives each back when the last worker is done with it.
func (w *worker) run(free chan<- *job) {
	for j := range w.jobs {
		if j.flush {
			w.flush(j.flushAt)
		}
		if j.tick != 0 {
			w.tick(j.tick)
		}
		segments := j.batch.Lists[w.index]
		for i := range segments {
			s := &segments[i]
			t := w.tables[s.Shard()/w.stride]
			t.Segment(s, j.batch.Arena, j.batch.Encaps[s.Encap], j.ordinal+j.frame(s.Frame))
		}
		if j.pending.Add(-1) == 0 {
			free <- j
		}
	}
	w.flush(w.end)
}

func (w *worker) flush(now int64) {
	for _, t := range w.tables {
		t.Flush(now, true)
	}
}

// tick lets time pass where there are no packets.
func (w *worker) tick(now int64) {
	for _, t := range w.tables {
		t.Tick(now)
	}
}

// counts sums what the worker's tables left out.
func (w *worker) counts() (sum flow.Counts) {
	for _, t := range w.tables {
		sum.Add(t.Counts())
	}
	return sum
}

// Settled implements conversation.Sink.
func (w *worker) Settled(r *conversation.Record) {
	w.tally.Add(r)
	w.records.end(r.Opening.First<<1|partOpening, appendOpening(w.records.begin(), r))
}

// EndSettled implements conversation.Sink.
func (w *worker) EndSettled(e *flow.Ending) {
	w.records.end(e.Opened<<1|partEnding, conversation.AppendEnding(w.records.begin(), e))
}

// Ended implements conversation.Sink.
func (w *worker) Ended(r *conversation.Record) {
	w.Settled(r)
	w.EndSettled(&r.Ending)
}
