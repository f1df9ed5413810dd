package flow

// Hanging counts the handshakes that hang: a ClientHello was sent, nobody has sent anything new since the given packet time, and
// no side has ended the connection. Over UDP, where every repetition looks new, they are those that began before it.
func (t *Table) Hanging(since int64) (n int) {
	for i := uint32(1); i <= t.handshakes.used; i++ {
		h := t.handshakes.at(i)
		if h.conn == 0 || h.stream == nil || max(h.sides[0].lastData.Time, h.sides[1].lastData.Time) > since {
			continue
		}
		if !t.conns.at(h.conn).is(bitOver|bitFinished) && h.stream.Waits() {
			n++
		}
	}
	for i := uint32(1); i <= t.udp.slab.used; i++ {
		if a := t.udp.slab.at(i); a.first != 0 && a.start <= since && a.handshake != nil && a.term.Kind == NotClosed && a.handshake.follower.Waits() {
			n++
		}
	}
	return n
}
