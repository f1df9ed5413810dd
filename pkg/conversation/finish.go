package conversation

import (
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// finish writes what the follower learned into r, whose facts flow has filled in, with client and server in
// their places. What else is in r is of another connection: every field is set.
func (f *follower) finish(r *Record) {
	client := r.ClientSide
	for i := range f.half {
		h := &f.half[i]
		h.decide()
		f.keepPartial(h, h.missing&flow.IncompleteSnaplen)
	}
	f.complaint()
	r.forgetAside()
	if f.aside != &f.handler.blank {
		f.aside.finish(r)
		r.Target = f.target(&f.half[flow.Server^client])
		r.Cleartext = f.cleartext()
	}
	for i := range f.half {
		f.finishSide(r, flow.Side(i), flow.Side(i)^client)
	}
	r.ServerFirst = f.spokeFirst(flow.Server^client, flow.Client^client)
	if f.overlong {
		r.Incomplete |= flow.IncompleteLimit
	}
	r.Hello = f.hello
	r.Server = f.server
	r.Client = f.answer
	r.Hello.OverMSS = r.Hello.Bytes+tlswire.RecordHeaderLen > mssOf(&r.Opening)
	f.outcome(r)
	f.second.finish(f, r)
	r.Stage = f.stage(r)
	if f.hidden.certTorn {
		r.doubtCertificate()
	}
}

// doubtCertificate takes back what was inferred of the client's certificate, and that the server refused it: what has the
// length may be data, and the server's record its close_notify.
func (r *Record) doubtCertificate() {
	r.Client.Cert, r.Client.CertInferred, r.Client.Certificate = CertNotSeen, false, flow.Event{}
	if !r.Established {
		r.Server.ErrorRecord = false
	}
}

// unheard completes r, whose facts flow has filled in, where no byte was carried: every other field is set.
func (r *Record) unheard() {
	r.forgetAside()
	for i := range r.Protocol {
		r.Protocol[i], r.FirstData[i] = "", flow.Event{}
		r.AppData[i], r.TLSBytes[i], r.LastRecordCut[i] = 0, 0, 0
	}
	r.ServerFirst, r.Established, r.EstablishedAt = false, false, flow.Event{}
	r.Hello, r.Server, r.Client = Hello{}, Answer{}, ClientFlight{}
	r.Stage = tcpStage(&r.Opening)
}

// forgetAside empties what an aside sets.
func (r *Record) forgetAside() {
	r.Carrier, r.CarrierRefused, r.Cleartext = nil, "", CleartextUnseen
	r.CarrierAsked, r.RefusedAt, r.Offer = flow.Event{}, flow.Event{}, OfferUnknown
	r.ProxiedClient, r.ProxyTarget, r.Target = "", "", Plaintext{}
	r.PlainHTTPError, r.ServerText = false, ""
	r.Alerts, r.Second = [2]Alert{}, Second{}
	r.Declined, r.Versions, r.Retries, r.Foreign = flow.Event{}, "", 0, 0
}

// finishSide copies what belongs to one side.
func (f *follower) finishSide(r *Record, raw, role flow.Side) {
	h := &f.half[raw]
	r.Protocol[role] = h.protocol
	r.FirstData[role] = f.firstData[raw]
	r.AppData[role] = h.appData
	r.TLSBytes[role] = h.tlsBytes
	r.LastRecordCut[role] = 0
	if rec, have, ok := h.deframer.PendingRecord(); ok && h.carriesTLS() && have < rec.Length {
		r.LastRecordCut[role] = rec.Length
	}
}

// spokeFirst reports whether side a sent payload before side b did.
func (f *follower) spokeFirst(a, b flow.Side) bool {
	first, second := f.firstData[a], f.firstData[b]
	return first.Happened() && (!second.Happened() || first.Frame < second.Frame)
}

// mssOf is the largest segment that the server said it takes.
func mssOf(o *flow.Opening) int {
	if mss := o.Sides[flow.Server].MSS; mss > 0 {
		return int(mss)
	}
	return defaultMSS
}

// outcome decides whether the handshake went through, and which alerts came too late to be the cause.
func (f *follower) outcome(r *Record) {
	if !f.estAt.Happened() && f.unselected() && f.answered(knownClient(r)) {
		f.estAt = f.hidden.turnAt
	}
	if !f.estAt.Happened() && f.answeredEarly() {
		f.estAt = f.hidden.earlyAnswer
	}
	f.breaksOff(r)
	missing := r.Missed > 0 || f.half[0].missing|f.half[1].missing != 0 || r.Incomplete&flow.IncompleteOneSided != 0
	r.Established = !f.inferAlert(r) && f.estAt.Happened() && !f.alertLost(r) && !f.cutOff(r) && (missing || !f.unread(r))
	r.EstablishedAt = flow.Event{}
	if r.Established {
		r.EstablishedAt = f.estAt
	}
	done := r.Established && !f.version13 // an alert in the place of a Finished that came after all was captured too early
	for i := range r.Alerts {
		a, side := &r.Alerts[i], flow.Side(i)
		if a.Encrypted && (missing || done || !r.Server.Hello.Happened()) {
			*a = Alert{} // a Finished may be among what is missing, or have come before the capture, and this be a close_notify
		}
		a.Late = a.Happened() &&
			(endedBefore(r, side.Other(), r.AlertSaidBy(side)) || r.acksEnd(side, f.aside.alertAcks[side^r.ClientSide]))
	}
}

// acksEnd reports whether what a side said in a packet that acknowledges so much of the other's stream came behind the other's FIN,
// whatever was captured first.
func (r *Record) acksEnd(side flow.Side, acked uint64) bool {
	peer := &r.Sides[side.Other()]
	return peer.Fin.Happened() && peer.Unseen == 0 && acked == peer.Sent+1
}

// knownClient is the client's side, Nobody where only ports tell it that are as likely the other way round.
func knownClient(r *Record) flow.Side {
	low, high := r.Endpoints[flow.Server].Port(), r.Endpoints[flow.Client].Port()
	if r.Roles == flow.RolesPort && low >= reservedPorts && (low < leastEphemeral) == (high < leastEphemeral) {
		return flow.Nobody
	}
	return r.ClientSide
}

// SaidBy is the packet by which a side had said what is captured in the given one: no later than its FIN, which comes behind
// all that it says, or than the peer's acknowledgment of all that it said, whatever was captured first.
func (r *Record) SaidBy(side flow.Side, frame uint64) uint64 {
	s := &r.Sides[side]
	if s.Fin.Happened() {
		frame = min(frame, s.Fin.Frame)
	}
	if s.AckedAt.Happened() && s.Acked >= s.Sent {
		frame = min(frame, s.AckedAt.Frame)
	}
	return frame
}

// AlertSaidBy is the same for the alert of a side. Where the server's packets were captured late, one in the clear that is all its answer
// to the hello is taken to answer that, not that the client left.
func (r *Record) AlertSaidBy(side flow.Side) uint64 {
	a := &r.Alerts[side]
	frame := r.SaidBy(side, a.Frame)
	answer := side == flow.Server && !a.Encrypted && !r.Server.Hello.Happened()
	if answer && r.ServerLate() && r.Hello.End.Happened() {
		frame = min(frame, r.Hello.End.Frame)
	}
	return frame
}

// ServerLate reports whether something of the server was captured behind what the client sent when it had that: bytes behind their
// acknowledgment, or the SYN-ACK behind the hello, which cannot have been sent without. The two directions came by different ways,
// and what each side sent first is not known from the order in which it was captured.
func (r *Record) ServerLate() bool {
	hello := r.Hello.Start.Frame
	return r.Sides[flow.Server].Late || r.SYN.Happened() && hello > r.SYN.Frame && hello < r.SYNACK.Frame // in the SYN it may be (RFC 7413)
}

// ClientLate reports the same the other way round: bytes of the client, or its SYN, were captured behind what acknowledges them.
func (r *Record) ClientLate() bool {
	return r.Sides[flow.Client].Late || r.SYN.Happened() && r.SYNACK.Happened() && r.SYN.Frame > r.SYNACK.Frame
}

// Disordered reports whether the two directions were captured one behind the other.
func (r *Record) Disordered() bool { return r.ServerLate() || r.ClientLate() }

// endedBefore reports whether a side had sent FIN, an accepted RST or a fatal alert before the given packet.
func endedBefore(r *Record, side flow.Side, frame uint64) bool {
	if fin := r.Sides[side].Fin; fin.Happened() && fin.Frame < frame {
		return true
	}
	if a := &r.Alerts[side]; a.Fatal(r.Server.Version, side) && a.Frame < frame {
		return true
	}
	for i := range r.Resets {
		if x := &r.Resets[i]; x.By == side && x.Accepted && x.Frame < frame {
			return true
		}
	}
	return false
}

// stage is how far the connection got.
func (f *follower) stage(r *Record) Stage {
	switch {
	case r.Established:
		return StageEstablished
	case r.Server.Hello.Happened():
		return StageServerHello
	case r.Hello.State != HelloNone:
		return StageClientHello
	case r.FirstData[flow.Client].Happened():
		return StageClientData
	}
	return tcpStage(&r.Opening)
}

// tcpStage is how far a connection without a byte of the client got.
func tcpStage(o *flow.Opening) Stage {
	switch {
	case o.Established.Happened():
		return StageConnected
	case o.SYNACK.Happened():
		return StageSYNACK
	}
	return StageSYN
}
