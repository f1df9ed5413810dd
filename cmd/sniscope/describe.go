package main

import (
	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/report"
)

// describe tells the summary what is not in the rows: how many packets there were, and which were left out, and why.
func describe(result *analysis.Result, s *report.Summary) {
	s.Packets, s.Filtered = result.Packets, result.Filtered
	for reason, n := range result.Skipped.All() {
		s.Skipped = append(s.Skipped, report.Count{Name: reason.String(), N: n})
	}
	for reason, n := range result.Flow.All() {
		if reason == flow.Evicted {
			s.Warnings = append(s.Warnings, report.Plural(n, "connection is", "connections are")+" incomplete: given up because too many were open at once")
			continue
		}
		s.Skipped = append(s.Skipped, report.Count{Name: reason.String(), N: n})
	}
	if result.Clipped {
		s.Warnings = append(s.Warnings, "there were more servers, names and failures than sniscope compares; some connections were judged without a comparison")
	}
	for _, p := range result.Problems {
		s.Warnings = append(s.Warnings, p.Error())
	}
}
