package decode

import "encoding/binary"

// TCP option kinds (RFC 9293, Section 3.1; RFC 7323, Section 2.2).
const (
	optEnd    = 0
	optNop    = 1
	optMSS    = 2
	optWScale = 3
)

// setOptions reads what is needed of the n bytes of TCP options of a SYN at that offset of the arena: its MSS and window
// scale, each where it first stands. Options behind a malformed one are not read.
func (s *Segment) setOptions(arena []byte, at uint32, n int) {
	for o := arena[at : at+uint32(n) : at+uint32(n)]; len(o) >= 2; {
		kind, size := o[0], int(o[1])
		if kind == optNop {
			o = o[1:]
			continue
		}
		if kind == optEnd || size < 2 || size > len(o) {
			break
		}
		if kind == optMSS && size == 4 && s.MSS == 0 {
			s.MSS = binary.BigEndian.Uint16(o[2:])
		} else if kind == optWScale && size == 3 && s.Scale&0x0f == noScale {
			s.SetScale(o[2], true, s.Digits())
		}
		o = o[size:]
	}
}

// tcpMinimum is how much of a TCP header must have been captured for a segment: up to its flags.
const tcpMinimum = 14

func tcp(w *walk) step {
	h := w.peek(tcpMinimum)
	if h == nil {
		return nil
	}
	h = w.rest()
	head := int(h[12]>>4) * 4
	if head < 20 || head > w.wire-w.pos {
		return w.skip(Malformed)
	}
	s := w.segment()
	s.Seq, s.Ack = binary.BigEndian.Uint32(h[4:]), binary.BigEndian.Uint32(h[8:])
	s.Flags = TCPFlags(h[13])
	if len(h) >= 16 {
		s.Window = binary.BigEndian.Uint16(h[14:])
	}
	if head > 20 {
		s.Bits |= BitOptions
	}
	s.SetScale(0, false, w.p.Digits)
	if n := min(head, len(h)) - 20; n > 0 && s.Flags&SYN != 0 {
		s.setOptions(w.out.Arena, uint32(w.pos+20), n)
	}
	s.SetEndpoints(w.out.Arena, uint32(w.ip.addr), w.ip.v6, binary.BigEndian.Uint16(h), binary.BigEndian.Uint16(h[2:]))
	return w.emit(&s, head)
}
