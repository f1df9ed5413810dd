package main

import (
	"fmt"
	"io"
)

const usageText = `sniscope says why TLS handshakes in a packet capture failed, and whether the client sent SNI.

Usage:
  sniscope [flags] [FILE...]              analyze captures ("-" is standard input)
  sniscope -r FILE [flags] [EXPRESSION]   as in tcpdump: what remains is the filter
  ssh gw tcpdump -U -w - | sniscope -     stream from anywhere

Flags:
%s
Exit status: 0 report written; 1 something could not be read or written (the report covers the rest);
2 usage; 3 --fail-on matched.

Examples:
  sniscope gateway.pcap                           the findings, with cause, evidence and fix
  sniscope --csv all.csv gateway.pcap             and every connection as CSV
  sniscope --no-sni --format jsonl gateway.pcap   connections without SNI, for jq
  sniscope --explain no-sni-reset                 what a diagnosis means and how to fix it
`

// writeHelp writes what --help prints.
func writeHelp(w io.Writer) error {
	_, err := fmt.Fprintf(w, usageText, newFlagSet(&flags{}).FlagUsagesWrapped(110))
	return err
}
