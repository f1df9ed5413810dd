package diagnosis

import (
	"net/netip"

	"github.com/sniscope/sniscope/pkg/conversation"
)

// Tally sums what connections did, so that one can be judged in the light of the others. It holds sums only:
// merging is addition, and neither the order of connections nor how they were divided matters. It is not safe
// for concurrent use.
type Tally struct {
	anyTLS    uint32
	endpoints table[Counts]       // server address and port, behind a proxy also the target: TLS was seen there
	addresses table[struct{}]     // server addresses that a packet came from
	plain     table[plainly]      // server address and port that answered in plaintext
	names     table[Outcomes]     // endpoint and server name
	hellos    table[uint16]       // endpoints and hello, of several captures: the number of the first with it, from 1
	held      table[captureSet]   // of several captures: both endpoints of what went through, only until all are added
	shown     table[captureSet]   // of several captures: both endpoints, or the hello, of what did not go through
	passed    table[sightings]    // of several captures: hellos of what went through
	spans     [captureSetLen]span // of several captures
	ways      map[point]*ways     // what MatchCaptures makes of passed
	clients   table[offers]       // client address, endpoint, with or without name: went through
	reached   table[offers]       // client address, place and server name: went through
	places    store[places]       // connections that did not go through; in one capture only those that a NAT may have given other addresses
	onward    table[onwards]      // host and time: attempts to open a connection that failed
	silent    table[struct{}]     // server address and port: some of these had no answer
	strays    table[strays]       // client address and port: answers without a connection
	pending   pending             // outcomes that are not in the tables yet

	captures bool // places are of several captures
	capture  int  // how many came before
}

// NewTally returns an empty Tally.
func NewTally() *Tally {
	return &Tally{
		endpoints: newTable[Counts](maxEndpoints),
		names:     newTable[Outcomes](maxNames),
		hellos:    newTable[uint16](maxHellos),
		held:      newTable[captureSet](maxHellos),
		shown:     newTable[captureSet](maxPlaces),
		passed:    newTable[sightings](maxSampled),
		addresses: newTable[struct{}](maxAddresses),
		plain:     newTable[plainly](maxAddresses),
		clients:   newTable[offers](maxPairs),
		reached:   newTable[offers](maxPairs),
		places:    newStore[places](maxPlaces),
		onward:    newTable[onwards](maxOnward),
		silent:    newTable[struct{}](maxSilent),
		strays:    newTable[strays](maxStrays),
	}
}

// The keys under which a connection counts are made of hashes of its client, of its server's endpoint and of the name.

// mixPlace is where the client's TLS went, by whatever transport. Behind a CONNECT or SOCKS proxy that is the target: the
// proxy's own address says as little of it as that of a router does.
func mixPlace(r *conversation.Record) uint64 {
	h := mixListener(r)
	if r.ProxyTarget != "" {
		h = mix(h, mixName(r.ProxyTarget))
	}
	return h
}

// mixReached is mixPlace where the client is known to have got so far: a request for a tunnel to which the proxy said nothing went
// no further than the proxy.
func mixReached(r *conversation.Record) uint64 {
	if !r.FirstData[server].Happened() && r.TLSBytes[client] == 0 {
		return mixListener(r)
	}
	return mixPlace(r)
}

// mixListener is what took the connection.
func mixListener(r *conversation.Record) uint64 {
	to := r.Endpoints[server]
	return mix(mixAddr(seedEndpoint, to.Addr()), uint64(to.Port()))
}

// mixHeader has what went through behind a PROXY header say nothing of a client that sends none.
func mixHeader(r *conversation.Record, h uint64) uint64 {
	if r.BehindProxyHeader() {
		return mix(h, seedHeader)
	}
	return h
}

func endpointKey(r *conversation.Record, place uint64) uint64 {
	return finish(place + uint64(r.Transport))
}

func addressKey(a netip.Addr) uint64 { return finish(mixAddr(seedAddress, a)) }

func nameKey(endpoint, name uint64) uint64 { return finish(mix(mix(seedName, endpoint), name)) }

func clientKey(from, endpoint uint64, sni int) uint64 {
	return finish(mixBool(mix(from, endpoint), sni == WithSNI))
}

func reachedKey(from, place, name uint64) uint64 { return finish(mix(mix(from, place), name)) }

func mixClient(r *conversation.Record) uint64 { return mixAddr(seedClient, r.Endpoints[client].Addr()) }

// Add counts a connection.
func (t *Tally) Add(r *conversation.Record) {
	if answered := r.SYNACK.Happened() || r.FirstData[server].Happened(); answered || r.Packets[server] > 0 {
		t.addresses.at(addressKey(r.Endpoints[server].Addr()))
	}
	t.addPlace(r)
	t.addShown(r)
	t.addStray(r)
	if r.Stage == conversation.StageSYN {
		t.addOnward(r)
	}
	var v view
	v.reset(r, &noContext)
	if said := v.saidPlainly(); said != (plainly{}) {
		if p := t.plain.at(endpointKey(r, mixListener(r))); p != nil {
			p.add(&said)
		}
	}
	if !v.tlsSeen() && v.through == no || v.unreceived() {
		return
	}
	t.anyTLS = saturate(t.anyTLS, 1)
	if t.counted(r) {
		return
	}
	place, o := mixPlace(r), v.outcomes()
	endpoint := endpointKey(r, place)
	if c := t.endpoints.at(endpoint); c != nil {
		v.countIn(c, o)
	}
	if r.ProxyTarget != "" {
		t.addTunnel(r)
	}
	if o != (Outcomes{}) {
		t.addOutcome(&v, place, endpoint, o)
	}
}

// addTunnel counts at the proxy, of which no more is known than that it is there for TLS.
func (t *Tally) addTunnel(r *conversation.Record) {
	c := t.endpoints.at(endpointKey(r, mixListener(r)))
	if c != nil && r.TLSBytes[client] > 0 {
		c.Tunnels = saturate(c.Tunnels, 1)
	}
}

// addOutcome counts the outcome of a handshake by name and by client.
func (t *Tally) addOutcome(v *view, place, endpoint uint64, o Outcomes) {
	p := t.pending.next()
	*p = outcome{Outcomes: o}
	place, endpoint = mixHeader(v.Record, place), mixHeader(v.Record, endpoint)
	named, name := v.Hello.Name != "", uint64(0)
	if named {
		name = mixName(v.Hello.Name)
		p.name = nameKey(endpoint, name)
	}
	if o.Passed > 0 {
		from := mixClient(v.Record)
		p.offer = shownOffer(v.Record)
		if sni := v.sniIndex(); sni != ImproperSNI {
			p.client = clientKey(from, endpoint, sni)
		}
		if named {
			p.reached = reachedKey(from, place, name)
		}
	}
	if t.pending.full() {
		t.Settle()
	}
}

// Merge adds what o summed.
func (t *Tally) Merge(o *Tally) {
	t.Settle()
	o.Settle()
	t.anyTLS = saturate(t.anyTLS, o.anyTLS)
	t.endpoints.merge(&o.endpoints, func(into, from *Counts) { into.add(from) })
	t.names.merge(&o.names, func(into, from *Outcomes) { into.add(*from) })
	t.hellos.limit, t.held.limit = min(t.hellos.limit, o.hellos.limit), min(t.held.limit, o.held.limit)
	t.places.merge(&o.places, func(into, from *places) { into.add(from) })
	t.shown.merge(&o.shown, func(into, from *captureSet) { *into |= *from })
	for i := range t.spans {
		t.spans[i].add(o.spans[i])
	}
	t.passed.merge(&o.passed, (*sightings).merge)
	t.onward.merge(&o.onward, (*onwards).merge)
	t.strays.merge(&o.strays, (*strays).merge)
	t.addresses.merge(&o.addresses, func(_, _ *struct{}) {})
	t.plain.merge(&o.plain, (*plainly).add)
	t.silent.merge(&o.silent, func(_, _ *struct{}) {})
	t.clients.merge(&o.clients, (*offers).merge)
	t.reached.merge(&o.reached, (*offers).merge)
}

// Clipped reports whether a bound was reached, so that some connections are judged without the contrast of others.
func (t *Tally) Clipped() bool {
	t.Settle()
	least := min(t.endpoints.limit, t.addresses.limit, t.plain.limit, t.silent.limit, t.names.limit, t.clients.limit, t.reached.limit, t.places.keys.limit, t.shown.limit, t.onward.limit, t.strays.limit, t.hellos.limit, t.held.limit)
	return least != noLimit
}

// Context writes what the others contribute to the verdict on r, which is on the given timeline, into c; named says that the user
// named its server. After Settle and before the next Add it may be called concurrently.
func (t *Tally) Context(c *Context, r *conversation.Record, on Timeline, named bool) {
	*c = Context{}
	c.End, c.Lull, c.Named, c.AnyTLS = on.End, on.Lull, named, t.anyTLS > 0
	if r.Established { // no contrast makes a finding of it
		if t.onward.n > 0 && unserved(r) {
			t.addTrials(c, r, on)
		}
		return
	}
	t.Settle()
	t.addTrials(c, r, on)
	c.Astray = t.astray(r, on.Capture)
	c.ServerSeen = t.addresses.get(addressKey(r.Endpoints[server].Addr())) != nil
	c.OneWay = t.addresses.n == 0
	if t.plain.n+t.silent.n > 0 {
		listener := endpointKey(r, mixListener(r))
		c.Silent = t.silent.get(listener) != nil
		if p := t.plain.get(listener); p != nil {
			c.EndpointPlain, c.AgreesToTLS, c.RefusesTLS = p.answers, p.agrees, p.refuses
		}
	}
	place, from := mixReached(r), mixClient(r)
	endpoint := endpointKey(r, place)
	e := t.endpoints.get(endpoint)
	if e != nil {
		c.EndpointTLS, c.Endpoint = true, *e
	}
	offer := offerOf(r)
	place, endpoint = mixHeader(r, place), mixHeader(r, endpoint)
	for sni := range c.SameClient {
		if e != nil && !e.anyPassed(sni) {
			continue // nobody went through, so this client did not: what is kept is complete
		}
		if passed := t.clients.get(clientKey(from, endpoint, sni)); passed != nil {
			c.SameClient[sni], c.SameOffer[sni], c.OtherOffer[sni] = true, passed.has(offer), passed.lacks(offer)
		}
	}
	if r.Hello.Name != "" {
		name := mixName(r.Hello.Name)
		if n := t.names.get(nameKey(endpoint, name)); n != nil {
			c.Name = *n
		}
		if passed := t.reached.get(reachedKey(from, place, name)); passed != nil {
			c.SameClientName, c.SameOfferName = true, passed.has(offer)
		}
	}
}

// addTrials adds what other connections tell of a hop of this one: what became of it elsewhere, and what its server's host had tried.
func (t *Tally) addTrials(c *Context, r *conversation.Record, on Timeline) {
	if t.places.n > 0 {
		c.Elsewhere = t.elsewhere(r, on.Capture)
	}
	if c.Elsewhere[client].First|c.Elsewhere[server].First == 0 {
		c.Absent = t.absent(r, on.Capture)
	}
	if t.onward.n > 0 && !c.Elsewhere[server].Here { // or else the host only passes it on
		c.Onward = t.onwardFrom(r, on.Capture)
	}
}

// noContext is what is judged with where nothing is known of others. Add does, too: its outcomes must be facts of the one connection.
var noContext Context
