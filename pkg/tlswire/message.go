package tlswire

import (
	"encoding/binary"
	"math"

	"golang.org/x/crypto/cryptobyte"
)

// messageState is the handshake message that is not complete yet.
type messageState struct {
	buf       []byte // its bytes so far, header included, at most MaxBuffered; lent by the room
	skip      int    // bytes still to come of a message that was too large
	start     int64  // stream offset of the record header in which it began
	cuts      int    // fragments in use
	fragments [maxFragments]fragment
}

// fragment says where a part of the message lies in the stream. Parts are apart
// by a record header.
type fragment struct {
	at    uint32 // offset within the message
	place uint32 // offset within the stream, from messageState.start; nowhere where it is not known
}

const nowhere = math.MaxUint32

// unfinished reports whether a message has begun and not ended.
func (m *messageState) unfinished() bool { return len(m.buf) > 0 || m.skip > 0 }

// fills reports whether b is one whole message.
func (m *messageState) fills(b []byte) bool {
	typ, total, ok := messageHeader(b)
	return ok && total == len(b) && knownHandshakeType(typ) && !m.unfinished()
}

// begin starts a message in the record whose header lies at start.
func (m *messageState) begin(start int64) {
	m.buf, m.skip, m.start, m.cuts = m.buf[:0], 0, start, 0
}

// mark notes that the next byte of the message lies at stream. When there is no
// room for another fragment, the last one says that nothing is known behind it.
func (m *messageState) mark(stream int64) {
	at, place := uint32(len(m.buf)), uint32(min(stream-m.start, nowhere))
	if m.cuts > 0 {
		last := m.fragments[m.cuts-1]
		if last.place == nowhere || last.place+at-last.at == place {
			return
		}
	}
	if m.cuts == maxFragments-1 {
		place = nowhere
	}
	m.fragments[m.cuts] = fragment{at, place}
	m.cuts++
}

// wanted is how many bytes the buffer lacks, of the header first.
func (m *messageState) wanted() int {
	_, total, ok := messageHeader(m.buf)
	if !ok {
		total = handshakeHeaderLen
	}
	return min(total, MaxBuffered) - len(m.buf)
}

// readMessage takes handshake messages from the payload of a record.
func (d *Deframer) readMessage(s *cryptobyte.String, r Reader) {
	m, rec := &d.message, &d.record
	if m.skip > 0 {
		m.skip -= len(d.takePayload(s, m.skip))
		return
	}
	if len(m.buf) == 0 {
		m.begin(rec.start)
		here := (*s)[:min(int(rec.left), len(*s))]
		typ, total, ok := messageHeader(here)
		if !knownHandshakeType(typ) {
			rec.use, rec.odd = useSkip, true
			return
		}
		if ok && total <= len(here) {
			m.mark(d.offset)
			d.reportMessage(EventHandshake, rec.RecordHeader, d.takePayload(s, total), total, r)
			return
		}
	}
	m.mark(d.offset)
	n := min(m.wanted(), int(rec.left), len(*s))
	if !d.makeRoom(n) {
		d.giveUp(r)
		return
	}
	m.buf = append(m.buf, d.takePayload(s, n)...)
	d.endMessage(r)
}

// makeRoom lets the message's buffer take n bytes more, and reports whether it
// may.
func (d *Deframer) makeRoom(n int) (ok bool) {
	if d.room == nil {
		d.room = new(Room)
	}
	m := &d.message
	m.buf, ok = d.room.extend(m.buf, n, len(m.buf)+m.wanted())
	return ok
}

// drop gives the buffer back.
func (d *Deframer) drop() {
	if b := d.message.buf; b != nil {
		d.room.release(b)
		d.message.buf = nil
	}
}

// giveUp reports the message as too large, because there is no room for the rest.
func (d *Deframer) giveUp(r Reader) {
	m := &d.message
	_, total, _ := messageHeader(m.buf)
	m.skip = total - len(m.buf)
	d.reportBuffered(EventTooLarge, total, r)
}

// reportBuffered reports what the buffer has and gives it back.
func (d *Deframer) reportBuffered(kind EventKind, total int, r Reader) {
	d.reportMessage(kind, d.record.RecordHeader, d.message.buf, total, r)
	d.drop()
}

// endMessage reports the buffered message if it is complete or fills the buffer.
func (d *Deframer) endMessage(r Reader) {
	m := &d.message
	_, total, ok := messageHeader(m.buf)
	kind := EventHandshake
	switch b := m.buf; {
	case !ok || len(b) < min(total, MaxBuffered):
	case len(b) < total:
		kind, m.skip = EventTooLarge, total-len(b)
		fallthrough
	default:
		d.reportBuffered(kind, total, r)
	}
}

// reportMessage reports the message b, header included, of which total bytes were
// announced, and which ended in the record of header h.
func (d *Deframer) reportMessage(kind EventKind, h RecordHeader, b []byte, total int, r Reader) {
	e := d.empty()
	e.Kind, e.Record, e.Offset, e.End = kind, h, d.message.start, d.offset
	e.Message, e.Body, e.MessageLen = HandshakeType(b[0]), messageBody(b), total
	r.Event(e)
}

// messageBody is what follows the header of the message b.
func messageBody(b []byte) []byte {
	return b[handshakeHeaderLen:]
}

// Pending returns the handshake message that has begun and is not complete: its
// type, as much of its body as was seen, and its length with the 4-byte header,
// which is 0 while the header itself is cut. The bytes are valid until the next
// call of a method that changes the deframer.
func (d *Deframer) Pending() (typ HandshakeType, have []byte, total int, ok bool) {
	if len(d.message.buf) == 0 {
		return 0, nil, 0, false
	}
	typ, total, whole := messageHeader(d.message.buf)
	if whole {
		have = messageBody(d.message.buf)
	}
	return typ, have, total, true
}

// MessageStart returns where the record header lies in the stream in which the
// message of the current Event, or else of Pending, began.
func (d *Deframer) MessageStart() int64 { return d.message.start }

// StreamOffset returns where the byte lies in the stream that is n bytes into
// the message of the current Event, or else of Pending, its 4-byte header
// included: records cut a message, and their headers lie between. It reports
// false for a message cut into more records than are remembered.
func (d *Deframer) StreamOffset(n int) (int64, bool) {
	m := &d.message
	for i := m.cuts - 1; i >= 0; i-- {
		if f := m.fragments[i]; int(f.at) <= n {
			return m.start + int64(f.place) + int64(n) - int64(f.at), f.place != nowhere
		}
	}
	return 0, false
}

// messageHeader reads the header of a handshake message. total is the length of
// the message, header included, and 0 when the header is cut.
func messageHeader(b []byte) (typ HandshakeType, total int, ok bool) {
	switch {
	case len(b) >= handshakeHeaderLen:
		return HandshakeType(b[0]), handshakeHeaderLen + int(binary.BigEndian.Uint32(b)&0xffffff), true
	case len(b) > 0:
		return HandshakeType(b[0]), 0, false
	}
	return 0, 0, false
}

// helloPrefixLen is how much of a hello tells it from ciphertext: the message
// header and legacy_version.
const helloPrefixLen = handshakeHeaderLen + 2

// plausibleHello reports whether a handshake record of the given length after a
// ChangeCipherSpec, that begins with b, at least helloPrefixLen long, holds a hello in the clear: the second
// ClientHello, or the ServerHello behind a HelloRetryRequest. Nothing else comes
// with it, and ciphertext happens to agree once in 2^31 records.
func plausibleHello(b []byte, length int) bool {
	typ, total, _ := messageHeader(b)
	version := binary.BigEndian.Uint16(b[handshakeHeaderLen:])
	return (typ == TypeClientHello || typ == TypeServerHello) && version == VersionTLS12 &&
		total > helloPrefixLen && total >= length && total <= MaxBuffered
}
