package tlswire

import "golang.org/x/crypto/cryptobyte"

// dtlsMessage is a handshake message of which at least a fragment was seen.
type dtlsMessage struct {
	state    messageProgress
	typ      HandshakeType
	sequence uint16
	total    int       // length of the body
	body     *Assembly // nil until there is a fragment that is not all of it
	packets  int       // datagrams that brought a fragment
	last     int       // the datagram that brought the last one
}

// messageProgress is what became of a message.
type messageProgress uint8

const (
	messageAbsent   messageProgress = iota // nothing of it was seen
	messageOpen                            // fragments are missing
	messageDone                            // it was reported
	messageTooLarge                        // it was given up
)

// begin makes m the message of which h heads a fragment.
func (m *dtlsMessage) begin(h fragmentHeader) {
	m.body.Reset()
	*m = dtlsMessage{state: messageOpen, typ: h.typ, sequence: h.sequence, total: h.total, body: m.body}
}

// handshake takes the fragments in a record. Where one is malformed it reports
// false, and the rest of the record is not looked into.
func (r *DTLSReader) handshake(rec *dtlsRecord, emit func(*DTLSEvent)) bool {
	s := rec.payload
	for !s.Empty() {
		var h fragmentHeader
		if !h.read(&s) {
			return rec.cut
		}
		have := min(h.length, len(s))
		if !knownHandshakeType(h.typ) || h.offset+h.length > h.total || h.length > have && !rec.cut {
			return false
		}
		var data []byte
		s.ReadBytes(&data, have)
		if !r.fragment(rec, h, data, emit) {
			return false
		}
	}
	return true
}

// fragment takes a fragment, of which data is what was captured. It reports false
// for one that cannot belong to the message of an earlier one.
func (r *DTLSReader) fragment(rec *dtlsRecord, h fragmentHeader, data []byte, emit func(*DTLSEvent)) bool {
	r.noteRestart(h, data)
	m := r.place(rec, h, emit)
	if m == nil {
		return true
	}
	if m.typ != h.typ || m.total != h.total {
		return false
	}
	if m.last != r.datagrams {
		m.packets, m.last = m.packets+1, r.datagrams
	}
	if m.body.size() == 0 && len(data) == m.total && m.total <= MaxBuffered {
		r.deliver(rec, m, EventHandshake, data, emit)
		return true
	}
	room := r.buffered()+len(data) <= MaxBuffered
	if room {
		if m.body == nil {
			m.body = &Assembly{room: r.room}
		}
		_, room = m.body.Put(h.offset, data)
	}
	switch {
	case !room:
		r.deliver(rec, m, EventTooLarge, m.body.Bytes(), emit)
	case len(m.body.Bytes()) == m.total:
		r.deliver(rec, m, EventHandshake, m.body.Bytes(), emit)
	}
	return true
}

// place finds the message of a fragment. It returns nil where that is not to be
// put together any more, and reports so.
func (r *DTLSReader) place(rec *dtlsRecord, h fragmentHeader, emit func(*DTLSEvent)) *dtlsMessage {
	m := &r.window[h.sequence%dtlsWindow]
	if m.state == messageAbsent {
		m.begin(h)
	}
	switch ahead := int16(h.sequence - m.sequence); {
	case ahead > 0:
		if m.state == messageOpen {
			r.aside(rec, false, emit)
		}
		m.begin(h)
	case ahead < 0, m.state == messageTooLarge:
		r.aside(rec, false, emit)
		return nil
	case m.state == messageDone:
		r.aside(rec, true, emit)
		return nil
	}
	return m
}

// aside reports fragments that are not put together: again those of a message
// that was reported, else those for which there was no room, or that came after
// their message was given up.
func (r *DTLSReader) aside(rec *dtlsRecord, again bool, emit func(*DTLSEvent)) {
	e := r.prepare(EventRecord, rec)
	e.Again = again
	emit(e)
}

// deliver reports a message that is complete, or too large ever to be.
func (r *DTLSReader) deliver(rec *dtlsRecord, m *dtlsMessage, kind EventKind, body []byte, emit func(*DTLSEvent)) {
	m.state = messageDone
	if kind == EventTooLarge {
		m.state = messageTooLarge
	}
	e := r.prepare(kind, rec)
	e.Message, e.Body = m.typ, body
	e.MessageLen, e.Packets = handshakeHeaderLen+m.total, m.packets
	emit(e)
	m.body.Reset()
}

// noteRestart forgets all messages when a ClientHello begins another handshake.
// The second hello of one, which has message_seq 1, repeats the random (RFC 6347,
// Section 4.2.1), and so does a retransmission.
func (r *DTLSReader) noteRestart(h fragmentHeader, data []byte) {
	s := cryptobyte.String(data)
	var random [32]byte
	if h.typ != TypeClientHello || h.sequence != 0 || h.offset != 0 || !s.Skip(2) || !s.CopyBytes(random[:]) {
		return
	}
	if r.hello && random != r.random {
		r.forget()
		r.restart = true
	}
	r.hello, r.random = true, random
}

// Hole reports whether fragments of the message of Pending were seen behind
// others that were not.
func (r *DTLSReader) Hole() bool {
	m := r.pending()
	return m != nil && m.body.Hole()
}

// buffered is the number of bytes held of messages that are not complete.
func (r *DTLSReader) buffered() (n int) {
	for i := range r.window {
		n += r.window[i].body.size()
	}
	return n
}

// Pending returns the first handshake message, in order of message_seq, that has
// begun and is not complete: its type, as much of its body as was seen without a
// hole, and its length as if it had come without DTLS. The bytes are valid until
// the next call of a method that changes the reader.
func (r *DTLSReader) Pending() (typ HandshakeType, have []byte, total int, ok bool) {
	m := r.pending()
	if m == nil {
		return 0, nil, 0, false
	}
	return m.typ, m.body.Bytes(), handshakeHeaderLen + m.total, true
}

// pending is the first message that has begun and is not complete, nil where there is none.
func (r *DTLSReader) pending() (first *dtlsMessage) {
	for i := range r.window {
		m := &r.window[i]
		if m.state == messageOpen && (first == nil || int16(m.sequence-first.sequence) < 0) {
			first = m
		}
	}
	return first
}
