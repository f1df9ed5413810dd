package flow

import (
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// datagramFollower is settled by a datagram that begins with 'S' and closed by one that begins with 'C'.
type datagramFollower struct {
	log     *recorder
	settled bool
	closed  Terminator
}

func (f *datagramFollower) Datagram(side Side, data []byte, length uint32, at Event) {
	f.log.printf("side %d datagram %q of %d", side, data, length)
	f.settled = data[0] == 'S'
	if data[0] == 'C' {
		f.closed = Terminator{Event: at, By: side, Kind: CloseQUIC}
	}
}
func (f *datagramFollower) Settled() bool      { return f.settled }
func (f *datagramFollower) Client() Side       { return Nobody }
func (f *datagramFollower) Waits() bool        { return f.log.waits }
func (f *datagramFollower) Closed() Terminator { return f.closed }

// udpWire makes datagrams between two endpoints.
type udpWire struct {
	t     *Table
	log   *recorder
	frame uint64
	port  uint16 // the client's
	encap string
}

func newUDPWire() *udpWire {
	log := &recorder{}
	return &udpWire{t: NewPool().NewTable(log, DefaultLimits), log: log, port: 40000}
}

// send sends text from the client, or from the server, at a time.
func (w *udpWire) send(fromClient bool, at time.Duration, text string, bits decode.Bits, opts ...option) {
	arena := append([]byte{192, 0, 2, 1, 192, 0, 2, 2, 198, 51, 100, 1}, text...)
	src, dst := w.port, uint16(443)
	if !fromClient {
		copy(arena, []byte{192, 0, 2, 2, 192, 0, 2, 1})
		src, dst = dst, src
	}
	s := decode.Segment{Time: int64(at), Bits: decode.BitUDP | bits, Payload: 12, Captured: uint32(len(text)), Length: uint32(len(text)), Ack: 8}
	s.SetEndpoints(arena, 0, false, src, dst)
	if bits&decode.BitICMP != 0 {
		s.Flags, s.Window = 3, 3
	}
	for _, o := range opts {
		o(&s)
	}
	w.frame++
	w.t.Segment(&s, &decode.Batch{Arena: arena, Encaps: []string{w.encap}}, w.frame)
}

func TestOnlySomeDatagramsOpen(t *testing.T) {
	w := newUDPWire()
	w.encap = "vlan"
	w.send(true, 0, "no", 0)
	w.send(true, time.Second, "Q1", 0)
	w.send(false, 2*time.Second, "answer", 0)
	w.t.Flush(int64(3*time.Second), true)
	if len(w.log.ended) != 1 || w.t.Counts()[UDP] != 1 {
		t.Fatalf("%d connections, counts %v", len(w.log.ended), w.t.Counts())
	}
	f := w.log.ended[0]
	if f.Packets != [2]uint64{1, 1} || f.Ending.Bytes != [2]uint64{2, 6} || f.Endpoints[Server].Port() != 443 || f.Incomplete != IncompleteEndOfCapture {
		t.Errorf("%+v", f)
	}
	want(t, "encapsulation", f.Encapsulation, "vlan")
	if w.log.streams != 0 {
		t.Errorf("%d followers left", w.log.streams)
	}
}

// TestServerThatBeginsIsNoClient leaves out what the client began with.
func TestServerThatBeginsIsNoClient(t *testing.T) {
	for _, settles := range []bool{false, true} {
		w := newUDPWire()
		w.send(false, 0, "Q1", 0)
		if w.send(true, 1, "finished", 0); settles {
			w.send(true, 2, "S", 0)
			want(t, "client by the time of settling", w.log.settled[0].Endpoints[Client].Port(), 40000)
		}
		w.t.Flush(int64(time.Hour), true)
		f := w.log.ended[0]
		want(t, "mid-connection", f.Incomplete&IncompleteMid, IncompleteMid)
		want(t, "bytes of the server", f.Ending.Bytes[Server], 2)
		if !settles {
			want(t, "server", f.Endpoints[Server].Port(), 443)
			want(t, "roles", f.Roles, RolesPort)
		}
	}
}

func TestDatagramsAreLeftAloneOnceSettled(t *testing.T) {
	w := newUDPWire()
	w.send(true, 0, "Q1", 0)
	w.send(false, 1, "S", 0)
	w.send(false, 2, "later", 0)
	w.send(true, 3, "Q again", 0) // what belongs to the handshake
	w.send(true, 4, "Q2", 0)      // another connection between the same endpoints
	w.t.Flush(5, true)
	if len(w.log.settled) != 1 || len(w.log.ended) != 2 || !w.log.ended[0].Settled || w.log.ended[0].Packets != [2]uint64{2, 2} {
		t.Errorf("settled %d, ended %+v", len(w.log.settled), w.log.ended)
	}
}

// TestCopyOfTheFirstDatagramBeginsNothing shows one after the handshake is settled.
func TestCopyOfTheFirstDatagramBeginsNothing(t *testing.T) {
	w := newUDPWire()
	w.send(true, 0, "Q1", 0)
	w.send(false, 1, "S", 0)
	w.send(true, int64ms(1), "Q1", 0)
	w.t.Flush(int64(int64ms(2)), true)
	if len(w.log.ended) != 1 || w.t.Counts()[Duplicate] != 1 {
		t.Errorf("%d ended, counts %v", len(w.log.ended), w.t.Counts())
	}
}

func TestDatagramCopiesAreLeftOut(t *testing.T) {
	w := newUDPWire()
	w.send(true, 0, "Q1", 0)
	w.send(true, int64ms(1), "Q1", 0)
	w.t.Flush(int64(time.Second), true)
	if w.t.Counts()[Duplicate] != 1 || w.log.ended[0].Packets[Client] != 1 {
		t.Errorf("counts %v, %+v", w.t.Counts(), w.log.ended[0].Packets)
	}
}

// TestCopiesOfDatagramsComeAfterOthers delivers copies behind what was sent in between, as a mirror port may.
func TestCopiesOfDatagramsComeAfterOthers(t *testing.T) {
	w := newUDPWire()
	w.send(true, 0, "Q1", 0)
	for i, text := range []string{"d1", "d2", "d1", "d2", "d3", "d4", "d5", "d2", "d6", "d1"} {
		w.send(false, int64ms(i), text, 0)
	}
	want(t, "duplicates", w.t.Counts()[Duplicate], 3)
	for i, text := range []string{"d1", "d7", "d1"} { // a copy does not take that long
		w.send(false, int64ms(160+60*i), text, 0)
	}
	want(t, "duplicates of what is long ago", w.t.Counts()[Duplicate], 3)
	w.t.Flush(int64(time.Second), true)
	want(t, "packets", w.log.ended[0].Packets, [2]uint64{1, 10})
}

func int64ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func TestUnreachableDatagram(t *testing.T) {
	w := newUDPWire()
	w.send(true, 0, "Q1", 0)
	w.send(true, int64ms(5), "Q1", decode.BitICMP)
	w.t.Flush(int64(time.Second), true)
	f := w.log.ended[0]
	if f.Terminator.Kind != CloseICMP || f.Terminator.By != Path || !f.ICMP.QuotesSYN || f.ICMP.From.String() != "198.51.100.1" {
		t.Errorf("terminator %+v, icmp %+v", f.Terminator, f.ICMP)
	}
}

func TestUnreachableDatagramOfNoConnection(t *testing.T) {
	w := newUDPWire()
	w.send(true, 0, "Q1", decode.BitICMP)
	want(t, "counted", w.t.Counts()[StrayICMP], 1)
}

func TestDatagramCutShort(t *testing.T) {
	w := newUDPWire()
	w.send(true, 0, "Q1", 0)
	w.send(false, 1, "long", 0, captured(2))
	w.t.Flush(2, true)
	want(t, "incomplete", w.log.ended[0].Incomplete, IncompleteSnaplen|IncompleteEndOfCapture)
}

// TestOldestAssociationIsEvicted bounds what a flood of first datagrams takes.
func TestOldestAssociationIsEvicted(t *testing.T) {
	for _, limits := range []Limits{{Associations: 3, UDPHandshakes: 9}, {Associations: 9, UDPHandshakes: 3}} {
		w := newUDPWire()
		w.t.limits = limits
		for range 8 {
			w.port++
			w.send(true, 0, "Q1", 0)
		}
		want(t, "evicted", w.t.Counts()[Evicted], 5)
		want(t, "ended", len(w.log.ended), 5)
		for i, f := range w.log.ended {
			want(t, "port", f.Endpoints[Client].Port(), uint16(40001+i))
			want(t, "incomplete", f.Incomplete, IncompleteEvicted)
		}
		w.t.Flush(1, true)
		want(t, "connections", len(w.log.ended), 8)
		want(t, "followers left", w.log.streams, 0)
		want(t, "handshakes", w.t.udp.handshakes, 0)
	}
}

// TestSettledAssociationsAreSpared has a flood of first datagrams beside connections that went through.
func TestSettledAssociationsAreSpared(t *testing.T) {
	w := newUDPWire()
	w.t.limits = Limits{Associations: 100, UDPHandshakes: 2}
	for range 20 {
		w.port++
		w.send(true, 0, "Q1", 0)
		if w.port%2 == 0 {
			w.send(false, 0, "S", 0)
		}
	}
	want(t, "evicted", w.t.Counts()[Evicted], 9) // one for each that is to be settled
	for _, f := range w.log.ended {
		want(t, "port", f.Endpoints[Client].Port()%2, 1)
	}
	want(t, "handshakes", w.t.udp.handshakes, 1)
}

func TestSilentAssociationIsReported(t *testing.T) {
	for _, test := range []struct {
		name  string
		play  func(w *udpWire)
		limit time.Duration
	}{
		{"one hello", func(*udpWire) {}, unansweredIdle},
		{"sent again", func(w *udpWire) { w.send(true, 10*time.Second, "Q2", 0) }, 10*time.Second + 4*10*time.Second},
		{"answered", func(w *udpWire) { w.send(false, 0, "answer", 0) }, datagramIdle},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newUDPWire()
			w.send(true, 0, "Q1", 0)
			test.play(w)
			w.t.Tick(int64(test.limit))
			want(t, "ended early", len(w.log.ended), 0)
			w.t.Tick(int64(test.limit + 2*sweepMargin))
			want(t, "ended", len(w.log.ended), 1)
			want(t, "incomplete", w.log.ended[0].Incomplete, 0)
		})
	}
}

func TestDatagramsExpire(t *testing.T) {
	w := newUDPWire()
	w.send(true, 0, "Q1", 0)
	w.send(false, int64ms(1), "C", 0)
	w.send(true, datagramIdle, "Q2", 0)
	w.send(true, 3*datagramIdle, "Q3", 0)
	w.t.Flush(int64(3*datagramIdle), true)
	if len(w.log.ended) != 3 || w.log.ended[0].Terminator.By != Server || w.log.ended[1].Incomplete != 0 {
		t.Errorf("%+v", w.log.ended)
	}
}

// TestDatagramsAlikeAtTheBeginning sends two Initials behind a Retry: connection IDs and the token fill their beginning, what
// header protection leaves of the first byte may be the same, and quiche fills the datagram with zeros.
func TestDatagramsAlikeAtTheBeginning(t *testing.T) {
	header, padding := "\xc0"+strings.Repeat("token", 20), strings.Repeat("\x00", 700)
	w := newUDPWire()
	w.send(true, 0, "Q1", 0)
	for i, sealed := range []string{"one", "two", "two"} {
		w.send(true, int64ms(i), header+sealed+padding, 0)
	}
	want(t, "duplicates", w.t.Counts()[Duplicate], 1)
	w.t.Flush(int64(time.Second), true)
	want(t, "packets", w.log.ended[0].Packets, [2]uint64{3, 0})
}
