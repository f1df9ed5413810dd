//go:build linux && libpcap && cgo

package live

import (
	"errors"
	"testing"

	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/filter"
)

// TestLibpcap captures through a filter until the end.
func TestLibpcap(t *testing.T) {
	veth(t)
	s, stop := open(t, "v0", Options{Filter: func(link capture.LinkType) (*filter.Program, error) {
		return filter.Compile("tcp port 443", uint32(link), 0)
	}})
	var sent [][]byte
	for n := range uint32(200) {
		sent = append(sent, tcp(443, n, int(n)), tcp(80, n, 10))
	}
	if err := injector(t, "v1")(sent...); err != nil {
		t.Fatal(err)
	}
	got := packets(t, s, stop, 200)
	if len(got) != 200 {
		t.Fatalf("%d packets", len(got))
	}
	for n, p := range got {
		if p.data != string(sent[2*n]) || int(p.Len) != len(p.data) || p.Link != capture.LinkEthernet || p.Digits != 9 {
			t.Errorf("packet %d: %+v", n+1, p)
		}
	}
	if received, dropped := s.Stats(); received != 200 || dropped != 0 {
		t.Errorf("received %d, dropped %d", received, dropped)
	}
}

func TestLibpcapFails(t *testing.T) {
	namespace(t)
	if _, err := Open(t.Context(), "eth9", Options{}); !errors.Is(err, ErrNoInterface) {
		t.Errorf("got %v", err)
	}
}
