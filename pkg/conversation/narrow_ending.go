package conversation

import (
	"encoding/binary"

	"github.com/sniscope/sniscope/pkg/flow"
)

// endingLen is what every ending takes in the narrow form: two words and the end. The terminator follows, and a word
// for what was sent again and missed, if there is any.
const (
	endingLen    = 3 * 8
	endingMaxLen = endingLen + eventLen + 8
)

// appendNarrowEnding appends an ending in the narrow form; ok is false if it does not fit into it.
func appendNarrowEnding(dst []byte, e *flow.Ending) (b []byte, ok bool) {
	dst, room := reserve(dst, endingMaxLen)
	t, p, bytes := &e.Terminator, e.Packets, e.Bytes
	lossy := e.Retransmits|e.Missed != 0
	binary.LittleEndian.PutUint64(room[0:], bit(t.Happened())<<1|bit(lossy)<<2|bit(e.Settled)<<3|uint64(t.By)<<4|uint64(t.RST)<<6|
		uint64(t.Kind)<<8|uint64(e.State)<<11|uint64(e.Incomplete)<<15|p[0]<<23|p[1]<<43)
	binary.LittleEndian.PutUint64(room[8:], bytes[0]|bytes[1]<<32)
	binary.LittleEndian.PutUint64(room[16:], uint64(e.End))
	over := uint64(uint8(t.By)|uint8(t.RST))>>2 | uint64(t.Kind)>>3 | uint64(e.State)>>4 | (p[0]|p[1])>>20 | (bytes[0]|bytes[1])>>32
	n := endingLen
	if t.Happened() {
		w, far := narrowEvent(t.Event, e.Opened, e.End-midTime)
		binary.LittleEndian.PutUint64(room[n:], w)
		n, over = n+eventLen, over|far
	}
	if lossy {
		binary.LittleEndian.PutUint64(room[n:], e.Retransmits|e.Missed<<24)
		n, over = n+8, over|e.Retransmits>>24|e.Missed>>40
	}
	return dst[:len(dst)+n], over == 0
}

// narrowEnding reads what appendNarrowEnding wrote.
func narrowEnding(c *codec, e *flow.Ending) {
	b := c.take(endingLen)
	if b == nil {
		return
	}
	w, v, t := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), &e.Terminator
	e.End = int64(binary.LittleEndian.Uint64(b[16:]))
	e.Settled = w>>3&1 != 0
	t.By, t.RST, t.Kind = flow.Side(w>>4&3), flow.RSTKind(w>>6&3), flow.CloseKind(w>>8&7)
	e.State, e.Incomplete = flow.ConnState(w>>11&15), flow.Incomplete(w>>15)
	e.Packets[0], e.Packets[1] = w>>23&(1<<20-1), w>>43&(1<<20-1)
	e.Bytes[0], e.Bytes[1] = v&(1<<32-1), v>>32
	if w>>1&1 != 0 {
		t.Event = eventOf(c.word(), e.Opened, e.End-midTime)
	}
	if w>>2&1 != 0 {
		v := c.word()
		e.Retransmits, e.Missed = v&(1<<24-1), v>>24
	}
}
