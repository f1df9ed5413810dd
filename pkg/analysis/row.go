package analysis

import (
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/excerpt"
)

// Row is one connection of the report.
type Row struct {
	Conn    uint64 // 1-based number, ordered by first packet
	Capture string // file of its first packet as named on the command line, or the interface
	SameAs  uint64 // Conn of an earlier connection with the same client random and session id, 0 when none
	Record  *conversation.Record
	Verdict *diagnosis.Verdict
	Scope   Scope
	// Home are the ordinals of the packets that are in the same file as the connection's first. Locate tells where any
	// packet is.
	Home Range
	// Locate turns an ordinal into the place of its file in the order of files, from 1, and the frame number in it.
	Locate func(ordinal uint64) (file int, frame uint64)
	// File is the name of the capture in such a place.
	File func(place int) string
	// Packets are those that were held of the connection, if Config.Hold says so, and Interface tells of the
	// interfaces that they were captured on. Both are valid only during Collect.
	Packets   excerpt.Packets
	Interface excerpt.Interface
}

// Range is a run of consecutive ordinals.
type Range struct {
	First uint64
	Limit uint64 // behind the last
}

// Frame is the frame number of a packet in its file, whose packets have these ordinals; ok is false if it is in another.
func (r Range) Frame(ordinal uint64) (frame uint64, ok bool) {
	return ordinal - r.First + 1, r.First <= ordinal && ordinal < r.Limit
}

// Scope is how much of a report a row takes part in.
type Scope uint8

// The scopes. Every row is numbered and takes part in contrasts.
const (
	Apart   Scope = iota // what narrows the report leaves it out
	Counted              // in the summary only
	Listed               // also as a row
)

// Sink takes the rows of a report.
type Sink interface {
	// Streams is how many byte streams Append and Write know: one for each format that is written row by row.
	Streams() int
	// Append renders a row for one stream. It is called by several goroutines at once, and only for listed rows.
	Append(stream int, dst []byte, row *Row) []byte
	// Write takes what Append rendered, in order.
	Write(stream int, b []byte) error
	// Collect takes every row, listed or not, in order; the row is valid only during the call.
	Collect(row *Row)
}
