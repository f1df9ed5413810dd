package main

import (
	"fmt"
	"io"

	"github.com/sniscope/sniscope/pkg/report"
)

const usageText = `sniscope says why TLS handshakes in a packet capture failed, and whether the
client sent SNI.

Usage:
  sniscope [flags] FILE...                analyze captures ("-" is stdin)
  sniscope -r FILE [flags] [EXPRESSION]   as in tcpdump: the rest is the filter
  sniscope -i IFACE [flags] [EXPRESSION]  findings as they come, until Ctrl-C
  ssh gw tcpdump -Uw- … | sniscope -i -   the same from afar

Flags:
%s
tcpdump's -n, -p, -s N, -l, -U, -v and -B N are accepted and change nothing.

Exit status: 0 report written; 1 something could not be read or written (the
report covers the rest); 2 usage; 3 --fail-on matched.

Examples:
  sniscope gateway.pcap                     findings: cause, evidence and fix
  sniscope --csv all.csv gateway.pcap       and every connection as CSV
  sniscope --no-sni --format jsonl gw.pcap  connections without SNI, for jq
  sniscope --explain no-sni-reset           what it means and how to fix it
`

// writeHelp writes what --help prints.
func writeHelp(w io.Writer, width int) error {
	_, err := fmt.Fprintf(w, usageText, newFlagSet(&flags{}).FlagUsagesWrapped(min(width, report.MaxProse)))
	return err
}
