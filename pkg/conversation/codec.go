package conversation

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
)

// errCorrupt says that encoded bytes are not what AppendOpening and AppendEnding wrote.
var errCorrupt = errors.New("conversation: corrupt record")

// codec walks over fields of a record, either writing or reading them, so that one description serves both
// ways. Numbers are varints. It is for the wide form and for what most records lack.
type codec struct {
	b       []byte   // what was written, or what is read
	at      int      // reading: where in b
	known   *Decoder // reading: what keeps the strings that are read
	reading bool
	failed  bool
	start   int64 // what times are counted from
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
	b := c.left()
	if len(b) > 0 && b[0] < 0x80 {
		*v = T(b[0])
		c.at++
		return
	}
	x, n := binary.Uvarint(b)
	if n <= 0 {
		c.fail()
		return
	}
	*v = T(x)
	c.at += n
}

// left is what is still to be read.
func (c *codec) left() []byte { return c.b[c.at:] }

// fail makes everything that is read from here on zero.
func (c *codec) fail() { c.failed, c.b, c.at = true, nil, 0 }

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
	case n > uint64(len(c.left())):
		c.fail()
	default:
		*v = c.known.texts.Text(c.take(int(n)), pieceSize)
	}
}

// list codes a list of strings. Lists are short, and many records share them.
func (c *codec) list(v *[]string) {
	if !c.reading {
		n := uint64(len(*v))
		number(c, &n)
		for _, s := range *v {
			c.b = appendItem(c.b, s)
		}
		return
	}
	n := c.count(0)
	from := c.at
	for range n {
		size, k := binary.Uvarint(c.left())
		if k <= 0 || size > uint64(len(c.left())-k) {
			c.fail()
			return
		}
		c.at += k + int(size)
	}
	*v = c.known.lists.get(c.b[from:c.at], n)
}

// count writes or reads the length of a list. Every element takes at least a byte, which bounds what is read.
func (c *codec) count(n int) int {
	c.int(&n)
	if c.reading && (n < 0 || n > len(c.left())) {
		c.fail()
		return 0
	}
	return n
}

// instant codes a time as its distance from the start.
func (c *codec) instant(v *int64) {
	d := *v - c.start
	c.signed(&d)
	*v = c.start + d
}

// event codes an event; one that did not happen takes a byte.
func (c *codec) event(e *flow.Event) {
	number(c, &e.Frame)
	if e.Happened() {
		c.instant(&e.Time)
	}
}

// bytes codes as many bytes as v has.
func (c *codec) bytes(v []byte) {
	if !c.reading {
		c.b = append(c.b, v...)
		return
	}
	copy(v, c.take(len(v)))
}

// take reads n bytes; nil where there are not so many.
func (c *codec) take(n int) []byte {
	from := c.at
	if len(c.b)-from < n {
		c.fail()
		return nil
	}
	c.at = from + n
	return c.b[from:c.at]
}

// word reads eight bytes.
func (c *codec) word() uint64 {
	if b := c.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (c *codec) endpoint(e *netip.AddrPort) {
	a, port := e.Addr(), e.Port()
	c.addr(&a)
	number(c, &port)
	*e = netip.AddrPortFrom(a, port)
}

func (c *codec) addr(a *netip.Addr) {
	raw := a.AsSlice()
	n := uint8(len(raw))
	number(c, &n)
	if !c.reading {
		c.b = append(c.b, raw...)
		return
	}
	*a, _ = netip.AddrFromSlice(c.take(int(n)))
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
