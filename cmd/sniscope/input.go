package main

import (
	"errors"
	"io/fs"
	"strings"
	"sync"

	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/filter"
)

// input is what is read, and which packets of it count.
type input struct {
	files  []string
	filter func(packet *capture.Packet, data []byte) bool // nil keeps every packet
}

// planInput tells files from a filter: with -r, as in tcpdump, what is not a flag is the filter.
func planInput(f *flags) (*input, error) {
	in := &input{files: f.read}
	expr := f.filter
	switch {
	case len(f.read) == 0:
		in.files = f.args
	case len(f.args) > 0 && expr != "":
		return nil, usagef("both --filter and a trailing expression %q", strings.Join(f.args, " "))
	case len(f.args) > 0:
		expr = strings.Join(f.args, " ")
	}
	if len(in.files) == 0 {
		return nil, &usageError{message: "no capture named", hint: `sniscope FILE, or "-" for standard input; sniscope --help lists the flags`}
	}
	if expr == "" {
		return in, nil
	}
	if err := filter.Parse(expr); err != nil {
		return nil, usagef("filter: %v", err)
	}
	in.filter = (&linkFilters{expr: expr}).keep
	return in, nil
}

// linkFilters compiles the filter for each link type when its first packet comes.
type linkFilters struct {
	expr     string
	programs sync.Map // capture.LinkType → *filter.Program, nil where the filter means nothing for the link type
}

// maxFilteredLength is the snapshot length that filters are compiled for: the longest that tcpdump writes.
const maxFilteredLength = 262144

func (l *linkFilters) keep(packet *capture.Packet, data []byte) bool {
	p, ok := l.programs.Load(packet.Link)
	if !ok {
		program, err := filter.Compile(l.expr, uint32(packet.Link), maxFilteredLength)
		if err != nil {
			program = nil
		}
		p, _ = l.programs.LoadOrStore(packet.Link, program)
	}
	program := p.(*filter.Program)
	return program != nil && program.Match(data, int(packet.Len))
}

// openHint says what somebody may have meant who named a capture that cannot be opened.
func openHint(name string, err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist) && filter.Parse(name) == nil:
		return `that looks like a filter; give it with -f "` + name + `", or after -r FILE as in tcpdump`
	case errors.Is(err, fs.ErrPermission):
		return "captures made by root are often readable by root only: sudo, or chmod the file"
	}
	return ""
}
