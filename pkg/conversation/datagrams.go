package conversation

import (
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/quic"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// Begins implements flow.Handler: only the first packet of a QUIC connection or a handshake record of DTLS begins
// something.
func (h *Handler) Begins(data []byte, length uint32) (flow.Transport, bool) {
	switch {
	case quic.LooksLikeInitial(data, int(length)):
		return flow.QUIC, true
	case tlswire.LooksLikeDTLSHandshake(data, int(length)):
		return flow.DTLS, true
	}
	return flow.TCP, false
}

// BeginsAnew implements flow.Handler: in DTLS only a first ClientHello begins another handshake, for the client sends its last
// flight again where the server's was lost on its way.
func (h *Handler) BeginsAnew(data []byte, length uint32) bool {
	return quic.LooksLikeInitial(data, int(length)) || tlswire.BeginsDTLSHandshake(data, int(length))
}

// OpenDatagrams implements flow.Handler.
func (s *Shard) OpenDatagrams(t flow.Transport) flow.Datagrams {
	if t == flow.QUIC {
		q := &quicFollower{datagrams: datagrams{f: newFollower(s.Handler)}}
		q.f.fingerprint, q.emit = 'q', q.event
		q.conn.PutInto(s.quic)
		return q
	}
	d := &dtlsFollower{datagrams: datagrams{f: newFollower(s.Handler)}}
	d.f.fingerprint = 'd'
	for side := range d.readers {
		d.readers[side].PutInto(s.room)
		d.emit[side] = func(e *tlswire.DTLSEvent) { d.event(flow.Side(side), e) }
	}
	return d
}

// datagrams is what the followers of QUIC and of DTLS have in common: what they learn is kept as if it had come in
// a stream.
type datagrams struct {
	f       *follower
	through bool // the handshake went through
	sealed  [2]bool
	resent  [2]uint32 // times that a side sent handshake messages again
	acked   bool      // the server acknowledged the client's hello
	heard   bool      // the client acknowledged the server's answer, or sent what only follows it; of QUIC
	closed  flow.Terminator
}

// Settled implements flow.Follower.
func (d *datagrams) Settled() bool { return d.through }

// Client implements flow.Follower.
func (d *datagrams) Client() flow.Side { return d.f.client }

// Waits implements flow.Follower.
func (d *datagrams) Waits() bool { return d.f.Waits() }

// Closed implements flow.Datagrams.
func (d *datagrams) Closed() flow.Terminator { return d.closed }

// take notes a datagram before it is read.
func (d *datagrams) take(side flow.Side, at flow.Event) {
	f := d.f
	f.at = at
	if !f.firstData[side].Happened() {
		f.speaks(side)
	}
}

// carried notes bytes of TLS of a side.
func (d *datagrams) carried(side flow.Side, n int) {
	h := &d.f.half[side]
	h.tlsBytes += uint64(n)
	h.protocol, h.mode = "tls", modeOther
	if d.f.client != flow.Nobody {
		d.f.firstAnswer(h)
	}
}

// clientHello takes a whole ClientHello that came in a number of packets.
func (d *datagrams) clientHello(side flow.Side, e *tlswire.Event, packets int) {
	f := d.f
	if f.hello.State == HelloComplete {
		f.hello.Retried = f.hello.Retried || f.server.Retry.Happened()
		return
	}
	f.client = side
	msg := &f.handler.hello
	_ = msg.Unmarshal(e.Body) // what decoded before a fault is kept
	f.hello = Hello{State: HelloComplete, Start: f.firstData[side], End: f.at, Bytes: e.MessageLen, Segments: packets, EndOffset: 1}
	f.fill(msg)
	f.hello.SNIOffset = msg.ServerNameOffset
}

// partial notes what is there of a ClientHello that was not seen whole.
func (d *datagrams) partial(side flow.Side, typ tlswire.HandshakeType, have []byte, total int, why flow.Incomplete) {
	f := d.f
	if f.hello.State != HelloNone || typ != tlswire.TypeClientHello || f.server.Hello.Happened() {
		return
	}
	f.client = side
	h := &f.half[side]
	h.begun = f.firstData[side]
	f.partialHello(h, have, total, why)
	f.hello.SNIOffset = f.handler.hello.ServerNameOffset
}

// lacking is why handshake bytes of a side were not seen, as far as anything shows that they were sent: bytes behind
// them, or the end of it all, since a hello is sent as one. Datagrams have no sequence numbers that would. cut is what is
// known of the reason.
func (d *datagrams) lacking(side flow.Side, pending, hole bool, cut flow.Incomplete) flow.Incomplete {
	ended := d.closed.Kind != flow.NotClosed || d.f.alerts[side.Other()].Happened()
	if cut == 0 && (hole || pending && ended) {
		return flow.IncompleteGap
	}
	return cut
}

// message takes a handshake message of either side.
func (d *datagrams) message(side flow.Side, e *tlswire.Event, packets int) {
	if e.Message == tlswire.TypeClientHello {
		d.clientHello(side, e, packets)
		return
	}
	d.f.message(&d.f.half[side], e)
}

// establish notes that the handshake went through.
func (d *datagrams) establish() {
	d.through = true
	if !d.f.estAt.Happened() {
		d.f.estAt = d.f.at
	}
}

// finish completes a record with what a stream would have told flow.
func (d *datagrams) finish(r *Record) {
	d.f.finish(r)
	for side := range d.resent {
		r.Sides[flow.Side(side)^r.ClientSide].Retransmits = d.resent[side]
	}
	if client := &r.Sides[flow.Client]; d.acked {
		client.Acked, client.Sent = 1, 1
	}
	if d.heard {
		r.Sides[flow.Server].Acked = 1
	}
	if answers := d.heard || r.Client.Finished.Happened() || r.Client.Cert != CertNotSeen; answers && !r.FirstData[flow.Server].Happened() {
		r.Incomplete |= flow.IncompleteOneSided
	}
	r.Hello.OverMSS = r.Hello.Segments > 1
}
