package report

import (
	"hash/maphash"
	"net/netip"
	"slices"

	"github.com/sniscope/sniscope/pkg/flow"
)

// between knows, of several captures, whose handshakes each of them shows: where one has those of a client that went through, and none of
// those that failed, what is between two captures may have ended these.
type between struct {
	names []string            // of the captures, at most maxBetween
	legs  []capturedAt        // by the number of the connection, modulo maxSights, as sights has them
	seen  map[bothSeen]uint64 // what went through, by the capture that shows it
	both  map[bothSeen]uint64 // of that, what another capture shows as well, by this one
	moved map[bothSeen]uint64 // those of both whose client has another address in the other capture
	shown map[findingSeen]bool
}

// capturedAt is where a connection was captured, and whose it is.
type capturedAt struct {
	client  uint32 // a hash of its address
	capture uint16 // one more than the place of its name; 0 where that is not known
}

// bothSeen is a server and a client, as one capture shows them, and a capture.
type bothSeen struct {
	server  uint32 // its place in contrast
	client  uint32
	capture uint16
}

// findingSeen is a cause and a capture that shows a connection with it, as what it may be.
type findingSeen struct {
	groupKey
	capture uint16
}

// leastBoth is how many handshakes that went through two captures must have in common before it says anything that one lacks others.
const leastBoth = 3

var clientSeed = maphash.MakeSeed()

func clientHash(a netip.Addr) uint32 { return uint32(maphash.Comparable(clientSeed, a.Unmap())) }

func newBetween() *between {
	return &between{seen: make(map[bothSeen]uint64), both: make(map[bothSeen]uint64), moved: make(map[bothSeen]uint64), shown: make(map[findingSeen]bool)}
}

// add takes a connection that sights has, and the earlier ones that show what it shows.
func (b *between) add(row *Row, earlier []uint64, s *Summary) {
	this := capturedAt{clientHash(row.Record.Endpoints[flow.Client].Addr()), b.capture(row.Capture)}
	b.put(row.Conn, this)
	server := s.sights.server(row.Conn)
	failed, passed := row.Verdict.Severity.IsFinding(), row.Record.Succeeded()
	if failed {
		b.show(keyOf(row), this.capture)
	}
	if passed {
		countIn(b.seen, bothSeen{server, this.client, this.capture}, maxPeers)
	}
	for _, conn := range earlier {
		if f, ok := s.twins.of(conn); ok {
			b.show(f.groupKey, this.capture)
		}
		one, other := s.sights.at(conn), b.at(conn)
		if one == nil || other.capture == 0 || other.capture == this.capture {
			continue // where sights has forgotten it, another one is in its place
		}
		if failed {
			b.show(keyOf(row), other.capture)
		}
		if passed && one.server == server { // else they are two connections of a proxy
			b.pair(server, this, other)
			b.pair(server, other, this)
			passed = false
		}
	}
}

// pair counts a handshake that went through for the client that one capture has, as the other shows it as well.
func (b *between) pair(server uint32, one, other capturedAt) {
	key := bothSeen{server, one.client, other.capture}
	if countIn(b.both, key, maxPeers) && one.client != other.client {
		countIn(b.moved, key, maxPeers)
	}
}

func (b *between) show(key groupKey, capture uint16) {
	if len(b.shown) < maxGroups {
		b.shown[findingSeen{key, capture}] = true
	}
}

// capture is one more than the place of a name, 0 where there is no room.
func (b *between) capture(name string) uint16 {
	i := slices.Index(b.names, name)
	if i < 0 && len(b.names) < maxBetween {
		i = len(b.names)
		b.names = append(b.names, name)
	}
	return uint16(i + 1)
}

func (b *between) put(conn uint64, l capturedAt) {
	at := conn % maxSights
	for uint64(len(b.legs)) <= at {
		b.legs = append(b.legs, capturedAt{})
	}
	b.legs[at] = l
}

// at is where a connection was captured that sights still has.
func (b *between) at(conn uint64) capturedAt {
	if at := conn % maxSights; at < uint64(len(b.legs)) {
		return b.legs[at]
	}
	return capturedAt{}
}

// lacking is the capture that shows most handshakes that went through of the clients at a server, nearly all that another one shows, and
// none of a cause there: else it lacks others for reasons of its own; n is how many, and moved says that a NAT has changed the address of some.
func (b *between) lacking(key groupKey, server uint32, clients []tallied[netip.Addr]) (name string, n uint64, moved bool) {
	for i := range b.names {
		capture := uint16(i + 1)
		if b.shown[findingSeen{key, capture}] {
			continue
		}
		var sum, elsewhere, all uint64
		for _, c := range clients {
			key := bothSeen{server, clientHash(c.value), capture}
			sum, elsewhere = sum+b.both[key], elsewhere+b.moved[key]
			all += b.seenBut(key)
		}
		if sum >= leastBoth && sum > n && sum >= all-all/20 {
			name, n, moved = b.names[i], sum, elsewhere > 0
		}
	}
	return name, n, moved
}

// seenBut is what other captures show of a client at a server that went through.
func (b *between) seenBut(key bothSeen) (n uint64) {
	for i := range b.names {
		if other := uint16(i + 1); other != key.capture {
			n += b.seen[bothSeen{key.server, key.client, other}]
		}
	}
	return n
}

// betweenNote is "none of these is in gateway.pcap, which shows 62 of the same clients that went through: …", "" where each capture that
// shows the one shows the other, and of one capture. Only of what has a hello is it known which captures show it.
func (s *Summary) betweenNote(c *cause) string {
	if s.between == nil || len(c.servers) != 1 || c.moreClients > 0 || c.class == sniOther {
		return ""
	}
	server := c.servers[0].value
	place, ok := s.contrast.index[server]
	name, n, moved := s.between.lacking(groupKey{c.code, server}, place+1, c.clients)
	if !ok || n == 0 {
		return ""
	}
	note := "none of these is in " + captureName(name) + ", which shows " + Plural(n, "connection", "connections") +
		" of the same clients that went through: if it was running then, something between the captures ended them"
	if moved {
		note += ", or they are of other hosts behind the NAT"
	}
	return note
}
