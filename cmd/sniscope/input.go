package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/capture/live"
	"github.com/sniscope/sniscope/pkg/filter"
)

// input is what is read, and which packets of it count.
type input struct {
	files  []string
	filter func(packet *capture.Packet, data []byte) bool // nil keeps every packet
	links  *linkFilters                                   // behind filter
}

// planInput tells files from a filter: with -r, as in tcpdump, what is not a flag is the filter.
func planInput(f *flags) (*input, error) {
	in := &input{files: f.read}
	expr := f.filter
	switch {
	case len(f.read) == 0 && f.device == "":
		in.files = f.args
	case len(f.args) > 0 && expr != "":
		return nil, &usageError{
			message: fmt.Sprintf("both --filter and a trailing expression %q", strings.Join(f.args, " ")),
			hint:    `one filter is taken; "and" joins two`,
		}
	case len(f.args) > 0:
		expr = strings.Join(f.args, " ")
	}
	if f.device == standardInput {
		in.files = []string{standardInput}
	}
	if err := checkFiles(in.files, f); err != nil {
		return nil, err
	}
	if expr == "" {
		return in, nil
	}
	if err := checkFilter(expr); err != nil {
		return nil, &usageError{message: err.Error(), hint: filterHint(expr, f)}
	}
	in.links = &linkFilters{expr: expr, failed: make(map[capture.LinkType]error)}
	if f.device == "" || f.device == standardInput { // on an interface the kernel filters
		in.filter = in.links.keep
	}
	return in, nil
}

// checkFiles refuses captures that nothing could be read from whatever there is: none, one without a name, as of a variable of a
// script that is not set, and standard input a second time, of which each would get a part.
func checkFiles(files []string, f *flags) error {
	standard := 0
	for _, name := range files {
		switch name {
		case "":
			return usagef("a capture's name is empty")
		case "-":
			standard++
		}
	}
	switch {
	case standard > 1:
		return usagef("standard input is named %d times; it can be read once", standard)
	case len(files) > 0 || f.device != "":
		return nil
	}
	if err := f.checkReplaced(); err != nil {
		return err // what was meant as the capture
	}
	return &usageError{message: "no capture named", hint: `sniscope FILE, or "-" for standard input; sniscope --help lists the flags`}
}

// linkFilters compiles the filter for each link type when its first packet comes.
type linkFilters struct {
	expr     string
	programs sync.Map // capture.LinkType → *filter.Program, nil where the filter cannot be compiled for the link type
	mutex    sync.Mutex
	failed   map[capture.LinkType]error // why not
}

func (l *linkFilters) keep(packet *capture.Packet, data []byte) bool {
	p, ok := l.programs.Load(packet.Link)
	if !ok {
		p = l.compile(packet.Link)
	}
	program := p.(*filter.Program)
	return program != nil && program.Match(data, int(packet.Len))
}

func (l *linkFilters) compile(link capture.LinkType) *filter.Program {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if p, ok := l.programs.Load(link); ok {
		return p.(*filter.Program)
	}
	program, err := filter.Compile(l.expr, uint32(link), maxFilteredLength)
	if err != nil {
		l.failed[link] = err
	}
	l.programs.Store(link, program)
	return program
}

// problems are the link types whose packets the filter could not be applied to.
func (in *input) problems() (problems []error) {
	if in.links == nil {
		return nil
	}
	failed := in.links.failed
	for i, link := range slices.Sorted(maps.Keys(failed)) {
		if i == maxLinks {
			return append(problems, fmt.Errorf("packets of %d more link types are left out as well", len(failed)-i))
		}
		problems = append(problems, fmt.Errorf("packets of link type %s are left out: %w", linkName(link), failed[link]))
	}
	return problems
}

// checkFilter reports what is wrong with an expression whatever the link type. That of Ethernet is tried, because only
// a compiler knows names and ranges; what merely does not go with Ethernet may go with what is in the capture.
func checkFilter(expr string) error {
	_, err := filter.Compile(expr, uint32(capture.LinkEthernet), maxFilteredLength)
	if errors.Is(err, filter.ErrLinkType) {
		return nil
	}
	return err
}

// displayFilter is what begins a field of Wireshark, such as tcp.port or tls.handshake.type, or is a protocol that only
// Wireshark filters by.
var displayFilter = regexp.MustCompile(`^!?\(*((tcp|udp|ip|ipv6|icmp|eth|frame|tls|ssl|dtls|quic|http)\.[a-z]|(tls|ssl|dtls|quic|http)\b)`)

// filterHint says what somebody may have meant whose filter is none.
func filterHint(expr string, f *flags) string {
	for _, name := range f.args {
		if _, err := os.Stat(name); err == nil && f.filter == "" {
			if f.device != "" {
				return fmt.Sprintf("%s is a file; with -i, what remains is the filter: leave -i out to read the file", name)
			}
			return fmt.Sprintf("%s is a file; with -r, what remains is the filter: give each capture its own -r, or none", name)
		}
	}
	if slices.ContainsFunc(strings.Fields(expr), displayFilter.MatchString) {
		return "that is a display filter of Wireshark; this is tcpdump's language: host 192.0.2.1 and tcp port 443"
	}
	return ""
}

// isInterface reports whether -i takes a name.
func isInterface(name string) bool {
	list, _ := live.Interfaces() // where they cannot be listed, there is no hint
	return slices.ContainsFunc(list, func(i live.Interface) bool { return i.Name == name })
}

// missingHint says what somebody may have meant who named captures that do not exist.
func missingHint(names []string) string {
	switch text := strings.Join(names, " "); {
	case len(names) == 0:
		return ""
	case isInterface(names[0]):
		return fmt.Sprintf("%s is an interface: sniscope -i %s captures on it", names[0], names[0])
	case names[0] == "explain":
		return "sniscope --explain CODE explains a diagnosis"
	case names[0] == "help", names[0] == "version":
		return "it is a flag: sniscope --" + names[0]
	case filter.Parse(text) == nil:
		return fmt.Sprintf("%q looks like a filter; give it with -f, or after -r FILE as in tcpdump", text)
	}
	return ""
}
