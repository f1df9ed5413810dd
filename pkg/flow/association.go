package flow

import "net/netip"

// association is a connection over UDP. What only the handshake needs is behind a pointer that goes away once that
// is settled.
type association struct {
	key        key
	first      uint64 // ordinal of its first packet; 0 marks a free entry
	start      int64
	last       int64
	packets    [2]uint64
	bytes      [2]uint64
	recent     [2][maxRecent + 1]glimpse // of each side's last datagrams, by their number, to recognise copies
	term       Terminator
	handshake  *udpHandshake // nil once settled
	transport  Transport
	opener     Side
	client     Side // valid once settled
	roles      Roles
	incomplete Incomplete
	digits     uint8
	encap      uint16
}

// udpHandshake is what an association has while its handshake lasts.
type udpHandshake struct {
	follower Datagrams
	icmp     ICMPError
	lastData [2]Event
	ttls     [2]uint8
	lengths  [2][maxRecent + 1]uint32 // of each side's last datagrams, by their number
}

const (
	udpHeader = 8 // bytes (RFC 768)
	// longestPacket is what Ethernet takes. Where a capture shows more, it may show several datagrams as one (GSO, GRO).
	longestPacket = 1500
)

// lacks is what is missing if an ICMP error quotes a datagram of a side whose UDP header says length: that datagram, if none of
// its last is as long.
func (a *association) lacks(side Side, length uint32) Incomplete {
	switch {
	case a.packets[side] == 0:
		return IncompleteOneSided
	case length <= udpHeader:
		return 0
	}
	for _, n := range a.handshake.lengths[side] {
		if n+udpHeader == length || n > longestPacket {
			return 0
		}
	}
	return IncompleteGap
}

// associations are a table's connections over UDP.
type associations struct {
	index           index
	slab            slab[association]
	handshakes      int      // that last
	sweep           uint32   // where sweeping goes on
	oldest          []opened // to be evicted next
	oldestUnsettled []opened // likewise, where too many handshakes last
}

// find returns the association of a key, 0 if there is none.
func (as *associations) find(k *key, hash uint32) uint32 {
	x := &as.index
	if len(x.slots) == 0 {
		return 0
	}
	for i := hash & x.mask(); x.slots[i] != 0; i = (i + 1) & x.mask() {
		if at := ref(x.slots[i]).index(); uint32(x.slots[i]>>32) == hash && as.slab.at(at).key.equal(k) {
			return at
		}
	}
	return 0
}

// expired reports whether a datagram of the given time comes too late to belong to it.
func (a *association) expired(now int64) bool {
	if peerGone := a.term.Kind == CloseICMP && a.term.By != Path; a.term.Kind != NotClosed && !peerGone { // who remains may go on for long
		return now-a.last > int64(linger)
	}
	if a.packets[a.opener^1] == 0 { // each pause before it sends again is twice as long as the one before (RFC 9002, Section 6.2.1)
		return now-a.last > min(int64(datagramIdle), max(int64(unansweredIdle), 4*(a.last-a.start)))
	}
	return now-a.last > int64(datagramIdle)
}

// associate opens an association if the datagram begins one; 0 if it does not.
func (t *Table) associate(p *packet, hash uint32) uint32 {
	transport, ok := t.handler.Begins(p.data(), p.Length)
	if !ok {
		return 0
	}
	for t.udp.slab.live() >= max(t.limits.Associations, 1) {
		t.evictAssociation(&t.udp.oldest, false)
	}
	for t.udp.handshakes >= max(t.limits.UDPHandshakes, 1) {
		t.evictAssociation(&t.udp.oldestUnsettled, true)
	}
	t.udp.handshakes++
	i, a := t.udp.slab.alloc()
	*a = association{
		key: *p.key, first: p.at.Frame, start: p.Time, last: p.Time, transport: transport, opener: p.side,
		term: Terminator{By: Nobody}, digits: p.Digits(), encap: t.encapIndex(p.encap()),
		handshake: &udpHandshake{follower: t.handler.OpenDatagrams(transport)},
	}
	t.udp.index.insert(hash, connRef(i))
	return i
}

// evictAssociation ends the oldest association, or the oldest whose handshake lasts. They are listed a good many at a time.
func (t *Table) evictAssociation(oldest *[]opened, unsettled bool) {
	v := nextVictim(oldest, t.allAssociations, func(v opened) bool {
		a := t.udp.slab.at(v.ref.index())
		return a.first == v.first && (!unsettled || a.handshake != nil)
	})
	t.counts[Evicted]++
	t.dissociate(v.ref.index(), IncompleteEvicted)
}

// dissociate ends an association: hands it to the handler and takes it out of the table.
func (t *Table) dissociate(i uint32, why Incomplete) {
	a := t.udp.slab.at(i)
	t.udp.index.remove(a.key.hash(t.seed), connRef(i))
	if why == IncompleteEndOfCapture && a.term.Kind == NotClosed || why == IncompleteEvicted {
		a.incomplete |= why
	}
	var follower Follower
	if a.handshake != nil {
		follower = a.handshake.follower
		a.orient()
		t.udp.handshakes--
	}
	t.fillAssociation(a)
	for side := range a.packets {
		to := role(Side(side), a.client)
		t.facts.Packets[to], t.facts.Ending.Bytes[to] = a.packets[side], a.bytes[side]
	}
	t.handler.End(follower)
	t.udp.slab.release(i, a)
}

// orient decides which side is the client: the one that the bytes show to be it, else the one with the higher port. Where
// that is not who began, the beginning was not captured.
func (a *association) orient() {
	if c := a.handshake.follower.Client(); c <= 1 {
		a.client, a.roles = c, RolesHello
		return
	}
	a.client, a.roles = a.key.clientByPort(a.opener), RolesPort
	if a.client != a.opener {
		a.incomplete |= IncompleteMid
	}
}

// fillAssociation writes what is known of an association into t.facts.
func (t *Table) fillAssociation(a *association) {
	*t.facts = Facts{}
	o, e := &t.facts.Opening, &t.facts.Ending
	*o = Opening{
		First: a.first, Start: a.start, Digits: a.digits, Transport: a.transport, ClientSide: a.client, Roles: a.roles,
		Endpoints: [2]netip.AddrPort{a.key.endpoint(a.client), a.key.endpoint(a.client ^ 1)},
	}
	if a.encap > 0 {
		o.Encapsulation = t.encaps[a.encap-1]
	}
	*e = Ending{Opened: a.first, End: a.last, Terminator: a.term, Incomplete: a.incomplete, Settled: a.handshake == nil}
	e.Terminator.By = role(a.term.By, a.client)
	if a.handshake == nil {
		return
	}
	o.ICMP = a.handshake.icmp
	if o.ICMP.Happened() {
		o.ICMP.Quoted = role(o.ICMP.Quoted, a.client)
	}
	for side := range a.handshake.lastData {
		to := &o.Sides[role(Side(side), a.client)]
		to.LastData, to.TTL = a.handshake.lastData[side], a.handshake.ttls[side]
	}
}

// sweepAssociations ends associations that have been expired for a while.
func (t *Table) sweepAssociations() {
	for range stepOf(t.udp.slab.used) {
		i := &t.udp.sweep
		*i = *i%t.udp.slab.used + 1
		if a := t.udp.slab.at(*i); a.first != 0 && a.expired(t.sweeper.now-int64(sweepMargin)) {
			t.dissociate(*i, 0)
		}
	}
}

// flushAssociations ends all of them, as Flush does with connections.
func (t *Table) flushAssociations(now int64, endOfCapture bool) {
	for _, o := range t.allAssociations() {
		why := Incomplete(0)
		if endOfCapture && !t.udp.slab.at(o.ref.index()).expired(now) {
			why = IncompleteEndOfCapture
		}
		t.dissociate(o.ref.index(), why)
	}
	t.udp = associations{}
}
