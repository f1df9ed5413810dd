package report

import (
	"net/netip"
	"strings"

	"github.com/sniscope/sniscope/pkg/diagnosis"
)

// digest is a summary in words. Its texts may hold bytes from the network: whoever shows them makes them safe.
type digest struct {
	title    string   // capture and period
	totals   []string // sentences
	causes   []causeText
	hidden   string // how much of the causes is not listed, "" for none
	warnings []string
	skipped  string // "" when every packet was decoded
}

// causeText is a cause in words.
type causeText struct {
	count    string
	mark     string // diagnosis with its confidence
	severity diagnosis.Severity
	where    string
	notes    []string
}

func (s *Summary) digest(all bool) digest {
	d := digest{title: s.title(), totals: s.totals(all), warnings: s.Warnings, skipped: s.skipped()}
	causes := s.groups.causes()
	hidden := uint64(0)
	for i := range causes {
		if i >= maxCauses {
			hidden += causes[i].count
			continue
		}
		d.causes = append(d.causes, s.causeText(&causes[i]))
	}
	if hidden > 0 {
		d.hidden = "and " + Plural(uint64(len(causes)-maxCauses), "more cause", "more causes") + " of " +
			Plural(hidden, "connection", "connections")
	}
	return d
}

// title is "gateway.pcap, 2024-05-06 08:37:36 to 09:12:10 UTC", or only the name where nothing has a time.
func (s *Summary) title() string {
	if s.rows == 0 {
		return ""
	}
	name := captureName(s.captures[0])
	if n := len(s.captures); n > 1 {
		name += " and " + Grouped(uint64(n-1)) + " more"
	}
	start, end := wholeSeconds(s.start), wholeSeconds(s.end)
	switch {
	case !s.timed:
		return name
	case start == end:
		return name + ", " + start + " UTC"
	case start[:10] == end[:10]:
		end = end[11:]
	}
	return name + ", " + start + " to " + end + " UTC"
}

// captureName is how people are told of a capture: a lone "-" says nothing.
func captureName(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

func wholeSeconds(ns int64) string {
	sec, _ := floorDiv(ns, 1e9)
	b := appendSeconds(nil, sec)
	b[10] = ' '
	return string(b[:len(b)-1])
}

func (s *Summary) totals(all bool) []string {
	switch {
	case s.rows == 0 && s.left > 0:
		return []string{"nothing to report: none of " + Plural(s.left, "connection", "connections") + " is selected"}
	case s.rows == 0:
		return []string{"no TLS connection, and none that ended before TLS could begin; read " + Plural(s.Packets, "packet", "packets") + s.selected()}
	}
	out := []string{s.count() + ": " + strings.Join(s.parts(), ", ")}
	if s.again > 0 {
		out = append(out, Plural(s.again, "more is a handshake", "more are handshakes")+" seen a second time: behind a NAT or proxy, at another capture point, or in the same packets again")
	}
	if s.findings > 0 {
		return s.darkened(s.cutShort(s.ledToNothing(out, "of those that went through", diagnosis.Deserted)))
	}
	out = s.ledToNothing(append(out, s.allWell(all)), "of them", diagnosis.Deserted, diagnosis.Unused)
	out = s.cutShort(out)
	for _, code := range unfound {
		c := s.codes.of(code)
		if c == nil || code == diagnosis.IncompleteCapture && s.uses[diagnosis.Failed].info > 0 {
			continue
		}
		out = append(out, c.example())
	}
	return out
}

// cutShort adds an example of handshakes that failed by what there is of them, where that is not enough for a finding.
func (s *Summary) cutShort(lines []string) []string {
	if c := &s.uses[diagnosis.Failed]; c.info > 0 {
		line := Grouped(c.info) + " incomplete-capture failed all the same, such as " + which(c.conn, c.frame, len(s.captures) > 1) + ": " + c.detail
		lines = append(lines, line+"; fix: "+c.fix)
	}
	return lines
}

// darkened adds an example of what the capture does not show, where that is more than what it shows to have failed: the main cause may be
// among it.
func (s *Summary) darkened(lines []string) []string {
	if c := s.codes.of(diagnosis.IncompleteCapture); c != nil && c.info > s.findings && s.uses[diagnosis.Failed].info == 0 {
		lines = append(lines, c.example())
	}
	return lines
}

// ledToNothing adds an example of handshakes that went through, for each use that was made of some.
func (s *Summary) ledToNothing(lines []string, of string, uses ...diagnosis.Use) []string {
	for _, u := range uses {
		if c := &s.uses[u]; c.info > 0 {
			lines = append(lines, Grouped(c.info)+" "+of+" exchanged no data, such as "+which(c.conn, c.frame, len(s.captures) > 1)+": "+c.detail)
		}
	}
	return lines
}

// unfound are the codes of which a capture without findings shows an example: what may hide a finding, and servers that may be the ones
// behind those that speak TLS.
var unfound = [...]diagnosis.Code{diagnosis.IncompleteCapture, diagnosis.ConnectionRefused, diagnosis.DestinationUnreachable, diagnosis.SYNUnanswered,
	diagnosis.PlaintextToTLSPort}

// selected says what the filter left of the packets, where there was nothing in them. That may be the filter's doing: as in
// tcpdump, it looks only where it is told to.
func (s *Summary) selected() string {
	switch {
	case s.Filtered == 0:
		return ""
	case s.Filtered < s.Packets:
		return ", of which the filter matches " + Grouped(s.Packets-s.Filtered)
	}
	return ", of which the filter matches none: like tcpdump's, it sees what is in a VLAN only after \"vlan and\", and nothing that is in a tunnel"
}

// example is one connection in words, with what to do.
func (c *codeCount) example() string {
	text := string(c.code) + ", such as connection " + Grouped(c.conn) + ": " + c.detail
	if c.fix != "" {
		text += "; fix: " + c.fix
	}
	return text
}

// count is how many connections there are, and how many of them spoke TLS.
func (s *Summary) count() string {
	if s.tls == s.rows {
		return Plural(s.rows, "TLS connection", "TLS connections")
	}
	if s.tls == 0 && s.rows == 1 {
		return "1 connection, not TLS"
	}
	if s.tls == 0 {
		return Plural(s.rows, "connection", "connections") + ", none of them TLS"
	}
	return Plural(s.rows, "connection", "connections") + ", " + Grouped(s.tls) + " of them TLS; in all" // else what is counted next would be of those
}

// parts are the counts that add up to all connections.
func (s *Summary) parts() (parts []string) {
	if s.ok > 0 {
		parts = append(parts, Grouped(s.ok)+" ok")
	}
	if s.notTLS > 0 {
		parts = append(parts, Grouped(s.notTLS)+" not TLS")
	}
	for i := range s.codes.all {
		if c := &s.codes.all[i]; c.info > 0 {
			parts = append(parts, Grouped(c.info)+" "+string(c.code))
		}
	}
	if s.findings > 0 {
		parts = append(parts, Grouped(s.findings)+" with a finding"+s.onlyWarnings())
	}
	return parts
}

// onlyWarnings says which of the findings are no errors: but for a colour, nothing else in the report does.
func (s *Summary) onlyWarnings() string {
	switch {
	case s.warnings == 0:
		return ""
	case s.warnings < s.findings:
		return " (" + Plural(s.warnings, "of them only a warning", "of them only warnings") + ")"
	case s.warnings == 1:
		return " (only a warning)"
	}
	return " (only warnings)"
}

// allWell is the one clear line of a capture without findings.
func (s *Summary) allWell(all bool) string {
	line := "no finding"
	if s.tls > 0 {
		line += ": " + Grouped(s.passed) + " of " + Plural(s.tls, "TLS handshake", "TLS handshakes") + " went through"
	}
	unknown := s.codes.of(diagnosis.IncompleteCapture) != nil // which may be of TLS, though none was seen
	switch {
	case s.tls == 0:
	case s.passed == s.tls && unknown:
		line += "; of other connections, the capture does not show enough"
	case s.passed == s.tls:
		line += ", none failed"
	case unknown:
		line += "; for the rest, the capture does not show enough"
	default:
		line += "; the rest shows no sign of a failure"
	}
	if s.tls > 0 && !all {
		line += "; --all lists them"
	}
	return line
}

func (s *Summary) skipped() string {
	var parts []string
	for _, c := range s.Skipped {
		if c.N > 0 {
			parts = append(parts, Grouped(c.N)+" "+c.Name)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "packets left out: " + strings.Join(parts, ", ")
}

func (s *Summary) causeText(c *cause) causeText {
	t := causeText{count: Grouped(c.count), mark: mark(c.code, c.confidence), severity: c.severity, where: c.where()}
	for _, note := range []string{c.namesNote(), s.contrastNote(c), s.periodNote(c), s.networkNote(c), s.behindNote(c), c.absentNote()} {
		if note != "" {
			t.notes = append(t.notes, note)
		}
	}
	return t
}

// where is "at 10.0.0.5:443, from 4 clients: 10.138.0.28 (20), …" or, where the client is what they share,
// "from 10.0.0.7, at 4 servers: …".
func (c *cause) where() string {
	switch {
	case len(c.servers) == 0:
		return "at servers beyond the " + Grouped(maxGroups) + " that are told apart"
	case c.byClient:
		return "from " + c.clients[0].value.String() + ", at " + several(c.servers, c.moreServers, "server", "servers") + ": " +
			enumerate(c.servers, c.moreServers, service.String)
	case len(c.clients) == 1 && c.moreClients == 0:
		return "at " + c.servers[0].value.String() + ", from " + c.clients[0].value.String()
	}
	return "at " + c.servers[0].value.String() + ", from " + several(c.clients, c.moreClients, "client", "clients") + ": " +
		enumerate(c.clients, c.moreClients, netip.Addr.String)
}

// several is "4 clients", "over 60,000 clients" where not all were kept.
func several[T any](list []tallied[T], more uint64, one, many string) string {
	if more > 0 {
		return "over " + Plural(uint64(len(list)), one, many)
	}
	return Plural(uint64(len(list)), one, many)
}

// enumerate lists the most frequent, with their counts unless all are 1, and how many are left out.
func enumerate[T any](list []tallied[T], more uint64, show func(T) string) string {
	shown := min(len(list), shownPeers)
	counted := len(list) > 1 && list[0].n > 1
	parts := make([]string, 0, shown+1)
	for _, v := range list[:shown] {
		part := show(v.value)
		if counted {
			part += " (" + Grouped(v.n) + ")"
		}
		parts = append(parts, part)
	}
	if rest := len(list) - shown; rest > 0 {
		parts = append(parts, Grouped(uint64(rest))+" more")
	}
	if more > 0 {
		parts = append(parts, "and others")
	}
	return strings.Join(parts, ", ")
}

// Plural is a number with what it counts: "1 connection", "1,234 connections".
func Plural(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Grouped(n) + " " + many
}
