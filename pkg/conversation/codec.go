package conversation

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
)

// ErrCorrupt says that encoded bytes are not what Append wrote.
var ErrCorrupt = errors.New("conversation: corrupt record")

// codec walks over the fields of a record, either writing or reading them, so that one description serves both
// ways. Numbers are varints, events are counted from the record's first packet.
type codec struct {
	b       []byte // what was written, or what is still to be read
	text    string // reading: all of it, which the strings that are read share
	reading bool
	failed  bool
	first   uint64
	start   int64
}

// reader returns a codec that reads b, of a record whose first packet has the given ordinal.
func reader(b []byte, first uint64) codec {
	return codec{b: b, text: string(b), reading: true, first: first}
}

type unsigned interface {
	~uint8 | ~uint16 | ~uint32 | ~uint64
}

func number[T unsigned](c *codec, v *T) {
	if !c.reading {
		if *v < 0x80 {
			c.b = append(c.b, byte(*v))
			return
		}
		c.b = binary.AppendUvarint(c.b, uint64(*v))
		return
	}
	if len(c.b) > 0 && c.b[0] < 0x80 {
		*v, c.b = T(c.b[0]), c.b[1:]
		return
	}
	x, n := binary.Uvarint(c.b)
	if n <= 0 {
		c.fail()
		return
	}
	*v, c.b = T(x), c.b[n:]
}

// fail makes everything that is read from here on zero.
func (c *codec) fail() { c.failed, c.b = true, nil }

func (c *codec) int(v *int) {
	u := uint64(*v)
	number(c, &u)
	*v = int(u)
}

// signed writes small numbers of either sign in few bytes.
func (c *codec) signed(v *int64) {
	u := uint64(*v)<<1 ^ uint64(*v>>63)
	number(c, &u)
	*v = int64(u>>1) ^ -int64(u&1)
}

// present codes whether a part of the record follows that most records lack.
func (c *codec) present(has bool) bool {
	c.bools(&has)
	return has
}

// bools packs up to eight of them into a byte.
func (c *codec) bools(v ...*bool) {
	var set uint8
	for i, b := range v {
		if *b {
			set |= 1 << i
		}
	}
	number(c, &set)
	for i, b := range v {
		*b = set&(1<<i) != 0
	}
}

func (c *codec) string(v *string) {
	n := uint64(len(*v))
	number(c, &n)
	switch {
	case !c.reading:
		c.b = append(c.b, *v...)
	case n > uint64(len(c.b)):
		c.fail()
	default:
		at := len(c.text) - len(c.b)
		*v, c.b = c.text[at:at+int(n)], c.b[n:]
	}
}

func (c *codec) list(v *[]string) {
	n := c.count(len(*v))
	if c.reading {
		*v = nil
		if n > 0 {
			*v = make([]string, n)
		}
	}
	for i := range *v {
		c.string(&(*v)[i])
	}
}

// count writes or reads the length of a list. Every element takes at least a byte, which bounds what is read.
func (c *codec) count(n int) int {
	c.int(&n)
	if c.reading && (n < 0 || n > len(c.b)) {
		c.fail()
		return 0
	}
	return n
}

// bytes codes an array of fixed length.
func (c *codec) bytes(v []byte) {
	switch {
	case !c.reading:
		c.b = append(c.b, v...)
	case len(c.b) < len(v):
		c.fail()
	default:
		c.b = c.b[copy(v, c.b):]
	}
}

// instant codes a time as its distance from the start.
func (c *codec) instant(v *int64) {
	d := *v - c.start
	c.signed(&d)
	*v = c.start + d
}

func (c *codec) event(e *flow.Event) {
	n := uint64(0)
	if e.Happened() {
		n = e.Frame - c.first + 1
	}
	number(c, &n)
	if n == 0 {
		*e = flow.Event{}
		return
	}
	e.Frame = c.first + n - 1
	c.instant(&e.Time)
}

func (c *codec) addr(a *netip.Addr) {
	raw := a.AsSlice()
	n := uint8(len(raw))
	number(c, &n)
	if !c.reading {
		c.b = append(c.b, raw...)
		return
	}
	if int(n) > len(c.b) {
		c.fail()
		return
	}
	*a, _ = netip.AddrFromSlice(c.b[:n])
	c.b = c.b[n:]
}

func (c *codec) addrPort(a *netip.AddrPort) {
	addr, port := a.Addr(), a.Port()
	c.addr(&addr)
	number(c, &port)
	*a = netip.AddrPortFrom(addr, port)
}

// date codes a time to the second; the zero time stays zero.
func (c *codec) date(t *time.Time) {
	set := !t.IsZero()
	c.bools(&set)
	if !set {
		*t = time.Time{}
		return
	}
	s := t.Unix()
	c.signed(&s)
	*t = time.Unix(s, 0).UTC()
}
