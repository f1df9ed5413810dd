package conversation

import (
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// Again says whether there may have been a Second where packets were cut short: then none is taken for one, but the headers of records,
// if they are there, show that there was none. Where the two directions were captured out of order, they do not. It is AgainNot in a
// capture that is whole and in order.
type Again uint8

// What may have been. It is AgainUnknown where it is not known where each record began, and AgainPerhaps where one looks like a part of it.
const (
	AgainNot Again = iota
	AgainUnknown
	AgainPerhaps
)

// beginCut is begin for a connection whose packets were cut short.
func (s *second) beginCut(f *follower) {
	client := f.clientGuess()
	if s.ruledOut(f) {
		s.over = true // there is none
		return
	}
	s.cut, s.again = true, AgainUnknown
	for i := range f.half {
		s.sent[i] = f.half[i].reach()
		s.blind[i] = f.half[i].mode != modeTLS
	}
	s.over = s.blind[client]
}

// ruledOut reports whether what the first handshake says rules a second one out, whatever was captured behind it.
func (s *second) ruledOut(f *follower) bool {
	return f.server.ALPN == "h2" || f.version13 && f.hello.State == HelloComplete && !s.offered
}

// cutShort takes note that packets are cut short from now on.
func (s *second) cutShort(f *follower) {
	s.cut, s.again = true, AgainUnknown
	if s.Asked.Happened() && !f.version13 {
		s.again = AgainPerhaps
	}
}

// behindCut takes a record whose header was captured. A server that goes on with data has, or never wanted, what it would refuse.
func (s *second) behindCut(f *follower, h *half, rec tlswire.RecordHeader) {
	isData := rec.Type == tlswire.RecordApplicationData
	before13 := !f.version13 && !f.unselected()
	switch {
	case s.records > maxBehind:
		s.over = true
	case h.isClient() && s.maybeAnswer(rec):
		s.again = AgainPerhaps
	case h.isClient():
	case isData && (before13 || s.again == AgainPerhaps && !isSealedAlert(rec.Length)):
		s.over, s.again = true, AgainNot
	case rec.Type == tlswire.RecordHandshake: // a HelloRequest
		s.again = AgainPerhaps
	}
}

// maybeAnswer reports whether a record of the client may belong to what answers a server that asks: a message of the handshake, or in
// TLS 1.3, where that looks like data, a Finished, which is never the first.
func (s *second) maybeAnswer(rec tlswire.RecordHeader) bool {
	s.answers = min(s.answers+1, 2)
	switch rec.Type {
	case tlswire.RecordHandshake:
		return true
	case tlswire.RecordApplicationData:
		return s.answers > 1 && rec.Length >= sealedFinished256 && rec.Length <= longestFinished
	}
	return false
}

// room is what may have been, once nothing more comes. Up to TLS 1.2 it takes no answer of the client to refuse it, so that what the
// server said counts as well.
func (s *second) room(f *follower, r *Record) Again {
	client := f.clientGuess()
	lost := r.Incomplete&^(flow.IncompleteSnaplen|flow.IncompleteEndOfCapture) != 0 || r.Sides[flow.Client].Unseen|r.Sides[flow.Server].Unseen != 0
	unseen := s.over || lost || s.blind[client] || s.blind[client.Other()] && !f.version13
	if s.again == AgainUnknown && !unseen {
		return AgainNot
	}
	return s.again
}
