package main

import (
	"net/netip"
	"testing"
)

// Networks of IPv4 may be written as an IPv6 socket has them.
func TestParsePrefix(t *testing.T) {
	for _, test := range []struct{ typed, want string }{
		{"10.9.0.7", "10.9.0.7/32"}, {"10.9.0.7/16", "10.9.0.0/16"}, {"[2001:db8::7]", "2001:db8::7/128"}, {"2001:db8::7/32", "2001:db8::/32"},
		{"::ffff:10.9.0.7", "10.9.0.7/32"}, {"::ffff:10.9.0.7/112", "10.9.0.0/16"}, {"::ffff:0.0.0.0/96", "0.0.0.0/0"},
		{"::ffff:10.9.0.7/95", "::fffe:0:0/95"}, {"10.9.0.7/33", ""}, {"10.9.0", ""}, {"", ""},
	} {
		p, err := parsePrefix(test.typed)
		if test.want == "" {
			if err == nil {
				t.Errorf("%q: %s", test.typed, p)
			}
		} else if err != nil || p != netip.MustParsePrefix(test.want) {
			t.Errorf("%q: %s, %v, want %s", test.typed, p, err, test.want)
		}
	}
}
