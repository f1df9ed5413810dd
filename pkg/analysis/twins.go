package analysis

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// twinLen is the length of what stands before every opening: a hash by which the same connection is found again, 0 where it cannot be.
const twinLen = 8

// appendOpening appends the hash and the opening of a record.
func appendOpening(dst []byte, r *conversation.Record, twin uint64) []byte {
	return r.AppendOpening(binary.LittleEndian.AppendUint64(dst, twin))
}

// endingLen is the length of what stands behind a part that is whole: how long its ending is.
const endingLen = 4

// appendWhole appends the hash, the opening and the ending of a record.
func appendWhole(dst []byte, r *conversation.Record, twin uint64) []byte {
	dst = appendOpening(dst, r, twin)
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

// ofHello is set in the hashes of hellos.
const ofHello = 1

// twinHash is equal for the two sides of a NAT or proxy that hands a ClientHello on. It folds the client random, which is random enough
// to need no mixing, and the session id.
func twinHash(r *conversation.Record) uint64 {
	if r.Hello.State != conversation.HelloComplete {
		return 0
	}
	h := r.Hello.SessionHash
	for i := 0; i < len(r.Hello.Random); i += 8 {
		h = h*0x9e3779b97f4a7c15 ^ binary.LittleEndian.Uint64(r.Hello.Random[i:])
	}
	if r.Hello.IsHelloCheck() { // whose random is none
		h ^= uint64(r.Sides[flow.Client].InitialSeq) * 0x9e3779b97f4a7c15
	}
	return h | ofHello
}

// attempt is what tells a connection without a hello from others in another capture, where a NAT may have given its client another
// address: among the 4,294,967,296 sequence numbers that it may begin with, those of one server seldom meet. In one capture it may
// come again: a client that repeats its SYN for long begins anew.
type attempt struct {
	server netip.AddrPort
	isn    uint32
}

var attemptSeed = maphash.MakeSeed()

// attemptHash is equal for what several captures show of a connection without a hello whose SYN they have.
func attemptHash(r *conversation.Record) uint64 {
	c := &r.Sides[flow.Client]
	if !r.SYN.Happened() || !c.ISN {
		return 0
	}
	return maphash.Comparable(attemptSeed, attempt{r.Endpoints[flow.Server], c.InitialSeq}) &^ ofHello
}

// twins remembers the latest hashes: between max and twice as many.
type twins struct {
	max        int
	young, old *numbers
	touched    uint64 // of no meaning: what was read ahead
	captures   spans  // those that no connection of was linked yet
	begun      uint64 // number of the first connection of the capture that is being linked
}

// newTwins expects so many connections.
func newTwins(max, expected int) *twins {
	return &twins{max: max, young: newNumbers(min(max, expected)), old: newNumbers(0)}
}

// touch reads ahead what link will need.
func (t *twins) touch(hash uint64) { t.touched += t.young.home(hash).conn }

// enter says which connection comes next, and with which packet it begins.
func (t *twins) enter(conn, first uint64) {
	for len(t.captures) > 0 && t.captures[0].first <= first {
		t.captures, t.begun = t.captures[1:], conn
	}
}

// link returns the number of the first connection with the same hash, 0 when there is none, and remembers this one.
func (t *twins) link(hash, conn uint64) uint64 {
	if hash == 0 {
		return 0
	}
	first := t.find(hash, conn)
	if hash&ofHello == 0 && first >= t.begun {
		return 0
	}
	return first
}

// find is link whatever the captures.
func (t *twins) find(hash, conn uint64) uint64 {
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
