package tlswire

import "slices"

// Assembly puts a stream of handshake bytes together from pieces that come in
// any order, several times and overlapping: the fragments of a DTLS message
// (RFC 9147, Section 5.5) or the CRYPTO frames of QUIC (RFC 9000, Section 19.6).
// It holds only bytes that were there, at most MaxBuffered on either side of the
// first hole. The zero value is ready for use.
type Assembly struct {
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
	fresh = a.extend(offset, data)
	a.fill()
	return fresh, ok
}

// extend adds data that begins within buf or right behind it.
func (a *Assembly) extend(offset int, data []byte) (fresh bool) {
	known := min(len(a.buf)-offset, len(data))
	a.buf = append(a.buf, data[known:]...)
	return known < len(data)
}

// fill moves the pieces to buf that no hole lies before any longer.
func (a *Assembly) fill() {
	n := 0
	for n < len(a.pieces) && a.pieces[n].at <= len(a.buf) {
		p := a.pieces[n]
		a.extend(p.at, a.held[p.from:p.from+p.n])
		n++
	}
	a.pieces = slices.Delete(a.pieces, 0, n)
	if len(a.pieces) == 0 {
		a.held = a.held[:0]
	}
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
	if len(a.pieces) == maxPieces || len(a.held)+len(data) > MaxBuffered {
		return false, false
	}
	a.pieces = slices.Insert(a.pieces, i, piece{offset, len(a.held), len(data)})
	a.held = append(a.held, data...)
	return true, true
}

// Bytes returns the stream up to its first hole, valid until the next Put.
func (a *Assembly) Bytes() []byte { return a.buf }

// Hole reports whether bytes were seen that lie behind others which were not.
func (a *Assembly) Hole() bool { return len(a.pieces) > 0 }

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
func (a *Assembly) size() int { return len(a.buf) + len(a.held) }

// Reset makes the assembly ready for another stream and keeps buffers of usual
// size.
func (a *Assembly) Reset() {
	*a = Assembly{buf: retained(a.buf), held: retained(a.held), pieces: a.pieces[:0]}
}

// retained empties b, and drops it where it has grown beyond what is usual.
func retained(b []byte) []byte {
	if cap(b) > maxRetained {
		return nil
	}
	return b[:0]
}
