package report

import (
	"net/netip"
	"strings"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/diagnosis"
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

func (s *score) remove(o score) {
	s.passed -= o.passed
	s.total -= o.total
}

// scoreOf is that of a connection that went through or failed.
func scoreOf(row *Row) score {
	if row.Record.Succeeded() {
		return score{1, 1}
	}
	return score{0, 1}
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
	dark uint64 // connections of which the capture does not show enough
	lost bool   // a network that succeeded is not in networks, for lack of room

	unnamed bool // a name that succeeded is not in names, likewise
}

// passedFrom names the clients of one network at one server.
type passedFrom struct {
	server  uint32
	network netip.Prefix
	class   sniClass
}

// passedName is a name with which handshakes went through at one server.
type passedName struct {
	server uint32
	name   string
}

// contrast knows for each server how its connections with and without SNI did, and which client networks and names
// succeeded. A server or network that is kept was kept from its first connection on, so its sums are complete. A handshake that is handed
// on counts at each server that it comes to.
type contrast struct {
	index    map[service]uint32
	servers  []serverScore
	networks map[passedFrom]uint64
	names    map[passedName]*passes
	handed   map[handedOn]score // what counts at two servers
}

// handedOn is two servers of a handshake, the first of which has the leg that was met first, and the second another one.
type handedOn struct {
	first, other uint32
	class        sniClass
}

func newContrast() contrast {
	return contrast{
		index:    make(map[service]uint32),
		networks: make(map[passedFrom]uint64),
		names:    make(map[passedName]*passes),
		handed:   make(map[handedOn]score),
	}
}

// place is one more than the index of the server of a connection that went through or failed. It is 0 for one that did neither, such as
// that of a client that changed its mind, and where there is no room.
func (c *contrast) place(row *Row) uint32 {
	r := row.Record
	if !r.Succeeded() && !row.Verdict.Severity.IsFinding() {
		return 0
	}
	return c.at(serviceOf(r))
}

// at is the place of a server, 0 where there is no room.
func (c *contrast) at(server service) uint32 {
	i, ok := c.index[server]
	if !ok {
		if len(c.servers) >= maxServers {
			return 0
		}
		i = uint32(len(c.servers))
		c.index[server] = i
		c.servers = append(c.servers, serverScore{})
	}
	return i + 1
}

// darken counts a connection with a hello of which the capture does not show enough to tell what became of it.
func (c *contrast) darken(row *Row) {
	if row.Verdict.Code != diagnosis.IncompleteCapture || row.Record.Hello.State == conversation.HelloNone || row.SameAs != 0 {
		return
	}
	if place := c.at(serviceOf(row.Record)); place != 0 {
		c.servers[place-1].dark++
	}
}

// dark is how many connections to some servers are not known to have gone through or failed.
func (c *contrast) dark(servers []tallied[service]) (n uint64) {
	for _, server := range servers {
		if i, ok := c.index[server.value]; ok {
			n += c.servers[i].dark
		}
	}
	return n
}

// add counts a connection at the server of that place.
func (c *contrast) add(place uint32, row *Row) {
	if place == 0 {
		return
	}
	class := classOf(row.Record)
	c.servers[place-1].by[class].add(scoreOf(row))
	if class == sniWith && row.Record.Succeeded() {
		c.addName(passedName{place - 1, shownName(row.Record)}, row.Record)
	}
	c.reached(place, row)
}

// reached notes the network of a client that succeeded. A NAT has it do so on either side.
func (c *contrast) reached(place uint32, row *Row) {
	if r := row.Record; place != 0 && r.Succeeded() {
		c.addNetwork(passedFrom{place - 1, diagnosis.NetworkOf(r.Endpoints[flow.Client].Addr()), classOf(r)})
	}
}

// handOn notes that a connection that counts at a server is a leg of what counts at the first server already.
func (c *contrast) handOn(first, place uint32, row *Row) {
	if first == 0 || place == 0 {
		return
	}
	key := handedOn{first - 1, place - 1, classOf(row.Record)}
	sum, ok := c.handed[key]
	if !ok && len(c.handed) >= maxHanded {
		return
	}
	sum.add(scoreOf(row))
	c.handed[key] = sum
}

func (c *contrast) addNetwork(key passedFrom) {
	if _, ok := c.networks[key]; !ok && len(c.networks) >= maxNetworks {
		c.servers[key.server].lost = true
		return
	}
	c.networks[key]++
}

// of is the score of some servers together, at which a handshake counts once; ok is false where one of them was not kept.
func (c *contrast) of(servers []tallied[service]) (by [sniClasses]score, ok bool) {
	among := make(map[uint32]bool, len(servers))
	for _, server := range servers {
		i, ok := c.index[server.value]
		if !ok {
			return by, false
		}
		among[i] = true
		for class := range sniClasses {
			by[class].add(c.servers[i].by[class])
		}
	}
	for key, sum := range c.handed {
		if among[key.first] && among[key.other] {
			by[key.class].remove(sum)
		}
	}
	return by, true
}

// sparing reports whether handshakes that went through at some servers did so at another one as well, which is none of these and none
// of those that are given.
func (c *contrast) sparing(servers []tallied[service], failed map[service]bool) bool {
	among, known := make(map[uint32]bool, len(servers)), make(map[uint32]bool, len(servers)+len(failed))
	for _, server := range servers {
		if i, ok := c.index[server.value]; ok {
			among[i], known[i] = true, true
		}
	}
	for server := range failed {
		if i, ok := c.index[server]; ok {
			known[i] = true
		}
	}
	for key, sum := range c.handed {
		if sum.passed > 0 && (among[key.first] && !known[key.other] || among[key.other] && !known[key.first]) {
			return true
		}
	}
	return false
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
