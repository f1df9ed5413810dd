package main

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/sniscope/sniscope/pkg/analysis"
)

// run is the whole program: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	say := &messages{w: stderr}
	f, err := parseFlags(args)
	if err == nil {
		say.quiet = f.quiet
		switch {
		case f.help:
			err = writeHelp(standardOutput{stdout}, terminalWidth(stdout))
		case f.version:
			_, err = fmt.Fprintln(standardOutput{stdout}, "sniscope", versionString())
		case f.list:
			err = listInterfaces(standardOutput{stdout})
		case f.explain != "":
			err = explain(standardOutput{stdout}, f.explain, f.args, terminalWidth(stdout))
		default:
			return analyze(ctx, f, say, stdin, stdout)
		}
	}
	return say.exit(err)
}

// plan is what the flags ask for, checked before anything is read.
type plan struct {
	narrow *narrowing
	fails  *failOn
	in     *input
}

func newPlan(f *flags) (p plan, err error) {
	if p.narrow, err = newNarrowing(f); err != nil {
		return p, err
	}
	if p.fails, err = newFailOn(f.failOn); err != nil {
		return p, err
	}
	p.in, err = planInput(f)
	return p, err
}

// analyze reads captures, or captures, and writes the report.
func analyze(ctx context.Context, f *flags, say *messages, stdin io.Reader, stdout io.Writer) int {
	p, err := newPlan(f)
	if err != nil {
		return say.exit(err)
	}
	if f.device != "" {
		return p.listen(ctx, f, say, stdin, stdout)
	}
	return p.read(ctx, f, say, stdin, stdout)
}

// read analyses captures.
func (p *plan) read(ctx context.Context, f *flags, say *messages, stdin io.Reader, stdout io.Writer) int {
	captures, code := openAll(ctx, p.in.files, say, stdin)
	defer closeAll(captures)
	if len(captures) == 0 {
		if ctx.Err() != nil {
			say.error(analysis.ErrInterrupted)
		}
		return code
	}
	out, err := newOutputs(ctx, f, stdin, stdout, p.fails, p.in.files) // last: rotation writes over what is there
	if err == nil {
		err = out.keep(ctx, f, stdout)
	}
	if err != nil {
		return max(code, say.exit(err))
	}
	bar := say.progress(captures)
	out.begin = bar.clear
	config := p.config(f, out)
	config.Duration = f.duration
	result, err := analysis.Run(ctx, config, sources(captures), out)
	bar.clear()
	return p.conclude(result, err, out, say, code)
}

// maxWorkers is how many processors share the connections at most. Blocks are read one after the other, which is a twentieth to a tenth of
// the work, so more would mostly wait; and each has tables of its own, and its part of every block.
const maxWorkers = 16

func (p *plan) config(f *flags, out *outputs) analysis.Config {
	return analysis.Config{
		Workers: min(runtime.GOMAXPROCS(0), maxWorkers), Packets: f.count,
		Filter: p.in.filter, Keep: p.narrow.keep, Named: p.narrow.named, Hold: out.kept.hold(), NoPrints: !out.prints,
	}
}

// conclude finishes the outputs of a run and returns the exit code.
func (p *plan) conclude(result *analysis.Result, err error, out *outputs, say *messages, code int) int {
	result.Problems = append(result.Problems, p.in.problems()...)
	code = max(code, say.problems(result), out.conclude(result, err, say))
	if p.fails.matched {
		return exitFailOn
	}
	return code
}
