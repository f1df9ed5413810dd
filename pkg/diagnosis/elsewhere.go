package diagnosis

import (
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// Elsewhere is what another capture shows of the same connection, as where both of its ends were captured, or the same capture
// beyond a NAT. The zero value says that there is none.
type Elsewhere struct {
	First uint64 // ordinal of the first packet there, 0 where there is none
	End   int64  // of the timeline of that capture, as Context.End

	start   int64    // time of its first packet, by the clock of that capture
	spoke   [2]after // when that side sent payload
	reset   [2]after // when a RST came in its name
	ended   [2]after // when it ended the connection by that, a FIN or an alert
	ends    uint64   // hash of its endpoints, which a NAT changes
	numbers uint64   // the initial sequence numbers of both sides, 0 where one is not known
	trips   [2]int64 // how long a packet takes from the capture to that side, and the answer back
	capture int32    // Timeline.Capture

	Here    bool // it is of the same capture, which shows the connection on both sides of a NAT
	synack  bool // it has the server's SYN-ACK
	missed  bool // bytes of it were not captured
	comesIn bool // the client's packets come in there, and the server's leave
}

// after is a time behind the first packet of a connection, in nanoseconds and one more; 0 is never.
type after int64

// happened reports whether it is a time.
func (a after) happened() bool { return a > 0 }

// first is the earlier one of those that happened.
func (a after) first(b after) after {
	if !a.happened() || b.happened() && b < a {
		return b
	}
	return a
}

// behind is when an event was, by the start of its connection.
func behind(start int64, e flow.Event) after {
	if !e.Happened() {
		return 0
	}
	return max(after(e.Time-start), 0) + 1
}

// elsewhereOf is what a capture shows of a connection to those who see it in another.
func elsewhereOf(r *conversation.Record) Elsewhere {
	e := Elsewhere{
		First: r.First, start: r.Start, synack: r.SYNACK.Happened(), missed: r.Missed > 0,
		ends: endsOf(r), comesIn: comesIn(r), numbers: initialSeqs(r), trips: trips(r),
	}
	for i := range r.Resets {
		if x := &r.Resets[i]; x.By <= server {
			e.reset[x.By] = e.reset[x.By].first(behind(r.Start, x.Event))
		}
	}
	t := &r.Terminator
	for side := range e.ended {
		last := after(0)
		if t.By == flow.Side(side) {
			last = behind(r.Start, t.Event)
		}
		if t.Kind == flow.CloseRST {
			e.reset[side] = e.reset[side].first(last)
		}
		e.spoke[side] = behind(r.Start, r.FirstData[side])
		e.ended[side] = e.reset[side].first(last).first(behind(r.Start, r.Sides[side].Fin)).first(behind(r.Start, r.Alerts[side].Event))
	}
	return e
}

// lasted reports whether the capture shows what happened there until after the connection had lasted for d.
func (e *Elsewhere) lasted(d after) bool {
	return e.ended[client].happened() || e.ended[server].happened() || after(e.End-e.start) > d+after(patience)
}

// beyond reports whether this is the leg of a connection on that side of a NAT or a transparent proxy of the capture's host, and o the one
// on the other side: the client's packets come in on its side, and leave on the server's.
func (e *Elsewhere) beyond(to flow.Side, o *Elsewhere) bool {
	return (e.ends != o.ends || e.numbers != o.numbers) && e.comesIn != o.comesIn && e.comesIn == (to == client)
}

// nearer reports whether the capture was made nearer to that side than o: a packet to it passes o first, and the answer last. Two
// captures of one place differ by chance, but not by a quarter of the way to either side; and not in addresses, which a NAT
// in between changed.
func (e *Elsewhere) nearer(to flow.Side, o *Elsewhere) bool {
	if e.ends == o.ends {
		return nearer(to, &e.trips, &o.trips)
	}
	return e.trips[to] < o.trips[to] && e.trips[to.Other()] > o.trips[to.Other()]
}

// nearer is that by the round trips of two captures.
func nearer(to flow.Side, a, b *[2]int64) bool {
	from := to.Other()
	apart := a[to] < b[to]/4*3 || b[from] < a[from]/4*3
	return apart && a[to] < b[to] && a[from] > b[from]
}
