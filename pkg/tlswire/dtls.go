package tlswire

import (
	"errors"

	"golang.org/x/crypto/cryptobyte"
)

// errDiffers says that fragments of one message cannot belong together.
var errDiffers = errors.New("differs from an earlier fragment")

// DTLSReader turns the datagrams of one direction of a DTLS association (RFC
// 4347, RFC 6347, RFC 9147) into handshake messages, alerts and records. Each
// message is reported once, when its last missing fragment is there, whatever
// the order of datagrams; where datagrams are lost, messages behind the gap are
// reported all the same. Of messages that are not complete it keeps at most
// MaxBuffered bytes. The zero value is ready for use.
type DTLSReader struct {
	datagrams int // taken so far
	window    [dtlsWindow]dtlsMessage
	room      *Room
	event     DTLSEvent // handed out again and again, so that none is allocated

	hello   bool     // random is set
	random  [32]byte // of the ClientHello that began the handshake
	restart bool     // another one began it anew, and that was not reported yet
}

// Reset makes the reader ready for another association and keeps buffers of
// usual size.
func (r *DTLSReader) Reset() {
	r.forget()
	r.datagrams, r.hello, r.restart = 0, false, false
}

// PutInto has the reader, which has been reset, put messages together in a room
// that it shares with others.
func (r *DTLSReader) PutInto(room *Room) { r.room = room }

// forget drops all messages.
func (r *DTLSReader) forget() {
	for i := range r.window {
		r.window[i].begin(fragmentHeader{})
		r.window[i].state = messageAbsent
	}
}

// Datagram takes the next datagram, of which wireLen bytes were on the wire, and
// calls emit for what it completes. The event and its Body are valid until emit
// returns.
func (r *DTLSReader) Datagram(datagram []byte, wireLen int, emit func(*DTLSEvent)) {
	r.datagrams++
	s := cryptobyte.String(datagram)
	for !s.Empty() {
		at := len(datagram) - len(s)
		rec, err := readDTLSRecord(&s, at, max(wireLen, len(datagram)))
		if err != nil {
			r.emit(EventNotTLS, &rec, err, emit)
			return
		}
		r.record(&rec, emit)
	}
}

// readDTLSRecord takes a record from s, which lies at offset at of a datagram of
// wireLen bytes.
func readDTLSRecord(s *cryptobyte.String, at, wireLen int) (dtlsRecord, *ParseError) {
	var rec dtlsRecord
	var first uint8
	before, peek := *s, *s
	known, ok := true, true
	field, err := noField, error(nil)
	if peek.ReadUint8(&first); first&unifiedMask == unifiedFixed {
		rec, known, ok = readUnifiedHeader(s)
	} else {
		rec, field, err = readDTLSHeader(s)
		known, ok = !rec.hasID, err != ErrShort
	}
	rec.start = at
	left := wireLen - at - (len(before) - len(*s))
	switch {
	case field != noField:
		f := dtlsHeaderFields[field]
		return rec, &ParseError{"DTLSPlaintext", f.name, at + f.offset, err}
	case !ok && left == len(*s): // not for the capture's fault
		return rec, &ParseError{"DTLSPlaintext", "header", at, errOverrun}
	case !known || !ok:
		rec.Length = left
	case rec.Length > left:
		return rec, &ParseError{"DTLSPlaintext", "length", at, errOverrun}
	}
	have := min(rec.Length, len(*s))
	s.ReadBytes((*[]byte)(&rec.payload), have)
	rec.cut = have < rec.Length
	rec.end = wireLen - left + rec.Length
	return rec, nil
}

// record takes a record that was there.
func (r *DTLSReader) record(rec *dtlsRecord, emit func(*DTLSEvent)) {
	clear := !rec.unified && !rec.hasID && rec.epoch == 0
	switch {
	case clear && rec.Type == RecordHandshake:
		err := r.handshake(rec, emit)
		if err != nil || rec.cut {
			r.emit(EventRecord, rec, err, emit)
		}
	case clear && rec.Type == RecordAlert && !rec.cut:
		r.alert(rec, emit)
	default:
		r.emit(EventRecord, rec, nil, emit)
	}
}

func (r *DTLSReader) alert(rec *dtlsRecord, emit func(*DTLSEvent)) {
	if rec.Length != alertLen {
		r.emit(EventRecord, rec, &ParseError{"Alert", "description", rec.start + rec.headerLen() + 1, errOverrun}, emit)
		return
	}
	r.emit(EventAlert, rec, nil, emit)
}

// emit reports a record.
func (r *DTLSReader) emit(kind EventKind, rec *dtlsRecord, err *ParseError, emit func(*DTLSEvent)) {
	e := r.prepare(kind, rec)
	e.Err, e.Truncated = err, rec.cut
	switch sealed := rec.unified || rec.hasID || rec.epoch > 0; kind {
	case EventRecord:
		e.Encrypted = sealed
		e.AlertEncrypted = sealed && rec.Type == RecordAlert
	case EventAlert:
		e.Alert, _ = ParseAlert(rec.payload)
	}
	emit(e)
}

// prepare fills what every event has.
func (r *DTLSReader) prepare(kind EventKind, rec *dtlsRecord) *DTLSEvent {
	r.event = DTLSEvent{
		Event: Event{Kind: kind, Record: rec.RecordHeader, Offset: int64(rec.start), End: int64(rec.end)},
		Epoch: rec.epoch, Sequence: rec.sequence,
		Unified: rec.unified, ConnectionID: rec.hasID, Restart: r.restart,
	}
	r.restart = false
	return &r.event
}
