package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/excerpt"
	"github.com/sniscope/sniscope/pkg/report"
)

// kept is the capture that -w writes: the packets of the connections that the report is about. The nil kept
// writes nothing.
type kept struct {
	file    *capture.Writer
	to      destination // what file writes to, nil where it has files of its own
	packets *excerpt.Writer
	iface   excerpt.Interface
	all     bool // --write-all
	every   bool // all that --only lists
	atOnce  bool // each connection is to be in the file when it has been reported
	seen    uint64
	err     error
}

// newKept begins the capture. A live one is written under its own name from the start, as rotated ones are: who watches
// wants to look into it.
func newKept(ctx context.Context, f *flags, stdout io.Writer) (*kept, error) {
	if f.write == "" {
		return nil, nil
	}
	k := &kept{all: f.writeAll, every: len(f.only) > 0, atOnce: f.device != ""}
	if err := k.open(ctx, f, stdout); err != nil {
		return nil, err
	}
	k.packets = excerpt.NewWriter(k.file)
	return k, nil
}

func (k *kept) open(ctx context.Context, f *flags, stdout io.Writer) (err error) {
	rotation, err := f.rotation()
	if err != nil {
		return err
	}
	_, terminal := terminalFile(stdout)
	switch {
	case f.write == "-" && terminal: // which packets could steer
		return &usageError{message: "-w -: standard output is a terminal", hint: "-w FILE, or a pipe to what reads a capture"}
	case rotation.Bytes > 0:
		k.file, err = capture.CreateFile(f.write, rotation)
		return err
	default:
		k.to, err = newDestination(ctx, f.write, k.atOnce, stdout)
	}
	if err != nil {
		return err
	}
	k.file = capture.NewWriter(f.write, k.to)
	return nil
}

// hold is what the analysis has to hold for it.
func (k *kept) hold() analysis.Hold {
	switch {
	case k == nil:
		return analysis.HoldNothing
	case k.all || k.every:
		return analysis.HoldAll
	}
	return analysis.HoldSuspects
}

// collect writes the packets of a connection that is wanted. It returns an error once.
func (k *kept) collect(row *analysis.Row) error {
	if k == nil {
		return nil
	}
	k.seen++
	k.iface = row.Interface
	if k.err != nil || !k.wants(row) {
		return nil
	}
	k.err = k.packets.Write(row.Packets, report.Comment(row), row.Verdict.Frame, row.Interface)
	if k.err == nil && k.atOnce {
		k.err = k.file.Flush()
	}
	return k.err
}

func (k *kept) wants(row *analysis.Row) bool {
	switch {
	case row.Scope == analysis.Apart:
		return false
	case k.all:
		return true
	}
	return row.Scope == analysis.Listed && (k.every || row.Verdict.Severity.IsFinding())
}

// finish ends the capture and says what is in it.
func (k *kept) finish(lost excerpt.Lost, say *messages) error {
	if k == nil {
		return nil
	}
	if k.err == nil {
		k.err = k.packets.Drops(k.iface)
	}
	err := k.close()
	if err == nil {
		say.note(k.inFiles())
	}
	if lost.Connections > 0 {
		say.warning(errors.New(report.Plural(lost.Connections, "connection was", "connections were") + " not kept: too many were open at once"))
	}
	if lost.Packets > 0 {
		say.warning(errors.New(report.Plural(lost.Packets, "packet was", "packets were") + " not kept: of one connection at most 64 KiB are"))
	}
	return err
}

// inFiles says how many connections are in the files, at the end.
func (k *kept) inFiles() string {
	lost := k.packets.Overwritten()
	text := fmt.Sprintf("kept %s of %s", report.Grouped(k.packets.Connections()-lost), connections(k.seen))
	if lost > 0 {
		text += "; " + report.Plural(lost, "more was in a file", "more were in files") + " that -W overwrote"
	}
	return text
}

func connections(n uint64) string { return report.Plural(n, "connection", "connections") }

// close makes the capture count, unless it could not be written.
func (k *kept) close() error {
	err := k.file.Close()
	if k.err != nil {
		err = k.err // which Close repeats, if it is of writing
	}
	if k.to == nil {
		return err
	}
	if failed, ok := errors.AsType[*capture.WriteError](err); ok {
		err = failed.Err // which names the file already
	}
	return settle(err, k.to)
}

func (k *kept) discard() {
	if k == nil {
		return
	}
	k.file.Close()
	if k.to != nil {
		k.to.discard()
	}
}

// rotation is what -C and -W ask for, but that a connection stays in one file: of two halves neither tells why it failed.
func (f *flags) rotation() (capture.Rotation, error) {
	size, err := fileSize(f.fileSize)
	return capture.Rotation{Bytes: size, Files: int(f.fileCount), Asked: true}, err
}

// fileSize reads a size as tcpdump does: in millions of bytes, or with k, m or g in units of 1024, 1024² and 1024³.
func fileSize(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	unit, digits := int64(1e6), s
	if i := strings.IndexByte("kmg", s[len(s)-1]|0x20); i >= 0 {
		unit, digits = 1<<(10*(i+1)), s[:len(s)-1]
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 || n > (1<<62)/unit {
		return 0, usagef("-C %q: want a number of millions of bytes, or one with k, m or g", s)
	}
	return n * unit, nil
}

// checkWrite refuses what of -w and the flags that go with it makes no sense.
func (f *flags) checkWrite() error {
	switch {
	case f.write == "" && (f.writeAll || f.fileSize != "" || f.fileCount > 0):
		return usagef("--write-all, -C and -W say how -w writes: -w FILE is missing")
	case f.fileCount > 0 && f.fileSize == "":
		return usagef("-W %d: how many files of which size? -C is missing", f.fileCount)
	case f.write == "-" && f.output == "":
		return &usageError{message: "-w -: standard output gets the report", hint: "-o FILE puts the report elsewhere"}
	case f.write == "-" && f.fileSize != "":
		return usagef("-C: standard output cannot be divided into files")
	}
	_, err := fileSize(f.fileSize)
	return err
}
