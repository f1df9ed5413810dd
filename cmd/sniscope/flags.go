package main

import (
	"errors"
	"io"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// flags are the values of the command line.
type flags struct {
	read      []string
	device    string
	list      bool
	promisc   bool
	user      string
	filter    string
	format    string
	csv       string
	jsonl     string
	output    string
	write     string
	writeAll  bool
	fileSize  string
	fileCount uint
	all       bool
	noSNI     bool
	sni       []string
	only      []string
	client    []string
	server    []string
	explain   string
	count     uint64
	duration  time.Duration
	failOn    []string
	quiet     bool
	color     string
	version   bool
	help      bool
	args      []string // what is not a flag
}

// The flags that take one of a few words.
var (
	formats = []string{"table", "csv", "json", "jsonl", "markdown"}
	colors  = []string{"auto", "always", "never"}
)

//go:generate go test -run ^TestGenerated$ -update

// newFlagSet declares every flag. Help, the manual page and shell completion are made from it.
func newFlagSet(f *flags) *pflag.FlagSet {
	s := pflag.NewFlagSet("sniscope", pflag.ContinueOnError)
	s.SetOutput(io.Discard) // the wording of errors is ours
	s.SortFlags = false
	s.StringArrayVarP(&f.read, "read", "r", nil, "read packets from `FILE` (\"-\" is standard input); the remaining arguments are the filter")
	s.VarP((*interfaceName)(&f.device), "interface", "i", "capture on the interface `IFACE` until Ctrl-C, and show findings as they come (\"any\": all of them; \"-\": what another program captures, from standard input); the remaining arguments are the filter")
	s.BoolVarP(&f.list, "list-interfaces", "D", false, "list the interfaces and exit")
	s.BoolVar(&f.promisc, "promisc", false, "with -i, capture also packets for other hosts (promiscuous mode)")
	s.StringVarP(&f.user, "relinquish-privileges", "Z", "", "with -i, become `USER` once the interface is open; the files of -C then belong to USER")
	s.StringVarP(&f.filter, "filter", "f", "", "keep only packets that match `EXPR`, in tcpdump's language")
	s.StringVar(&f.format, "format", "table", "write the report as `FORMAT`: "+alternatives(formats))
	s.StringVar(&f.csv, "csv", "", "also write every connection reported, with a finding or not, to `FILE`, as CSV")
	s.StringVar(&f.jsonl, "jsonl", "", "also write every connection reported, with a finding or not, to `FILE`, as JSON Lines")
	s.StringVarP(&f.output, "output", "o", "", "write the report to `FILE` instead of standard output")
	s.StringVarP(&f.write, "write", "w", "", "write the packets of connections with a finding to `FILE`, as pcapng")
	s.BoolVar(&f.writeAll, "write-all", false, "with -w, write the packets of every connection")
	s.StringVarP(&f.fileSize, "file-size", "C", "", "with -w, start a new file after `N` million bytes (with k, m or g: KiB, MiB, GiB)")
	s.UintVarP(&f.fileCount, "file-count", "W", 0, "with -C, overwrite the oldest of `N` files")
	s.BoolVarP(&f.all, "all", "a", false, "list every TLS connection in the table, not only those with a finding")
	s.BoolVar(&f.noSNI, "no-sni", false, "report only connections whose ClientHello has no server_name")
	s.StringArrayVar(&f.sni, "sni", nil, "report only connections whose server_name matches `GLOB`")
	s.StringSliceVar(&f.only, "only", nil, "report only connections with a diagnosis `CODE[,CODE]`; globs such as 'no-sni-*' work")
	s.StringSliceVar(&f.client, "client", nil, "report only clients in `CIDR`")
	s.StringSliceVar(&f.server, "server", nil, "report only servers in `CIDR[:PORT]`, such as 10.0.0.0/8:443 or [fd00::/8]:443")
	s.StringVar(&f.explain, "explain", "", "explain the diagnosis `CODE` (\"list\" names all), or an error message that a client printed")
	s.Uint64VarP(&f.count, "count", "c", 0, "stop after `N` packets that pass the filter")
	s.DurationVar(&f.duration, "duration", 0, "stop after `D` of capture time, such as 30s")
	s.StringSliceVar(&f.failOn, "fail-on", nil, "exit with status 3 if a reported connection has a diagnosis `CODE[,CODE]`; \"error\" stands for every error, \"warning\" for every finding")
	s.BoolVarP(&f.quiet, "quiet", "q", false, "only errors on standard error")
	s.StringVar(&f.color, "color", "auto", "colour the table `WHEN`: "+alternatives(colors))
	s.BoolVar(&f.version, "version", false, "print the version and exit")
	s.BoolVarP(&f.help, "help", "h", false, "print this help and exit")
	ignored(s)
	return s
}

// interfaceName is a flag's value that is given once: of two interfaces the first would be left out without a word.
type interfaceName string

// errSecondInterface says that -i was given again with another name.
var errSecondInterface = errors.New("-i takes one interface, and two are named")

// Set implements pflag.Value.
func (n *interfaceName) Set(name string) error {
	if *n != "" && string(*n) != name {
		return errSecondInterface
	}
	*n = interfaceName(name)
	return nil
}

// String implements pflag.Value.
func (n *interfaceName) String() string { return string(*n) }

// Type implements pflag.Value.
func (n *interfaceName) Type() string { return "string" }

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
}

// parseFlags reads the command line.
func parseFlags(args []string) (*flags, error) {
	f := &flags{}
	s := newFlagSet(f)
	if err := s.Parse(args); err != nil {
		return nil, flagError(s, err)
	}
	if err := emptyValue(s); err != nil {
		return nil, err
	}
	f.args = s.Args()
	if isStdout(f.output) {
		f.output = ""
	}
	if isStdout(f.write) {
		f.write = "-"
	}
	return f, f.check()
}

// check refuses values that mean nothing.
func (f *flags) check() error {
	if !slices.Contains(colors, f.color) {
		return usagef("--color %q: want %s", f.color, alternatives(colors))
	}
	if !slices.Contains(formats, f.format) {
		return usagef("--format %q: want %s", f.format, alternatives(formats))
	}
	if f.device != "" && len(f.read) > 0 {
		return usagef("-i and -r do not go together: capture, or read a capture")
	}
	if f.user != "" { // now: once the interface is open, outputs are, too, and what was in them is gone
		if _, err := user.Lookup(f.user); err != nil {
			return usagef("-Z %s: no such user", f.user)
		}
	}
	if f.duration < 0 {
		return usagef("--duration %v: want a positive duration", f.duration)
	}
	if err := f.checkWrite(); err != nil {
		return err
	}
	return f.checkOutputs()
}

// alternatives joins words as in "a, b or c".
func alternatives(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
