package analysis

import (
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/excerpt"
)

// Hold says of which connections packets are held until they are judged, for Row.Packets.
type Hold uint8

// The choices. Of the bulk of a connection after its handshake no packets are held.
const (
	HoldNothing  Hold = iota
	HoldSuspects      // of those that may have a finding
	HoldAll
)

// turnTo makes the shelf of a table the one that packets are put on and taken from.
func (w *worker) turnTo(table int) {
	if w.shelves != nil {
		w.shelf = w.shelves[table]
	}
}

// put holds the packet that a segment came in.
func (w *worker) put(first uint64, j *job, s *decode.Segment, ordinal uint64) {
	for _, p := range j.parts[s.Frame] {
		w.shelf.Put(first, &p, true)
	}
	p := j.packet(s.Frame, ordinal)
	bare := s.Length == 0 || s.Bits&decode.BitICMP != 0 || s.Flags&(decode.FIN|decode.RST) != 0
	w.shelf.Put(first, &p, bare)
}

// packet is the packet with that index in the block.
func (j *job) packet(index uint32, ordinal uint64) excerpt.Packet {
	p := j.block.Packets[index]
	return excerpt.Packet{
		Packet: p, Ordinal: ordinal, File: uint32(j.file), Data: j.block.Data[p.Offset : p.Offset+p.CapLen],
	}
}

// overflow is what becomes of packets that there is no room for: those of a run have one in its file.
func (w *worker) overflow() func(first uint64, held excerpt.Packets) {
	if _, ok := w.records.(*run); ok {
		return w.spool
	}
	return nil
}

// spool makes packets a part of their connection's record. There may be several such parts: the first when there was
// no more room to hold them.
func (w *worker) spool(first uint64, held excerpt.Packets) {
	w.records.end(keyOf(first, partPackets), append(w.records.begin(), held...))
}

// suspect reports whether a connection whose handshake went through has a finding. Neither others nor its end will
// change that.
func suspect(r *conversation.Record) bool {
	return diagnosis.Judge(r, nil).Severity.IsFinding()
}

// lost sums what the worker's shelves could not hold.
func (w *worker) lost() (sum excerpt.Lost) {
	for _, s := range w.shelves {
		sum.Add(s.Lost())
	}
	return sum
}
