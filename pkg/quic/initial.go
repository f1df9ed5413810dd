package quic

// initial takes an Initial packet.
func (c *Conn) initial(d *delivery, p *packet) {
	if len(p.body) < minPayload {
		if p.whole() {
			c.reject(d, p, ReasonMalformed)
		}
		return
	}
	c.keys.limited = false
	payload, reason := c.unprotect(d.side, p)
	switch {
	case reason == 0:
		if s := &c.sides[d.side]; p.whole() {
			s.expected = max(s.expected, c.opener.number+1)
		}
		c.frames(d, p, payload)
	case reason == reasonAnother:
		d.emit(c.prepare(d, KindAnother, p.version, p.size()))
	case !p.whole():
		// Truncated is what it will be called.
	case c.keys.limited:
		c.reject(d, p, ReasonLimit)
	default:
		c.reject(d, p, reason)
	}
}

// reasonAnother stands for KindAnother and is never seen outside.
const reasonAnother Reason = 255

// unprotect decrypts an Initial packet.
func (c *Conn) unprotect(side Side, p *packet) ([]byte, Reason) {
	switch {
	case !c.known:
		return c.begin(side, p)
	case side == c.client:
		return c.unprotectClient(p)
	case idOf(p.destination) != c.ids.client:
		return nil, ReasonStray
	}
	payload, ok := c.openAny(side, p)
	if !ok {
		return nil, ReasonNotAuthentic
	}
	if !c.ids.serverKnown {
		c.ids.server, c.ids.serverKnown = idOf(p.source), true
	}
	return payload, 0
}

// begin takes an Initial for the first of a client, whose keys follow from its own
// Destination Connection ID.
func (c *Conn) begin(side Side, p *packet) ([]byte, Reason) {
	if len(p.destination) < minClientDestination {
		return nil, ReasonNoKeys
	}
	set := keySet{version: p.version, destination: idOf(p.destination)}
	payload, ok := c.open(side, &set, true, p)
	if !ok {
		return nil, ReasonNoKeys
	}
	c.sides[side].begin()
	c.keys.add(set)
	c.known, c.client, c.refused = true, side, false
	c.ids = connectionIDs{client: idOf(p.source)}
	return payload, 0
}

// unprotectClient decrypts an Initial of the client.
//
// A client goes over to keys of another connection ID when it obeys a Retry (RFC
// 9001, Section 5.2), and begins anew when it obeys Version Negotiation. Neither
// answer need have been captured. Otherwise an Initial that opens itself belongs
// to another connection.
func (c *Conn) unprotectClient(p *packet) ([]byte, Reason) {
	if c.refused && !c.ids.serverKnown && p.version != c.keys.sets[0].version {
		return c.begin(c.client, p)
	}
	set := keySet{version: p.version, destination: idOf(p.destination)}
	if idOf(p.source) != c.ids.client {
		if _, ok := c.open(c.client, &set, true, p); !ok || set.destination.n < minClientDestination {
			return nil, ReasonStray
		}
		return nil, reasonAnother
	}
	if payload, ok := c.openAny(c.client, p); ok {
		return payload, 0
	}
	if c.keys.has(set.version, set.destination) {
		return nil, ReasonNotAuthentic
	}
	payload, ok := c.open(c.client, &set, true, p)
	obeys := c.ids.retried && set.destination == c.ids.retry
	switch {
	case !ok:
		return nil, ReasonNotAuthentic
	case c.ids.serverKnown && !obeys:
		return nil, reasonAnother
	}
	c.keys.add(set)
	c.ids.obeyed = c.ids.obeyed || obeys
	return payload, 0
}

// openAny decrypts an Initial of a side with the connection's keys for the
// packet's version. A server may go over to another version, whose keys follow
// from the same connection ID (RFC 9369, Section 4.1).
func (c *Conn) openAny(side Side, p *packet) ([]byte, bool) {
	found := false
	for i := range c.keys.sets[:c.keys.n] {
		if set := &c.keys.sets[i]; set.version == p.version {
			found = true
			if payload, ok := c.open(side, set, side == c.client, p); ok {
				return payload, true
			}
		}
	}
	if found {
		return nil, false
	}
	set := keySet{version: p.version, destination: c.keys.sets[0].destination}
	payload, ok := c.open(side, &set, side == c.client, p)
	if ok {
		c.keys.add(set)
	}
	return payload, ok
}

// open decrypts an Initial with the keys of one set.
func (c *Conn) open(side Side, set *keySet, client bool, p *packet) ([]byte, bool) {
	k := c.keys.of(set, client)
	if k == nil {
		return nil, false
	}
	if c.opener == nil {
		c.opener = new(opener)
	}
	return c.opener.open(k, p, c.sides[side].expected)
}
