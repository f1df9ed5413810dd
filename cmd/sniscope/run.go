package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/capture"
)

// run is the whole program: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	say := &messages{w: stderr}
	f, err := parseFlags(args)
	if err == nil {
		say.quiet = f.quiet
		switch {
		case f.help:
			err = writeHelp(stdout)
		case f.version:
			_, err = fmt.Fprintln(stdout, "sniscope", versionString())
		case f.explain != "":
			err = explain(stdout, f.explain, terminalWidth(stdout))
		default:
			return analyze(ctx, f, say, stdin, stdout)
		}
	}
	return say.exit(err)
}

// exit reports what went wrong, if anything did, and returns the exit code for it.
func (m *messages) exit(err error) int {
	var usage *usageError
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
		return exitOK
	case errors.As(err, &usage):
		m.error(err)
		if usage.hint != "" {
			m.hint(usage.hint)
		}
		return exitUsage
	}
	m.error(err)
	return exitFailed
}

// analyze reads captures and writes the report.
func analyze(ctx context.Context, f *flags, say *messages, stdin io.Reader, stdout io.Writer) int {
	narrow, err := newNarrowing(f)
	if err != nil {
		return say.exit(err)
	}
	fails, err := newFailOn(f.failOn)
	if err != nil {
		return say.exit(err)
	}
	in, err := planInput(f)
	if err != nil {
		return say.exit(err)
	}
	captures, code := openAll(in.files, say, stdin)
	defer closeAll(captures)
	out, err := newOutputs(f, stdout, fails)
	if err != nil {
		return max(code, say.exit(err))
	}
	defer out.discard()
	config := analysis.Config{
		Workers: runtime.GOMAXPROCS(0), Packets: f.count, Duration: f.duration,
		Filter: in.filter, Keep: narrow.keep, Named: narrow.named,
	}
	result, err := analysis.Run(ctx, config, captures, out)
	result.Problems = append(result.Problems, in.problems()...)
	code = max(code, say.problems(result))
	if err == nil {
		err = out.finish(result, len(captures) > 0)
	}
	if code = max(code, say.exit(err)); fails.matched {
		return exitFailOn
	}
	return code
}

// problems reports what could not be read, or not as planned.
func (m *messages) problems(r *analysis.Result) int {
	for _, w := range r.Warnings {
		m.warning(w)
	}
	for _, p := range r.Problems {
		m.error(p)
		var cut *capture.TruncatedError
		if errors.As(p, &cut) {
			m.hint("the report covers everything before that; a capture that is still being written ends like this")
		}
	}
	if len(r.Problems) > 0 {
		return exitFailed
	}
	return exitOK
}

// openAll opens every capture that can be opened, and reports the others.
func openAll(names []string, say *messages, stdin io.Reader) (captures []*capture.Reader, code int) {
	for _, name := range names {
		c, err := capture.Open(name, stdin)
		if err != nil {
			say.error(err)
			if hint := openHint(name, err); hint != "" {
				say.hint(hint)
			}
			code = exitFailed
			continue
		}
		captures = append(captures, c)
	}
	return captures, code
}

func closeAll(captures []*capture.Reader) {
	for _, c := range captures {
		c.Close()
	}
}

// terminalFile returns w as the file of a terminal, if it is one.
func terminalFile(w io.Writer) (*os.File, bool) {
	f, ok := w.(*os.File)
	return f, ok && isTerminal(f)
}
