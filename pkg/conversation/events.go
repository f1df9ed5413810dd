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
)

// eventsOfAll is how many events there are but those of alerts and troubles. A word says which of them there are,
// which of these equal the one before, and in its highest bits the codes of texts.
const (
	eventsOfAll = 23
	atSame      = eventsOfAll
	atTexts     = 2 * eventsOfAll
)

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

// narrowEvent packs an event into a word; over is not 0 if it does not fit.
func narrowEvent(e flow.Event, first uint64, start int64) (w, over uint64) {
	frame, time := e.Frame-first, e.Time-start
	return uint64(time)<<frameBits | frame, frame>>frameBits | uint64(time^time>>63)>>(timeBits-1)
}

// eventOf unpacks it.
func eventOf(w, first uint64, start int64) flow.Event {
	return flow.Event{Frame: first + w&(1<<frameBits-1), Time: start + int64(w)>>frameBits}
}

// putEvents writes the events but those that equal the one before, of which the first packet is the first, and returns
// the word that says which they are, and their length.
func (r *Record) putEvents(b []byte) (which uint64, n int, over uint64) {
	events := r.events()
	first, start := r.First, r.Start
	last := flow.Event{Frame: first, Time: start}
	for i, e := range &events {
		if !e.Happened() {
			continue
		}
		which |= 1 << i
		if *e == last {
			which |= 1 << (atSame + i)
			continue
		}
		last = *e
		w, far := narrowEvent(last, first, start)
		over |= far
		binary.LittleEndian.PutUint64(b[n:n+eventLen:n+eventLen], w) // the third index spares what makes an empty slice
		n += eventLen
	}
	return which, n, over
}

// setEvents reads what putEvents wrote. Events that did not happen are left as they are.
func (r *Record) setEvents(c *codec, which uint64) {
	has, same := which&(1<<eventsOfAll-1), which>>atSame
	b := c.take(bits.OnesCount64(has&^same) * eventLen)
	if b == nil {
		return
	}
	events := r.events()
	last := flow.Event{Frame: r.First, Time: r.Start}
	for n := 0; has != 0; has &= has - 1 {
		i := bits.TrailingZeros64(has)
		if same>>i&1 == 0 {
			last = eventOf(binary.LittleEndian.Uint64(b[n:n+eventLen:n+eventLen]), r.First, r.Start)
			n += eventLen
		}
		*events[i] = last
	}
}
