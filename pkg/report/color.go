package report

import "github.com/sniscope/sniscope/pkg/diagnosis"

// colors are the SGR parameters (ECMA-48, 8.3.117) for each severity. They repeat what the diagnosis says.
var colors = [...]string{diagnosis.OK: "2", diagnosis.Info: "2", diagnosis.Warning: "33", diagnosis.Error: "31"}

// paint colours s by severity if on.
func paint(s string, severity diagnosis.Severity, on bool) string {
	if !on || int(severity) >= len(colors) {
		return s
	}
	return "\x1b[" + colors[severity] + "m" + s + "\x1b[0m"
}

// plain is the colour of headings.
func plain(s string) string { return s }
