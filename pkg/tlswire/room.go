package tlswire

// Room is the memory in which a number of Deframers, DTLSReaders and Assemblies put
// messages together that did not come whole in one piece. It bounds what they hold at a time: nobody
// who begins many messages and finishes none takes more. The zero value has no
// bound.
type Room struct {
	limit   int
	held    int
	refused uint64
	free    [][]byte // given back, the last one last
}

// NewRoom returns a Room of so many bytes.
func NewRoom(limit int) *Room { return &Room{limit: limit} }

// Refused is how often a message was given up for want of room.
func (r *Room) Refused() uint64 { return r.refused }

// extend returns b with room for n bytes more, of which no more than most will
// ever be wanted, or reports that there is none. What b had is copied. The first
// few bytes of a message are always taken, so that it is known what it is.
func (r *Room) extend(b []byte, n, most int) ([]byte, bool) {
	need := len(b) + n
	if need <= cap(b) {
		return b, true
	}
	if k := len(r.free); b == nil && k > 0 {
		last := r.free[k-1]
		r.free = r.free[:k-1]
		if cap(last) >= need && r.fits(cap(last)) {
			r.held += cap(last)
			return last, true
		}
	}
	size := max(need, min(2*cap(b), most), leastBuffer)
	if !r.fits(size - cap(b)) {
		size = max(need, leastBuffer)
	}
	if size > leastBuffer && !r.fits(size-cap(b)) {
		r.refused++
		return b, false
	}
	grown := append(make([]byte, 0, size), b...)
	r.held += cap(grown)
	r.release(b)
	return grown, true
}

// take takes n bytes that are no buffer, and reports whether there is room for them.
func (r *Room) take(n int) bool {
	if !r.fits(n) {
		r.refused++
		return false
	}
	r.held += n
	return true
}

// give gives such bytes back.
func (r *Room) give(n int) { r.held -= n }

// fits reports whether n bytes more may be held.
func (r *Room) fits(n int) bool { return r.limit == 0 || r.held+n <= r.limit }

// release takes a buffer back, and keeps it for the next message if it is of
// usual size.
func (r *Room) release(b []byte) {
	r.held -= cap(b)
	if b != nil && cap(b) <= maxRetained && len(r.free) < maxFree {
		r.free = append(r.free, b[:0])
	}
}
