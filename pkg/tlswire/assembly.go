package tlswire

import "slices"

// Assembly puts a stream of handshake bytes together from pieces that come in
// any order, several times and overlapping: the fragments of a DTLS message
// (RFC 9147, Section 5.5) or the CRYPTO frames of QUIC (RFC 9000, Section 19.6).
// It holds only bytes that were there, at most MaxBuffered on either side of the
// first hole. The zero value is ready for use, and nil is one that is empty.
type Assembly struct {
	room   *Room   // which lends buf and held, nil where nothing but MaxBuffered bounds them
	buf    []byte  // the stream up to its first hole
	held   []byte  // what lies behind that hole, in order of arrival
	pieces []piece // of held, in order of their place in the stream
}

// piece says where a run of held bytes belongs.
type piece struct {
	at   int // offset in the stream
	from int // offset in held
	n    int // length
}

// pieceSize is how many bytes a piece takes: three words.
const pieceSize = 3 * 8

// Put adds data, which lies at the given offset of the stream. fresh says that
// it held a byte that was not there before. ok is false when a bound kept some
// of it out. Where pieces disagree about a byte the first one that could be
// placed is kept.
func (a *Assembly) Put(offset int, data []byte) (fresh, ok bool) {
	if offset < 0 || offset > MaxBuffered {
		return false, false
	}
	whole := len(data)
	data = data[:min(whole, MaxBuffered-offset)]
	ok = len(data) == whole
	if offset > len(a.buf) {
		fresh, kept := a.hold(offset, data)
		return fresh, ok && kept
	}
	fresh, kept := a.extend(offset, data)
	return fresh, a.fill() && kept && ok
}

// PutInto has the assembly, which is empty, take its memory from a room that it
// shares with others.
func (a *Assembly) PutInto(r *Room) { a.room = r }

// extend adds data that begins within buf or right behind it.
func (a *Assembly) extend(offset int, data []byte) (fresh, ok bool) {
	data = data[min(len(a.buf)-offset, len(data)):]
	if ok = a.makeRoom(&a.buf, len(data)); ok {
		a.buf = append(a.buf, data...)
	}
	return ok && len(data) > 0, ok
}

// makeRoom lets one of the buffers take n bytes more, and reports whether it may.
func (a *Assembly) makeRoom(b *[]byte, n int) (ok bool) {
	if a.room == nil {
		return true
	}
	*b, ok = a.room.extend(*b, n, MaxBuffered)
	return ok
}

// roomForPiece lets pieces take one more, and reports whether it may: many that are
// short take more than the bytes that they hold.
func (a *Assembly) roomForPiece() bool {
	n := cap(a.pieces)
	if len(a.pieces) < n || a.room == nil {
		return true
	}
	more := max(n, leastPieces)
	if !a.room.take(more * pieceSize) {
		return false
	}
	a.pieces = append(make([]piece, 0, n+more), a.pieces...)
	return true
}

// fill moves the pieces to buf that no hole lies before any longer, and reports
// whether there was room for them.
func (a *Assembly) fill() (ok bool) {
	n := 0
	for ok = true; n < len(a.pieces) && a.pieces[n].at <= len(a.buf); n++ {
		p := a.pieces[n]
		if _, ok = a.extend(p.at, a.held[p.from:p.from+p.n]); !ok {
			break
		}
	}
	a.pieces = slices.Delete(a.pieces, 0, n)
	if len(a.pieces) == 0 {
		a.held = a.held[:0]
	}
	return ok
}

// hold keeps data that lies behind a hole.
func (a *Assembly) hold(offset int, data []byte) (fresh, ok bool) {
	if len(data) == 0 {
		return false, true
	}
	i, _ := slices.BinarySearchFunc(a.pieces, offset+1, func(p piece, at int) int { return p.at - at })
	if i > 0 {
		if p := a.pieces[i-1]; p.at+p.n >= offset+len(data) {
			return false, true
		}
	}
	if len(a.pieces) == maxPieces || len(a.held)+len(data) > MaxBuffered || !a.makeRoom(&a.held, len(data)) || !a.roomForPiece() {
		return false, false
	}
	a.pieces = slices.Insert(a.pieces, i, piece{offset, len(a.held), len(data)})
	a.held = append(a.held, data...)
	return true, true
}

// Bytes returns the stream up to its first hole, valid until the next Put.
func (a *Assembly) Bytes() []byte {
	if a == nil {
		return nil
	}
	return a.buf
}

// Hole reports whether bytes were seen that lie behind others which were not.
func (a *Assembly) Hole() bool { return a != nil && len(a.pieces) > 0 }

// Message returns the handshake message that begins at offset, for a stream of
// messages with their 4-byte headers as QUIC carries it: its type, as much of
// its body as is there, and its length with the header, which is 0 while the
// header itself is cut. ok is false where no byte of it is there. The bytes are
// valid until the next Put.
func (a *Assembly) Message(offset int) (typ HandshakeType, have []byte, total int, ok bool) {
	if offset >= len(a.buf) {
		return 0, nil, 0, false
	}
	b := a.buf[offset:]
	typ, total, whole := messageHeader(b)
	if whole {
		have = messageBody(b[:min(total, len(b))])
	}
	return typ, have, total, true
}

// size is the number of bytes held.
func (a *Assembly) size() int {
	if a == nil {
		return 0
	}
	return len(a.buf) + len(a.held)
}

// Reset makes the assembly ready for another stream. It gives its buffers back to
// its room, and without one keeps those of usual size.
func (a *Assembly) Reset() {
	switch {
	case a == nil:
	case a.room == nil:
		*a = Assembly{buf: retained(a.buf), held: retained(a.held), pieces: a.pieces[:0]}
	default:
		a.room.release(a.buf)
		a.room.release(a.held)
		a.room.give(cap(a.pieces) * pieceSize)
		*a = Assembly{room: a.room}
	}
}

// retained empties b, and drops it where it has grown beyond what is usual.
func retained(b []byte) []byte {
	if cap(b) > maxRetained {
		return nil
	}
	return b[:0]
}
