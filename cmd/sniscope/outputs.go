package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

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

// outputs are everything that a run writes. It implements analysis.Sink.
type outputs struct {
	rows    []rowWriter
	page    pageWriter // nil when standard output gets rows
	summary *report.Summary
	fails   *failOn
	files   []*target
}

// newOutputs opens what the flags ask for.
func newOutputs(f *flags, stdout io.Writer, fails *failOn) (*outputs, error) {
	o := &outputs{summary: report.NewSummary(), fails: fails}
	main, err := o.open(f.output, stdout)
	if err != nil {
		return nil, err
	}
	o.format(f, main, stdout)
	for _, export := range []struct {
		name string
		make func(io.Writer) rowWriter
	}{
		{f.csv, func(w io.Writer) rowWriter { return report.NewCSV(w) }},
		{f.jsonl, func(w io.Writer) rowWriter { return report.NewJSONLines(w) }},
	} {
		if export.name == "" {
			continue
		}
		w, err := o.open(export.name, stdout)
		if err != nil {
			o.discard()
			return nil, err
		}
		o.rows = append(o.rows, export.make(w))
	}
	return o, nil
}

// format makes the writer of the report itself.
func (o *outputs) format(f *flags, w io.Writer, stdout io.Writer) {
	options := report.Options{All: f.all, Every: len(f.only) > 0}
	switch f.format {
	case "csv":
		o.rows = append(o.rows, report.NewCSV(w))
	case "jsonl":
		o.rows = append(o.rows, report.NewJSONLines(w))
	case "json":
		o.rows = append(o.rows, report.NewJSON(w))
	case "markdown":
		o.page = report.NewMarkdown(w, options)
	default:
		options.Width = terminalWidth(stdout)
		options.Color = f.output == "" && useColor(f.color, stdout)
		o.page = report.NewTable(w, options)
	}
}

// Streams implements analysis.Sink.
func (o *outputs) Streams() int { return len(o.rows) }

// Append implements analysis.Sink.
func (o *outputs) Append(stream int, dst []byte, row *analysis.Row) []byte {
	return o.rows[stream].AppendRow(dst, row)
}

// Write implements analysis.Sink.
func (o *outputs) Write(stream int, b []byte) error { return o.rows[stream].Write(b) }

// Collect implements analysis.Sink.
func (o *outputs) Collect(row *analysis.Row) {
	if row.Listed {
		o.fails.see(row)
	}
	if o.page != nil {
		o.summary.Add(row)
		o.page.Add(row)
	}
}

// finish writes what comes at the end and puts the files in their places.
func (o *outputs) finish(result *analysis.Result, any bool) error {
	var errs []error
	if o.page != nil && any {
		describe(result, o.summary)
		errs = append(errs, o.page.Close(o.summary))
	}
	for _, w := range o.rows {
		errs = append(errs, w.Close())
	}
	for _, t := range o.files {
		errs = append(errs, t.commit())
	}
	o.files = nil
	return errors.Join(errs...)
}

// discard removes the files that were not finished.
func (o *outputs) discard() {
	for _, t := range o.files {
		t.discard()
	}
}

// open returns the writer for a name: standard output for "" and "-".
func (o *outputs) open(name string, stdout io.Writer) (io.Writer, error) {
	if name == "" || name == "-" {
		return stdout, nil
	}
	t, err := newTarget(name)
	if err != nil {
		return nil, err
	}
	o.files = append(o.files, t)
	return t.w, nil
}

// target is a file that appears under its name only when it is whole.
type target struct {
	name string
	file *os.File
	w    *bufio.Writer
	temp bool // written under another name, to be renamed
}

// newTarget begins a file. What is not a regular file, such as a pipe or /dev/null, is written directly.
func newTarget(name string) (*target, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &target{name: name, file: f, w: bufio.NewWriterSize(f, 1<<16)}, nil
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", name, err)
	}
	return &target{name: name, file: f, w: bufio.NewWriterSize(f, 1<<16), temp: true}, nil
}

// commit makes the file appear under its name.
func (t *target) commit() error {
	err := t.w.Flush()
	if err == nil && t.temp {
		err = t.file.Chmod(0o644)
	}
	if closeErr := t.file.Close(); err == nil {
		err = closeErr
	}
	if err == nil && t.temp {
		err = os.Rename(t.file.Name(), t.name)
	}
	if err != nil && t.temp {
		os.Remove(t.file.Name())
	}
	return err
}

func (t *target) discard() {
	t.file.Close()
	if t.temp {
		os.Remove(t.file.Name())
	}
}
