package report

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/sniscope/sniscope/pkg/diagnosis"
)

// tallied is a value with the number of connections that have it.
type tallied[T any] struct {
	value T
	n     uint64
}

// cause is one line of the summary: connections with one diagnosis and what they share, either a server with
// its clients, or a client with the servers at which it alone fails.
type cause struct {
	code       diagnosis.Code
	severity   diagnosis.Severity
	confidence diagnosis.Confidence
	class      sniClass
	count      uint64
	absent     uint64 // of these, what a capture nearer to the server lacks
	period     period // of those at servers that were kept
	byClient   bool
	servers    []tallied[service]
	clients    []tallied[netip.Addr]
	names      []tallied[string]
	behind     []tallied[groupKey] // what became of its connections on the other side of a proxy

	moreServers, moreClients, moreNames uint64 // connections with others than those listed
}

// causes finds what the findings share, the most serious and most frequent first.
func (g *groups) causes() []cause {
	clients, names := byGroup(g.clients, len(g.all), netip.Addr.Compare), byGroup(g.names, len(g.all), strings.Compare)
	behind := byGroup(g.behind(), len(g.all), groupKey.compare)
	var found []cause
	alone := make(map[strayKey][]int) // groups that have a single client, by it
	for i := range g.all {
		m := &g.all[i]
		if m.count == 0 {
			continue // all of it counts for the other side
		}
		if len(clients[i]) == 1 && m.moreClients == 0 {
			key := strayKey{m.code, clients[i][0].value}
			alone[key] = append(alone[key], i)
			continue
		}
		found = append(found, g.serverCause(i, clients[i], names[i], behind[i]))
	}
	for key, members := range alone {
		if len(members) == 1 {
			i := members[0]
			found = append(found, g.serverCause(i, clients[i], names[i], behind[i]))
			continue
		}
		found = append(found, g.clientCause(key, members, names, behind))
	}
	found = append(found, g.strayCauses(alone)...)
	slices.SortFunc(found, compareCauses)
	return found
}

// behind are the groups that have the other sides of a group's connections, where these are behind it.
func (g *groups) behind() map[peer[groupKey]]uint64 {
	sums := make(map[peer[groupKey]]uint64)
	for l, n := range g.links {
		front, far := l.first, l.other
		if !g.isBehind(front.server, far.server) {
			front, far = far, front
		}
		if i, ok := g.index[front]; ok {
			sums[peer[groupKey]{i, far}] += n
		}
	}
	return sums
}

// strayCauses are the connections at servers that were not kept, but for those of a client that is a cause itself.
func (g *groups) strayCauses(alone map[strayKey][]int) (found []cause) {
	sums := make(map[diagnosis.Code]uint64)
	for key, n := range g.strays {
		if len(alone[key]) < 2 {
			sums[key.code] += n
		}
	}
	for code, n := range sums {
		if n == 0 {
			continue
		}
		found = append(found, cause{code: code, confidence: diagnosis.Certain, count: n, moreServers: n, moreClients: n})
	}
	return found
}

func (g *groups) serverCause(i int, clients []tallied[netip.Addr], names []tallied[string], behind []tallied[groupKey]) cause {
	m := &g.all[i]
	return cause{
		code: m.code, severity: m.severity, confidence: m.confidence, class: m.class(), count: m.count, absent: m.absent, period: m.period,
		servers: []tallied[service]{{m.server, m.count}}, clients: clients, names: names, behind: behind,
		moreClients: m.moreClients, moreNames: m.moreNames,
	}
}

// clientCause joins the groups of which key's client is the only one.
func (g *groups) clientCause(key strayKey, members []int, names [][]tallied[string], behind [][]tallied[groupKey]) cause {
	first := &g.all[members[0]]
	c := cause{code: key.code, byClient: true, class: first.class(), period: first.period, moreServers: g.strays[key]}
	sums, far := make(map[string]uint64), make(map[groupKey]uint64)
	for _, i := range members {
		m := &g.all[i]
		c.count += m.count
		c.absent += m.absent
		c.moreNames += m.moreNames
		c.period.widen(m.period)
		c.severity, c.confidence = max(c.severity, m.severity), max(c.confidence, m.confidence)
		if c.class != m.class() {
			c.class = sniOther
		}
		c.servers = append(c.servers, tallied[service]{m.server, m.count})
		for _, k := range behind[i] {
			far[k.value] += k.n
		}
		for _, name := range names[i] {
			sums[name.value] += name.n
		}
	}
	c.count += c.moreServers
	c.clients = []tallied[netip.Addr]{{key.client, c.count}}
	c.names, c.behind = tallies(sums), tallies(far)
	sortTallied(c.servers, service.compare)
	sortTallied(c.names, strings.Compare)
	sortTallied(c.behind, groupKey.compare)
	return c
}

// tallies are the sums, in no order.
func tallies[T comparable](sums map[T]uint64) (list []tallied[T]) {
	for value, n := range sums {
		list = append(list, tallied[T]{value, n})
	}
	return list
}

// byGroup deals the peers out to their groups, the most frequent first.
func byGroup[T comparable](counts map[peer[T]]uint64, groups int, compare func(a, b T) int) [][]tallied[T] {
	out := make([][]tallied[T], groups)
	for key, n := range counts {
		if n == 0 {
			continue
		}
		out[key.group] = append(out[key.group], tallied[T]{key.value, n})
	}
	for _, list := range out {
		sortTallied(list, compare)
	}
	return out
}

func sortTallied[T any](list []tallied[T], compare func(a, b T) int) {
	slices.SortFunc(list, func(a, b tallied[T]) int {
		return cmp.Or(cmp.Compare(b.n, a.n), compare(a.value, b.value))
	})
}

func compareCauses(a, b cause) int {
	return cmp.Or(
		cmp.Compare(b.severity, a.severity),
		cmp.Compare(b.count, a.count),
		cmp.Compare(a.code, b.code),
		compareFirst(a.servers, b.servers, service.compare),
		compareFirst(a.clients, b.clients, netip.Addr.Compare),
	)
}

func compareFirst[T any](a, b []tallied[T], compare func(a, b T) int) int {
	if len(a) == 0 || len(b) == 0 {
		return cmp.Compare(len(b), len(a))
	}
	return compare(a[0].value, b[0].value)
}
