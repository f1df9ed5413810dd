package conversation

import (
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/quic"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// quicFollower follows the handshake of a QUIC connection.
type quicFollower struct {
	datagrams
	conn    quic.Conn
	turn    turned
	emit    func(*quic.Event)
	cut     flow.Incomplete // why Initials could not be read
	keyless bool            // an Initial was seen, and not the client's first
	anew    bool            // the datagram begins another connection between the same endpoints
	last    [2]flow.Event   // each side's last datagram, if it may be a stateless reset

	lastWord flow.Event // the first of the server's datagrams that may be its refusal, unless another followed
	onward   flow.Event // the client's first 1-RTT packet behind its Finished
}

// Datagram implements flow.Datagrams.
func (q *quicFollower) Datagram(side flow.Side, data []byte, length uint32, at flow.Event) {
	q.take(side, at)
	q.last[side] = flow.Event{}
	q.conn.Datagram(quic.Side(side), data, int(length), q.emit)
	if q.anew && !q.f.server.First.Happened() { // nothing came of the one before
		q.anew = false
		q.conn.Reset()
		q.turn = turned{}
		q.conn.Datagram(quic.Side(side), data, int(length), q.emit)
	}
	if c := q.conn.Client(); c != quic.Nobody && q.f.client == flow.Nobody {
		q.f.client = flow.Side(c)
	}
	if refused, _ := q.conn.Refused(); !refused {
		q.lastWord = flow.Event{}
	} else if !q.lastWord.Happened() {
		q.lastWord = at
	}
	if q.conn.Established() {
		q.establish()
	}
}

func (q *quicFollower) event(e *quic.Event) {
	side := flow.Side(e.Side)
	q.turn.see(e, e.Side == q.conn.Client(), q.f.at)
	switch e.Kind {
	case quic.KindMessage:
		q.message(side, &e.Message, e.Packets)
	case quic.KindInitial:
		if !e.Bare || side == q.f.client { // a server that only acknowledges has not answered
			q.carried(side, e.Length)
		}
		q.acked = q.acked || e.Acks && side != q.f.client
		q.heard = q.heard || e.Acks && side == q.f.client
		if e.Repeats {
			q.resent[side]++
		}
	case quic.KindHandshake, quic.KindZeroRTT, quic.KindShort:
		if e.ResetLike {
			q.last[side] = q.f.at
		}
		q.opaque(side, e)
	case quic.KindClose:
		q.close(side, &e.Close)
	case quic.KindAnother:
		q.anew = true
	case quic.KindUnread:
		switch e.Reason {
		case quic.ReasonTruncated:
			q.cut |= flow.IncompleteSnaplen
			q.hidden(side, e.Length)
		case quic.ReasonNoKeys:
			q.keyless = true
		case quic.ReasonLimit:
			q.cut |= flow.IncompleteLimit
		}
	}
}

// hidden notes that a side sent QUIC, and with it TLS, of which the capture has too little to read any.
func (q *quicFollower) hidden(side flow.Side, n int) {
	if h := &q.f.half[side]; h.tlsBytes == 0 && q.conn.Client() == quic.Nobody {
		q.carried(side, n)
	}
}

// opaque takes a packet of which only its kind and length are known. The server's first Handshake packets hold its
// flight; the client's hold its Finished or its refusal.
func (q *quicFollower) opaque(side flow.Side, e *quic.Event) {
	q.carried(side, e.Length)
	f := q.f
	q.heard = q.heard || e.Kind == quic.KindHandshake && side == f.client
	switch {
	case e.Kind != quic.KindHandshake:
	case side != f.client && !f.server.Flight.Happened():
		f.server.Flight = f.at
	case side == f.client && !e.Bare && f.server.Flight.Happened() && !f.answer.Finished.Happened():
		f.answer.Finished = f.at
	}
	if e.Kind == quic.KindShort && side == f.client && f.answer.Finished.Happened() && !q.onward.Happened() {
		q.onward = f.at
	}
}

// close takes a CONNECTION_CLOSE.
func (q *quicFollower) close(side flow.Side, c *quic.Close) {
	if q.closed.Kind == flow.NotClosed {
		q.closed = flow.Terminator{Event: q.f.at, By: side, Kind: flow.CloseQUIC}
	}
	if c.IsAlert {
		q.f.alert(&q.f.half[side], Alert{Event: q.f.at, Level: tlswire.AlertLevelFatal, Description: c.Alert})
	}
}

// refuse notes what looks like the server's refusal of the client's second flight as an alert that cannot be read. A client
// that sends no certificate sends a Finished and, where it was asked for one, an empty Certificate, which the lengths of
// packets do not tell apart; but without a request there is next to nothing that a server could refuse.
func (q *quicFollower) refuse() {
	refused, certificate := q.conn.Refused()
	f, server := q.f, q.f.client.Other()
	late := !f.inTime(q.lastWord) // a probe for a flight that was lost
	if !refused || late || !f.answer.Finished.Happened() || f.alerts[server].Happened() || q.closed.Kind != flow.NotClosed {
		return
	}
	if certificate {
		f.cert13(CertSent, f.answer.Finished)
	} else {
		f.cert13(CertEmpty, f.answer.Finished)
	}
	f.alert(&f.half[server], Alert{Event: q.lastWord, Encrypted: true})
}

// left notes that the handshake went through for a client that closed before the server's side of it could be seen, unless the
// server was gone by then.
func (q *quicFollower) left(end *flow.Terminator) {
	gone := end.Kind != flow.NotClosed && end.By != flow.Client
	if q.conn.Left() && q.onward.Happened() && q.closed.Kind == flow.NotClosed && !gone {
		q.f.estAt = q.onward
	}
}

// release gives back what the follower holds.
func (q *quicFollower) release() { q.conn.Reset() }

// finish completes a record.
func (q *quicFollower) finish(r *Record) {
	why := q.cut
	if q.keyless && q.conn.Client() == quic.Nobody {
		why |= flow.IncompleteMid
	}
	for side := range q.f.half {
		why |= q.unfinished(flow.Side(side))
	}
	q.refuse()
	q.left(&r.Terminator)
	q.acked = q.acked && q.f.hello.Segments <= 1 // of several packets one may be what it acknowledged
	q.datagrams.finish(r)
	q.turn.finish(r, q.conn.Obeyed())
	if r.Established {
		r.AppData = [2]int{flow.Client: 1, flow.Server: int(bit(q.through))}
	}
	if end := q.last[flow.Server^r.ClientSide]; r.Terminator.Kind == flow.NotClosed && end.Happened() {
		r.Terminator = flow.Terminator{Event: end, By: flow.Server, Kind: flow.CloseStatelessReset}
	}
	r.Incomplete |= why
}

// unfinished notes what there is of a side's message that was not seen whole, and returns why it was not. Of one whose
// first byte was not seen no type is known: a client has nothing to say before its hello.
func (q *quicFollower) unfinished(side flow.Side) flow.Incomplete {
	typ, have, total, pending := q.conn.Pending(quic.Side(side))
	hole := q.conn.Hole(quic.Side(side))
	why := q.lacking(side, pending, hole, q.cut)
	if !pending && hole && side == q.f.client {
		typ, pending = tlswire.TypeClientHello, true
	}
	if pending {
		q.partial(side, typ, have, total, why)
	}
	return why
}
