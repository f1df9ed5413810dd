package conversation

import (
	"encoding/binary"
	"math/bits"
	"net/netip"

	"github.com/sniscope/sniscope/pkg/flow"
)

// What every record has is coded without a call for each field, since it is done for millions of connections.
// Events take eight bytes, equal ones that follow each other only once, flags a bit, and numbers are varints.

// An event is coded as the distance of its ordinal from the first packet's, 24 bits, above that of its time from
// the start, 40 bits with a sign: nine minutes. A record with an event beyond that is wide: 64 bits each.
const (
	timeBits  = 40
	frameBits = 64 - timeBits
)

// narrow reports whether all events fit into a word each.
func narrow(events []*flow.Event, first uint64, start int64) bool {
	var over uint64
	for _, e := range events {
		if e.Happened() {
			t := e.Time - start
			over |= (e.Frame-first)>>frameBits | uint64(t<<frameBits>>frameBits^t)
		}
	}
	return over == 0
}

// appendEvents appends which events there are, which of them equal the one before, and the others.
func appendEvents(b []byte, events []*flow.Event, first uint64, start int64, wide bool) []byte {
	var has, same uint32
	var last flow.Event
	at := len(b)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	for i, e := range events {
		if !e.Happened() {
			continue
		}
		has |= 1 << i
		if *e == last {
			same |= 1 << i
			continue
		}
		last = *e
		frame, t := e.Frame-first, uint64(e.Time-start)
		if wide {
			b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, frame), t)
			continue
		}
		b = binary.LittleEndian.AppendUint64(b, frame<<timeBits|t&(1<<timeBits-1))
	}
	binary.LittleEndian.PutUint32(b[at:], has)
	binary.LittleEndian.PutUint32(b[at+4:], same)
	return b
}

// events reads what appendEvents wrote. Those that did not happen are left as they are.
func (c *codec) events(events []*flow.Event, wide bool) {
	w := c.word()
	has, same := uint32(w), uint32(w>>32)
	size := 8
	if wide {
		size = 16
	}
	b := c.b
	if n := bits.OnesCount32(has&^same) * size; n > len(b) || bits.Len32(has) > len(events) {
		c.fail()
		return
	}
	var last flow.Event
	for ; has != 0; has &= has - 1 {
		i := bits.TrailingZeros32(has)
		if same>>i&1 == 0 {
			v := binary.LittleEndian.Uint64(b)
			last = flow.Event{Frame: c.first + v>>timeBits, Time: c.start + int64(v<<frameBits)>>frameBits}
			if wide {
				last = flow.Event{Frame: c.first + v, Time: c.start + int64(binary.LittleEndian.Uint64(b[8:]))}
			}
			b = b[size:]
		}
		*events[i] = last
	}
	c.b = b
}

// appendNumbers appends small numbers.
func appendNumbers(b []byte, numbers []uint64) []byte {
	for _, v := range numbers {
		for v >= 0x80 {
			b = append(b, byte(v)|0x80)
			v >>= 7
		}
		b = append(b, byte(v))
	}
	return b
}

// numbers reads what appendNumbers wrote.
func (c *codec) numbers(numbers []uint64) {
	b := c.b
	for i := range numbers {
		if len(b) > 0 && b[0] < 0x80 {
			numbers[i], b = uint64(b[0]), b[1:]
			continue
		}
		if len(b) > 1 && b[1] < 0x80 {
			numbers[i], b = uint64(b[0]&0x7f)|uint64(b[1])<<7, b[2:]
			continue
		}
		v, n := binary.Uvarint(b)
		if n <= 0 {
			c.fail()
			return
		}
		numbers[i], b = v, b[n:]
	}
	c.b = b
}

// word reads eight bytes.
func (c *codec) word() uint64 {
	if len(c.b) < 8 {
		c.fail()
		return 0
	}
	v := binary.LittleEndian.Uint64(c.b)
	c.b = c.b[8:]
	return v
}

// take reads n bytes; nil where there are not so many.
func (c *codec) take(n int) []byte {
	if len(c.b) < n {
		c.fail()
		return nil
	}
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

// text reads a string that appendItem wrote.
func (c *codec) text() string {
	if b := c.b; len(b) > 0 && b[0] < 0x80 && int(b[0]) < len(b) {
		n := 1 + int(b[0])
		c.b = b[n:]
		return c.known.strings.get(b[1:n])
	}
	var s string
	c.string(&s)
	return s
}

// bit is 1 for true.
func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// appendAddr appends the bytes of an address behind their number.
func appendAddr(b []byte, a netip.Addr) []byte {
	switch {
	case a.Is4():
		v := a.As4()
		return append(append(b, 4), v[:]...)
	case a.IsValid():
		v := a.As16()
		return append(append(b, 16), v[:]...)
	}
	return append(b, 0)
}

func (c *codec) address() netip.Addr {
	n := c.take(1)
	if n == nil {
		return netip.Addr{}
	}
	a, _ := netip.AddrFromSlice(c.take(int(n[0])))
	return a
}

// appendList appends a list of strings as codec.list does.
func appendList(b []byte, items []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(items)))
	for _, s := range items {
		b = appendItem(b, s)
	}
	return b
}
