package diagnosis

import (
	"net/netip"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// A router, a proxy or a load balancer that is captured on its own host shows two connections for each of a client: the client's, and
// the one to a backend. Where the second fails before it is set up, that is why the first does.

// Onward is an attempt to open a connection that failed. The zero value is none.
type Onward struct {
	To     netip.AddrPort
	How    OnwardFailure
	seq    uint32     // of its SYN
	Begun  int64      // time of its first SYN
	Failed flow.Event // the packet that says so; where nothing answered its first SYN, at the time of its last
}

// OnwardFailure is how it failed.
type OnwardFailure uint8

// The ways.
const (
	OnwardNone        OnwardFailure = iota
	OnwardRefused                   // by RST
	OnwardUnreachable               // by an ICMP error
	OnwardUnanswered                // the SYN was sent again
)

// onwardPast is how each reads behind an endpoint.
var onwardPast = [...]string{OnwardRefused: "refused", OnwardUnreachable: "was unreachable", OnwardUnanswered: "did not answer"}

// onwards are attempts of one host that began at about the same time: the first ones, so that it does not matter in which order they
// are added.
type onwards [2]Onward

// earlier orders attempts; none comes last.
func (o *Onward) earlier(x *Onward) bool {
	if x.How == OnwardNone || o.How == OnwardNone {
		return o.How != OnwardNone
	}
	return o.Begun < x.Begun || o.Begun == x.Begun && o.Failed.Frame < x.Failed.Frame
}

// add keeps the first attempts.
func (p *onwards) add(o Onward) {
	for i := range p {
		if o.earlier(&p[i]) {
			p[i], o = o, p[i]
		}
	}
}

// merge adds those of o.
func (p *onwards) merge(o *onwards) {
	for i := range o {
		p.add(o[i])
	}
}

const (
	// onwardSlot is how long attempts are taken to begin at about the same time.
	onwardSlot = 16 * time.Millisecond
	// onwardPrompt is how long a host may take to end a connection once it has learnt that there is nothing behind it: room for a busy
	// machine.
	onwardPrompt = 100 * time.Millisecond
	// onwardWindow is for how long behind the setup of a connection, and before its end, an attempt that belongs to it begins: at once, or
	// as the last of several.
	onwardWindow = 2 * time.Second
)

// failedBy reports whether it had failed at that time. A SYN that has no answer is sent again after a second (RFC 6298, Section 2).
func (o *Onward) failedBy(at int64) bool {
	switch o.How {
	case OnwardNone:
		return false
	case OnwardUnanswered:
		return o.Begun+int64(time.Second) <= at
	}
	return o.Failed.Time <= at
}

// onwardOf is the attempt that a connection was, none where it did not fail in such a way. A single SYN is none: a flood brings millions.
func onwardOf(r *conversation.Record) (o Onward) {
	t := &r.Terminator
	switch {
	case !r.SYN.Happened() || r.SYNACK.Happened() || !r.Timed():
		return o
	case t.Kind == flow.CloseRST && t.By == server:
		o.How, o.Failed = OnwardRefused, t.Event
	case t.Kind == flow.CloseICMP && r.ICMP.Quoted == client: // else the answer did not get here
		o.How, o.Failed = OnwardUnreachable, t.Event
	case t.Happened() && t.Kind != flow.CloseICMP, r.Retransmits == 0:
		return o
	default:
		o.How, o.Failed = OnwardUnanswered, flow.Event{Frame: r.SYN.Frame, Time: r.Ending.End}
	}
	o.To, o.Begun, o.seq = r.Endpoints[server], r.SYN.Time, r.Sides[client].InitialSeq
	return o
}

// host is who makes attempts, as a hash.
type host uint64

// The hosts that no address stands for: that of a capture that tells directions, whichever of its addresses its attempts are from; its
// loopback in one that does not; and all whose attempts came in, to be told from what is only passed on with other addresses.
const (
	thisHost host = iota
	itself
	others
)

// hostOf is the host of a side: that of the capture if its packets only left. What a transparent proxy there opens is for the
// connection with the same endpoints.
func hostOf(r *conversation.Record, side flow.Side) host {
	w := r.Sides[side].Passage
	switch {
	case w != flow.PassageOut && w != flow.PassageIn:
	case r.Paired:
		return host(endsOf(r))
	case w == flow.PassageOut && r.Sides[side.Other()].Passage < flow.PassageThrough || withinHost(r): // else a copy of it was lost
		return thisHost
	}
	return hostAt(r.Endpoints[side].Addr())
}

// hostAt is the host that has an address.
func hostAt(a netip.Addr) host {
	if a.IsLoopback() {
		return itself
	}
	return host(mixAddr(seedOnward, a))
}

// withinHost holds for a connection of a host to itself, of which a capture of all interfaces has what comes in only.
func withinHost(r *conversation.Record) bool {
	from := r.Endpoints[client].Addr()
	return from == r.Endpoints[server].Addr() || from.IsLoopback()
}

// onwardKey is what attempts of a host are found by that began in a slot of time, by the clock of a capture.
func onwardKey(capture int, h host, slot int64) uint64 {
	return finish(mix(mix(mix(seedOnward, uint64(capture)), uint64(h)), uint64(slot)))
}

// addOnward counts a connection as an attempt.
func (t *Tally) addOnward(r *conversation.Record) {
	o := onwardOf(r)
	if o.How == OnwardNone {
		return
	}
	if o.How == OnwardUnanswered && !r.Terminator.Happened() { // else the answer did not get back
		t.silent.at(endpointKey(r, mixListener(r)))
	}
	h := hostOf(r, client)
	t.keepOnward(h, o)
	if h != thisHost && r.Sides[client].Passage == flow.PassageIn {
		t.keepOnward(others, o)
	}
}

func (t *Tally) keepOnward(h host, o Onward) {
	if p := t.onward.at(onwardKey(t.capture, h, o.Begun/int64(onwardSlot))); p != nil {
		p.add(o)
	}
}

// onwardFrom returns the last attempt of the server's host that failed just before the end of a connection, and began after that was set
// up: by its own address or over its loopback, and where the capture was made on that host and tells directions by any address. Where
// several servers were tried there, which of them the connection is for is not known: none.
func (t *Tally) onwardFrom(r *conversation.Record, capture int) Onward {
	from := r.Opening.Established
	if !from.Happened() || !r.Timed() || r.Server.Hello.Happened() && !r.Established {
		return Onward{}
	}
	until := r.Ending.End
	if r.Terminator.Happened() {
		until = r.Terminator.Time
	}
	hosts := [...]host{hostOf(r, server), hostAt(r.Endpoints[server].Addr()), itself} // what goes from one of its addresses to another comes in
	looked := hosts[:2]
	if near := trips(r); near[server] < near[client] { // captured on the server's host, or next to it
		looked = hosts[:]
	}
	if hosts[0] == hosts[1] {
		looked = looked[1:]
	}
	search := onwardSearch{capture: capture, from: from.Time, until: until}
	last, first := until/int64(onwardSlot), from.Time/int64(onwardSlot)
	for slot := first; slot <= last; slot++ {
		if slot-first > int64(onwardWindow/onwardSlot) { // what began between the two windows failed long ago
			slot = max(slot, last-int64(onwardWindow/onwardSlot))
		}
		for _, h := range looked {
			t.onwardWithin(h, slot, &search)
		}
	}
	if search.several {
		return Onward{}
	}
	return search.last
}

// onwardSearch is for the last of attempts that began from a time on and failed just before another; several says that there were some of
// several servers.
type onwardSearch struct {
	capture     int
	from, until int64
	last        Onward
	several     bool
}

// take chooses among one more.
func (s *onwardSearch) take(o *Onward) {
	s.several = s.several || s.last.How != OnwardNone && s.last.To != o.To
	if s.last.How == OnwardNone || s.last.earlier(o) {
		s.last = *o
	}
}

// onwardWithin chooses among the attempts of a host that began in a slot of time.
func (t *Tally) onwardWithin(h host, slot int64, s *onwardSearch) {
	p := t.onward.get(onwardKey(s.capture, h, slot))
	if p == nil {
		return
	}
	for i := range p {
		if o := &p[i]; o.Begun >= s.from && o.failedBy(s.until) && o.promptly(s.until) && !(h == thisHost && t.passedOn(o, s.capture)) {
			s.take(o)
		}
	}
}

// promptly holds where it had failed just before a time: who learns that nothing is there ends the connection at once. Who gets no
// answer gives up when it likes.
func (o *Onward) promptly(end int64) bool {
	return o.How == OnwardUnanswered || end-o.Failed.Time <= int64(onwardPrompt)
}

// passedOn holds for an attempt that the host of the capture did not make: it came in with other addresses just before it left.
func (t *Tally) passedOn(o *Onward, capture int) bool {
	slot := o.Begun / int64(onwardSlot)
	for _, s := range [...]int64{slot - 1, slot} {
		if p := t.onward.get(onwardKey(capture, others, s)); p != nil && (p[0].same(o) || p[1].same(o)) {
			return true
		}
	}
	return false
}

// same reports whether it is the same attempt, whatever addresses it has.
func (o *Onward) same(x *Onward) bool { return o.How != OnwardNone && o.seq == x.seq }

// forOnward holds where a rule's diagnosis may follow from what the server's host had failed to reach in the meantime: the server relays
// what it is sent, and had not begun a handshake. Whoever knows that there is no backend is not silent, and speaks of no name.
func (v *view) forOnward(r *rule) bool {
	how := v.c.Onward.How
	return how != OnwardNone && (endsForOnward(r.code) || r.code == PlaintextToTLSPort && v.droppedOnward()) && !v.saysName() && (how == OnwardUnanswered || !unanswered(r.code))
}

// unserved holds where a handshake went through, and the server sent nothing behind it but perhaps an alert; in TLS 1.3 also session tickets,
// which are known by being alike, and by there being two or four: of a single record nobody can tell it from an answer, nor many of one
// length from a stream of answers.
func unserved(r *conversation.Record) bool {
	if r.Transport != flow.TCP || !r.EstablishedAt.Happened() {
		return false
	}
	behind := sentBehind(r, server)
	switch s := &r.Server; {
	case !tlswire.Is13(s.Version):
		return r.AppData[server] == 0 && behind <= sealedAlert
	case s.RecordsAfterDone == 0:
		return behind <= sealedAlert13
	case s.Tickets == 0:
		return false
	default:
		each := uint64(s.TicketLen) + tlswire.RecordHeaderLen
		n, rest := uint64(s.Tickets)+behind/each, behind%each
		return (n == 2 || n == 4) && (rest == 0 || rest == sealedAlert13 || rest == sealedAlert13Padded)
	}
}

// How long a record with an alert is in TLS 1.3: as it is, and as Java pads it.
const (
	sealedAlert13       = tlswire.RecordHeaderLen + 19
	sealedAlert13Padded = tlswire.RecordHeaderLen + 35
)

// sentBehind is how many bytes a side sent once the connection was not looked into anymore.
func sentBehind(r *conversation.Record, s flow.Side) uint64 {
	return r.Bytes[s] - min(r.Sides[s].Sent, r.Bytes[s])
}

// deserted holds where a handshake went through, the server's host then failed to reach another server, as onwardFrom says, and the server,
// which had not answered the client, ended the connection or took its leave.
func (v *view) deserted() bool {
	leave := &v.Alerts[server]
	left := v.Terminator.By == server || leave.Happened() && leave.Frame < v.Terminator.Frame
	return v.c.Onward.How != OnwardNone && left && v.Missed == 0 && v.capturedWhole() && unserved(v.Record)
}

// appendDeserted says so.
func (v *view) appendDeserted(b []byte) []byte {
	b = v.appendServerSent(append(v.appendOnward(append(b, "; "...)), ", and the server sent "...))
	return append(b, ": look at what it could not reach"...)
}

// appendOnward says what was tried.
func (v *view) appendOnward(b []byte) []byte {
	o := &v.c.Onward
	b = v.appendDuration(append(b, "in the meantime, "...), time.Duration(o.Begun-v.Opening.Established.Time))
	b = o.To.AppendTo(append(b, " after the connection was set up, the server's host tried "...))
	return append(append(b, ", which "...), onwardPast[o.How]...)
}

// blamesName holds for the codes that say that the server ended it for want of a name that it knows.
func blamesName(c Code) bool {
	switch c {
	case NoSNIReset, NoSNIClosed, NoSNIUnanswered, NoSNIAlert, SNIUnrecognized:
		return true
	}
	return false
}

// remarkOnward says so.
func remarkOnward(b []byte, v *view, named, _ *rule) []byte {
	if !v.forOnward(named) {
		return b
	}
	return v.appendOnward(b)
}

// fixOnward is what to do about it.
const fixOnward = "look at what the server could not reach just then, as the detail says: start it, correct its address or port where the server is told of it, or open the way to it"

// endsForOnward holds for the codes of what a server does that has no backend for a connection.
func endsForOnward(c Code) bool {
	switch c {
	case HelloReset, HelloClosed, HelloUnanswered, ServerAlert, ServerClosedBeforeHello, ResetBeforeHello, ProxyRefused:
		return true
	}
	return blamesName(c)
}
