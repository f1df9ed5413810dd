package flow

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/reassembly"
)

// Pool holds what the tables of one worker share: the reassembly of segments that come out of order. It is not
// safe for concurrent use.
//
// The reassembly is gopacket's, which is used for nothing but to keep bytes by their place: it is given the
// payload of one side at a time as a stream of its own, beginning at seqStart, without FIN and RST, and only up
// to streamLimit, so that its sequence numbers never wrap around and nothing ever closes a stream but drop.
type Pool struct {
	seed      [3]uint64             // of the index: it decides where a connection is kept, never what is reported
	assembler *reassembly.Assembler // nil until a segment comes out of order
	live      int                   // streams that gopacket has not forgotten
	made      int                   // streams that the assembler has had
	nextID    uint64
	free      []*queue
	zeros     []byte
	scratch   []byte
	tcp       layers.TCP
	sink      func(skipped int, data []byte) // takes what comes in order; nil to discard it
}

// seqStart is the sequence number of the first byte of a stream in the reassembly.
const seqStart = 1000

// endpointStream is the type of the made-up addresses that tell streams apart.
const endpointStream gopacket.EndpointType = 1000

// NewPool returns a pool for the tables of one worker. It costs nothing before a segment comes out of order.
func NewPool() *Pool {
	return &Pool{seed: [3]uint64{rand.Uint64(), rand.Uint64(), rand.Uint64()}}
}

// NewTable returns an empty table that shares the pool and hands its connections to h. It costs nothing before the first segment.
func (p *Pool) NewTable(h Handler, limits Limits) *Table {
	t := &Table{handler: h, facts: h.Facts(), limits: limits, pool: p, seed: &p.seed, sweeper: newSweeper()}
	t.chunk.Acked = func() uint64 { return t.acked(t.delivering, t.chunk.Side) }
	return t
}

// flowOf is the made-up address pair of a stream.
func flowOf(id uint64) gopacket.Flow {
	var a, b [9]byte
	b[0] = 1
	binary.BigEndian.PutUint64(a[1:], id)
	binary.BigEndian.PutUint64(b[1:], id)
	return gopacket.NewFlow(endpointStream, a[:], b[:])
}

// open begins a stream at an offset.
func (p *Pool) open(h *handshake, side Side, base uint64) *queue {
	if p.live == 0 && p.made >= rebuildStreams {
		p.assembler = nil
	}
	if p.assembler == nil {
		p.assembler = reassembly.NewAssembler(reassembly.NewStreamPool(factory{p}))
		p.assembler.MaxBufferedPagesPerConnection = 2 * queuePages
		p.made = 0
		p.zeros = make([]byte, streamLimit)
		p.scratch = make([]byte, streamLimit)
	}
	q := new(queue)
	if n := len(p.free); n > 0 {
		q, p.free = p.free[n-1], p.free[:n-1]
	}
	p.nextID++
	p.made++
	*q = queue{id: p.nextID, base: base, next: base, hs: h, side: side, marks: q.marks[:0], voids: q.voids[:0]}
	p.tcp = layers.TCP{SYN: true, Seq: seqStart - 1}
	p.assemble(flowOf(q.id), nil)
	return q
}

// feed gives bytes to the stream; sink is called with what is then in order.
func (p *Pool) feed(q *queue, off uint64, data []byte, sink func(skipped int, data []byte)) {
	p.tcp = layers.TCP{Seq: seqStart + uint32(off-q.base)}
	p.tcp.Payload = data
	p.assemble(flowOf(q.id), sink)
}

// drop ends a stream. A FIN in each direction is what makes gopacket forget it; pages that still wait would
// leak, so they are covered with zeros first.
func (p *Pool) drop(q *queue) {
	if len(q.marks) > 0 {
		p.feed(q, q.next, p.zeros[:q.end()-q.next], nil)
	}
	p.tcp = layers.TCP{FIN: true, Seq: seqStart + uint32(q.next-q.base)}
	p.assemble(flowOf(q.id), nil)
	p.assemble(flowOf(q.id).Reverse(), nil)
	q.hs = nil
	p.free = append(p.free, q)
}

func (p *Pool) assemble(flow gopacket.Flow, sink func(int, []byte)) {
	p.sink = sink
	p.assembler.AssembleWithContext(flow, &p.tcp, noContext{})
	p.sink = nil
	p.tcp.Payload = nil
}

// noContext stands for the packet that gopacket would like to know more about.
type noContext struct{}

// GetCaptureInfo implements reassembly.AssemblerContext.
func (noContext) GetCaptureInfo() (ci gopacket.CaptureInfo) { return ci }

type factory struct{ p *Pool }

// New implements reassembly.StreamFactory.
func (f factory) New(_, _ gopacket.Flow, _ *layers.TCP, _ reassembly.AssemblerContext) reassembly.Stream {
	f.p.live++
	return stream(f)
}

// stream implements reassembly.Stream for all streams of a pool.
type stream struct{ p *Pool }

// Accept implements reassembly.Stream. The direction that only ever sees the closing FIN begins with it.
func (stream) Accept(_ *layers.TCP, _ gopacket.CaptureInfo, _ reassembly.TCPFlowDirection, _ reassembly.Sequence,
	start *bool, _ reassembly.AssemblerContext) bool {
	*start = true
	return true
}

// ReassembledSG implements reassembly.Stream.
func (s stream) ReassembledSG(sg reassembly.ScatterGather, _ reassembly.AssemblerContext) {
	n, _ := sg.Lengths()
	if n == 0 || s.p.sink == nil {
		return
	}
	_, _, _, skipped := sg.Info()
	s.p.sink(max(skipped, 0), sg.Fetch(n))
}

// ReassemblyComplete implements reassembly.Stream.
func (s stream) ReassemblyComplete(reassembly.AssemblerContext) bool {
	s.p.live--
	return true
}
