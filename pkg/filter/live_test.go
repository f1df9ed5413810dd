package filter

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The first vlan is about the tag that the kernel took out, whatever is written before it; pkg/capture/live compares
// with libpcap on an interface.
func TestCompileLive(t *testing.T) {
	untagged := slices.Concat(ethernetHeader(0, packet{etherType: 0x0800}), packets4()[0].bytes) // to port 443
	inner := slices.Concat(ethernetHeader(0, packet{etherType: 0x8100}), be16(8), be16(0x0800), packets4()[0].bytes)
	for expr, want := range map[string]struct{ untagged, tagged5, tagged5and8 bool }{
		"vlan":                        {false, true, true},
		"not vlan":                    {true, false, false},
		"vlan 5":                      {false, true, true},
		"vlan 6":                      {false, false, false},
		"vlan and tcp port 443":       {false, true, false},
		"tcp port 443":                {true, true, false},
		"vlan 5 and vlan 8":           {false, false, true},
		"vlan and vlan and port 443":  {false, false, true},
		"tcp port 443 or vlan 6":      {true, true, false},
		"vlan 0 or tcp port 443":      {false, true, false},
		"port 22 or vlan 5 and ip":    {false, true, false},
		"vlan 5 and greater 58":       {false, false, true},
		"not (vlan 5 and tcp) and ip": {false, false, false},
	} {
		p, err := CompileLive(expr, 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		got := [3]bool{p.Match(untagged, len(untagged)), p.MatchTagged(untagged, len(untagged), 0x2005), p.MatchTagged(inner, len(inner), 0xf005)}
		if got != [3]bool{want.untagged, want.tagged5, want.tagged5and8} {
			t.Errorf("%s: %v, want %v", expr, got, want)
		}
	}
}

// Without vlan, nothing is to be looked up.
func TestCompileLiveWithoutVLAN(t *testing.T) {
	for _, expr := range expressions(t) {
		if strings.Contains(expr, "vlan") {
			continue
		}
		plain, err := Compile(expr, 1, 0)
		live, liveErr := CompileLive(expr, 1, 0)
		if err != nil || liveErr != nil {
			if err == nil || liveErr == nil || err.Error() != liveErr.Error() {
				t.Errorf("%s: %v, live %v", expr, err, liveErr)
			}
			continue
		}
		if !reflect.DeepEqual(plain.Instructions(), live.Instructions()) {
			t.Errorf("%s: the programs differ", expr)
		}
	}
}

func TestCompileLiveErrors(t *testing.T) {
	for expr, kind := range map[string]error{"vlan 4096": ErrInvalid, "mpls and vlan": ErrInvalid, "vlan and": ErrSyntax} {
		if _, err := CompileLive(expr, 1, 0); !errors.Is(err, kind) {
			t.Errorf("%s: %v", expr, err)
		}
	}
	if _, err := CompileLive("vlan", 276, 0); !errors.Is(err, ErrLinkType) {
		t.Errorf("vlan on a cooked header: %v", err)
	}
}
