package tlswire

import "golang.org/x/crypto/cryptobyte"

// Deframer turns the bytes of one direction of a TLS connection, given in order
// and in pieces of any size, into handshake messages, alerts and records. What
// it reports does not depend on how the stream was cut. It buffers at most
// MaxBuffered bytes, and none of a message that lies whole in one piece, of
// application data or of ciphertext. The zero value is ready for use.
type Deframer struct {
	offset  int64 // of the next byte of the stream
	dead    bool  // no framing is known: after EventNotTLS or a gap
	changed bool  // a ChangeCipherSpec was seen that means something, for all that is known

	record  recordState
	event   *Event // handed out again and again, so that none is allocated
	room    *Room
	message messageState
}

// recordState is where the deframer is within the current record.
type recordState struct {
	RecordHeader
	start int64 // stream offset of the header
	left  int32 // payload bytes still to come

	header    [RecordHeaderLen]byte
	headerLen uint8 // bytes of header that are there

	// held is the start of a payload that must be seen before anything can be
	// said: an alert, or what tells a hello from ciphertext.
	held    [helloPrefixLen]byte
	heldLen uint8

	open bool // the header is complete and the payload is not
	odd  bool // the payload makes no sense
	use  payloadUse
}

// payloadUse is what is done with the payload of a record.
type payloadUse uint8

const (
	useSkip    payloadUse = iota // reported whole, not looked into
	useMessage                   // handshake messages in the clear
	useDecide                    // handshake messages or ciphertext: held decides
	useAlert                     // an alert in the clear
)

// Reset makes the deframer ready for another stream.
func (d *Deframer) Reset() {
	d.offset, d.dead, d.changed = 0, false, false
	d.record = recordState{}
	d.drop()
	d.message.begin(0) // its fragments mean nothing beyond their number
}

// Touch reads each line of the cache that a deframer which is about to be reset
// takes, so that it is there by then. What it returns means nothing.
func (d *Deframer) Touch() uint64 { return uint64(d.record.left) + uint64(d.message.cuts) }

// PutInto has the deframer, which has been reset, put messages together in a room
// that it shares with others.
func (d *Deframer) PutInto(r *Room) { d.room = r }

// Share makes the deframer hand out e in place of an event of its own, so that
// many deframers may do with one: those that are not fed while another's event
// is looked at.
func (d *Deframer) Share(e *Event) { d.event = e }

// empty returns the event to fill in.
func (d *Deframer) empty() *Event {
	if d.event == nil {
		d.event = new(Event)
	}
	*d.event = Event{}
	return d.event
}

// Feed takes the next bytes of the stream and hands what they complete to r.
// After EventNotTLS bytes are taken and ignored.
func (d *Deframer) Feed(data []byte, r Reader) {
	for !d.dead {
		if !d.record.open && d.record.headerLen == 0 {
			data = d.readRecords(data, r)
		}
		if len(data) == 0 {
			return
		}
		data = d.readPart(data, r)
	}
}

// readRecords takes the records at the start of b that lie there whole and hold
// one message or are not looked into, as nearly all do and are: for them nothing
// needs to be carried over. Of the first of any other kind it takes the header,
// unless that is cut or no header. It returns what is left of b.
func (d *Deframer) readRecords(b []byte, r Reader) (rest []byte) {
	for {
		h, ok := ordinaryHeader(b)
		if !ok {
			return b
		}
		end := RecordHeaderLen + h.Length
		if end > len(b) {
			return d.beginRecord(b, h)
		}
		switch use := d.useOf(h); {
		case use == useSkip && !shortAlert(h), use == useDecide && !plausibleHello(b[RecordHeaderLen:end], h.Length):
			d.offset += int64(end)
			d.skipped(h, r)
		case use == useMessage && d.message.fills(b[RecordHeaderLen:end]):
			start := d.offset
			d.message.begin(start)
			d.message.mark(start + RecordHeaderLen)
			d.offset += int64(end)
			d.reportMessage(EventHandshake, h, b[RecordHeaderLen:end], h.Length, r)
		default:
			return d.beginRecord(b, h)
		}
		b = b[end:]
	}
}

// readPart takes what b has of the current record, or of the next one, and
// returns what is left of b.
func (d *Deframer) readPart(b []byte, r Reader) (rest []byte) {
	s := cryptobyte.String(b)
	for !d.dead {
		switch rec := &d.record; {
		case rec.open && rec.left == 0:
			d.endRecord(r)
			return s
		case s.Empty():
			return s
		case rec.open:
			d.readPayload(&s, r)
		default:
			d.readHeader(&s, r)
		}
	}
	return s
}

// take removes up to n bytes of the stream.
func (d *Deframer) take(s *cryptobyte.String, n int) []byte {
	n = min(n, len(*s))
	b := (*s)[:n]
	*s = (*s)[n:]
	d.offset += int64(len(b))
	return b
}

// takePayload removes up to n bytes of the current record's payload.
func (d *Deframer) takePayload(s *cryptobyte.String, n int) []byte {
	b := d.take(s, min(n, int(d.record.left)))
	d.record.left -= int32(len(b))
	return b
}

// readHeader gathers a record header. A byte that cannot be part of one is
// reported as soon as it is there.
func (d *Deframer) readHeader(s *cryptobyte.String, r Reader) {
	rec := &d.record
	if rec.headerLen == 0 {
		rec.start = d.offset
	}
	rec.headerLen += uint8(copy(rec.header[rec.headerLen:], d.take(s, RecordHeaderLen-int(rec.headerLen))))
	h, err := readRecordHeader(rec.header[:rec.headerLen])
	if err == ErrShort {
		return
	}
	if err != nil {
		rec.RecordHeader, d.dead = h, true
		e := d.recordEvent(EventNotTLS)
		e.End = rec.start
		r.Event(e)
		return
	}
	d.begin(h, rec.start)
}

// beginRecord takes the header h of the record at the start of b and returns what
// is left of b.
func (d *Deframer) beginRecord(b []byte, h RecordHeader) (rest []byte) {
	start := d.offset
	d.offset += RecordHeaderLen
	d.begin(h, start)
	return b[RecordHeaderLen:]
}

// begin starts with the payload of the record whose header h lies at start.
func (d *Deframer) begin(h RecordHeader, start int64) {
	r := &d.record
	r.RecordHeader, r.start = h, start
	r.headerLen, r.heldLen = 0, 0
	r.open, r.left, r.odd = true, int32(h.Length), shortAlert(h)
	r.use = d.useOf(h)
}

// shortAlert reports whether a record is shorter than an alert in the clear or in ciphertext.
func shortAlert(h RecordHeader) bool { return h.Type == RecordAlert && h.Length < alertLen }

// useOf decides what to do with the payload of a record.
//
// An alert of two bytes is in the clear, for ciphertext is longer. A handshake
// record after a ChangeCipherSpec is ciphertext up to TLS 1.2. In TLS 1.3 that
// record means nothing, and the one hello which may follow it, after a
// HelloRetryRequest, is still in the clear (RFC 8446, Appendix D.4).
func (d *Deframer) useOf(h RecordHeader) payloadUse {
	switch {
	case h.Type == RecordAlert && h.Length == alertLen:
		return useAlert
	case h.Type != RecordHandshake:
		return useSkip
	case !d.changed:
		return useMessage
	case h.Length < helloPrefixLen:
		return useSkip
	}
	return useDecide
}

// readPayload takes some of the current record's payload, of which some is left.
func (d *Deframer) readPayload(s *cryptobyte.String, r Reader) {
	rec := &d.record
	switch rec.use {
	case useSkip:
		d.takePayload(s, int(rec.left))
	case useAlert:
		d.hold(s, alertLen)
	case useDecide:
		if !d.hold(s, helloPrefixLen) {
			return
		}
		if !plausibleHello(rec.held[:], rec.Length) {
			rec.use = useSkip
			return
		}
		// That settles it: this is TLS 1.3, where the change of cipher is none.
		rec.use, d.changed = useMessage, false
		d.message.begin(rec.start)
		d.message.mark(rec.start + RecordHeaderLen)
		d.makeRoom(len(rec.held)) // which it does for so few
		d.message.buf = append(d.message.buf, rec.held[:]...)
	case useMessage:
		d.readMessage(s, r)
	}
}

// hold gathers the first n bytes of the payload and reports whether it has them.
func (d *Deframer) hold(s *cryptobyte.String, n int) bool {
	r := &d.record
	r.heldLen += uint8(copy(r.held[r.heldLen:], d.takePayload(s, n-int(r.heldLen))))
	return int(r.heldLen) == n
}

// endRecord is reached when the payload is complete.
func (d *Deframer) endRecord(r Reader) {
	rec := &d.record
	rec.open = false
	switch {
	case rec.use == useAlert:
		e := d.recordEvent(EventAlert)
		e.Alert = alertIn(rec.held[:])
		r.Event(e)
	case rec.use == useSkip && rec.odd:
		r.Event(d.recordEvent(EventRecord))
	case rec.use == useSkip:
		d.skipped(rec.RecordHeader, r)
	}
}

// skipped reports a record that was not looked into.
func (d *Deframer) skipped(h RecordHeader, r Reader) {
	if h.Type == RecordChangeCipherSpec {
		d.changed = true
	}
	r.Sealed(h)
}

// recordEvent is the event of the current record, which ends here.
func (d *Deframer) recordEvent(kind EventKind) *Event {
	e := d.empty()
	e.Kind, e.Record, e.Offset, e.End = kind, d.record.RecordHeader, d.record.start, d.offset
	return e
}

// PendingRecord returns the header of the record that is not complete, and how
// many bytes of its payload were seen or are known to be missing. ok is false
// between records and within a header.
func (d *Deframer) PendingRecord() (h RecordHeader, have int, ok bool) {
	r := &d.record
	if !r.open {
		return RecordHeader{}, 0, false
	}
	return r.RecordHeader, r.Length - int(r.left), true
}

// Offset is how far the stream has come since Reset or Resync, gaps included.
func (d *Deframer) Offset() int64 { return d.offset }

// Gap says that the next n bytes of the stream are missing. It reports whether
// they lie within a record that is not looked into, so that framing goes on
// behind them; that record is handed to r if they end it. Otherwise nothing more
// is read until Resync or Reset; Pending still answers.
func (d *Deframer) Gap(n int64, r Reader) bool {
	rec := &d.record
	d.offset += n
	if d.dead || !rec.open || rec.use != useSkip || n > int64(rec.left) {
		d.dead = true
		return false
	}
	if rec.left -= int32(n); rec.left == 0 {
		d.endRecord(r)
	}
	return true
}

// Resync takes up the stream at data, behind a gap, and reports whether data
// begins with a plausible record header; the header behind each record that data
// holds whole must be plausible too. If so, all but the knowledge of encryption
// is reset, offsets count from data, and data is to be fed next. If not, nothing
// is changed.
func (d *Deframer) Resync(data []byte) bool {
	s := cryptobyte.String(data)
	if len(s) < RecordHeaderLen {
		return false
	}
	for !s.Empty() {
		h, err := readRecordHeader(s)
		if err == ErrMalformed {
			return false
		}
		s.Skip(min(RecordHeaderLen+h.Length, len(s)))
	}
	changed := d.changed
	d.Reset()
	d.changed = changed
	return true
}
