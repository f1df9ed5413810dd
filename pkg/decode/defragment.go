package decode

import (
	"cmp"
	"container/list"
	"slices"

	"github.com/sniscope/sniscope/pkg/capture"
)

// Defragmenter puts IP datagrams together from the fragments that a Decoder puts aside. Unlike a Decoder it
// has a memory, so one of them sees all batches of a capture, in order.
type Defragmenter struct {
	pending map[datagramKey]*datagram
	oldest  list.List // of *datagram
	bytes   int       // the sum of their sizes
	joined  uint64    // fragments that became part of a datagram which another one completed
	seen    uint64    // fragments, those within datagrams not among them
	decoder Decoder   // of what the datagrams carry
	packet  capture.Packet
}

// NewDefragmenter returns a Defragmenter that waits for nothing yet.
func NewDefragmenter() *Defragmenter {
	return &Defragmenter{pending: make(map[datagramKey]*datagram)}
}

// Skipped counts the fragments whose datagrams could not be put together, of those given up so far, and the
// datagrams that could and yet did not become a segment.
func (d *Defragmenter) Skipped() Counts { return d.decoder.skipped }

// Resolve takes the fragments out of a batch. Where one of them completes a datagram, the segment in it takes
// that fragment's place in the lists, and its bytes stand at the end of the arena, which b shares as it
// does after Decoder.Block.
func (d *Defragmenter) Resolve(b *capture.Block, out *Batch) {
	n := len(out.Fragments)
	for i := range n {
		d.seen++
		d.add(&out.Fragments[i], d.seen, out)
		for len(out.Fragments) > n { // fragments within the datagram
			f := out.Fragments[len(out.Fragments)-1]
			out.Fragments = out.Fragments[:len(out.Fragments)-1]
			d.add(&f, 0, out)
		}
	}
	if n == 0 {
		return
	}
	out.Fragments = out.Fragments[:0]
	byFrame := func(a, b Segment) int { return cmp.Compare(a.Frame, b.Frame) }
	for _, l := range out.Lists {
		if !slices.IsSortedFunc(l, byFrame) {
			slices.SortStableFunc(l, byFrame)
		}
	}
	b.Data = out.Arena[:len(b.Data)]
}

// Close gives up all datagrams that are not whole: the capture has ended.
func (d *Defragmenter) Close() {
	for d.oldest.Len() > 0 {
		d.giveUp(d.oldest.Front().Value.(*datagram))
	}
}

// add adds a fragment to its datagram, and decodes that if it is now whole. number is 0 for a fragment that came in a
// datagram put together.
func (d *Defragmenter) add(f *Fragment, number uint64, out *Batch) {
	for e := d.oldest.Front(); e != nil && f.time-e.Value.(*datagram).first > int64(maxFragmentAge); e = d.oldest.Front() {
		d.giveUp(e.Value.(*datagram))
	}
	g := d.datagram(f, out)
	g.packets++
	if g.dead {
		return
	}
	before := g.size()
	if !g.add(f, out.Arena[f.payload:f.payload+f.captured]) {
		g.dead, g.pieces, g.data = true, nil, nil
	}
	d.bytes += g.size() - before
	if !g.dead && g.whole() {
		d.forget(g)
		d.joined += g.packets - 1
		out.Joined = append(out.Joined, Joined{f.frame, g.numbers})
		d.decode(g, f, out)
		return
	}
	if number != 0 && len(g.numbers) < maxNumbers {
		g.numbers = append(g.numbers, number)
	}
	for d.bytes > maxFragmentBytes || len(d.pending) > maxDatagrams {
		d.giveUp(d.oldest.Front().Value.(*datagram))
	}
}

// datagram returns the one that a fragment belongs to.
func (d *Defragmenter) datagram(f *Fragment, out *Batch) *datagram {
	key := datagramKey{id: f.id, v6: f.v6, iface: f.iface}
	if f.v6 {
		copy(key.addr[:], out.Arena[f.addr:f.addr+32])
	} else {
		copy(key.addr[:], out.Arena[f.addr:f.addr+8])
		key.protocol = f.protocol
	}
	g := d.pending[key]
	if g == nil {
		g = &datagram{key: key, first: f.time, total: -1}
		g.place = d.oldest.PushBack(g)
		d.pending[key] = g
		d.bytes += g.size()
	}
	return g
}

func (d *Defragmenter) forget(g *datagram) {
	delete(d.pending, g.key)
	d.oldest.Remove(g.place)
	d.bytes -= g.size()
}

func (d *Defragmenter) giveUp(g *datagram) {
	d.forget(g)
	d.decoder.skipped[IPFragment] += g.packets
}

// decode decodes a whole datagram as if it had come in the packet of the given fragment.
func (d *Defragmenter) decode(g *datagram, f *Fragment, out *Batch) {
	d.packet = capture.Packet{Time: f.time, Digits: f.digits}
	w := &d.decoder.walk
	*w = walk{
		d: &d.decoder, out: out, p: &d.packet, frame: f.frame, iface: f.iface,
		pos: len(out.Arena), depth: int(f.depth), chain: append(w.chain[:0], out.Encaps[f.encap]...),
		ip: ipHeader{addr: int(f.addr), v6: f.v6, protocol: g.protocol, ttl: g.ttl},
	}
	if !f.v6 {
		w.ip.id = uint16(f.id)
	}
	out.reserve(g.total)
	out.Arena = g.appendTo(out.Arena)
	w.end, w.wire = len(out.Arena), w.pos+g.total
	w.run(defragmented)
}

// defragmented goes on behind the header that the fragments had in common.
func defragmented(w *walk) step {
	if w.ip.v6 && !w.extensions(false) {
		return nil
	}
	return w.network()
}
