package conversation

import (
	"encoding/binary"
	"net/netip"

	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/flow"
)

// What the parts of the narrow form take. An opening begins with the first word, the start, two words for each side,
// one with the initial sequence numbers of both, and the word that says which events there are.
const (
	headLen = atInitialSeq + 8 + 8
	sideLen = 16

	atInitialSeq = 8 + 8 + 2*sideLen

	resetLen   = 24
	endpoints4 = 2 * (4 + 2)
	endpoints6 = 2 * (16 + 2)
	// maxNarrow is what all of them take that are not coded field by field.
	maxNarrow = headLen + endpoints6 + eventsRoom + helloLen + ja4Len + 1<<nameBits + answerLen + 1<<resetBits*resetLen
)

// appendNarrow appends an opening in the narrow form; ok is false if it does not fit into it.
func (r *Record) appendNarrow(dst []byte) (b []byte, ok bool) {
	dst, room := reserve(dst, maxNarrow)
	head := (*[headLen]byte)(room)
	p, over := r.parts()
	texts, odd := r.textCodes()
	if odd {
		p |= partTexts
	}
	for i := range r.Sides {
		over |= r.putSide(flow.Side(i), (*[sideLen]byte)(head[16+i*sideLen:]))
	}
	n, v6, ok := r.putEndpoints(room[headLen:])
	if v6 {
		p |= partIPv6
	}
	n += headLen
	binary.LittleEndian.PutUint64(head[0:], uint64(p))
	binary.LittleEndian.PutUint64(head[8:], uint64(r.Start))
	binary.LittleEndian.PutUint64(head[atInitialSeq:], uint64(r.Sides[0].InitialSeq)|uint64(r.Sides[1].InitialSeq)<<32)
	which, size, far := r.putEvents((*[eventsRoom]byte)(room[n:]))
	binary.LittleEndian.PutUint64(head[headLen-8:], which|texts<<atTexts)
	if n, over = n+size, over|far; p&partHello != 0 {
		size, far := r.Hello.put(room[n:])
		n, over = n+size, over|far
	}
	if p&partAnswer != 0 {
		over |= r.Server.put((*[answerLen]byte)(room[n:]))
		n += answerLen
	}
	if !ok || over != 0 {
		return nil, false
	}
	for i := range r.Resets {
		over |= r.putReset(&r.Resets[i], (*[resetLen]byte)(room[n:]))
		n += resetLen
	}
	dst = dst[:len(dst)+n]
	if p&partsRare != 0 {
		c := codec{b: dst, start: r.Start}
		r.rare(&c, p)
		dst = c.b
	}
	return dst, over == 0
}

// narrow reads what appendNarrow wrote.
func (r *Record) narrow(c *codec) {
	b := c.take(headLen)
	if b == nil {
		return
	}
	head := (*[headLen]byte)(b)
	p, which := parts(binary.LittleEndian.Uint64(head[0:])), binary.LittleEndian.Uint64(head[headLen-8:])
	r.Start = int64(binary.LittleEndian.Uint64(head[8:]))
	c.start = r.Start
	r.setParts(p)
	for i := range r.Sides {
		r.setSide(flow.Side(i), (*[sideLen]byte)(head[16+i*sideLen:]))
	}
	isns := binary.LittleEndian.Uint64(head[atInitialSeq:])
	r.Sides[0].InitialSeq, r.Sides[1].InitialSeq = uint32(isns), uint32(isns>>32)
	r.setEndpoints(c, p&partIPv6 != 0)
	r.setEvents(c, which)
	r.setTexts(which >> atTexts)
	if p&partHello != 0 {
		r.Hello.set(c)
	}
	if p&partAnswer != 0 {
		r.Server.set(c)
	}
	r.setResets(c, int(p>>atResets&(1<<resetBits-1)))
	if p&partsRare != 0 {
		r.rare(c, p)
	}
}

// putSide writes the numbers of a side.
func (r *Record) putSide(side flow.Side, b *[sideLen]byte) (over uint64) {
	s := &r.Sides[side]
	appData, cut, tls := uint64(r.AppData[side]), uint64(r.LastRecordCut[side]), r.TLSBytes[side]
	binary.LittleEndian.PutUint64(b[0:], s.Sent|s.Acked<<24|uint64(s.MSS)<<48)
	binary.LittleEndian.PutUint64(b[8:], tls|s.Unseen<<24|cut<<40|uint64(s.SYNs)<<56|appData<<60)
	return (s.Sent|s.Acked|tls)>>24 | (s.Unseen|cut)>>16 | (uint64(s.SYNs)|appData)>>4
}

// setSide reads what putSide wrote.
func (r *Record) setSide(side flow.Side, b *[sideLen]byte) {
	s, v, w := &r.Sides[side], binary.LittleEndian.Uint64(b[0:]), binary.LittleEndian.Uint64(b[8:])
	s.Sent, s.Acked, s.MSS = v&(1<<24-1), v>>24&(1<<24-1), uint16(v>>48)
	r.TLSBytes[side], s.Unseen, r.LastRecordCut[side] = w&(1<<24-1), w>>24&0xffff, int(w>>40&0xffff)
	s.SYNs, r.AppData[side] = uint32(w>>56&15), int(w>>60)
}

// putEndpoints writes both addresses and ports; ok is false if the addresses are not of one family.
func (r *Record) putEndpoints(b []byte) (n int, v6, ok bool) {
	c, s := &r.Endpoints[0], &r.Endpoints[1]
	ports := uint32(c.Port()) | uint32(s.Port())<<16
	if x, y := c.Addr(), s.Addr(); x.Is4() && y.Is4() {
		b := (*[endpoints4]byte)(b)
		binary.LittleEndian.PutUint32(b[0:], ports)
		*(*[4]byte)(b[4:]), *(*[4]byte)(b[8:]) = x.As4(), y.As4()
		return endpoints4, false, true
	} else if x.Is6() && y.Is6() {
		b := (*[endpoints6]byte)(b)
		binary.LittleEndian.PutUint32(b[0:], ports)
		*(*[16]byte)(b[4:]), *(*[16]byte)(b[20:]) = x.As16(), y.As16()
		return endpoints6, true, true
	}
	return 0, false, false
}

// setEndpoints reads what putEndpoints wrote.
func (r *Record) setEndpoints(c *codec, v6 bool) {
	n := endpoints4
	if v6 {
		n = endpoints6
	}
	b := c.take(n)
	if b == nil {
		return
	}
	var x, y netip.Addr
	if v6 {
		x, y = netip.AddrFrom16([16]byte(b[4:20])), netip.AddrFrom16([16]byte(b[20:36]))
	} else {
		x, y = netip.AddrFrom4([4]byte(b[4:8])), netip.AddrFrom4([4]byte(b[8:12]))
	}
	ports := binary.LittleEndian.Uint32(b)
	r.Endpoints[0], r.Endpoints[1] = netip.AddrPortFrom(x, uint16(ports)), netip.AddrPortFrom(y, uint16(ports>>16))
}

// resetBits is how many bits the number of Resets takes.
const resetBits = 4

// putReset writes a RST.
func (r *Record) putReset(x *flow.Reset, b *[resetLen]byte) (over uint64) {
	w, over := narrowEvent(x.Event, r.First, r.Start-midTime)
	binary.LittleEndian.PutUint64(b[0:], w)
	binary.LittleEndian.PutUint64(b[8:], uint64(x.Seq)|uint64(x.Ack)<<32)
	binary.LittleEndian.PutUint64(b[16:], uint64(x.Window)|uint64(x.IPID)<<16|uint64(x.TTL)<<32|uint64(x.Flags)<<40|uint64(x.Signs)<<48|
		uint64(x.By)<<56|uint64(x.Kind)<<58|bit(x.Options)<<60|bit(x.InWindow)<<61|bit(x.Accepted)<<62|bit(x.Happened())<<63)
	return over | uint64(uint8(x.By)|uint8(x.Kind))>>2
}

// setResets reads what putReset wrote of each of n.
func (r *Record) setResets(c *codec, n int) {
	b := c.take(n * resetLen)
	if b == nil || n == 0 {
		return
	}
	r.Resets = resize(r.Resets, n)
	for i := range r.Resets {
		r.setReset(&r.Resets[i], (*[resetLen]byte)(b[i*resetLen:]))
	}
}

func (r *Record) setReset(x *flow.Reset, b *[resetLen]byte) {
	*x = flow.Reset{}
	v, w := binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:])
	if w>>63 != 0 {
		x.Event = eventOf(binary.LittleEndian.Uint64(b[0:]), r.First, r.Start-midTime)
	}
	x.Seq, x.Ack = uint32(v), uint32(v>>32)
	x.Window, x.IPID, x.TTL = uint16(w), uint16(w>>16), uint8(w>>32)
	x.Flags, x.Signs = decode.TCPFlags(w>>40), flow.Signs(w>>48)
	x.By, x.Kind = flow.Side(w>>56&3), flow.RSTKind(w>>58&3)
	x.Options, x.InWindow, x.Accepted = w>>60&1 != 0, w>>61&1 != 0, w>>62&1 != 0
}

// resize returns n RSTs in the memory of those given, if it has room for them.
func resize(resets []flow.Reset, n int) []flow.Reset {
	if n <= cap(resets) {
		return resets[:n]
	}
	return make([]flow.Reset, n)
}
