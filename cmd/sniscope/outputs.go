package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/report"
)

// rowWriter is a format that is written connection by connection.
type rowWriter interface {
	AppendRow(dst []byte, row *report.Row) []byte
	Write(rows []byte) error
	Close() error
}

// pageWriter is a format that is written at the end, as a page to read.
type pageWriter interface {
	Add(row *report.Row)
	Close(s *report.Summary) error
}

// stream is a format of rows and where it goes. Once writing failed, the others go on without it.
type stream struct {
	rowWriter
	to  destination
	err error
}

// outputs are everything that a run writes. It implements analysis.Sink.
type outputs struct {
	mutex   sync.Mutex // held while rows are taken, so that the summary can be asked for meanwhile
	live    bool       // rows are written as connections end, and files under their own names
	found   uint64     // connections that have a finding, and seen, all
	seen    uint64
	streams []*stream
	prints  bool       // one of them has the fingerprints
	page    pageWriter // nil when the report is a stream
	pageTo  destination
	kept    *kept
	summary *report.Summary
	listed  report.Options // which connections the report lists
	fails   *failOn
	begin   func()      // called before each row: the progress bar makes room
	failed  func(error) // called when one of several outputs can no longer be written
}

// newOutputs opens what the flags ask for, but for -w. No output may replace one of the captures that are read.
func newOutputs(ctx context.Context, f *flags, stdin io.Reader, stdout io.Writer, fails *failOn, captures []string) (*outputs, error) {
	if err := cmp.Or(checkTargets(f, captures, stdin, stdout), f.checkReplaced()); err != nil {
		return nil, err
	}
	o := &outputs{summary: report.NewSummary(len(captures) > 1), fails: fails, live: f.device != "", begin: func() {}, failed: func(error) {}}
	err := o.openReport(ctx, f, stdout)
	if err == nil && f.csv != "" {
		err = o.export(ctx, f.csv, stdout, func(w io.Writer) rowWriter { return report.NewCSV(w) })
	}
	if err == nil && f.jsonl != "" {
		err = o.export(ctx, f.jsonl, stdout, func(w io.Writer) rowWriter { return report.NewJSONLines(w) })
	}
	if err != nil {
		o.discard()
		return nil, err
	}
	return o, nil
}

// keep begins what -w asks for.
func (o *outputs) keep(ctx context.Context, f *flags, stdout io.Writer) (err error) {
	if o.kept, err = newKept(ctx, f, stdout); err != nil {
		o.discard()
	}
	return err
}

// openReport opens the report itself.
func (o *outputs) openReport(ctx context.Context, f *flags, stdout io.Writer) error {
	to, err := newDestination(ctx, cmp.Or(f.output, "-"), o.live, stdout)
	if err != nil {
		return err
	}
	options := report.Options{All: f.all, Every: len(f.only) > 0}
	o.listed = options
	switch f.format {
	case "csv":
		o.addRecords(report.NewCSV(to), to)
	case "jsonl":
		o.addRecords(report.NewJSONLines(to), to)
	case "json":
		o.addRecords(report.NewJSON(to), to)
	case "markdown":
		o.page, o.pageTo = report.NewMarkdown(to, options), to
	default:
		options.Width = terminalWidth(stdout)
		options.Color = f.color == "always" || f.color == "auto" && f.output == "" && showsColor(stdout)
		if options.Streamed = o.live; o.live {
			o.add(report.NewStream(to, options), uncounted{to})
		}
		o.page, o.pageTo = report.NewTable(to, options), to
	}
	return nil
}

// export opens a file that is written besides the report.
func (o *outputs) export(ctx context.Context, name string, stdout io.Writer, format func(io.Writer) rowWriter) error {
	t, err := newDestination(ctx, name, o.live, stdout)
	if err == nil {
		o.addRecords(format(t), t)
	}
	return err
}

// addRecords adds a format that has every column.
func (o *outputs) addRecords(w rowWriter, to destination) {
	o.prints = true
	o.add(w, to)
}

func (o *outputs) add(w rowWriter, to destination) {
	o.streams = append(o.streams, &stream{rowWriter: w, to: to})
}

// Streams implements analysis.Sink.
func (o *outputs) Streams() int { return len(o.streams) }

// Append implements analysis.Sink.
func (o *outputs) Append(i int, dst []byte, row *analysis.Row) []byte {
	return o.streams[i].AppendRow(dst, row)
}

// errIdle ends a run early. Why is in the streams.
var errIdle = errors.New("no output is left")

// Write implements analysis.Sink.
func (o *outputs) Write(i int, b []byte) error {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.begin()
	s := o.streams[i]
	if s.err == nil {
		s.err = s.Write(b)
		o.lose(s.err)
	}
	if s.err != nil && o.idle() {
		return errIdle
	}
	return nil
}

// lose says that an output could not be written, if there are others for which the run goes on: its end may be weeks away.
func (o *outputs) lose(err error) {
	if err != nil && !o.idle() {
		o.failed(err)
	}
}

// interject has something said between rows.
func (o *outputs) interject(say func()) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.begin()
	say()
}

// idle reports whether no output is left, and no question to answer.
func (o *outputs) idle() bool {
	for _, s := range o.streams {
		if s.err == nil {
			return false
		}
	}
	return (o.page == nil || o.live) && !o.fails.asked() && (o.kept == nil || o.kept.err != nil)
}

// Collect implements analysis.Sink.
func (o *outputs) Collect(row *analysis.Row) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.begin()
	o.seen++
	if row.Scope != analysis.Apart {
		o.fails.see(row) // what is only counted as well: not-tls
	}
	if row.Scope == analysis.Listed && row.Verdict.Severity.IsFinding() {
		o.found++
	}
	o.lose(o.kept.collect(row))
	if o.page != nil || o.live {
		o.summary.Add(row)
	}
	if o.page != nil {
		o.page.Add(row)
	}
}

// summarize writes the summary of what there was so far in that many packets.
func (o *outputs) summarize(w io.Writer, width int, packets uint64) error {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.summary.Packets = packets
	options := o.listed
	options.Width, options.Streamed = width, true
	return report.NewTable(w, options).Close(o.summary)
}

// conclude finishes the outputs, unless the run failed with err, and returns the exit code.
func (o *outputs) conclude(result *analysis.Result, err error, say *messages) (code int) {
	if err != nil && !errors.Is(err, errIdle) {
		o.discard()
		return say.exit(err)
	}
	for _, failure := range o.finish(result) {
		code = max(code, say.exit(failure))
	}
	return max(code, say.exit(o.kept.finish(result.Lost, say)))
}

// finish writes what comes at the end, puts the files in their places, and returns what could not be written, each once: the
// rows of a live capture go where its summary goes.
func (o *outputs) finish(result *analysis.Result) (failures []error) {
	if o.page != nil {
		describe(result, o.summary)
		failures = append(failures, settle(o.page.Close(o.summary), o.pageTo))
	}
	for _, s := range o.streams {
		if s.err == nil {
			s.err = s.Close()
		}
		failures = append(failures, settle(s.err, s.to))
	}
	failures = slices.DeleteFunc(failures, func(err error) bool { return err == nil })
	return slices.CompactFunc(failures, func(a, b error) bool { return errorText(a) == errorText(b) })
}

// settle makes what was written count, unless writing failed.
func settle(err error, to destination) error {
	if err != nil {
		to.discard()
		return err
	}
	return to.commit()
}

// discard removes the files.
func (o *outputs) discard() {
	if o.pageTo != nil {
		o.pageTo.discard()
	}
	for _, s := range o.streams {
		s.to.discard()
	}
	o.kept.discard()
}
