package tlswire

import "golang.org/x/crypto/cryptobyte"

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
		rec, ok := readDTLSRecord(&s, at, max(wireLen, len(datagram)))
		if !ok {
			r.emit(EventNotTLS, &rec, emit)
			return
		}
		r.record(&rec, emit)
	}
}

// readDTLSRecord takes a record from s, which lies at offset at of a datagram of
// wireLen bytes. It reports false for what is none.
func readDTLSRecord(s *cryptobyte.String, at, wireLen int) (dtlsRecord, bool) {
	var rec dtlsRecord
	var err error
	known, before := true, len(*s)
	if (*s)[0]&unifiedMask == unifiedFixed {
		rec, known, err = readUnifiedHeader(s)
	} else {
		rec, err = readDTLSHeader(s)
		known = !rec.hasID
	}
	rec.start = at
	left := wireLen - at - (before - len(*s))
	switch {
	case err == ErrMalformed, err == ErrShort && left == len(*s): // not for the capture's fault
		return rec, false
	case !known || err == ErrShort:
		rec.Length = left
	case rec.Length > left:
		return rec, false
	}
	have := min(rec.Length, len(*s))
	s.ReadBytes((*[]byte)(&rec.payload), have)
	rec.cut = have < rec.Length
	rec.end = wireLen - left + rec.Length
	return rec, true
}

// sealed reports whether a record is protected, or one with a connection ID, as
// only those are.
func (rec *dtlsRecord) sealed() bool { return rec.unified || rec.hasID || rec.epoch > 0 }

// record takes a record that was there.
func (r *DTLSReader) record(rec *dtlsRecord, emit func(*DTLSEvent)) {
	switch {
	case !rec.sealed() && rec.Type == RecordHandshake:
		if !r.handshake(rec, emit) || rec.cut {
			r.emit(EventRecord, rec, emit)
		}
	case !rec.sealed() && rec.Type == RecordAlert && rec.Length == alertLen && !rec.cut:
		r.emit(EventAlert, rec, emit)
	default:
		r.emit(EventRecord, rec, emit)
	}
}

// emit reports a record.
func (r *DTLSReader) emit(kind EventKind, rec *dtlsRecord, emit func(*DTLSEvent)) {
	e := r.prepare(kind, rec)
	e.Truncated = rec.cut
	switch kind {
	case EventRecord:
		e.Encrypted = rec.sealed()
	case EventAlert:
		e.Alert = alertIn(rec.payload)
	}
	emit(e)
}

// prepare fills what every event has.
func (r *DTLSReader) prepare(kind EventKind, rec *dtlsRecord) *DTLSEvent {
	r.event = DTLSEvent{
		Event: Event{Kind: kind, Record: rec.RecordHeader, Offset: int64(rec.start), End: int64(rec.end)},
		Epoch: rec.epoch, Unified: rec.unified, ConnectionID: rec.hasID, Restart: r.restart,
	}
	r.restart = false
	return &r.event
}
