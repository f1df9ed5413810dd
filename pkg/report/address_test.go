package report

import (
	"net/netip"
	"testing"
)

func TestAddressesAgreeWithNetip(t *testing.T) {
	addresses := []netip.Addr{
		{}, netip.IPv6Unspecified(), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("::ffff:192.0.2.1"), netip.MustParseAddr("fe80::1%eth0"),
	}
	for n := range 256 {
		b := byte(n)
		addresses = append(addresses, netip.AddrFrom4([4]byte{b, 0, 10, 255}), netip.AddrFrom4([4]byte{1, b, 99, 100}),
			netip.AddrFrom4([4]byte{255, 255, b, 9}), netip.AddrFrom4([4]byte{192, 168, 1, b}), netip.AddrFrom4([4]byte{b, b, b, b}))
	}
	for _, a := range addresses {
		want := "head"
		if a.IsValid() {
			want += a.String()
		}
		for _, room := range append(rooms, 15, 16) {
			if got := string(appendAddr(withRoom(room), a)); got != want {
				t.Fatalf("%v with room for %d is %q", a, room, got)
			}
		}
	}
}
