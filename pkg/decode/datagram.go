package decode

import (
	"bytes"
	"container/list"
	"slices"
)

// datagramKey tells apart the datagrams that fragments belong to (RFC 791, Section 3.2; RFC 8200, Section 4.5). A
// datagram seen on two interfaces is two, so that copies do not look like overlaps.
type datagramKey struct {
	addr     [32]byte
	id       uint32
	v6       bool
	protocol uint8 // IPv4 only
	iface    uint8
}

// datagram is what has been seen of one so far.
type datagram struct {
	key      datagramKey
	first    int64 // when its first fragment came, as Segment.Time
	packets  uint64
	numbers  []uint64 // of its fragments, up to maxNumbers
	pieces   []piece  // in order of offset, without overlap
	data     []byte   // of the pieces, in order of arrival
	covered  int      // bytes on the wire that the pieces are
	total    int      // bytes of the whole, -1 until its last fragment came
	dead     bool     // contradicts itself: fragments still to come are not to make up another
	protocol uint8    // these two are of the fragment at offset 0
	ttl      uint8
	place    *list.Element // in order of first
}

// piece is a run of bytes of a datagram.
type piece struct {
	offset, length int // within the datagram, on the wire
	at, captured   int // within datagram.data
}

func (p piece) end() int { return p.offset + p.length }

// size is how much of maxFragmentBytes the datagram takes.
func (g *datagram) size() int {
	return datagramOverhead + cap(g.pieces)*pieceOverhead + cap(g.data)
}

func (g *datagram) whole() bool { return g.covered == g.total }

// add adds a fragment with the given captured bytes. It reports false when the datagram can no longer be put
// together: its fragments disagree about its length, are too many, or overlap under IPv6 (RFC 5722, Section 4).
// Under IPv4 the bytes that came first stay, as RFC 791 leaves it to the host.
func (g *datagram) add(f *Fragment, data []byte) bool {
	start, end := int(f.offset), int(f.offset)+int(f.length)
	if !f.more {
		if g.total >= 0 && g.total != end {
			return false
		}
		g.total = end
	}
	if n := len(g.pieces); g.total >= 0 && (end > g.total || n > 0 && g.pieces[n-1].end() > g.total) {
		return false
	}
	if start == 0 && (len(g.pieces) == 0 || g.pieces[0].offset > 0) {
		g.protocol, g.ttl = f.protocol, f.ttl
	}
	if f.v6 && g.overlaps(start, end) {
		return g.holds(start, data)
	}
	g.fill(start, end, data)
	return len(g.pieces) <= maxPieces
}

// overlaps reports whether any byte of the range is there already.
func (g *datagram) overlaps(start, end int) bool {
	return slices.ContainsFunc(g.pieces, func(p piece) bool { return p.offset < end && start < p.end() })
}

// holds reports whether there is a piece with exactly this data: a fragment captured twice.
func (g *datagram) holds(start int, data []byte) bool {
	return slices.ContainsFunc(g.pieces, func(p piece) bool {
		return p.offset == start && bytes.Equal(data, g.data[p.at:p.at+p.captured])
	})
}

// fill adds those parts of the range that are not there yet. data are the bytes captured of it.
func (g *datagram) fill(start, end int, data []byte) {
	at := start
	for i := 0; at < end; i++ {
		stop := end
		if i < len(g.pieces) {
			stop = min(end, g.pieces[i].offset)
		}
		if at < stop {
			from, to := min(at-start, len(data)), min(stop-start, len(data))
			g.pieces = slices.Insert(g.pieces, i, piece{at, stop - at, len(g.data), to - from})
			g.data = append(g.data, data[from:to]...)
			g.covered += stop - at
			at = stop
		} else if i < len(g.pieces) {
			at = max(at, g.pieces[i].end())
		}
	}
}

// appendTo appends the bytes of the datagram up to the first that the capture lacks.
func (g *datagram) appendTo(arena []byte) []byte {
	for _, p := range g.pieces {
		arena = append(arena, g.data[p.at:p.at+p.captured]...)
		if p.captured < p.length {
			break
		}
	}
	return arena
}
