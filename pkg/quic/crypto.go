package quic

import (
	"golang.org/x/crypto/cryptobyte"

	"github.com/sniscope/sniscope/pkg/tlswire"
)

// frames takes the frames of an Initial packet, of which payload is what was
// captured.
func (c *Conn) frames(d *delivery, p *packet, payload []byte) {
	s := cryptobyte.String(payload)
	var acks, fresh, again, says bool
	for skipPadding(&s); !s.Empty(); skipPadding(&s) {
		var f frame
		err := f.read(&s)
		switch {
		case f.typ == frameACK || f.typ == frameACKECN:
			acks = acks || err == nil
		case f.usable && f.typ == frameCrypto:
			added, ok := c.crypto(d, p, &f, fresh)
			fresh = fresh || added
			again, says = again || ok && len(f.data) > 0, true
		case f.usable && p.whole():
			says = true
			e := c.prepare(d, KindClose, p.version, p.size())
			e.Close = f.close
			d.emit(e)
		}
		if err != nil {
			if p.whole() {
				c.reject(d, p, ReasonMalformed)
			}
			break
		}
	}
	e := c.prepare(d, KindInitial, p.version, p.size())
	e.Acks, e.Repeats, e.Bare = acks, again && !fresh, !says && p.whole()
	d.emit(e)
}

// crypto takes a CRYPTO frame and reports the messages that it completes. fresh
// says whether the packet brought new bytes before, added whether the frame does.
// ok is false where a bound kept some of it out.
func (c *Conn) crypto(d *delivery, p *packet, f *frame, fresh bool) (added, ok bool) {
	s := &c.sides[d.side]
	offset := min(f.offset, tlswire.MaxBuffered+1) // no less beyond, and fits every int
	added, ok = s.crypto.Put(int(offset), f.data)
	if !ok {
		c.reject(d, p, ReasonLimit)
	}
	if !added {
		return added, ok
	}
	if !fresh {
		s.packets++
	}
	for {
		typ, body, total, _ := s.crypto.Message(s.next)
		if total == 0 || len(s.crypto.Bytes()) < s.next+total {
			return added, ok
		}
		e := c.prepare(d, KindMessage, p.version, p.size())
		e.Packets = s.packets
		e.Message = tlswire.Event{
			Kind: tlswire.EventHandshake, Message: typ, Body: body, MessageLen: total,
			Offset: int64(s.next), End: int64(s.next + total),
		}
		s.next += total
		if s.packets = 1; s.next == len(s.crypto.Bytes()) {
			s.packets = 0
		}
		d.emit(e)
	}
}
