package main

import (
	"fmt"
	"io"
	"strings"
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

func (m *messages) error(err error)  { m.line("error", err.Error()) }
func (m *messages) hint(text string) { m.unlessQuiet("hint", text) }
func (m *messages) warning(err error) {
	m.unlessQuiet("warning", err.Error())
}
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

// printable escapes what could steer a terminal; names of files may hold anything.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			fmt.Fprintf(&b, "\\x%02x", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
