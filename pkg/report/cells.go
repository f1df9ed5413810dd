package report

import (
	"cmp"
	"net/netip"
	"strconv"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// line is one connection as the table and Markdown list it. Only sni holds text from the network, as it was sent.
type line struct {
	start          int64
	timed          bool // start is known
	client, server netip.AddrPort
	sni            string
	end            string
	diagnosis      string
	severity       diagnosis.Severity
	frame          frame
}

func newLine(row *Row) line {
	r, v := row.Record, row.Verdict
	return line{
		start: r.Start, timed: r.Timed(), client: r.Endpoints[flow.Client], server: r.Endpoints[flow.Server],
		sni: sniCell(r), end: endCell(r), diagnosis: mark(v.Code, v.Confidence), severity: v.Severity,
		frame: decidingFrame(row),
	}
}

// frame is a place in the captures: a number, 0 for none, in the file with that place in their order.
type frame struct {
	file   int
	number uint64
}

// decidingFrame is the one that the table shows of a connection; where none decides, only the file of its first.
func decidingFrame(row *Row) (f frame) {
	f.file, f.number = locate(row, cmp.Or(row.Verdict.Frame, row.Record.First))
	if row.Verdict.Frame == 0 {
		f.number = 0
	}
	return f
}

// unknownName stands for a name that the capture does not show whole.
const unknownName = "?"

// mark is a diagnosis with how sure it is: "~" probable, "?" possible.
func mark(code diagnosis.Code, c diagnosis.Confidence) string {
	switch c {
	case diagnosis.Possible:
		return string(code) + "?"
	case diagnosis.Probable:
		return string(code) + "~"
	}
	return string(code)
}

// sniCell is the server_name: the name, "(none)" where a whole hello has none, "ip:192.0.2.7" for an address,
// "?" where the hello was not seen whole, "-" where there is no TLS. A name that looks like one of these is
// put in quotation marks. It is not safe to show yet.
func sniCell(r *conversation.Record) string {
	switch sniState(r).text {
	case "":
		return "-"
	case "unknown":
		return unknownName
	case "missing":
		return "(none)"
	}
	name := cutBytes(r.Hello.Name, maxCellBytes)
	if r.Hello.SNI == tlswire.SNIInvalid && isAddress(name) {
		return "ip:" + name
	}
	if ambiguous(name) {
		return `"` + name + `"`
	}
	return name
}

func isAddress(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}

// ambiguous reports whether a name could be taken for what the table itself writes in its place.
func ambiguous(name string) bool {
	return name == "" || name == "-" || name == unknownName || name[0] == '(' || name[0] == '"' ||
		(len(name) > 3 && name[:3] == "ip:")
}

// timeCell is the start in UTC with milliseconds, without the first so many bytes of "2006-01-02 15:04:05.000",
// which all lines share; "-" where it is not known.
func (l *line) timeCell(from int) string {
	if !l.timed {
		return "-"
	}
	sec, frac := floorDiv(l.start, 1e9)
	b := appendSeconds(nil, sec)
	b[len("2006-01-02")], b[len(b)-1] = ' ', '.'
	return string(appendDigits(b, uint64(frac/1e6), 3)[from:])
}

// text is the number of a frame, with the place of its file where there are several.
func (f frame) text(withFile bool) string {
	switch {
	case f.number == 0:
		return "-"
	case withFile:
		return decimal(uint64(f.file)) + "#" + decimal(f.number)
	}
	return decimal(f.number)
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

// Grouped is a number with a comma between thousands.
func Grouped(n uint64) string {
	if n < 1000 {
		return decimal(n)
	}
	return Grouped(n/1000) + "," + string(appendDigits(nil, n%1000, 3))
}

// shorten cuts the addresses that are too wide for a layout.
func (l *line) shorten(c *[columnCount]string, lay *layout) {
	c[cellClient], c[cellServer] = endpoint(l.client, lay.client), endpoint(l.server, lay.server)
}
