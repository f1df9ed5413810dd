//go:build unix

// Bench times sniscope as a whole process beside tcpdump and tshark, each reading the same file from the page cache, in
// turns. What it prints are ratios of one run to the run beside it: they say more than times, which depend on the machine
// and on what else it does.
//
//	go run ./pkg/analysis/internal/bench [-runs 5] [-scale 1] [KIND...]
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sniscope/sniscope/pkg/analysis/internal/synth"
)

// connections is how many a capture of each kind has, so that reading it takes between half a second and a few. The
// first is the one that tshark reads as well, in small.
var connections = []struct {
	kind synth.Kind
	n    int
}{
	{synth.Handshakes, 120_000}, {synth.Bulk, 4_000}, {synth.Tiny, 600_000}, {synth.Flood, 1_500_000},
	{synth.IPv6, 60_000}, {synth.Cooked, 60_000}, {synth.Slow, 60_000}, {synth.Open, 400_000},
}

// tsharkConnections is what tshark gets of handshakes: it takes a minute for what the others read in a second.
const tsharkConnections = 6_000

func main() {
	runs := flag.Int("runs", 5, "how often each command is run")
	scale := flag.Float64("scale", 1, "how many connections, as a part of what is usual")
	flag.Parse()
	if err := run(*runs, *scale, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(runs int, scale float64, kinds []string) error {
	dir, err := os.MkdirTemp("", "sniscope-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, program: filepath.Join(dir, "sniscope"), writer: filepath.Join(dir, "write"), runs: runs}
	if err := errors.Join(build(b.program, "./cmd/sniscope"), build(b.writer, "./pkg/analysis/internal/synth/write")); err != nil {
		return err
	}
	fmt.Printf("Each row: medians of %d runs in turns; peak is of resident memory, us/conn is wall time for a connection.\n\n", runs)
	fmt.Println("capture      packets  conns       MB  beside                wall  x wall   x cpu    peak  us/conn")
	for _, c := range connections {
		if len(kinds) > 0 && !slices.Contains(kinds, string(c.kind)) {
			continue
		}
		if err := b.kind(c.kind, max(1, int(float64(c.n)*scale))); err != nil {
			return err
		}
	}
	return nil
}

// build builds a program.
func build(to, pkg string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-o", to, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return nil
}

// bench holds what all measurements share.
type bench struct {
	dir, program string
	writer       string // of captures: a process of its own, since what this one uses counts as its children's peak
	runs         int
}

// kind measures with captures of one kind.
func (b *bench) kind(kind synth.Kind, n int) error {
	file, err := b.capture(kind, n)
	if err != nil {
		return err
	}
	defer os.Remove(file.name)
	tcpdump := command{"tcpdump", nil, []string{"tcpdump", "-r", file.name, "-w", os.DevNull, "tcp[13] & 7 != 0"}}
	ours := command{"", nil, []string{b.program, "-q", "--format", "csv", file.name}}
	if err := b.beside(file, ours, tcpdump); err != nil {
		return err
	}
	if kind != synth.Handshakes {
		return nil
	}
	ours.env = []string{"GOMAXPROCS=1"}
	tcpdump.label = "tcpdump, one core"
	if err := b.beside(file, ours, tcpdump); err != nil {
		return err
	}
	small, err := b.capture(kind, min(n, tsharkConnections))
	if err != nil {
		return err
	}
	defer os.Remove(small.name)
	ours = command{"", nil, []string{b.program, "-q", "--format", "csv", small.name}}
	tshark := command{"tshark", nil, append([]string{"tshark", "-r", small.name, "-T", "fields"}, tsharkFields...)}
	return b.beside(small, ours, tshark)
}

// tsharkFields are what comes closest to our columns.
var tsharkFields = strings.Fields("-e tcp.stream -e tls.handshake.extensions_server_name -e tls.alert_message.desc -e tcp.flags")

// file is a capture to read.
type file struct {
	name    string
	label   string
	conns   int
	packets uint64
	bytes   int64
}

// capture writes a capture and so puts it into the page cache.
func (b *bench) capture(kind synth.Kind, n int) (file, error) {
	f := file{name: filepath.Join(b.dir, fmt.Sprintf("%s-%d.pcap", kind, n)), label: string(kind), conns: n}
	if out, err := exec.Command(b.writer, string(kind), strconv.Itoa(n), f.name).CombinedOutput(); err != nil {
		return f, fmt.Errorf("%w\n%s", err, out)
	}
	info, err := os.Stat(f.name)
	if err == nil {
		f.bytes = info.Size()
		f.packets, err = countPackets(f.name)
	}
	return f, err
}
