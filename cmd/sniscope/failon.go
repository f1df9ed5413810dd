package main

import (
	"fmt"
	"strings"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/diagnosis"
)

// failOn is what makes the exit status 3.
type failOn struct {
	severity diagnosis.Severity // at least; OK matches nothing
	codes    func(diagnosis.Code) bool
	matched  bool
}

// newFailOn reads --fail-on: severities and codes.
func newFailOn(words []string) (*failOn, error) {
	f := &failOn{}
	var codes []string
	for _, w := range words {
		switch w {
		case "error":
			if f.severity == diagnosis.OK {
				f.severity = diagnosis.Error
			}
		case "warning":
			f.severity = diagnosis.Warning
		default:
			codes = append(codes, w)
		}
	}
	if len(codes) > 0 {
		match, err := diagnosis.MatchCodes(codes, "error", "warning")
		if err != nil {
			return nil, &usageError{message: codesError("fail-on", err).Error(), hint: "it takes error, warning and codes; " + codesHint}
		}
		f.codes = match
	}
	return f, nil
}

// asked reports whether --fail-on was given.
func (f *failOn) asked() bool { return f.severity != diagnosis.OK || f.codes != nil }

// see takes a row of the report.
func (f *failOn) see(row *analysis.Row) {
	v := row.Verdict
	if f.severity != diagnosis.OK && v.Severity >= f.severity || f.codes != nil && f.codes(v.Code) {
		f.matched = true
	}
}

const codesHint = "sniscope --explain list shows all codes"

// codesError is the mistake in a flag that takes codes.
func codesError(flag string, err error) error {
	return &usageError{
		message: fmt.Sprintf("--%s: %s", flag, strings.TrimPrefix(err.Error(), "diagnosis: ")),
		hint:    codesHint,
	}
}
