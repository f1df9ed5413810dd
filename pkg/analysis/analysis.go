// Package analysis runs the whole way from captures to rows. It owns what is shared: the workers, the order of
// records, the tallies, and the second look in which every connection is judged by what the others did.
package analysis

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/excerpt"
	"github.com/sniscope/sniscope/pkg/flow"
)

// ErrInterrupted says that the context ended before the captures did.
var ErrInterrupted = errors.New("interrupted: the report covers what was read so far")

// ErrChanged says that somebody cut a capture short, or wrote to it, or that its disk failed, while it was looked at.
var ErrChanged = errors.New("a capture changed, or its disk failed, while it was looked at: it was read again, and the report covers what was found then")

// Config is what a run may be told.
type Config struct {
	Workers  int                                            // at least 1; nothing in the report depends on it
	Packets  uint64                                         // stop after this many, 0 for no limit
	Duration time.Duration                                  // stop after this much packet time, 0 for no limit
	Filter   func(packet *capture.Packet, data []byte) bool // nil keeps every packet
	Keep     func(row *Row) Scope                           // nil lists every row; called by several goroutines at once
	Named    func(r *conversation.Record) bool              // the user asked for this endpoint by name
	Hold     Hold                                           // of which connections Row.Packets is wanted
	NoPrints bool                                           // nobody wants the fingerprints of clients
	Hanging  *atomic.Int64                                  // where it is kept how many handshakes hang now; nil if nobody asks
}

// Result is what a run leaves besides its rows.
type Result struct {
	Packets  uint64
	Filtered uint64        // those of them that Config.Filter does not select
	Skipped  decode.Counts // packets that were not decoded, by reason
	Links    decode.Links  // packets among them whose link type is not decoded
	Flow     flow.Counts   // packets that belong to no connection, duplicates, evictions
	Problems []error       // what could not be read, in order of the files
	Warnings []error       // what went otherwise than planned without a loss
	Clipped  bool          // more endpoints than contrast is kept for: some verdicts had less to go by
	Lost     excerpt.Lost  // packets that were to be held and could not
}

// Source is where packets come from: a capture.Reader, or an interface.
type Source interface {
	// Name is how the report names it.
	Name() string
	// Next fills a block with the next packets. It returns io.EOF after the last, and another error where something
	// could not be read; a block without packets says that time goes by.
	Next(b *capture.Block) error
}

// clock is a Source that knows what time it is by its packets' clock when there are none.
type clock interface{ Now() int64 }

// Run analyses the captures in order of their first packets and hands every connection to sink. When ctx ends, so must
// the captures: no further one is read, and of the one being read what it still gives. An error means that the rows
// could not all be written; what could not be read is in Result.Problems.
func Run(ctx context.Context, config Config, captures []Source, sink Sink) (*Result, error) {
	captures = inOrder(captures)
	p, runs := collect(ctx, &config, captures, readInPlace(captures))
	fell := p.fence.fell.Load()
	if fell {
		closeAll(runs)
		readAgain(captures)
		p, runs = collect(ctx, &config, captures, false)
	}
	defer closeAll(runs)
	result := p.result()
	result.Warnings = warnings(fell, runs)
	l := &looker{config: &config, from: captures, files: p.files, lines: p.lines, lulls: p.lulls, tally: p.workers[0].tally, sink: sink}
	var sources []source
	for i, w := range p.workers {
		if i > 0 {
			l.tally.Merge(w.tally)
		}
		l.hellos += w.hellos
		sources = append(sources, runs[i].sources()...)
	}
	l.tally.Settle()
	l.tally.MatchCaptures()
	result.Clipped = l.tally.Clipped()
	m, err := newMerge(sources)
	if err != nil {
		return result, err
	}
	return result, l.look(m, config.Workers)
}

// collect reads the captures to their end, and returns what is known then, and the records of each worker.
func collect(ctx context.Context, config *Config, captures []Source, inPlace bool) (*pipeline, []run) {
	p := &pipeline{config: config, fence: fence{up: inPlace}}
	runs := make([]run, config.Workers)
	for i := range runs {
		runs[i].limit = maxMemory / config.Workers
		w := newWorker(i, config, &runs[i])
		if w.tally, w.several = diagnosis.NewTally(), len(captures) > 1; w.several {
			w.tally.CompareCaptures()
		}
		p.workers = append(p.workers, w)
	}
	p.run(ctx, captures)
	if slices.ContainsFunc(p.workers, func(w *worker) bool { return w.large }) {
		runtime.GC() // the tables are empty now: what judging needs is to take their place, not to come on top
	}
	return p, runs
}

// warnings says what went otherwise than planned.
func warnings(changed bool, runs []run) (all []error) {
	if changed {
		all = append(all, ErrChanged)
	}
	for i := range runs {
		if err := runs[i].noFile; err != nil {
			return append(all, fmt.Errorf("no temporary file, so everything stays in memory: %w", err))
		}
	}
	return all
}

// closeAll closes the temporary files.
func closeAll(runs []run) {
	for i := range runs {
		runs[i].close()
	}
}

func (p *pipeline) result() *Result {
	r := &Result{Packets: p.packets.Load(), Filtered: p.dropped.Load(), Skipped: p.skipped, Links: p.links, Problems: p.errs}
	for _, w := range p.workers {
		r.Flow.Add(w.counts())
		r.Lost.Add(w.lost())
	}
	return r
}
