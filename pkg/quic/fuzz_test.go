package quic

import (
	"testing"

	"github.com/sniscope/sniscope/pkg/tlswire"
)

// checkEvent fails where an event claims what cannot be.
func checkEvent(t *testing.T, e *Event, d []byte, wireLen int) {
	t.Helper()
	switch {
	case e.Kind < KindMessage || e.Kind > KindUnread || e.Side > 1:
		t.Fatalf("%+v", e)
	case e.Length < 0 || e.Length > max(wireLen, len(d)):
		t.Fatalf("packet of %d bytes in a datagram of %d", e.Length, wireLen)
	case (e.Kind == KindUnread) != (e.Reason != 0) || e.Reason > ReasonLimit:
		t.Fatal(word(e))
	case e.Reason == ReasonTruncated && wireLen <= len(d):
		t.Fatal("truncated where nothing is missing")
	case e.Kind == KindVersionNegotiation && len(e.Versions) > maxVersions:
		t.Fatalf("%d versions", len(e.Versions))
	}
	m := &e.Message
	if e.Kind == KindMessage && (len(m.Body)+4 != m.MessageLen || m.End > tlswire.MaxBuffered || m.End-m.Offset != int64(m.MessageLen) || e.Packets == 0) {
		t.Fatalf("%d of %d bytes at %d-%d in %d packets", len(m.Body), m.MessageLen, m.Offset, m.End, e.Packets)
	}
}

// checkConn fails where what is pending cannot be.
func checkConn(t *testing.T, c *Conn) {
	t.Helper()
	for side := range c.sides {
		s := &c.sides[side]
		if len(s.crypto.Bytes()) > tlswire.MaxBuffered {
			t.Fatalf("%d bytes held", len(s.crypto.Bytes()))
		}
		_, have, total, ok := c.Pending(Side(side))
		if !ok {
			continue
		}
		if total > 0 && len(have)+4 >= total {
			t.Fatalf("%d of %d bytes pending", len(have), total)
		}
		var h tlswire.ClientHello
		if h.UnmarshalPartial(have); h.SNI == tlswire.SNIMissing {
			t.Fatal("missing in part of a hello")
		}
	}
}

// FuzzDatagrams feeds three datagrams, of which the second may be cut by the
// capture. bits say who sent them.
func FuzzDatagrams(f *testing.F) {
	for _, name := range recordings(f) {
		d := recording(f, name)
		for i := 0; i+2 < min(len(d), 8); i++ {
			f.Add(d[i].data, d[i+1].data, d[i+2].data, uint8(d[i].side|d[i+1].side<<1|d[i+2].side<<2), uint16(i%2))
		}
	}
	hello := vector(f, "rfc9369-client-initial")
	f.Add(hello[:300], vector(f, "rfc9369-server-initial"), vector(f, "rfc9369-retry"), uint8(6), uint16(900))
	var c Conn
	f.Fuzz(func(t *testing.T, first, second, third []byte, bits uint8, lost uint16) {
		c.Reset()
		LooksLikeInitial(first, len(first)+int(lost))
		for i, d := range [][]byte{first, second, third} {
			wireLen := len(d)
			if i == 1 {
				wireLen += int(lost)
			}
			c.Datagram(Side(bits>>i&1), d, wireLen, func(e *Event) { checkEvent(t, e, d, wireLen) })
		}
		checkConn(t, &c)
	})
}

// FuzzFrames feeds what two Initial packets of the client hold, of which the second
// is cut by the capture.
func FuzzFrames(f *testing.F) {
	hello := helloMessage(1, nameExtension("a.example"))
	f.Add(cryptoFrame(0, hello[:30]), cryptoFrame(20, hello[20:]), uint16(0))
	f.Add(append(cryptoFrame(40, hello[40:]), ackFrame...), append([]byte{0, 0, 1}, cryptoFrame(0, hello)...), uint16(20))
	f.Add([]byte{frameACKECN, 0x50, 0, 1, 2, 3, 4, 5, 6, 7, 8}, []byte{frameClose, 0x41, 0x70, 6, 2, 'n', 'o'}, uint16(1))
	f.Add([]byte{frameCloseApp, 1, 3, 'x'}, cryptoFrame(tlswire.MaxBuffered-1, hello), uint16(0))
	client, _ := sealers(f, Version1, vectorID, nil, nil)
	var c Conn
	f.Fuzz(func(t *testing.T, first, second []byte, cut uint16) {
		if len(first) > 1<<14 || len(second) > 1<<14 {
			return
		}
		c.Reset()
		for i, frames := range [][]byte{first, second} {
			b := client.initial(uint64(i), 1, frames)
			wireLen := len(b)
			if i == 1 {
				b = b[:max(0, len(b)-int(cut))]
			}
			read := false
			c.Datagram(cli, b, wireLen, func(e *Event) {
				checkEvent(t, e, b, wireLen)
				read = read || e.Kind == KindInitial
			})
			if i == 0 && !read {
				t.Fatal("a packet that was sealed right is not read")
			}
		}
		checkConn(t, &c)
	})
}
