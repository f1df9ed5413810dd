package capture

import (
	"bytes"
	"testing"
)

// script makes interfaces and packets of any bytes.
type script struct{ data []byte }

func (s *script) byte() byte {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return b
}

func (s *script) uint64() (v uint64) {
	for range s.byte() % 9 {
		v = v<<8 | uint64(s.byte())
	}
	return v
}

func (s *script) string() string {
	n := min(int(s.uint64()%300), len(s.data))
	piece := s.data[:n]
	s.data = s.data[n:]
	return string(piece)
}

// FuzzWriter writes anything, which must be read back as it was.
func FuzzWriter(f *testing.F) {
	ifaces, packets := mixture()
	f.Add([]byte(ifaces[0].Name + packets[0].data + packets[1].comment))
	f.Add(bytes.Repeat([]byte{3, 1, 2, 4, 5, 1, 1, 0, 200}, 50))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &script{data}
		var out bytes.Buffer
		w := NewWriter("fuzz", &out)
		var ifaces []Interface
		var want []packet
		for len(s.data) > 0 {
			if len(ifaces) == 0 || s.byte()%4 == 0 {
				i := Interface{Link: LinkType(s.uint64()), Name: s.string(), Digits: s.byte() % 12, SnapLen: uint32(s.uint64())}
				if _, err := w.AddInterface(i); err != nil {
					t.Fatal(err)
				}
				ifaces = append(ifaces, i)
				continue
			}
			n := int(s.byte()) % len(ifaces)
			p := Packet{Time: int64(s.uint64()), Len: uint32(s.uint64()), Link: ifaces[n].Link, Digits: min(9, ifaces[n].Digits)}
			p.Time -= p.Time % int64(power10(9-p.Digits)) // or else the interface is another one
			body := s.string()
			p.CapLen = uint32(len(body))
			if err := w.WritePacket(n, p, []byte(body), s.string()); err != nil {
				t.Fatal(err)
			}
			p.Iface, p.Time = uint16(n), max(0, p.Time)
			want = append(want, packet{p, uint64(len(want)) + 1, body})
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		checkWritten(t, out.Bytes(), ifaces, want)
	})
}

func checkWritten(t *testing.T, file []byte, ifaces []Interface, want []packet) {
	t.Helper()
	got := readAll(t, bytes.NewReader(file), 32<<10)
	if got.err != "EOF" || len(got.interfaces) != len(ifaces) {
		t.Fatalf("%s; %d interfaces, want %d", got.err, len(got.interfaces), len(ifaces))
	}
	samePackets(t, got.packets, want)
	for n, i := range ifaces {
		name := cutUTF8(i.Name, maxInterfaceName)
		if g := got.interfaces[n]; g.Link != i.Link || g.Name != name || g.Digits != min(9, i.Digits) {
			t.Fatalf("interface %d: got %+v, want %+v", n, g, i)
		}
	}
}
