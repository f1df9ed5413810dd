package flow

import (
	"testing"
	"time"
)

// TestHandshakesHang: what hangs is a handshake in which nothing new was sent, not what is over or not of TLS, nor one whose bytes
// are sent again in vain.
func TestHandshakesHang(t *testing.T) {
	hangs := func(w *wire, silent time.Duration) int { return w.table.Hanging(w.now - int64(silent)) }
	begun := func(waits bool) *wire {
		w := newWire()
		w.log.waits = waits
		w.handshake()
		w.send(C, 0, "hello")
		w.after(2 * time.Second)
		w.send(C, 0, "hello")
		w.after(2 * time.Second)
		return w
	}
	w := begun(true)
	want(t, "hangs for 3 s", hangs(w, 3*time.Second), 1)
	want(t, "hangs for 5 s", hangs(w, 5*time.Second), 0)
	w.send(S, 0, "answer")
	want(t, "hangs after the answer", hangs(w, 3*time.Second), 0)
	w.after(4 * time.Second)
	want(t, "hangs behind the answer", hangs(w, 3*time.Second), 1)
	w.fin(C)
	w.after(4 * time.Second)
	want(t, "hangs after the client left", hangs(w, 3*time.Second), 0)
	w.flush()
	want(t, "hangs at the end", hangs(w, 3*time.Second), 0)

	want(t, "hangs where it went through", hangs(begun(false), 3*time.Second), 0)
	w = newWire()
	w.log.waits = true
	w.handshake()
	w.after(time.Minute)
	want(t, "hangs without a byte", hangs(w, 3*time.Second), 0)
}

func TestHandshakesOverUDPHang(t *testing.T) {
	w := newUDPWire()
	w.log.waits = true
	w.send(true, 0, "Q1", 0)
	w.send(true, 2*time.Second, "Q1", 0)
	want(t, "after 2 s", w.t.Hanging(int64(-time.Second)), 0)
	want(t, "after 4 s", w.t.Hanging(int64(time.Second)), 1)
	w.send(false, 4*time.Second, "C", 0)
	want(t, "after the close", w.t.Hanging(int64(time.Second)), 0)
}
