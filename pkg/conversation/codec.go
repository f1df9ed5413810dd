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

// codec walks over fields of a record, either writing or reading them, so that one description serves both
// ways. Numbers are varints, events are counted from the record's first packet. It is for what most records lack;
// what all have goes through words.go, which is several times as fast.
type codec struct {
	b       []byte   // what was written, or what is still to be read
	known   *Decoder // reading: what keeps the strings that are read
	reading bool
	failed  bool
	first   uint64
	start   int64
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
		*v, c.b = c.known.strings.get(c.b[:n]), c.b[n:]
	}
}

// list codes a list of strings. Lists are short, and many records share them.
func (c *codec) list(v *[]string) {
	if !c.reading {
		c.b = appendList(c.b, *v)
		return
	}
	n := c.count(0)
	all := c.b
	for range n {
		size, k := binary.Uvarint(c.b)
		if k <= 0 || size > uint64(len(c.b)-k) {
			c.fail()
			return
		}
		c.b = c.b[k+int(size):]
	}
	*v = c.known.lists.get(all[:len(all)-len(c.b)], n)
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
