//go:build linux && (!libpcap || !cgo)

package live

import (
	"bytes"
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sniscope/sniscope/pkg/capture"
)

// mixture is frames of many sizes and kinds, all distinct.
func mixture() (frames [][]byte) {
	for n := range uint32(300) {
		f := tcp(uint16(440+n%7), n, int(n*37%1400))
		switch n % 10 {
		case 3:
			f = append(f[:12:12], 0x86, 0xdd, 0x60, byte(n>>8), byte(n))
			f = append(f, make([]byte, 50)...)
		case 5:
			f = append(f[:12:12], 0, 8, 0x42, 0x42, 3, byte(n>>8), byte(n)) // 802.3 with LLC
			f = append(f, make([]byte, 50)...)
		}
		frames = append(frames, f)
	}
	return frames
}

// mixtureTagged has three of so many frames tagged.
func mixtureTagged(of int) [][]byte {
	frames := mixture()
	for n, f := range frames {
		switch n % of {
		case 1:
			frames[n] = tagged(f, 0x8100, 0x2005) // priority 1, VLAN 5
		case 2:
			frames[n] = tagged(f, 0x88a8, 0x0007, 0x8100, 0x0008)
		case 4:
			frames[n] = tagged(f, 0x8100, 0) // priority 0, no VLAN
		}
	}
	return frames
}

// sameFrames compares what two captures have at the same time, up to small differences of the time.
func sameFrames(t *testing.T, got, want []frame) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d packets, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		g, w := got[i], want[i]
		if d := time.Duration(g.Time - w.Time).Abs(); d > time.Second {
			t.Fatalf("packet %d: the times differ by %v", i+1, d)
		}
		g.Time = w.Time
		if g.Link == capture.LinkLinuxSLL2 && w.Link == g.Link {
			g.data, w.data = withoutPadding(g.data), withoutPadding(w.data)
		}
		if g != w {
			t.Fatalf("packet %d\n got %+v %x\nwant %+v %x", i+1, g.Packet, g.data, w.Packet, w.data)
		}
	}
}

// withoutPadding clears what stands behind the address of a cooked header, which libpcap leaves undefined.
func withoutPadding(data string) string {
	b := []byte(data)
	clear(b[12+b[11] : 20])
	return string(b)
}

// ordered wants the times in order, and within the test.
func ordered(t *testing.T, all []frame, begun time.Time) {
	t.Helper()
	for i, p := range all {
		if i > 0 && p.Time < all[i-1].Time {
			t.Errorf("packet %d is older than that before it", i+1)
		}
		if p.Time < begun.UnixNano() || p.Time > time.Now().UnixNano() || p.Digits != 9 {
			t.Errorf("packet %d has the time %d, with %d digits", i+1, p.Time, p.Digits)
		}
	}
}

// TestVeth captures what tcpdump does, on an interface that receives tagged frames, too.
func TestVeth(t *testing.T) {
	veth(t)
	recorded := tcpdump(t, "-i", "v0")
	begun := time.Now()
	s, stop := open(t, "v0", Options{})
	frames := mixtureTagged(10)
	if err := injector(t, "v1")(frames...); err != nil {
		t.Fatal(err)
	}
	got := packets(t, s, stop, len(frames))
	sameFrames(t, got, recorded(len(frames)))
	ordered(t, got, begun)
	for n := range min(len(got), len(frames)) {
		if got[n].data != string(frames[n]) || int(got[n].Len) != len(frames[n]) || got[n].Link != capture.LinkEthernet {
			t.Fatalf("packet %d\n got %+v %x\nwant %x", n+1, got[n].Packet, got[n].data, frames[n])
		}
	}
	if received, dropped := s.Stats(); received != uint64(len(frames)) || dropped != 0 {
		t.Errorf("received %d and dropped %d of %d", received, dropped, len(frames))
	}
}

// TestOutgoing captures what leaves the interface.
func TestOutgoing(t *testing.T) {
	veth(t)
	recorded := tcpdump(t, "-i", "v1")
	s, stop := open(t, "v1", Options{})
	frames := mixture()
	if err := injector(t, "v1")(frames...); err != nil {
		t.Fatal(err)
	}
	sameFrames(t, packets(t, s, stop, len(frames)), recorded(len(frames)))
}

// datagrams sends n datagrams over the loopback interface, which reach their receiver.
func datagrams(t *testing.T, n int) {
	t.Helper()
	to, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	from, err := net.DialUDP("udp4", nil, to.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	for i := range n {
		if _, err := from.Write(bytes.Repeat([]byte{byte(i)}, 10+i)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLoopback has every packet once.
func TestLoopback(t *testing.T) {
	namespace(t)
	recorded := tcpdump(t, "-i", "lo")
	s, stop := open(t, "lo", Options{})
	datagrams(t, 100)
	got := packets(t, s, stop, 100)
	sameFrames(t, got, recorded(100))
	if received, dropped := s.Stats(); received != 100 || dropped != 0 {
		t.Errorf("received %d, dropped %d", received, dropped)
	}
}

// TestAny captures on all interfaces, those that come later included.
func TestAny(t *testing.T) {
	veth(t)
	recorded := tcpdump(t, "-i", "any")
	s, stop := open(t, Any, Options{})
	pair(t, "v2", "v3")
	frames := mixture()
	datagrams(t, 20)
	if err := errors.Join(injector(t, "v1")(frames...), injector(t, "v2")(frames[0])); err != nil {
		t.Fatal(err)
	}
	want := 20 + 2*len(frames) + 2
	got := packets(t, s, stop, want)
	if len(got) != want {
		t.Errorf("%d packets, want %d", len(got), want)
	}
	sameFrames(t, got, recorded(want))
}

// TestAnyTagged restores the tags of cooked packets, which libpcap 1.10 does for the older cooked header only.
func TestAnyTagged(t *testing.T) {
	veth(t)
	s, stop := open(t, Any, Options{})
	plain := tcp(443, 1, 10)
	if err := injector(t, "v1")(plain, tagged(plain, 0x8100, 0x2005), tagged(plain, 0x88a8, 7, 0x8100, 8)); err != nil {
		t.Fatal(err)
	}
	payload := string(plain[14:])
	want := []string{"\x08\x00|" + payload, "\x81\x00|\x20\x05\x08\x00" + payload, "\x88\xa8|\x00\x07\x81\x00\x00\x08\x08\x00" + payload}
	var sent, received []string
	for _, p := range packets(t, s, stop, 6) {
		if p.Link != capture.LinkLinuxSLL2 || p.Len != p.CapLen {
			t.Errorf("got %+v", p.Packet)
		}
		if got := p.data[:2] + "|" + p.data[20:]; p.data[10] == unix.PACKET_OUTGOING {
			sent = append(sent, got)
		} else {
			received = append(received, got)
		}
	}
	if !slices.Equal(sent, want) || !slices.Equal(received, want) {
		t.Errorf("\n    sent %q\nreceived %q\n    want %q", sent, received, want)
	}
}

// TestCookedHeader has zeros behind an address, and not what was in that place before.
func TestCookedHeader(t *testing.T) {
	from := unix.RawSockaddrLinklayer{Protocol: networkOrder(0x86dd), Ifindex: 0x01020304, Hatype: 1, Pkttype: 4, Halen: 6,
		Addr: [8]byte{1, 2, 3, 4, 5, 6, 7, 8}}
	got := appendCooked([]byte("before"), &from)
	want := "before\x86\xdd\x00\x00\x01\x02\x03\x04\x00\x01\x04\x06\x01\x02\x03\x04\x05\x06\x00\x00"
	if string(got) != want {
		t.Errorf("got %x, want %x", got, want)
	}
	from.Halen = 200 // InfiniBand has longer ones, which are cut
	if got := appendCooked(nil, &from); string(got[12:]) != "\x01\x02\x03\x04\x05\x06\x07\x08" {
		t.Errorf("got %x", got)
	}
}

func TestWholePackets(t *testing.T) {
	for _, name := range []string{"v0", Any} {
		t.Run(name, func(t *testing.T) {
			veth(t)
			s, stop := open(t, name, Options{})
			frames := [][]byte{tcp(443, 1, 6), tcp(443, 2, 1000), tagged(tcp(443, 3, 1000), 0x8100, 5), tcp(443, 4, 0)}
			if err := injector(t, "v1")(frames...); err != nil {
				t.Fatal(err)
			}
			if i, _ := s.Interface(0); i.SnapLen != maxSnapLen || i.Name != name || !i.HasDrops || i.Digits != 9 {
				t.Errorf("interface %+v", i)
			}
			for n, p := range packets(t, s, stop, 4) {
				if p.CapLen != p.Len || len(p.data) != int(p.CapLen) {
					t.Errorf("packet %d: %+v", n+1, p.Packet)
				}
				if name == "v0" && p.data != string(frames[n]) {
					t.Errorf("packet %d: %x of %d bytes", n+1, p.data, p.Len)
				}
			}
		})
	}
}
