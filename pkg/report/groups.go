package report

import (
	"cmp"
	"net/netip"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
)

// groupKey is what connections of one group share.
type groupKey struct {
	code   diagnosis.Code
	server service
}

func keyOf(row *Row) groupKey { return groupKey{row.Verdict.Code, serviceOf(row.Record)} }

func (k groupKey) compare(o groupKey) int {
	return cmp.Or(cmp.Compare(k.code, o.code), k.server.compare(o.server))
}

// group counts the connections with one diagnosis at one server.
type group struct {
	groupKey
	severity    diagnosis.Severity
	confidence  diagnosis.Confidence // the highest
	classes     [sniClasses]uint64   // connections of each
	count       uint64
	moreClients uint64 // connections of clients that are not kept
	moreNames   uint64
	absent      uint64 // connections that a capture nearer to the server lacks
	period             // of the connections, also of one that was taken out again
}

// class is that of all connections of a group, sniOther where they differ.
func (m *group) class() sniClass {
	for class, n := range m.classes {
		if n == m.count {
			return sniClass(class)
		}
	}
	return sniOther
}

// peer is a client, or a server_name, of a group.
type peer[T comparable] struct {
	group uint32
	value T
}

// link is two groups that have the two sides of connections, in the order in which they were met.
type link struct{ first, other groupKey }

// servicePair is two servers, in their own order.
type servicePair [2]service

func pairOf(a, b service) (pair servicePair, sign int) {
	if a.compare(b) > 0 {
		return servicePair{b, a}, -1
	}
	return servicePair{a, b}, 1
}

// precedence is how much speaks for the first of a pair of servers being in front of the other; below 0, for the reverse.
type precedence struct{ sure, guessed int }

// strayKey counts connections whose group was not kept; client is the zero Addr where that had no room either.
type strayKey struct {
	code   diagnosis.Code
	client netip.Addr
}

// groups are the findings by diagnosis and server, with the clients and names of each. What is kept was kept
// from its first connection on, so its sums are complete; connections without a group are counted by client as
// long as there is room, then by diagnosis alone.
type groups struct {
	index   map[groupKey]uint32
	all     []group
	clients map[peer[netip.Addr]]uint64
	names   map[peer[string]]uint64
	strays  map[strayKey]uint64
	links   map[link]uint64
	fronts  map[servicePair]precedence
}

func newGroups() groups {
	return groups{
		index:   make(map[groupKey]uint32),
		clients: make(map[peer[netip.Addr]]uint64),
		names:   make(map[peer[string]]uint64),
		strays:  make(map[strayKey]uint64),
		links:   make(map[link]uint64),
		fronts:  make(map[servicePair]precedence),
	}
}

func (g *groups) add(row *Row) {
	r, v := row.Record, row.Verdict
	key, client := keyOf(row), r.Endpoints[flow.Client].Addr()
	i, ok := g.index[key]
	if !ok {
		if len(g.all) >= maxGroups {
			g.stray(strayKey{v.Code, client})
			return
		}
		i = uint32(len(g.all))
		g.index[key] = i
		g.all = append(g.all, group{groupKey: key, period: during(r)})
	}
	m := &g.all[i]
	m.count++
	m.widen(during(r))
	m.classes[classOf(r)]++
	m.severity, m.confidence = max(m.severity, v.Severity), max(m.confidence, v.Confidence)
	if v.Absent {
		m.absent++
	}
	if !countIn(g.clients, peer[netip.Addr]{i, client}, maxPeers) {
		m.moreClients++
	}
	if name := shownName(r); name != "" && !countIn(g.names, peer[string]{i, name}, maxNames) {
		m.moreNames++
	}
}

// remove takes a finding out again, which has the hello of a row.
func (g *groups) remove(f finding, row *Row) {
	i, ok := g.index[f.groupKey]
	if !ok {
		discount(g.strays, strayKey{f.code, f.client}, strayKey{f.code, netip.Addr{}})
		return
	}
	m := &g.all[i]
	m.count--
	m.classes[classOf(row.Record)]--
	if f.absent {
		m.absent--
	}
	if !discount(g.clients, peer[netip.Addr]{i, f.client}) {
		m.moreClients--
	}
	if name := shownName(row.Record); name != "" && !discount(g.names, peer[string]{i, name}) {
		m.moreNames--
	}
}

// discount takes one from the first of some counts that has it. A key stays even so: what is kept was kept from the first on.
func discount[K comparable](counts map[K]uint64, keys ...K) bool {
	for _, key := range keys {
		if counts[key] > 0 {
			counts[key]--
			return true
		}
	}
	return false
}

// link counts a finding as the other side of an earlier one.
func (g *groups) link(first, other groupKey) { countIn(g.links, link{first, other}, maxLinks) }

// turn notes that of two servers one handed on to the other what both failed of.
func (g *groups) turn(front, behind service, sure bool) {
	pair, sign := pairOf(front, behind)
	p, ok := g.fronts[pair]
	if !ok && len(g.fronts) >= maxLinks {
		return
	}
	if sure {
		p.sure += sign
	} else {
		p.guessed += sign
	}
	g.fronts[pair] = p
}

// isBehind reports whether a server is behind another one. Where nothing tells, it is: the one in front is met first.
func (g *groups) isBehind(front, server service) bool {
	pair, sign := pairOf(front, server)
	p := g.fronts[pair]
	return cmp.Or(p.sure, p.guessed)*sign >= 0
}

func (g *groups) stray(key strayKey) {
	if _, ok := g.strays[key]; !ok && len(g.strays) >= maxPeers {
		key.client = netip.Addr{}
	}
	g.strays[key]++
}

// countIn reports false when there is no room for another key.
func countIn[K comparable](counts map[K]uint64, key K, room int) bool {
	if _, ok := counts[key]; !ok && len(counts) >= room {
		return false
	}
	counts[key]++
	return true
}

// shownName is the server_name as the table shows it, "" where there is none.
func shownName(r *conversation.Record) string {
	if r.Hello.Name == "" {
		return ""
	}
	return sniCell(r)
}
