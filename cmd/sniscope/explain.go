package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/report"
)

// explain writes what is known of a diagnosis: "list" for all codes, a code, as in the table or not, a text that a
// program printed, which may go on in further arguments, or what codes have in common, as --only takes it or their beginning.
func explain(w io.Writer, what string, more []string, width int) error {
	p := &prose{width: min(width, report.MaxProse)}
	entry, ok := diagnosis.Lookup(diagnosis.Code(strings.TrimRight(strings.ToLower(what), "~?")))
	if !ok && what != "list" {
		what = strings.Join(append([]string{what}, more...), " ")
	}
	switch {
	case what == "list":
		p.list(diagnosis.Catalogue())
	case ok:
		p.entry(&entry)
	default:
		found := diagnosis.Search(what)
		if similar := entriesLike(what); len(found) == 0 && len(similar) > 0 {
			p.list(similar)
			break
		}
		if len(found) == 0 {
			return &usageError{
				message: fmt.Sprintf("--explain %q: no such diagnosis, and no client program is known to print that", what),
				hint:    nearestHint(what),
			}
		}
		p.line("", fmt.Sprintf("%q is printed in these cases; the capture tells them apart:", what))
		p.line("", "")
		p.list(found)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// entriesLike are those whose codes match a glob such as "no-sni-*", or else begin with these words.
func entriesLike(what string) []diagnosis.Entry {
	match, err := diagnosis.MatchCodes([]string{what})
	if err != nil {
		match, err = diagnosis.MatchCodes([]string{what + "-*"})
	}
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(diagnosis.Catalogue()), func(e diagnosis.Entry) bool { return !match(e.Code) })
}

// nearestHint says which code may have been meant, and where all are.
func nearestHint(what string) string {
	if code, ok := diagnosis.Nearest(what); ok {
		return fmt.Sprintf("the nearest code is %s; --explain list shows all", code)
	}
	return codesHint
}

// prose is text that wraps.
type prose struct {
	strings.Builder
	width int
}

// line writes text behind a prefix; further lines are indented by as much.
func (p *prose) line(prefix, text string) {
	p.hanging(prefix, text, utf8.RuneCountInString(prefix))
}

// hanging is the same with an indent of its own.
func (p *prose) hanging(prefix, text string, indent int) {
	p.WriteString(prefix)
	p.Write(report.AppendWords(nil, strings.Fields(text), p.width, utf8.RuneCountInString(prefix), indent))
}

func (p *prose) list(entries []diagnosis.Entry) {
	longest := 0
	for i := range entries {
		longest = max(longest, len(entries[i].Code))
	}
	for i := range entries {
		e := &entries[i]
		p.line(fmt.Sprintf("%-*s  ", longest, e.Code), firstSentence(e.Meaning))
	}
}

func firstSentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(first, ".") + "."
}

func (p *prose) heading(text string) { p.WriteString("\n" + text + "\n") }

func (p *prose) entry(e *diagnosis.Entry) {
	var severities []string
	for _, s := range e.Severities {
		severities = append(severities, s.String())
	}
	p.line("", fmt.Sprintf("%s (%s)", e.Code, strings.Join(severities, " or ")))
	p.WriteByte('\n')
	p.line("  ", e.Meaning)
	if e.Fix != "" {
		p.items("Fix", []string{e.Fix})
	}
	p.pairs("By product", len(e.Products), func(i int) (string, string) {
		return e.Products[i].Name, e.Products[i].Text
	})
	p.items("Evidence", e.Evidence)
	p.pairs("Look-alikes", len(e.LookAlikes), func(i int) (string, string) {
		return string(e.LookAlikes[i].Code), e.LookAlikes[i].Text
	})
	p.pairs("What programs print", len(e.Prints), func(i int) (string, string) {
		return e.Prints[i].Program, e.Prints[i].Text
	})
	p.items("References", e.References)
}

func (p *prose) items(heading string, items []string) {
	if len(items) == 0 {
		return
	}
	p.heading(heading)
	for _, item := range items {
		p.line("  - ", item)
	}
}

func (p *prose) pairs(heading string, n int, pair func(i int) (name, text string)) {
	if n == 0 {
		return
	}
	p.heading(heading)
	for i := range n {
		name, text := pair(i)
		p.hanging("  "+name+": ", text, 6) // names are of any length
	}
}
