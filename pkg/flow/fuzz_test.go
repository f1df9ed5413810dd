package flow

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// checker is a Handler that checks what every stream is promised: bytes in order, each once, equal to what was
// sent, not more than the limit; and that everything opened is ended, once.
type checker struct {
	t        testing.TB
	facts    Facts
	settleAt int
	passedAt int
	forged   bool // bytes were sent that differ from content
	streams  int
	settled  map[uint64]bool
	ended    map[uint64]bool
}

// content is the byte at a sequence number of either side's stream. It counts, so that a stream whose beginning
// was not captured can be checked as well, also across the wrap.
func content(seq uint32) byte { return byte(seq) }

func (c *checker) Open(Side) Stream {
	c.streams++
	return &checked{c: c}
}

func (c *checker) Begins([]byte, uint32) (Transport, bool) { return QUIC, false }
func (c *checker) BeginsAnew([]byte, uint32) bool          { return false }
func (c *checker) OpenDatagrams(Transport) Datagrams       { return nil }

func (c *checker) Facts() *Facts { return &c.facts }

func (c *checker) Settle(s Follower) {
	o := &c.facts.Opening
	c.streams--
	if !s.Settled() && !s.(*checked).Passed() {
		c.t.Error("settled although the stream is not")
	}
	if c.settled[o.First] {
		c.t.Errorf("connection %d settled twice", o.First)
	}
	c.settled[o.First] = true
	c.opening(o)
}

func (c *checker) End(s Follower) {
	f := &c.facts
	if s != nil {
		c.streams--
	}
	if c.ended[f.Opened] || f.Opened == 0 || f.First != f.Opened {
		c.t.Errorf("connection %d (%d) ended twice, or has no name", f.Opened, f.First)
	}
	c.ended[f.Opened] = true
	if c.settled[f.Opened] != f.Settled || f.Settled && s != nil {
		c.t.Errorf("connection %d: settled is %v", f.Opened, f.Settled)
	}
	if !f.Settled {
		c.opening(&f.Opening)
	}
	if (f.Terminator.Kind == NotClosed) != (f.Terminator.By == Nobody) || f.Terminator.Happened() != (f.Terminator.Kind != NotClosed) {
		c.t.Errorf("terminator %+v", f.Terminator)
	}
	if f.Packets[0]+f.Packets[1] == 0 || f.End < f.Start && f.End == 0 {
		c.t.Errorf("ending %+v", f.Ending)
	}
	for i, n := range f.Bytes {
		if n > 1<<32 {
			c.t.Errorf("side %d sent %d bytes", i, int64(n))
		}
	}
	if f.Missed > 1<<40 {
		c.t.Errorf("missed %d bytes", int64(f.Missed))
	}
}

func (c *checker) opening(o *Opening) {
	if len(o.Resets) > maxResets {
		c.t.Errorf("%d resets", len(o.Resets))
	}
	for _, s := range o.Sides {
		if s.Unseen > 1<<32 || s.Acked > s.Sent+s.Unseen {
			c.t.Errorf("side %+v", s)
		}
	}
}

// checked is one connection's stream.
type checked struct {
	c     *checker
	seen  int
	next  [2]uint64
	base  [2]byte // sequence number of offset 0, modulo 256
	based [2]bool
	over  [2]bool
}

func (s *checked) Bytes(c *Chunk) {
	i := c.Side
	switch {
	case s.Settled():
		s.c.t.Error("bytes for a settled stream")
	case s.over[i]:
		s.c.t.Error("bytes beyond the limit")
	case c.Offset != s.next[i]:
		s.c.t.Errorf("side %d: bytes at %d, want %d", i, c.Offset, s.next[i])
	case len(c.Data) == 0 || c.Offset+uint64(len(c.Data)) > streamLimit:
		s.c.t.Errorf("side %d: %d bytes at %d", i, len(c.Data), c.Offset)
	case !c.At.Happened() || c.Segments < 1:
		s.c.t.Errorf("chunk %+v", c)
	}
	if !s.based[i] {
		s.based[i] = true
		s.base[i] = c.Data[0] - byte(c.Offset)
	}
	for n, b := range c.Data {
		if want := content(uint32(s.base[i]) + uint32(c.Offset) + uint32(n)); b != want && !s.c.forged {
			s.c.t.Fatalf("side %d: byte %d at %d, want %d", i, b, c.Offset+uint64(n), want)
		}
	}
	s.next[i] += uint64(len(c.Data))
	s.seen += len(c.Data)
}

func (s *checked) Gap(side Side, n uint64, why Incomplete, _ Event) {
	if s.Settled() || s.over[side] || n == 0 {
		s.c.t.Errorf("side %d: gap of %d, %s", side, n, reasonsOf(why))
	}
	s.over[side] = why == IncompleteLimit
	s.next[side] += n
	s.seen += int(min(n, streamLimit))
}

func (s *checked) Settled() bool { return s.seen >= s.c.settleAt }
func (s *checked) Client() Side  { return Nobody }
func (s *checked) Waits() bool   { return false }
func (s *checked) Passed() bool  { return s.c.passedAt > 0 && s.seen >= s.c.passedAt }
func (s *checked) Touch() uint64 { return 0 }

// script reads choices from fuzzed bytes.
type script struct{ b []byte }

func (s *script) next() int {
	if len(s.b) == 0 {
		return 0
	}
	v := s.b[0]
	s.b = s.b[1:]
	return int(v)
}

func (s *script) pick(n int) int { return s.next() % n }

// play runs a script of segments between two endpoints through a table.
func play(t testing.TB, data []byte) {
	s := &script{data}
	c := &checker{t: t, settled: map[uint64]bool{}, ended: map[uint64]bool{}}
	c.settleAt = []int{1 << 30, 1, 100, 5000}[s.pick(4)]
	c.passedAt = []int{0, 0, 1, 100}[s.pick(4)]
	w := newWire()
	w.table = testPool.NewTable(c, Limits{Connections: 3, Handshakes: 2, Pages: 20})
	w.isn = [2]uint32{uint32(s.next()) - 100, uint32(s.next()) << 24}
	for len(s.b) > 0 && !t.Failed() {
		w.step(s, c)
	}
	w.flush()
	if c.streams != 0 {
		t.Errorf("%d streams left", c.streams)
	}
	tb := w.table
	if n := tb.conns.live() + tb.embryos.live() + tb.answers.live() + tb.troubles.live() + tb.handshakes.live() + tb.wides.live() + len(tb.legs); n != 0 {
		t.Errorf("%d entries left", n)
	}
	if p := tb.pool; p.live != 0 || tb.pages != 0 || len(tb.queues) != 0 {
		t.Errorf("%d streams, %d pages, %d queues left", p.live, tb.pages, len(tb.queues))
	} else if p.assembler != nil {
		if d := p.assembler.Dump(); d[:len("pageCache: used: 0,")] != "pageCache: used: 0," {
			t.Errorf("pages left: %s", d)
		}
	}
}

// step sends one segment, or lets time pass.
func (w *wire) step(s *script, c *checker) {
	op, from := s.next(), Side(s.pick(2))
	opts := [][]option{nil, {comes}, {leaves}, nil}[op>>4&3]
	if op&0x40 != 0 {
		v := s.next()
		opts = append(opts, iface(uint8(v&3)), ipid(uint16(v>>2&3)), ttl(uint8(v>>4)), window(uint16(v)<<8))
	}
	if op&0x80 != 0 {
		opts = append(opts, rawAck(w.isn[from^1]+1+uint32(s.next())*uint32(s.next())))
	}
	switch op & 0x0f {
	case 0:
		w.packet(from, decode.SYN, 0, "", opts...)
	case 1:
		w.packet(from, decode.SYN|decode.ACK, 0, "", opts...)
	case 2:
		w.ack(from, opts...)
	case 3:
		w.packet(from, decode.FIN|decode.ACK, w.place(s, from), "", opts...)
	case 4:
		w.packet(from, decode.RST|decode.ACK, w.place(s, from), "", opts...)
	case 5:
		w.packet(from, decode.RST, w.place(s, from), "", opts...)
	case 6:
		w.after(time.Duration(s.next()*s.next()) * time.Second / 4)
	case 7:
		w.now -= int64(10*time.Millisecond) - int64(s.next())*1e4
	case 8:
		w.isn[from], w.sent[from] = uint32(s.next())<<24, 0
	case 9:
		w.icmp(from, uint8(s.pick(13)), uint8(s.pick(16)), uint16(s.next()), w.isn[from]+uint32(s.next()))
	case 10:
		opts = append(opts, captured(uint32(s.next())*8))
		fallthrough
	default:
		w.bytes(s, c, from, opts)
	}
}

// place is somewhere in a side's stream, mostly near its end.
func (w *wire) place(s *script, from Side) int {
	return int(w.sent[from]) + []int{0, 0, 0, 1, -1, 7, -s.next(), s.next() * 40, -s.next() * 40}[s.pick(9)]
}

// bytes sends payload, seldom other than content.
func (w *wire) bytes(s *script, c *checker, from Side, opts []option) {
	f := []decode.TCPFlags{decode.ACK, decode.ACK | decode.PSH, decode.ACK | decode.FIN, decode.SYN, decode.SYN | decode.ACK}[s.pick(8)*s.pick(2)%5]
	off := w.place(s, from)
	if f.Has(decode.SYN) {
		off = 0
	}
	data := make([]byte, []int{1, 2, s.next(), s.next() * 8, s.next() * 60, s.next() * 250}[s.pick(6)])
	for i := range data {
		data[i] = content(w.isn[from] + 1 + uint32(off+i))
	}
	if s.next() == 77 {
		data = []byte("forged")
		c.forged = true
	}
	w.packet(from, f, off, string(data), opts...)
}

func FuzzTable(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 64 {
		data := make([]byte, 20+n*16)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		f.Add(data)
	}
	f.Add([]byte("\x00\x01\x02\x00\x00\x01\x01\x02\x00\x0b\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<12 {
			return
		}
		play(t, data)
	})
}

// TestRandomScripts plays many more scripts than the fuzz seeds.
func TestRandomScripts(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 100
	}
	for seed := range n {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		data := make([]byte, r.IntN(1500))
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		if play(t, data); t.Failed() {
			t.Fatalf("seed %d: %s", seed, fmt.Sprintf("%q", data))
		}
	}
}
