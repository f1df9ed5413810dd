package report

import (
	"net/netip"
	"strings"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// sniClass is what a connection showed about SNI, as far as it makes a contrast.
type sniClass uint8

const (
	sniOther sniClass = iota // not known, an invalid name, or no hello at all
	sniWith
	sniWithout
	sniClasses
)

func classOf(r *conversation.Record) sniClass {
	switch r.Hello.SNI {
	case tlswire.SNIPresent:
		return sniWith
	case tlswire.SNIMissing:
		return sniWithout
	}
	return sniOther
}

// score counts handshakes that went through, of those that went through or failed.
type score struct{ passed, total uint64 }

func (s *score) add(o score) {
	s.passed += o.passed
	s.total += o.total
}

// service is the endpoint of a server: the same port over TCP and over UDP is two, and so are two targets behind a proxy,
// which has no part in what becomes of TLS.
type service struct {
	netip.AddrPort
	datagrams bool
	target    string // as the client asked the proxy for it; "" without one, or before TLS began
}

func serviceOf(r *conversation.Record) service {
	s := service{AddrPort: r.Endpoints[flow.Server], datagrams: r.Transport != flow.TCP}
	if r.Hello.State != conversation.HelloNone {
		s.target = cutBytes(r.ProxyTarget, maxCellBytes)
	}
	return s
}

// compare orders by address and port, TCP first, and then by target.
func (s service) compare(o service) int {
	switch c := s.AddrPort.Compare(o.AddrPort); {
	case c != 0:
		return c
	case s.datagrams == o.datagrams:
		return strings.Compare(s.target, o.target)
	case o.datagrams:
		return -1
	}
	return 1
}

// String is the address and the port, what is not TCP, and where a tunnel leads.
func (s service) String() string {
	text := s.AddrPort.String()
	if s.datagrams {
		text += "/udp"
	}
	if s.target != "" {
		text += " to " + s.target
	}
	return text
}

// serverScore is how a server did.
type serverScore struct {
	by   [sniClasses]score
	lost bool // a network that succeeded is not in networks, for lack of room
}

// passedFrom names the clients of one network at one server.
type passedFrom struct {
	server  uint32
	network netip.Prefix
	class   sniClass
}

// contrast knows for each server how its connections with and without SNI did, and which client networks
// succeeded. A server or network that is kept was kept from its first connection on, so its sums are complete.
type contrast struct {
	index    map[service]uint32
	servers  []serverScore
	networks map[passedFrom]uint64
}

func newContrast() contrast {
	return contrast{index: make(map[service]uint32), networks: make(map[passedFrom]uint64)}
}

func (c *contrast) add(row *Row) {
	r := row.Record
	if !r.Succeeded() && !row.Verdict.Severity.IsFinding() {
		return // neither went through nor failed, such as a client that changed its mind
	}
	server := serviceOf(r)
	i, ok := c.index[server]
	if !ok {
		if len(c.servers) >= maxServers {
			return
		}
		i = uint32(len(c.servers))
		c.index[server] = i
		c.servers = append(c.servers, serverScore{})
	}
	class := classOf(r)
	c.servers[i].by[class].total++
	if r.Succeeded() {
		c.servers[i].by[class].passed++
		c.addNetwork(passedFrom{i, network(r.Endpoints[flow.Client].Addr()), class})
	}
}

func (c *contrast) addNetwork(key passedFrom) {
	if _, ok := c.networks[key]; !ok && len(c.networks) >= maxNetworks {
		c.servers[key.server].lost = true
		return
	}
	c.networks[key]++
}

// of is the score of a server; ok is false where it was not kept.
func (c *contrast) of(server service) (s serverScore, ok bool) {
	i, ok := c.index[server]
	if !ok {
		return s, false
	}
	return c.servers[i], true
}

// elsewhere is how many connections to a server went through from other client networks than this one. It is 0
// when one from this network did too, or could have. Connections that fail before their hello are compared
// with all others, the rest with those that are like them in SNI.
func (c *contrast) elsewhere(server service, from netip.Prefix, class sniClass) uint64 {
	i, ok := c.index[server]
	if !ok || c.servers[i].lost {
		return 0
	}
	var sum uint64
	for k := range sniClasses {
		if class != sniOther && k != class {
			continue
		}
		if c.networks[passedFrom{i, from, k}] > 0 {
			return 0
		}
		sum += c.servers[i].by[k].passed
	}
	return sum
}
