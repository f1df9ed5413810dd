package conversation

import (
	"encoding/binary"
	"math/bits"

	"github.com/sniscope/sniscope/pkg/flow"
)

// In the narrow form an event takes a word: the distance of its time from the start, 40 bits with a sign, which is nine
// minutes, above that of its ordinal from the first packet's, 24 bits. One that equals the one before takes a bit.
const (
	eventLen  = 8
	timeBits  = 40
	frameBits = 64 - timeBits
	midTime   = 1 << (timeBits - 1) // what is added to a distance, so that none is negative
)

// eventsOfAll is how many events there are but those of alerts and troubles. A word says which of them there are,
// which of these equal the one before, and in its highest bits the codes of texts.
const (
	eventsOfAll = 23
	atSame      = eventsOfAll
	atTexts     = 2 * eventsOfAll
)

// eventsRoom is more than all of them take, so that a mask keeps what is written within it.
const eventsRoom = 1<<8 + eventLen

// events are these events. Those stand together that often are of one packet.
func (r *Record) events() [eventsOfAll]*flow.Event {
	return [...]*flow.Event{
		&r.SYN, &r.SYNACK, &r.Opening.Established, &r.FirstData[0], &r.Hello.Start, &r.Hello.End,
		&r.Sides[1].AckedAt, &r.FirstData[1], &r.Server.First, &r.Server.Retry, &r.Server.Hello, &r.Server.Certificate,
		&r.Server.Flight, &r.Client.Certificate, &r.Client.Finished, &r.Sides[0].LastData, &r.EstablishedAt,
		&r.Sides[0].AckedAt, &r.Sides[1].LastData, &r.Sides[0].Fin, &r.Sides[1].Fin,
		&r.Sides[0].Stall.Event, &r.Sides[1].Stall.Event,
	}
}

// narrowEvent packs an event into a word; over is not 0 if it does not fit. earliest is the first time that does.
func narrowEvent(e flow.Event, first uint64, earliest int64) (w, over uint64) {
	frame, time := e.Frame-first, uint64(e.Time-earliest)
	return time<<frameBits | frame, frame>>frameBits | time>>timeBits
}

// eventOf unpacks it.
func eventOf(w, first uint64, earliest int64) flow.Event {
	return flow.Event{Frame: first + w&(1<<frameBits-1), Time: earliest + int64(w>>frameBits)}
}

// putEvents writes the events but those that equal the one before, of which the first packet is the first, and returns
// the word that says which they are, and their length. It takes them one by one: a loop would need a list of where they
// are.
func (r *Record) putEvents(b *[eventsRoom]byte) (which uint64, n int, over uint64) {
	var fresh, same uint64
	first, earliest := r.First, r.Start-midTime
	last := flow.Event{Frame: first, Time: earliest + midTime}
	at := uint64(1)
	put := func(e *flow.Event) {
		switch {
		case !e.Happened():
		case *e == last:
			same |= at
		default:
			last = *e
			fresh |= at
			w, far := narrowEvent(last, first, earliest)
			over |= far
			binary.LittleEndian.PutUint64(b[n&0xff:n&0xff+eventLen], w)
			n += eventLen
		}
		at <<= 1
	}
	put(&r.SYN)
	put(&r.SYNACK)
	put(&r.Opening.Established)
	put(&r.FirstData[0])
	put(&r.Hello.Start)
	put(&r.Hello.End)
	put(&r.Sides[1].AckedAt)
	put(&r.FirstData[1])
	put(&r.Server.First)
	put(&r.Server.Retry)
	put(&r.Server.Hello)
	put(&r.Server.Certificate)
	put(&r.Server.Flight)
	put(&r.Client.Certificate)
	put(&r.Client.Finished)
	put(&r.Sides[0].LastData)
	put(&r.EstablishedAt)
	put(&r.Sides[0].AckedAt)
	put(&r.Sides[1].LastData)
	put(&r.Sides[0].Fin)
	put(&r.Sides[1].Fin)
	put(&r.Sides[0].Stall.Event)
	put(&r.Sides[1].Stall.Event)
	return fresh | same | same<<atSame, n, over
}

// setEvents reads what putEvents wrote. Events that did not happen are left as they are.
func (r *Record) setEvents(c *codec, which uint64) {
	has, same := which&(1<<eventsOfAll-1), which>>atSame
	b := c.take(bits.OnesCount64(has&^same) * eventLen)
	if b == nil {
		return
	}
	n, at := 0, uint64(1)
	first, earliest := r.First, r.Start-midTime
	last := flow.Event{Frame: first, Time: r.Start}
	set := func(e *flow.Event) {
		if has&at != 0 {
			if same&at == 0 {
				last = eventOf(binary.LittleEndian.Uint64(b[n:n+eventLen:n+eventLen]), first, earliest)
				n += eventLen
			}
			*e = last
		}
		at <<= 1
	}
	set(&r.SYN)
	set(&r.SYNACK)
	set(&r.Opening.Established)
	set(&r.FirstData[0])
	set(&r.Hello.Start)
	set(&r.Hello.End)
	set(&r.Sides[1].AckedAt)
	set(&r.FirstData[1])
	set(&r.Server.First)
	set(&r.Server.Retry)
	set(&r.Server.Hello)
	set(&r.Server.Certificate)
	set(&r.Server.Flight)
	set(&r.Client.Certificate)
	set(&r.Client.Finished)
	set(&r.Sides[0].LastData)
	set(&r.EstablishedAt)
	set(&r.Sides[0].AckedAt)
	set(&r.Sides[1].LastData)
	set(&r.Sides[0].Fin)
	set(&r.Sides[1].Fin)
	set(&r.Sides[0].Stall.Event)
	set(&r.Sides[1].Stall.Event)
}
