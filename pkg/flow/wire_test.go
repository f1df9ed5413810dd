package flow

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// wire builds the packets of one connection and gives them to a table. Sides are C, who sends the SYN, and S.
type wire struct {
	table *Table
	log   *recorder
	pair  [2]netip.AddrPort // C and S
	isn   [2]uint32
	sent  [2]uint32 // stream offset behind the highest byte built so far, FIN included
	now   int64
	frame uint64
	encap string
	told  func(first uint64)                       // what Segment returned, if set
	also  func(s *decode.Segment, b *decode.Batch) // is given what the table was given, if set
	held  *[]heldSegment                           // where segments are put instead of being given to the table, if set
}

const (
	C = Client
	S = Server
)

// testPool is shared, because a reassembly takes 2 MB.
var testPool = NewPool()

var epoch = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC).UnixNano()

func newWire() *wire {
	log := &recorder{settleAt: 1 << 30, says: Nobody}
	w := &wire{
		log:  log,
		pair: [2]netip.AddrPort{netip.MustParseAddrPort("10.0.0.9:40000"), netip.MustParseAddrPort("10.0.0.1:443")},
		isn:  [2]uint32{1000, 500000},
		now:  epoch,
	}
	log.client = w.raw(C)
	w.table = testPool.NewTable(log, DefaultLimits)
	return w
}

// raw is what the table calls a side.
func (w *wire) raw(side Side) Side {
	if w.pair[side].Compare(w.pair[side^1]) > 0 {
		return 1
	}
	return 0
}

// option changes a segment before it goes out.
type option func(*decode.Segment)

func ttl(v uint8) option       { return func(s *decode.Segment) { s.TTL = v } }
func iface(v uint8) option     { return func(s *decode.Segment) { s.Iface = v } }
func ipid(v uint16) option     { return func(s *decode.Segment) { s.IPID = v } }
func window(v uint16) option   { return func(s *decode.Segment) { s.Window = v } }
func rawSeq(v uint32) option   { return func(s *decode.Segment) { s.Seq = v } }
func rawAck(v uint32) option   { return func(s *decode.Segment) { s.Ack = v } }
func captured(n uint32) option { return func(s *decode.Segment) { s.Captured = min(s.Captured, n) } }
func plain(s *decode.Segment)  { s.Bits &^= decode.BitOptions }
func scale(n uint8) option     { return func(s *decode.Segment) { s.SetScale(n, true, 6) } }

// packet sends a segment at a stream offset.
func (w *wire) packet(from Side, f decode.TCPFlags, off int, data string, opts ...option) {
	s := decode.Segment{
		Seq: w.isn[from] + 1 + uint32(off), Window: 65000, TTL: 64, Flags: f, Time: w.now, Bits: decode.BitOptions,
		Captured: uint32(len(data)), Length: uint32(len(data)),
	}
	s.SetScale(0, false, 6)
	if f.Has(decode.SYN) {
		s.Seq = w.isn[from]
		s.MSS = 1460
	}
	if f.Has(decode.ACK) {
		s.Ack = w.isn[from^1] + 1 + w.sent[from^1]
	}
	for _, o := range opts {
		o(&s)
	}
	w.sent[from] = max(w.sent[from], uint32(max(off+len(data), 0)))
	if f.Has(decode.FIN) {
		w.sent[from] = max(w.sent[from], uint32(off+len(data)+1))
	}
	w.give(from, s, data)
}

func (w *wire) give(from Side, s decode.Segment, data string) {
	src, dst := w.pair[from], w.pair[from^1]
	arena := append(slices.Clone(src.Addr().AsSlice()), dst.Addr().AsSlice()...)
	s.Payload = uint32(len(arena))
	arena = append(arena, data[:s.Captured]...)
	s.SetEndpoints(arena, 0, src.Addr().Is6(), src.Port(), dst.Port())
	w.frame++
	if w.held != nil {
		*w.held = append(*w.held, heldSegment{s, decode.Batch{Arena: arena, Encaps: []string{w.encap}}, w.frame})
		w.after(10 * time.Millisecond)
		return
	}
	first := w.deliver(&s, &decode.Batch{Arena: arena, Encaps: []string{w.encap}})
	if w.told != nil {
		w.told(first)
	}
	w.after(10 * time.Millisecond)
}

// one is for Table.Segment: it would be on the heap if it were a variable of that.
var one Lookup

// Segment takes a segment that nobody looked up ahead.
func (t *Table) Segment(s *decode.Segment, b *decode.Batch, ordinal uint64) (first uint64) {
	t.begin(&one, s, b)
	return t.Take(&one, s, b, ordinal)
}

// deliver gives a segment to the table.
func (w *wire) deliver(s *decode.Segment, b *decode.Batch) (first uint64) {
	first = w.table.Segment(s, b, w.frame)
	if w.also != nil {
		w.also(s, b)
	}
	return first
}

// heldSegment is a segment that is yet to be given to a table.
type heldSegment struct {
	decode.Segment
	batch decode.Batch
	frame uint64
}

// after lets time pass.
func (w *wire) after(d time.Duration) { w.now += int64(d) }

func (w *wire) syn(opts ...option)    { w.packet(C, decode.SYN, 0, "", opts...) }
func (w *wire) synack(opts ...option) { w.packet(S, decode.SYN|decode.ACK, 0, "", opts...) }
func (w *wire) ack(from Side, opts ...option) {
	w.packet(from, decode.ACK, int(w.sent[from]), "", opts...)
}
func (w *wire) send(from Side, off int, data string, opts ...option) {
	w.packet(from, decode.ACK|decode.PSH, off, data, opts...)
}
func (w *wire) fin(from Side, opts ...option) {
	w.packet(from, decode.FIN|decode.ACK, int(w.sent[from]), "", opts...)
}
func (w *wire) rst(from Side, opts ...option) {
	w.packet(from, decode.RST|decode.ACK, int(w.sent[from]), "", opts...)
}

// bareRST is the RST that a host without such a socket sends.
func (w *wire) bareRST(from Side, opts ...option) {
	w.packet(from, decode.RST, int(w.sent[from]), "", append([]option{plain, window(0)}, opts...)...)
}

// handshake is SYN, SYN-ACK, ACK.
func (w *wire) handshake() {
	w.syn()
	w.synack()
	w.ack(C)
}

// end flushes the table and returns the facts of the only connection.
func (w *wire) end(t *testing.T) Facts {
	t.Helper()
	w.flush()
	if len(w.log.ended) != 1 {
		t.Fatalf("%d connections ended, want 1\n%s", len(w.log.ended), w.log)
	}
	return w.log.ended[0]
}

func (w *wire) flush() { w.table.Flush(w.now, true) }

// icmp sends an error about a packet of one side.
func (w *wire) icmp(about Side, kind, code uint8, mtu uint16, seq uint32) {
	src, dst := w.pair[about], w.pair[about^1]
	arena := append(slices.Clone(src.Addr().AsSlice()), dst.Addr().AsSlice()...)
	s := decode.Segment{Time: w.now, Flags: decode.TCPFlags(kind), Window: uint16(code), MSS: mtu, Seq: seq, Bits: decode.BitICMP}
	s.Ack = uint32(len(arena))
	router := netip.MustParseAddr("192.0.2.1")
	if src.Addr().Is6() {
		router = netip.MustParseAddr("2001:db8::1")
	}
	arena = append(arena, router.AsSlice()...)
	arena = append(arena, router.AsSlice()...)
	s.SetEndpoints(arena, 0, src.Addr().Is6(), src.Port(), dst.Port())
	w.frame++
	w.deliver(&s, &decode.Batch{Arena: arena, Encaps: []string{""}})
	w.after(10 * time.Millisecond)
}

// recorder is a Handler that keeps what it is told.
type recorder struct {
	facts    Facts
	lines    []string
	settleAt int  // bytes and gaps of both sides after which a stream is settled
	passedAt int  // and after which it has passed, 0 for never
	client   Side // raw side that is called C in the trace
	says     Side // whom streams say to be the client
	waits    bool // whether followers say that the handshake has not gone through
	settled  []Opening
	ended    []Facts
	streams  int // open ones
	bytes    [2]strings.Builder
	acked    []uint64 // of the chunks
}

func (r *recorder) String() string { return strings.Join(r.lines, "\n") }

func (r *recorder) name(side Side) string { return string("CS??"[side^r.client]) }

func (r *recorder) printf(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

func (r *recorder) Open(initiator Side) Stream {
	r.streams++
	return &follower{log: r}
}

// Begins takes any datagram whose first byte is 'Q' for the beginning of a connection.
func (r *recorder) Begins(data []byte, _ uint32) (Transport, bool) {
	return QUIC, len(data) > 0 && data[0] == 'Q'
}

func (r *recorder) BeginsAnew(data []byte, n uint32) bool {
	_, ok := r.Begins(data, n)
	return ok && string(data) != "Q again"
}

func (r *recorder) OpenDatagrams(Transport) Datagrams {
	r.streams++
	return &datagramFollower{log: r}
}

func (r *recorder) Facts() *Facts { return &r.facts }

func (r *recorder) Settle(s Follower) {
	r.streams--
	c := r.facts.Opening
	c.Resets = slices.Clone(c.Resets)
	r.settled = append(r.settled, c)
	r.printf("settle")
	litter(reflect.ValueOf(&r.facts).Elem())
}

func (r *recorder) End(s Follower) {
	if s != nil {
		r.streams--
	}
	c := r.facts
	if c.Settled {
		c.Opening = Opening{First: c.Opening.First, Transport: c.Transport, ClientSide: c.ClientSide}
	}
	c.Resets = slices.Clone(c.Resets)
	r.ended = append(r.ended, c)
	r.printf("end %s", c.State)
	litter(reflect.ValueOf(&r.facts).Elem())
}

// litter sets every field of what a table has handed over to something, so that one that it forgets the next time shows.
func litter(v reflect.Value) {
	switch x := v.Addr().Interface().(type) {
	case *netip.AddrPort:
		*x = netip.MustParseAddrPort("192.0.2.99:99")
		return
	case *netip.Addr:
		*x = netip.MustParseAddr("192.0.2.99")
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			litter(v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			litter(v.Index(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
	case reflect.String:
		v.SetString("litter")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(99)
	default:
		v.SetUint(99)
	}
}

// follower is a Stream that is settled after a number of bytes.
type follower struct {
	log  *recorder
	seen int
}

func (f *follower) Bytes(c *Chunk) {
	f.seen += len(c.Data)
	f.log.printf("%s %d %q", f.log.name(c.Side), c.Offset, c.Data)
	f.log.bytes[c.Side^f.log.client].Write(c.Data)
	f.log.acked = append(f.log.acked, c.Acked())
}

func (f *follower) Gap(side Side, n uint64, why Incomplete, at Event) {
	f.seen += int(n)
	f.log.printf("%s gap %d %s", f.log.name(side), n, reasonsOf(why))
}

func (f *follower) Settled() bool { return f.seen >= f.log.settleAt }
func (f *follower) Client() Side  { return f.log.says }
func (f *follower) Waits() bool   { return f.log.waits }
func (f *follower) Passed() bool  { return f.log.passedAt > 0 && f.seen >= f.log.passedAt }
func (f *follower) Touch() uint64 { return 0 }

func reasonsOf(why Incomplete) string {
	var names []string
	for i, name := range []string{"snaplen", "gap", "mid", "one-sided", "limit", "evicted", "end"} {
		if why&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ";")
}

// wantTrace compares what the handler was told, but for the ends of connections.
func (w *wire) wantTrace(t *testing.T, want ...string) {
	t.Helper()
	got := slices.DeleteFunc(slices.Clone(w.log.lines), func(s string) bool { return strings.HasPrefix(s, "end ") })
	if !slices.Equal(got, want) {
		t.Errorf("trace:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}
