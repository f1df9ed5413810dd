//go:build linux && (!libpcap || !cgo)

package live

import (
	"encoding/binary"
	"fmt"
	"os"
	"testing"

	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/filter"
)

// vlanExpressions mean something else to who sees frames without their outermost tag.
var vlanExpressions = []string{
	"vlan", "vlan 5", "vlan 0", "not vlan", "not vlan 5", "vlan and tcp port 443", "vlan 5 and tcp port 443", "vlan 7 and vlan 8", "vlan and vlan",
	"vlan and vlan and tcp", "vlan 5 or tcp port 443", "tcp port 443 or (vlan and tcp port 441)", "ip6 or vlan 5 and tcp", "vlan and ip[2:2] > 100",
	"vlan 7 and not vlan", "less 100 and vlan", "vlan 6",
}

// TestVLANFilter compares with what tcpdump selects on the same interface, in the kernel and in this process.
func TestVLANFilter(t *testing.T) {
	veth(t)
	all, stopAll := open(t, "v0", Options{ringBytes: 1})
	var sources []*Source
	var stops []func()
	var recorded []func(int) []frame
	for _, expr := range vlanExpressions {
		s, stop := open(t, "v0", Options{ringBytes: 1, Filter: compileLive(expr)})
		if w := s.Warnings(); len(w) > 0 {
			t.Errorf("%s: %v", expr, w)
		}
		sources, stops = append(sources, s), append(stops, stop)
		// libpcap's optimiser gets the offsets behind "ip6 or vlan 5" wrong: -O.
		recorded = append(recorded, tcpdump(t, "-i", "v0", "-O", expr))
	}
	frames := mixtureTagged(6)
	if err := injector(t, "v1")(frames...); err != nil {
		t.Fatal(err)
	}
	whole := packets(t, all, stopAll, len(frames))
	selected := map[int]bool{}
	for n, expr := range vlanExpressions {
		got := packets(t, sources[n], stops[n], 0)
		t.Logf("%s: %d packets", expr, len(got))
		sameFrames(t, got, recorded[n](len(got)))
		sameFrames(t, got, matchingTagged(t, expr, whole))
		selected[len(got)] = true
	}
	if len(selected) < 6 {
		t.Errorf("the expressions select nothing that tells them apart: %v", selected)
	}
}

func compileLive(expr string) func(capture.LinkType) (*filter.Program, error) {
	return func(link capture.LinkType) (*filter.Program, error) { return Compile(expr, link, 0) }
}

// matchingTagged is what the filter selects where it runs in this process.
func matchingTagged(t *testing.T, expr string, all []frame) (selected []frame) {
	t.Helper()
	p, err := Compile(expr, capture.LinkEthernet, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		matched := false
		switch f.data[12:14] {
		case "\x81\x00", "\x88\xa8":
			seen := []byte(f.data[:12] + f.data[16:])
			matched = p.MatchTagged(seen, len(seen), binary.BigEndian.Uint16([]byte(f.data[14:])))
		default:
			matched = p.Match([]byte(f.data), len(f.data))
		}
		if matched {
			selected = append(selected, f)
		}
	}
	return selected
}

// TestVLANFilterRefused has the tag put before a filter that runs in this process, as the kernel does not take it.
func TestVLANFilterRefused(t *testing.T) {
	veth(t)
	if err := os.WriteFile("/proc/sys/net/core/optmem_max", []byte("2048"), 0); err != nil {
		t.Skipf("this kernel's limit is not one of a namespace: %v", err)
	}
	expr := "vlan 5"
	for n := range 300 {
		expr += fmt.Sprintf(" and not tcp[4:4] = %d", 1000+n)
	}
	s, stop := open(t, "v0", Options{ringBytes: 1, Filter: compileLive(expr)})
	if len(s.Warnings()) != 1 {
		t.Fatalf("warnings %v", s.Warnings())
	}
	want := tagged(tcp(443, 1, 0), 0x8100, 0x2005)
	if err := injector(t, "v1")(tcp(443, 2, 0), tagged(tcp(443, 3, 0), 0x8100, 6), tagged(tcp(443, 1000, 0), 0x8100, 5), want); err != nil {
		t.Fatal(err)
	}
	if got := packets(t, s, stop, 1); len(got) != 1 || got[0].data != string(want) {
		t.Errorf("got %+v", got)
	}
}
