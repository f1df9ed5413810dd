package flow

import (
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// embryo is a connection of which only SYNs or only SYN-ACKs of one side were seen, or a SYN and its SYN-ACK:
// all that a SYN flood, a port scan or its backscatter ever becomes. It is half the size of a conn and needs no
// handshake. When anything else arrives it hatches: its packets are replayed into a conn.
type embryo struct {
	first  uint64 // ordinal of its first packet; 0 marks a free entry
	start  int64
	last   int64 // time of the opener's last packet
	name   name
	seq    uint32
	ack    uint32 // of a SYN-ACK; of a SYN, which has none, how many of count have another sequence number than the one before
	count  uint32 // packets of the opener
	answer uint32 // in Table.answers; 0 when there is none
	window uint16
	mss    uint16
	ipid   uint16
	encap  uint16
	ttl    uint8
	iface  uint8
	scale  uint8           // as in the segment: window scale and digits
	flags  decode.TCPFlags // without a FIN, whose place the opener takes, and RST and PSH, whose place the passage does
}

// passageShift is where the passage stands in the flags of an embryo.
const passageShift = 2

func (e *embryo) passage() Passage {
	return Passage(e.flags & (decode.RST | decode.PSH) >> passageShift)
}

func (e *embryo) setPassage(w Passage) {
	e.flags = e.flags&^(decode.RST|decode.PSH) | decode.TCPFlags(w)<<passageShift
}

// opener is who sent the first packet.
func (e *embryo) opener() Side { return Side(e.flags & decode.FIN) }

// of reports whether the embryo is that of a key. A free entry has a name that a key may have.
func (e *embryo) of(t *Table, k *key) bool { return e.first != 0 && t.names(&e.name, k) }

// answer is the SYN-ACK to an embryo's SYN.
type answer struct {
	first   uint64
	start   int64
	last    int64 // time of the last copy of it
	asked   int64 // time of the last SYN before it
	seq     uint32
	count   uint32
	window  uint16
	mss     uint16
	ipid    uint16
	ttl     uint8
	iface   uint8
	scale   uint8
	flags   decode.TCPFlags
	hop     uint8 // TTL of a copy on the same interface, 0 as long as none has another: see opening
	passage Passage
}

// opensEmbryo reports whether a segment is a plain SYN or SYN-ACK.
func opensEmbryo(p *packet) bool {
	return p.Flags&(decode.SYN|decode.FIN|decode.RST) == decode.SYN && p.Length == 0
}

// newEmbryo opens a connection with a plain SYN or SYN-ACK.
func (t *Table) newEmbryo(p *packet) ref {
	i, e := t.embryos.alloc()
	*e = embryo{
		name: t.nameOf(p.key), first: p.at.Frame, start: p.Time, last: p.Time,
		seq: p.Seq, ack: p.Ack, count: 1, window: p.Window, mss: p.MSS, ipid: p.IPID, encap: t.encapIndex(p.encap()),
		ttl: p.TTL, iface: p.Iface, scale: p.Scale, flags: p.Flags | decode.TCPFlags(p.side)*decode.FIN,
	}
	if !p.flag(decode.ACK) {
		e.ack = 0
	}
	e.setPassage(passageOf(p.Segment))
	return embryoRef(i)
}

// keepsEmbryo takes a segment that leaves the connection an embryo: a SYN again, or the SYN-ACK to it. It reports
// false for any other.
func (t *Table) keepsEmbryo(e *embryo, p *packet) bool {
	if !opensEmbryo(p) {
		return false
	}
	if p.side == e.opener() {
		return t.repeatsOpening(e, p)
	}
	if e.flags&decode.ACK != 0 || !p.flag(decode.ACK) || p.Ack != e.seq+1 {
		return false
	}
	if e.answer == 0 {
		i, a := t.answers.alloc()
		*a = answer{
			first: p.at.Frame, start: p.Time, last: p.Time, asked: e.last, seq: p.Seq, count: 1,
			window: p.Window, mss: p.MSS, ipid: p.IPID, ttl: p.TTL, iface: p.Iface, scale: p.Scale, flags: p.Flags, passage: passageOf(p.Segment),
		}
		e.answer = i
		return true
	}
	a := t.answers.at(e.answer)
	if a.seq != p.Seq {
		return false
	}
	asked := p.IPID == 0 && e.last > a.last
	if p.Iface != a.iface || !asked && copied(p, a.ipid, time.Duration(p.Time-a.last)) {
		t.counts[Duplicate]++
		a.passage = a.passage.with(p.Segment)
		if p.Iface == a.iface && p.TTL != a.ttl {
			a.hop = p.TTL
		}
		return true
	}
	a.count, a.last, a.ipid = a.count+1, max(a.last, p.Time), p.IPID
	return true
}

// repeatsOpening takes another SYN or SYN-ACK of the opener. A SYN with another ISN is the same attempt as long as
// nobody answered.
func (t *Table) repeatsOpening(e *embryo, p *packet) bool {
	same := p.Seq == e.seq
	switch {
	case (p.Flags^e.flags)&decode.ACK != 0 || p.flag(decode.ACK) && (p.Ack != e.ack || !same):
		return false
	case !same && e.answer != 0:
		return false
	case same && (p.Iface != e.iface || copied(p, e.ipid, time.Duration(p.Time-e.last))):
		t.counts[Duplicate]++
		e.setPassage(e.passage().with(p.Segment))
		return true
	case !same:
		e.ack++
	}
	e.seq, e.ipid, e.count, e.last = p.Seq, p.IPID, e.count+1, max(e.last, p.Time)
	return true
}

// again is how many packets of the opener say what the one before did (RFC 9293, Section 3.4: who chooses another sequence number
// begins anew).
func (e *embryo) again() uint32 {
	if e.flags&decode.ACK != 0 {
		return e.count - 1
	}
	return e.count - 1 - e.ack
}

// silent is how long the embryo has been.
func (t *Table) silent(e *embryo, now int64) time.Duration {
	last := e.last
	if e.answer != 0 {
		last = max(last, t.answers.at(e.answer).last)
	}
	return time.Duration(now - last)
}

// lapsed reports whether a packet of the given time comes too late to belong to the embryo.
func (t *Table) lapsed(e *embryo, now int64) bool {
	limit := halfOpenIdle
	if e.answer == 0 && e.flags&decode.ACK == 0 {
		limit = PatienceForSYN(time.Duration(e.last - e.start))
	}
	return t.silent(e, now) > limit
}

// PatienceForSYN is for how long behind the last SYN, sent so long after the first one, an answer to it still belongs to it. A SYN
// that nobody answers is sent again after pauses each of which is twice as long as the one before (RFC 6298, Section 5.5); in old BSD
// the second is 24 s, and the first 5.5 to 6 s. One that is five times as long as all before it will not end.
func PatienceForSYN(sent time.Duration) time.Duration {
	return min(halfOpenIdle, max(singleSYNIdle, 5*sent))
}

// hatch replays an embryo into a conn, which takes no place in the index yet, and frees the embryo.
func (t *Table) hatch(i uint32) (uint32, *conn) {
	entry := t.embryos.at(i)
	e := *entry
	n, c, h := t.newConn(e.name, Event{e.first, e.start}, e.opener(), e.encap, e.scale>>4)
	s := &t.replayed
	*s = decode.Segment{} // filled in field by field: a literal is made first and then copied
	s.Time, s.Seq, s.Window, s.IPID, s.MSS = e.start, e.seq, e.window, e.ipid, e.mss
	if e.flags&decode.ACK != 0 {
		s.Ack = e.ack
	}
	s.Iface, s.Scale, s.TTL, s.Flags = e.iface, e.scale, e.ttl, e.flags&^(decode.FIN|decode.RST|decode.PSH)
	t.replay(n, c, h, s, Event{e.first, e.start}, e.opener(), e.count, e.last)
	t.repeated(c, e.again())
	h.asked = e.last
	h.by(e.opener()).passage = e.passage()
	if e.answer != 0 {
		answered := t.answers.at(e.answer)
		a := *answered
		t.answers.release(e.answer, answered)
		h.asked = a.asked
		*s = decode.Segment{}
		s.Time, s.Seq, s.Ack, s.Window, s.IPID, s.MSS = a.start, a.seq, e.seq+1, a.window, a.ipid, a.mss
		s.Iface, s.Scale, s.TTL, s.Flags = a.iface, a.scale, a.ttl, a.flags
		t.replay(n, c, h, s, Event{a.first, a.start}, e.opener()^1, a.count, a.last)
		t.repeated(c, a.count-1)
		o := h.by(e.opener() ^ 1)
		if o.passage = a.passage; a.hop != 0 {
			o.hops = true
			o.habits.learn(a.hop)
		}
	}
	t.embryos.release(i, entry)
	return n, c
}

// replay gives a conn a packet that an embryo kept, and counts those that followed it.
func (t *Table) replay(i uint32, c *conn, h *handshake, s *decode.Segment, at Event, from Side, count uint32, last int64) {
	if s.Flags&decode.ACK == 0 || c.is(bitSYN) {
		c.plant(h, s, at, from)
	} else {
		p := packet{Segment: s, conn: i, at: at, side: from}
		t.tcp(c, &p)
	}
	sd := c.by(from)
	sd.packets, sd.last = count, micros(last)
	c.stamp(last)
	h.by(from).syns = count
}

// repeated counts what was sent again while a conn was an embryo.
func (t *Table) repeated(c *conn, again uint32) {
	if again > 0 {
		t.troubleOf(c).retransmits += uint64(again)
	}
}

// plant does at once what tcp does step by step with the first segment of a side, if that is a plain SYN, or the SYN-ACK
// to it.
func (c *conn) plant(h *handshake, s *decode.Segment, at Event, from Side) {
	sd, o := c.by(from), h.by(from)
	sd.base, sd.bits = seqnum(s.Seq)+1, sentSYN|based|knowsISN|unscaled
	if shift, ok := s.WindowScale(); ok {
		sd.scale = shift
		sd.bits |= scaled
	}
	sd.iface, sd.window, sd.mark, sd.ipid = s.Iface, s.Window, mark(s), s.IPID
	o.mss, o.habits.ttls[0], o.habits.numTTLs = s.MSS, s.TTL, 1
	if s.Flags&decode.ACK != 0 {
		sd.ack = seqnum(s.Ack)
		sd.bits |= acking
		h.synack = at
		return
	}
	c.initiator, h.syn = from, at
	c.bits |= bitSYN
	o.habits.ipid, o.habits.hasID = s.IPID, s.IPID != 0
}
