package diagnosis

import (
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// CauseKind is what ended a connection.
type CauseKind uint8

// The kinds.
const (
	CauseNone CauseKind = iota // nothing that was captured
	CauseAlert
	CauseRST
	CauseFIN
	CauseICMP
	CauseQUICClose
	CauseStatelessReset
)

// Cause is the first thing that ended a connection. What came after it is its consequence.
type Cause struct {
	flow.Event
	By    flow.Side // flow.Nobody if Kind is CauseNone
	Kind  CauseKind
	RST   flow.RSTKind        // set only if Kind is CauseRST
	Alert *conversation.Alert // set only if Kind is CauseAlert; within the Record
}

// End finds the first of fatal alert, RST, FIN and their likes that ended r, and whose it was. A server's FIN
// that a client answers with an alert is the server's FIN; a client's alert that a server answers with a RST
// is the client's alert; a client's RST for want of a socket that a forged RST took from it is the forged one.
// What a side said comes before its own end, and before an end of the other side that acknowledges it, in whatever order
// they were captured.
func End(r *conversation.Record) (c Cause) {
	c.find(r)
	return c
}

// find makes c, which is zero, what End returns.
func (c *Cause) find(r *conversation.Record) {
	c.terminate(&r.Terminator)
	for side := range r.Alerts {
		a := &r.Alerts[side]
		if fatal(r, flow.Side(side)) && (c.Kind == CauseNone || c.By == flow.Side(side) || r.AlertSaidBy(flow.Side(side)) <= c.Frame) {
			*c = Cause{Event: a.Event, By: flow.Side(side), Kind: CauseAlert, Alert: a}
		}
	}
	if c.Kind == CauseRST {
		c.terminate(Terminator(r))
	}
}

// Terminator is the first transport terminator of r: the published closed_by, close and rst_kind. It is what flow took for it,
// unless that is a client's RST for want of a socket that a forged one took from it.
func Terminator(r *conversation.Record) *flow.Terminator {
	t := &r.Terminator
	if strangerEnded(r) {
		if x := forgedReset(r, t.Frame); x != nil {
			return &flow.Terminator{Event: x.Event, By: x.By, Kind: flow.CloseRST, RST: x.Kind}
		}
	}
	return t
}

// strangerEnded holds where the first to end the connection on the transport level was the client's host, which had no such connection: a
// bare RST answers a segment, whatever it says (RFC 9293, Section 3.5.2).
func strangerEnded(r *conversation.Record) bool {
	return r.Terminator.By == client && r.Terminator.RST == flow.RSTNoSocket
}

// terminators are the causes that flow tells.
var terminators = [...]CauseKind{
	flow.NotClosed: CauseNone, flow.CloseRST: CauseRST, flow.CloseFIN: CauseFIN, flow.CloseICMP: CauseICMP,
	flow.CloseQUIC: CauseQUICClose, flow.CloseStatelessReset: CauseStatelessReset,
}

// terminate makes c, which holds no alert, what a terminator tells.
func (c *Cause) terminate(t *flow.Terminator) {
	c.Event, c.By, c.RST, c.Kind = t.Event, t.By, t.RST, terminators[t.Kind]
}

// fatal reports whether the alert of a side ended the handshake.
func fatal(r *conversation.Record, side flow.Side) bool {
	a := &r.Alerts[side]
	return !a.Late && (!r.Established || r.Second.Asked.Happened()) && a.Fatal(r.Server.Version, side)
}

// After is the time from the last byte of the first ClientHello to the cause, or from connection setup when no
// complete hello preceded it; ok is false if nothing ended the connection, or nobody knows when.
func (c *Cause) After(r *conversation.Record) (d time.Duration, ok bool) {
	if c.Kind == CauseNone || !r.Timed() {
		return 0, false
	}
	return since(r, c.Event), true
}

// CloseAfter is the time to the Terminator, measured as Cause.After measures: the published
// close_after_ms. ok is false if the capture ends first, or has no times.
func CloseAfter(r *conversation.Record) (d time.Duration, ok bool) {
	var c Cause
	c.terminate(Terminator(r))
	return c.After(r)
}

// since measures from the last byte of the hello to e, or from connection setup when the hello did not precede it.
func since(r *conversation.Record, e flow.Event) time.Duration {
	from := setUp(r, e)
	if h := r.Hello.End; r.Hello.State == conversation.HelloComplete && h.Frame <= e.Frame {
		from = h.Time
	}
	return time.Duration(e.Time - from)
}

// setUp is when the connection was set up: the ACK of the SYN-ACK, or the nearest to it that was captured before e.
func setUp(r *conversation.Record, e flow.Event) int64 {
	switch ack := r.Opening.Established; {
	case ack.Happened() && ack.Frame <= e.Frame:
		return ack.Time
	case r.SYNACK.Happened():
		return r.SYNACK.Time
	case r.SYN.Happened():
		return r.SYN.Time
	}
	return r.Start
}

// firstReset is the first RST of a connection that fits, nil if there is none.
func firstReset(r *conversation.Record, fits func(x *flow.Reset) bool) *flow.Reset {
	for i := range r.Resets {
		if x := &r.Resets[i]; fits(x) {
			return x
		}
	}
	return nil
}
