package flow

import (
	"fmt"
	"testing"
	"time"
)

func TestOrdinaryConnection(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.send(S, 0, "answer")
	w.ack(C)
	w.fin(C)
	w.fin(S)
	w.ack(C)
	f := w.end(t)
	w.wantTrace(t, `C 0 "hello"`, `S 0 "answer"`)
	want(t, "state", f.State, StateSF)
	want(t, "roles", f.Roles, RolesSYN)
	want(t, "client", f.Endpoints[Client], w.pair[C])
	want(t, "server", f.Endpoints[Server], w.pair[S])
	want(t, "terminator", f.Terminator, Terminator{Event: Event{7, epoch + int64(60*time.Millisecond)}, By: Client, Kind: CloseFIN})
	want(t, "packets", f.Packets, [2]uint64{6, 3})
	want(t, "bytes", f.Bytes, [2]uint64{5, 6})
	want(t, "SYN", f.SYN.Frame, 1)
	want(t, "SYN-ACK", f.SYNACK.Frame, 2)
	want(t, "established", f.Established.Frame, 3)
	want(t, "client FIN", f.Sides[Client].Fin.Frame, 7)
	want(t, "server FIN", f.Sides[Server].Fin.Frame, 8)
	want(t, "last data of the server", f.Sides[Server].LastData.Frame, 5)
	want(t, "acked", f.Sides[Client].Acked, 5)
	want(t, "acked at", f.Sides[Client].AckedAt.Frame, 5)
	want(t, "incomplete", f.Incomplete, 0)
	want(t, "missed", f.Missed, 0)
	want(t, "retransmits", f.Retransmits, 0)
	want(t, "duration", f.End-f.Start, int64(80*time.Millisecond))
	want(t, "digits", f.Digits, 6)
	want(t, "MSS", f.Sides[Server].MSS, 1460)
}

// TestChunksSayWhatWasAcknowledged captures the server's answer behind the client's next bytes, which acknowledge it.
func TestChunksSayWhatWasAcknowledged(t *testing.T) {
	w := newWire()
	w.handshake()
	w.send(C, 0, "hello")
	w.send(S, 0, "answer")
	w.send(C, 5, "next", rawAck(w.isn[S]+1+6+4))
	w.send(S, 6, "late")
	w.send(C, 9, "last")
	w.end(t)
	want(t, "acked", fmt.Sprint(w.log.acked), "[0 5 10 9 10]")

	w = newWire() // all of the server behind all of the client
	w.syn()
	w.ack(C)
	w.send(C, 0, "hello")
	w.send(C, 5, "next", rawAck(w.isn[S]+1+6))
	w.synack(rawAck(w.isn[C] + 1))
	w.send(S, 0, "answer", rawAck(w.isn[C]+1+5))
	w.end(t)
	want(t, "acked before anything was captured", fmt.Sprint(w.log.acked), "[0 6 5]")
}

// TestSYNACKBehindWhatFollowsIt loses the beginning of both streams: the SYN-ACK, captured late, shows how much.
func TestSYNACKBehindWhatFollowsIt(t *testing.T) {
	for name, tc := range map[string]struct {
		begins bool // the server's stream was captured from its first byte
		missed uint64
	}{"the client's first bytes are missing": {true, 157}, "the server's as well": {false, 157 + 1448}} {
		w := newWire()
		w.sent[C] = 157
		if tc.begins {
			w.send(S, 0, "refused")
		} else {
			w.syn() // so that the SYN-ACK is known for the answer
			w.send(S, 1448, "refused")
			w.send(C, 157, "more")
		}
		w.fin(C)
		w.synack(rawAck(w.isn[C] + 1))
		w.synack(rawAck(w.isn[C] + 1))
		f := w.end(t)
		want(t, name+": incomplete", f.Incomplete&IncompleteGap, IncompleteGap)
		want(t, name+": missed", f.Missed, tc.missed)
	}
}

// TestSYNACKThatShowsNothingMissing has one that begins just where the capture does, too far before it, or an attempt anew.
func TestSYNACKThatShowsNothingMissing(t *testing.T) {
	for name, send := range map[string]func(*wire){
		"nothing lies between":       func(w *wire) { w.syn(); w.send(S, 0, "refused"); w.synack(rawAck(w.isn[C] + 1)) },
		"more than is looked at":     func(w *wire) { w.syn(); w.send(S, streamLimit+1, "refused"); w.synack(rawAck(w.isn[C] + 1)) },
		"another number, before any": func(w *wire) { w.syn(); w.synack(); w.after(time.Second); w.synack(rawSeq(w.isn[S] - 1000)) },
	} {
		w := newWire()
		send(w)
		f := w.end(t)
		want(t, name+": missed", f.Missed, 0)
		want(t, name+": incomplete", f.Incomplete&IncompleteGap, 0)
	}
}
