package conversation

import (
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/quic"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// Sink takes what is learned of connections. Records are valid only during the call.
type Sink interface {
	// Settled takes a connection whose handshake is settled; r.Ending is empty and follows in EndSettled.
	Settled(r *Record)
	// EndSettled takes the ending of a connection that was settled before.
	EndSettled(e *flow.Ending)
	// Ended takes a whole connection that was over before it was settled.
	Ended(r *Record)
}

// Handler follows the connections of one worker's tables, each through a Shard of its own. It is not safe for concurrent use.
type Handler struct {
	sink   Sink
	free   []*follower
	record Record // the one being handed on, of which flow fills in the facts
	hello  tlswire.ClientHello
	answer tlswire.ServerHello
	texts  Pieces
	lists  lister
	leaves leaves
	items  []byte                 // scratch
	event  tlswire.Event          // of all deframers
	blank  aside                  // of all followers that have none of their own: never written to
	asides []*aside               // free
	prints *tlswire.Fingerprinter // nil where nobody wants them
}

// NewHandler returns a Handler that hands what it learns to sink.
func NewHandler(sink Sink) *Handler {
	return &Handler{sink: sink, prints: tlswire.NewFingerprinter()}
}

// LeaveOutPrints has the Handler make no fingerprints, which take a tenth of what a short connection does.
func (h *Handler) LeaveOutPrints() { h.prints = nil }

// protocols returns a list of protocols as strings.
func (h *Handler) protocols(list [][]byte) []string {
	if code := codeOfOffer(list); code != otherText {
		return usualOffers[code]
	}
	h.items = h.items[:0]
	for _, b := range list {
		h.items = appendItem(h.items, b)
	}
	return h.lists.get(h.items, len(list))
}

// Shard is a Handler as the table of one shard has it: what is held of messages that are not complete is bounded for
// each shard, so that it does not matter how many workers share them.
type Shard struct {
	*Handler
	room *tlswire.Room
	quic *quic.Room
}

// Shard returns the Handler for another table.
func (h *Handler) Shard() *Shard {
	room := tlswire.NewRoom(maxUnfinished)
	return &Shard{h, room, quic.NewRoom(room)}
}

// Open implements flow.Handler.
func (s *Shard) Open(initiator flow.Side) flow.Stream {
	var f *follower
	if n := len(s.free); n > 0 {
		f, s.free = s.free[n-1], s.free[:n-1]
	} else {
		f = newFollower(s.Handler)
	}
	f.initiator = initiator
	for i := range f.half {
		f.half[i].deframer.PutInto(s.room)
	}
	return f
}

// Counts is what the shard's connections had to do without.
func (s *Shard) Counts() (c flow.Counts) {
	c[flow.Overfull] = s.room.Refused()
	return c
}

// Facts implements flow.Handler.
func (h *Handler) Facts() *flow.Facts { return &h.record.Facts }

// Settle implements flow.Handler.
func (h *Handler) Settle(f flow.Follower) {
	h.record.Ending = flow.Ending{}
	if f, ok := f.(*follower); ok {
		f.second.over = true // what would show how it ended is no longer followed
	}
	h.finish(f)
	h.sink.Settled(&h.record)
}

// End implements flow.Handler.
func (h *Handler) End(f flow.Follower) {
	r := &h.record
	if r.Settled {
		h.sink.EndSettled(&r.Ending)
		return
	}
	if f == nil {
		r.unheard()
	} else {
		h.finish(f)
	}
	h.sink.Ended(r)
}

// finisher writes what it learned into a record whose facts flow has filled in.
type finisher interface{ finish(r *Record) }

// finish completes h.record and takes the follower back.
func (h *Handler) finish(f flow.Follower) {
	f.(finisher).finish(&h.record)
	switch f := f.(type) {
	case *follower:
		f.reset()
		h.free = append(h.free, f)
	case interface{ release() }:
		f.release()
	}
}

// follower is the state of one connection while its handshake lasts. Its arrays are indexed by the sides as
// flow calls them; finish orients them.
type follower struct {
	handler *Handler
	*aside
	heard
	half [2]half
}

// heard is what a follower knows of one connection besides.
type heard struct {
	initiator flow.Side
	client    flow.Side     // who sent the ClientHello, else Nobody
	at        flow.Event    // of the chunk being read
	segments  int           // packets of that chunk
	acked     func() uint64 // flow.Chunk.Acked of that chunk, nil where there is none
	firstData [2]flow.Event
	first     flow.Side // who spoke first
	version13 bool      // TLS 1.3 was selected
	passed    bool      // the first handshake is settled, and what comes behind is looked at for a second
	done      bool      // nothing more needs to be known
	limited   bool      // flow delivers no more of one side
	overlong  bool      // a message was too long to be put together
	// fingerprint is how JA4 begins: 't' for TCP, 'q' for QUIC, 'd' for DTLS.
	fingerprint byte

	estAt  flow.Event
	hidden hidden
	second second
	answer ClientFlight
	server Answer
	hello  Hello
}

func newFollower(h *Handler) *follower {
	f := &follower{handler: h, aside: &h.blank}
	for i := range f.half {
		half := &f.half[i]
		half.f, half.side = f, flow.Side(i)
		half.deframer.Share(&h.event)
	}
	f.begin()
	return f
}

// reset makes the follower ready for another connection and keeps its buffers.
func (f *follower) reset() {
	for i := range f.half {
		f.half[i].reset()
	}
	f.dropAside()
	f.heard = heard{}
	f.begin()
}

// begin sets what is not zero before a connection's first byte.
func (f *follower) begin() {
	f.fingerprint, f.client, f.initiator, f.first = 't', flow.Nobody, flow.Nobody, flow.Nobody
}

// Client implements flow.Stream.
func (f *follower) Client() flow.Side { return f.client }

// Waits implements flow.Stream.
func (f *follower) Waits() bool { return f.client != flow.Nobody && !f.estAt.Happened() }

// Touch implements flow.Stream: it reads each line of the cache that a follower takes.
func (f *follower) Touch() uint64 {
	sum := f.at.Frame + f.estAt.Frame + f.answer.Certificate.Frame + f.server.First.Frame + f.server.Certificate.Frame +
		f.hello.Start.Frame + f.hello.EndOffset + uint64(f.hello.Random[0]) + uint64(len(f.hello.JA4)) + f.firstData[1].Frame +
		uint64(len(f.server.CertNames)) + uint64(f.server.RecordsAfterDone)
	for i := range f.half {
		h := &f.half[i]
		sum += h.tlsBytes + h.base + h.deframer.Touch()
	}
	return sum
}

// Settled implements flow.Stream.
func (f *follower) Settled() bool { return f.done }

// Passed implements flow.Stream.
func (f *follower) Passed() bool { return f.passed }

// Bytes implements flow.Stream.
func (f *follower) Bytes(c *flow.Chunk) {
	f.at, f.segments, f.acked = c.At, c.Segments, c.Acked
	if len(c.Data) > 0 && !f.firstData[c.Side].Happened() {
		f.speaks(c.Side)
	}
	h := &f.half[c.Side]
	h.segments += c.Segments
	if h.mode == modeTLS {
		h.feed(c.Data)
	} else {
		h.bytes(c.Data, c.Offset)
	}
	f.settle()
	f.acked = nil
}

// ackedByThen is how far the sender of the chunk being read has acknowledged the other side's stream, 0 where unknown.
func (f *follower) ackedByThen() uint64 {
	if f.acked == nil {
		return 0
	}
	return f.acked()
}

// speaks notes the first byte of a side.
func (f *follower) speaks(side flow.Side) {
	f.firstData[side] = f.at
	if f.first == flow.Nobody {
		f.first = side
	}
}

// Gap implements flow.Stream.
func (f *follower) Gap(side flow.Side, n uint64, why flow.Incomplete, at flow.Event) {
	f.at = at
	if f.passed && !f.second.cut {
		f.second.cutShort(f)
	}
	f.half[side].gap(n, why)
	if why == flow.IncompleteLimit {
		f.limited = true
	}
	f.settle()
}

// clientGuess is the client as far as it is known: by its hello, else by its SYN, else whoever spoke first, else side 0.
func (f *follower) clientGuess() flow.Side {
	switch {
	case f.client != flow.Nobody:
		return f.client
	case f.initiator != flow.Nobody:
		return f.initiator
	case f.first != flow.Nobody:
		return f.first
	}
	return 0
}

// onlyGuessed reports whether nothing tells who the client is.
func (f *follower) onlyGuessed() bool { return f.client == flow.Nobody && f.initiator == flow.Nobody }

// settle decides whether anything that may still come would change what is known.
func (f *follower) settle() {
	switch {
	case f.done:
	case f.passed:
		f.done = f.limited || f.second.over || f.second.answeredWithData(f)
	case f.tls():
		if f.passed = f.settledTLS(); f.passed {
			f.second.begin(f)
		}
		f.done = f.limited || f.second.over
	default:
		f.done = f.limited || f.settledPlain()
	}
}

// tls reports whether either side has sent TLS.
func (f *follower) tls() bool { return f.half[0].tlsBytes+f.half[1].tlsBytes > 0 }
