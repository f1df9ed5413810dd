package decode

import "encoding/binary"

// TCP option kinds (RFC 9293, Section 3.1; RFC 7323, Section 2.2).
const (
	optEnd    = 0
	optNop    = 1
	optMSS    = 2
	optWScale = 3
)

// setOptions reads what is needed of the TCP options: of a SYN its MSS and window scale, each where it
// first stands. Options behind a malformed one are not read.
func (s *Segment) setOptions(o []byte, digits uint8) {
	shift, scaled := uint8(0), false
	if len(o) > 0 {
		s.Bits |= BitOptions
		if s.Flags&SYN != 0 {
			s.MSS, shift, scaled = synOptions(o)
		}
	}
	s.SetScale(shift, scaled, digits)
}

func synOptions(o []byte) (mss uint16, shift uint8, scaled bool) {
	for len(o) > 0 {
		if o[0] == optEnd {
			return
		}
		if o[0] == optNop {
			o = o[1:]
			continue
		}
		if len(o) < 2 || o[1] < 2 || int(o[1]) > len(o) {
			return
		}
		switch value := o[2:o[1]]; {
		case o[0] == optMSS && len(value) == 2 && mss == 0:
			mss = uint16(value[0])<<8 | uint16(value[1])
		case o[0] == optWScale && len(value) == 1 && !scaled:
			shift, scaled = value[0], true
		}
		o = o[o[1]:]
	}
	return
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
	s.setOptions(h[min(20, len(h)):min(head, len(h))], w.p.Digits)
	s.SetEndpoints(w.out.Arena, uint32(w.ip.addr), w.ip.v6, binary.BigEndian.Uint16(h), binary.BigEndian.Uint16(h[2:]))
	return w.emit(&s, head)
}
