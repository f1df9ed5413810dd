package diagnosis

import (
	"net/netip"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// A NAT that changed the destination of a connection and does not see the way back, or takes a packet of it for invalid, lets the answer go
// on with the server's own address: to the client's host that is of no connection. The capture has it as one of its own, without a SYN; that of
// the NAT's own host may have it in the part of the connection behind the NAT.

// Astray is the answer to a connection that came from another address than the client had asked. The zero value is none.
type Astray struct {
	From  netip.AddrPort
	Event flow.Event // its first packet
	Reset bool       // the client's host reset it
	Here  bool       // it is of the same capture
}

// stray is what may be one to some connection.
type stray struct {
	Astray
	capture int
	numbers [2]uint32 // what comes before the first byte of the client, 0 where that is not known, and of the server
	synack  bool      // no more than that came
	begun   bool      // the capture has its SYN
}

// strays are those of a client's port: the first ones, so that it does not matter in which order they are added.
type strays [2]stray

// add keeps the first ones.
func (p *strays) add(s stray) {
	for i := range p {
		if x := &p[i]; !x.Event.Happened() || s.Event.Happened() && s.Event.Frame < x.Event.Frame {
			*x, s = s, *x
		}
	}
}

// merge adds those of o.
func (p *strays) merge(o *strays) {
	for i := range o {
		p.add(o[i])
	}
}

// strayed holds for what came of a server without a connection that the capture shows: the client's host said that it has none, or nothing,
// though it was sent its SYN-ACK again and again. A capture of one direction is full of what looks else.
func strayed(r *conversation.Record) bool {
	if r.SYN.Happened() || r.Transport != flow.TCP || r.Established || r.FirstData[client].Happened() {
		return false
	}
	return resetAsStranger(r) || r.Stage == conversation.StageSYNACK && r.Packets[client] == 0 && r.Sides[server].SYNs > 1
}

// resetAsStranger holds where the client's host said first of all that it has no such connection, and the capture has no SYN of it.
func resetAsStranger(r *conversation.Record) bool {
	return !r.SYN.Happened() && strangerEnded(r)
}

// passedOn is the RST with which the client's host said first that it has no such connection, in what may be the part of one behind the NAT of
// the capture's host, which passed an answer on as it came; nil for any other. On a bridge packets have no direction; there the client's host
// has to have sent its SYN again.
func passedOn(r *conversation.Record) *flow.Reset {
	if r.Established || !r.SYN.Happened() || r.Transport != flow.TCP {
		return nil
	}
	p := r.Sides[server].Passage
	if p >= flow.PassageThrough || p == flow.PassageUnknown && !r.Opening.Established.Happened() && r.Retransmits > 0 {
		return firstReset(r, func(x *flow.Reset) bool { return x.By == client && x.Kind == flow.RSTNoSocket })
	}
	return nil
}

func strayKey(r *conversation.Record) uint64 {
	return finish(mix(mix(seedAstray, mixClient(r)), uint64(r.Endpoints[client].Port())))
}

// addStray counts a connection as one that may be the answer to another.
func (t *Tally) addStray(r *conversation.Record) {
	a, reset := Astray{From: r.Endpoints[server]}, passedOn(r)
	switch {
	case reset != nil:
		a.Event, a.Reset = reset.Event, true
	case strayed(r):
		a.Event, a.Reset = flow.Event{Frame: r.First, Time: r.Start}, r.Terminator.Happened()
	default:
		return
	}
	if p := t.strays.at(strayKey(r)); p != nil {
		p.add(stray{
			Astray: a, capture: t.capture, begun: reset != nil,
			synack:  r.SYNACK.Happened() && !r.Opening.Established.Happened(),
			numbers: [2]uint32{r.Sides[client].InitialSeq, r.Sides[server].InitialSeq},
		})
	}
}

// astray returns the answer to a connection that came from another address. Another capture may show the client's host reset it that has
// the connection with the address that the client had asked.
func (t *Tally) astray(r *conversation.Record, capture int) Astray {
	if t.strays.n == 0 || r.Transport != flow.TCP || !r.SYN.Happened() || !r.Sides[client].ISN {
		return Astray{}
	}
	p := t.strays.get(strayKey(r))
	if p == nil {
		return Astray{}
	}
	found := Astray{}
	for _, s := range p {
		s.Here = s.capture == capture
		if itself := s.From == r.Endpoints[server]; !s.Event.Happened() || !s.answers(r) || s.Here && itself || !s.Here && s.begun {
			continue
		}
		if s.Here { // which is nearer than another
			return s.Astray
		}
		found = s.Astray
	}
	return found
}

// answers reports whether its sequence numbers are those that the answer to a connection has.
func (s *stray) answers(r *conversation.Record) bool {
	c, srv := &r.Sides[client], &r.Sides[server]
	if s.synack {
		return s.numbers[client] == c.InitialSeq && !(s.Here && r.SYNACK.Happened())
	}
	return srv.ISN && follows(s.numbers[server], srv.InitialSeq) && (s.numbers[client] == 0 || follows(s.numbers[client], c.InitialSeq))
}

// follows reports whether a sequence number lies a little behind another: no handshake is longer.
func follows(seq, from uint32) bool { return seq-from < 1<<20 }

// answeredAstray holds where the answer came from another address, before anything ended the connection.
func (v *view) answeredAstray() bool {
	a := &v.c.Astray
	return a.Here && a.From.IsValid() && v.cause.By != server && (v.cause.Kind == CauseNone || a.Event.Frame <= v.cause.Frame)
}

// cameAstray holds where a rule's diagnosis follows from that.
func (v *view) cameAstray(r *rule) bool {
	return v.through != yes && r.code != NotTLS && (v.answeredAstray() || v.resetAstray())
}

// resetAstray holds where another capture has the client's RST without the connection that it is of: the client had asked another address.
func (v *view) resetAstray() bool {
	a := &v.c.Astray
	return !a.Here && a.From.IsValid() && a.Reset && v.noSocket(client)
}

// appendAstray says from where it came.
func (v *view) appendAstray(b []byte, what string) []byte {
	b = v.c.Astray.From.AppendTo(append(append(b, what...), " came from "...))
	b = append(b, " instead, an address that the client had not connected to"...)
	if v.c.Astray.Reset {
		b = append(b, ", and its host reset that"...)
	}
	return b
}

// unasked holds for what looks, from its own side, as if it were astray: payload of the server, and of the client nothing but that its host has
// no such connection.
func (v *view) unasked() bool {
	return v.Transport == flow.TCP && resetAsStranger(v.Record) && v.FirstData[server].Happened() && v.Packets[client] <= uint64(len(v.Resets))
}

// appendUnasked says so.
func (v *view) appendUnasked(b []byte) []byte {
	return append(b, "; such a RST comes from a host that has no such connection, and the capture has no SYN of it either"...)
}

const fixUnasked = "look for a connection of the same address and port of the client to another address, which this may be the answer to: a NAT on the way back then left the server's own address in it; else somebody may have used the client's address as a forged source, or this answers what ended before the capture began"

// remarkAstray says so of what got further than its SYN.
func remarkAstray(b []byte, v *view, named, _ *rule) []byte {
	switch {
	case v.resetAstray():
		b = v.c.Astray.From.AppendTo(append(b, "another capture has this RST, to "...))
		return append(b, ", and no connection that it is of: the client had asked another address, from which the answer should have come"...)
	case v.answeredAstray() && named.code != SYNUnanswered:
		return v.appendAstray(b, "an answer of the server")
	}
	return b
}

const (
	fixAstray = fixWayBack + "; see whether connection tracking there takes the server's packets for invalid" + seeTracking

	fixWayBack = "have the answers come back through the NAT or load balancer that changed the destination: masquerade (SNAT) what goes back into the client's own network (hairpin NAT), or correct the server's route to the client where that leads past it"

	// seeTracking is where connection tracking shows what it takes for invalid.
	seeTracking = " (on Linux: conntrack -S, net.netfilter.nf_conntrack_tcp_be_liberal; kube-proxy on nodes of Kubernetes)"
)
