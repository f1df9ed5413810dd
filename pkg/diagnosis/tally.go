package diagnosis

import (
	"net/netip"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// Tally sums what connections did, so that one can be judged in the light of the others. It holds sums only:
// merging is addition, and neither the order of connections nor how they were divided matters. It is not safe
// for concurrent use.
type Tally struct {
	anyTLS    uint32
	endpoints table[Counts]   // server address and port
	addresses table[struct{}] // server addresses that a packet came from
	names     table[Outcomes] // endpoint and server name
	clients   table[struct{}] // client address, endpoint, with or without name: went through
	reached   table[struct{}] // client address and server name: went through
}

// NewTally returns an empty Tally.
func NewTally() *Tally {
	return &Tally{
		endpoints: newTable[Counts](maxEndpoints),
		addresses: newTable[struct{}](maxAddresses),
		names:     newTable[Outcomes](maxNames),
		clients:   newTable[struct{}](maxPairs),
		reached:   newTable[struct{}](maxPairs),
	}
}

// keys are the keys under which a connection counts.
type keys struct {
	endpoint, address, name, clientName uint64
	client                              [2]uint64 // by SNI
}

func keysOf(r *conversation.Record) keys {
	to := r.Endpoints[server]
	from := mixAddr(seedClient, r.Endpoints[client].Addr())
	e := endpointKey(r.Transport, to)
	k := keys{endpoint: e, address: addressKey(to.Addr())}
	for i := range k.client {
		k.client[i] = finish(mixBool(mix(from, e), i == WithSNI))
	}
	if r.Hello.Name != "" {
		name := mixName(r.Hello.Name)
		k.name = finish(mix(mix(seedName, e), name))
		k.clientName = finish(mix(mix(seedClientName, from), name))
	}
	return k
}

func endpointKey(t flow.Transport, a netip.AddrPort) uint64 {
	return finish(mix(mixAddr(seedEndpoint, a.Addr()), uint64(a.Port())<<8|uint64(t)))
}

func addressKey(a netip.Addr) uint64 { return finish(mixAddr(seedAddress, a)) }

// Add counts a connection.
func (t *Tally) Add(r *conversation.Record) {
	if r.Packets[server] > 0 {
		t.addresses.at(addressKey(r.Endpoints[server].Addr()))
	}
	var v view
	v.reset(r, &noContext)
	if !v.tlsSeen() && v.through == no {
		return
	}
	t.anyTLS = saturate(t.anyTLS, 1)
	k := keysOf(r)
	if c := t.endpoints.at(k.endpoint); c != nil {
		d := v.counts()
		c.add(&d)
	}
	if o := v.outcomes(); k.name != 0 && o != (Outcomes{}) {
		if n := t.names.at(k.name); n != nil {
			n.add(o)
		}
	}
	if v.through == yes && v.sniKnown() {
		t.clients.at(k.client[v.sniIndex()])
		if k.clientName != 0 {
			t.reached.at(k.clientName)
		}
	}
}

// Merge adds what o summed.
func (t *Tally) Merge(o *Tally) {
	t.anyTLS = saturate(t.anyTLS, o.anyTLS)
	t.endpoints.merge(&o.endpoints, func(into, from *Counts) { into.add(from) })
	t.names.merge(&o.names, func(into, from *Outcomes) { into.add(*from) })
	same := func(_, _ *struct{}) {}
	t.addresses.merge(&o.addresses, same)
	t.clients.merge(&o.clients, same)
	t.reached.merge(&o.reached, same)
}

// Clipped reports whether a bound was reached, so that some connections are judged without the contrast of others.
func (t *Tally) Clipped() bool {
	least := min(t.endpoints.limit, t.addresses.limit, t.names.limit, t.clients.limit, t.reached.limit)
	return least != noLimit
}

// Context returns what the others contribute to the verdict on r. end is the time of the last packet of the
// timeline that r is on; named says that the user named its server.
func (t *Tally) Context(r *conversation.Record, end int64, named bool) Context {
	c := Context{End: end, Named: named, AnyTLS: t.anyTLS > 0}
	if r.Established {
		return c // no contrast makes a finding of it
	}
	k := keysOf(r)
	c.ServerSeen = t.addresses.get(k.address) != nil
	if e := t.endpoints.get(k.endpoint); e != nil {
		c.Endpoint = *e
	}
	for i := range c.SameClient {
		c.SameClient[i] = t.clients.get(k.client[i]) != nil
	}
	if k.name != 0 {
		if n := t.names.get(k.name); n != nil {
			c.Name = *n
		}
		c.SameClientName = t.reached.get(k.clientName) != nil
	}
	return c
}

// noContext is what Add judges with: its outcomes must be facts of the one connection.
var noContext Context
