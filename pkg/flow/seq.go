package flow

// seqnum is a TCP sequence number. It wraps around at 2^32, so that only differences of less than half the
// space mean anything (RFC 9293, Section 3.4).
type seqnum uint32

// since is how far s lies behind t, negative when it lies before.
func (s seqnum) since(t seqnum) int64 { return int64(int32(s - t)) }

// before reports whether s lies before t.
func (s seqnum) before(t seqnum) bool { return int32(s-t) < 0 }
