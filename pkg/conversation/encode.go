package conversation

import (
	"encoding/binary"
	"net/netip"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// Decoder reads records. It keeps one copy of the strings that many of them share, so that reading allocates next
// to nothing. It is not safe for concurrent use; the zero value is ready for use.
type Decoder struct {
	strings interner
	lists   lister
}

// AppendOpening appends everything of a record but its ending, in compact binary form.
func (r *Record) AppendOpening(dst []byte) []byte {
	events := r.events()
	p := r.parts()
	if !narrow(events[:], r.First, r.Start) {
		p |= partWide
	}
	b := binary.LittleEndian.AppendUint64(dst, uint64(p))
	b = binary.LittleEndian.AppendUint64(b, uint64(r.Start))
	b = binary.LittleEndian.AppendUint64(b, r.first())
	for i := range r.Endpoints {
		b = appendAddr(b, r.Endpoints[i].Addr())
		b = binary.LittleEndian.AppendUint16(b, r.Endpoints[i].Port())
	}
	b = appendItem(b, r.Encapsulation)
	numbers := r.numbers()
	b = appendNumbers(b, numbers[:])
	b = appendEvents(b, events[:], r.First, r.Start, p&partWide != 0)
	if p&partHello != 0 {
		b = r.Hello.append(b)
	}
	if p&partAnswer != 0 {
		b = r.Server.append(b)
	}
	c := codec{b: b, first: r.First, start: r.Start}
	r.rest(&c, p)
	return c.b
}

// opening reads what AppendOpening wrote.
func (r *Record) opening(c *codec) {
	p := parts(c.word())
	r.Start = int64(c.word())
	c.start, r.First = r.Start, c.first
	r.setFirst(c.word())
	r.setParts(p)
	for i := range r.Endpoints {
		a := c.address()
		if port := c.take(2); port != nil {
			r.Endpoints[i] = netip.AddrPortFrom(a, binary.LittleEndian.Uint16(port))
		}
	}
	r.Encapsulation = c.text()
	var numbers [numbersOfAll]uint64
	c.numbers(numbers[:])
	r.setNumbers(&numbers)
	events := r.events()
	c.events(events[:], p&partWide != 0)
	if p&partHello != 0 {
		r.Hello.decode(c)
	}
	if p&partAnswer != 0 {
		r.Server.decode(c)
	}
	r.rest(c, p)
}

// AppendEnding appends the ending of a connection. Its times are coded on their own, since the opening may have
// been written long before.
func AppendEnding(dst []byte, e *flow.Ending) []byte {
	events := [...]*flow.Event{&e.Terminator.Event}
	wide := !narrow(events[:], e.Opened, e.End)
	b := binary.LittleEndian.AppendUint64(dst, uint64(e.End))
	t := &e.Terminator
	b = binary.LittleEndian.AppendUint64(b, uint64(t.By)|uint64(t.Kind)<<8|uint64(t.RST)<<16|uint64(e.State)<<24|
		uint64(e.Incomplete)<<32|bit(e.Settled)<<40|bit(wide)<<41)
	numbers := [...]uint64{e.Packets[0], e.Packets[1], e.Bytes[0], e.Bytes[1], e.Retransmits, e.Missed}
	b = appendNumbers(b, numbers[:])
	return appendEvents(b, events[:], e.Opened, e.End, wide)
}

// ending reads what AppendEnding wrote.
func ending(c *codec, e *flow.Ending) {
	e.Opened, e.End = c.first, int64(c.word())
	c.start = e.End
	w, t := c.word(), &e.Terminator
	t.By, t.Kind, t.RST = flow.Side(w), flow.CloseKind(w>>8), flow.RSTKind(w>>16)
	e.State, e.Incomplete = flow.ConnState(w>>24), flow.Incomplete(w>>32)
	e.Settled = w>>40&1 != 0
	var n [6]uint64
	c.numbers(n[:])
	e.Packets, e.Bytes = [2]uint64{n[0], n[1]}, [2]uint64{n[2], n[3]}
	e.Retransmits, e.Missed = n[4], n[5]
	events := [...]*flow.Event{&t.Event}
	c.events(events[:], w>>41&1 != 0)
}

// Decode reads the record whose first packet has the given ordinal: its opening, and its ending.
func (d *Decoder) Decode(r *Record, first uint64, open, end []byte) error {
	*r = Record{}
	c := codec{b: open, known: d, reading: true, first: first}
	r.opening(&c)
	if c.failed || len(c.b) > 0 {
		return ErrCorrupt
	}
	c.b = end
	ending(&c, &r.Ending)
	if c.failed || len(c.b) > 0 {
		return ErrCorrupt
	}
	return nil
}

// append appends a hello, its events excepted.
func (h *Hello) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(h.State)|uint64(h.SNI)<<8|uint64(h.Incomplete)<<16|
		uint64(h.MaxVersion)<<24|bit(h.OverMSS)<<40|bit(h.ECH)<<41|bit(h.ESNI)<<42|bit(h.SSLv2)<<43|
		bit(h.FallbackSCSV)<<44|bit(h.PreSharedKey)<<45|bit(h.EarlyData)<<46|bit(h.Retried)<<47)
	b = binary.LittleEndian.AppendUint64(b, h.SessionHash)
	b = append(append(b, h.Random[:]...), h.JA3[:]...)
	numbers := [...]uint64{uint64(h.Bytes), uint64(h.Segments), uint64(h.SNIOffset), h.EndOffset}
	b = appendNumbers(b, numbers[:])
	b = appendItem(appendItem(appendItem(b, h.Name), h.SNIProblem), h.JA4)
	return appendList(b, h.ALPN)
}

// decode reads what append wrote.
func (h *Hello) decode(c *codec) {
	w := c.word()
	h.State, h.SNI, h.Incomplete = HelloState(w), tlswire.SNIState(w>>8), flow.Incomplete(w>>16)
	h.MaxVersion = uint16(w >> 24)
	h.OverMSS, h.ECH, h.ESNI, h.SSLv2 = w>>40&1 != 0, w>>41&1 != 0, w>>42&1 != 0, w>>43&1 != 0
	h.FallbackSCSV, h.PreSharedKey, h.EarlyData, h.Retried = w>>44&1 != 0, w>>45&1 != 0, w>>46&1 != 0, w>>47&1 != 0
	h.SessionHash = c.word()
	if b := c.take(len(h.Random) + len(h.JA3)); b != nil {
		copy(h.JA3[:], b[copy(h.Random[:], b):])
	}
	var n [4]uint64
	c.numbers(n[:])
	h.Bytes, h.Segments, h.SNIOffset, h.EndOffset = int(n[0]), int(n[1]), int(n[2]), n[3]
	h.Name, h.SNIProblem, h.JA4 = c.text(), c.text(), c.text()
	c.list(&h.ALPN)
}

// append appends an answer, its events excepted.
func (a *Answer) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(a.Version)|uint64(a.Cipher)<<16|
		bit(a.Resumed)<<32|bit(a.CertRequested)<<33|bit(a.CertNamesFromCN)<<34|bit(a.CertMatches)<<35|bit(a.ErrorRecord)<<36)
	b = binary.AppendUvarint(b, uint64(a.RecordsAfterDone))
	return appendItem(b, a.ALPN)
}

// decode reads what append wrote.
func (a *Answer) decode(c *codec) {
	w := c.word()
	a.Version, a.Cipher = uint16(w), uint16(w>>16)
	a.Resumed, a.CertRequested, a.CertNamesFromCN = w>>32&1 != 0, w>>33&1 != 0, w>>34&1 != 0
	a.CertMatches, a.ErrorRecord = w>>35&1 != 0, w>>36&1 != 0
	c.int(&a.RecordsAfterDone)
	a.ALPN = c.text()
}
