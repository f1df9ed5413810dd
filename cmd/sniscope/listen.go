package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/capture/live"
	"github.com/sniscope/sniscope/pkg/filter"
)

// standardInput is the interface that is no interface: somebody else captures, and writes what arrives here. dumpcap and
// tshark call it so.
const standardInput = "-"

// errNoBeginning is all that there is to report where the end, asked for or after --duration, came before a capture did.
var errNoBeginning = errors.New("standard input: no capture began to arrive")

// capturing is what packets come from while they are captured.
type capturing interface {
	analysis.Source
	captured
	Close() error
}

// listen follows what is captured until it is told to end, and then writes the report.
func (p *plan) listen(ctx context.Context, f *flags, say *messages, stdin io.Reader, stdout io.Writer) int {
	if f.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.duration)
		defer cancel()
	}
	var out *outputs
	source, err := p.open(ctx, f, say, stdin, func() {
		out.interject(func() {
			say.warning(fmt.Errorf("%s: the interface went down; the capture goes on when it is up again", f.device))
		})
	})
	if err != nil {
		code := say.live(err)
		if f.device == standardInput {
			say.hintIf(unreadableHint(err, f.device))
		}
		return code
	}
	defer source.Close()
	out, err = p.openOutputs(ctx, f, stdin, stdout, say) // now: who may not capture overwrites nothing
	if err != nil {
		return say.exit(err)
	}
	if s, ok := source.(*live.Source); ok {
		for _, w := range s.Warnings() {
			say.warning(w)
		}
		say.note(fmt.Sprintf("capturing on %s; Ctrl-C ends it and prints the summary", f.device))
	}
	status := say.status(source, out)
	out.begin, out.failed = status.clear, say.lost
	forget := onSummarySignal(func() { status.summary(terminalWidth(say.w)) })
	// The end of ctx ends the source, which then has its last packets to give.
	config := p.config(f, out)
	config.Hanging = &status.hang
	result, err := analysis.Follow(context.WithoutCancel(ctx), config, source, out)
	forget()
	status.end()
	if received, dropped := source.Stats(); dropped > 0 {
		result.Warnings = append(result.Warnings, fmt.Errorf("the kernel dropped %d of %d packets: connections may be incomplete", dropped, received+dropped))
	}
	code := p.conclude(result, err, out, say, exitOK)
	if out.seen == 0 && code == exitOK && f.device != standardInput {
		p.nothingSeen(f, source, say)
	}
	return code
}

// nothingSeen says what may be the reason that an interface brought no connection.
func (p *plan) nothingSeen(f *flags, source capturing, say *messages) {
	received, _ := source.Stats()
	switch {
	case p.in.links != nil && received == 0: // the kernel filters: what else there was is not known
		say.hint("no packet matched the filter; TLS is found on any port without one, and in a container the port is often not the service's")
	case !f.promisc && f.device != live.Any && f.device != loopback:
		say.hint("only packets to and from this machine are captured; --promisc captures also those to others, as on a mirror port")
	}
}

// loopback is the interface on which there are no packets to others.
const loopback = "lo"

// open begins to capture, or to read what another program captures. wentDown is called when the interface goes down, once the
// source is read.
func (p *plan) open(ctx context.Context, f *flags, say *messages, stdin io.Reader, wentDown func()) (capturing, error) {
	if f.device != standardInput {
		return p.openInterface(ctx, f, wentDown)
	}
	say.note("reading standard input as it comes; its end, or Ctrl-C, prints the summary")
	s, err := capture.OpenStream(ctx, standardInput, stdin)
	if err != nil && errors.Is(err, ctx.Err()) {
		return nil, errNoBeginning
	}
	return s, err
}

func (p *plan) openInterface(ctx context.Context, f *flags, wentDown func()) (*live.Source, error) {
	options := live.Options{Promiscuous: f.promisc, WentDown: wentDown}
	if p.in.links != nil {
		options.Filter = func(link capture.LinkType) (*filter.Program, error) {
			program, err := live.Compile(p.in.links.expr, link, maxFilteredLength)
			if errors.Is(err, filter.ErrLinkType) && link != capture.LinkEthernet {
				err = cookedError{err}
			}
			return program, err
		}
	}
	return live.Open(ctx, f.device, options)
}

// openOutputs opens what is written, and gives up the privileges that capturing took. Files that follow one another are
// created without them, the first like all others: what is not allowed shows at once, and not after 100 MB.
func (p *plan) openOutputs(ctx context.Context, f *flags, stdin io.Reader, stdout io.Writer, say *messages) (out *outputs, err error) {
	if out, err = newOutputs(ctx, f, stdin, stdout, p.fails, p.in.files); err != nil {
		return nil, err
	}
	rotates := f.fileSize != ""
	if !rotates {
		err = out.keep(ctx, f, stdout)
	}
	if err == nil {
		if err = relinquish(f.user, rotates, say); err != nil {
			out.discard()
		}
	}
	if err == nil && rotates {
		err = out.keep(ctx, f, stdout)
	}
	return out, err
}

// relinquish gives up privileges.
func relinquish(user string, creates bool, say *messages) error {
	err := live.DropPrivileges(user, creates)
	if errors.Is(err, errors.ErrUnsupported) && user == "" { // a build with cgo cannot reach all its threads
		say.warning(fmt.Errorf("privileges are kept: %w; a build with CGO_ENABLED=0 drops them", err))
		return nil
	}
	return err
}

// cookedError says that a filter needs Ethernet headers.
type cookedError struct{ error }

func (e cookedError) Unwrap() error { return e.error }

// Hint is what to do about it.
func (e cookedError) Hint() string {
	return "the filter needs Ethernet headers, which -i any and some interfaces do not have; -i NAME captures on one interface"
}

// live reports why an interface cannot be captured on.
func (m *messages) live(err error) int {
	code := m.exit(err)
	m.hintIf(advice(err))
	return code
}

// lost reports at once that an output of a live capture ended before the capture.
func (m *messages) lost(err error) {
	if !errors.Is(err, errReaderGone) {
		m.line("error", errorText(err)+"; the capture goes on without it")
	}
}

// listInterfaces writes what -i may be given.
func listInterfaces(w io.Writer) error {
	list, err := live.Interfaces()
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, i := range list {
		fmt.Fprintf(&b, "%-16s %-5s", printable(i.Name), state(i)) // the kernel takes any byte but a few
		for _, a := range i.Addresses {
			fmt.Fprintf(&b, " %s", a)
		}
		b.WriteByte('\n')
	}
	_, err = io.WriteString(w, b.String())
	return err
}

func state(i live.Interface) string {
	if i.Up {
		return "up"
	}
	return "down"
}
