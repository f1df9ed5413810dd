package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/report"
)

// The exit codes, as published.
const (
	exitOK     = 0 // the report was written
	exitFailed = 1 // something could not be read or written; the report covers the rest
	exitUsage  = 2
	exitFailOn = 3 // --fail-on matched
)

// usageError is a mistake on the command line.
type usageError struct {
	message string
	hint    string // what to do instead, "" where that is plain
}

func (e *usageError) Error() string { return e.message }

func usagef(format string, args ...any) error {
	return &usageError{message: fmt.Sprintf(format, args...)}
}

// messages writes what is not the report to standard error. Every line begins with the program's name.
type messages struct {
	w     io.Writer
	quiet bool // warnings and hints are left out; errors never are
}

func (m *messages) error(err error) { m.line("error", errorText(err)) }

// errorText is the text of an error; of one in writing, without what was done when it came.
func errorText(err error) string {
	if unwritten, ok := errors.AsType[*writeError](err); ok {
		err = unwritten
	}
	return err.Error()
}

func (m *messages) warning(err error) { m.unlessQuiet("warning", err.Error()) }
func (m *messages) hint(text string)  { m.unlessQuiet("hint", text) }

// hintIf gives a hint where there is one.
func (m *messages) hintIf(text string) {
	if text != "" {
		m.hint(text)
	}
}

// advice is what an error itself says about what to do, "" for most.
func advice(err error) string {
	if e, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok {
		return e.Hint()
	}
	return ""
}

// note says what was done.
func (m *messages) note(text string) {
	if !m.quiet {
		fmt.Fprintf(m.w, "sniscope: %s\n", printable(text))
	}
}

func (m *messages) unlessQuiet(kind, text string) {
	if !m.quiet {
		m.line(kind, text)
	}
}

func (m *messages) line(kind, text string) {
	fmt.Fprintf(m.w, "sniscope: %s: %s\n", kind, printable(text))
}

// exit reports what went wrong, if anything did, and returns the exit code for it.
func (m *messages) exit(err error) int {
	if err == nil || errors.Is(err, errReaderGone) {
		return exitOK
	}
	m.error(err)
	if usage, ok := errors.AsType[*usageError](err); ok {
		if usage.hint != "" {
			m.hint(usage.hint)
		}
		return exitUsage
	}
	return exitFailed
}

// problems reports what could not be read, or not as planned.
func (m *messages) problems(r *analysis.Result) int {
	for _, w := range r.Warnings {
		m.warning(w)
	}
	m.undecoded(r.Links)
	for _, p := range r.Problems {
		m.error(p)
		m.hintIf(cmp.Or(advice(p), brokenHint(p)))
	}
	if len(r.Problems) > 0 {
		return exitFailed
	}
	return exitOK
}

// brokenHint says what may be the reason that a capture is read to a place in it only, "" where that is not known.
func brokenHint(err error) string {
	truncated, cut := errors.AsType[*capture.TruncatedError](err)
	format, malformed := errors.AsType[*capture.FormatError](err)
	switch { // no record that tcpdump writes needs so much
	case cut && truncated.Name == standardInput && truncated.Need > 2*maxFilteredLength, malformed && format.Name == standardInput:
		return "what stands there is no packet; a terminal on the way changes bytes: leave -t out of ssh -t, kubectl exec -it or docker exec -it"
	case cut:
		return "the report covers everything before that; a capture that is still being written ends like this"
	}
	return ""
}

// undecoded warns of packets whose link type is not decoded: whatever they carry is in no report.
func (m *messages) undecoded(links decode.Links) {
	kinds := slices.Sorted(maps.Keys(links))
	for i, link := range kinds {
		if i == maxLinks {
			m.warning(fmt.Errorf("nor are packets of %d more link types", len(kinds)-i))
			return
		}
		of := " of link type " + linkName(link)
		m.warning(errors.New(report.Plural(links[link], "packet"+of+" is", "packets"+of+" are") + " not decoded"))
	}
}

// linkName is a link type's number, and its name if it has one.
func linkName(link capture.LinkType) string {
	if name := link.Name(); name != "" {
		return fmt.Sprintf("%d (%s)", link, name)
	}
	return fmt.Sprint(link)
}

// printable escapes what could steer a terminal or cannot be seen, as reports do; names of files may hold anything. It leaves
// backslashes alone: what is quoted in a message has them of its own.
func printable(s string) string {
	parts := strings.Split(s, `\`)
	for i, part := range parts {
		parts[i] = report.Clean(part)
	}
	return strings.Join(parts, `\`)
}
