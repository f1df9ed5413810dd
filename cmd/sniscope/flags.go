package main

import (
	"io"
	"time"

	"github.com/spf13/pflag"
)

// flags are the values of the command line.
type flags struct {
	read     []string
	filter   string
	format   string
	csv      string
	jsonl    string
	output   string
	all      bool
	noSNI    bool
	sni      []string
	only     []string
	client   []string
	server   []string
	explain  string
	count    uint64
	duration time.Duration
	failOn   []string
	quiet    bool
	color    string
	version  bool
	help     bool
	args     []string // what is not a flag
}

// newFlagSet declares every flag. Help, the manual page and shell completion are made from it.
func newFlagSet(f *flags) *pflag.FlagSet {
	s := pflag.NewFlagSet("sniscope", pflag.ContinueOnError)
	s.SetOutput(io.Discard) // the wording of errors is ours
	s.SortFlags = false
	s.StringArrayVarP(&f.read, "read", "r", nil, "read packets from `FILE` (\"-\" is standard input); what remains is the filter")
	s.StringVarP(&f.filter, "filter", "f", "", "packet filter in tcpdump's language, as one `EXPR`")
	s.StringVar(&f.format, "format", "table", "what goes to standard output: `table`, csv, json, jsonl or markdown")
	s.StringVar(&f.csv, "csv", "", "export every connection to `FILE` as CSV as well")
	s.StringVar(&f.jsonl, "jsonl", "", "export every connection to `FILE` as JSON Lines as well")
	s.StringVarP(&f.output, "output", "o", "", "write the report to `FILE` instead of standard output")
	s.BoolVarP(&f.all, "all", "a", false, "list every TLS connection, not only those with a finding")
	s.BoolVar(&f.noSNI, "no-sni", false, "report only connections whose ClientHello has no server_name")
	s.StringArrayVar(&f.sni, "sni", nil, "report only connections whose server_name matches `GLOB`")
	s.StringSliceVar(&f.only, "only", nil, "report only these diagnoses: `CODE[,CODE]`, with globs")
	s.StringSliceVar(&f.client, "client", nil, "report only clients in `CIDR`")
	s.StringSliceVar(&f.server, "server", nil, "report only servers in `CIDR[:PORT]`")
	s.StringVar(&f.explain, "explain", "", "explain a diagnosis: `CODE`, \"list\", or a text that a client printed")
	s.Uint64VarP(&f.count, "count", "c", 0, "stop after `N` packets")
	s.DurationVar(&f.duration, "duration", 0, "stop after `D` of reading, such as 30s")
	s.StringSliceVar(&f.failOn, "fail-on", nil, "exit with status 3 when a connection has such a finding: `CODE[,CODE]`, error or warning")
	s.BoolVarP(&f.quiet, "quiet", "q", false, "only errors on standard error")
	s.StringVar(&f.color, "color", "auto", "colour the table: `auto`, always or never")
	s.BoolVar(&f.version, "version", false, "print the version and exit")
	s.BoolVarP(&f.help, "help", "h", false, "print this help and exit")
	ignored(s)
	return s
}

// ignored declares what fingers used to tcpdump type and what changes nothing here.
func ignored(s *pflag.FlagSet) {
	const text = "accepted as in tcpdump; no effect"
	s.BoolP("no-names", "n", false, text)
	s.BoolP("no-promisc", "p", false, text)
	s.IntP("snaplen", "s", 0, text)
	s.BoolP("line-buffered", "l", false, text)
	s.BoolP("packet-buffered", "U", false, text)
	s.BoolP("verbose", "v", false, text)
	s.IntP("buffer-size", "B", 0, text)
	for _, name := range []string{"no-names", "no-promisc", "snaplen", "line-buffered", "packet-buffered", "verbose", "buffer-size"} {
		s.Lookup(name).Hidden = true
	}
	// tcpdump's -nn and -vvv repeat a letter.
	s.Lookup("no-names").NoOptDefVal, s.Lookup("verbose").NoOptDefVal = "true", "true"
}

// parseFlags reads the command line.
func parseFlags(args []string) (*flags, error) {
	f := &flags{}
	s := newFlagSet(f)
	if err := s.Parse(args); err != nil {
		return nil, &usageError{message: err.Error(), hint: "sniscope --help lists the flags"}
	}
	f.args = s.Args()
	return f, f.check()
}

// check refuses values that mean nothing.
func (f *flags) check() error {
	switch f.color {
	case "auto", "always", "never":
	default:
		return usagef("--color %q: want auto, always or never", f.color)
	}
	switch f.format {
	case "table", "csv", "json", "jsonl", "markdown":
	default:
		return usagef("--format %q: want table, csv, json, jsonl or markdown", f.format)
	}
	if f.duration < 0 {
		return usagef("--duration %v: want a positive duration", f.duration)
	}
	return nil
}
