package report

import (
	"slices"
	"strings"

	"github.com/sniscope/sniscope/pkg/diagnosis"
)

// What stands beside a cause in the summary: names, contrasts, networks.

// namesNote is "name: api.example.com", "3 names: …", "" where there are none; "name, in 2 of 5: …" where the others have none.
func (c *cause) namesNote() string {
	if len(c.names) == 0 {
		return ""
	}
	kind, named := "name", c.moreNames
	if len(c.names) > 1 || c.moreNames > 0 {
		kind = several(c.names, c.moreNames, "name", "names")
	}
	for _, name := range c.names {
		named += name.n
	}
	if named < c.count && c.moreServers == 0 { // of servers that were not kept the names are not, either
		kind += ", in " + Grouped(named) + " of " + Grouped(c.count)
	}
	return kind + ": " + enumerate(c.names, c.moreNames, func(name string) string { return name })
}

// behindNote is "behind the NAT or proxy: 5 of them at 10.0.0.9:8443, proxy-header-unexpected", "" where no hello of the cause was
// seen to go on, or none met anything else there. Where all met the same, as is usual, it is "all 66 at 10.0.0.9:8443", if others
// went through at a server there at which none of the cause was.
func (s *Summary) behindNote(c *cause) string {
	far, alike := c.behind, c.alikeBehind()
	if len(alike) > 0 && !s.contrast.sparing(c.servers, alike) {
		far = slices.DeleteFunc(slices.Clone(far), func(k tallied[groupKey]) bool { return k.value.code == c.code })
		alike = nil
	}
	if len(far) == 0 {
		return ""
	}
	var parts []string
	for _, k := range far[:min(len(far), shownPeers)] {
		switch n, at := Grouped(k.n), k.value.server.String(); {
		case len(far) > len(alike):
			parts = append(parts, n+" of them at "+at+", "+string(k.value.code))
		case k.n == c.count && k.n > 1:
			parts = append(parts, "all "+n+" at "+at)
		default:
			parts = append(parts, n+" of them at "+at)
		}
	}
	if rest := len(far) - len(parts); rest > 0 {
		parts = append(parts, Grouped(uint64(rest))+" more")
	}
	return "behind the NAT or proxy: " + strings.Join(parts, "; ")
}

// alikeBehind are the servers behind those of a cause at which the same became of some of its connections.
func (c *cause) alikeBehind() map[service]bool {
	alike := make(map[service]bool)
	for _, k := range c.behind {
		if k.value.code == c.code {
			alike[k.value.server] = true
		}
	}
	return alike
}

// contrastNote is how the connections at the servers of the cause did, so that those that fail can be compared
// with those that are like them but for one thing. Where of most of them it is not known, it says so.
func (s *Summary) contrastNote(c *cause) string {
	by, ok := s.contrast.of(c.servers)
	if !ok {
		return ""
	}
	note, known := s.contrastOf(c, &by), uint64(0)
	for _, score := range by {
		known += score.total
	}
	if n := s.contrast.dark(c.servers); note != "" && n > known {
		note += "; for " + Grouped(n) + " more, the capture does not show enough"
	}
	return note
}

func (s *Summary) contrastOf(c *cause, by *[sniClasses]score) string {
	with, without := by[sniWith], by[sniWithout]
	switch {
	case c.class == sniWithout:
		return contrastWithout(with, without)
	case c.class == sniWith && with.passed+without.passed > 0:
		return s.contrastWith(c, with, without)
	}
	all := with
	all.add(without)
	all.add(by[sniOther])
	switch {
	case all.passed > 0:
		return all.text() + " connections there succeeded"
	case all.total > c.count:
		return "none of " + Grouped(all.total) + " connections there succeeded"
	}
	return ""
}

// contrastWithout compares connections without SNI with others.
func contrastWithout(with, without score) string {
	switch {
	case with.total > 0:
		return "with SNI: " + with.text() + " succeeded; without: " + without.text()
	case without.passed > 0:
		return "without SNI: " + without.text() + " succeeded; none with SNI to compare with"
	}
	return "no connection with SNI to compare with"
}

// contrastWith compares connections with SNI with each other, and with those without where these do better and the name may be why: not
// where others with these very names went through.
func (s *Summary) contrastWith(c *cause, with, without score) string {
	note := "with SNI: " + with.text() + " succeeded"
	named, known := s.contrast.passedNames(c)
	if known && named.n < with.passed {
		note += ", " + c.withNames(named.n)
	}
	switch {
	case !s.hasTimesOf(c):
	case named.before(c.period):
		note += ", all before the first of these"
	case named.after(c.period):
		note += ", all after the last of these"
	}
	if without.passed > 0 && named.n == 0 {
		note += "; without: " + without.text()
	}
	return note
}

// withNames is "5 with this name", "none with these names".
func (c *cause) withNames(n uint64) string {
	count, names := "none", "this name"
	if n > 0 {
		count = Grouped(n)
	}
	if len(c.names) > 1 {
		names = "these names"
	}
	return count + " with " + names
}

func (s score) text() string { return Grouped(s.passed) + " of " + Grouped(s.total) }

// hasTimesOf reports whether it tells something when the connections of a cause began: they are several, in a summary of some length, by one
// clock. In a short one, what comes first is how somebody tried one thing after the other, and places of capture have a clock each.
func (s *Summary) hasTimesOf(c *cause) bool {
	return c.count >= manyAlike && s.timed && s.end-s.start >= shortestSpan && (!s.several || s.again == 0)
}

// periodNote is "all between 02:10:01 and 02:10:03" where the connections of a cause began within a small part of the time, as while a server
// was restarted.
func (s *Summary) periodNote(c *cause) string {
	p := c.period
	if !s.hasTimesOf(c) || p.untimed || len(c.servers) == 0 || c.moreServers > 0 || p.last-p.first > (s.end-s.start)/briefPart {
		return ""
	}
	from := s.timeFrom()
	first, last := wholeSeconds(p.first)[from:], wholeSeconds(p.last)[from:]
	if first == last {
		return "all at " + first
	}
	return "all between " + first + " and " + last
}

// absentNote is "none of these is in a capture nearer to the server, …", "" where each is in all of them that are known to be nearer.
func (c *cause) absentNote() string {
	note := "none of these is"
	switch {
	case c.absent == 0:
		return ""
	case c.absent < c.count:
		note = Plural(c.absent, "of these is", "of these are") + " not"
	}
	return note + " in a capture nearer to the server, which has nearly all that went through"
}

// networkNote says that the clients of one network alone fail so at a server that others reach: those of others may fail of something else.
func (s *Summary) networkNote(c *cause) string {
	if c.byClient || len(c.servers) != 1 || len(c.clients) == 0 || c.moreClients > 0 {
		return ""
	}
	from := diagnosis.NetworkOf(c.clients[0].value)
	for _, client := range c.clients[1:] {
		if diagnosis.NetworkOf(client.value) != from {
			return ""
		}
	}
	n := s.contrast.elsewhere(c.servers[0].value, from, c.class)
	if n == 0 {
		return ""
	}
	return "only clients in " + from.String() + " fail in this way: " + Plural(n, "connection", "connections") + " from other networks succeeded"
}
