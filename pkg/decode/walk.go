package decode

import (
	"github.com/sniscope/sniscope/pkg/capture"
)

// step reads one header and returns the step for what follows it, nil when the packet has become a segment,
// a fragment put aside, or a skipped packet. To decode one more layer is to write one more step
// and to name it where the layer below says what follows.
type step func(*walk) step

// walk is one packet on its way down the general path: a cursor over the bytes that are left of it.
type walk struct {
	d     *Decoder
	out   *Batch
	p     *capture.Packet
	frame uint32
	pos   int // arena offset of the next header
	end   int // where the captured bytes end
	wire  int // where the bytes on the wire end: beyond end if the capture cut the packet
	iface uint8
	way   Bits     // BitIncoming, BitOutgoing, or neither
	ip    ipHeader // the innermost so far
	chain []byte   // the outer layers so far, as in Batch.Encaps
	depth int      // how many they are
	quote bool     // inside the packet that an ICMP error quotes
	done  bool
}

// general decodes one packet, whatever its shape.
func (d *Decoder) general(p *capture.Packet, frame uint32, out *Batch) {
	w := &d.walk
	*w = walk{d: d, out: out, p: p, frame: frame, chain: w.chain[:0]}
	w.pos, w.end = int(p.Offset), int(p.Offset)+int(p.CapLen)
	w.wire = w.pos + int(max(p.CapLen, p.Len))
	w.iface = interfaceTag(p.Iface, 0)
	if w.end > len(out.Arena) {
		w.skip(Malformed)
		return
	}
	w.run(linkLayer)
}

// run takes steps until there is none. A layer that panics leaves a packet that cannot be decoded.
func (w *walk) run(next step) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // runtime/debug.SetPanicOnFault: the bytes are gone, for which the packet is not to blame
			panic(e)
		default:
			if !w.done {
				w.skip(Malformed)
			}
		}
	}()
	for next != nil {
		next = next(w)
	}
}

// skip ends the walk without a segment. An ICMP error is none the worse for a quote that makes no sense.
func (w *walk) skip(r Reason) step {
	if w.quote && r == Malformed {
		r = ICMP
	}
	w.d.skipped[r]++
	w.done = true
	return nil
}

// emit ends the walk with a segment whose payload stands behind a header of that many bytes, of which the
// capture may lack some.
func (w *walk) emit(s *Segment, head int) step {
	payload := min(w.pos+head, w.end)
	s.Payload, s.Captured = uint32(payload), uint32(w.end-payload)
	s.Length = uint32(w.wire - w.pos - head)
	w.out.Add(*s)
	w.done = true
	return nil
}

// peek returns the next n bytes. Where they are not there it ends the walk and returns nil.
func (w *walk) peek(n int) []byte {
	switch {
	case n <= w.end-w.pos:
		return w.out.Arena[w.pos : w.pos+n : w.pos+n]
	case n <= w.wire-w.pos:
		w.skip(Truncated)
	default:
		w.skip(Malformed)
	}
	return nil
}

// take is peek, and moves on behind them.
func (w *walk) take(n int) []byte {
	h := w.peek(n)
	if h != nil {
		w.pos += n
	}
	return h
}

// rest returns all captured bytes that are left.
func (w *walk) rest() []byte { return w.out.Arena[w.pos:w.end:w.end] }

// limit says that the layer being read ends n bytes from here on the wire.
func (w *walk) limit(n int) {
	w.wire = w.pos + n
	w.end = min(w.end, w.wire)
}

// enter notes an outer layer. It reports false, and ends the walk, when there are too many.
func (w *walk) enter(layer string) bool {
	if w.depth == maxEncap {
		w.skip(TooDeep)
		return false
	}
	w.depth++
	if len(w.chain) > 0 {
		w.chain = append(w.chain, ';')
	}
	w.chain = append(w.chain, layer...)
	return true
}

// segment starts a segment with what the packet, its outer layers and the IP header say.
func (w *walk) segment() Segment {
	s := Segment{Time: w.p.Time, Frame: w.frame, Iface: w.iface, Bits: w.way, IPID: w.ip.id, TTL: w.ip.ttl}
	if len(w.chain) > 0 {
		s.Encap = w.out.encap(w.chain)
	}
	return s
}
