// Package report writes what was found: a table for people, CSV, JSON, JSON Lines and Markdown for the rest.
// Each format is a type of its own; none knows another.
package report

import "github.com/sniscope/sniscope/pkg/analysis"

// Row is one connection of the report.
type Row = analysis.Row
