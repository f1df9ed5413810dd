package analysis

import (
	"encoding/binary"

	"github.com/sniscope/sniscope/pkg/conversation"
)

// twinLen is the length of what stands before every opening: a hash that is equal for the two sides of a NAT or
// proxy that hands a ClientHello on, 0 when the connection has no complete one.
const twinLen = 8

// appendOpening appends the hash and the opening of a record.
func appendOpening(dst []byte, r *conversation.Record) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, twinHash(r))
	return r.AppendOpening(dst)
}

// endingLen is the length of what stands behind a part that is whole: how long its ending is.
const endingLen = 4

// appendWhole appends the hash, the opening and the ending of a record.
func appendWhole(dst []byte, r *conversation.Record) []byte {
	dst = appendOpening(dst, r)
	open := len(dst)
	dst = conversation.AppendEnding(dst, &r.Ending)
	return binary.LittleEndian.AppendUint32(dst, uint32(len(dst)-open))
}

// cutWhole returns where in a part that is whole the ending begins and ends; ok is false if that is not within it.
func cutWhole(b []byte) (open, end int, ok bool) {
	if end = len(b) - endingLen; end < 0 {
		return 0, 0, false
	}
	open = end - int(binary.LittleEndian.Uint32(b[end:]))
	return open, end, open >= twinLen
}

// twinHash folds the client random, which is random enough to need no mixing, and the session id.
func twinHash(r *conversation.Record) uint64 {
	if r.Hello.State != conversation.HelloComplete {
		return 0
	}
	h := r.Hello.SessionHash
	for i := 0; i < len(r.Hello.Random); i += 8 {
		h = h*0x9e3779b97f4a7c15 ^ binary.LittleEndian.Uint64(r.Hello.Random[i:])
	}
	return h | 1
}

// twins remembers the latest hashes: between max and twice as many.
type twins struct {
	max        int
	young, old *numbers
	touched    uint64 // of no meaning: what was read ahead
}

// newTwins expects so many connections.
func newTwins(max, expected int) *twins {
	return &twins{max: max, young: newNumbers(min(max, expected)), old: newNumbers(0)}
}

// touch reads ahead what link will need.
func (t *twins) touch(hash uint64) { t.touched += t.young.home(hash).conn }

// link returns the number of the first connection with the same hash, 0 when there is none, and remembers this one.
func (t *twins) link(hash, conn uint64) uint64 {
	if hash == 0 {
		return 0
	}
	if first := t.young.get(hash); first != 0 {
		return first
	}
	first := t.old.get(hash)
	if t.young.n >= t.max {
		t.young, t.old = t.old, t.young
		t.young.clear()
	}
	if first != 0 {
		conn = first
	}
	t.young.add(hash, conn)
	return first
}
